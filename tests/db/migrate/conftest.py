"""Fixtures for migrations: a server of their own, because they make and drop the cluster's roles."""

from collections.abc import Iterator

import pytest
from support.databases import fresh_database, fresh_login
from support.migrating import Place, apply_bootstrap

from ttdb.config import Settings
from ttdb.postgres.throwaway import Throwaway, throwaway


@pytest.fixture(scope="module")
def role_server(settings: Settings) -> Iterator[Throwaway]:
    with throwaway(settings) as started:
        yield started


@pytest.fixture
def place(role_server: Throwaway) -> Iterator[Place]:
    """Return an empty database that an admin has bootstrapped for a plain login."""
    with fresh_login(role_server.url) as (login, password), fresh_database(role_server.url) as url:
        apply_bootstrap(url, login)
        yield Place(admin=url, migrator=url.with_parts(user=login, password=password))
