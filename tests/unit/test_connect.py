"""Which servers are supported, and what is said of the others."""

import psycopg
import pytest
from psycopg import errors as pg

from ttdb.errors import DatabaseUnreachable, ServerUnsupported, TtdbError
from ttdb.postgres.connect import refuse_unsupported, translated


@pytest.mark.parametrize("number", [150000, 160004, 170010, 180002])
def test_15_to_18_are_supported(number: int) -> None:
    refuse_unsupported(number, "x")


@pytest.mark.parametrize(("number", "shown"), [(140012, "14.12"), (90624, "9.6.24"), (190000, "19beta1")])
def test_older_and_newer_are_refused_by_name(number: int, shown: str) -> None:
    with pytest.raises(ServerUnsupported) as caught:
        refuse_unsupported(number, shown)

    assert caught.value.message == f"PostgreSQL {shown} is not supported"
    assert caught.value.hint == "Use a server of version 15 to 18."


def test_a_value_that_the_driver_cannot_read_is_no_lost_connection() -> None:
    with pytest.raises(TtdbError) as caught, translated("listing"):
        raise psycopg.DataError("date too large (after year 10K): 'infinity'")

    assert type(caught.value) is TtdbError
    assert caught.value.message == "listing: date too large (after year 10K): 'infinity'"


@pytest.mark.parametrize("lost", [psycopg.OperationalError("server closed"), psycopg.InterfaceError("closed")])
def test_a_broken_connection_is_said_to_be_lost(lost: psycopg.Error) -> None:
    with pytest.raises(DatabaseUnreachable) as caught, translated("listing", again="it begins anew"):
        raise lost

    assert caught.value.message == "listing: the connection was lost"
    assert caught.value.hint == "Run the command again: it begins anew."


@pytest.mark.parametrize("told", [psycopg.OperationalError, pg.AdminShutdown, pg.QueryCanceled])
def test_error_in_tidying_up_after_an_interrupt_is_the_interrupt(told: type[psycopg.Error]) -> None:
    def interrupted() -> None:
        try:
            raise KeyboardInterrupt
        finally:
            _tidy_up(told)

    with pytest.raises(KeyboardInterrupt), translated("upgrading"):
        interrupted()


def _tidy_up(told: type[psycopg.Error]) -> None:
    raise told("another command is already in progress")
