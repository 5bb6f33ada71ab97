"""sql/validate_security.sql, run by psql alone, says what the checks of ``ttdb validate`` say."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from attack.test_platform_holes import HOLES as PLATFORM_HOLES
from psycopg import sql
from support.databases import connect, fresh_login
from support.program import Ended
from support.psql import psql

from ttdb.model.validation import Finding
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url
from ttdb.validate import Hints, judge, library
from ttdb.validate.discover import discover
from ttdb.validate.runner import facts, run_checks, snapshot

SCRIPT = Path(__file__).parents[2] / "sql" / "validate_security.sql"

Line = tuple[str, str, str]


@dataclass(frozen=True)
class _Hole:
    make: str
    object: str
    code: str
    severity: str = "error"


# What the foundation promises to find, as far as the catalog shows it, and further ways to the same.
HOLES = {
    "row security off": _Hole("alter table public.orders disable row level security", "public.orders", "RLS001"),
    "not forced": _Hole("alter table public.orders no force row level security", "public.orders", "MIG001"),
    "using (true)": _Hole(
        "create policy select_all on public.orders for select to ttdb_app using (true)", "public.orders", "RLS003"
    ),
    "with check (true)": _Hole(
        "alter policy insert_own_tenant on public.orders with check (true)", "public.orders", "RLS004"
    ),
    "view with owner's rights": _Hole(
        PLATFORM_HOLES["view with owner's rights"].make, "public.every_order", "FNC002", "warning"
    ),
    "opened by a setting": _Hole(
        PLATFORM_HOLES["opened by a setting"].make, "public.orders.select_own_tenant", "MIG001"
    ),
    "disabled audit trigger": _Hole("alter table public.orders disable trigger user", "public.orders", "AUD001"),
    "mask replaced by the identity": _Hole(
        PLATFORM_HOLES["mask replaced by the identity"].make,
        "masked.email(text,bytea,bytea)",
        "MIG001",
    ),
    "raw table granted to support": _Hole("grant select on public.users to ttdb_support", "public.users", "MSK001"),
    "raw column granted to support": _Hole(
        "grant select (email) on public.users to ttdb_support", "public.users", "MSK001"
    ),
    "dropped CHECK": _Hole(PLATFORM_HOLES["dropped CHECK"].make, PLATFORM_HOLES["dropped CHECK"].object, "MIG001"),
    "partition granted": _Hole(
        "grant select on all tables in schema public to ttdb_app;"
        "alter table public.event_logs_default no force row level security",
        "public.event_logs_default",
        "PAR002",
        "warning",
    ),
    "partition without row security": _Hole(
        "alter table public.event_logs_default disable row level security;"
        " grant select on public.event_logs_default to ttdb_app",
        "public.event_logs_default",
        "PAR001",
    ),
    "materialized view": _Hole(
        "create materialized view public.totals as select tenant_id, total_amount from public.orders;"
        " grant select on public.totals to ttdb_app",
        "public.totals",
        "FNC003",
        "warning",
    ),
    "child without a tenant column": _Hole(
        "create table public.labels (id int primary key, order_id uuid references public.orders (id));"
        " grant select on public.labels to ttdb_app",
        "public.labels",
        "CON001",
    ),
    "copy without a foreign key": _Hole(
        "create table public.labels (id int primary key, order_id uuid); grant select on public.labels to ttdb_app",
        "public.labels",
        "CON001",
    ),
    "audited table registered no longer": _Hole(
        "delete from ttdb.audited_tables where relation = 'public.orders'::regclass",
        "ttdb.audited_tables: public.orders",
        "MIG003",
    ),
    "personal column registered no longer": _Hole(
        "delete from ttdb.personal_columns where relation = 'public.users'::regclass and column_name = 'email'",
        "ttdb.personal_columns: public.users, email",
        "MIG003",
    ),
    "money kept for a month": _Hole(
        "update ttdb.partitioned_tables set retention = '1 month'"
        " where relation = 'public.payment_transactions'::regclass",
        "ttdb.partitioned_tables: public.payment_transactions",
        "MIG003",
    ),
    "registry that the application may write": _Hole(
        "grant update (excluded) on ttdb.audited_tables to ttdb_app", "ttdb.audited_tables", "PRV032"
    ),
    "record of loads that jobs may write": _Hole(
        "grant insert on ttdb.set_aside to ttdb_worker", "ttdb.set_aside", "PRV032"
    ),
    "record of managed objects emptied": _Hole("truncate ttdb.managed_objects", "ttdb.managed_objects", "MIG004"),
    "nothing that describes": _Hole("drop function ttdb.definitions_in(text[])", "ttdb.definitions_in", "MIG004"),
    "no ledger": _Hole("drop table ttdb.ledger", "ttdb.ledger", "MIG004"),
    "partition of another owner": _Hole(
        "alter table public.event_logs_default owner to ttdb_worker", "public.event_logs_default", "PAR003", "warning"
    ),
    "partition unlogged": _Hole(
        "alter table audit.trail_default set unlogged", "audit.trail_default", "CON008", "warning"
    ),
    "month detached by hand": _Hole(
        "select ttdb.ensure_partition('public.event_logs', '2026-03-01');"
        " alter table public.event_logs detach partition public.event_logs_2026_03",
        "public.event_logs_2026_03",
        "PAR006",
        "warning",
    ),
    "TRUNCATE granted": _Hole("grant truncate on public.orders to ttdb_app", "public.orders", "PRV003"),
}


def _lines(ended: Ended) -> set[Line]:
    rows = [[part.strip() for part in line.split(" | ")] for line in ended.out.splitlines()]
    return {(row[0], row[1], row[2]) for row in rows if row[0] in {"error", "warning", "info", "unproven"}}


def _by_ttdb(url: Url) -> set[Line]:
    """Return what the same checks say when ttdb runs them."""
    with connect(url) as connection:
        found = discover(connection, Hints())
        with snapshot(connection):
            results = list(run_checks(connection, library().checks, found))
    assert all(isinstance(result, Finding) for result in results), results
    findings = [result for result in results if isinstance(result, Finding)]
    kept = judge.without_subsumed(judge.combined(findings), library())
    return {(str(each.severity), each.code, each.object) for each in kept}


def test_script_tells_the_checks_all_that_ttdb_tells_them(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        told = facts(discover(connection, Hints()))

    told_by_script = set(re.findall(r"set_config\('ttdb\.(\w+)'", SCRIPT.read_text(encoding="utf-8")))

    assert told.keys() <= told_by_script


def test_fresh_database_passes(engine_url: Url) -> None:
    ended = psql(SCRIPT, engine_url)

    assert (ended.code, ended.out.splitlines()[-1]) == (0, "verdict: pass"), ended.out + ended.err
    assert ended.err == ""
    assert {line for line in _lines(ended) if line[0] != "info"} == set()
    assert _lines(ended) == _by_ttdb(engine_url)


@pytest.mark.parametrize("name", HOLES)
def test_hole_in_the_catalog_fails(name: str, seeded_url: Url) -> None:
    hole = HOLES[name]
    with connect(seeded_url) as connection:
        connection.execute(hole.make.encode())

    ended = psql(SCRIPT, seeded_url)

    assert (ended.code, ended.out.splitlines()[-1]) == (3, "verdict: fail"), ended.out + ended.err
    assert (hole.severity, hole.code, hole.object) in _lines(ended)
    assert "warnings were found" in ended.err
    assert _lines(ended) == _by_ttdb(seeded_url)


ROLE_HOLES = {
    "BYPASSRLS": _Hole("alter role {login} bypassrls", "role {login}", "PRV002"),
    "superuser": _Hole("alter role {login} superuser", "role {login}", "PRV001"),
    "owner as application": _Hole("alter table public.orders owner to {login}", "public.orders", "PRV004"),
    "owner as application, not forced": _Hole(
        "alter table public.orders owner to {login}; alter table public.orders no force row level security",
        "public.orders",
        "RLS002",
    ),
    "powers over the server": _Hole("grant pg_read_all_data to {login}", "role {login}", "PRV007"),
}


@pytest.mark.parametrize("name", ROLE_HOLES)
def test_hole_of_a_role_fails(name: str, seeded_url: Url, server: Throwaway) -> None:
    hole = ROLE_HOLES[name]
    with fresh_login(server.url, member_of=("ttdb_app",)) as (login, _password), connect(seeded_url) as connection:
        connection.execute(hole.make.format(login=login).encode())

        ended = psql(SCRIPT, seeded_url)
        expected = _by_ttdb(seeded_url)
        connection.execute(sql.SQL("reassign owned by {} to ttdb_owner").format(sql.Identifier(login)))

    assert (ended.code, ended.out.splitlines()[-1]) == (3, "verdict: fail"), ended.out + ended.err
    assert ("error", hole.code, hole.object.format(login=login)) in _lines(ended)
    # To the script every member of ttdb_app is the application; ttdb takes one that is a superuser for somebody with a
    # role too many, and warns of that instead.
    assert _lines(ended) >= {line for line in expected if line[1] != "PRV020"}


def test_operator_that_is_no_superuser_can_run_it(engine_url: Url, server: Throwaway) -> None:
    with fresh_login(server.url, member_of=("ttdb_operator",)) as (login, password):
        ended = psql(SCRIPT, engine_url.with_parts(user=login, password=password))

        assert (ended.code, ended.out.splitlines()[-1]) == (0, "verdict: pass"), ended.out + ended.err
        assert _lines(ended) == _lines(psql(SCRIPT, engine_url))


def test_login_without_the_right_is_told_the_grant(engine_url: Url, server: Throwaway) -> None:
    with fresh_login(server.url) as (login, password):
        ended = psql(SCRIPT, engine_url.with_parts(user=login, password=password))

    assert ended.code == 3
    assert f"grant ttdb_operator to {login};" in ended.err


def test_database_without_the_engine_is_told_so(empty_url: Url) -> None:
    ended = psql(SCRIPT, empty_url)

    assert ended.code == 3
    assert "has no engine of ttdb: run ttdb upgrade first" in ended.err


def test_check_that_fails_leaves_the_verdict_incomplete(engine_url: Url) -> None:
    """A function that a check calls is replaced by one that fails: the other checks go on."""
    with connect(engine_url) as connection:
        connection.execute(
            "create or replace function ttdb.definitions_in(schemas text[])"
            " returns table (kind text, identity text, definition text) language plpgsql stable as"
            " $$begin raise exception 'no'; end$$"
        )

    ended = psql(SCRIPT, engine_url)

    assert (ended.code, ended.out.splitlines()[-1]) == (3, "verdict: incomplete"), ended.out + ended.err
    assert ("unproven", "MIG001", "database") in _lines(ended)
