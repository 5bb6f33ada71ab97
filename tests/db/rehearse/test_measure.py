"""What a step does to what stood before is seen from outside: its locks, and which tables it writes anew."""

import pytest
from support.databases import connect

from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.runner import Runner
from ttdb.migrate.step import Step
from ttdb.model.migration import silent
from ttdb.postgres.url import Url
from ttdb.workflows.rehearse.measure import observing
from ttdb.workflows.rehearse.model import Lock, MeasuredStep


def measured(url: Url, *statements: str, transaction: bool = True) -> MeasuredStep:
    """Run one step on a table and a view that stand, and return what was seen of it."""
    step = Step(name="step", up=statements, down=(), holds="select true", always=True, transaction=transaction)
    with connect(url) as connection:
        connection.execute("set role ttdb_owner; set search_path = ''")
        connection.execute("create table public.big (n int, note text)")
        connection.execute("insert into public.big select n, 'x' from pg_catalog.generate_series(1, 1000) as n")
        with observing(url, silent) as observer:
            Runner(connection, Courtesy(), observer, before_commit=observer.before_commit).up("test_0001", [step])
        (found,) = observer.steps
    return found


@pytest.mark.parametrize(
    ("statement", "locks", "rewritten"),
    [
        (
            "alter table public.big alter column n type bigint",
            (Lock("public.big", "ACCESS EXCLUSIVE"),),
            ("public.big",),
        ),
        ("alter table public.big add column more int default 1", (Lock("public.big", "ACCESS EXCLUSIVE"),), ()),
        ("create index on public.big (n)", (Lock("public.big", "SHARE"),), ()),
        ("comment on table public.big is 'x'", (Lock("public.big", "SHARE UPDATE EXCLUSIVE"),), ()),
        ("update public.big set note = 'y'", (Lock("public.big", "ROW EXCLUSIVE"),), ()),
        ("select count(*) from public.big", (), ()),
        ("create table public.own (n int); alter table public.own add column m int", (), ()),
    ],
)
def test_lock_and_rewrite_are_seen(
    engine_url: Url, statement: str, locks: tuple[Lock, ...], rewritten: tuple[str, ...]
) -> None:
    found = measured(engine_url, statement)

    assert (found.outcome, found.locks, found.rewritten) == ("done", locks, rewritten)


def test_strongest_lock_of_a_step_counts(engine_url: Url) -> None:
    found = measured(engine_url, "comment on table public.big is 'x'", "alter table public.big add m int")

    assert found.locks == (Lock("public.big", "ACCESS EXCLUSIVE"),)


def test_lock_without_a_transaction_is_seen_while_it_lasts(engine_url: Url) -> None:
    with connect(engine_url) as admin:
        admin.execute(
            "create function public.slowly(n int) returns int language plpgsql immutable as"
            " $$ begin perform pg_catalog.pg_sleep(0.0005); return n; end $$"
        )
    found = measured(
        engine_url, "create index concurrently big_slow on public.big (public.slowly(n))", transaction=False
    )

    assert found.locks == (Lock("public.big", "SHARE UPDATE EXCLUSIVE"),)
