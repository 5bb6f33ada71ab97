'''
code = "FNC016"
name = "caller-writes-sql"
severity = "error"
since = "0.1.0"
title = "A function with its owner's rights runs SQL that its caller writes"
why = """
Called with a text that is no SQL, or fired by a row that holds it, it is refused for bad syntax in the very statement
that holds the text: what a session gives is read as SQL, and runs with the rights of an owner whom no policy holds to a
tenant. Values belong into USING, or into format() as %L and %I; which of several columns is meant belongs into a list
that is compared with.
"""
bad = """
create function app.orders_by(p_column text) returns setof app.orders
language plpgsql stable security definer set search_path = '' as $$
begin
    return query execute 'select * from app.orders where org_id = app.org() order by ' || p_column;
end
$$;
revoke execute on function app.orders_by from public;
grant execute on function app.orders_by to example_app;
"""
fix = """
create or replace function app.orders_by(p_column text) returns setof app.orders
language plpgsql stable security definer set search_path = '' as $$
begin
    return query execute format('select * from app.orders where org_id = app.org() order by %I', p_column);
end
$$;
"""
subsumed_by = ["FNC004"]
'''

from collections.abc import Iterator

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.evidence import script, text
from ttdb.validate.functions import Function, calls_with, functions
from ttdb.validate.hole import Hole
from ttdb.validate.oracle import may
from ttdb.validate.queries import query
from ttdb.validate.sessions import Mode
from ttdb.validate.world import World

# Wherever a statement has it, inside of quotes or not, that statement is none.
_NO_SQL = "ttdb'\"("
_SYNTAX, _TOLD = "42601", "ttdb.told"
_POWERFUL = f"({query('powerful_roles')}) as q on q.role = pg_catalog.pg_get_userbyid(p.proowner) and p.prosecdef"
_OWNERS = sql.SQL("select p.oid::bigint from pg_catalog.pg_proc as p inner join {}").format(sql.SQL(_POWERFUL))
_TRIGGERS = sql.SQL(
    "select distinct t.tgrelid::bigint, n.nspname::text || '.' || p.proname || '()' from pg_catalog.pg_trigger as t"
    " inner join pg_catalog.pg_proc as p on t.tgfoid = p.oid and p.prosrc ~* '\\mexecute\\M'"
    " inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace inner join {}"
    " where not t.tgisinternal and t.tgenabled <> 'D' order by 2, 1"
).format(sql.SQL(_POWERFUL))
_SHOWN = sql.SQL("select 'read as SQL' where pg_catalog.current_setting({}, true) = {}").format(
    sql.Literal(_TOLD), sql.Literal(_SYNTAX)
)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Call each function that may run text as SQL with a text that is none."""
    actor = next(iter(world.ground.tenants), None)
    if actor is None:
        return
    dynamic = [each for each in functions(world) if each.dynamic and each.kind != "a"]
    powerful = {oid for (oid,) in world.oversee(_OWNERS).rows} if dynamic else set()
    for function in dynamic:
        if function.oid in powerful:
            hole = _function(world, function, actor)
            if hole is not None:
                yield hole
    for oid, name in world.oversee(_TRIGGERS).rows:
        hole = _fired(world, oid, name, actor) if oid in world.found.catalog.relations else None
        if hole is not None:
            yield hole


def _fired(world: World, oid: int, name: str, actor: str) -> Hole | None:
    """Write the text to each column of a row of the tenant's own."""
    relation, holding = world.relation(oid), world.ground.holdings.get(oid)
    row = next(iter(holding.rows.get(actor, ())), None) if holding is not None else None
    role = next((each for each in world.app_attackers if may(world, each, relation, "w")), None)
    if row is None or role is None:
        return None
    settings, form = world.context(actor), sql.SQL("update {} as r set {} = {} where {}")
    with world.acting_as(role, settings) as acting:
        for column in relation.columns:
            if column.category == "S" and not column.computed and column.name not in relation.key:
                value, same = sql.Literal(_NO_SQL), world.identity(relation, [row])
                change = form.format(relation.identifier, sql.Identifier(column.name), value, same)
                outcome = acting.tried(change)
                if outcome.sqlstate == _SYNTAX and _NO_SQL in outcome.built:
                    return _hole(name, role, script(role, settings, _caught(text(change)), _SHOWN))
    return None


def _function(world: World, function: Function, actor: str) -> Hole | None:
    role, settings = function.callers[0], world.context(actor)
    with world.acting_as(role, settings, mode=Mode.READ_ONLY) as acting:
        for call in calls_with(world, function, actor, _NO_SQL):
            outcome = acting.attempt(call.statement)
            # A text that another parser refuses, as that of searches, stands in no statement.
            if outcome.sqlstate == _SYNTAX and _NO_SQL in outcome.built:
                called = text(call.statement)
                called = called if function.procedure else f"perform {called.removeprefix('select ')}"
                return _hole(str(function), role, script(role, settings, _caught(called), _SHOWN))
    return None


def _hole(name: str, role: str, evidence: str) -> Hole:
    return Hole(
        object=name,
        role=role,
        detail=f"{name} reads what {role} gives as SQL, and runs it as its owner",
        cause="functions with their owner's rights run what their callers give",
        evidence=evidence,
        fix=f"-- let {name} take values by USING, and names by format() as %I",
    )


def _caught(called: str) -> str:
    """Return a block that does it and keeps the code of the refusal."""
    return (
        f"do $call$ begin {called}; exception when syntax_error then"
        f" perform pg_catalog.set_config('{_TOLD}', sqlstate, true); end $call$;"
    )
