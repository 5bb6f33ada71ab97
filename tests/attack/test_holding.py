"""A probe in a database that others work in keeps its locks for milliseconds; what would take longer is unproven."""

import threading
import time

import psycopg
import pytest
from attack.test_units import HINTS
from psycopg import sql
from support.databases import connect

from ttdb.model.validation import Verdict
from ttdb.postgres.url import Url
from ttdb.validate import Request, validate
from ttdb.validate.discover import discover
from ttdb.validate.holding import LIMIT_MS, OVERDUE
from ttdb.validate.sessions import Sessions

_SLOW = """
create function app.tg__slowly() returns trigger language plpgsql set search_path = '' as $$
begin
    perform pg_catalog.pg_sleep(0.3);
    return new;
end
$$;
create trigger _100_slowly before insert or update on app.orders for each row execute function app.tg__slowly();
"""
_TOUCH = sql.SQL("update app.orders set total = total where org_id = app.org()")
_ORG = {"app.org": "a0000000-0000-4000-8000-00000000000a"}


def test_probe_that_takes_long_is_ended_and_unproven(example_url: Url) -> None:
    with connect(example_url) as connection:
        connection.execute(_SLOW)

    in_place = validate(example_url, Request(HINTS, families=("ISO", "AUD")))
    fully = validate(example_url, Request(HINTS, families=("ISO",), disposable=True))

    assert in_place.verdict is Verdict.INCOMPLETE
    assert {each.object for each in in_place.unproven} == {"app.orders"}
    assert any("a probe as example_app" in each.why for each in in_place.unproven)
    assert in_place.longest_hold_ms < 4 * LIMIT_MS
    assert not [each for each in fully.unproven if "a probe as" in each.why]


def test_policies_that_hold_are_proven_within_the_limit(example_url: Url) -> None:
    report = validate(example_url, Request(HINTS))
    with connect(example_url) as connection:
        stand: dict[str, int] = dict(
            connection.execute("select schemaname || '.' || sequencename, last_value from pg_sequences")
        )

    assert report.unproven == ()
    assert {each.name: each.after for each in report.sequences} == stand
    assert all(each.before is not None and each.before < stand[each.name] for each in report.sequences)
    assert 0 < report.longest_hold_ms < 2 * LIMIT_MS


@pytest.fixture
def sessions(example_url: Url) -> Sessions:
    overseer = connect(example_url)
    return Sessions(example_url, overseer, discover(overseer, HINTS), limited=True)


def test_time_of_a_probe_is_that_of_all_its_statements(sessions: Sessions) -> None:
    with sessions, sessions.acting_as("example_app", _ORG) as acting:
        first = acting.attempt(_TOUCH)
        slept = [acting.attempt(sql.SQL("select pg_catalog.pg_sleep(0.03)")) for _ in range(3)]
        seen = acting.oversee(sql.SQL("select 1"))

    sessions.overseer.close()
    assert first.count
    assert [each.sqlstate for each in slept][1:] == [OVERDUE, OVERDUE]
    assert seen.sqlstate == OVERDUE
    assert sessions.holds.taken() == {("example_app", "database")}


def test_time_that_is_up_between_two_statements_ends_the_probe_not_the_attack(sessions: Sessions) -> None:
    with sessions, sessions.acting_as("example_app", _ORG) as acting:
        with acting.trial():
            first = acting.attempt(_TOUCH)
            acting._between(sql.SQL("select pg_catalog.pg_sleep(1)"))  # noqa: SLF001 - a savepoint on a busy machine
            more = [acting.attempt(_TOUCH), acting.tried(_TOUCH), acting.oversee(_TOUCH)]
        after = acting.attempt(_TOUCH)

    sessions.overseer.close()
    assert first.count
    assert [each.sqlstate for each in (*more, after)] == [OVERDUE] * 4
    assert sessions.holds.longest_ms < 10 * LIMIT_MS
    assert sessions.holds.taken()


def test_probe_that_stands_still_keeps_nobody_waiting(example_url: Url, sessions: Sessions) -> None:
    waited: list[float] = []

    def work() -> None:
        with connect(example_url) as service:
            start = time.monotonic()
            service.execute("update app.orders set total = total")
            waited.append(time.monotonic() - start)

    def stand_still() -> None:
        with sessions.acting_as("example_app", _ORG) as acting:
            assert acting.attempt(_TOUCH).count
            service = threading.Thread(target=work)
            service.start()
            service.join()
            acting.attempt(_TOUCH)

    with sessions:
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            stand_still()
        with sessions.acting_as("example_app", _ORG) as acting:
            assert acting.attempt(_TOUCH).count

    sessions.overseer.close()
    assert 0.5 < waited[0] < 2
