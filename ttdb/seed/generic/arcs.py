"""Find the references of which rules want some set and others not, such as one of three."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

from ttdb.seed.generic.plan import Plan
from ttdb.seed.generic.pools import Asking, components
from ttdb.seed.generic.ways import Arc, Way
from ttdb.shape.combine import combinations as lines

_WHOLE = 5  # references of which all ways are asked about; of more, those with up to two, and with all
_MOST = 12  # references
_TRIED = 120  # values of other columns beside each way


def arcs(asking: Asking, plan: Plan, free: Sequence[str]) -> Iterator[Arc]:
    """Yield the references that rules tie to each other; other columns that these speak of are free to be chosen."""
    for tied in components(asking.rules, [*asking.optional, *free]):
        columns: dict[str, int] = {}
        references: list[str] = []
        for each in plan.references:
            own = [name for name in each.columns if name in asking.optional and name in tied and name not in columns]
            if own:
                columns |= dict.fromkeys(own, len(references))
                references.append(each.name)
        if not 1 < len(references) <= _MOST:
            continue
        others = [name for name in tied if name not in columns]
        every = list(_every(len(references)))
        ways = tuple(way for way in every if _is_taken(asking, columns, way, others))
        if 0 < len(ways) < len(every):
            yield Arc(tuple(references), columns, ways)


def _every(count: int) -> Iterator[Way]:
    if count <= _WHOLE:
        yield from product((False, True), repeat=count)
        return
    for size in (0, 1, 2, count):
        for some in combinations(range(count), size):
            yield tuple(place in some for place in range(count))


def _is_taken(asking: Asking, columns: Mapping[str, int], way: Way, others: Sequence[str]) -> bool:
    rules = [rule for rule in asking.rules if {*columns, *others} & set(rule.columns)]
    given = {name: asking.optional[name] if way[place] else None for name, place in columns.items()}
    tried = lines([asking.maker.choices(name) for name in others], _TRIED) if others else [()]
    return any(asking.taken([{**given, **dict(zip(others, line, strict=True))} for line in tried], rules))
