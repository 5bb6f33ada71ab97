"""One row in the making: propose values, ask the database, repair what it refuses."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ttdb.shape.ask import INVALID, Asker, Draft, Refusal
from ttdb.shape.combine import combinations
from ttdb.shape.equations import Solver
from ttdb.shape.generated import computable
from ttdb.shape.model import Column, Row, Rule, Schema, Table
from ttdb.shape.persuade import others
from ttdb.shape.proposals import Proposals
from ttdb.shape.read import BOUND
from ttdb.shape.values import Mark

_ATTEMPTS = 24
_COMBINATIONS = 1500
_MADE_BY_SERVERS = ("uuid", "smallint", "integer", "bigint")
_RAISED = "P0001"  # by a function's own words
_NOT_NULL, _CHECK, _KEYS = "23502", "23514", ("23505", "23P01")


class CannotMake(Exception):
    """Raised with what refuses a row, by name."""


class OthersWanted(CannotMake):
    """Raised where a rule refuses the tenant and the parents that the row was given."""


def _is_raised(refusal: Refusal) -> bool:
    """Say whether a function refused, by its own words; it may do so under the code of a CHECK."""
    by_function = refusal.function is not None and refusal.constraint is None
    return refusal.sqlstate == _RAISED or (refusal.sqlstate == _CHECK and by_function)


@dataclass(slots=True)
class RowMaker:
    """Makes one row of one table."""

    asker: Asker
    schema: Schema
    table: Table
    mark: Mark
    fixed: Draft  # what the row must have: its tenant, and its parents' keys
    may: Draft  # what it may refer to, or leave null
    beside: "RowMaker | None" = None  # of a row that this one needs, and which needs it: one statement inserts both
    has_tenant: bool = True  # among what the row must have
    more: Mapping[str, Sequence[Any]] = field(default_factory=dict)  # values to try at last, by column
    draft: Draft = field(default_factory=dict)
    _proposals: Proposals = field(init=False)
    _minimal: bool = False
    _least: Draft = field(default_factory=dict)
    _others: Iterator[Draft] | None = None

    def __post_init__(self) -> None:
        self._proposals = Proposals(self.asker, self.schema, self.table, self.mark, self.may)

    def make(self) -> Row:
        """Insert a row; return it as the server made it.

        Raises:
            CannotMake: in all attempts something refused it.

        """
        self._propose(self.table.columns)
        if self.beside is not None:
            self.beside.prepare()
        refusal, left = Refusal("", "nothing was tried"), _ATTEMPTS
        while True:
            self._satisfy(self.table.rules)
            answer = self.asker.insert(self.table, self.draft, self.beside.draft if self.beside else None)
            if not isinstance(answer, Refusal):
                return answer
            refusal = answer
            left -= self._others is None  # these are bounded by themselves
            if not left:
                break
            self._repair(refusal)
        raise CannotMake(self.asker.why(self.table, refusal))

    def prepare(self) -> None:
        """Make a draft that breaks no rule.

        Raises:
            CannotMake: no combination of values does.

        """
        self._propose(self.table.columns)
        self._satisfy(self.table.rules)

    def value(self, column: Column) -> object:
        """Return a value for one column that its own rules take.

        Raises:
            CannotMake: none of the candidates is taken.

        """
        own = [rule for rule in self.table.rules if rule.columns == (column.name,)]
        values = self._proposals.of(column)
        broken = self.asker.broken(
            self.table, self._proposals.filling(), [{column.name: value} for value in values], own
        )
        for value, each in zip(values, broken, strict=True):
            if not each and value is not None:
                return value
        raise CannotMake(own[0].name if own else f"no value was found for {column.name}")

    def _propose(self, columns: Iterable[Column]) -> None:
        """Give each column its likeliest value, but leave to the server what has a default and is no key.

        A key of ours is the same in every run, and takes no value from a sequence.
        """
        self.draft = {**self._proposals.filling(), **self.may, **self.fixed}
        keys = {name for key in self.table.keys for name in key.columns}
        for column in columns:
            own = column.name in keys and self.schema.types[column.type].name in _MADE_BY_SERVERS
            by_server = column.generated or (not own and (column.identity or column.default))
            if column.name in self.draft or by_server:
                continue
            values = self._proposals.of(column)
            if values:
                self.draft[column.name] = values[0]

    def _satisfy(self, rules: tuple[Rule, ...]) -> None:
        """Change the draft until it breaks no rule.

        Raises:
            CannotMake: no combination of candidates does.

        """
        rules = (*rules, *computable(self.table.columns))
        for _ in range(len(rules) + 1):
            (broken,) = self.asker.broken(self.table, self.draft, [{}], rules)
            if INVALID in broken and not self._drop_invalid():
                self._compute(rules)
            elif INVALID in broken:
                continue
            elif broken:
                self._choose(rules[min(broken)], rules)
            else:
                return
        why = sorted(rules[each].name for each in broken if each != INVALID) or self._invalid()
        raise CannotMake(", ".join(why) or "no valid row was found")

    def _choose(self, rule: Rule, rules: tuple[Rule, ...], *, also: Iterable[str] = ()) -> None:
        """Set the columns of a rule so that it holds, and as many of the others as may be."""
        names = [name for name in dict.fromkeys((*rule.columns, *also)) if self._is_free(name)]
        if not self.fixed.keys() & set(rule.columns) and not names:
            raise CannotMake(rule.name)
        if not names:
            whose = "the tenant's and the parents'" if self.has_tenant else "the parents'"
            raise OthersWanted(f"{rule.name} does not take {whose} keys")
        lists = {name: self.choices(name) for name in names}
        tried = combinations(list(lists.values()), _COMBINATIONS)
        changes: list[Draft] = Solver(self.asker, self.schema, self.table).solutions(self.draft, lists, [rule])
        changes += [dict(zip(names, each, strict=True)) for each in tried]
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
        found = [*self._proposals.of(column), *self.more.get(name, ())]
        return [*now, *nothing, *(each for each in found if each not in now)]

    def _drop_invalid(self) -> bool:
        """Leave out the values that are none of their columns' types, one by one; say whether there were any."""
        found = [name for name in self.draft if name not in self.fixed and self._is_invalid(name)]
        for name in found:
            self._next(name)
        return bool(found)

    def _compute(self, rules: tuple[Rule, ...]) -> None:
        """Choose again what generated columns are computed from, where that fails; or what makes a rule fail."""
        generated = computable(self.table.columns)
        for rule in generated:
            self._choose(rule, rules)
        for rule in () if generated else sorted(rules, key=lambda rule: len(rule.columns)):
            if self.asker.broken(self.table, self.draft, [{}], [rule])[0]:
                self._choose(rule, (rule,))  # alone, since a question about all fails

    def _invalid(self) -> list[str]:
        """Say of which columns the value is none of their types."""
        columns = [column for column in self.table.columns if column.name in self.draft]
        return [self._none_of(column) for column in columns if self._is_invalid(column.name)]

    def _none_of(self, column: Column) -> str:
        return f"no value of type {self.schema.types[column.type].name} was found for {column.name}"

    def _is_invalid(self, name: str) -> bool:
        return INVALID in self.asker.broken(self.table, self._proposals.filling(), [{name: self.draft[name]}], [])[0]

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
        elif refusal.sqlstate == _CHECK and not _is_raised(refusal):
            self._obey(refusal)
        elif not self._minimal:
            self._minimal = True
            self._propose(each for each in self.table.columns if each.not_null and not each.default)
        else:
            self._try_others(refusal)

    def _try_others(self, refusal: Refusal) -> None:
        """Give columns other values, where a trigger said no to a row."""
        if self._others is None:
            self._least = dict(self.draft)
            free = [each.name for each in self.table.columns if self._is_free(each.name) and each.name not in self.may]
            self._others = others(self.table, free, self.draft, self.choices, refusal.message)
        change = next(self._others, None) if _is_raised(refusal) else None
        if change is None:
            raise CannotMake(self.asker.why(self.table, refusal))
        self.draft = {**self._least, **change}

    def _fill(self, refusal: Refusal) -> None:
        column = self.table.column(refusal.column or "")
        values = [] if column is None else [each for each in self._proposals.of(column) if each is not None]
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
            if column is not None and self._is_free(name) and name not in self.draft and self._proposals.of(column):
                self.draft[name] = self._proposals.in_turn(column)
        self._choose(rule, self.table.rules)

    def _next(self, name: str) -> None:
        """Give a column its next candidate: in turn one of another mark, and another of the same."""
        column = self.table.column(name)
        if column is None or name in self.may:
            return
        value = self._proposals.next(column)
        if value is None:
            self.draft.pop(name, None)
        else:
            self.draft[name] = value
