"""Run the program as a user does: a process of its own, its output and its exit code."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ended:
    """What a finished program left."""

    code: int
    out: str
    err: str


def ttdb(*arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None, stdin: str = "") -> Ended:
    """Run ``ttdb`` with these arguments, in an environment without settings of the tester's own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TTDB_", "PG"))}
    ended = subprocess.run(
        [sys.executable, "-m", "ttdb", *arguments],
        env=clean | {"COLUMNS": "100", "NO_COLOR": "1"} | dict(env or {}),
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)
