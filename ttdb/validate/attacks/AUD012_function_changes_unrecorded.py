'''
code = "AUD012"
name = "function-changes-unrecorded"
severity = "error"
since = "0.1.0"
title = "A function changes rows that a trail records, and the trail has nothing of it"
why = """
A trigger records what the application changes by itself, and yet it may call a function that runs with its owner's
rights and sets the trigger aside: it disables it for the while, or becomes a replica. Each such function that writes a
recorded table is called with what rows have; where values of the table are others afterwards, the trail must hold
something. Rows are changed for that, so it is done only where the database may be harmed, and rolled back.
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
given = """
create table app.changes (
    id bigint generated always as identity primary key,
    org_id uuid not null references app.orgs on delete cascade, table_name text not null, action text not null,
    login text not null, old jsonb, new jsonb
);
create index changes_org_id_idx on app.changes (org_id);
alter table app.changes enable row level security;
alter table app.changes force row level security;
create policy write_all on app.changes for insert to example_owner with check (true);
create function app.tg__note() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    insert into app.changes (org_id, table_name, action, login, old, new)
    values (coalesce(new.org_id, old.org_id), tg_table_name, tg_op, session_user, to_jsonb(old), to_jsonb(new));
    return null;
end
$$;
revoke execute on function app.tg__note() from public;
alter table app.changes owner to example_owner;
alter function app.tg__note() owner to example_owner;
create trigger _900_note after insert or update or delete on app.orders for each row execute function app.tg__note();
"""
'''

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.catalog import Relation
from ttdb.validate.changes import BOOKKEEPING
from ttdb.validate.discover.trails import DELETE, INSERT, UPDATE, Trail, Trigger
from ttdb.validate.evidence import AS_OVERSEER, script, text
from ttdb.validate.functions import Call, Function, calls, functions
from ttdb.validate.hole import Hole
from ttdb.validate.reaches import with_called, words_of
from ttdb.validate.world import World

_WRITES = re.compile(r"\b(?:insert|update|delete|merge|execute)\b", re.IGNORECASE)
_SOMETIMES = re.compile(r"\b(?:WHEN \(|UPDATE OF)")
_CALLS, _LARGE = 16, 100_000
_BEFORE = "ttdb.before"


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Call each function that may write a recorded table, and look whether that was recorded."""
    for trail in world.found.trails if world.disposable else ():
        always = [oid for oid, each in trail.triggers.items() if _records_all(each)]
        known = [world.relation(oid) for oid in always if oid in world.found.catalog.relations]
        recorded = [each for each in known if each.estimated_rows <= _LARGE and each.root is None]
        for function in functions(world) if recorded else ():
            hole = _called(world, trail, function, recorded)
            if hole is not None:
                yield hole


def _records_all(triggers: Sequence[Trigger]) -> bool:
    """Tell whether each change is recorded: of what is recorded now and then, no function need make a record."""
    always = [each for each in triggers if each.fires and not _SOMETIMES.search(each.definition)]
    return all(any(each.kind & verb for each in always) for verb in (INSERT, UPDATE, DELETE))


def _called(world: World, trail: Trail, function: Function, recorded: list[Relation]) -> Hole | None:
    body = with_called(world.found.catalog, [function.body])
    words = words_of(body)
    written = [each for each in recorded if each.name.lower() in words]
    if not (written and _WRITES.search(body) and (function.volatile or function.procedure)):
        return None
    role = function.callers[0]
    for tenant in world.ground.tenants[:1]:
        settings = world.context(tenant)
        for call in islice(calls(world, function, tenant), _CALLS):
            with world.acting_as(role, settings) as acting:
                before = {each.oid: acting.oversee(_state(each)).rows for each in written}
                done = acting.attempt(call.statement).done and not acting.oversee(_recorded(trail)).rows
                now = {each.oid: acting.oversee(_state(each)).rows for each in written} if done else before
            # None where the time that locks may be held was up, and nobody looked.
            changed = [each for each in written if before[each.oid] and now[each.oid] not in ([], before[each.oid])]
            if changed:
                return _hole(trail, changed[0], function, role, settings, call)
    return None


def _state(relation: Relation) -> sql.Composed:
    """Return a select of one number that another value makes another; what a trail may well leave out apart."""
    left_out = [each.name for each in relation.columns if BOOKKEEPING.search(each.name)]
    return sql.SQL(
        "select coalesce(sum(pg_catalog.hashtextextended((to_jsonb(r.*) - {}::text[])::text, 0)), 0)::text from {} as r"
    ).format(sql.Literal(left_out), relation.identifier)


def _recorded(trail: Trail) -> sql.Composed:
    return sql.SQL(
        "select 'recorded' from {} as t where age(t.xmin) <= age(pg_catalog.pg_current_xact_id()::xid) limit 1"
    ).format(trail.relation.identifier)


def _hole(  # noqa: PLR0913, PLR0917 - one finding's facts
    trail: Trail, relation: Relation, function: Function, role: str, settings: Mapping[str, str], call: Call
) -> Hole:
    state = text(_state(relation))
    lost = (
        f"select 'not recorded' where ({state}) <> pg_catalog.current_setting('{_BEFORE}')"
        f" and not exists ({text(_recorded(trail))});"
    )
    become = sql.SQL("set local session authorization {}").format(sql.Identifier(role))
    kept = f"select pg_catalog.set_config('{_BEFORE}', ({state}), true);"
    return Hole(
        object=str(function),
        role=role,
        detail=f"{role} changes {relation} by calling {function}, and nothing is recorded in {trail.relation}",
        cause="functions change rows without a record",
        evidence=script(None, settings, kept, f"{text(become)};", call.statement, AS_OVERSEER, lost),
        fix=f"revoke execute on {'procedure' if function.procedure else 'function'} {function} from public, {role};",
    )
