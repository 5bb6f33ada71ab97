"""The live platform, as it is found, on a server of its own."""

from collections.abc import Iterator

import pytest
from fixtures.catalogue import Catalogue
from fixtures.legacy import build_legacy
from fixtures.legacy_rows import TENANTS
from psycopg import sql
from support.databases import connect, fresh_database

from ttdb.config import Settings
from ttdb.postgres.throwaway import Throwaway, throwaway

# Whose rows they are, only their owners know: so they are named, and stop it.
MENDED = ("users", "venues")


@pytest.fixture(scope="module")
def alone(settings: Settings) -> Iterator[Throwaway]:
    with throwaway(settings) as server:
        yield server


@pytest.fixture(scope="module")
def arrived(alone: Throwaway, legacy_catalogue: Catalogue) -> Iterator[str]:
    """Name a live platform whose rows all have a tenant."""
    with fresh_database(alone.url) as url:
        with connect(url) as admin:
            build_legacy(admin, legacy_catalogue)
            admin.execute("set session_replication_role = replica")  # its broken audit trigger refuses any change
            for table in MENDED:
                query = sql.SQL("update {} set tenant_id = %s where tenant_id is null")
                admin.execute(query.format(sql.Identifier(table)), (TENANTS[0],))
        yield str(url.part("dbname"))
