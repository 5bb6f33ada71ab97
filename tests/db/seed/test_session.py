"""What Ctrl-C leaves of a session that seeds, and which statistics are refreshed after it."""

from dataclasses import dataclass

import pytest
from psycopg.pq import TransactionStatus

from ttdb.postgres.connect import Connection, connect, end_statement
from ttdb.postgres.url import Url
from ttdb.seed.session import acting_as, analyze


@pytest.mark.parametrize(
    "statement",
    [
        "copy public.interrupted from stdin",
        "select pg_catalog.pg_sleep(60)",
        "insert into public.interrupted values (1)",
    ],
)
@pytest.mark.timeout(30)
def test_statement_that_an_interrupt_left_under_way_is_ended_and_rolled_back(empty_url: Url, statement: str) -> None:
    with connect(empty_url, application="test") as connection:
        connection.execute("create table public.interrupted (id int)")

        with pytest.raises(KeyboardInterrupt):
            _interrupted_amid(connection, statement)

        assert connection.pgconn.transaction_status == TransactionStatus.IDLE
        assert connection.execute("select * from public.interrupted").fetchall() == []


def _interrupted_amid(connection: Connection, statement: str) -> None:
    with acting_as(connection, None):
        connection.execute("insert into public.interrupted values (0)")
        connection.pgconn.send_query(statement.encode())
        raise KeyboardInterrupt


@dataclass(frozen=True)
class _Table:
    schema: str
    name: str


def test_only_months_that_a_few_rows_made_much_larger_are_analyzed(empty_url: Url) -> None:
    """Beside large ones: those, and the months that are new."""
    add = "insert into public.sales select %s::date, n from pg_catalog.generate_series(1, %s) as n"
    with connect(empty_url, application="test") as connection:
        connection.execute("create table public.sales (at date, id int) partition by range (at)")
        for month in (1, 2, 3):
            connection.execute(
                f"create table public.sales_{month} partition of public.sales"
                f" for values from ('2025-0{month}-01') to ('2025-0{month + 1}-01')".encode()
            )
        connection.execute(add, ("2025-01-01", 40_000))
        connection.execute(add, ("2025-02-01", 400))
        first = analyze(connection, [_Table("public", "sales")])
        connection.execute(add, ("2025-01-01", 400))
        connection.execute(add, ("2025-02-01", 2_000))
        connection.execute(add, ("2025-03-01", 10))

        skipped = analyze(connection, [_Table("public", "sales")], {"sales": 2_410})

        query = "select relname::text, reltuples from pg_class where relname like 'sales%' order by 1"
        found = connection.execute(query).fetchall()
    assert (first, skipped) == ((), ())
    assert found == [("sales", 40_400), ("sales_1", 40_000), ("sales_2", 2_400), ("sales_3", 10)]


def test_statement_that_an_interrupt_left_running_is_ended(engine_url: Url) -> None:
    """As it is left where the interrupt falls between sending and waiting; at times the cancel is there before it."""
    with connect(engine_url, application="interrupted") as connection:
        for _ in range(40):
            connection.pgconn.send_query(b"select pg_sleep(600)")

            end_statement(connection)

            assert connection.execute("select 1").fetchone() == (1,)
