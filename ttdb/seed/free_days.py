"""Days for rows that must not meet: each takes the one that was drawn for it, or another that is still free."""

from collections.abc import Iterator

from ttdb.seed.draw import Ints

_WEEK = 7


def free_days(owners: Ints, days: Ints, first: Ints, last: Ints) -> Ints | None:
    """Return a day for each row that no row before it has of the same owner; None where one finds none.

    A row that gives way looks at the same day of other weeks, then at any day, from the first to the last that it may
    have. So what comes after a row does not move it.
    """
    taken: set[tuple[int, int]] = set()
    found = days.copy()
    lists = (each.tolist() for each in (owners, days, first, last))
    for row, (owner, day, low, high) in enumerate(zip(*lists, strict=True)):
        if owner < 0:
            continue
        free = next((each for each in _in_turn(day, low, high) if (owner, each) not in taken), None)
        if free is None:
            return None
        taken.add((owner, free))
        found[row] = free
    return found


def _in_turn(day: int, low: int, high: int) -> Iterator[int]:
    yield day
    for step in (_WEEK, 1):
        yield from range(day + step, high + 1, step)
        yield from range(day - step, low - 1, -step)
