"""What Ctrl-C leaves of a session that seeds."""

import pytest
from psycopg.pq import TransactionStatus

from ttdb.postgres.connect import Connection, connect
from ttdb.postgres.url import Url
from ttdb.seed.session import acting_as


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
