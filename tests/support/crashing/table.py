"""Print the crash matrix as a table, from the file that ``--crash-table`` wrote: how long the application waited, in s.

Run as ``PYTHONPATH=tests python -m support.crashing.table FILE``.
"""

import sys
from pathlib import Path

from support.crashing.steps import BOUNDARIES, INSIDE

_WAYS = ("kill-9", "terminated", "server-stopped", "cut-without-fin", "disk-full", "lock-given-up", "ctrl-c")


def main() -> None:
    """Print it."""
    lines = [line.split("\t") for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    waited = {(place, kind): float(worst) for place, kind, _, worst, _ in lines}
    back = sorted({place for place, _ in waited if place.endswith(", back")})
    print(f"| struck | {' | '.join(_WAYS)} |\n|{' --- |' * (len(_WAYS) + 1)}")  # noqa: T201 - its output is its purpose
    for place in (*BOUNDARIES, *INSIDE, *back):
        cells = [f"{waited[place, kind]:.1f}" if (place, kind) in waited else "" for kind in _WAYS]
        print(f"| {place} | {' | '.join(cells)} |")  # noqa: T201 - its output is its purpose


if __name__ == "__main__":
    main()
