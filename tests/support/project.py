"""Run pytest in a project of its own, as a service team does: a process of its own, its output, its outcomes."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ttdb.config import Settings

SHOP = Path(__file__).with_name("shop.py")  # a setup command, to run by python
_OUTCOME = re.compile(r"(\d+) (passed|failed|errors?|skipped|warnings?)")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of pytest left."""

    code: int
    text: str

    @property
    def outcomes(self) -> dict[str, int]:
        """Return how many tests passed, failed and so on, as the last line has it."""
        last = self.text.rstrip().splitlines()[-1]
        return {kind.removesuffix("s"): int(number) for number, kind in _OUTCOME.findall(last)}


def run_pytest(folder: Path, settings: Settings, *arguments: str, **env: str) -> Ran:
    """Run pytest in a folder, with the throwaway servers of these settings and nothing of the tester's own."""
    hidden = ("TTDB_", "PG", "PYTEST", "DATABASE_URL")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    given = {"TTDB_THROWAWAY": settings.throwaway, "TTDB_LOCAL_BIN": settings.local_bin or ""}
    given["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), clean["PATH"]])
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", "-rA", *arguments],
        cwd=folder,
        env=clean | given | {"PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "120"} | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    return Ran(ended.returncode, ended.stdout + ended.stderr)
