"""One row in the making: propose values, ask the database, repair what it refuses."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ttdb.shape.ask import INVALID, Asker, Draft, Refusal
from ttdb.shape.combine import combinations
from ttdb.shape.filling import filling
from ttdb.shape.literals import Said, said
from ttdb.shape.model import Column, Kind, Row, Rule, Schema, Table
from ttdb.shape.read import BOUND
from ttdb.shape.values import Mark, Wish, candidates, is_known

_ATTEMPTS = 24
_COMBINATIONS = 1500
_AT_ONCE, _ENOUGH = 8, 16  # candidates whose type is asked about together, and how many are enough
_STRIDE = 7919  # from one number of a mark to the next: a prime, so that what is cut differs too
_MADE_BY_SERVERS = ("uuid", "smallint", "integer", "bigint")
_OTHERS = 6  # values of each column, where a trigger refuses the row
_RAISED = "P0001"  # by a function's own words
_NOT_NULL, _CHECK, _KEYS = "23502", "23514", ("23505", "23P01")


class CannotMake(Exception):
    """Raised with what refuses a row, by name."""


class OthersWanted(CannotMake):
    """Raised where a rule refuses the tenant and the parents that the row was given."""


@dataclass(slots=True)
class RowMaker:
    """Makes one row of one table."""

    asker: Asker
    schema: Schema
    table: Table
    mark: Mark
    fixed: Draft  # what the row must have: its tenant, and its parents' keys
    may: Draft  # what it may refer to, or leave null
    draft: Draft = field(default_factory=dict)
    _lists: dict[str, list[Any]] = field(default_factory=dict)
    _tries: dict[str, int] = field(default_factory=dict)
    _minimal: bool = False
    _least: Draft = field(default_factory=dict)
    _others: Iterator[Draft] | None = None
    _filler: Draft | None = None

    def make(self) -> Row:
        """Insert a row; return it as the server made it.

        Raises:
            CannotMake: in all attempts something refused it.

        """
        self._propose(self.table.columns)
        refusal = Refusal("", "nothing was tried")
        for _ in range(_ATTEMPTS):
            self._satisfy(self.table.rules)
            answer = self.asker.insert(self.table, self.draft)
            if not isinstance(answer, Refusal):
                return answer
            refusal = answer
            self._repair(refusal)
        raise CannotMake(self.asker.why(self.table, refusal))

    def value(self, column: Column) -> object:
        """Return a value for one column that its own rules take.

        Raises:
            CannotMake: none of the candidates is taken.

        """
        own = [rule for rule in self.table.rules if rule.columns == (column.name,)]
        values = self._values(column)
        broken = self.asker.broken(self.table, self._filling(), [{column.name: value} for value in values], own)
        for value, each in zip(values, broken, strict=True):
            if not each and value is not None:
                return value
        raise CannotMake(own[0].name if own else f"no value was found for {column.name}")

    def _propose(self, columns: Iterable[Column]) -> None:
        """Give each column its likeliest value, but leave to the server what has a default and is no key.

        A key of ours is the same in every run, and takes no value from a sequence.
        """
        self.draft = {**self._filling(), **self.may, **self.fixed}
        keys = {name for key in self.table.keys for name in key.columns}
        for column in columns:
            own = column.name in keys and self.schema.types[column.type].name in _MADE_BY_SERVERS
            by_server = column.generated or (not own and (column.identity or column.default))
            if column.name in self.draft or by_server:
                continue
            values = self._values(column)
            if values:
                self.draft[column.name] = values[0]

    def _filling(self) -> Draft:
        if self._filler is None:
            self._filler = filling(self.asker, self.schema, self.table, self.mark)
        return self._filler

    def _values(self, column: Column) -> list[Any]:
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

    def _said(self, column: Column) -> Said:
        rules = (rule.expression for rule in self.table.rules if column.name in rule.columns)
        return said(*rules, name=column.name)

    def _valid(self, column: Column, values: list[Any]) -> list[Any]:
        """Leave out what is no value of the type: one such among many would spoil the question about all."""
        valid: list[Any] = []
        for start in range(0, len(values), _AT_ONCE):
            some = values[start : start + _AT_ONCE]
            broken = self.asker.broken(self.table, self._filling(), [{column.name: value} for value in some], [])
            valid += [value for value, each in zip(some, broken, strict=True) if INVALID not in each]
            if len(valid) >= _ENOUGH:
                break
        return valid

    def _satisfy(self, rules: tuple[Rule, ...]) -> None:
        """Change the draft until it breaks no rule.

        Raises:
            CannotMake: no combination of candidates does.

        """
        for _ in range(len(rules) + 1):
            (broken,) = self.asker.broken(self.table, self.draft, [{}], rules)
            if INVALID in broken:
                self._drop_invalid()
            elif broken:
                self._choose(rules[min(broken)], rules)
            else:
                return
        why = sorted(rules[each].name for each in broken if each != INVALID) or self._invalid()
        raise CannotMake(", ".join(why) or "no valid row was found")

    def _choose(self, rule: Rule, rules: tuple[Rule, ...], *, also: Iterable[str] = ()) -> None:
        """Set the columns of a rule so that it holds, and as many of the others as may be."""
        names = [name for name in dict.fromkeys((*rule.columns, *also)) if self._is_free(name)]
        if not names:
            raise OthersWanted(f"{rule.name} does not take the tenant's and the parents' keys")
        tried = combinations([self.choices(name) for name in names], _COMBINATIONS)
        changes: list[Draft] = [dict(zip(names, each, strict=True)) for each in tried]
        place, best = rules.index(rule), len(rules)
        for start in range(0, len(changes), 300):
            some = changes[start : start + 300]
            for change, broken in zip(some, self.asker.broken(self.table, self.draft, some, rules), strict=True):
                if place not in broken and INVALID not in broken and len(broken) < best:
                    best, chosen = len(broken), change
                    if not broken:
                        self.draft |= change
                        return
        if best == len(rules):
            raise CannotMake(rule.name)
        self.draft |= chosen

    def _is_free(self, name: str) -> bool:
        column = self.table.column(name)
        return column is not None and name not in self.fixed and not column.generated

    def choices(self, name: str) -> list[Any]:
        """Return the values to try for a column: the one it has, nothing where it may be null, then others."""
        column = self.table.column(name)
        if column is None:
            return []
        now = [self.draft[name]] if name in self.draft else []
        nothing = [] if self.schema.refuses_null(column) else [None]
        return [*now, *nothing, *(each for each in self._values(column) if each not in now)]

    def _drop_invalid(self) -> None:
        """Leave out the values that are none of their columns' types, one by one."""
        for name in filter(self._is_invalid, [name for name in self.draft if name not in self.fixed]):
            self._next(name)

    def _invalid(self) -> list[str]:
        """Say of which columns the value is none of their types."""
        columns = [column for column in self.table.columns if column.name in self.draft]
        return [self._none_of(column) for column in columns if self._is_invalid(column.name)]

    def _none_of(self, column: Column) -> str:
        return f"no value of type {self.schema.types[column.type].name} was found for {column.name}"

    def _is_invalid(self, name: str) -> bool:
        return INVALID in self.asker.broken(self.table, self._filling(), [{name: self.draft[name]}], [])[0]

    def _repair(self, refusal: Refusal) -> None:
        """Change what the server did not take.

        Raises:
            CannotMake: there is nothing left to change.

        """
        if refusal.sqlstate == _NOT_NULL and refusal.column:
            self._fill(refusal)
        elif refusal.sqlstate in _KEYS:
            self._differ(refusal)
        elif refusal.sqlstate == _CHECK and refusal.type:
            self._of_type(refusal)
        elif refusal.sqlstate == _CHECK:
            self._obey(refusal)
        elif not self._minimal:
            self._minimal = True
            self._propose(each for each in self.table.columns if each.not_null and not each.default)
        else:
            self._try_others(refusal)

    def _try_others(self, refusal: Refusal) -> None:
        """Give one column another value, where a trigger said no to a row: first a column that it speaks of."""
        if self._others is None:
            self._others = iter(self._alternatives(refusal))
        change = next(self._others, None) if refusal.sqlstate == _RAISED else None
        if change is None:
            raise CannotMake(self.asker.why(self.table, refusal))
        self.draft = {**self._least, **change}

    def _alternatives(self, refusal: Refusal) -> Iterator[Draft]:
        self._least = dict(self.draft)
        free = [name for name in self.draft if self._is_free(name) and name not in self.may]
        free.sort(key=lambda name: name not in refusal.message)
        for place in range(1, _OTHERS + 1):
            for name in free:
                values = self.choices(name)
                if place < len(values):
                    yield {name: values[place]}

    def _fill(self, refusal: Refusal) -> None:
        column = self.table.column(refusal.column or "")
        values = [] if column is None else [each for each in self._values(column) if each is not None]
        if column is None or self.draft.get(column.name) is not None:
            raise CannotMake(self.asker.why(self.table, refusal))
        if not values and column.name not in self.may:
            raise CannotMake(self._none_of(column))
        if not values:
            raise CannotMake(self.asker.why(self.table, refusal))
        self.draft[column.name] = values[0]

    def _differ(self, refusal: Refusal) -> None:
        key = next((each for each in self.table.keys if each.name == refusal.constraint), None)
        names = key.columns if key else [name for each in self.table.keys for name in each.columns]
        free = [name for name in names if self._is_free(name)]
        if not free:
            raise CannotMake(self.asker.why(self.table, refusal))
        for name in free:
            self._next(name)

    def _of_type(self, refusal: Refusal) -> None:
        names = [
            each.name
            for each in self.table.columns
            if self._is_free(each.name) and self.schema.types[each.type].name.rpartition(".")[2] == refusal.type
        ]
        if not names:
            raise CannotMake(self.asker.why(self.table, refusal))
        for name in names:
            self._next(name)

    def _obey(self, refusal: Refusal) -> None:
        """Choose again for a rule that held only because a default's or a trigger's value was not known."""
        wanted = refusal.constraint or BOUND
        rule = next((each for each in self.table.rules if each.name == wanted), None)
        if rule is None:
            raise CannotMake(self.asker.why(self.table, refusal))
        for name in rule.columns:
            column = self.table.column(name)
            if column is not None and self._is_free(name) and name not in self.draft and self._values(column):
                self.draft[name] = self._values(column)[self._tries.get(name, 0) % len(self._values(column))]
                self._tries[name] = self._tries.get(name, 0) + 1
        self._choose(rule, self.table.rules)

    def _next(self, name: str) -> None:
        """Give a column its next candidate: in turn one of another mark, and another of the same."""
        column = self.table.column(name)
        if column is None or name in self.may:
            return
        tries = self._tries[name] = self._tries.get(name, 0) + 1
        self._lists.pop(name, None)
        values = self._values(column)
        if not values:
            self.draft.pop(name, None)
        else:
            self.draft[name] = values[0 if tries % 2 else tries // 2 % len(values)]
