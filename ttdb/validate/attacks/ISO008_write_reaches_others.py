'''
code = "ISO008"
name = "write-reaches-others"
severity = "error"
since = "0.1.0"
title = "What a tenant writes to its own rows changes another tenant's, through a trigger or a rule"
why = """
A trigger function or rule runs with rights that no policy holds, and does not keep to the tenant of the row that fired
it. A copy of one of the tenant's own rows is inserted, one is updated, and every tenants' table is searched for others'
rows that this wrote; all is rolled back.
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

from collections.abc import Iterator

from psycopg import sql

from ttdb.model import Action, Reach, Unproven
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.evidence import AS_OVERSEER, script, text
from ttdb.validate.ground import Row
from ttdb.validate.hole import Hole
from ttdb.validate.rows import copies, touch
from ttdb.validate.sessions import Acting, Mode, Statement
from ttdb.validate.world import Rights, World

_LARGE = 100_000  # rows of a table that are searched
_FIRING = sql.SQL(
    "select t.tgrelid::bigint from pg_catalog.pg_trigger as t join pg_catalog.pg_proc as f on f.oid = t.tgfoid"
    " where not t.tgisinternal and t.tgenabled <> 'D' and f.prosrc ~* '(insert|update|delete|merge|execute|perform)'"
    " union select w.ev_class::bigint from pg_catalog.pg_rewrite as w where w.ev_type <> '1'"
)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Write one's own row to each table that triggers or rules watch, and look for others' rows that were written."""
    watched = {row[0] for row in world.oversee(_FIRING).rows}
    told: set[int] = set()
    for role in world.app_attackers:
        for (who, oid), rights in world.rights.items():
            relation = world.relation(oid)
            if who == role and oid in watched and oid not in told and relation.kind in TABLES:
                for hole in _table(world, role, relation, rights):
                    told.add(oid)
                    yield hole


def _table(world: World, role: str, relation: Relation, rights: Rights) -> Iterator[Hole]:
    actor = world.actor(relation)
    own = (
        world.ground.holdings[relation.oid].rows.get(actor, ())
        if actor and relation.oid in world.ground.holdings
        else ()
    )
    if actor is None or not own:
        return
    for statements in _writes(world, relation, own[0], rights):
        with world.acting_as(role, world.context(actor), mode=Mode.REPEATABLE) as acting:
            outcomes = [acting.oversee(each) if early else acting.attempt(each) for early, each in statements]
            check = _written(world, acting, actor) if outcomes[-1].count > 0 else None
        if check is not None:
            target, shown = check
            become = text(sql.SQL("set local session authorization {}").format(sql.Identifier(role)))
            lines: list[Statement | str] = [f"{text(each)};" for early, each in statements if early]
            lines += [f"{become};", *(each for early, each in statements if not early), AS_OVERSEER, shown]
            action = Action.INSERT if any(early for early, _ in statements) else Action.UPDATE
            world.note(role, str(relation), action, Reach.LEAKS, "ISO008")
            yield Hole(
                object=str(relation),
                role=role,
                detail=f"when {role} writes its own row, a trigger or rule changes another tenant's in {target}",
                cause="triggers and rules write other tenants' rows",
                evidence=script(None, world.context(actor), *lines),
            )
            return


def _writes(world: World, relation: Relation, row: Row, rights: Rights) -> Iterator[list[tuple[bool, sql.Composed]]]:
    """Return ways to write, each a list of statements, of which the overseer runs the marked ones."""
    if rights.inserts:
        for copy in copies(world, relation, row, rights):
            yield [(True, copy.prepare), (False, copy.insert)]
    update = touch(world, relation, row, rights) if rights.updates else None
    if update is not None:
        yield [(False, update)]


def _written(world: World, acting: Acting, actor: str) -> tuple[Relation, sql.Composed] | None:
    """Return a table with another tenant's row that this transaction wrote, and a select that shows it."""
    for oid in world.ground.holdings:
        relation, column = world.relation(oid), world.found.tenant_columns.get(oid)
        if relation.kind not in TABLES or column is None or relation.root or relation.estimated_rows > _LARGE:
            continue
        select = sql.SQL(
            "select r.{} from {} as r where r.{}::text <> {}"
            " and age(r.xmin) <= age(pg_catalog.pg_current_xact_id()::xid) limit 3"
        ).format(sql.Identifier(column), relation.identifier, sql.Identifier(column), sql.Literal(actor))
        if acting.oversee(select).rows:
            return relation, select
    return None
