"""Fixtures: a cluster that stands for the live one, with a database on its way to head and rows of two tenants."""

from collections.abc import Iterator

import pytest
from support.databases import connect, fresh_database
from support.migrating import SETTINGS
from support.platform import fill

from ttdb.config import Settings
from ttdb.migrate.upgrade import upgrade
from ttdb.postgres.throwaway import Throwaway, throwaway
from ttdb.postgres.url import Url

ARRIVED = "platform_0011"


@pytest.fixture(scope="module")
def live_server(settings: Settings) -> Iterator[Throwaway]:
    with throwaway(settings) as started:
        yield started


@pytest.fixture(scope="module")
def live_template(live_server: Throwaway) -> Iterator[str]:
    """Return the name of a database that stands a few revisions before head."""
    with fresh_database(live_server.url, named="template") as url:
        upgrade(url, SETTINGS, ARRIVED)
        with connect(url) as admin:
            fill(admin)
        yield str(url.part("dbname"))


@pytest.fixture
def live_url(live_server: Throwaway, live_template: str) -> Iterator[Url]:
    with fresh_database(live_server.url, template=live_template, named="live") as url:
        yield url
