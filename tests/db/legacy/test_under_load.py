"""Services go on working while the live platform comes to head and goes back: what they were told is kept is kept.

What it takes them in time is measured by bench/online.
"""

import secrets
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from fixtures.catalogue import Catalogue
from fixtures.validated import run_ttdb
from psycopg import sql
from support import pooler
from support.databases import connect, fresh_database

from bench.online import kept
from bench.online.live import Scale, build, world
from bench.online.load import Load, running
from ttdb.postgres.connect import scalar
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url

RATE, CONNECTIONS = 40, 6
Plans = Counter[tuple[str, str]]


@dataclass
class Story:
    """What happened on the way."""

    load: Load
    up: Plans  # prepared statements that were refused on the way up, by statement and connection
    down: Plans
    missing: int
    lost: int
    in_default: int


@pytest.fixture(scope="module")
def platform(alone: Throwaway, legacy_catalogue: Catalogue) -> Iterator[Url]:  # noqa: ARG001 - skips without it
    with fresh_database(alone.url) as url:
        with connect(url) as admin:
            build(admin, Scale(orders=2_000, payments=1_500, audit=2_000))
        yield url


@pytest.fixture(scope="module")
def story(platform: Url) -> Iterator[Story]:
    """Return what came of services at work while a login of the least privileges migrates, up and all the way back."""
    login, password = f"migrator_{secrets.token_hex(4)}", secrets.token_urlsafe(16)
    migrator = platform.with_parts(user=login, password=password)
    with ExitStack() as stack:
        admin = stack.enter_context(connect(platform))
        admin.execute(sql.SQL("create role {} login password {}").format(sql.Identifier(login), sql.Literal(password)))
        load = stack.enter_context(running(_pool(stack, platform), world(admin, orders=600, buyers=200), RATE))
        time.sleep(1)
        ran("bootstrap", "--apply", "--migrator", login, "--url", platform.uri())
        ran("upgrade", "--disposable", "--url", migrator.uri())
        time.sleep(1)
        up, missing = load.refused_plans, kept.missing(admin, load.acknowledged())
        in_default = int(scalar(admin, "select count(*) from only audit.trail_default"))
        ran("downgrade", "base", "--disposable", "--url", migrator.uri())
        time.sleep(1)
        load.stop()
        yield Story(load, up, load.refused_plans - up, missing, kept.lost(admin, load.acknowledged()), in_default)


def _pool(stack: ExitStack, url: Url) -> list[Url]:
    """Return where each connection goes: every other one through PgBouncer, where there is one."""
    through = [url]
    if pooler.PROGRAM is not None:
        through.append(stack.enter_context(pooler.pgbouncer(url, "session", default_pool_size=str(CONNECTIONS))))
    return [through[number % len(through)] for number in range(CONNECTIONS)]


def ran(*arguments: str) -> None:
    ended = run_ttdb(*arguments)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_services_were_at_work_all_the_while(story: Story) -> None:
    kinds = Counter(item.kind for item in story.load.done)

    assert set(kinds) == {"buy", "pay", "end", "look", "log"}
    assert kinds.total() > RATE * 10
    assert story.load.unserved == 0


def test_no_write_that_was_acknowledged_is_lost_or_changed(story: Story) -> None:
    acknowledged = story.load.acknowledged()

    assert sum(map(len, acknowledged)) > 500
    assert (story.missing, story.lost) == (0, 0)


def test_no_statement_of_services_failed(story: Story) -> None:
    assert story.load.errors == Counter()


def test_prepared_select_of_all_columns_is_refused_once_each_way_on_a_connection_at_most(story: Story) -> None:
    assert story.up
    assert max(story.up.values()) == 1
    assert story.down
    # A statement that was not sent between the two ways is refused after the second for the first.
    assert max((story.up + story.down).values()) <= 2


def test_months_stood_before_services_wrote_into_them(story: Story) -> None:
    assert story.in_default == 0
