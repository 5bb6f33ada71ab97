"""Columns that follow from others: changes of a row in which they are computed of these, or like them, or in a span."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ttdb.seed.generic.believed import is_number
from ttdb.seed.generic.fields import Field
from ttdb.shape.equations import Solver, equations
from ttdb.shape.model import Rule
from ttdb.shape.spans import Span, spans, within

_TURNS = 4  # of numbers that others are computed from, each time with other ones first


@dataclass(frozen=True, slots=True)
class Following:
    """What rules tell of some columns of a table."""

    solver: Solver
    base: Mapping[str, Any]  # a row
    fields: Mapping[str, Field]
    rules: Sequence[Rule]
    columns: Sequence[str]

    @property
    def by_others(self) -> set[str]:
        """The columns that are as believable as those which tell them."""
        equal = (each.column for each in equations(self.solver.table, self.rules, self.columns) if each.of_others)
        return {*equal, *(each.column for each in self._spans)}

    @property
    def _spans(self) -> list[Span]:
        found = spans(self.solver.table, self.rules, self.columns)
        return [each for each in found if is_number(self.fields[each.column])]

    def spread(self, lists: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
        """Return changes in which numbers lie in their spans, of values to try for the columns."""
        return [change for each in self._spans for change in within(self.solver, self.base, lists, self.rules, each)]

    def solved(self, lists: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
        """Return changes in which columns are computed of others, or like them; of several of the others' numbers."""
        found = self.solver.solutions(self.base, lists, self.rules)
        for turn in range(1, _TURNS) if found else ():
            turned = {
                name: _from_place(values, turn * (place + 2)) if is_number(self.fields[name]) else values
                for place, (name, values) in enumerate(lists.items())
            }
            found += self.solver.solutions(self.base, turned, self.rules)
        as_it_is = {name: self.base.get(name) for name in self.columns}  # what none of them computes
        return [each | {name: as_it_is[name] for name in self.columns if name not in each} for each in found]


def _from_place(values: list[Any], place: int) -> list[Any]:
    start = place % max(len(values), 1)
    return values[start:] + values[:start]
