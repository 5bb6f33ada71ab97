"""The masked views: what support sees, and what it never does."""

from typing import LiteralString

import psycopg
import pytest
from psycopg import errors as pg
from support.databases import acting_as

from ttdb.postgres.connect import Connection, scalar

A, B = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


def test_support_sees_masked_rows_of_its_own_tenant(masked: Connection) -> None:
    with acting_as(masked, "ttdb_support", A):
        rows = masked.execute("select * from masked.notes").fetchall()
    assert len(rows) == 1
    assert "lovelace" not in str(rows)
    assert "7946" not in str(rows)
    assert "Ada" not in str(rows)


@pytest.mark.parametrize("tenant", [None, "", "nonsense"])
def test_support_sees_nothing_without_context(masked: Connection, tenant: str | None) -> None:
    with acting_as(masked, "ttdb_support", tenant):
        assert scalar(masked, "select count(*) from masked.notes") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "select * from public.notes",
        "select email from public.notes",
        "select * from masked.keys",
        "select masked.email('ada@lovelace.org', inner_key, outer_key) from masked.keys",
        "update masked.notes set id = id",
        "select * from ttdb.personal_columns",
        "select masked.column('public.notes', 'secret', 'plain')",
        "select masked.forget('public.notes', 'email')",
        "set local role ttdb_masker",
    ],
)
def test_support_is_refused(masked: Connection, statement: LiteralString) -> None:
    with acting_as(masked, "ttdb_support", A):
        masked.execute("set local session authorization ttdb_support")
        with pytest.raises(pg.InsufficientPrivilege):
            masked.execute(statement)


def test_support_cannot_confirm_a_guess_without_the_key(masked: Connection) -> None:
    with acting_as(masked, "ttdb_support", A):
        guessed = "select count(*) from masked.notes where email = masked.email('ada@lovelace.org', '', '')"
        assert scalar(masked, guessed) == 0


def test_key_stands_in_no_view_and_no_plan(masked: Connection) -> None:
    keys = masked.execute("select encode(inner_key, 'hex'), encode(outer_key, 'hex') from masked.keys").fetchone()
    assert keys is not None
    with acting_as(masked, "ttdb_support", A):
        plan = str(masked.execute("explain (analyze, verbose) select * from masked.notes").fetchall())
        plan += str(scalar(masked, "select pg_get_viewdef('masked.notes'::regclass)"))
    assert not any(key[:16] in plan for key in keys)


def test_masks_are_inlined(masked: Connection) -> None:
    with acting_as(masked, "ttdb_support", A):
        plan = str(masked.execute("explain (verbose) select * from masked.notes").fetchall())
    assert not any(f"masked.{mask}(" in plan for mask in ("email", "phone", "name", "token"))


def test_address_column_is_masked_and_inlined(masked: Connection) -> None:
    masked.execute(
        "alter table public.notes add seen inet default '203.0.113.7';"
        'select masked.columns(\'public.notes\', \'{"seen": "ip", "number": "plain"}\')'
    )
    with acting_as(masked, "ttdb_support", A):
        rows = masked.execute("select seen, number is not null from masked.notes").fetchall()
        plan = str(masked.execute("explain (verbose) select seen from masked.notes").fetchall())

    assert [number for _, number in rows] == [True]
    assert rows[0][0].startswith("2001:db8::")
    assert "masked.ip(" not in plan
    assert scalar(masked, "select masked.is_masked('public.notes', 'seen', 'ip')") is True


def test_several_decisions_at_once_are_made_and_taken_back(masked: Connection) -> None:
    masked.execute('select masked.columns(\'public.notes\', \'{"email": null, "secret": "redacted"}\')')
    columns = [column.name for column in masked.execute("select * from masked.notes").description or ()]

    assert columns == ["id", "author", "phone", "secret"]
    assert scalar(masked, 'select masked.is_masked(\'public.notes\', \'{"phone": "phone", "secret": "redacted"}\')')
    assert not scalar(masked, 'select masked.is_masked(\'public.notes\', \'{"phone": "phone", "email": "email"}\')')


def test_one_wrong_decision_of_several_leaves_all_as_they_were(masked: Connection) -> None:
    with pytest.raises(psycopg.Error, match="there is no mask iban"):
        masked.execute('select masked.columns(\'public.notes\', \'{"email": "name", "phone": "iban"}\')')

    assert scalar(masked, "select masked.is_masked('public.notes', 'email', 'email')") is True


def test_null_is_no_mask(masked: Connection) -> None:
    with pytest.raises(psycopg.Error, match="there is no mask null"):
        masked.execute("select masked.column('public.notes', 'email', null)")


def test_masked_column_stays_masked_whatever_its_collation(masked: Connection) -> None:
    try:
        masked.execute(
            "create collation public.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
    except pg.FeatureNotSupported:
        pytest.skip("this build of PostgreSQL is without ICU: it has no other collations to mask under")
    masked.execute(
        "alter table public.notes add title text collate public.loose default 'Ada';"
        "select masked.column('public.notes', 'title', 'name');"
    )
    with acting_as(masked, "ttdb_support", A):
        row = masked.execute("select title = author collate public.loose, title from masked.notes").fetchone()
    assert row is not None
    assert row[0] is True


def test_undecided_column_does_not_appear(masked: Connection) -> None:
    masked.execute("alter table public.notes add diary text")
    with acting_as(masked, "ttdb_support", A):
        columns = [column.name for column in masked.execute("select * from masked.notes").description or ()]
    assert columns == ["id", "author", "email", "phone"]


def test_forgotten_column_disappears_and_the_view_with_the_last(masked: Connection) -> None:
    masked.execute("select masked.forget('public.notes', 'email')")
    columns = [column.name for column in masked.execute("select * from masked.notes").description or ()]
    assert columns == ["id", "author", "phone"]
    masked.execute("select masked.forget('public.notes', unnest('{id,author,phone,phone}'::name[]))")
    assert scalar(masked, "select to_regclass('masked.notes') is null") is True
    assert scalar(masked, "select has_any_column_privilege('ttdb_masker', 'public.notes', 'select')") is False


@pytest.mark.parametrize(
    "damage",
    [
        "create or replace view masked.notes as select id, author, email, phone::text as phone from public.notes",
        "alter view masked.notes owner to ttdb_owner",
        "alter view masked.notes set (security_invoker = true)",
        "revoke select on masked.notes from ttdb_support",
        "grant select on masked.notes to public",
        "update ttdb.personal_columns set mask = 'plain' where column_name = 'email'",
        "drop view masked.notes",
    ],
)
def test_is_masked_sees_damage(masked: Connection, damage: LiteralString) -> None:
    asked = "select masked.is_masked('public.notes', 'email', 'email')"
    assert scalar(masked, asked) is True
    masked.execute(damage)
    assert scalar(masked, asked) is False


@pytest.mark.parametrize(
    ("prepare", "call", "sqlstate", "said"),
    [
        (
            "",
            "masked.column('public.notes', 'email', 'iban')",
            "TTMUN",
            "Masks: email, ip, name, phone, plain, redacted.",
        ),
        ("", "masked.column('public.notes', 'nothing', 'email')", "TTCOL", "no column nothing"),
        ("", "masked.column('public.notes', 'number', 'email')", "TTMTP", "neither text nor an address"),
        (
            "create table public.free (email text)",
            "masked.column('public.free', 'email', 'email')",
            "TTMPR",
            "ttdb.protect('public.free')",
        ),
        (
            "create table public.keys (email text, tenant_id uuid not null); select ttdb.protect('public.keys')",
            "masked.column('public.keys', 'email', 'email')",
            "TTMVN",
            "masked.keys is taken",
        ),
        (
            """
            create schema other;
            create table other.notes (email text, tenant_id uuid not null);
            select ttdb.protect('other.notes');
            """,
            "masked.column('other.notes', 'email', 'email')",
            "TTMVN",
            "masked.notes is taken",
        ),
    ],
)
def test_column_refuses(
    masked: Connection, prepare: LiteralString, call: LiteralString, sqlstate: str, said: str
) -> None:
    if prepare:
        masked.execute(prepare)
    with pytest.raises(psycopg.Error) as caught:
        masked.execute("select " + call)
    assert caught.value.sqlstate == sqlstate
    assert said in f"{caught.value.diag.message_primary} {caught.value.diag.message_hint}"
