"""When the disk itself stood still: it had requests and completed none, whoever made them.

Where others use the same disk, it stands still at times for all. Read from /proc/diskstats of Linux, of the device on
which the server's data lies; elsewhere nothing is noted.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from os import major, minor
from pathlib import Path

_STATS = Path("/proc/diskstats")
_EVERY_S = 0.01
_NOTED_S = 0.03  # shorter ones are requests as usual
_READS, _WRITES, _WAITING = 3, 7, 11  # fields of a line, from 0: completed, completed, in progress


class Standstills:
    """Watches one device all the while, on a thread of its own."""

    def __init__(self, device: tuple[int, int] | None) -> None:
        self._device = device
        self._seen: list[tuple[float, float]] = []  # from when to when, in time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        if device is not None:
            self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        self._ended.set()
        if self._device is not None:
            self._thread.join()

    def longest_ms(self, begun: float, ended: float) -> float:
        """Return for how long it stood still at most, of the times that fell into that one."""
        during = (min(end, ended) - max(start, begun) for start, end in list(self._seen))
        return max((each for each in during if each > 0), default=0.0) * 1000

    def _watch(self) -> None:
        since, done = time.monotonic(), -1
        while not self._ended.wait(_EVERY_S):
            completed, waiting = self._counted()
            now = time.monotonic()
            if completed != done or not waiting:
                if now - since > _NOTED_S and done >= 0 and completed != done:
                    self._seen.append((since, now))
                since, done = now, completed

    def _counted(self) -> tuple[int, int]:
        """Return how many requests were completed, and how many are in progress."""
        for line in _STATS.read_text().splitlines():
            fields = line.split()
            if (int(fields[0]), int(fields[1])) == self._device:
                return int(fields[_READS]) + int(fields[_WRITES]), int(fields[_WAITING])
        return 0, 0


@contextmanager
def watched_disk(directory: str) -> Iterator[Standstills]:
    """Watch the disk on which a directory lies until the block ends."""
    place = Path(directory)
    known = _STATS.is_file() and place.exists()
    device = place.stat().st_dev if known else 0
    standstills = Standstills((major(device), minor(device)) if known else None)
    try:
        yield standstills
    finally:
        standstills.close()
