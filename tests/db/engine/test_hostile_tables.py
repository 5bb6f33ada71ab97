"""Tables that could escape the verbs: children by inheritance, generated columns, renamed things, temporary ones."""

import psycopg
import pytest
from support.databases import acting_as

from ttdb.postgres.connect import Connection, scalar

A = "11111111-1111-1111-1111-111111111111"


def as_owner(connection: Connection, statements: str) -> None:
    connection.execute("set role ttdb_owner")
    try:
        connection.execute(statements)
    finally:
        connection.execute("reset role")


def test_table_with_children_by_inheritance_cannot_be_audited(protected: Connection) -> None:
    as_owner(protected, "create table public.more_notes () inherits (public.notes)")

    for table in ("public.notes", "public.more_notes"):
        with pytest.raises(psycopg.Error) as caught:
            as_owner(protected, f"select audit.enable('{table}')")
        assert caught.value.sqlstate == "TTINH"


def test_child_that_comes_later_ends_the_claim_that_all_is_recorded(audited: Connection) -> None:
    as_owner(audited, "create table public.more_notes () inherits (public.notes)")

    assert scalar(audited, "select audit.is_enabled('public.notes')") is False


def test_column_generated_from_an_excluded_one_must_be_excluded_too(protected: Connection) -> None:
    as_owner(protected, "alter table public.notes add copy text generated always as (secret || '!') stored")

    with pytest.raises(psycopg.Error) as caught:
        as_owner(protected, "select audit.enable('public.notes', '{secret}')")
    assert caught.value.sqlstate == "TTGEN"

    as_owner(protected, "select audit.enable('public.notes', '{secret,copy}')")
    protected.execute("update public.notes set secret = 'hidden'")
    assert scalar(protected, "select count(*) from audit.trail where new_row::text like '%hidden%'") == 0


def test_generated_column_that_comes_later_ends_the_claim_that_secrets_stay_out(audited: Connection) -> None:
    as_owner(audited, "alter table public.notes add copy text generated always as (secret || '!') stored")

    assert scalar(audited, "select audit.is_enabled('public.notes')") is False


@pytest.mark.parametrize("order", [("email", "copy"), ("copy", "email")])
def test_plain_column_generated_from_a_masked_one_is_refused(protected: Connection, order: tuple[str, str]) -> None:
    as_owner(protected, "alter table public.notes add copy text generated always as (email || '!') stored")
    masks = {"email": "email", "copy": "plain"}
    as_owner(protected, f"select masked.column('public.notes', '{order[0]}', '{masks[order[0]]}')")

    with pytest.raises(psycopg.Error) as caught:
        as_owner(protected, f"select masked.column('public.notes', '{order[1]}', '{masks[order[1]]}')")

    assert caught.value.sqlstate == "TTMGN"


def test_renamed_column_is_no_longer_masked_as_registered(masked: Connection) -> None:
    as_owner(masked, "alter table public.notes rename email to mail")

    assert scalar(masked, "select masked.is_masked('public.notes', 'email', 'email')") is False


def test_renamed_table_gets_back_the_row_security_it_had(database: Connection) -> None:
    as_owner(database, "alter table public.notes enable row level security; grant select on public.notes to ttdb_app")
    as_owner(database, "select ttdb.protect('public.notes'); alter table public.notes rename to papers")
    as_owner(database, "select ttdb.unprotect('public.papers')")

    assert scalar(database, "select relrowsecurity from pg_class where oid = 'public.papers'::regclass") is True
    assert scalar(database, "select has_table_privilege('ttdb_app', 'public.papers', 'select')") is True


def test_key_of_the_masks_is_out_of_reach_even_by_grant(masked: Connection) -> None:
    as_owner(masked, "grant select on masked.keys to ttdb_support")

    with acting_as(masked, "ttdb_support", A) as session:
        assert scalar(session, "select count(*) from masked.keys") == 0
        assert scalar(session, "select count(email) from masked.notes") == 1


def test_temporary_table_of_a_tenant_does_not_answer_for_the_tenants(database: Connection) -> None:
    with acting_as(database, "ttdb_app", A) as session:
        session.execute(
            "create temporary table bait (id uuid primary key); alter table bait enable row level security;"
            "create policy select_own_tenant on bait for select using (id = ttdb.tenant_id());"
        )
        session.execute("insert into bait values (%s)", (A,))
        assert scalar(session, "select tenant_visible from ttdb.context()") is not True
