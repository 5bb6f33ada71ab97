'''
code = "FNC016"
name = "caller-writes-sql"
severity = "error"
since = "0.1.0"
title = "A function with its owner's rights runs SQL that its caller writes"
why = """
Called with a text that is no SQL, it is refused for bad syntax in the very statement that holds the text: what the
caller gives is read as SQL, and runs with the rights of an owner whom no policy holds to a tenant. Values belong into
USING, or into format() as %L and %I; which of several columns is meant belongs into a list that is compared with.
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
from ttdb.validate.functions import Call, Function, calls_with, functions
from ttdb.validate.hole import Hole
from ttdb.validate.queries import query
from ttdb.validate.sessions import Mode
from ttdb.validate.world import World

# Wherever a statement has it, inside of quotes or not, that statement is none.
_NO_SQL = "ttdb'\"("
_SYNTAX, _TOLD = "42601", "ttdb.told"
_OWNERS = sql.SQL(
    "select p.oid::bigint from pg_catalog.pg_proc as p"  # noqa: S608 - our own query
    f" inner join ({query('powerful_roles')}) as q on q.role = pg_catalog.pg_get_userbyid(p.proowner)"
    " where p.prosecdef"
)
_SHOWN = sql.SQL("select 'read as SQL' where pg_catalog.current_setting({}, true) = {}").format(
    sql.Literal(_TOLD), sql.Literal(_SYNTAX)
)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Call each function that may run text as SQL with a text that is none."""
    actor = next(iter(world.ground.tenants), None)
    dynamic = [each for each in functions(world) if each.dynamic and each.kind != "a"] if actor is not None else []
    powerful = {oid for (oid,) in world.oversee(_OWNERS).rows} if dynamic else set()
    for function in dynamic:
        if actor is not None and function.oid in powerful:
            hole = _function(world, function, actor)
            if hole is not None:
                yield hole


def _function(world: World, function: Function, actor: str) -> Hole | None:
    role, settings = function.callers[0], world.context(actor)
    with world.acting_as(role, settings, mode=Mode.READ_ONLY) as acting:
        for call in calls_with(world, function, actor, _NO_SQL):
            outcome = acting.attempt(call.statement)
            # A text that another parser refuses, as that of searches, stands in no statement.
            if outcome.sqlstate == _SYNTAX and _NO_SQL in outcome.built:
                return Hole(
                    object=str(function),
                    role=role,
                    detail=f"{function} reads what {role} gives as SQL, and runs it as its owner",
                    cause="functions with their owner's rights run what their callers give",
                    evidence=script(role, settings, _caught(function, call), _SHOWN),
                    fix=f"-- let {function} take values by USING, and names by format() as %I",
                )
    return None


def _caught(function: Function, call: Call) -> str:
    """Return a block that makes the call and keeps the code of its refusal."""
    called = text(call.statement)
    called = called if function.procedure else f"perform {called.removeprefix('select ')}"
    return (
        f"do $call$ begin {called}; exception when syntax_error then"
        f" perform pg_catalog.set_config('{_TOLD}', sqlstate, true); end $call$;"
    )
