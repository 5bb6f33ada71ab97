"""Choose among the values that rules take those that differ most: each label, each flag, nulls and none."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from ttdb.shape.combine import combinations

_TRIED = 300  # combinations with a value that none has yet
_MOST = 24  # such values
_SET = 3  # values of a column that none but nulls were taken of

Change: TypeAlias = Mapping[str, Any]


def missing(good: Sequence[Change], lists: Mapping[str, list[Any]], few: Sequence[str]) -> Iterator[list[Change]]:
    """Yield combinations to ask about with each value that no good one has: of columns of few values, or of none."""
    left = _MOST
    for name, values in lists.items():
        present = {repr(each[name]) for each in good}
        if name in few:
            wanted = [value for value in values if repr(value) not in present]
        elif present == {repr(None)}:
            wanted = [value for value in values if value is not None][:_SET]
        else:
            wanted = []
        others = [each for each in lists if each != name]
        for value in wanted[:left]:
            lines = combinations([lists[each] for each in others], _TRIED)
            yield [{name: value, **dict(zip(others, line, strict=True))} for line in lines]
        left -= len(wanted[:left])


def balanced(
    good: Sequence[Change], few: Sequence[str], most: int, best: Callable[[Sequence[Change]], Sequence[Change]]
) -> list[Change]:
    """Keep so many: in turn one of each kind, and first those that show something new; of a rare kind some twice.

    Args:
        good: all changes that rules take.
        few: columns of few values, each of which means something.
        most: so many.
        best: what to keep of those of one kind.

    """
    kinds: dict[tuple[str, ...], list[Change]] = {}
    for change in good:
        kind = tuple(repr(value) if name in few else str(value is None) for name, value in change.items())
        kinds.setdefault(kind, []).append(change)
    lists = [each[:: max(1, len(each) // most)] for each in map(best, _new_first(kinds))]
    turns = range(max(1, most // max(len(lists), 1)) if len(lists) > 1 else max(map(len, lists), default=0))
    return [each[turn % len(each)] for turn in turns for each in lists][:most]


def _new_first(kinds: Mapping[tuple[str, ...], list[Change]]) -> list[list[Change]]:
    seen: set[tuple[int, str]] = set()
    first: list[list[Change]] = []
    later: list[list[Change]] = []
    for kind, changes in kinds.items():
        parts = set(enumerate(kind))
        (later if parts <= seen else first).append(changes)
        seen |= parts
    return first + later
