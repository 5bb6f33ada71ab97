"""Seed any schema: one transaction, table after table, parents first; what cannot be satisfied is named."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from psycopg import sql

from ttdb.errors import UsageError
from ttdb.postgres.connect import Connection
from ttdb.seed.draw import Source
from ttdb.seed.generic.apart import apart
from ttdb.seed.generic.chunk import Family
from ttdb.seed.generic.counters import counters, raise_sequences
from ttdb.seed.generic.deferred import ask_what_was_deferred
from ttdb.seed.generic.describe import describe
from ttdb.seed.generic.fields import WHOLE, Make, field_of
from ttdb.seed.generic.fill import Filling
from ttdb.seed.generic.later import referred_columns, set_late
from ttdb.seed.generic.layout import Distinct, Layout, carriers, fitting, keys_only
from ttdb.seed.generic.parents import Kept
from ttdb.seed.generic.placing import Placing, for_keys, placing
from ttdb.seed.generic.plan import Plan
from ttdb.seed.generic.reasons import shortage
from ttdb.seed.generic.rows import Rows, Shares
from ttdb.seed.generic.scope import Scope
from ttdb.seed.generic.sieve import narrowed_on, shown_narrowed
from ttdb.seed.generic.standing import always, count, keep_standing, largest, referred_to
from ttdb.seed.progress import Progress
from ttdb.shape import CannotMake, Schema
from ttdb.shape.ask import Asker

_SPARE = 2  # times the rows wanted: so many are tried


@dataclass(frozen=True, slots=True)
class Wish:
    """How much was asked for."""

    rows: int
    tenants: int


@dataclass(slots=True)
class Run:
    """One run over a schema."""

    connection: Connection
    schema: Schema
    scope: Scope
    wish: Wish
    source: Source
    progress: Progress
    kept_rows: bool = True  # they are not to be taken back
    left_out: Mapping[int, str] = field(default_factory=dict)  # tables that get no rows, and why
    rows: dict[str, int] = field(default_factory=dict)  # written, by table
    exceptions: dict[str, str] = field(default_factory=dict)  # tables with fewer rows than wanted, and why
    _kept: dict[int, Kept] = field(default_factory=dict)
    _standing: dict[int, int] = field(default_factory=dict)
    _before: dict[int, int] = field(default_factory=dict)  # rows before the first that is made here: triggers' too
    _tenants: list[str] = field(default_factory=list)
    _carriers: dict[int, dict[str, Make]] = field(default_factory=dict)
    _placings: dict[int, Placing] = field(default_factory=dict)
    _by_triggers: set[int] = field(default_factory=set)
    _topped_up: set[int] = field(default_factory=set)
    _there: dict[str, int] = field(default_factory=dict)  # rows in the end, of all tables

    def work(self) -> None:
        """Fill all tables.

        Raises:
            RefusedAtTheEnd: a rule that is asked at the end of the transaction refuses a table's rows.
            TtdbError: such a rule refuses the rows, and nobody knows of which table.

        """
        self.connection.execute("set constraints all deferred")
        self._prepare()
        for plan in self.scope.plans:
            with apart(self.connection, partial(self._undone, plan)):
                self._fill(plan)
        for reference, why in set_late(self.connection, self.schema, self.scope.plans, self._kept, self.source).items():
            self.exceptions[reference] = f"stays null: {why}"
        ask_what_was_deferred(self.connection, self.schema, self.left_out)
        self._count()

    def _undone(self, plan: Plan, why: str) -> None:
        """Forget the rows of a table of which something unforeseen took them back."""
        name, oid = str(plan.table), plan.table.oid
        self.rows[name], self.exceptions[name] = 0, why
        if oid in self._kept:
            self._kept[oid] = Kept(self._kept[oid].columns)
            self._keep_standing(plan)

    def _count(self) -> None:
        """Count what there is in the end: triggers fill tables too."""
        for plan in self.scope.plans:
            name, standing = str(plan.table), self._standing[plan.table.oid]
            there = count(self.connection, plan.table)
            if there > standing and not self.rows[name]:
                self._by_triggers.add(plan.table.oid)
            self.rows[name] = there - standing
            if there >= self._wanted(plan):
                self.exceptions.pop(name, None)
            self._there[name] = there

    @property
    def left_empty(self) -> tuple[str, ...]:
        """The tables of the exceptions that hold no row, not even one that stood."""
        return tuple(name for name in self.exceptions if self._there.get(name) == 0)

    @property
    def by_triggers(self) -> frozenset[int]:
        """The tables that got no row but of triggers, as others were filled."""
        return frozenset(self._by_triggers)

    @property
    def topped_up(self) -> frozenset[int]:
        """The tables that got rows of triggers, and others beside these."""
        return frozenset(self._topped_up)

    @property
    def example(self) -> dict[str, str]:
        """The tenant with the most rows."""
        plan = next((each for each in self.scope.plans if each.is_tenants), None)
        return {str(plan.table) if plan else "tenant": self._tenants[0]} if self._tenants else {}

    def _wanted(self, plan: Plan) -> int:
        return self.wish.tenants if plan.is_tenants else self.wish.rows

    def _prepare(self) -> None:
        """Look at what stands, and choose the tenants."""
        plans = self.scope.plans
        for plan in plans:
            self._standing[plan.table.oid] = count(self.connection, plan.table)
        self._before = dict(self._standing)
        referred = {plan.table.oid: referred_columns(plan, plans) for plan in plans}
        self._kept = {oid: Kept(names) for oid, names in referred.items() if names}
        for plan in plans:
            with apart(self.connection, partial(self._without_carriers, plan)):
                self._carriers[plan.table.oid] = self._carriers_of(plan)
        self._choose_tenants()
        for plan in plans:
            if self._standing[plan.table.oid]:
                self._keep_standing(plan)

    def _without_carriers(self, plan: Plan, why: str) -> None:
        self._carriers[plan.table.oid] = {}
        self.left_out = {**self.left_out, plan.table.oid: why}

    def _keep_standing(self, plan: Plan) -> None:
        tenants = {key: place for place, key in enumerate(self._tenants)}
        keep_standing(self.connection, plan, self._kept, tenants, self._owned)

    @property
    def _shares(self) -> Shares:
        return Shares(max(len(self._tenants), 1), self.source)

    @property
    def _owned(self) -> frozenset[int]:
        return frozenset(plan.table.oid for plan in self.scope.plans if plan.owned)

    def _carriers_of(self, plan: Plan) -> dict[str, Make]:
        names = [
            column.name
            for column in plan.table.columns
            if field_of(self.schema, plan.table, column, self.source).base.name in (*WHOLE, "numeric")
            and any(column.name in key.columns for key in plan.table.keys)
        ]
        standing = self._before[plan.table.oid]
        most = largest(self.connection, plan.table, names) if standing else {}
        first = {name: max(number - standing, 0) for name, number in most.items()}
        placed = placing(Asker(self.connection), self.schema, plan, self.source)
        found = carriers(replace(self._distinct(self._wanted(plan), first), placing=placed), plan)
        found |= {
            each.column: each.numbers(standing)
            for each in counters(self.connection, plan.table)
            if each.column in found and not each.is_plain
        }
        if placed is not None:
            placed = for_keys(placed, placed.columns & found.keys())
            self._placings[plan.table.oid] = placed
            found |= {name: partial(placed.make, name) for name in placed.keys}
        return found

    def _distinct(self, count: int, first: Mapping[str, int]) -> Distinct:
        return Distinct(Asker(self.connection), self.schema, self.source, count, first)

    def _choose_tenants(self) -> None:
        """Take the tenants that stand, and as many more as are wanted; from the first table that names them."""
        plan = next((each for each in self.scope.plans if each.is_tenants), None)
        plan = plan or next((each for each in self.scope.plans if each.tenant), None)
        if plan is None or plan.tenant is None:
            return
        query = sql.SQL(
            "select k.name from (select distinct {0}::text as name from {1} where {0} is not null) as k"
            ' order by k.name collate "C" limit {2}'
        ).format(sql.Identifier(plan.tenant), plan.table.identifier, sql.Literal(self.wish.tenants))
        self._tenants = [key for (key,) in self.connection.execute(query)]
        lacking = self.wish.tenants - len(self._tenants)
        column = plan.table.column(plan.tenant)
        if lacking > 0 and column is not None:
            own = field_of(self.schema, plan.table, column, self.source)
            make = fitting(self._distinct(self.wish.tenants, {}), own)
            if make is None:
                message = f"no value was found for the tenant column {column.name} of {plan.table}"
                raise UsageError(message, "Name another by --tenant-column.")
            numbers = np.arange(len(self._tenants), self.wish.tenants, dtype=np.int64)
            self._tenants += [str(key) for key in make(numbers)]

    def _fill(self, plan: Plan) -> None:
        """Fill one table up to the number of rows wanted, or say why not."""
        name, wanted = str(plan.table), self._wanted(plan)
        self.rows[name] = 0
        if self._standing[plan.table.oid] >= wanted:
            return
        if plan.table.oid in self.left_out:
            self.exceptions[name] = self.left_out[plan.table.oid]
            return
        first = self._with_rows_of_triggers(plan)
        if first >= wanted:
            return
        if plan.impossible:
            self.exceptions[name] = f"{plan.impossible} closes a circle of references in which none may wait"
            return
        try:
            rows = self._rows_of(plan)
        except CannotMake as error:
            self.exceptions[name] = str(error)
            return
        filling = Filling(self.connection, rows, self._kept.get(plan.table.oid), self.progress)
        filling.fill(first, wanted)
        narrowed_on(filling, self.schema, first, wanted)
        self.rows[name] = filling.written
        if first + filling.written < wanted:
            self.exceptions[name] = shortage(filling)
        if self.kept_rows:
            raise_sequences(self.connection, plan.table, rows.stored)  # which no rollback takes back

    def _with_rows_of_triggers(self, plan: Plan) -> int:
        """Count the rows of a table; where triggers on others made some, go on after these as after rows that stood."""
        oid, there = plan.table.oid, count(self.connection, plan.table)
        if there == self._before[oid]:
            return there
        if there < self._wanted(plan):
            self._topped_up.add(oid)
        self._before[oid] = there
        self._keep_standing(plan)
        if not any(
            each.name in other.promised and each.parent == oid
            for other in self.scope.plans
            for each in other.references
        ):
            self._carriers[oid] = self._carriers_of(plan)  # no key of theirs is promised to others
        return there

    def _rows_of(self, plan: Plan) -> Rows:
        """Have the table take one row, and take it back; then decide how all others are made.

        Raises:
            CannotMake: the table takes none.

        """
        found, standing = self._carriers[plan.table.oid], self._before[plan.table.oid]
        made = keys_only(self.schema, plan, found, self.source, self._placings.get(plan.table.oid))
        family = Family(
            source=self.source,
            tenants=self._tenants,
            kept=self._kept,
            owned=self._owned,
            to_come={(oid, name): make for oid, makes in self._carriers.items() for name, make in makes.items()},
            names={each.table.oid: str(each.table) for each in self.scope.plans},
            free=self._free(plan, made),
        )
        rows = Rows(
            plan=plan,
            layout=made,
            shares=self._shares,
            family=family,
            begin=standing,
            count=standing + self._wanted(plan) * _SPARE,
        )
        maker, base = shown_narrowed(self.connection, self.schema, rows)
        describe(maker, self.schema, plan, base, rows.layout)
        return rows

    def _free(self, plan: Plan, made: Layout) -> dict[str, Kept]:
        """Return for references that not every row may be named by those that may."""
        alone = [digits.references[0] for digits in made.digits if digits.limited and len(digits.references) == 1]
        found: dict[str, Kept] = {}
        for reference in (each for each in plan.references if each.parent != plan.table.oid):
            told = always(self.connection, plan.table, reference)
            kept = self._kept[reference.parent]
            if told:
                kept = kept.having(tuple(told), tuple(told.values()))
            if reference.name in alone and self._before[plan.table.oid]:
                kept = kept.without(
                    reference.parent_columns, referred_to(self.connection, plan.table, reference.columns)
                )
            if kept is not self._kept[reference.parent]:
                found[reference.name] = kept
        return found
