"""Decide where each column of a table takes its values from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from ttdb.seed.draw import Source
from ttdb.seed.generic.chains import by_series, series, within_series
from ttdb.seed.generic.fields import ANCHOR, TIMES, WHOLE, Field, Make, field_of, moment
from ttdb.seed.generic.fresh import fresh
from ttdb.seed.generic.keys import telling
from ttdb.seed.generic.placing import Placing, can_tell_apart
from ttdb.seed.generic.plan import Plan, Reference
from ttdb.seed.generic.pools import Pool
from ttdb.seed.generic.product import Product
from ttdb.seed.generic.settled import Settled
from ttdb.seed.generic.tied import Tied
from ttdb.seed.generic.varied import varied
from ttdb.seed.generic.ways import Arc
from ttdb.shape import RowMaker, Schema
from ttdb.shape.ask import Asker
from ttdb.shape.combine import combinations
from ttdb.shape.equations import Equation, equations
from ttdb.shape.filling import QUESTION, filling
from ttdb.shape.model import Column, Key, Kind, Rule, Table
from ttdb.shape.read import BOUND

_NO_END = 2**63  # values of a column that no bound is about
_TOGETHER = 300  # values of other columns that are tried with one of a column's own
NO_PARTITION = "no partition takes the row"  # the name of the rule that one of a table's partitions does
_APART = (0, 1, 7, 31, 92, 366, 1100)  # days between the moments of a row
_FEWER = (1000, 100, 30, 12, 5)  # values of a column within each parent
_COUNTED = (*WHOLE, *TIMES)  # types of which a child's own row numbers within its parent are wanted


@dataclass(frozen=True, slots=True)
class Digits:
    """References whose rows are taken in turn, so that no two rows of the table refer to the same of all of them."""

    references: tuple[str, ...]
    key: str
    columns: tuple[str, ...]  # of the key
    limited: bool  # nothing else in the key differs: when all are taken, there can be no further row
    abreast: tuple[str, ...] = ()  # references of all keys that count one column, each within a parent of its own
    within: tuple[str, ...] = ()  # references, the first of these, within whose parents another key counts a column


@dataclass(slots=True)
class Layout:
    """Where each column's values come from; what is in none of these is left to the server."""

    fields: Mapping[str, Field]
    fresh: dict[str, Make] = field(default_factory=dict)  # by the row's number
    counted: dict[str, Make] = field(default_factory=dict)  # by the row's number among those of the same parents
    digits: tuple[Digits, ...] = ()
    linked: frozenset[str] = frozenset()  # references of the table to itself of which no two rows have the same
    arcs: tuple[Arc, ...] = ()  # references of which some are set and others not
    products: tuple[Product, ...] = ()  # keys of which all values are taken in turn
    pools: list[Pool] = field(default_factory=list)
    plain: dict[str, Make] = field(default_factory=dict)
    steady: dict[str, str | None] = field(default_factory=dict)  # the default's value
    base: dict[str, str | None] = field(default_factory=dict)  # a row that the table took
    rules: tuple[Rule, ...] = ()
    spare: list[tuple[Key, Pool]] = field(default_factory=list)  # partial keys, and what lets more rows in beside them
    placing: Placing | None = None  # which partition a row goes to, and the columns that follow from that
    settled: tuple[Settled, ...] = ()  # columns whose values go with what tells a row apart
    solved: tuple[Equation, ...] = ()  # columns that a rule computes from keys: each row's own value
    followed: Mapping[str, Reference] = field(default_factory=dict)  # those that tell an earlier row of the table
    frozen: set[str] = field(default_factory=set)  # columns that stay as in that row: a trigger takes few others
    allowed: dict[str, tuple[str | None, ...]] = field(default_factory=dict)  # what it takes of these, as far as known
    tried: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)  # what to show it of columns it speaks of

    @property
    def ruled(self) -> set[str]:
        """The columns that rules speak of."""
        return {name for rule in self.rules for name in rule.columns}

    @property
    def placed(self) -> frozenset[str]:
        """The columns whose values come from the partitions' bounds."""
        return self.placing.columns if self.placing else frozenset()

    @property
    def described(self) -> list[str]:
        """The columns that are neither key nor reference, and follow from no partition."""
        return [*self.plain, *self.steady, *(name for pool in self.pools for name in pool.filled)]


def keys_only(schema: Schema, plan: Plan, found: Mapping[str, Make], source: Source, placing: Placing | None) -> Layout:
    """Decide on keys and references alone, which needs no row."""
    columns = [column for column in plan.table.columns if not column.generated]
    fields = {column.name: field_of(schema, plan.table, column, source) for column in columns}
    made = Layout(fields, rules=rules_of(schema, plan.table), placing=placing)
    _tell_apart(made, plan, found)
    return made


def rules_of(schema: Schema, table: Table) -> tuple[Rule, ...]:
    """Return a table's CHECKs, and that one of its partitions takes the row."""
    if not table.partitioned:
        return table.rules
    bounds = [rule for leaf in schema.leaves(table.oid) for rule in leaf.rules if rule.name == BOUND]
    if not bounds:
        return table.rules
    names = tuple(dict.fromkeys(name for bound in bounds for name in bound.columns))
    whole = " or ".join(f"({bound.expression})" for bound in bounds)
    return (*table.rules, Rule(NO_PARTITION, whole, names))


@dataclass(frozen=True, slots=True)
class Distinct:
    """What is needed to find values of which no two rows of a table have the same."""

    asker: Asker
    schema: Schema
    source: Source
    count: int  # of rows
    first: Mapping[str, int] = field(default_factory=dict)  # by column, the number to begin after
    placing: Placing | None = None


def carriers(ask: Distinct, plan: Plan) -> dict[str, Make]:
    """Return the columns that tell rows apart, at least one for each key that has such, and how they are made."""
    found: dict[str, Make] = {}
    for key in sorted(telling(plan.table), key=lambda key: (not key.primary, len(key.columns), key.name)):
        columns = _free(plan, key, ask.placing)
        if key.excludes:
            found |= _apart(ask, plan, columns)
        elif made := _series(ask, plan, key, columns):
            found |= made
        elif not any(column.name in found for column in columns):
            for column in columns:
                if make := _carrier(ask, plan, column) or _within(ask, plan, key, column):
                    found[column.name] = make
                    break
    return found


def _carrier(ask: Distinct, plan: Plan, column: Column) -> Make | None:
    if ask.placing is None or column.name not in ask.placing.columns:
        return fitting(ask, field_of(ask.schema, plan.table, column, ask.source))
    return partial(ask.placing.make, column.name) if can_tell_apart(ask.placing, column.name) else None


def _series(ask: Distinct, plan: Plan, key: Key, columns: Sequence[Column]) -> dict[str, Make]:
    """Return both columns of a key where rows refer to others with which they share one of the two."""
    free = {column.name: column for column in columns}
    names = series(plan, key, free) if ask.placing is None else None
    if names is None:
        return {}
    shared, counted = (fitting(ask, field_of(ask.schema, plan.table, free[name], ask.source)) for name in names)
    if shared is None or counted is None:
        return {}
    return {names[0]: by_series(shared), names[1]: within_series(counted)}


def _within(ask: Distinct, plan: Plan, key: Key, column: Column) -> Make | None:
    """Return the same for a column that is to be counted within parents, of which the values need not be so many."""
    own = field_of(ask.schema, plan.table, column, ask.source)
    is_divided = ask.placing is not None and column.name in ask.placing.columns
    if is_divided or not _can_be_counted(own) or not _parents(plan, key):
        return None
    fewer = (fitting(replace(ask, count=count), own) for count in _FEWER if count < ask.count)
    return next((make for make in fewer if make is not None), None)


def _free(plan: Plan, key: Key, placing: Placing | None) -> list[Column]:
    """Return a key's columns that may tell rows apart, best those that do not choose the partition as well."""
    columns = [plan.table.column(name) for name in key.columns if name not in plan.given]

    def room(column: Column) -> int:
        """Put columns of which partitions take few values last."""
        return -placing.room(column.name) if placing and column.name in placing.columns else -_NO_END

    return sorted(
        (column for column in columns if column is not None and not column.generated),
        key=lambda column: (room(column), not column.default_varies, not column.identity, column.name),
    )


def fitting(ask: Distinct, own: Field, *, sure: bool = False) -> Make | None:
    """Return the first way to make different values that the column's own rules take, best one that all rules may.

    Where it has to be ``sure``, no other one will do.
    """
    numbers = np.array(sorted({0, 1, 2, 57 % max(ask.count, 3), max(ask.count - 1, 0)}), np.int64)
    rules = [rule for rule in own.table.rules if rule.columns == (own.column.name,)]
    shared = [rule for rule in own.table.rules if own.column.name in rule.columns and len(rule.columns) > 1]
    rest = filling(ask.asker, ask.schema, own.table)
    second: Make | None = None
    maker = RowMaker(ask.asker, ask.schema, own.table, QUESTION, {}, {})
    found = fresh(ask.schema, own, ask.first.get(own.column.name, 0))
    for make in chain(found, varied(ask.asker, maker, own, rules, rest)):
        values = make(numbers)
        if None in values or len(set(values)) < len(values):
            continue
        changes: list[dict[str, Any]] = [{own.column.name: value} for value in values]
        if all(not each for each in ask.asker.broken(own.table, rest, changes, rules)):
            if all(_may_hold(ask, own, rule, rest, values) for rule in shared):
                return make
            second = second or make
    tied = Tied(maker, own, rules, [rule for rule in shared if not _is_solved(own, rule)], rest).makes()
    return next((make for make in tied if len(set(make(numbers))) == len(numbers)), None if sure else second)


def _is_solved(own: Field, rule: Rule) -> bool:
    """Say whether a rule computes another column from this one."""
    others = [name for name in rule.columns if name != own.column.name]
    found = equations(own.table, [rule], others)
    return any(own.column.name in each.columns for each in found if each.always and each.of_others)


def _may_hold(ask: Distinct, own: Field, rule: Rule, rest: dict[str, Any], values: Sequence[str | None]) -> bool:
    """Say whether for the first value and the last the rule's other columns have some with which it holds."""
    maker = RowMaker(ask.asker, ask.schema, own.table, QUESTION, {}, {})
    others = [name for name in rule.columns if name != own.column.name]
    tried = list(combinations([maker.choices(name) for name in others], _TOGETHER))
    about = [rule, *(each for each in own.table.rules if set(each.columns) <= set(others))]
    for value in (values[0], values[-1]):
        changes: list[dict[str, Any]] = [
            {own.column.name: value, **dict(zip(others, each, strict=True))} for each in tried
        ]
        if all(ask.asker.broken(own.table, rest, changes, about)):
            return False
    return True


def _apart(ask: Distinct, plan: Plan, columns: Sequence[Column]) -> dict[str, Make]:
    """Keep what an exclusion constraint looks at apart: ranges side by side, or moments far from another row's."""
    fields = [field_of(ask.schema, plan.table, column, ask.source) for column in columns]
    for own in fields:
        if own.base.kind in (Kind.RANGE, Kind.MULTIRANGE) and (make := fitting(ask, own)):
            return {own.column.name: make}
    moments = [own for own in fields if own.base.name in TIMES]
    if moments:
        names = [column.name for column in plan.table.columns]
        return _slots(ask, plan, sorted(moments, key=lambda own: names.index(own.column.name)))
    # What a rule would not let be beside others is no help: the other columns may be apart by themselves.
    return next(({own.column.name: make} for own in fields if (make := fitting(ask, own, sure=True))), {})


def _slots(ask: Distinct, plan: Plan, moments: Sequence[Field]) -> dict[str, Make]:
    """Give a row's moments days of its own, as far from each other as the rules about them want."""
    names = {own.column.name for own in moments}
    rules = [rule for rule in plan.table.rules if set(rule.columns) <= names]
    rest = filling(ask.asker, ask.schema, plan.table)
    for days in _APART:
        made = {own.column.name: _slot(own.base.name, place, days) for place, own in enumerate(moments)}
        first: dict[str, Any] = {name: make(np.zeros(1, np.int64))[0] for name, make in made.items()}
        if not ask.asker.broken(plan.table, rest, [first], rules)[0]:
            return made
    return {own.column.name: _slot(own.base.name, place, _APART[0]) for place, own in enumerate(moments)}


def _slot(kind: str, place: int, days: int) -> Make:
    """Return moments that are so many days after the row's first, or as many hours where days are none."""
    inside = place * (timedelta(days=max(days, 1)) if kind == "date" or days else timedelta(hours=1))
    step = timedelta(days=10) + 2 * max(days - 1, 0) * timedelta(days=1)
    return lambda numbers: [moment(ANCHOR + step * each + inside, kind) for each in numbers.tolist()]


def _tell_apart(made: Layout, plan: Plan, found: Mapping[str, Make]) -> None:
    digits: list[Digits] = []
    used: set[str] = set()
    whole = _not_counted(plan, found)
    for key in sorted(telling(plan.table), key=lambda key: (any(name in found for name in key.columns), key.name)):
        references = _parents(plan, key)
        names = tuple(each.name for each in references)
        own = [name for name in key.columns if name in found]
        if not references or key.partial:
            continue
        if own and not all(_is_counted(made, name) and name not in whole for name in own):
            continue
        if used & set(names):
            if own and _count_within(digits, names):
                made.counted |= {name: found[name] for name in own}
            continue
        used |= set(names)
        limited = set(key.columns) <= plan.given
        if limited and all(each.parent == plan.table.oid for each in references):
            made.linked |= {each.name for each in references}
            continue
        digits.append(Digits(names, key.name, key.columns, limited))
        made.counted |= {name: found[name] for name in own}
    made.digits = tuple(replace(each, abreast=_abreast(made, each, digits)) for each in digits)
    made.fresh = {name: make for name, make in found.items() if name not in made.counted}


def _count_within(digits: list[Digits], names: tuple[str, ...]) -> bool:
    """Let a key of more references begin with those of one that counts a column; say whether there is such a key."""
    for place, each in enumerate(digits):
        if each.limited and set(names) < set(each.references) and each.within in ((), names):
            others = tuple(name for name in each.references if name not in names)
            digits[place] = replace(each, references=names + others, within=names)
            return True
    return False


def _not_counted(plan: Plan, found: Mapping[str, Make]) -> set[str]:
    """Return columns that tell apart the rows of several keys which cannot be counted side by side."""
    keys = [key for key in telling(plan.table) if not key.partial and not key.excludes]
    whole: set[str] = set()
    for name in found:
        within = [_parents(plan, key) for key in keys if name in key.columns]
        first = [each[0].name for each in within if len(each) == 1]
        if len(within) > 1 and (len(first) < len(within) or len(set(first)) < len(first)):
            whole.add(name)
    return whole


def _abreast(made: Layout, one: Digits, digits: Sequence[Digits]) -> tuple[str, ...]:
    own = made.counted.keys() & set(one.columns)
    found = tuple(each.references[0] for each in digits if own & set(each.columns))
    return found if len(found) > 1 else ()


def _parents(plan: Plan, key: Key) -> list[Reference]:
    """Return references that tell rows of a key apart, each by a column of its own: the tenant alone does not."""
    found: list[Reference] = []
    open_ = plan.given - {plan.tenant}
    for each in sorted(plan.references, key=lambda each: each.parent == plan.table.oid):  # which is told by the others
        own = set(each.columns) & open_ & set(key.columns)
        if each.name not in plan.late and own:
            found.append(each)
            open_ -= own
    return found


def _is_counted(made: Layout, name: str) -> bool:
    return _can_be_counted(made.fields[name])


def _can_be_counted(own: Field) -> bool:
    return own.base.name in _COUNTED or own.base.kind in (Kind.RANGE, Kind.MULTIRANGE)
