'''
code = "AUD005"
name = "change-escapes-trail"
severity = "error"
since = "0.1.0"
title = "A change by the application leaves nothing in the trail that records others"
why = """
Triggers write changes of this table, or of its siblings, to a trail; and here one is made that they do not see: the
trigger is off, leaves a verb, a column, a partition or a condition out, joins old and new rows by a key that changed,
or asks a setting that any session can set. Every verb that the application has, every column that it may change and
every partition with rows is tried on one row, and rolled back.
"""
bad = """
alter table app.orders disable trigger _900_note;
"""
fix = """
alter table app.orders enable trigger _900_note;
"""
stands_on = "trail"
given = """
create trigger _900_note after insert or update or delete on app.customers
for each row execute function app.tg__note();
"""
'''

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.acting import Acting
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.changes import changes, rekeyed
from ttdb.validate.discover.settings import named_in
from ttdb.validate.discover.trails import DELETE, INSERT, UPDATE, Trail, Trigger
from ttdb.validate.evidence import AS_OVERSEER, script, text
from ttdb.validate.ground import Row
from ttdb.validate.hole import Hole
from ttdb.validate.likeness import fired
from ttdb.validate.outcomes import Outcome, Statement
from ttdb.validate.reaches import with_called
from ttdb.validate.rights import Rights
from ttdb.validate.rows import Copy, copies, delete
from ttdb.validate.settling import settled
from ttdb.validate.unrecorded import kin, left_out
from ttdb.validate.world import World

_CAUSE = "changes are made without a record"
_VALUES = 30  # of one setting
_CONDITION = re.compile(r"\bWHEN \((.*)\) EXECUTE ", re.DOTALL)
_SILENCING, _LONG, _LITERAL = ("true", "on", "1", "off", "false"), 20, re.compile(r"'([^']*)'")
_COUNTED = "ttdb.recorded"
_TRIED = 12  # changes, until one is made
_WORDS = {INSERT: "insert", DELETE: "delete", UPDATE: "update"}


@dataclass(frozen=True, slots=True)
class _Case:
    """One table, as a role writes one of its rows."""

    world: World
    trail: Trail
    relation: Relation  # as it is written
    triggers: tuple[Trigger, ...]
    role: str
    rights: Rights
    tenant: str
    row: Row

    @property
    def recorded(self) -> sql.Composed:
        """Count what this transaction wrote to the trail."""
        return sql.SQL(
            "select count(*) from {} as t where age(t.xmin) <= age(pg_catalog.pg_current_xact_id()::xid)"
        ).format(self.trail.relation.identifier)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Look for triggers that are off or missing, then change a row in every way."""
    for trail in world.found.trails:
        told: set[int] = set()
        for seen, oid in (*_switched_off(world, trail), *_left_out(world, trail)):
            told.add(oid)
            yield seen
        if not trail.triggers and not trail.idle:
            yield Unproven(str(trail.relation), "no trigger writes to it, so what escapes it was not looked for")
        functions: set[int] = set()
        for oid in trail.triggers:
            relation = world.found.catalog.relations.get(oid)
            if relation is not None and not {oid, relation.root} & told:
                for case in _cases(world, trail, relation):
                    hole = _try(case) or _quiet(case, functions)
                    if hole is not None:
                        told.add(oid)
                        yield hole
                        break


def _switched_off(world: World, trail: Trail) -> Iterator[tuple[Hole, int]]:
    for oid, triggers in trail.triggers.items():
        for trigger in (each for each in triggers if not each.fires):
            relation = world.found.catalog.relations.get(oid)
            if relation is None or any(each.fires and each.kind == trigger.kind for each in triggers):
                continue
            how = "disabled" if trigger.enabled == "D" else "enabled for replicas only"
            evidence = sql.SQL(
                "select t.tgname, t.tgenabled from pg_catalog.pg_trigger as t"
                " where t.tgrelid = {}::regclass and t.tgname = {} and t.tgenabled in ('D', 'R');"
            ).format(sql.Literal(relation.identifier.as_string(None)), sql.Literal(trigger.trigger))
            yield (
                Hole(
                    object=str(relation),
                    detail=f"trigger {trigger.trigger}, which writes to {trail.relation}, is {how}",
                    cause=_CAUSE,
                    evidence=text(evidence),
                    fix=text(
                        sql.SQL("alter table {} enable trigger {};").format(
                            relation.identifier, sql.Identifier(trigger.trigger)
                        )
                    ),
                ),
                oid,
            )


def _left_out(world: World, trail: Trail) -> Iterator[tuple[Hole, int]]:
    for relation, why, evidence, severity in left_out(world, trail):
        detail = f"no trigger records changes in {trail.relation}, while {why}"
        shown = f"{text(evidence)};"
        yield Hole(object=str(relation), detail=detail, cause=_CAUSE, evidence=shown, severity=severity), relation.oid


def _cases(world: World, trail: Trail, relation: Relation) -> Iterator[_Case]:
    """Return the rows to change: one of the table, or one of each partition, written as a role may."""
    parts = [each for each in world.found.tenant_tables if each.root == relation.oid and each.kind in TABLES]
    for part in parts or [relation]:
        written = relation if parts else world.found.catalog.relations.get(relation.root or 0, relation)
        holding = world.ground.holdings.get(part.oid)
        for tenant, rows in holding.rows.items() if holding else ():
            for role in world.app_attackers:
                rights = world.rights.get((role, written.oid))
                if rights is not None and (rights.inserts or rights.updates or rights.deletes):
                    yield _Case(world, trail, written, trail.triggers[relation.oid], role, rights, tenant, rows[0])
            break


def _try(case: _Case) -> Hole | None:
    expected = _expected(case)
    settings = case.world.context(case.tenant)
    conditions = " ".join(f"{each.definition} {each.body}" for each in case.triggers)
    if case.rights.updates and UPDATE in expected:
        for column, what, update in changes(case.world, case.relation, case.row, case.rights, conditions):
            with case.world.acting_as(case.role, settings) as acting:
                if _lost(case, acting, update) and _changed(case, acting, column):
                    return _hole(case, settings, f"an update of {what}", update)
    return _copied(case, expected)


def _changed(case: _Case, acting: Acting, column: str) -> bool:
    """Tell whether the value is another than it was: a trigger may have put it back."""
    now = acting.oversee(
        sql.SQL("select to_jsonb(r.{}) from {} as r where {}").format(
            sql.Identifier(column), case.relation.identifier, case.world.identity(case.relation, [case.row])
        )
    )
    return bool(now.rows) and now.rows[0][0] != case.row.get(column)


def _expected(case: _Case) -> set[int]:
    """Return the verbs that the trail records of some table, or most of those that the same functions write."""
    others = kin(case.world, case.trail)
    return {
        verb
        for verb in _WORDS
        if _records(case.trail, verb) or 2 * sum(_records(each, verb) for each in others) > len(others)
    }


def _records(trail: Trail, verb: int) -> bool:
    return any(each.kind & verb for listed in trail.triggers.values() for each in listed)


def _lost(case: _Case, acting: Acting, *statements: Statement) -> bool:
    """Tell whether a change was made and nothing was recorded."""
    before = acting.oversee(case.recorded)
    count = 0
    for statement in statements:
        count = acting.attempt(statement).count
    return count > 0 and _as_before(case, acting, before)


def _as_before(case: _Case, acting: Acting, before: Outcome) -> bool:
    """Tell whether the trail has nothing more; not where the time that locks may be held was up, and nobody looked."""
    now = acting.oversee(case.recorded)
    return before.done and now.done and now.rows == before.rows


def _copies(case: _Case) -> Iterator[Copy]:
    """Return copies of the row, with what records them when they are committed."""
    for copy in copies(case.world, case.relation, case.row, case.rights if case.rights.inserts else None):
        yield replace(copy, insert=settled(case.world, copy.insert))


def _copied(case: _Case, expected: set[int]) -> Hole | None:
    """Insert a copy, give it another key, and delete it."""
    settings = case.world.context(case.tenant)
    for copy in _copies(case):
        with case.world.acting_as(case.role, settings) as acting:
            acting.oversee(copy.prepare)
            before = acting.oversee(case.recorded)
            inserted = (acting.attempt if case.rights.inserts else acting.oversee)(copy.insert).count
            if not inserted:
                continue
            if case.rights.inserts and INSERT in expected and _as_before(case, acting, before):
                return _hole(case, settings, "an insert", copy.insert, prepare=copy.prepare)
            return _after(case, acting, expected, settings, copy)
    return _removed(case, settings) if case.rights.deletes and DELETE in expected else None


def _removed(case: _Case, settings: dict[str, str]) -> Hole | None:
    """Delete rows as they stand, where the table takes no copy: one that nothing refers to goes."""
    holding = case.world.ground.holdings.get(case.relation.oid)
    for row in holding.rows.get(case.tenant, ()) if holding is not None else ():
        removal = delete(case.world, case.relation, row, case.rights)
        if removal is not None:
            with case.world.acting_as(case.role, settings) as acting:
                if _lost(case, acting, settled(case.world, removal)):
                    return _hole(case, settings, "a delete", removal)
    return None


def _after(case: _Case, acting: Acting, expected: set[int], settings: dict[str, str], copy: Copy) -> Hole | None:
    own = sql.SQL("age(r.xmin) <= age(pg_catalog.pg_current_xact_id()::xid)")
    rekeying = rekeyed(case.relation, case.rights, own)
    fresh = settled(case.world, rekeying) if rekeying is not None else None
    if case.rights.updates and UPDATE in expected and fresh is not None and _lost(case, acting, fresh):
        return _hole_of_copy(case, settings, "an update of the key", copy, fresh)
    nameable = delete(case.world, case.relation, case.row, case.rights) is not None
    removal = sql.SQL("delete from {} as r where {}").format(case.relation.identifier, own)
    removal = settled(case.world, removal)
    if case.rights.deletes and DELETE in expected and nameable and _lost(case, acting, removal):
        return _hole_of_copy(case, settings, "a delete", copy, removal)
    return None


def _hole_of_copy(case: _Case, settings: dict[str, str], what: str, copy: Copy, change: sql.Composed) -> Hole:
    """Show a change of a copy: nothing refers to it, whose own change would be recorded with it."""
    become = f"{text(_become(case.role))};"
    inserted = [become, copy.insert, AS_OVERSEER] if case.rights.inserts else [copy.insert]
    lines: list[Statement | str] = [f"{text(copy.prepare)};", *inserted, _counted(case), become, change]
    return _finding(case, what, script(None, settings, *lines, AS_OVERSEER, _uncounted(case)))


def _quiet(case: _Case, functions: set[int]) -> Hole | None:
    """Set each setting that decides whether a change is recorded, and change the row again."""
    read = _deciding(case, functions)
    settings = [each for each in dict.fromkeys(named_in(read)) if each not in case.world.found.tenant_settings]
    update = _made(case) if settings and case.rights.updates else None
    for setting in settings:
        for value in dict.fromkeys((*_SILENCING, *_nearest(read, setting))):
            context = case.world.context(case.tenant) | {setting: value}
            after = f"after setting {setting} to '{value}',"
            if update is not None:
                with case.world.acting_as(case.role, context) as acting:
                    lost = _lost(case, acting, update[2])
                hole = _hole(case, context, f"an update of {update[1]}, {after}", update[2]) if lost else None
            else:
                hole = _inserted_quietly(case, context, after) if case.rights.inserts else None
            if hole is not None:
                return hole
    return None


def _made(case: _Case) -> tuple[str, str, sql.Composed] | None:
    """Return the first change of the row that nothing refuses, as a constraint may."""
    for change in islice(changes(case.world, case.relation, case.row, case.rights, ""), _TRIED):
        with case.world.acting_as(case.role, case.world.context(case.tenant)) as acting:
            if acting.attempt(change[2]).count:
                return change
    return None


def _deciding(case: _Case, functions: set[int]) -> str:
    """Return the conditions of a table's triggers and, once for each function, what it runs.

    That is what it calls as well, and what fires when the trail itself is written to.
    """
    fresh = [each.body for each in case.triggers if each.function not in functions]
    functions.update(each.function for each in case.triggers)
    conditions = [found[1] for each in case.triggers if (found := _CONDITION.search(each.definition))]
    fires = [fired(case.world, case.trail.relation.oid)] if fresh else []
    return with_called(case.world.found.catalog, [*conditions, *fresh, *fires])


def _nearest(text: str, setting: str) -> list[str]:
    """Return the short texts that stand nearest to a setting: what it is compared with is among them."""
    places = [found.start() for found in re.finditer(re.escape(setting), text)]
    said = [(min(abs(each.start() - place) for place in places), each[1]) for each in _LITERAL.finditer(text)]
    return [value for _, value in sorted(said) if value != setting and len(value) < _LONG][:_VALUES]


def _inserted_quietly(case: _Case, context: dict[str, str], after: str) -> Hole | None:
    """Insert a copy of the row: of what is never updated, that is the change that is recorded."""
    for copy in _copies(case):
        with case.world.acting_as(case.role, context) as acting:
            acting.oversee(copy.prepare)
            before = acting.oversee(case.recorded)
            inserted = acting.attempt(copy.insert).count > 0
            lost = inserted and _as_before(case, acting, before)
        if lost:
            return _hole(case, context, f"an insert, {after}", copy.insert, prepare=copy.prepare)
        if inserted:
            return None
    return None


def _become(role: str) -> sql.Composed:
    return sql.SQL("set local session authorization {}").format(sql.Identifier(role))


def _counted(case: _Case) -> str:
    """Keep how much is recorded so far: rows that are made for the attack may stand in the trail itself."""
    return f"select pg_catalog.set_config('{_COUNTED}', ({text(case.recorded)})::text, true);"


def _uncounted(case: _Case) -> str:
    return f"select 'not recorded' where ({text(case.recorded)})::text = pg_catalog.current_setting('{_COUNTED}');"


def _hole(
    case: _Case, settings: dict[str, str], what: str, change: Statement, *, prepare: Statement | None = None
) -> Hole:
    prepared = [] if prepare is None else [f"{text(prepare)};"]
    lines = [*prepared, _counted(case), _become(case.role), change, AS_OVERSEER, _uncounted(case)]
    return _finding(case, what, script(None, settings, *lines))


def _finding(case: _Case, what: str, evidence: str) -> Hole:
    functions = ", ".join(dict.fromkeys(each.name for each in case.triggers))
    return Hole(
        object=str(case.relation),
        role=case.role,
        detail=f"{what} by {case.role} leaves nothing in {case.trail.relation} (written by {functions})",
        cause=_CAUSE,
        evidence=evidence,
    )
