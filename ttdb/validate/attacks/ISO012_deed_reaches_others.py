'''
code = "ISO012"
name = "deed-reaches-others"
severity = "error"
since = "0.1.0"
title = "What a session of one tenant writes changes rows of another"
why = """
Every write is tried on every table and view that the role may change: rows of its own, rows that resemble another's,
rows for another, all rows without WHERE, upserts and merges over another's row. Cascades, triggers, rules and views do
what they do, also once a setting is set that they ask about; then all tables are compared: whatever belongs to other
tenants must be as before. Many rows are written for that, so it is done only where the database may be harmed, and
rolled back.
"""
bad = """
create function app.tg__forget() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    delete from app.order_items where title <> '';
    return null;
end
$$;
create trigger _500_forget after delete on app.customers for each row execute function app.tg__forget();
"""
fix = """
drop trigger _500_forget on app.customers;
drop function app.tg__forget();
"""
subsumed_by = ["ISO005", "ISO007", "ISO008"]
'''

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from psycopg import sql

from ttdb.model.validation import Action, Reach, Unproven
from ttdb.validate.acting import Acting
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.causes import why
from ttdb.validate.deeds import deeds
from ttdb.validate.evidence import AS_OVERSEER, script
from ttdb.validate.hole import Hole
from ttdb.validate.likeness import fired
from ttdb.validate.rows_of_others import digests, taken
from ttdb.validate.settling import settled, waits
from ttdb.validate.widening import values as widening
from ttdb.validate.world import World
from ttdb.validate.writes import Deed

_VALUES = 6  # of a setting that a trigger or a rule asks about
_ALIKE = 3  # tables that set off the same
_ASKED = re.compile(
    r"current_setting\s*\(\s*'([\w.]+)'[^;]{0,60}?(?:=|<>|~|\bin\b|\bis\b|\bbool(?:ean)?\b)", re.IGNORECASE
)
_WRITES = re.compile(r"\b(?:insert|update|delete|merge|execute|truncate)\b", re.IGNORECASE)
_ORDER = (Action.INSERT, Action.UPDATE, Action.DELETE)
_COMMANDS = {Action.INSERT: "a", Action.UPDATE: "w", Action.DELETE: "d"}
_BEFORE = "ttdb.before"


@dataclass(frozen=True, slots=True)
class _Session:
    """Who acts, with what set."""

    role: str
    settings: Mapping[str, str]
    when: str  # it is no honest one


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Do everything that each role may do, and compare others' rows."""
    actor = next(iter(world.ground.tenants), None)
    if not world.disposable or actor is None or len(world.ground.tenants) < 2:  # noqa: PLR2004 - one and another
        return
    watched = digests(world, actor)
    for role in world.attackers:
        listed = [] if world.found.catalog.roles[role].bypasses else deeds(world, role, actor)
        told: set[str] = set()
        for settings, those, when in _sessions(world, actor, listed):
            yield from _round(world, _Session(role, settings, when), those, watched, told)


def _sessions(world: World, actor: str, listed: list[Deed]) -> Iterator[tuple[dict[str, str], list[Deed], str]]:
    """Return the tenant's honest session and all deeds; then those with a setting that what some set off asks about."""
    honest = world.context(actor)
    yield honest, listed, ""
    asked = _asked(world, dict.fromkeys(each.oid for each in listed))
    for setting in world.found.other_settings:
        those = [each for each in listed if setting in asked.get(each.oid, ())]
        for value in widening(world, setting)[:_VALUES] if those else ():
            settings = world.contexts.widened(honest, setting, value)
            yield settings, those, f", after setting {setting} to '{value}'"


def _asked(world: World, oids: Iterable[int]) -> dict[int, frozenset[str]]:
    """Return the settings that what writes to a table sets off asks about; of many tables with the same, of some."""
    several, asked = Counter[str](), dict[int, frozenset[str]]()
    for oid in oids:
        text = fired(world, oid)
        several[text] += 1
        if several[text] <= _ALIKE and _WRITES.search(text):
            asked[oid] = frozenset(_ASKED.findall(text))
    return asked


def _round(
    world: World, session: _Session, listed: list[Deed], watched: Mapping[int, sql.Composed], told: set[str]
) -> Iterator[Hole]:
    role, settings = session.role, session.settings
    with world.acting_as(role, settings) as acting:
        before = taken(acting, watched) if listed else {}
        for action in _ORDER:
            several = sorted((each for each in listed if each.action is action), key=partial(_turn, world))
            world.probes += len(several)
            for deed, oid in _harmful(acting, _committed(world, acting, several), watched, before, told):
                told.add(str(deed.written))
                world.note(role, str(deed.written), deed.action, Reach.LEAKS, "ISO012")
                yield _hole(world, session, deed, world.relation(oid), _shown(session, deed, watched[oid]))


def _turn(world: World, deed: Deed) -> tuple[bool, bool, int]:
    """Return when a deed has its turn: what is gone shows no harm any more.

    One row before all, through views before the tables themselves, what refers to others before these.
    """
    behind = world.once(("behind", deed.oid), lambda: len(_behind(world, deed.oid)))
    return not deed.own, world.relation(deed.oid).kind in TABLES, -behind


def _behind(world: World, oid: int) -> set[int]:
    """Return the tables that a table's rows refer to, directly or through others."""
    found, fresh = set[int](), {oid}
    while fresh:
        fresh = {key.parent for key in world.found.catalog.foreign_keys if key.child in fresh} - found
        found |= fresh
    return found


def _harmful(
    acting: Acting,
    several: Sequence[Deed],
    watched: Mapping[int, sql.Composed],
    before: Mapping[int, str],
    told: Collection[str],  # tables that need no further deed; the caller adds to them between two
) -> Iterator[tuple[Deed, int]]:
    """Do all of a kind and compare once; only where that shows harm, look which of them does it.

    Most harm is done to the table that is written, which one digest shows: to compare all tables after each deed takes
    minutes where hundreds lie open.
    """
    left = [each for each in several if str(each.written) not in told]
    for near in (True, False):
        with acting.trial():
            left = [each for each in left if _done(acting, each)]
            if taken(acting, watched) == before:
                return
        for deed in left:
            compared = {oid: watched[oid] for oid in (deed.oid,) if oid in watched} if near else watched
            if compared and str(deed.written) not in told:
                reached = _reached(acting, deed, compared, before)
                if reached is not None:
                    yield deed, reached
        left = [each for each in left if str(each.written) not in told]


def _committed(world: World, acting: Acting, several: Sequence[Deed]) -> Sequence[Deed]:
    """Return the deeds with what waits for their commit; last, as they are, those that are refused then."""
    if not waits(world):
        return several
    whole = [replace(each, statement=settled(world, each.statement)) for each in several]
    with acting.trial():
        done = [_done(acting, each) for each in whole]
    refused = [each for each, well in zip(several, done, strict=True) if not well]
    return [*(each for each, well in zip(whole, done, strict=True) if well), *refused]


def _done(acting: Acting, deed: Deed) -> bool:
    """Do one deed, with what comes before it: another may have done that already."""
    if deed.first is not None:
        acting.attempt(deed.first)
    return acting.attempt(deed.statement).done


def _reached(acting: Acting, deed: Deed, compared: Mapping[int, sql.Composed], before: Mapping[int, str]) -> int | None:
    """Do one deed, and return a table in which others' rows are not as before."""
    with acting.trial():
        _done(acting, deed)
        after = taken(acting, compared)
    return next((oid for oid in compared if oid in before and after.get(oid) != before[oid]), None)


def _shown(session: _Session, deed: Deed, digest: sql.Composed) -> str:
    keep = sql.SQL("select pg_catalog.set_config({}, ({}), true)").format(sql.Literal(_BEFORE), digest)
    become = sql.SQL("set local session authorization {}").format(sql.Identifier(session.role))
    changed = sql.SQL("select 'changed' where pg_catalog.current_setting({}) <> ({})").format(
        sql.Literal(_BEFORE), digest
    )
    first = [deed.first] if deed.first is not None else []
    return script(None, session.settings, keep, become, *first, deed.statement, AS_OVERSEER, changed)


def _hole(world: World, session: _Session, deed: Deed, target: Relation, evidence: str) -> Hole:
    through = "" if str(target) == str(deed.written) else f" in {target}"
    cause = "triggers, rules and keys write other tenants' rows"
    who = f"when {session.role}, working for one tenant, {deed.what}"
    return Hole(
        object=str(deed.written),
        role=session.role,
        detail=f"{who}, rows of another{through} change{session.when}",
        cause=cause if through else why(world.found, world.relation(deed.oid), session.role, _COMMANDS[deed.action]),
        evidence=evidence,
    )
