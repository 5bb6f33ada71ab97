"""Changes of others' rows, which make the other worlds: rows deleted, changed, added; those that the database takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from psycopg import sql

from ttdb.validate.catalog import TABLES, Column, Relation
from ttdb.validate.conditions import rendered
from ttdb.validate.likeness import fired
from ttdb.validate.oracle import may
from ttdb.validate.reaches import tables_in
from ttdb.validate.rows import copies
from ttdb.validate.sessions import Acting
from ttdb.validate.world import World

_LARGE = 100_000  # rows of a materialized view; a larger one is not refreshed
_GONE, _OTHERWISE = 200, 10  # others' rows of a table that are deleted, or changed
_VALUES = 400  # of others, that are looked for in a register
_PASSES, _REFERRED_TO = 3, "23503"  # a row goes when what refers to it has gone
_CHANGED = {"S": "r.{0} || '~'", "N": "r.{0} + 1", "D": "r.{0} + interval '1 day'", "B": "not r.{0}"}


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One change of others' rows in one table, by the overseer; each of its statements must be done."""

    relation: Relation
    statements: tuple[sql.Composed, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Update(Change):
    """A change of several columns, of which each may be refused."""

    others: sql.Composed  # the rows
    assigned: tuple[sql.Composed, ...]

    @classmethod
    def of(cls, relation: Relation, others: sql.Composed, assigned: Sequence[sql.Composed]) -> "Update":
        """Return the update of these rows that assigns these."""
        form = sql.SQL("update {} as r set {} where {}")
        statement = form.format(relation.identifier, sql.SQL(", ").join(assigned), others)
        return cls(relation, (rendered(statement),), others, tuple(assigned))

    def only(self, assigned: Sequence[sql.Composed]) -> "Update":
        """Return the update of the same rows that assigns these."""
        return Update.of(self.relation, self.others, assigned)


def taken(acting: Acting, changes: Sequence[Change]) -> tuple[Change, ...]:
    """Make the changes one by one and return those that were made, in the order in which they can be."""
    taken: list[Change] = []
    left = list(changes)
    for _ in range(_PASSES):
        refusals = {change: _refusal(acting, change) for change in left}
        taken += [change for change, refusal in refusals.items() if refusal is None]
        for change, refusal in refusals.items():
            if refusal not in (None, _REFERRED_TO) and isinstance(change, Update):
                taken += _taken_of(acting, change)
        left = [change for change, refusal in refusals.items() if refusal == _REFERRED_TO]
    return tuple(taken)


def _taken_of(acting: Acting, update: Update) -> list[Update]:
    """Return what can be made of an update of which a part is refused: together, or else one by one."""
    with acting.trial():
        taken = [each for each in update.assigned if _refusal(acting, update.only([each])) is None]
    ways = [[update.only(taken)], [update.only([each]) for each in taken]] if taken else []
    for way in ways:
        if _refusal(acting, way[0]) is None:
            return [way[0], *(each for each in way[1:] if _refusal(acting, each) is None)]
    return []


def _refusal(acting: Acting, change: Change) -> str | None:
    outcomes = (acting.oversee(each) for each in change.statements)
    return next((outcome.sqlstate for outcome in outcomes if not outcome.done), None)


def refreshes(world: World) -> tuple[sql.Composed, ...]:
    """Return what brings materialized views up to date: they tell in time what they do not tell at once."""
    views = [each for each in world.found.catalog.relations.values() if each.kind == "m"]
    ordered = sorted(views, key=lambda each: len(world.found.catalog.bases.get(each.oid, ())))
    return tuple(
        sql.SQL("refresh materialized view {}").format(each.identifier)
        for each in ordered
        if each.estimated_rows <= _LARGE and world.belongs(each)
    )


def _tables(world: World, actor: str, most: int) -> Iterator[tuple[Relation, sql.Composed]]:
    """Return the tables with rows of others, and the condition on ``r`` that these meet."""
    for oid in world.ground.holdings:
        relation, column = world.relation(oid), world.found.tenant_columns.get(oid)
        victims = [row for _, row in world.ground.victims(oid, actor)]
        if relation.kind not in TABLES or relation.root is not None or not victims:
            continue
        if column is not None:
            yield (
                relation,
                sql.SQL(
                    "(r.tableoid, r.ctid) in (select s.tableoid, s.ctid from {} as s where s.{}::text <> {} limit {})"
                ).format(relation.identifier, sql.Identifier(column), sql.Literal(actor), sql.Literal(most)),
            )
        else:
            yield relation, world.identity(relation, victims)


def deleted(world: World, actor: str) -> list[Change]:
    """Return the deletions of others' rows, children before parents."""
    parents = {key.parent for key in world.found.catalog.foreign_keys}
    changes = [
        Change(relation, (sql.SQL("delete from {} as r where {}").format(relation.identifier, others),))
        for relation, others in _tables(world, actor, _GONE)
    ]
    return [*_forgotten(world, actor), *sorted(changes, key=lambda each: each.relation.oid in parents)]


def _forgotten(world: World, actor: str) -> Iterator[Change]:
    """Return the deletions of others' values from registers.

    These are tables without a tenant that triggers of tenants' tables name, and that nobody under attack may read: a
    value stays there when the row has gone, and the register's key refuses it to all.
    """
    values = sql.SQL(", ").join(sql.Literal(value) for value in islice(world.canaries(actor), _VALUES))
    named = {oid for each in world.ground.holdings for oid in tables_in(world.found.catalog, fired(world, each))}
    for oid in sorted(named - world.ground.holdings.keys()) if world.canaries(actor) else ():
        relation = world.relation(oid)
        unique = [each.name for each in relation.columns if each.unique]
        if unique and not any(may(world, role, relation, "r") for role in world.attackers):
            said = sql.SQL(" or ").join(
                sql.SQL("r.{}::text in ({})").format(sql.Identifier(name), values) for name in unique
            )
            yield Change(relation, (sql.SQL("delete from {} as r where {}").format(relation.identifier, said),))


def changed(world: World, actor: str) -> list[Change]:
    """Return the changes of what others' rows hold beside their keys, their tenant and what refers to others."""
    pointing = {(key.parent, name) for key in world.found.catalog.foreign_keys for name in key.parent_columns}
    pointing |= {(key.child, name) for key in world.found.catalog.foreign_keys for name in key.child_columns}
    changes: list[Change] = []
    for relation, others in _tables(world, actor, _OTHERWISE):
        kept = (*relation.key, world.found.tenant_columns.get(relation.oid))
        assigned = [
            sql.SQL("{} = {}").format(sql.Identifier(column.name), value)
            for column in relation.columns
            if not column.computed and column.name not in kept and (relation.oid, column.name) not in pointing
            if (value := _other_value(column)) is not None
        ]
        if assigned:
            changes.append(Update.of(relation, others, assigned))
    return changes


def _other_value(column: Column) -> sql.Composed | None:
    form = _CHANGED.get(column.category)
    return None if form is None else sql.SQL(form).format(sql.Identifier(column.name))


def added(world: World, actor: str) -> list[Change]:
    """Return the additions of one row of another tenant to each table."""
    changes: list[Change] = []
    for relation, _ in _tables(world, actor, 1):
        _, row = world.ground.victims(relation.oid, actor)[0]
        copy = next(copies(world, relation, row, None))
        changes.append(Change(relation, (copy.prepare, copy.insert)))
    return changes
