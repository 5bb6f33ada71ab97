"""Values to propose for the columns of one row, the likeliest first."""

from dataclasses import dataclass, field
from typing import Any

from ttdb.shape.ask import INVALID, Asker, Draft
from ttdb.shape.filling import filling
from ttdb.shape.literals import Said, said
from ttdb.shape.model import Column, Kind, Schema, Table
from ttdb.shape.persuade import sources_about
from ttdb.shape.values import Mark, Wish, candidates, is_known

_AT_ONCE, _ENOUGH = 8, 16  # candidates whose type is asked about together, and how many are enough
_STRIDE = 7919  # from one number of a mark to the next: a prime, so that what is cut differs too


@dataclass(slots=True)
class Proposals:
    """What may be tried for each column of one row."""

    asker: Asker
    schema: Schema
    table: Table
    mark: Mark
    may: Draft  # what the row may refer to: proposed as it is
    _lists: dict[str, list[Any]] = field(default_factory=dict)
    _tries: dict[str, int] = field(default_factory=dict)
    _filler: Draft | None = None

    def filling(self) -> Draft:
        """Return values without which no question about a row can be asked."""
        if self._filler is None:
            self._filler = filling(self.asker, self.schema, self.table, self.mark)
        return self._filler

    def of(self, column: Column) -> list[Any]:
        """Return the values to try for a column."""
        if column.name in self.may:
            return [self.may[column.name]]
        if column.name not in self._lists:
            tries = self._tries.get(column.name, 0)
            mark = Mark(self.mark.word, self.mark.number + tries * _STRIDE)
            wish = Wish(column.name, mark, self._said(column))
            values = candidates(self.schema, column.type, column.modifier, wish)
            kind = self.schema.types[column.type]
            certain = kind.kind is Kind.ENUM or (kind.kind is Kind.BASE and is_known(kind))
            certain = certain and not wish.said.texts
            self._lists[column.name] = values if certain else self._valid(column, values)
        return self._lists[column.name]

    def next(self, column: Column) -> object | None:
        """Return the next candidate for a column: in turn one of another mark, and another of the same."""
        tries = self._tries[column.name] = self._tries.get(column.name, 0) + 1
        self._lists.pop(column.name, None)
        values = self.of(column)
        return values[0 if tries % 2 else tries // 2 % len(values)] if values else None

    def in_turn(self, column: Column) -> object:
        """Return one of the candidates after the other."""
        values, tries = self.of(column), self._tries.get(column.name, 0)
        self._tries[column.name] = tries + 1
        return values[tries % len(values)]

    def _said(self, column: Column) -> Said:
        return said(*self.table.about(column.name), *sources_about(self.table, column), name=column.name)

    def _valid(self, column: Column, values: list[Any]) -> list[Any]:
        """Leave out what is no value of the type: one such among many would spoil the question about all."""
        valid: list[Any] = []
        for start in range(0, len(values), _AT_ONCE):
            some = values[start : start + _AT_ONCE]
            broken = self.asker.broken(self.table, self.filling(), [{column.name: value} for value in some], [])
            valid += [value for value, each in zip(some, broken, strict=True) if INVALID not in each]
            if len(valid) >= _ENOUGH:
                break
        return valid
