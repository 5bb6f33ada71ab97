"""A plan names lock, sizes and work of each step, prints its SQL, and says what a way down would undo."""

from dataclasses import replace

import pytest
from support.databases import connect
from support.program import ttdb

from ttdb.errors import ServerReadOnly
from ttdb.migrate import status
from ttdb.migrate.outlook import with_cost, work_of
from ttdb.migrate.step import Step
from ttdb.migrate.steps import backfill, check, index
from ttdb.model.migration import PlannedStep, silent
from ttdb.postgres.url import Url
from ttdb.report import migration

INDEX = index("orders_currency_idx", "public.orders", "(currency)", comment="test")
PENDING = PlannedStep("test_0001", INDEX.name, "pending", INDEX.role, INDEX.transaction, INDEX.relations)


def plain(statement: str) -> Step:
    return Step(name="plain", up=(statement,), down=(), holds="select false")


@pytest.mark.parametrize(
    ("step", "work"),
    [
        (INDEX, "build"),
        (check("public.orders", "small", "total < 5", comment="test")[0], "catalog only"),
        (check("public.orders", "small", "total < 5", comment="test")[-1], "scan"),
        (plain("alter table public.orders add constraint small check (total < 5);"), "scan"),
        (plain("alter table public.orders add column n int default 1;"), "catalog only"),
        (plain("alter table public.orders add column n uuid default gen_random_uuid();"), "rewrite"),
        (plain("alter table public.orders alter column n type bigint;"), "rewrite"),
        (backfill("public.orders", set="n = 1", where="t.n is null"), "batches"),
    ],
)
def test_work_is_told_from_the_statement(step: Step, work: str) -> None:
    assert work_of(step) == work


def test_step_on_a_table_that_stands_shows_its_size_and_lock(seeded_url: Url) -> None:
    with connect(seeded_url) as admin:
        admin.execute("analyze public.orders")
        (rows,) = admin.execute("select count(*) from public.orders").fetchone() or (0,)
        item = with_cost(admin, PENDING, INDEX)

    (table,) = item.tables
    assert (table.name, table.rows) == ("public.orders", rows)
    assert table.bytes > 8192
    shown = migration.plan_text([item])
    assert "lock: SHARE UPDATE EXCLUSIVE: neither readers nor writers wait" in shown
    assert f"{rows} rows, build" in shown
    assert "create index concurrently orders_currency_idx" in migration.plan_sql([item])
    assert "create index" not in migration.plan_sql([replace(item, state="recorded")])


@pytest.mark.parametrize(
    ("statement", "refuses"),
    [
        ("alter table public.orders add column n int;", True),
        ("alter table public.orders rename column a to b;", True),
        ("alter table public.orders add constraint small check (total < 5) not valid;", False),
    ],
)
def test_step_that_changes_what_a_row_is_announces_what_is_refused_once(
    seeded_url: Url, statement: str, *, refuses: bool
) -> None:
    step = replace(plain(statement), relations=("public.orders",))
    with connect(seeded_url) as admin:
        item = with_cost(admin, replace(PENDING, step=step.name), step)

    assert item.refuses_prepared is refuses
    assert ('a prepared "select *" of it is refused once' in migration.plan_text([item])) is refuses


def test_plan_of_the_way_down_lists_what_is_undone_last_first_and_changes_nothing(engine_url: Url) -> None:
    found = status.plan_down(engine_url, "base", silent)

    assert {item.state for item in found} <= {"undo", "keep"}  # keep: it stood before
    assert found[-1].step == "ledger"
    assert found[-1].up[0].startswith("drop table ttdb.ledger;")
    with connect(engine_url) as admin:
        assert admin.execute("select count(*) from ttdb.ledger").fetchone() == (len(found),)


def test_read_only_database_is_named_as_such_with_code_2(engine_url: Url) -> None:
    name = engine_url.part("dbname")
    with connect(engine_url) as admin:
        admin.execute(f'alter database "{name}" set default_transaction_read_only = on'.encode())

    with pytest.raises(ServerReadOnly, match="default_transaction_read_only is on"):
        status.plan(engine_url, "heads", silent)
    ended = ttdb("upgrade", "--plan", "--url", engine_url.uri())
    assert ended.code == 2
    assert "the database is read-only" in ended.err
