"""Changes of others' rows, which make the other worlds: rows deleted, changed, added; those that the database takes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

from psycopg import sql

from ttdb.validate.acting import Acting
from ttdb.validate.answering import entering
from ttdb.validate.catalog import TABLES, Column, ForeignKey, Relation
from ttdb.validate.conditions import rendered
from ttdb.validate.entering import bears
from ttdb.validate.functions import calls, functions
from ttdb.validate.ground import source_of
from ttdb.validate.likeness import fired
from ttdb.validate.oracle import may
from ttdb.validate.outcomes import Outcome
from ttdb.validate.reaches import tables_in, with_called
from ttdb.validate.rights import ALL
from ttdb.validate.rows import copies
from ttdb.validate.self_made import insertion, renewed
from ttdb.validate.world import World

_LARGE = 100_000  # rows of a materialized view; a larger one is not refreshed
_GONE, _OTHERWISE = 200, 10  # others' rows of a table that are deleted, or changed
_TENANTS = 5  # in whose names changes are made one after another
_OURS = ("ttdb", "audit")  # what ttdb keeps of a database is no register of it
_MAY_OWN = sql.SQL("select 1 where pg_catalog.current_setting('is_superuser') = 'on'")
_VALUES = 400  # of others, that are looked for in a register
_PASSES, _REFERRED_TO = 3, "23503"  # a row goes when what refers to it has gone
_CHECK = "23514"
_CALLS = 4  # of one function, by another tenant
_CURSORS, _TEMPORARY = sql.Composed([sql.SQL("close all")]), sql.Composed([sql.SQL("discard temp")])
_CHAIN = 10  # tables of which each refers to the next
_CHANGED = {"S": "r.{0} || '~'", "N": "r.{0} + 1", "D": "r.{0} + interval '1 day'", "B": "not r.{0}"}


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One change of others' rows in one table, by the overseer; each of its statements must be done."""

    relation: Relation
    statements: tuple[sql.Composed, ...]
    # The same, each other's rows in that other's name: a trigger may write nothing for a tenant that is not set.
    apart: tuple[sql.Composed, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Update(Change):
    """A change of several columns, of which each may be refused."""

    others: "Others" = field(kw_only=True)
    assigned: tuple[sql.Composed, ...] = field(kw_only=True)

    @classmethod
    def of(cls, others: "Others", assigned: Sequence[sql.Composed]) -> "Update":
        """Return the update of these rows that assigns these."""
        form = sql.SQL("update {} as r set {} where {}")
        place, values = others.relation.identifier, sql.SQL(", ").join(assigned)
        together, apart = others.told(lambda condition: rendered(form.format(place, values, condition)))
        return cls(others.relation, together, apart, others=others, assigned=tuple(assigned))

    def only(self, assigned: Sequence[sql.Composed]) -> "Update":
        """Return the update of the same rows that assigns these."""
        return Update.of(self.others, assigned)


@dataclass(frozen=True, slots=True)
class Others:
    """Others' rows of one table: the condition on ``r`` that they meet, and that of each other's, with its name."""

    relation: Relation
    condition: sql.Composed
    each: tuple[tuple[sql.Composed, sql.Composed], ...]  # what enters its name, and the condition
    names: frozenset[tuple[str, str]]  # schema and name of the table, and of its partitions

    def told(
        self, statement: Callable[[sql.Composed], sql.Composed]
    ) -> tuple[tuple[sql.Composed, ...], tuple[sql.Composed, ...]]:
        """Return a statement about all of them, and the same about each other's rows in that other's name."""
        apart = (part for enter, condition in self.each for part in (enter, statement(condition)))
        return (statement(self.condition),), tuple(apart)


@dataclass(slots=True)
class Taken:
    """The changes that were made, in the order in which they can be, and why others were refused, by table."""

    changes: tuple[Change, ...]
    refused: dict[int, str]


def taken(acting: Acting, changes: Sequence[Change]) -> Taken:
    """Make the changes one by one; what is referred to is tried again once what refers to it has gone."""
    made: list[Change] = []
    refused: dict[int, str] = {}
    left = list(changes)
    for _ in range(_PASSES):
        again: list[Change] = []
        for change in left:
            done, refusal = _made(acting, change)
            made += done
            if refusal is not None:
                refused[change.relation.oid] = refusal.message
                if refusal.sqlstate == _REFERRED_TO:
                    again.append(change)
        left = again
    return Taken(tuple(made), {oid: why for oid, why in refused.items() if oid not in {m.relation.oid for m in made}})


def _made(acting: Acting, change: Change) -> tuple[list[Change], Outcome | None]:
    """Make a change, of all others' rows at once, or in the name of each, or in parts; return also its refusal."""
    refusal = _refusal(acting, change.statements)
    if refusal is None or refusal.sqlstate == _REFERRED_TO:
        return ([change] if refusal is None else []), refusal
    if change.apart and not _is_of_value(refusal, change):
        with acting.trial(keep=True) as outcomes:
            refusal = _refusal(acting, change.apart, outcomes)
        if refusal is None:
            return [replace(change, statements=change.apart)], None
    parts = _taken_of(acting, change) if isinstance(change, Update) else []
    return parts, None if parts else refusal


def _is_of_value(refusal: Outcome, change: Change) -> bool:
    """Tell whether a CHECK of an updated table refused what it would hold: it does so in anybody's name."""
    return isinstance(change, Update) and refusal.sqlstate == _CHECK and refusal.constraint_of in change.others.names


def _taken_of(acting: Acting, update: Update) -> list[Change]:
    """Return what can be made of an update of which a part is refused: together, or else one by one."""
    with acting.trial():
        taken = [each for each in update.assigned if _parts_made(acting, update.only([each]))]
    ways = [[update.only(taken)], [update.only([each]) for each in taken]] if taken else []
    for way in ways:
        if made := _parts_made(acting, way[0]):
            return [*made, *(part for each in way[1:] for part in _parts_made(acting, each))]
    return []


def _parts_made(acting: Acting, update: Update) -> list[Change]:
    """Make an update of all others' rows at once, or in the name of each."""
    refusal = _refusal(acting, update.statements)
    if refusal is None:
        return [update]
    if not update.apart or _is_of_value(refusal, update):
        return []
    with acting.trial(keep=True) as outcomes:
        refusal = _refusal(acting, update.apart, outcomes)
    return [replace(update, statements=update.apart)] if refusal is None else []


def _refusal(
    acting: Acting, statements: Sequence[sql.Composed], outcomes: list[Outcome] | None = None
) -> Outcome | None:
    """Run the statements until one is refused, and return that outcome."""
    for each in statements:
        outcome = acting.oversee(each)
        if outcomes is not None:
            outcomes.append(outcome)
        if not outcome.done:
            return outcome
    return None


def refreshes(world: World) -> tuple[sql.Composed, ...]:
    """Return what brings materialized views up to date: they tell in time what they do not tell at once."""
    views = [each for each in world.found.catalog.relations.values() if each.kind == "m"]
    ordered = sorted(views, key=lambda each: len(world.found.catalog.bases.get(each.oid, ())))
    own = bool(world.oversee(_MAY_OWN).rows)
    return tuple(
        statement
        for each in ordered
        if each.estimated_rows <= _LARGE and world.belongs(each)
        for statement in _refreshing(each, own=own)
    )


def _refreshing(view: Relation, *, own: bool) -> Iterator[sql.Composed]:
    """Return the refresh of a view; by the overseer, where that may be: an owner whom policies hold sees one tenant."""
    owned = sql.SQL("alter materialized view {} owner to {}")
    if own:
        yield owned.format(view.identifier, sql.SQL("session_user"))
    yield sql.SQL("refresh materialized view {}").format(view.identifier)
    if own:
        yield owned.format(view.identifier, sql.Identifier(view.owner))


def _tables(world: World, actor: str, most: int) -> Iterator[Others]:
    """Return the tables with rows of others, and the conditions that these meet."""
    for oid in world.ground.holdings:
        relation = world.relation(oid)
        rows: dict[str, list[Mapping[str, object]]] = {}
        for tenant, row in world.ground.victims(oid, actor):
            rows.setdefault(tenant, []).append(row)
        # What others' people are called may show in one's own rows, as where somebody has left.
        if relation.kind not in TABLES or relation.root is not None or not rows or world.found.shared(oid):
            continue
        several = list(islice(rows.items(), _TENANTS))
        # A child's rows go by its parents': what is left of a sample would keep these.
        condition = _of_tenant(world, relation, "<>", actor, most)
        each = [(tenant, _of_tenant(world, relation, "=", tenant, most)) for tenant, _ in several]
        named = tuple((entering(world.context(name)), those) for name, those in each)
        yield Others(relation, condition, named, frozenset(_named(world)[oid]))


def _named(world: World) -> Mapping[int, set[tuple[str, str]]]:
    """Return the schemas and names of each table and its partitions."""

    def names() -> dict[int, set[tuple[str, str]]]:
        found: dict[int, set[tuple[str, str]]] = {}
        for each in world.found.catalog.relations.values():
            for oid in {each.oid, each.root or each.oid}:
                found.setdefault(oid, set()).add((each.schema, each.name))
        return found

    return world.once(("names of tables",), names)


def _of_tenant(world: World, relation: Relation, comparison: str, tenant: str, most: int) -> sql.Composed:
    source, whose = source_of(world.found, relation)
    form = "(r.tableoid, r.ctid) in (select r.tableoid, r.ctid from {} where {} {} {} limit {})"
    return sql.SQL(form).format(source, whose, sql.SQL(comparison), sql.Literal(tenant), sql.Literal(most))


def deleted(world: World, actor: str) -> list[Change]:
    """Return the deletions of others' rows, children before parents."""
    chains = _chains(world.found.catalog.foreign_keys)
    changes = [
        Change(
            others.relation,
            *others.told(partial(sql.SQL("delete from {} as r where {}").format, others.relation.identifier)),
        )
        for others in _tables(world, actor, _GONE)
    ]
    return [*_forgotten(world, actor), *sorted(changes, key=lambda each: chains.get(each.relation.oid, 0))]


def _chains(keys: Sequence[ForeignKey]) -> dict[int, int]:
    """Return, of each table that is referred to, how long the longest chain of tables is that leads to it."""
    longest: dict[int, int] = {}
    for _ in range(_CHAIN):  # tables that refer to each other have no end
        before = dict(longest)
        for key in keys:
            if key.child != key.parent:
                longest[key.parent] = max(longest.get(key.parent, 0), longest.get(key.child, 0) + 1)
        if longest == before:
            break
    return longest


def _forgotten(world: World, actor: str) -> Iterator[Change]:
    """Return the deletions of others' values from registers.

    These are tables without a tenant that triggers of tenants' tables name, and that nobody under attack may read: a
    value stays there when the row has gone, and the register's key refuses it to all.
    """
    values = sql.SQL(", ").join(sql.Literal(value) for value in islice(world.canaries(actor), _VALUES))
    named = {oid for each in world.ground.holdings for oid in tables_in(world.found.catalog, fired(world, each))}
    for oid in sorted(named - world.ground.holdings.keys()) if world.canaries(actor) else ():
        relation = world.relation(oid)
        unique = [each.name for each in relation.columns if each.unique and relation.schema not in _OURS]
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
    for others in _tables(world, actor, _OTHERWISE):
        relation = others.relation
        kept = (*relation.key, world.found.tenant_columns.get(relation.oid))
        assigned = [
            sql.SQL("{} = {}").format(sql.Identifier(column.name), value)
            for column in relation.columns
            if not column.computed and column.name not in kept and (relation.oid, column.name) not in pointing
            if (value := _other_value(column)) is not None
        ]
        known = _assignable(world).get(relation.oid, ())
        likely = [each for each in assigned if each in known] or assigned
        if likely:
            changes.append(Update.of(others, likely))
    return changes


def learn(world: World, changes: Sequence[Change]) -> None:
    """Remember which columns the database lets be changed: each that it refuses took statements to find out."""
    for change in changes:
        if isinstance(change, Update):
            _assignable(world).setdefault(change.relation.oid, []).extend(change.assigned)


def called(world: World, actor: str) -> list[Change]:
    """Return calls, with others' values, of functions that write with their owner's rights: what another leaves so.

    They are made in the name of another tenant, as all changes are. What a function writes for him, his rows or what it
    keeps of him elsewhere, must not speak to the actor. What ends with the other's transaction, as a cursor that a
    function opens, no actor ever meets.
    """
    changes: list[Change] = []
    other = next(each for each in world.ground.tenants if each != actor)
    for function in functions(world):
        if function.kind != "f" or not function.volatile or function.oid in world.found.registry.resolvers:
            continue
        text = with_called(world.found.catalog, [function.body])
        tables = tables_in(world.found.catalog, text)
        if tables and "set_config" not in text.lower():  # the context that one leaves is another attack's business
            ended = (_CURSORS, _TEMPORARY) if "on commit d" in " ".join(text.lower().split()) else (_CURSORS,)
            made = islice((each for each in calls(world, function, actor) if not bears(world, each, other)), _CALLS)
            changes += [Change(world.relation(tables[0]), (call.statement, *ended)) for call in made]
    return changes


def _assignable(world: World) -> dict[int, list[sql.Composed]]:
    return world.once(("assignable",), dict)


def _other_value(column: Column) -> sql.Composed | None:
    form = _CHANGED.get(column.category)
    return None if form is None else sql.SQL(form).format(sql.Identifier(column.name))


def added(world: World, actor: str) -> list[Change]:
    """Return the additions of a row of another tenant to each table, and of one that says what the actor's own does."""
    changes: list[Change] = []
    for others in _tables(world, actor, 1):
        relation = others.relation
        tenant, row = world.ground.victims(relation.oid, actor)[0]
        copy = next(copies(world, relation, row, None))
        column = world.found.tenant_columns.get(relation.oid)
        said = _own_texts(world, relation, actor) | ({} if column is None else {column: row.get(column)})
        alike = insertion(world, relation, renewed(world, relation, row, said), ALL, said)
        enter = entering(world.context(tenant))
        ways = (copy.prepare, copy.insert), (alike,)
        changes += [Change(relation, statements, (enter, *statements)) for statements in ways]
    return changes


def _own_texts(world: World, relation: Relation, actor: str) -> dict[str, object]:
    """Return the actor's own texts for another's row: what finds rows by one may take it for his."""
    own = next(iter(world.ground.holdings[relation.oid].rows.get(actor, ())), {})
    tenant, table = world.found.tenant_columns.get(relation.oid), world.shape.tables.get(relation.oid)
    keys = [
        each.child_columns for each in world.found.catalog.foreign_keys if each.child in (relation.oid, relation.root)
    ]
    # What is unique within a tenant may be the same in two.
    keys += [each.columns for each in table.keys if tenant not in each.columns] if table is not None else []
    kept = {tenant, *relation.key, *(name for columns in keys for name in columns)}
    texts = [each.name for each in relation.columns if each.category == "S" and not each.computed]
    return {name: own[name] for name in texts if name not in kept and own.get(name) is not None}
