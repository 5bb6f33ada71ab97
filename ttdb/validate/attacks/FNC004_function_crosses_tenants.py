'''
code = "FNC004"
name = "function-crosses-tenants"
severity = "error"
since = "0.1.0"
title = "A function with its owner's rights gives a session of one tenant what belongs to another"
why = """
The application may call it, policies do not hold for its owner, and it does not check who asks: called with another
tenant's keys it returns that tenant's rows, what it returns changes with them, or it changes them. Functions are
called with values from other tenants' rows, those that may write in read-only transactions, unless the database may be
harmed; all is rolled back.
"""
bad = """
create function app.orders_of(p_org uuid) returns setof app.orders
language sql stable security definer set search_path = ''
as 'select * from app.orders where org_id = p_org';
"""
fix = """
drop function app.orders_of(uuid);
"""
'''

import json
from collections.abc import Iterator

from psycopg import sql

from ttdb.model import Action, Reach, Unproven
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.evidence import AS_OVERSEER, script, text
from ttdb.validate.functions import Call, Function, calls, functions
from ttdb.validate.hole import Hole
from ttdb.validate.rows import copies
from ttdb.validate.sessions import Acting, Mode, Outcome
from ttdb.validate.world import World

_WRITES, _BEFORE = "25006", "ttdb.before"


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Call every function that runs with its owner's rights, as a tenant, with others' values."""
    actor = next(iter(world.ground.tenants), None)
    if actor is None or len(world.ground.tenants) < 2:  # noqa: PLR2004 - an attacker and a victim
        return
    for function in functions(world):
        result = _function(world, function, function.callers[0], actor)
        for role in function.callers:  # it runs with its owner's rights, whoever calls
            world.note(role, str(function), Action.EXECUTE, *_reach(result))
        if result is not None:
            yield result


def _reach(result: Hole | Unproven | None) -> tuple[Reach, str]:
    if result is None:
        return Reach.OWN, ""
    return (Reach.UNPROVEN, result.why) if isinstance(result, Unproven) else (Reach.LEAKS, "FNC004")


def _function(world: World, function: Function, role: str, actor: str) -> Hole | Unproven | None:
    writes = ""
    for call in calls(world, function, actor):
        outcome, found = _call(world, function, role, actor, call)
        if found is not None:
            return found
        if outcome.sqlstate == _WRITES and not _declared(world, function):
            writes = outcome.message
        elif outcome.done and not function.procedure and not function.volatile:
            changed = _changes(world, function, role, actor, call=call, before=outcome)
            if changed is not None:
                return changed
    if writes:
        return Unproven(str(function), f"it writes, and may only be called with --disposable: {writes}")
    return None


def _call(world: World, function: Function, role: str, actor: str, call: Call) -> tuple[Outcome, Hole | None]:
    settings = world.context(actor)
    may_write = world.disposable and (function.volatile or function.procedure)
    with world.acting_as(role, settings, mode=Mode.PLAIN if may_write else Mode.READ_ONLY) as acting:
        outcome = acting.attempt(call.statement)
        harmed = _harmed(world, acting, actor) if may_write and outcome.done else None
    if harmed is not None:
        evidence = script(role, settings, call.statement, AS_OVERSEER, harmed)
        return outcome, _hole(function, role, f"{role}, working for one tenant, changes rows of another", evidence)
    resolved = _declared(world, function) and _resolves(world, outcome)
    shown = _foreign(world, call, actor, outcome) if outcome.done and not resolved else None
    if shown is None:
        return outcome, None
    condition = sql.SQL("strpos(lower(x.to_jsonb::text), lower({})) > 0").format(sql.Literal(shown))
    statement = sql.SQL("select 'of another tenant' from ({}) as x where {} limit 3").format(call.statement, condition)
    detail = f"{role}, working for one tenant, is given what belongs to another"
    return outcome, _hole(function, role, detail, script(role, settings, statement))


def _foreign(world: World, call: Call, actor: str, outcome: Outcome) -> str | None:
    """Return a value of another tenant in what came back, that was not given; None without."""
    canaries = world.canaries(actor)
    columns = set(world.found.tenant_columns.values())
    for row in outcome.rows:
        for value in row:
            for tenant in _tenants(value, columns):
                if tenant != actor and tenant in world.ground.tenants:
                    return tenant
            line = json.dumps(value, ensure_ascii=False).lower()
            for canary in canaries:
                if canary.lower() in line and not any(canary in each for each in call.given):
                    return canary
    return None


def _tenants(value: object, columns: set[str]) -> Iterator[str]:
    """Find the tenants of rows: a bare tenant is what a resolver returns, and may be returned."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name in columns and len(value) > 1 and each is not None:
                yield str(each)
            yield from _tenants(each, columns)
    elif isinstance(value, list):
        for each in value:
            yield from _tenants(each, columns)


def _harmed(world: World, acting: Acting, actor: str) -> sql.Composed | None:
    """Return a select that shows that a row of another tenant is gone or was written; None where all are as before."""
    for oid in world.ground.holdings:
        relation = world.relation(oid)
        if relation.kind not in TABLES or relation.root is not None or not relation.key:
            continue
        for _, row in world.ground.victims(oid, actor):
            same = world.identity(relation, [row])
            old = sql.SQL("age(r.xmin) > age(pg_catalog.pg_current_xact_id()::xid)")
            check = sql.SQL("select 'changed' where not exists (select from {} as r where {} and {})").format(
                relation.identifier, same, old
            )
            if acting.oversee(check).rows:
                return check
    return None


def _changes(  # noqa: PLR0913 - one call and its outcome
    world: World, function: Function, role: str, actor: str, *, call: Call, before: Outcome
) -> Hole | None:
    """Add one row to another tenant, and call again: the answer must be the same."""
    settings = world.context(actor)
    for relation in _read(world, function):
        victims = world.ground.victims(relation.oid, actor)
        for tenant, row in victims[:1] + [each for each in victims[1:] if each[0] in call.given][:1]:
            del tenant
            for copy in copies(world, relation, row, None):
                with world.acting_as(role, settings) as acting:
                    again = acting.attempt(call.statement)
                    acting.oversee(copy.prepare)
                    added = acting.oversee(copy.insert).count > 0
                    after = acting.attempt(call.statement)
                if added and again.rows == before.rows and after.done and after.rows != before.rows:
                    if _resolves(world, after):
                        return None
                    detail = f"what it returns to {role}, working for one tenant, changes with a row of another"
                    evidence = _changed(role, settings, call, text(copy.prepare), text(copy.insert))
                    return _hole(function, role, detail, evidence)
                if added:
                    break
    return None


def _declared(world: World, function: Function) -> bool:
    """Tell whether the function is a declared resolver: it writes the trail, and its reach is FNC007's business."""
    return function.oid in world.found.registry.resolvers


def _resolves(world: World, outcome: Outcome) -> bool:
    """Tell whether nothing but a tenant came back: that is what a resolver is for."""
    return all(str(value) in world.ground.tenants for row in outcome.rows for value in row)


def _read(world: World, function: Function) -> list[Relation]:
    """Return the tenants' tables that a function's body names."""
    body = function.body.lower()
    relations = (world.relation(oid) for oid in world.ground.holdings)
    return [each for each in relations if each.root is None and each.name.lower() in body]


def _changed(role: str, settings: dict[str, str], call: Call, prepare: str, insert: str) -> str:
    become = text(sql.SQL("set local session authorization {}").format(sql.Identifier(role)))
    told = sql.SQL("(select coalesce(string_agg(x::text, ','), '') from ({}) as x)").format(call.statement)
    keep = sql.SQL("select pg_catalog.set_config({}, {}, true)").format(sql.Literal(_BEFORE), told)
    show = sql.SQL("select 'changed' where pg_catalog.current_setting({}) <> {}").format(sql.Literal(_BEFORE), told)
    return script(role, settings, keep, AS_OVERSEER, f"{prepare};", f"{insert};", f"{become};", show)


def _hole(function: Function, role: str, detail: str, evidence: str) -> Hole:
    return Hole(
        object=str(function),
        role=role,
        detail=detail,
        cause="functions with their owner's rights do not check who asks",
        evidence=evidence,
        fix=f"-- let {function} hold what it reads and writes to the caller's tenant, or:\n"
        f"revoke execute on {'procedure' if function.procedure else 'function'} {function} from public, {role};",
    )
