'''
code = "AUD009"
name = "function-clears-trail"
severity = "error"
since = "0.1.0"
title = "A function lets the application remove or change what the trail records"
why = """
No application role may write to the trail, and yet one may call a function that runs with its owner's rights and takes
records away, or writes over them: a purge without a bound, a correction. Each such function that names the trail is
called with what own and others' rows have, and the records that stood before must stand as they were. Records are
changed for that, so it is done only where the database may be harmed, and rolled back.
"""
bad = """
create function app.forget(p_table text) returns void
language sql security definer set search_path = ''
as 'delete from app.changes where table_name = p_table and org_id = app.org()';
"""
fix = """
drop function app.forget(text);
"""
stands_on = "trail"
given = """
insert into app.changes (org_id, table_name, action, login, new)
select o.org_id, 'orders', 'INSERT', 'example_app', to_jsonb(o) from app.orders as o;
"""
'''

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.catalog import Relation
from ttdb.validate.evidence import AS_OVERSEER, script
from ttdb.validate.functions import Call, Function, calls, functions
from ttdb.validate.ground import Row
from ttdb.validate.hole import Hole
from ttdb.validate.reaches import with_called, words_of
from ttdb.validate.world import World

_TAKES = re.compile(r"\b(?:delete|update|truncate|execute|merge|drop)\b", re.IGNORECASE)
_CALLS = 16


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Call each function that may take records away, and look whether they still stand."""
    for trail in world.found.trails if world.disposable else ():
        holding = world.ground.holdings.get(trail.relation.oid)
        for function in functions(world) if holding is not None else ():
            for tenant, rows in islice(holding.rows.items(), 1) if holding is not None else ():
                hole = _called(world, trail.relation, function, tenant, rows)
                if hole is not None:
                    yield hole


def _called(world: World, trail: Relation, function: Function, tenant: str, rows: Sequence[Row]) -> Hole | None:
    body = with_called(world.found.catalog, [function.body])
    other = next((each for each in world.ground.tenants if each != tenant), None)
    writes = (function.volatile or function.procedure) and _TAKES.search(body) is not None
    if not writes or trail.name.lower() not in words_of(body) or other is None:
        return None
    role, settings, lost = function.callers[0], world.context(tenant), _lost(world, trail, rows)
    # What another would be given to try are values of this tenant's rows, too.
    asked = (call for who in (other, tenant) for call in islice(calls(world, function, who), _CALLS))
    for call in asked:
        with world.acting_as(role, settings) as acting:
            gone = acting.attempt(call.statement).done and acting.oversee(lost).rows
        if gone:
            return _hole(trail, function, role, settings, call, lost)
    return None


def _lost(world: World, trail: Relation, rows: Sequence[Row]) -> sql.Composed:
    """Return a select that has a row where one of these records is gone, or was written since."""
    return sql.SQL(
        "select 'lost' where (select count(*) from {} as r where {}"
        " and age(r.xmin) > age(pg_catalog.pg_current_xact_id()::xid)) < {}"
    ).format(trail.identifier, world.identity(trail, list(rows)), sql.Literal(len(rows)))


def _hole(  # noqa: PLR0913, PLR0917 - one finding's facts
    trail: Relation, function: Function, role: str, settings: Mapping[str, str], call: Call, lost: sql.Composed
) -> Hole:
    return Hole(
        object=str(function),
        role=role,
        detail=f"{role} removes or changes records of the trail {trail} by calling {function}",
        cause="functions take away what the trail records",
        evidence=script(role, settings, call.statement, AS_OVERSEER, lost),
        fix=f"revoke execute on {'procedure' if function.procedure else 'function'} {function} from public, {role};",
    )
