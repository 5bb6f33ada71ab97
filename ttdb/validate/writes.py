"""Statements that write one relation as one role may: a row inserted, changed, found or taken away."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from psycopg import sql

from ttdb.model.validation import Action
from ttdb.validate.catalog import Column, ForeignKey, Relation
from ttdb.validate.ground import Row
from ttdb.validate.identity import json_literal
from ttdb.validate.rights import Rights
from ttdb.validate.rows import another
from ttdb.validate.world import World


@dataclass(frozen=True, slots=True)
class Deed:
    """One write by a tenant."""

    written: Relation  # table or view
    action: Action
    what: str  # in words, after "when it"
    statement: sql.Composed
    own: bool  # it names nothing but the tenant's own rows, so its outcome is the tenant's own business
    oid: int  # of what is written to; the key and columns above may be those of the table beneath
    likelier: bool = False  # another like it is likelier to do harm
    first: sql.Composed | None = None  # what it does before, in a statement of its own

    def returning(self, rights: Rights) -> sql.Composed:
        """Return the statement with the row that it wrote, as far as the role may read it."""
        if self.action is Action.DELETE or not all(rights.may_read(each.name) for each in self.written.columns):
            return self.statement
        return self.statement + sql.SQL(" returning to_jsonb(r.*)")


@dataclass(frozen=True, slots=True)
class Ground:
    """One relation as one role may write it, with the rows to write."""

    world: World
    written: Relation  # as what is written has it: its name, its columns, the key of the table beneath
    base: Relation
    rights: Rights
    actor: str
    own: Row
    others: tuple[tuple[str, Row], ...]
    made: frozenset[str]  # columns that the server fills in
    oid: int
    turns: Iterator[int] = field(default_factory=count)  # no two rows have the same new keys: all are written at once

    @property
    def tenant(self) -> str | None:
        """Return the column that holds the tenant, where there is one."""
        return self.world.found.tenant_columns.get(self.base.oid)

    @property
    def keys(self) -> list[ForeignKey]:
        """Return the foreign keys of the table."""
        tables = (self.base.oid, self.base.root)
        return [each for each in self.world.found.catalog.foreign_keys if each.child in tables]

    @property
    def pointing(self) -> set[str]:
        """Return the columns that point to other rows, the tenant's own apart."""
        return {name for key in self.keys for name in key.child_columns} - {self.tenant or ""}

    def plain(self) -> list[Column]:
        """Return the columns that say something by themselves, and that the role may update.

        Not random keys that the server makes: that one exists is a declared channel.
        """
        random = {each.name for each in self.base.columns if each.unique and each.type == "uuid"} & self.made
        kept = {*self.base.key, *self.pointing, self.tenant, *random}
        allowed = self.rights.update_columns
        return [
            each
            for each in self.written.columns
            if not each.computed and each.name not in kept and (allowed is None or each.name in allowed)
        ]


def all_gone(ground: Ground, what: str) -> Deed:
    """Return the deed that takes all rows away that may be."""
    target = sql.SQL("delete from {} as r").format(ground.written.identifier)
    return Deed(ground.written, Action.DELETE, what, target, own=False, oid=ground.oid)


def inserting(ground: Ground, row: Mapping[str, Any], what: str, *, own: bool, whole: bool = False) -> Deed:
    """Return the deed that inserts a row; with ``whole``, what the server would fill in too."""
    allowed = ground.rights.insert_columns
    names = [
        each.name
        for each in ground.written.columns
        if not each.computed
        and (allowed is None or each.name in allowed)
        and (whole or each.name not in ground.made or each.name == ground.tenant)
    ]
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in names)
    overriding = sql.SQL("overriding system value ") if whole else sql.SQL("")
    statement = sql.SQL("insert into {} as r ({}) {}select {} from {} as s").format(
        ground.written.identifier, columns, overriding, columns, _record(ground, row)
    )
    return Deed(ground.written, Action.INSERT, what, statement, own, ground.oid)


def updating(  # noqa: PLR0913 - the parts of one statement
    ground: Ground, columns: list[Column], row: Mapping[str, Any], where: sql.Composable, what: str, *, own: bool
) -> Deed:
    """Return the deed that gives columns a row's values, wherever a condition says."""
    record = _record(ground, row)
    values = sql.SQL(", ").join(
        sql.SQL("{} = (select s.{} from {} as s)").format(sql.Identifier(each.name), sql.Identifier(each.name), record)
        for each in columns
    )
    statement = sql.SQL("update {} as r set {}").format(ground.written.identifier, values) + where
    return Deed(ground.written, Action.UPDATE, what, statement, own, ground.oid)


def _record(ground: Ground, row: Mapping[str, Any]) -> sql.Composed:
    return sql.SQL("jsonb_populate_record(null::{}, {}::jsonb)").format(
        ground.written.identifier, json_literal({each.name: row.get(each.name) for each in ground.written.columns})
    )


def with_new_keys(ground: Ground, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with other values where they must be unique, so that only what is asked about can refuse it."""
    kept, turn = {*ground.pointing, ground.tenant}, next(ground.turns)
    changed = dict(row)
    for column in ground.base.columns:
        value = row.get(column.name)
        if not column.unique or column.name in kept or column.name in ground.made or value is None:
            continue
        if column.type != "uuid" and (new := another(column, row, turn)) is not None:
            changed[column.name] = new
    return changed


def to_others_row(ground: Ground, key: ForeignKey) -> dict[str, Any]:
    """Return the key's columns with another tenant's row as what they point to; the tenant stays."""
    victims = ground.world.ground.victims(key.parent, ground.actor)
    pairs = zip(key.child_columns, key.parent_columns, strict=True)
    return {child: victims[0][1].get(parent) for child, parent in pairs if child != ground.tenant} if victims else {}


def where_it_is(ground: Ground, row: Row) -> sql.Composed | None:
    """Return the WHERE that finds one row; None where the role could not name it, or there is none."""
    condition = condition_of(ground, row) if row else None
    return None if condition is None else sql.SQL(" where {}").format(condition)


def condition_of(ground: Ground, row: Row) -> sql.Composed | None:
    """Return the condition that finds one row; None where the role could not name it."""
    names = ground.written.key or tuple(each.name for each in ground.written.columns)
    if not all(ground.rights.may_read(name) for name in names):
        return None
    return ground.world.identity(ground.written, [row])
