"""Different values that rules tie to those of other columns: texts in which others' values stand, or of their forms."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from psycopg import sql

from ttdb.seed.draw import Ints
from ttdb.seed.generic.fields import TEXTS, Field, Make, field_of, plain
from ttdb.seed.generic.varied import Places, places
from ttdb.shape import RowMaker
from ttdb.shape.ask import Draft
from ttdb.shape.combine import combinations
from ttdb.shape.equations import Solver, equal_to, patterns
from ttdb.shape.filling import filling
from ttdb.shape.literals import forms
from ttdb.shape.model import Rule
from ttdb.shape.reserved import may_be_written

_SAMPLES = np.arange(12, dtype=np.int64) * 37
_TRIED = 60  # combinations of the other columns' values
_WAYS = 4  # of the others' values, each with texts of its own
_TEXTS, _LONGEST = 3, 40  # in which a value may stand, and their length


@dataclass(frozen=True, slots=True)
class Tied:
    """A column that tells rows apart, and rules that tie it to others."""

    maker: RowMaker
    own: Field
    rules: Sequence[Rule]  # about the column alone
    shared: Sequence[Rule]
    rest: Mapping[str, Any]  # values without which no question can be asked

    def makes(self) -> Iterator[Make]:
        """Yield ways to vary the texts that go with some values of the columns that a rule ties to this one."""
        for rule in self.shared if self.own.base.name in TEXTS else ():
            ways = self._ways(rule)
            if ways:
                yield lambda numbers, ways=ways: _in_turn(ways, numbers)  # type: ignore[misc]  # mypy cannot type its default

    def values(self) -> dict[str, list[Any]]:
        """Return values of the column that go with others', and these."""
        found: dict[str, list[Any]] = {}
        for rule in self.shared:
            texts = [way.written(number) for way in self._ways(rule) for number in range(_TEXTS)]
            found |= (
                {name: self._values(name) for name in rule.columns} | {self.own.column.name: texts} if texts else {}
            )
        return found

    def _ways(self, rule: Rule) -> list[Places]:
        others = [name for name in rule.columns if name != self.own.column.name]
        about = [each for each in self.own.table.rules if set(each.columns) <= {self.own.column.name, *others}]
        found: dict[str, Places] = {}
        for told, changes in self._proposed(rule, others):
            if len(found) == _WAYS:
                break
            broken = self.maker.asker.broken(self.own.table, dict(self.rest), changes, about)
            good = next((change for change, each in zip(changes, broken, strict=True) if not each), None)
            if told not in found and good is not None:
                text = good.pop(self.own.column.name)
                found[told] = places(self.maker.asker, self.own, about, {**self.rest, **good}, text)
        return list(found.values())

    def _proposed(self, rule: Rule, others: Sequence[str]) -> Iterator[tuple[str, list[Draft]]]:
        """Yield what the others' values ask for, and changes of a row in which this column has it."""
        lines = [dict(zip(others, each, strict=True)) for each in combinations([*map(self._values, others)], _TRIED)]
        solver, name = Solver(self.maker.asker, self.maker.schema, self.own.table), self.own.column.name
        for pattern in patterns(self.own.table, [rule], [name]):
            for line, told in zip(lines, self._computed(solver, lines, pattern.expression), strict=True):
                text = pattern.text(told, 0)
                yield str(told), [] if text is None else [{**line, name: text}]
        for expression in equal_to(self.own.table, rule, name):
            for line, told in zip(lines, self._computed(solver, lines, expression), strict=True):
                value = told if isinstance(told, str) else json.dumps(told)
                yield value, [{**line, name: text} for text in self._holding(value)]

    def _values(self, name: str) -> list[Any]:
        """Return values of another column that its own rules take: best such as a person believes."""
        table, column, make = self.own.table, self.own.table.column(name), None
        if column is not None:
            make = plain(field_of(self.maker.schema, table, column, self.own.source))
        about = [rule for rule in table.rules if rule.columns == (name,)]
        for values in (dict.fromkeys(make(_SAMPLES)) if make else (), self.maker.choices(name)):
            changes: list[Draft] = [{name: value} for value in values]
            broken = self.maker.asker.broken(table, dict(self.rest), changes, about)
            taken = [change[name] for change, each in zip(changes, broken, strict=True) if not each]
            if taken:
                return taken
        return []

    def _computed(self, solver: Solver, lines: list[Draft], expression: str) -> list[Any]:
        return solver.computed(self.rest, lines, sql.SQL(expression))  # as the catalog has it

    def _holding(self, value: str) -> list[str]:
        """Return texts that the column's own rules may take, with a value in the place of a part as long."""
        name = self.own.column.name
        texts = [
            each for each in self.maker.choices(name) if isinstance(each, str) and len(value) <= len(each) <= _LONGEST
        ]
        broken = self.maker.asker.broken(self.own.table, dict(self.rest), [{name: text} for text in texts], self.rules)
        taken = [text for text, each in zip(texts, broken, strict=True) if not each][:_TEXTS]
        planted = (
            f"{text[:at]}{value}{text[at + len(value) :]}" for text in taken for at in range(len(text) - len(value) + 1)
        )
        return [text for text in planted if may_be_written(name, text, forms(*self.own.rules))]


def values_tied(maker: RowMaker, fields: Mapping[str, Field], names: Iterable[str], why: str) -> dict[str, list[Any]]:
    """Return values to try of columns that a rule ties to each other by the form of a text.

    Args:
        maker: of a row that is refused.
        fields: of the table.
        names: of columns to look at, those that tell rows apart first.
        why: the row is refused, with the rule's name.

    """
    refusing = [rule for rule in maker.table.rules if len(rule.columns) > 1 and rule.name in why]
    rest = filling(maker.asker, maker.schema, maker.table)
    for name in names:
        shared = [rule for rule in refusing if name in rule.columns]
        if shared and fields[name].base.name in TEXTS:
            about = [rule for rule in maker.table.rules if rule.columns == (name,)]
            if found := Tied(maker, fields[name], about, shared, rest).values():
                return found
    return {}


def _in_turn(ways: Sequence[Places], numbers: Ints) -> list[str | None]:
    """Write numbers in one way after the other."""
    return [ways[number % len(ways)].written(number // len(ways)) for number in numbers.tolist()]
