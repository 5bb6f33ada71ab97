'''
code = "AUD007"
name = "record-lacks-who-or-whose"
severity = "warning"
since = "0.1.0"
title = "What the trail records does not tell who did it or whose it is, or lets the doer say so himself"
why = """
A change is made as the application makes it. The trail's row must name the database's own knowledge of who that was,
not only what a setting says, which any session can set to another's name; the tenant of the row that was changed, not
the one that the session claims; what the row was before, and became, where there is a column for it. A function of the
trail that catches its own failure, or that runs with the caller's rights where the caller may not write, records
nothing or refuses everything.
"""
bad = """
create or replace function app.tg__note() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    insert into app.changes (org_id, table_name, action, login, old, new)
    values (coalesce(new.org_id, old.org_id), tg_table_name, tg_op,
        coalesce(pg_catalog.current_setting('app.actor', true), ''), to_jsonb(old), to_jsonb(new));
    return null;
end
$$;
"""
fix = """
create or replace function app.tg__note() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    insert into app.changes (org_id, table_name, action, login, old, new)
    values (coalesce(new.org_id, old.org_id), tg_table_name, tg_op, session_user, to_jsonb(old), to_jsonb(new));
    return null;
end
$$;
"""
stands_on = "trail"
'''

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from psycopg import sql

from ttdb.model.validation import Severity, Unproven
from ttdb.validate.catalog import Relation
from ttdb.validate.changes import changes
from ttdb.validate.discover.settings import named_in
from ttdb.validate.discover.trails import Trail, Trigger
from ttdb.validate.evidence import AS_OVERSEER, script
from ttdb.validate.hole import Hole
from ttdb.validate.likeness import fired
from ttdb.validate.outcomes import Outcome
from ttdb.validate.planting import as_text
from ttdb.validate.reaches import with_called
from ttdb.validate.rights import Rights
from ttdb.validate.taint import texts_of
from ttdb.validate.world import World

_FORGED, _DENIED = "qz_somebody_else", "42501"
_CATCHES = re.compile(r"\bexception\s+when\s+(?P<handlers>.*)$", re.IGNORECASE | re.DOTALL)
_RAISES = re.compile(r"\braise\s*(;|exception\b)", re.IGNORECASE)
_BEFORE = re.compile(r"^(old|before|previous)(_|$)|_(old|before)$", re.IGNORECASE)
_AFTER = re.compile(r"^(new|after)(_|$)|_(new|after)$", re.IGNORECASE)
_DIFFERENCE = re.compile(r"diff|delta|chang|patch|values|payload|data", re.IGNORECASE)
_IMAGES = ("json", "jsonb", "hstore")
_TRIES = 12


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Read the trails' functions, make a change for each, and look at what was recorded."""
    for trail in world.found.trails:
        for trigger in trail.writers:
            caught = _CATCHES.search(trigger.body)
            if caught is not None and not _RAISES.search(caught["handlers"]):
                yield _swallows(trail, trigger)
                continue
            hole = next(_acts(world, trail, trigger), None)
            if hole is not None:
                yield hole


def _swallows(trail: Trail, trigger: Trigger) -> Hole:
    return Hole(
        object=trigger.name,
        detail=f"{trigger.name} catches its own failure to write {trail.relation}: the change stays, unrecorded",
        cause="the trail's functions hide their failures",
        evidence=sql.SQL("select p.prosrc from pg_catalog.pg_proc as p where p.oid = {};")
        .format(sql.Literal(trigger.function))
        .as_string(None),
    )


def _acts(world: World, trail: Trail, trigger: Trigger) -> Iterator[Hole]:
    for oid, triggers in trail.triggers.items():
        if not any(each.function == trigger.function and each.fires for each in triggers):
            continue
        relation, holding = world.found.catalog.relations.get(oid), world.ground.holdings.get(oid)
        for role in world.app_attackers if relation is not None and holding is not None else ():
            rights = world.rights.get((role, oid))
            if rights is None or not rights.updates or relation is None or holding is None:
                continue
            for tenant, rows in islice(holding.rows.items(), 1):
                hole = _look(world, trail, trigger, relation, role, rights=rights, tenant=tenant, row=rows[0])
                if hole is not None:
                    yield hole


def _defaults(world: World, trail: Trail) -> str:
    """Return what the trail's columns are given where its function leaves them out."""
    ask = sql.SQL(
        "select pg_catalog.pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef as d where d.adrelid = {}"
    )
    return " ".join(row[0] for row in world.oversee(ask.format(sql.Literal(trail.relation.oid))).rows)


def _look(  # noqa: PLR0913 - one change
    world: World,
    trail: Trail,
    trigger: Trigger,
    relation: Relation,
    role: str,
    *,
    rights: Rights,
    tenant: str,
    row: Mapping[str, object],
) -> Hole | None:
    honest = world.context(tenant)
    others = [each for each in world.ground.tenants if each != tenant]
    # What it calls may say who, or what fires when the trail itself is written to.
    texts = [trigger.body, _defaults(world, trail), fired(world, trail.relation.oid)]
    read = named_in(with_called(world.found.catalog, texts))
    # One of several that say the tenant may be another than policies go by; where they go by it, nothing is changed.
    said = {name: (others[:1] if name in world.found.tenant_settings else [_FORGED, *others[:1]]) for name in read}
    rounds = [honest, *(honest | {name: value} for name, values in said.items() for value in values)]
    for context in rounds:
        for _, _, update in islice(changes(world, relation, row, rights, ""), _TRIES):
            with world.acting_as(role, context) as acting:
                outcome = acting.attempt(update)
                recorded = acting.oversee(_recorded(trail)).rows if outcome.count else ()
            refused = _refused(trail, trigger, outcome)
            if refused:
                shown = script(role, context, _trying(update))
                return _hole(trail, trigger, role, relation, refused, shown, severity=Severity.ERROR)
            if recorded:
                wrong = _judge(world, trail, role, tenant, recorded[0][0])
                if wrong:
                    shown = script(role, context, update, AS_OVERSEER, _recorded(trail))
                    return _hole(trail, trigger, role, relation, wrong, shown)
                break
    return None


def _recorded(trail: Trail) -> sql.Composed:
    return sql.SQL(
        "select to_jsonb(t.*) from {} as t where age(t.xmin) <= age(pg_catalog.pg_current_xact_id()::xid) limit 1"
    ).format(trail.relation.identifier)


def _refused(trail: Trail, trigger: Trigger, outcome: Outcome) -> str:
    """Tell whether the change failed because the function may not write the trail."""
    if outcome.sqlstate != _DENIED or (
        trail.relation.name not in outcome.message and trail.relation.schema not in outcome.message
    ):
        return ""
    return f"every change fails, for {trigger.name} may not write {trail.relation}: {outcome.message}"


def _trying(update: sql.Composed) -> str:
    body = (
        f"begin {update.as_string(None)}; raise exception 'done'; exception when insufficient_privilege then null; end"
    )
    return f"do {sql.Literal(body).as_string(None)}; select 'refused';"


def _judge(world: World, trail: Trail, role: str, tenant: str, line: Mapping[str, object]) -> str:
    column = trail.tenant(world.found.tenant_columns)
    if column is not None and as_text(line.get(column)) != tenant:
        whose = "no tenant" if line.get(column) is None else "another tenant"
        return f"its record names {whose} in {column}, not that of the row that was changed"
    images = [each.name for each in trail.relation.columns if each.type in _IMAGES and each.name not in trail.copied]
    for form, what in ((_BEFORE, "what was before"), (_AFTER, "what it became")):
        lacking = [name for name in images if form.search(name)]
        instead = [name for name in images if _DIFFERENCE.search(name)]
        if lacking and all(line.get(name) is None for name in (*lacking, *instead)):
            return f"its record of an update does not hold {what}, in {', '.join(lacking)}"
    return _names_nobody(trail, role, line) if world.sessions.superuser and trail.actors else ""


def _names_nobody(trail: Trail, role: str, line: Mapping[str, object]) -> str:
    """Say what the record lacks of who did it; nothing where it names the role that logged in."""
    actors = [text for name in trail.actors for text in texts_of(line.get(name))]
    if role in actors:
        return ""
    if not any(actors):
        return f"its record names nobody in {', '.join(trail.actors)}"
    if any(actor == _FORGED for actor in actors):
        return f"its record names as the doer only what a setting says, in {', '.join(trail.actors)}"
    return ""


def _hole(  # noqa: PLR0913, PLR0917 - one finding's facts
    trail: Trail,
    trigger: Trigger,
    role: str,
    relation: Relation,
    what: str,
    evidence: str,
    *,
    severity: Severity | None = None,
) -> Hole:
    return Hole(
        object=trigger.name,
        role=role,
        detail=f"when {role} changes a row of {relation}, {what} (trail {trail.relation})",
        cause="the trail does not tell who, whose or what",
        evidence=evidence,
        severity=severity,
    )
