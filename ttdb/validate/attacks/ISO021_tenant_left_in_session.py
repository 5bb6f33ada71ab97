'''
code = "ISO021"
name = "tenant-left-in-session"
severity = "warning"
since = "0.1.0"
title = "A function leaves a tenant, or its rows, in the session"
why = """
It sets the tenant for the session and not for the transaction: behind a pool the next client of that connection, who
forgets to set one, works silently for somebody else's. The function is called in a transaction that may not write and
is committed; what outlives it is shown. One that must write to get there, as one of a trigger, is judged by its body.
So is one that leaves tenants' rows in a temporary table that no commit drops: the next client reads them.
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

import re
from collections.abc import Iterator
from itertools import islice

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.evidence import text
from ttdb.validate.functions import Function, calls, functions
from ttdb.validate.hole import Hole
from ttdb.validate.reaches import tables_in
from ttdb.validate.scope import may_set_for_session, set_for_session
from ttdb.validate.world import World

_CALLS = 3
_MAKES = re.compile(
    r"\bcreate\s+(?:local\s+|global\s+)?temp(?:orary)?\s+table\s+(?:if\s+not\s+exists\s+)?(?:pg_temp\.)?\"?(\w+)([^;]*)",
    re.IGNORECASE,
)
_ENDS = re.compile(r"\bon\s+commit\s+(?:drop|delete)\b", re.IGNORECASE)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Call the functions that set something, and see what is set afterwards."""
    watched = (*world.found.tenant_settings, *(each for each in world.found.other_settings if "." in each))
    for function in functions(world, "setters"):
        of_trigger = function.returns == "trigger"
        known = world.found.tenant_settings if of_trigger else watched
        named = list(dict.fromkeys(name for name in set_for_session(function.body) if name in known))
        shown = ""
        if not of_trigger and (named or (may_set_for_session(function.body) and not _asks_how_long(function))):
            left, shown = _left(world, function, named or list(world.found.tenant_settings))
            named = named or left
        if named:
            yield _hole(function, named, shown)
        yield from _rows_left(world, function)


def _rows_left(world: World, function: Function) -> Iterator[Hole]:
    """Look for temporary tables that outlive the transaction, of a function that reads tenants' tables."""
    for name, how in _MAKES.findall(function.body):
        filled = re.findall(
            rf"\binsert\s+into\s+(?:pg_temp\.)?\"?{re.escape(name)}\b([^;]*)", function.body, re.IGNORECASE
        )
        named = tables_in(world.found.catalog, " ".join((how, *filled)))
        read = [each for each in map(world.relation, named) if world.belongs(each)]
        emptied = rf"\b(?:drop\s+table|truncate|delete\s+from)\b[^;]*\b{re.escape(name)}\b"
        if read and not _ENDS.search(how) and not re.search(emptied, function.body, re.IGNORECASE):
            yield Hole(
                object=str(function),
                role=function.callers[0],
                detail=f"{function} leaves rows of {read[0]} in the temporary table {name}, which the"
                " next client of the connection reads, whatever its tenant",
                cause="functions leave rows in the session",
                evidence=_text_of(function),
                fix=f"-- in {function}: create temporary table {name} … on commit drop",
            )
            return


def _text_of(function: Function) -> str:
    return text(
        sql.SQL("select p.prosrc from pg_catalog.pg_proc as p where p.oid = {};").format(sql.Literal(function.oid))
    )


def _asks_how_long(function: Function) -> bool:
    """Tell whether each caller must say yes or no to something: then it is he who sets it for the session."""
    kinds = zip(function.argument_types, function.argument_defaults, strict=True)
    return any(kind == "boolean" and default is None for kind, default in kinds)


def _hole(function: Function, named: list[str], evidence: str) -> Hole:
    return Hole(
        object=str(function),
        role=function.callers[0],
        detail=f"{function} sets {', '.join(named)} for the session, not for the transaction",
        cause="functions leave a tenant in the session",
        evidence=evidence or _text_of(function),
        fix=f"-- in {function}: set_config(name, value, true), or set local",
    )


def _left(world: World, function: Function, names: list[str]) -> tuple[list[str], str]:
    """Return what a call leaves behind and a script that shows it; nothing where no call could be made."""
    actor, role = next(iter(world.ground.tenants), None), function.callers[0]
    # Where arguments have defaults, the first call gives nulls, and the second leaves out what has one.
    which = (1, 2) if any(function.argument_defaults) else (0, _CALLS)
    for call in islice(calls(world, function, actor), *which) if actor is not None else ():
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
            return list(left), "\n".join(f"{line};" for line in lines)
    return [], ""
