"""How far a seed is, told as it goes on."""

from collections.abc import Callable

from ttdb.model.seeding import SeedProgress

OnProgress = Callable[[SeedProgress], None]
OnNote = Callable[[str], None]  # told what may be worth knowing


class Progress:
    """Counts rows, and tells whoever listens."""

    def __init__(self, tell: OnProgress, expected: float) -> None:
        self._tell, self._expected = tell, round(expected)
        self._rows = 0
        self._doing = "rows"

    def add(self, rows: int) -> None:
        """Count rows that were written."""
        self._rows += rows
        self._say()

    def less(self, rows: float) -> None:
        """Expect fewer rows: those that are there already."""
        self._expected -= round(rows)

    def turn_to(self, doing: str) -> None:
        """Say what is done now."""
        self._doing = doing
        self._say()

    def _say(self) -> None:
        self._tell(SeedProgress(self._doing, self._rows, max(self._expected, self._rows)))


def silent(_progress: SeedProgress) -> None:
    """Tell nobody."""
