'''
code = "MSK006"
name = "function-returns-raw-value"
severity = "error"
since = "0.1.0"
title = "A function gives a masked role a raw personal value"
why = """
It runs with its owner's rights and may be called by a role that should see masks only: what it returns to that role, in
its own tenant, holds a value of a personal column that was not among the arguments.
"""
bad = """
create function app.email_of(p_customer_id uuid) returns text
language sql stable security definer set search_path = ''
as 'select c.email from app.customers as c where c.id = p_customer_id and c.org_id = app.org()';
"""
fix = """
drop function app.email_of(uuid);
"""
'''

from collections.abc import Iterator
from operator import attrgetter

from psycopg import sql

from ttdb.model.validation import Severity, Unproven
from ttdb.validate.evidence import script
from ttdb.validate.functions import Function, calls, functions
from ttdb.validate.hole import Hole
from ttdb.validate.personal import Kind, Personal, personal
from ttdb.validate.sessions import Mode
from ttdb.validate.taint import texts_of
from ttdb.validate.world import World

_TELLING = 6
_PARTS = (Kind.TEXT, Kind.DOCUMENT)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Call the functions that a masked role may call, with values of its own tenant."""
    if len(world.ground.tenants) < 2:  # noqa: PLR2004 - arguments are drawn from the rows of one, as against another
        return
    tenant, other = world.ground.tenants[:2]
    values = _values(world, tenant)
    for function in functions(world):
        for role in function.callers:
            hole = (
                _call(world, function, role, tenant, other=other, values=values)
                if role in world.found.roles.masked
                else None
            )
            if hole is not None:
                yield hole
                break


def _values(world: World, tenant: str) -> dict[str, Personal]:
    """Return raw values, in lower case, and the columns that they are from, surely personal ones first."""
    found: dict[str, Personal] = {}
    for each in sorted(personal(world.found), key=attrgetter("inferred")):
        holding = world.ground.holdings.get(each.relation.oid)
        for row in holding.rows.get(tenant, ()) if holding and each.kind not in _PARTS else ():
            value = row.get(each.column.name)
            if (isinstance(value, str) or each.kind is Kind.AMOUNT) and len(str(value)) >= _TELLING:
                found.setdefault(str(value).lower(), each)
    return found


def _call(  # noqa: PLR0913 - one function and its caller
    world: World, function: Function, role: str, tenant: str, *, other: str, values: dict[str, Personal]
) -> Hole | None:
    settings = world.context(tenant)
    writes = world.disposable and (function.volatile or function.procedure)
    for call in calls(world, function, other):
        with world.acting_as(role, settings, mode=Mode.PLAIN if writes else Mode.READ_ONLY) as acting:
            outcome = acting.attempt(call.statement)
        seen = [text.lower() for row in outcome.rows for value in row for text in texts_of(value)]
        given = " ".join(call.given).lower()
        raw = next((value for value, each in values.items() if value not in given and _shows(seen, value, each)), None)
        if raw is not None:
            shown = sql.SQL("select 'raw value' from ({}) as x where strpos(lower(x::text), {}) > 0").format(
                call.statement, sql.Literal(raw)
            )
            return Hole(
                object=str(function),
                role=role,
                detail=f"{function} gives {role} raw values of {values[raw]}",
                cause="functions give raw values to masked roles",
                severity=Severity.WARNING if values[raw].inferred else None,
                evidence=script(role, settings, shown),
                fix=f"revoke execute on function {function} from public, {role};",
            )
    return None


def _shows(seen: list[str], value: str, source: Personal) -> bool:
    """Tell whether a value is in what came back: a number by itself, as the digits of others may hold it."""
    return value in seen if source.kind is Kind.AMOUNT else any(value in text for text in seen)
