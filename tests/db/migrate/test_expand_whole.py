"""A table that is wanted in months and stands whole keeps standing whole, in use, until its contract stage."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, LiteralString

import pytest
import sqlalchemy as sa
from support.catalog import catalog
from support.databases import connect, fresh_login

from ttdb.migrate import ledger, needed
from ttdb.migrate.arrival import Arrival, Given
from ttdb.migrate.columns import (
    MONEY,
    TEXT,
    created_at,
    metadata,
    monthly_keys,
    required,
    server_id,
    standing,
    tenant_id,
)
from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.runner import Runner
from ttdb.migrate.steps import (
    beside_writers,
    determined_tenant,
    expanded,
    monthly_index,
    once_contracted,
    partitioned_by_month,
    protected,
)
from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.url import Url

REVISION = "test_0001"
TENANT = "11111111-1111-4111-8111-111111111111"

PUBLIC = metadata()
standing("tenants", PUBLIC)
calls = sa.Table(
    "calls",
    PUBLIC,
    server_id(),
    tenant_id(),
    required("number", TEXT, "who was called"),
    required("user_id", sa.UUID(), "who called"),
    required("cost", MONEY, "what it cost"),
    created_at(),
    *monthly_keys("public.tenants", "created_at"),
    comment="calls that were made",
    postgresql_partition_by="RANGE (created_at)",
)
ARRIVAL = Arrival(
    given={"tenant_id": Given(f"'{TENANT}'", "t.tenant_id is null")},
    typed={"cost": "wider would change the result of prepared statements"},
    whole="replies point at its id",
)
INDEX = monthly_index("calls_number_idx", "public.calls", "(tenant_id, number)", comment="calls of a number")
MONTHS = partitioned_by_month("public.calls", retention="1 year")
STEPS = (
    *expanded(calls, ARRIVAL),
    *beside_writers(INDEX),
    determined_tenant("public.calls", "user_id"),
    protected("public.calls"),
    once_contracted(MONTHS, "public.calls"),
)
# The columns in another order than the plan's; a moment that may be missing.
BEFORE: LiteralString = """
create table public.calls (
    id uuid primary key default gen_random_uuid(), number varchar(20) not null, user_id uuid not null,
    cost numeric(10, 2) not null, tenant_id uuid, created_at timestamptz default now()
);
create table public.replies (call_id uuid not null references public.calls (id));
"""


@pytest.fixture
def migrator(engine_url: Url) -> Iterator[Url]:
    """Return a plain login, and a tenant."""
    with fresh_login(engine_url, member_of=("ttdb_owner", "ttdb_operator")) as (login, password):
        run(
            engine_url,
            "set role ttdb_operator; insert into public.tenants (id, name, slug)"
            " values ('11111111-1111-4111-8111-111111111111', 'T', 't')",
        )
        yield engine_url.with_parts(user=login, password=password)


@pytest.fixture
def arrived(engine_url: Url, migrator: Url) -> Url:
    """Let calls stand as services made them."""
    run(engine_url, "set role ttdb_owner;" + BEFORE)
    run(
        engine_url,
        "insert into public.calls (number, user_id, cost, created_at) values ('1', gen_random_uuid(), 1.5, null),"
        " ('2', gen_random_uuid(), 2.5, '2024-02-03')",
    )
    run(engine_url, "insert into public.replies select id from public.calls")
    return migrator


def run(url: Url, statement: LiteralString) -> None:
    with connect(url) as admin:
        admin.execute(statement)


def ask(url: Url, query: LiteralString) -> Any:  # noqa: ANN401 - whatever it asks
    with connect(url) as admin:
        return scalar(admin, query)


@contextmanager
def session(url: Url) -> Iterator[Connection]:
    with connect(url) as connection:
        connection.execute("set search_path = ''; set row_security = off; set role ttdb_owner")
        yield connection


def recorded(url: Url) -> dict[str, str]:
    with session(url) as connection:
        rows = connection.execute("select step, outcome from ttdb.ledger where revision = %s", (REVISION,))
        return {str(step): str(outcome) for step, outcome in rows}


def up(url: Url) -> None:
    with session(url) as connection:
        Runner(connection, Courtesy()).up(REVISION, STEPS)


def test_it_is_filled_and_protected_and_months_wait(arrived: Url, engine_url: Url) -> None:
    up(arrived)

    assert ask(engine_url, "select relkind::text from pg_class where oid = 'public.calls'::regclass") == "r"
    assert ask(engine_url, "select count(*) from public.calls where tenant_id is null or created_at is null") == 0
    assert (
        ask(
            engine_url,
            "select format_type(atttypid, atttypmod) from pg_attribute"
            " where attrelid = 'public.calls'::regclass and attname = 'cost'",
        )
        == "numeric(10,2)"
    )
    steps = recorded(arrived)
    assert (steps["build-index-calls-number-idx"], steps["index-calls-number-idx"]) == ("done", "found")
    assert (steps["statistics-public-calls"], steps["protect-public-calls"]) == ("done", "done")
    assert MONTHS.name not in steps
    with session(arrived) as connection:
        assert needed.expanding(connection) == {"public.calls"}
        assert needed.waiting_for(STEPS[-1], needed.expanding(connection)) == ("public.calls",)


def test_way_back_ends_in_what_was_found(arrived: Url, engine_url: Url) -> None:
    rows: LiteralString = "select jsonb_agg(to_jsonb(c) order by number) from public.calls as c"
    found, before = catalog(engine_url), ask(engine_url, rows)
    up(arrived)

    with session(arrived) as connection:
        Runner(connection, Courtesy()).down(REVISION, STEPS)

    assert (catalog(engine_url), ask(engine_url, rows)) == (found, before)


def test_where_it_is_missing_it_is_made_in_months_and_nothing_waits(migrator: Url, engine_url: Url) -> None:
    up(migrator)

    assert ask(engine_url, "select relkind::text from pg_class where oid = 'public.calls'::regclass") == "p"
    assert recorded(migrator) == dict.fromkeys(
        ("table-calls", INDEX.name, "statistics-public-calls", "protect-public-calls", MONTHS.name), "done"
    )


def test_months_are_due_once_it_is_contracted(arrived: Url, engine_url: Url) -> None:
    up(arrived)
    run(engine_url, "drop trigger _040_keep_both on public.calls")

    with session(arrived) as connection:
        due = [step.name for step in needed.taken(connection, REVISION, STEPS, ledger.read(connection))]
        assert MONTHS.name in due
        assert needed.expanding(connection) == set()


@pytest.mark.parametrize(
    ("less", "said"),
    [
        (replace(ARRIVAL, whole=""), "it stands, but is not partitioned by RANGE (created_at)"),
        (replace(ARRIVAL, typed={}), "column cost is numeric(10,2), not numeric(12,2)"),
    ],
    ids=["months", "type"],
)
@pytest.mark.usefixtures("arrived")
def test_what_its_file_does_not_say_is_a_conflict(engine_url: Url, less: Arrival, said: str) -> None:
    (aside,) = [step for step in expanded(calls, less) if step.name.startswith("aside")]

    with connect(engine_url) as admin:
        found = admin.execute(aside.conflicts or "").fetchall()

    assert [detail for _, detail, _ in found] == [said]


@pytest.mark.usefixtures("migrator")
def test_table_in_other_months_is_a_conflict(engine_url: Url) -> None:
    run(
        engine_url,
        "create table public.calls (id uuid, number text not null, user_id uuid not null,"
        " cost numeric(12,2) not null, tenant_id uuid, created_at timestamptz, made_at timestamptz,"
        " constraint calls_pkey primary key (id, made_at)) partition by range (made_at)",
    )
    (aside,) = [step for step in expanded(calls, ARRIVAL) if step.name.startswith("aside")]

    with connect(engine_url) as admin:
        found = admin.execute(aside.conflicts or "").fetchall()

    assert [detail for _, detail, _ in found] == ["it stands, but is not partitioned by RANGE (created_at)"]
