"""An Alembic project of somebody else's, run as they run it."""

import os
import subprocess
import sys
from pathlib import Path

from ttdb.postgres.url import Url


class Project:
    """A project in a folder, for one database."""

    def __init__(self, folder: Path, env: str, url: Url) -> None:
        self._folder, self._url = folder, url
        self._versions = folder / "migrations" / "versions"
        self._versions.mkdir(parents=True)
        (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n", encoding="utf-8")
        (folder / "migrations" / "env.py").write_text(env, encoding="utf-8")

    def add(self, name: str, revision: str) -> None:
        """Write a revision."""
        (self._versions / f"{name}.py").write_text(revision, encoding="utf-8")

    def try_(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a command such as ``alembic upgrade head``."""
        return subprocess.run(
            [sys.executable, "-m", *line.split()],
            cwd=self._folder,
            env={**os.environ, "TTDB_DATABASE_URL": self._url.conninfo},
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, line: str) -> str:
        """Run a command that succeeds, and return what it printed."""
        ended = self.try_(line)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout
