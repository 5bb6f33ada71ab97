"""How long validation takes, and what memory, by the number of tables: 12, the live platform's 177, and 1 000.

python bench/validate/scale.py [--tables 12,1000] [--legacy] [--disposable]
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from fixtures import catalogue
from fixtures.large import Size, build_large
from fixtures.legacy import build_legacy

from ttdb.config import Settings
from ttdb.postgres.connect import connect
from ttdb.postgres.throwaway import throwaway
from ttdb.postgres.url import Url


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of ``ttdb validate``, as a user starts it."""

    what: str
    seconds: float
    megabytes: float
    cpu: float  # seconds of the validating process alone
    cells: int
    proven: float  # share of what a role may reach
    verdict: str


def main() -> None:
    """Print one line of a markdown table for each database."""
    options = _options()
    _say("| database | seconds | of these the client's CPU | MB | cells a role may reach | proven | verdict |")
    _say("|---|---|---|---|---|---|---|")
    flags = ["--disposable"] if options.disposable else []
    sizes = [int(each) for each in options.tables.split(",") if each]
    for tables in sizes:
        with throwaway(Settings(throwaway=options.throwaway)) as server:
            with connect(server.url, application="bench") as connection:
                build_large(connection, Size(tables))
            _tell(_measure(f"{tables} tables, 20 tenants", server.url, flags))
    if options.legacy:
        with throwaway(Settings(throwaway=options.throwaway)) as server:
            with connect(server.url, application="bench") as connection:
                build_legacy(connection, catalogue.load(catalogue.path()))
            _tell(_measure("the live platform, 177 tables", server.url, flags))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", default="12,1000", help="sizes of the generated databases")
    parser.add_argument("--legacy", action="store_true", help="also the live platform's fixture")
    parser.add_argument("--disposable", action="store_true", help="attack fully in place")
    parser.add_argument("--throwaway", default="embedded")
    return parser.parse_args()


def _measure(what: str, url: Url, flags: list[str]) -> Measured:
    command = [sys.executable, "-m", "ttdb", "validate", "--url", url.uri(), "--format", "json", *flags]
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - ours
        said = process.stdout.read() if process.stdout else b""
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    seconds = time.monotonic() - start
    report = json.loads(said)
    reached = Counter(cell["reach"] for cell in report["cells"] if cell["reach"] != "denied")
    cells = sum(reached.values())
    proven = 1 - reached["unproven"] / cells if cells else 0
    cpu = used.ru_utime + used.ru_stime
    return Measured(what, seconds, used.ru_maxrss / 1024, cpu, cells, proven, report["verdict"])


def _tell(each: Measured) -> None:
    _say(
        f"| {each.what} | {each.seconds:.1f} | {each.cpu:.1f} | {each.megabytes:.0f} | {each.cells}"
        f" | {each.proven:.1%} | {each.verdict} |"
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
