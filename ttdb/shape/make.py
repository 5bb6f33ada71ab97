"""Rows for tenants in tables that lack them, with all that they refer to, in the transaction that is open."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.shape.ask import Asker, Draft, Refusal, insert, update
from ttdb.shape.draft import CannotMake, RowMaker
from ttdb.shape.model import Column, ForeignKey, Row, Schema, Table
from ttdb.shape.values import Mark

_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron")  # of letters alone: tenants' marks
_NOBODY = "common"  # marks the rows that are no tenant's
_FIRST_NUMBER = 7_000_001  # above what small databases have, and fit for an integer
_DEEPEST = 30
_Place = tuple[int, str | None]  # a table, and whose row in it


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose rows are whose."""

    columns: Mapping[int, str]  # tables with a tenant column
    owned: frozenset[int]  # these, and tables whose rows belong to tenants through their parents
    links: Mapping[int, tuple[ForeignKey, ...]] = field(default_factory=dict)  # references that no constraint declares
    tenants_table: int | None = None  # where the tenant column is the tenant's own key

    def of(self, oid: int, tenant: str | None) -> str | None:
        """Return whose a row for a tenant is: nobody's in a table that all share."""
        return tenant if oid in self.owned else None


@dataclass(frozen=True, slots=True)
class Made:
    """One row that was made."""

    table: Table
    tenant: str | None
    row: Row
    needs: tuple[_Place, ...] = ()  # the rows that it refers to
    change: Mapping[str, object] | None = None  # what is set in it later, because it refers to a later one

    @property
    def statement(self) -> sql.Composed:
        """Return the statement that makes it again, the same."""
        return insert(self.table, self.row) if self.change is None else update(self.table, self.row, self.change)


@dataclass(slots=True)
class Maker:
    """Makes rows and remembers them; the caller opens the transaction, and ends it."""

    connection: Connection
    schema: Schema
    ownership: Ownership
    existing: Mapping[int, Mapping[str, Row]]  # a row of each tenant that has some
    made: list[Made] = field(default_factory=list)
    _asker: Asker = field(init=False)
    _rows: dict[_Place, Row] = field(default_factory=dict)
    _open: list[int] = field(default_factory=list)  # tables whose row is in the making, for cycles
    _words: dict[str | None, str] = field(default_factory=dict)
    _promised: dict[_Place, Draft] = field(default_factory=dict)
    _later: list[tuple[_Place, ForeignKey]] = field(default_factory=list)
    _number: int = _FIRST_NUMBER

    def __post_init__(self) -> None:
        self._asker = Asker(self.connection)
        self._rows = {(oid, tenant): row for oid, rows in self.existing.items() for tenant, row in rows.items()}

    def new_tenant(self, oid: int) -> str:
        """Make another tenant: a row of the tenants' table, or else a value for a table's tenant column.

        Raises:
            CannotMake: no value fits, or the tenants' table takes no row.

        """
        place = self.ownership.tenants_table or oid
        table = self.schema.leaves(place)[0]
        word = _WORDS[len(self._words) % len(_WORDS)]
        self._number += 1
        column = table.column(self.ownership.columns[place])
        if column is None:
            raise CannotMake(f"{table} has no column for a tenant")
        tenant = str(RowMaker(self._asker, self.schema, table, Mark(word, self._number), {}, {}).value(column))
        self._words[tenant] = word
        if self.ownership.tenants_table is not None:
            self.attempt(self.ownership.tenants_table, tenant)
        return tenant

    def attempt(self, oid: int, tenant: str | None) -> Row:
        """Make a row of a tenant in a table, or nothing at all; what waits for the end of a transaction is tried too.

        Raises:
            CannotMake: something refuses it.

        """
        rows, made = dict(self._rows), len(self.made)
        try:
            with self.connection.transaction():
                self._run("set constraints all deferred")
                row = self.ensure(oid, tenant)
                self._close()
                self._run("set constraints all immediate")
        except CannotMake:
            self._rows = rows
            self._open.clear()
            del self.made[made:]
            raise
        return row

    def _run(self, statement: str) -> None:
        answer = self._asker.run(sql.SQL("{}").format(sql.SQL(statement)))  # ours
        if isinstance(answer, Refusal):
            raise CannotMake(answer.constraint or answer.message)

    def ensure(self, oid: int, tenant: str | None) -> Row:
        """Return a row of a tenant in a table: one that stands, else one that is made now.

        Raises:
            CannotMake: something refuses it.

        """
        owner = self.ownership.of(oid, tenant)
        if (oid, owner) not in self._rows and owner is None:
            standing = self._standing(self.schema.tables[oid])
            if standing is not None:
                self._rows[oid, owner] = standing
        if (oid, owner) not in self._rows:
            self._rows[oid, owner] = self._anew(oid, owner)
        return self._rows[oid, owner]

    def _anew(self, oid: int, owner: str | None) -> Row:
        reason = "it has no partition"
        for leaf in self.schema.leaves(oid):
            try:
                return self._make(leaf, owner, {})
            except CannotMake as error:
                reason = str(error)
        raise CannotMake(reason)

    def _close(self) -> None:
        """Set the references that had to wait for a later row."""
        for place, key in self._later:
            parent = self._rows.get((key.parent, self.ownership.of(key.parent, place[1])))
            own = next((each for each in self.made if self._rows.get(place) is each.row and each.change is None), None)
            if parent is not None and own is not None:
                change = {name: parent.get(other) for name, other in zip(key.columns, key.parent_columns, strict=True)}
                later = Made(own.table, own.tenant, own.row, (), change)
                if not isinstance(self._asker.run(later.statement), Refusal):
                    self.made.append(later)
        self._later.clear()

    def _standing(self, table: Table) -> Row | None:
        answer = self._asker.run(sql.SQL("select to_jsonb(r.*) from {} as r limit 1").format(table.identifier))
        return answer[0][0] if isinstance(answer, list) and answer else None

    def _make(self, table: Table, tenant: str | None, pinned: Draft) -> Row:
        if len(self._open) > _DEEPEST:
            raise CannotMake("its references go too deep")
        place = (table.root or table.oid, tenant)
        self._open.append(table.oid)
        try:
            fixed, may = {**self._promised.get(place, {}), **pinned}, Draft()
            column = self.ownership.columns.get(table.oid)
            if column is not None and tenant is not None:
                fixed[column] = tenant
            needs = tuple(self._refer(table, tenant, fixed, may))
            fixed |= self._promised.pop(place, {})
            self._number += 1
            row = RowMaker(self._asker, self.schema, table, Mark(self._word(tenant), self._number), fixed, may).make()
        finally:
            self._open.pop()
        for oid in (table.oid, table.root):
            if oid is not None:
                self._rows.setdefault((oid, tenant), row)
        self.made.append(Made(table, tenant, row, needs))
        return row

    def _word(self, tenant: str | None) -> str:
        if tenant is None:
            return _NOBODY
        return self._words.setdefault(tenant, _WORDS[len(self._words) % len(_WORDS)])

    def _refer(self, table: Table, tenant: str | None, fixed: Draft, may: Draft) -> Iterator[_Place]:
        """Fix the columns that must refer to other rows, and offer values for those that may."""
        keys = [*table.foreign_keys, *self.ownership.links.get(table.oid, ())]
        for key in sorted(keys, key=lambda each: (not _needed(table, each), -len(each.columns), each.name)):
            parent = self._parent(table, tenant, key)
            free = [name for name in key.columns if name not in fixed]
            if parent is None:
                may |= {name: None for name in free if not _must(table, name)}
                continue
            values = dict(zip(key.columns, (parent.get(other) for other in key.parent_columns), strict=True))
            known = {name: fixed[name] for name in key.columns if fixed.get(name) is not None}
            if free and any(str(values[name]) != str(value) for name, value in known.items()):
                values = self._agreeing(key, tenant, known) or values
            yield key.parent, self.ownership.of(key.parent, tenant)
            needed = _needed(table, key)
            for name in free:
                (fixed if needed or _must(table, name) else may)[name] = values[name]

    def _agreeing(self, key: ForeignKey, tenant: str | None, known: Draft) -> Draft | None:
        """Find or make a parent that agrees with what other references have fixed."""
        parent = self.schema.tables[key.parent]
        pairs = dict(zip(key.columns, key.parent_columns, strict=True))
        pinned = {pairs[name]: value for name, value in known.items()}
        condition = sql.SQL(" and ").join(
            sql.SQL("r.{}::text = {}").format(sql.Identifier(name), sql.Literal(str(value)))
            for name, value in pinned.items()
        )
        answer = self._asker.run(
            sql.SQL("select to_jsonb(r.*) from {} as r where {} limit 1").format(parent.identifier, condition)
        )
        row: Row
        if isinstance(answer, list) and answer:
            row = answer[0][0]
        else:
            row = self._make(self.schema.leaves(key.parent)[0], self.ownership.of(key.parent, tenant), pinned)
        return {name: row[other] for name, other in pairs.items()}

    def _parent(self, table: Table, tenant: str | None, key: ForeignKey) -> Row | None:
        """Return the row to refer to; None where the reference is left out, for now or for good."""
        owner = self.ownership.of(key.parent, tenant)
        if key.parent not in self.schema.tables:
            return None
        making = {*self._open, *(self.schema.tables[oid].root for oid in self._open)}
        if (key.parent, owner) not in self._rows and key.parent in making:
            return self._in_the_making(table, tenant, key)
        try:
            return self.ensure(key.parent, tenant)
        except CannotMake as error:
            if _needed(table, key):
                raise CannotMake(f"{key.name} needs a row of {self.schema.tables[key.parent]}: {error}") from error
            self._later.append(((table.oid, tenant), key))  # a circle may have been in its way
            return None

    def _in_the_making(self, table: Table, tenant: str | None, key: ForeignKey) -> Row | None:
        """Close a cycle: later where the column may be null, by a promised key where the constraint waits."""
        if not _needed(table, key):
            self._later.append(((table.oid, tenant), key))
            return None
        if key.parent not in (table.oid, table.root) and not key.deferrable:
            raise CannotMake(f"{key.name} closes a circle of references in which none may wait")
        owner = self.ownership.of(key.parent, tenant)
        parent = self.schema.tables[key.parent]
        promised = self._promised.setdefault((key.parent, owner), {})
        for name in key.parent_columns:
            column = parent.column(name)
            if column is not None and name not in promised:
                own = owner if self.ownership.columns.get(key.parent) == name else None
                promised[name] = own if own is not None else self._key(parent, owner, column)
        return promised

    def _key(self, table: Table, owner: str | None, column: Column) -> object:
        self._number += 1
        return RowMaker(self._asker, self.schema, table, Mark(self._word(owner), self._number), {}, {}).value(column)


def _needed(table: Table, key: ForeignKey) -> bool:
    """Tell whether the reference must be set: one null column leaves it out."""
    return all(_must(table, name) for name in key.columns)


def _must(table: Table, name: str) -> bool:
    column = table.column(name)
    return column is not None and column.not_null
