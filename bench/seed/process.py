"""``ttdb seed`` as a person runs it: a process of its own, from its start to its end, and the most memory it had."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ttdb.postgres.url import Url

_LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Ran:
    """What one process took."""

    rows: int
    wall: float
    cpu: float
    peak_mib: float


def ran(url: Url, scenario: str, orders: int, *flags: str) -> Ran:
    """Seed a database by a process.

    Raises:
        RuntimeError: it failed.

    """
    told, ended = _run(["-m", "ttdb", "seed", scenario, "--orders", str(orders), *flags, "--url", url.uri()])
    return replace(ended, rows=_rows(told))


def started() -> Ran:
    """Start what a seed cannot do without, and end.

    Raises:
        RuntimeError: it failed.

    """
    return _run(["-c", "import psycopg, numpy"])[1]


def _run(arguments: Sequence[str]) -> tuple[str, Ran]:
    command = [sys.executable, *arguments]
    begun = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:  # noqa: S603 - our own command
        peak = _watched(process)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        told = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise RuntimeError(told)
    return told, Ran(0, wall, used.ru_utime + used.ru_stime, peak / 1024)


def _watched(process: "subprocess.Popen[str]") -> int:
    """Follow a process to its end, and return its peak in KiB.

    Not from what it used: that begins with what this process, which started it, has.
    """
    peak, place = 0, Path(f"/proc/{process.pid}/status")
    while found := re.search(r"VmHWM:\s+(\d+) kB", place.read_text(encoding="ascii")):  # none once it has ended
        peak = int(found[1])
        time.sleep(_LOOK_S)
    return peak


def _rows(told: str) -> int:
    found = re.search(r"^Wrote (\d+) rows", told, re.MULTILINE)
    return int(found[1]) if found else 0


def as_markdown(runs: Mapping[str, Sequence[Ran]]) -> str:
    """Return a table of medians, and of the highest peak."""
    lines = [
        "",
        "| whole processes, and floors | rows | runs | median s | client µs a row | peak MiB |",
        "|---|---|---|---|---|---|",
    ]
    for name, some in runs.items():
        middle = sorted(some, key=lambda each: each.wall)[len(some) // 2]
        peak = max(each.peak_mib for each in some)
        client = f"{middle.cpu / middle.rows * 1e6:.2f}" if middle.rows else ""
        memory = f"{peak:.0f}" if peak else ""  # none of a floor, which has this process's
        lines.append(f"| {name} | {middle.rows or ''} | {len(some)} | {middle.wall:.2f} | {client} | {memory} |")
    return "\n".join(lines) + "\n"
