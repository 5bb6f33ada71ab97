"""Propose for every table how its rows belong to tenants, with the evidence."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from ttdb.errors import UsageError
from ttdb.model.counted import counted
from ttdb.postgres.connect import Connection, translated
from ttdb.shape import Table, read_schema
from ttdb.tenancy.evidence import Evidence
from ttdb.tenancy.keys import is_pointable
from ttdb.tenancy.model import LEADING, Belongs, Count, Ground, Proposal, Way
from ttdb.tenancy.possible import platform_tables, tenants_key
from ttdb.tenancy.rules import rules
from ttdb.tenancy.ways import declared, singulars, undeclared

_TENANTS = ("tenants", "organizations", "organisations", "accounts", "workspaces", "companies", "customers")
_BOOKKEEPING = re.compile(
    r"^(?:schema_migrations|flyway_schema_history|(?:[a-z]+_)?migrations(?:_lock)?|databasechangelog(?:lock)?)$"
)
_SURE = 0.9  # of a column's values must be found, where the data decides


class Plan:
    """Proposes for one database's tables; what it decides on one table serves those that point there.

    Args:
        connection: a session that sees every row; nothing is written.
        tenants: the table of tenants, ``schema.name``; by its name when None.
        column: what the tenant column is called; ``tenant_id`` after ``tenants`` when None.
        say: called with progress.

    Raises:
        UsageError: there is no such table, it cannot be told which it is, or no uuid names its rows.

    """

    def __init__(
        self,
        connection: Connection,
        *,
        tenants: str | None = None,
        column: str | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._say = say
        self.schema = read_schema(connection)
        self.tables = platform_tables(self.schema)
        self.tenants = self._tenants_table(tenants)
        self.key = tenants_key(self.schema, self.tenants)
        self.column = column or self._usual_column()
        self._evidence = Evidence(connection, self.schema, (self.tenants, self.key))
        self._decided: dict[int, Proposal] = {}

    def proposals(self) -> list[Proposal]:
        """Return one proposal a table, in the tables' order."""
        self._decide_own()
        while found := [made for table in self._open() if (made := self._by_parent(table)) is not None]:
            self._decided |= {each.oid: each for each in found}
        for table in self._open():
            self._decided[table.oid] = self._by_nothing(table)
        return [self._with_rules(self._decided[table.oid], table) for table in self.tables]

    def _tenants_table(self, asked: str | None) -> Table:
        if asked is not None:
            found = [table for table in self.tables if str(table) == asked or table.name == asked]
            if len(found) != 1:
                raise UsageError(f'there is no table "{asked}"', "Name it with its schema, as public.tenants.")
            return found[0]
        for name in _TENANTS:
            found = [table for table in self.tables if table.name == name]
            if len(found) == 1:
                return found[0]
        raise UsageError("it cannot be told which table's rows are the tenants", "Pass --tenants SCHEMA.TABLE.")

    def _usual_column(self) -> str:
        """Return what columns that point at the tenants are called, or would be."""
        keys = [key for table in self.tables for key in table.foreign_keys if key.parent == self.tenants.oid]
        names = [key.columns[0] for key in keys if key.parent_columns == (self.key,)]
        if names:
            return max(sorted(set(names)), key=self._tables_with)
        usual = f"{min(singulars(self.tenants.name), key=len)}_id"
        return "tenant_id" if any(usual in key.columns for key in keys) else usual

    def _tables_with(self, column: str) -> int:
        return sum(self._same_type(table, column) for table in self.tables)

    def _open(self) -> list[Table]:
        return [table for table in self.tables if table.oid not in self._decided]

    def _decide_own(self) -> None:
        self._say(f"counting rows of {len(self.tables)} tables")
        for table in self.tables:
            column = self.key if table.oid == self.tenants.oid else self.column
            if table.column(column) is None or (table.oid != self.tenants.oid and not self._same_type(table, column)):
                continue
            count = self._evidence.of_own_column(table, column)
            self._decided[table.oid] = self._by_own_column(table, column, count, ())

    def _same_type(self, table: Table, column: str) -> bool:
        mine, theirs = table.column(column), self.tenants.column(self.key)
        return mine is not None and theirs is not None and mine.type == theirs.type

    def _by_parent(self, table: Table) -> Proposal | None:
        """Follow the surest way to a table that is decided, unless two ways disagree on the tenant."""
        ways = self._ways(table)
        if not ways:
            return None
        best = ways[0]
        count = self._evidence.of_way(table, best)
        others, torn = [], False
        for way in ways[1:]:
            differ = self._evidence.disagreements(table, best, way, self._decided)
            others.append(
                f"{self.shown(way)} ({way.ground}; another tenant for {differ} of {counted(count.rows, 'row')})"
            )
            torn = torn or differ > 0
        own = best.columns[0] if self._names_tenants(table, best) else None
        if own is not None and not torn:
            return self._by_own_column(table, own, count, others)
        reason = "the ways disagree: decide which one says whose a row is" if torn else self._impossible(table, best)
        return Proposal(
            table.oid,
            str(table),
            Belongs.UNDECIDED if reason else Belongs.PARENT,
            column=own,
            way=best,
            through=self.shown(best) if own is None else None,
            count=count,
            others=tuple(others),
            notes=(reason,) if reason else tuple(_told(count, best.columns[0])),
        )

    def _impossible(self, table: Table, way: Way) -> str | None:
        """Say why no steps can give a table's rows their tenant by a way, whatever the data says."""
        instead = f'give it a column {self.column}, fill it, set it not null, and write tenant = "own"'
        if self._names_tenants(table, way):
            return None
        if table.partitioned:
            return f"it is partitioned, and cannot be given the tenant of another table's row: {instead}"
        parent = self.schema.tables[way.parent]
        columns = tuple(dict.fromkeys((self._decided[way.parent].column or self.column, *way.parent_columns)))
        if not parent.partitioned or way.as_text or is_pointable(parent, columns):
            return None
        return f"{parent} is partitioned, and no foreign key can point at its {', '.join(columns)}: {instead}"

    def _names_tenants(self, table: Table, way: Way) -> bool:
        """Tell whether a way is a column that holds the tenant itself, under another name than usual."""
        names = way.parent == self.tenants.oid and way.parent_columns == (self.key,)
        return names and self._same_type(table, way.columns[0])

    def _by_own_column(self, table: Table, column: str, count: Count, others: Sequence[str]) -> Proposal:
        notes = list(_told(count, column))
        if table.partitioned and any(each.name == column and not each.not_null for each in table.columns):
            notes.append(f"it is partitioned: fill {column} and set it not null before there is a revision")
        return Proposal(
            table.oid,
            str(table),
            Belongs.OWN,
            column=column,
            count=count,
            others=tuple(others),
            notes=tuple(notes),
        )

    def _ways(self, table: Table) -> list[Way]:
        """Return the ways to decided tables, the surest first, and last those that no steps can go."""
        parents = [self.schema.tables[oid] for oid, each in self._decided.items() if each.belongs in LEADING]
        known = {parent.oid for parent in parents}
        ways = [way for way in declared(table) if way.parent in known]
        ways += self._confirmed(table, undeclared(self.schema, table, parents))
        return sorted(
            ways,
            key=lambda way: (
                self._impossible(table, way) is not None,
                list(Ground).index(way.ground),
                way.nullable,
                way.columns,
                way.parent,
            ),
        )

    def _confirmed(self, table: Table, ways: Iterator[Way]) -> Iterator[Way]:
        """Keep the ways that the data confirms, and those of a telling name that no data denies."""
        for (column,), group in groupby(ways, key=lambda way: way.columns):
            of_column = list(group)
            values, found = self._evidence.matches(table, column, [way.parent for way in of_column])
            for way in of_column:
                named = way.ground is Ground.NAME
                if values and found[way.parent] >= values * _SURE:
                    yield replace(way, ground=Ground.NAME_AND_VALUES if named else Ground.VALUES)
                elif not values and named:
                    yield way

    def _by_nothing(self, table: Table) -> Proposal:
        if _BOOKKEEPING.match(table.name):
            return Proposal(table.oid, str(table), Belongs.NOBODY, notes=("a migration tool's own record",))
        rows, _ = self._evidence.broken(table, [])
        note = "no column leads to a tenant: global if every tenant may read it, nobody if none may"
        return Proposal(table.oid, str(table), Belongs.UNDECIDED, count=Count(rows, rows, 0), notes=(note,))

    def _with_rules(self, proposal: Proposal, table: Table) -> Proposal:
        return replace(proposal, rules=rules(self._evidence, self.schema, table))

    def shown(self, way: Way) -> str:
        """Return a way as the file has it: ``order_id -> public.orders.id``."""
        here, there = ", ".join(way.columns), ", ".join(way.parent_columns)
        return f"{here} -> {self.schema.tables[way.parent]}.{there}"


def propose(
    connection: Connection,
    *,
    tenants: str | None = None,
    column: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Plan, list[Proposal]]:
    """Propose for every table, in one read-only snapshot in which row-level security may hide nothing; see ``Plan``."""
    with translated("reading the tables"), connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute("set local row_security = off")
        plan = Plan(connection, tenants=tenants, column=column, say=say)
        return plan, plan.proposals()


def _told(count: Count, column: str) -> Iterator[str]:
    if count.without:
        yield f"{column} is null in {count.without} of {counted(count.rows, 'row')}"
    if count.orphans:
        yield f"{column} names what is not there in {count.orphans} of {counted(count.rows, 'row')}"
