"""How late the measuring itself is: a thread that asks for short sleeps and notes how much longer they took.

What a client waits for where its own process does not run is no wait for the server. After jHiccup, by Gil Tene.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_EVERY_S = 0.005
_NOTED_S = 0.005  # shorter ones are a clock's


class Hiccups:
    """Sleeps all the while, on a thread of its own."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, float]] = []  # when it woke, in time.monotonic(), and how late
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sleep, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop sleeping."""
        self._ended.set()
        self._thread.join()

    def longest_ms(self, begun: float, ended: float) -> float:
        """Return by how much a sleep was too long at most, of those that ended or were to end within that time."""
        return max((late for woke, late in list(self._seen) if begun <= woke <= ended + late), default=0.0) * 1000

    def _sleep(self) -> None:
        due = time.monotonic() + _EVERY_S
        while not self._ended.is_set():
            time.sleep(max(0.0, due - time.monotonic()))
            woke = time.monotonic()
            if woke - due > _NOTED_S:
                self._seen.append((woke, woke - due))
            due = woke + _EVERY_S


@contextmanager
def noted() -> Iterator[Hiccups]:
    """Note them until the block ends."""
    hiccups = Hiccups()
    try:
        yield hiccups
    finally:
        hiccups.close()
