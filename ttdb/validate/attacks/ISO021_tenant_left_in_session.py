'''
code = "ISO021"
name = "tenant-left-in-session"
severity = "warning"
since = "0.1.0"
title = "A function leaves a tenant in the session"
why = """
It sets the tenant for the session and not for the transaction: behind a pool the next client of that connection, who
forgets to set one, works silently for somebody else's. The function is called in a transaction that may not write and
is committed; what outlives it is shown. One that must write to get there is judged by its body.
"""
bad = """
create function app.enter(p_org uuid) returns void language plpgsql set search_path = '' as $$
begin
    perform pg_catalog.set_config('app.org', p_org::text, false);
end
$$;
"""
fix = """
drop function app.enter(uuid);
"""
'''

from collections.abc import Iterator

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.evidence import text
from ttdb.validate.functions import Function, calls, functions
from ttdb.validate.hole import Hole
from ttdb.validate.scope import set_for_session
from ttdb.validate.world import World

_CALLS = 3


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Call the functions that set something, and see what is set afterwards."""
    watched = (*world.found.tenant_settings, *(each for each in world.found.other_settings if "." in each))
    for function in functions(world, "setters"):
        named = [name for name in set_for_session(function.body) if name in watched]
        if not named:
            continue
        evidence = _left(world, function, list(dict.fromkeys(named)))
        yield Hole(
            object=str(function),
            role=function.callers[0],
            detail=f"{function} sets {', '.join(dict.fromkeys(named))} for the session, not for the transaction",
            cause="functions leave a tenant in the session",
            evidence=evidence
            or text(
                sql.SQL("select p.prosrc from pg_catalog.pg_proc as p where p.oid = {};").format(
                    sql.Literal(function.oid)
                )
            ),
            fix=f"-- in {function}: set_config(name, value, true), or set local",
        )


def _left(world: World, function: Function, names: list[str]) -> str:
    """Return a script that shows what a call leaves behind; nothing where no call could be made."""
    actor, role = next(iter(world.ground.tenants), None), function.callers[0]
    for number, call in enumerate(calls(world, function, actor) if actor is not None else ()):
        if number >= _CALLS:
            break
        world.probes += 1
        left = world.sessions.left_by(role, call.statement, names)
        if left:
            name = sql.Literal(next(iter(left)))
            become = sql.SQL("set local session authorization {}").format(sql.Identifier(role))
            show = sql.SQL("select 'left behind' where nullif(pg_catalog.current_setting({}, true), '') is not null")
            lines = [
                "begin transaction read only",
                text(become),
                text(call.statement),
                "commit",
                text(show.format(name)),
            ]
            return "\n".join(f"{line};" for line in lines)
    return ""
