"""Keys of columns that each have a few values: rows take all that they make together, one after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import prod
from typing import Any

import numpy as np

from ttdb.seed.draw import Ints
from ttdb.seed.generic.fields import WHOLE, Field
from ttdb.seed.generic.keys import telling
from ttdb.seed.generic.parents import Line
from ttdb.seed.generic.plan import Plan
from ttdb.seed.generic.pools import Asking
from ttdb.shape.equations import moves
from ttdb.shape.literals import said
from ttdb.shape.model import Rule
from ttdb.shape.persuade import sources_about

_MOST = 4000  # values of a key that are asked about
_WIDEST = 1000  # numbers between those that a rule names


@dataclass(frozen=True, slots=True)
class Product:
    """All values of some columns, each of which one row may have."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    of_tenant: bool  # one row of each tenant

    def taken(self, turns: Ints) -> list[Line]:
        """Return the values of each row, whose turn it is."""
        return [self.lines[turn % len(self.lines)] for turn in turns.tolist()]


def products(asking: Asking, plan: Plan, left: Sequence[str]) -> Iterator[Product]:
    """Yield what the rows of keys have of which no column has as many values as there are rows."""
    used: set[str] = set()
    for key in telling(plan.table):
        names = tuple(name for name in key.columns if name != plan.tenant)
        is_tied = any(_ties(asking, rule, names, left) for rule in asking.rules)
        if key.partial or key.excludes or not names or is_tied or used & set(names) or not set(names) <= set(left):
            continue
        if any(sources_about(plan.table, asking.fields[name].column) for name in names):
            continue  # a trigger may want some values only
        lines = _lines(asking, names)
        if lines:
            used |= set(names)
            source = asking.fields[names[0]].source
            order = np.argsort(source.stream(f"{plan.table}/{key.name}").words(np.arange(len(lines), dtype=np.int64)))
            yield Product(names, tuple(lines[place] for place in order.tolist()), plan.tenant in key.columns)


def _ties(asking: Asking, rule: Rule, names: Sequence[str], left: Sequence[str]) -> bool:
    """Say whether a rule ties columns to others, and not only to a part of one that is moved to them."""
    others = [name for name in left if name not in names]
    return _is_beside(rule, names) and not any(each.always for each in moves(asking.table, [rule], others, ()))


def _is_beside(rule: Rule, names: Sequence[str]) -> bool:
    """Say whether a rule speaks of some of these columns, and of others."""
    return bool(set(rule.columns) & set(names)) and not set(rule.columns) <= set(names)


def _lines(asking: Asking, names: Sequence[str]) -> list[Line]:
    rules = [rule for rule in asking.rules if rule.columns and set(rule.columns) <= set(names)]
    lists: list[list[Any]] = []
    for name in names:
        own = [rule for rule in rules if rule.columns == (name,)]
        found = asking.good([{name: value} for value in _values(asking, asking.fields[name])], own)
        lists.append([each[name] for each in found])
    size = prod(map(len, lists))
    if size > _MOST and not any(_is_beside(rule, names) for rule in asking.rules):  # which would decide on a few only
        return []
    some = islice(product(*lists), 0, None, max(-(-size // _MOST), 1))
    good = asking.good([dict(zip(names, each, strict=True)) for each in some], rules)
    rows = [{**asking.base, **each} for each in good]
    return list(dict.fromkeys(asking.maker.asker.texts(asking.table, rows, names)))


def _values(asking: Asking, own: Field) -> list[Any]:
    """Return values to try: all whole numbers between those that rules name."""
    found = [value for value in asking.maker.choices(own.column.name) if value is not None or own.nullable]
    numbers = [int(each) for each in said(*own.rules).numbers] if own.base.name in WHOLE else []
    if numbers and max(numbers) - min(numbers) <= _WIDEST:
        return list(dict.fromkeys([*range(min(numbers), max(numbers) + 1), *(each for each in found if each is None)]))
    return found
