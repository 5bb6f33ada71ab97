"""A server of these tests' own, for they make roles, and two tenants' rows in a database for each test."""

from collections.abc import Iterator

import pytest
from psycopg import sql
from support.databases import connect, fresh_database
from support.platform import fill
from support.services import Service, new_service

from ttdb.config import Settings
from ttdb.migrate.upgrade import upgrade
from ttdb.postgres.throwaway import Throwaway, throwaway
from ttdb.postgres.url import Url

_FILLED = "filled"


@pytest.fixture(scope="module")
def cluster(settings: Settings) -> Iterator[Throwaway]:
    with throwaway(settings) as server:
        with connect(server.url) as admin:
            admin.execute(sql.SQL("create database {}").format(sql.Identifier(_FILLED)))
        place = server.url.with_parts(dbname=_FILLED)
        upgrade(place, Settings())
        with connect(place) as admin:
            fill(admin)
        yield server


@pytest.fixture
def place(cluster: Throwaway) -> Iterator[Url]:
    """Return a database of the test's own with one order of each of two tenants, as a superuser."""
    with fresh_database(cluster.url, template=_FILLED) as url:
        yield url
    with connect(cluster.url) as admin:
        admin.execute("drop role if exists ttdb_observed")  # the cluster's: it outlives the database


@pytest.fixture
def service(place: Url) -> Iterator[Service]:
    """Return a login as "ttdb roles add" makes it."""
    with new_service(place) as made:
        yield made
