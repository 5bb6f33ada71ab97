"""How long a test waits for its database: python bench/plugin/clone.py [number].

Clones the template at head as the pytest plugin does, on a server whose files are in memory and on one in the temporary
folder; TTDB_THROWAWAY and TTDB_LOCAL_BIN choose the server. Prints milliseconds: median and ninth decile.
"""

import os
import sys
from dataclasses import replace
from statistics import median, quantiles
from time import monotonic

from ttdb.config import Settings, load
from ttdb.postgres.connect import connect
from ttdb.postgres.throwaway import in_memory, throwaway
from ttdb.workflows.service_database import Recipe, clone, make_template


def main() -> None:
    """Measure both places."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    sys.stdout.write(f"{number} clones each, load average {os.getloadavg()[0]:.1f}\n")
    sys.stdout.write(f"{'files in':<12}{'server':<40}{'clone':>12}{'drop':>12}\n")
    settings = replace(load(), throwaway_folder=None)
    for placed in (in_memory(settings), settings):
        measure(placed, number)


def measure(settings: Settings, number: int) -> None:
    """Clone and drop so many databases, one after the other."""
    with throwaway(settings) as server, connect(server.url, application="bench") as admin:
        template = make_template(server.url, Recipe(settings), lambda _: None)
        made, dropped = [], []
        for _ in range(number):
            start = monotonic()
            with clone(admin, template):
                made.append(monotonic() - start)
                start = monotonic()
            dropped.append(monotonic() - start)
        place = settings.throwaway_folder or "temporary"
        sys.stdout.write(f"{place:<12}{server.reason[:38]:<40}{figures(made):>12}{figures(dropped):>12}\n")
        sys.stdout.flush()


def figures(seconds: list[float]) -> str:
    """Return the median and the ninth decile in milliseconds."""
    return f"{median(seconds) * 1000:.0f} / {quantiles(seconds, n=10)[-1] * 1000:.0f}"


if __name__ == "__main__":
    main()
