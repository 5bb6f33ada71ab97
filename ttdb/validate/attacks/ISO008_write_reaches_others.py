'''
code = "ISO008"
name = "write-reaches-others"
severity = "error"
since = "0.1.0"
title = "What a tenant writes to its own rows changes another tenant's, through a trigger or a rule"
why = """
A trigger function or rule runs with rights that no policy holds, and does not keep to the tenant of the row that fired
it. A copy of one of the tenant's own rows is inserted, one is updated, and every tenants' table is searched for others'
rows that this wrote; all is rolled back. On a database that may be harmed, rows are written, too, that say what others'
rows say, in the same table or in those that the trigger or rule names: it may find rows by that.
"""
bad = """
create function app.tg__spread() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    update app.order_items set title = 'changed' where org_id <> new.org_id;
    return new;
end
$$;
create trigger _500_spread after insert on app.customers for each row execute function app.tg__spread();
"""
fix = """
drop trigger _500_spread on app.customers;
drop function app.tg__spread();
"""
'''

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from psycopg import sql

from ttdb.model.validation import Action, Reach, Unproven
from ttdb.validate.acting import Acting
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.conditions import rendered
from ttdb.validate.deeds import deeds
from ttdb.validate.evidence import AS_OVERSEER, script, text
from ttdb.validate.ground import Row
from ttdb.validate.hole import Hole
from ttdb.validate.rights import Rights
from ttdb.validate.rows import copies, delete, touch
from ttdb.validate.sessions import Mode
from ttdb.validate.settling import ways
from ttdb.validate.world import World

if TYPE_CHECKING:
    from ttdb.validate.outcomes import Statement

_LARGE, _LARGE_IN_PLACE = 100_000, 2_000  # rows of a table that are searched; in place while a row is locked
_AT_ONCE = 50  # tables in one statement
_FIRING = sql.SQL(
    "select t.tgrelid::bigint from pg_catalog.pg_trigger as t join pg_catalog.pg_proc as f on f.oid = t.tgfoid"
    " where not t.tgisinternal and t.tgenabled <> 'D' and f.prosrc ~* '(insert|update|delete|merge|execute|perform)'"
    " union select w.ev_class::bigint from pg_catalog.pg_rewrite as w where w.ev_type <> '1'"
)

_Way = list[tuple[bool, sql.Composed]]  # statements, of which the overseer runs the marked ones
_Check = tuple[Relation, sql.Composed]  # a table with another's row that was written, and a select that shows it


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Write one's own row to each table that triggers or rules watch, and look for others' rows that were written."""
    watched = {row[0] for row in world.oversee(_FIRING).rows}
    told: set[int] = set()
    for role in world.app_attackers:
        likenesses = _likenesses(world, role)
        for (who, oid), rights in world.rights.items():
            relation = world.relation(oid)
            if who == role and oid in watched and oid not in told and relation.kind in (*TABLES, "v"):
                for hole in _table(world, role, relation, rights, likenesses.get(oid, [])):
                    told.add(oid)
                    yield hole


def _likenesses(world: World, role: str) -> dict[int, _Way]:
    """Return, by table, what gives the tenant's own rows another's values: a trigger may know others' rows by these."""
    actor = next(iter(world.ground.tenants), None)
    found: dict[int, _Way] = {}
    listed = deeds(world, role, actor) if world.disposable and actor is not None else ()
    several = [(deed.oid, ways(world, deed.statement)) for deed in listed if deed.own]
    # What the commit would refuse stands last: nothing that waits can be fired after it.
    for place in range(max((len(each) for _, each in several), default=0)):
        for oid, each in several:
            found.setdefault(oid, []).append((False, each[place]))
    return found


def _table(world: World, role: str, relation: Relation, rights: Rights, likeness: _Way) -> Iterator[Hole]:
    actor = world.actor(relation)
    if actor is None:
        return
    own = world.ground.holdings[relation.oid].rows.get(actor, ()) if relation.oid in world.ground.holdings else ()
    if relation.kind == "v":
        writes = _through_view(world, relation, rights)
    else:
        writes = chain(_writes(world, relation, own[0], rights) if own else (), [[likeness]] if likeness else [])
    for alike in writes:
        for way in alike:
            with world.acting_as(role, world.context(actor), mode=Mode.REPEATABLE) as acting:
                made = [(early, each) for early, each in way if _made(acting, each, early=early)]
                done = bool(made) and not made[-1][0]
                check = _written(world, acting, actor) if done else None
            if check is not None:
                yield _hole(world, role, relation, *_narrowed(world, role, relation, made, check))
                return
            if done:
                break


def _made(acting: Acting, statement: sql.Composed, *, early: bool) -> bool:
    return (acting.oversee(statement) if early else acting.attempt(statement)).count > 0


def _narrowed(world: World, role: str, relation: Relation, way: _Way, check: _Check) -> tuple[_Way, _Check]:
    """Return the one write of several that does it alone, if one does."""
    actor = world.actor(relation)
    if actor is not None and len(way) > 1 and not any(early for early, _ in way):
        for each in way:
            with world.acting_as(role, world.context(actor), mode=Mode.REPEATABLE) as acting:
                alone = _written(world, acting, actor) if _made(acting, each[1], early=False) else None
            if alone is not None:
                return [each], alone
    return way, check


def _hole(world: World, role: str, relation: Relation, way: _Way, check: _Check) -> Hole:
    target, shown = check
    become = text(sql.SQL("set local session authorization {}").format(sql.Identifier(role)))
    lines: list[Statement | str] = [f"{text(each)};" for early, each in way if early]
    lines += [f"{become};", *(each for early, each in way if not early), AS_OVERSEER, shown]
    first = text(next(each for early, each in way if not early))
    action = next(each for each in (Action.INSERT, Action.UPDATE, Action.DELETE) if first.startswith(each.value))
    world.note(role, str(relation), action, Reach.LEAKS, "ISO008")
    return Hole(
        object=str(relation),
        role=role,
        detail=f"when {role} writes its own row, a trigger or rule changes another tenant's in {target}",
        cause="triggers and rules write other tenants' rows",
        evidence=script(None, world.context(world.actor(relation)), *lines),
    )


def _writes(world: World, relation: Relation, row: Row, rights: Rights) -> Iterator[Iterable[_Way]]:
    """Return what to write, each in ways of which the first that is not refused does."""
    if rights.inserts:
        found = copies(world, relation, row, rights)
        yield ([(True, copy.prepare), (False, each)] for copy in found for each in ways(world, copy.insert))
    update = touch(world, relation, row, rights) if rights.updates else None
    if update is not None:
        yield [[(False, each)] for each in ways(world, update)]
    remove = delete(world, relation, row, rights) if rights.deletes and world.disposable else None
    if remove is not None:
        yield [[(False, each)] for each in ways(world, remove)]


def _through_view(world: World, view: Relation, rights: Rights) -> Iterator[Iterable[_Way]]:
    """Return updates of all that a view shows: what its triggers write is not in its text."""
    if not rights.updates or not world.disposable:
        return
    for column in reversed(view.columns):
        if column.name != world.found.tenant_columns.get(view.oid):
            name = sql.Identifier(column.name)
            update = sql.SQL("update {} set {} = {}").format(view.identifier, name, name)
            yield [[(False, each)] for each in ways(world, update)]


def _written(world: World, acting: Acting, actor: str) -> _Check | None:
    """Return a table with another tenant's row that this transaction wrote, and a select that shows it."""
    selects, questions = world.once(("written", actor), lambda: _questions(world, actor))
    for any_of in questions:
        for row in acting.oversee(any_of).rows:
            return world.relation(row[0]), selects[row[0]]
    return None


def _questions(world: World, actor: str) -> tuple[dict[int, sql.Composed], list[sql.Composed]]:
    """Return the selects of what this transaction wrote for others, by table, and what asks of many at once."""
    selects = {relation.oid: _select(relation, column, actor) for relation, column in _searched(world)}
    oids = list(selects)
    questions = [
        sql.SQL(" union all ").join(
            sql.SQL("select {} where exists ({})").format(sql.Literal(oid), selects[oid])
            for oid in oids[start : start + _AT_ONCE]
        )
        for start in range(0, len(oids), _AT_ONCE)
    ]
    return selects, [rendered(each) for each in questions]


def _searched(world: World) -> Iterator[tuple[Relation, str]]:
    most = _LARGE if world.disposable else _LARGE_IN_PLACE
    for oid in world.ground.holdings:
        relation, column = world.relation(oid), world.found.tenant_columns.get(oid)
        if relation.kind in TABLES and column and not relation.root and relation.estimated_rows <= most:
            yield relation, column


def _select(relation: Relation, column: str, actor: str) -> sql.Composed:
    return sql.SQL(
        "select r.{} from {} as r where r.{}::text <> {}"
        " and age(r.xmin) <= age(pg_catalog.pg_current_xact_id()::xid) limit 3"
    ).format(sql.Identifier(column), relation.identifier, sql.Identifier(column), sql.Literal(actor))
