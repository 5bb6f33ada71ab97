"""--abort-if: once things are bad, what runs is cancelled, and the database is where it was; exit code 1."""

import threading
import time

import pytest
from support.catalog import catalog
from support.databases import connect
from support.migrating import SETTINGS, Place
from support.program import ttdb

from ttdb.errors import HealthBad, UsageError
from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.health import Health, guarding
from ttdb.migrate.runner import Runner
from ttdb.migrate.step import Step
from ttdb.migrate.steps import backfill, index
from ttdb.migrate.upgrade import downgrade, upgrade
from ttdb.model.migration import Event
from ttdb.postgres.url import Url

BAD = "select exists (select from public.health where bad)"
NEVER = "select false"


def sick(place: Place, bad: str = "false") -> None:
    """Give a database a table that says how it is, for the login to read."""
    with connect(place.admin) as admin:
        admin.execute("create table public.health (bad boolean)")
        admin.execute("insert into public.health values (%s::boolean)", (bad,))
        admin.execute("grant select on public.health to public")


def worsen(url: Url) -> None:
    with connect(url) as admin:
        admin.execute("update public.health set bad = true")


def without_versions(url: Url) -> list[str]:
    return [line for line in catalog(url) if "alembic_version" not in line]


@pytest.mark.parametrize("start", ["base", "engine_0003"])
def test_upgrade_goes_back_to_where_it_began(place: Place, start: str) -> None:
    sick(place)
    if start != "base":
        upgrade(place.migrator, SETTINGS, start)
    before = without_versions(place.admin)
    events: list[Event] = []

    def worsens(event: Event) -> None:
        events.append(event)
        if event.kind == "step" and event.facts["revision"] == "platform_0002":
            worsen(place.admin)

    with pytest.raises(HealthBad) as caught:
        upgrade(place.migrator, SETTINGS, on_event=worsens, abort_if=BAD)

    assert caught.value.message.startswith("the health query of --abort-if is true")
    assert caught.value.message.endswith(f"; the database is back at {start}")
    assert [event.facts["to"] for event in events if event.kind == "back"] == [[] if start == "base" else [start]]
    assert [event.kind for event in events if event.kind in ("back", "downgrade")] == ["back", "downgrade"]
    assert "platform_0004" not in {event.facts.get("revision") for event in events}
    assert without_versions(place.admin) == before


def test_downgrade_goes_up_again_to_where_it_began(place: Place) -> None:
    sick(place)
    upgrade(place.migrator, SETTINGS, "engine_0004")
    before = without_versions(place.admin)

    def worsens(event: Event) -> None:
        if event.kind == "step" and event.facts["outcome"] == "undone":
            worsen(place.admin)

    with pytest.raises(HealthBad, match="the database is back at engine_0004"):
        downgrade(place.migrator, SETTINGS, "base", worsens, abort_if=BAD)

    assert without_versions(place.admin) == before


def test_healthy_upgrade_is_left_alone(place: Place) -> None:
    assert upgrade(place.migrator, SETTINGS, "engine_0002", abort_if=NEVER) > 0


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select from nowhere", "does not exist"),
        ("select 1", "does not return one boolean"),
        ("select true, false", "does not return one boolean"),
        ("select false; drop table public.health", "cannot insert multiple commands"),
        ("select false where false", "returned no row"),
        ("select false from generate_series(1, 2)", "returned more than one row"),
        ("update public.health set bad = true returning false", "read-only transaction"),
        ("select pg_catalog.pg_sleep(30) is null", "statement timeout"),
        ("", "does not return one boolean"),
    ],
)
def test_query_that_is_none_is_refused_before_anything_starts(place: Place, query: str, said: str) -> None:
    sick(place)

    with pytest.raises(UsageError) as caught:
        upgrade(place.admin, SETTINGS, abort_if=query)

    assert said in caught.value.message
    with connect(place.admin) as admin:
        assert admin.execute("select bad, to_regclass('public.alembic_version') from public.health").fetchall() == [
            (False, None)
        ]


def test_what_is_bad_already_starts_nothing(place: Place) -> None:
    sick(place, "true")

    ended = ttdb("upgrade", "--url", place.migrator.uri(), "--disposable", "--abort-if", BAD)

    assert (ended.code, ended.out) == (1, "")
    assert "error: the health query of --abort-if is true already; nothing was changed" in ended.err
    with connect(place.admin) as admin:
        assert admin.execute("select to_regclass('public.alembic_version')").fetchone() == (None,)


def running(place: Place, health: Health, step: Step) -> tuple[HealthBad, float]:
    """Run a step that would last, and return what ended it and after how long."""
    with connect(place.admin) as connection:
        connection.execute("set role ttdb_owner; set search_path = ''")
        began = time.monotonic()
        with health.watching(connection), pytest.raises(HealthBad) as caught:
            Runner(connection, Courtesy(refuse=health.refuse)).up("test_0001", [step])
        return caught.value, time.monotonic() - began


def test_running_step_is_cancelled_and_rolled_back(place: Place) -> None:
    sick(place)
    slow = Step(
        name="slow",
        up=("create table public.left_over (id int)", "select pg_catalog.pg_sleep(60)"),
        down=(),
        holds="select to_regclass('public.left_over') is not null",
    )
    upgrade(place.migrator, SETTINGS, "engine_0001")
    later = threading.Timer(1, worsen, (place.admin,))
    with guarding(place.migrator, BAD) as health:
        assert health is not None
        later.start()
        error, took = running(place, health, slow)

    assert error.message == "the health query of --abort-if is true: step slow of test_0001 was cancelled"
    assert took < 10
    with connect(place.admin) as admin:
        assert admin.execute("select to_regclass('public.left_over')").fetchone() == (None,)


def test_index_that_is_built_concurrently_is_cancelled(place: Place) -> None:
    sick(place)
    upgrade(place.migrator, SETTINGS, "engine_0001")
    with connect(place.admin) as admin:
        admin.execute("set role ttdb_owner")
        admin.execute("create table public.notes (id int)")
    step = index("notes_id_idx", "public.notes", "(id)", comment="by id")
    with connect(place.admin, autocommit=False) as reader, guarding(place.migrator, BAD) as health:
        reader.execute("lock table public.notes in row exclusive mode")  # for which it waits
        assert health is not None
        threading.Timer(1, worsen, (place.admin,)).start()
        error, took = running(place, health, step)

    assert error.message.endswith("step index-notes-id-idx of test_0001 was cancelled"), error.message
    assert took < 10


def test_backfill_stops_between_or_in_its_batches(place: Place) -> None:
    sick(place)
    upgrade(place.migrator, SETTINGS, "engine_0001")
    with connect(place.admin) as admin:
        admin.execute("set role ttdb_owner")
        admin.execute("create table public.notes (id int primary key, size int)")
        admin.execute("insert into public.notes select n from generate_series(1, 400000) as n")
    step = backfill("public.notes", set="size = t.id", where="t.size is null")
    with guarding(place.migrator, BAD) as health:
        assert health is not None
        threading.Timer(0.5, worsen, (place.admin,)).start()
        error, _ = running(place, health, step)

    assert error.message.startswith("the health query of --abort-if is true")
    with connect(place.admin) as admin:
        (left,) = admin.execute("select count(*) from public.notes where size is null").fetchone() or (0,)
    assert 0 < left < 400_000


def test_query_that_fails_twice_counts_as_bad_and_once_does_not(place: Place) -> None:
    sick(place)
    with guarding(place.migrator, BAD) as health:
        assert health is not None
        with connect(place.admin) as admin:
            admin.execute("alter table public.health rename to gone")
            threading.Timer(0.5, _renamed, (place.admin,)).start()
            health.look()
            admin.execute("alter table public.health rename to gone")
        with pytest.raises(HealthBad, match="failed twice: relation"):
            health.look()


def _renamed(url: Url) -> None:
    with connect(url) as admin:
        admin.execute("alter table public.gone rename to health")
