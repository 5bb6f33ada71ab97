"""Half of the attacks run in a copy: what they find there is reported, and nothing is found otherwise than without."""

from collections import deque
from collections.abc import Iterator
from threading import Event

import pytest
from attack.test_units import HINTS
from support.databases import connect, fresh_database

from ttdb.model.validation import Verdict
from ttdb.postgres.url import Url
from ttdb.validate import Request, attacking, engine, validate
from ttdb.validate.attacking import Progress
from ttdb.validate.library import Attack
from ttdb.validate.plant import Plan
from ttdb.validate.world import World

_BROKEN = """
alter table app.orders disable row level security;
create view app.all_orders with (security_barrier = true) as select count(*) as n from app.orders;
grant select on app.all_orders to example_app;
create function app.orders_of(p_org uuid) returns setof app.orders
language sql stable security definer set search_path = ''
as 'select * from app.orders where org_id = p_org';
grant execute on function app.orders_of(uuid) to example_app;
"""
_REQUEST = Request(hints=HINTS)


@pytest.fixture
def twin(example_url: Url) -> Iterator[Url]:
    """Return a copy of the example, of which both are broken alike."""
    with connect(example_url) as connection:
        connection.execute(_BROKEN)
    with fresh_database(example_url.with_parts(dbname="postgres"), template=example_url.part("dbname")) as url:
        yield url


def _found(url: Url, twin: Url | None = None) -> tuple[set[tuple[str, str]], set[object], list[str]]:
    report = validate(url, _REQUEST, kind="throwaway", twin=twin)
    assert report.verdict is Verdict.FAIL
    assert report.unproven == ()
    return {(each.code, each.object) for each in report.findings}, set(report.cells), sorted(report.ran)


def test_two_sides_find_what_one_does(example_url: Url, twin: Url) -> None:
    findings, cells, ran = _found(example_url)

    assert _found(example_url, twin) == (findings, cells, ran)


def test_hole_that_is_shown_in_the_copy_is_reported(
    example_url: Url, twin: Url, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_done = Event()
    attack = attacking.attack_all

    def only_beside(world: World, waiting: deque[Attack], progress: Progress, planned: Plan) -> None:
        """Let the copy take all: which side takes which attack is chance."""
        if world.sessions.overseer.info.dbname == twin.part("dbname"):
            attack(world, waiting, progress, planned)
            all_done.set()
        else:
            assert all_done.wait(60)

    expected = _found(example_url)
    monkeypatch.setattr(attacking, "attack_all", only_beside)
    monkeypatch.setattr(engine, "attack_all", only_beside)

    assert _found(example_url, twin) == expected
