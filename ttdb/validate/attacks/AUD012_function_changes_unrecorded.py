'''
code = "AUD012"
name = "function-changes-unrecorded"
severity = "error"
since = "0.1.0"
title = "A function changes rows that a trail records, and the trail has nothing of it"
why = """
A trigger records what the application changes by itself, and yet it may call a function that runs with its owner's
rights and sets the trigger aside: it disables it for the while, or becomes a replica. Each such function that writes a
recorded table is called with what rows have; where rows that stood are others afterwards or gone, a trail must hold
something, as it does when such a row is changed directly. Rows are changed for that, so it is done only where the
database may be harmed, and rolled back.
"""
bad = """
create function app.raise_totals() returns void
language plpgsql security definer set search_path = '' as $$
begin
    alter table app.orders disable trigger _900_note;
    update app.orders set total = total + 1 where org_id = app.org();
    alter table app.orders enable trigger _900_note;
end
$$;
"""
fix = """
create or replace function app.raise_totals() returns void
language sql security definer set search_path = ''
as 'update app.orders set total = total + 1 where org_id = app.org()';
"""
stands_on = "trail"
'''

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.acting import Acting
from ttdb.validate.catalog import Relation
from ttdb.validate.changes import BOOKKEEPING, changes
from ttdb.validate.discover.omitted import omitted
from ttdb.validate.discover.trails import Trail, Trigger
from ttdb.validate.evidence import AS_OVERSEER, script, text
from ttdb.validate.functions import Call, Function, calls, functions
from ttdb.validate.hole import Hole
from ttdb.validate.reaches import with_called, words_of
from ttdb.validate.rights import ALL
from ttdb.validate.world import World

_WRITES = re.compile(r"\b(?:update|delete|truncate|merge|execute)\b", re.IGNORECASE)
_CALLS, _TRIES, _LARGE = 16, 4, 20_000
_BEFORE = "ttdb.before"
_AT_ONCE = sql.SQL("set constraints all immediate")  # what waits for the commit records now


@dataclass(frozen=True, slots=True)
class _Case:
    """One function, called by one role for a tenant, and a table that it writes."""

    world: World
    function: Function
    role: str
    tenant: str
    relation: Relation
    left_out: tuple[str, ...]  # columns that a record need not tell of

    @property
    def trails(self) -> tuple[Trail, ...]:
        """The trails that the table is recorded in."""
        return tuple(each for each in self.world.found.trails if self.relation.oid in each.triggers)

    @property
    def state(self) -> sql.Composed:
        """Return the rows' number, and a sum that another value makes another."""
        return sql.SQL(
            "select count(*) as lines,"
            " coalesce(sum(pg_catalog.hashtextextended((to_jsonb(r.*) - {}::text[])::text, 0)), 0)::text as sum"
            " from {} as r"
        ).format(sql.Literal(list(self.left_out)), self.relation.identifier)

    @property
    def recorded(self) -> sql.Composed:
        """Return what has a row where some trail of the table holds something of this transaction."""
        fresh = sql.SQL("select 1 from {} as t where age(t.xmin) <= age(pg_catalog.pg_current_xact_id()::xid)")
        some = sql.SQL(" union all ").join(fresh.format(each.relation.identifier) for each in self.trails)
        return sql.SQL("select 'recorded' where exists ({})").format(some)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Call each function that may write a recorded table, and look whether that was recorded."""
    known: dict[int, bool] = {}
    for function in functions(world) if world.disposable and world.found.trails else ():
        for case in _cases(world, function):
            call = _unrecorded(case)
            if call is not None:
                oid = case.relation.oid
                known[oid] = known[oid] if oid in known else _is_recorded_directly(case)
                if known[oid]:
                    yield _hole(case, call)
                    break


def _cases(world: World, function: Function) -> Iterator[_Case]:
    body = with_called(world.found.catalog, [function.body])
    writes = _WRITES.search(body) is not None and (function.volatile or function.procedure)
    if not (writes and world.ground.tenants):
        return
    words = words_of(body)
    triggers = defaultdict[int, list[Trigger]](list)
    for trail in world.found.trails:
        for oid, each in trail.triggers.items():
            triggers[oid] += each
    for oid, several in triggers.items():
        relation = world.found.catalog.relations.get(oid)
        if relation is None or relation.root is not None or relation.name.lower() not in words:
            continue
        if relation.estimated_rows <= _LARGE and world.ground.holdings.get(oid):
            omits = [each.name for each in relation.columns if BOOKKEEPING.search(each.name)]
            omits += [name for each in several for name in omitted(each)]
            yield _Case(world, function, function.callers[0], world.ground.tenants[0], relation, tuple(omits))


def _unrecorded(case: _Case) -> Call | None:
    """Return a call after which rows are others or gone, and no trail has a word of it."""
    world, before = case.world, case.world.oversee(case.state).rows
    for call in islice(calls(world, case.function, case.tenant), _CALLS):
        with world.acting_as(case.role, world.context(case.tenant)) as acting:
            if not acting.attempt(call.statement).done:
                continue
            now = acting.oversee(case.state)
            if now.done and before and _is_changed(before[0], now.rows[0]) and _has_no_record(case, acting):
                return call
    return None


def _is_changed(before: Sequence[Any], now: Sequence[Any]) -> bool:
    """Tell whether rows that stood are others or gone: of new rows alone a history of former ones has nothing."""
    return bool(now[0] <= before[0] and now[1] != before[1])


def _has_no_record(case: _Case, acting: Acting) -> bool:
    """Tell whether the trails were looked at and have nothing: the time that locks may be held can be up before."""
    acting.oversee(_AT_ONCE)
    recorded = acting.oversee(case.recorded)
    return recorded.done and not recorded.rows


def _is_recorded_directly(case: _Case) -> bool:
    """Tell whether the trails hold something once a row of the table is changed without the function."""
    world, holding = case.world, case.world.ground.holdings[case.relation.oid]
    for tenant, rows in holding.rows.items():
        for _, _, update in islice(changes(world, case.relation, rows[0], ALL, ""), _TRIES) if rows else ():
            with world.acting_as(case.role, world.context(tenant)) as acting:
                if acting.oversee(update).count and not _has_no_record(case, acting):
                    return True
    return False


def _hole(case: _Case, call: Call) -> Hole:
    world, function, role = case.world, case.function, case.role
    state = sql.SQL("(select s.lines || ' ' || s.sum from ({}) as s)").format(case.state)
    kept = sql.SQL("select pg_catalog.set_config({}, {}, true)").format(sql.Literal(_BEFORE), state)
    become = sql.SQL("set local session authorization {}").format(sql.Identifier(role))
    lost = sql.SQL("select 'not recorded' where {} <> pg_catalog.current_setting({}) and not exists ({})").format(
        state, sql.Literal(_BEFORE), case.recorded
    )
    settings = world.context(case.tenant)
    lines = (f"{text(kept)};", f"{text(become)};", call.statement, AS_OVERSEER, f"{text(_AT_ONCE)};", lost)
    trails = ", ".join(str(each.relation) for each in case.trails)
    return Hole(
        object=str(function),
        role=role,
        detail=f"{role} changes {case.relation} by calling {function}, and nothing is recorded in {trails}",
        cause="functions change rows without a record",
        evidence=script(None, settings, *lines),
        fix=f"revoke execute on {'procedure' if function.procedure else 'function'} {function} from public, {role};",
    )
