"""The descriptions that drift is measured by."""

from typing import LiteralString

import pytest

from ttdb.postgres.connect import Connection

TABLE = "select kind, identity, definition from ttdb.definitions_of('{public.notes}')"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("alter table public.notes disable row level security", "rls"),
        ("alter table public.notes owner to postgres", "owner"),
        ("grant select on public.notes to ttdb_auditor", "grants"),
        ("grant select (email) on public.notes to ttdb_auditor", "grants"),
        ("alter table public.notes alter author set not null", "column"),
        ("alter table public.notes add c int", "column"),
        ("alter table public.notes add constraint c check (true) not valid", "constraint"),
        ("create index on public.notes (email)", "index"),
        ("alter policy select_own_tenant on public.notes using (true)", "policy"),
        ("alter table public.notes disable trigger _900_record_change", "trigger"),
        ("create rule r as on delete to public.notes do instead nothing", "rule"),
    ],
)
def test_change_is_seen_under_its_kind(audited: Connection, change: LiteralString, kind: str) -> None:
    audited.execute("alter table public.notes alter author drop not null")
    before = set(audited.execute(TABLE).fetchall())
    audited.execute(change)
    assert {row[0] for row in before ^ set(audited.execute(TABLE).fetchall())} >= {kind}


def test_definitions_do_not_depend_on_the_search_path(masked: Connection) -> None:
    asked = "select * from ttdb.definitions_of('{public.notes, masked.notes}')"
    before = masked.execute(asked).fetchall()
    masked.execute("set search_path = masked, public, ttdb")
    assert masked.execute(asked).fetchall() == before


def test_functions_are_described_with_owner_and_grants(database: Connection) -> None:
    rows = database.execute(
        "select kind, definition from ttdb.definitions_in('{audit}') where identity = 'audit.tg__record_change()'"
    ).fetchall()
    described = {str(kind): str(definition) for kind, definition in rows}
    assert described["owner"] == "ttdb_definer"
    assert "public" not in described["grants"]
    assert "SECURITY DEFINER" in described["function"]


def test_public_may_execute_only_what_policies_need(database: Connection) -> None:
    rows = database.execute(
        "select identity from ttdb.definitions_in('{ttdb, audit, masked}')"
        " where kind = 'grants' and definition ~ '(^|\\n)public:'"
    ).fetchall()
    # A policy calls tenant_id() as whoever runs the query, and that one the others: it inlines, with his rights.
    assert {identity for (identity,) in rows} == {
        "ttdb.context_is_signed()",
        "ttdb.older_settings_of_login()",
        "ttdb.tenant_id()",
        "ttdb.tenant_setting()",
        "ttdb.verified_tenant_id()",
    }


def test_everything_made_by_the_engine_has_a_comment(database: Connection) -> None:
    rows = database.execute(
        "select oid::regprocedure::text from pg_proc where obj_description(oid, 'pg_proc') is null"
        " and pronamespace in ('ttdb'::regnamespace, 'audit'::regnamespace, 'masked'::regnamespace)"
        " union all select oid::regclass::text from pg_class where obj_description(oid, 'pg_class') is null"
        " and relkind in ('r', 'p', 'v')"
        " and relnamespace in ('ttdb'::regnamespace, 'audit'::regnamespace, 'masked'::regnamespace)"
        " union all select polname::text from pg_policy where obj_description(oid, 'pg_policy') is null"
    ).fetchall()
    assert rows == []
