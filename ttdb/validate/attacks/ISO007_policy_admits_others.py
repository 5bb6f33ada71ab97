'''
code = "ISO007"
name = "policy-admits-others"
severity = "error"
since = "0.1.0"
title = "A policy admits another tenant's row, to a command that need not read it or with a value no row has yet"
why = """
DELETE and UPDATE without WHERE, and INSERT, need no policy for reading: where theirs let another tenant's row through,
a session that cannot see the row removes, spoils or plants it. And a condition on another column than the tenant's, as
"or is_public", opens a row as soon as it has the value. The policies are asked about other tenants' rows, and about
those rows with values that the policies name; and whether an UPDATE may give a row of the tenant's own to another, or
take one over, by its tenant or by the parent that it points to: without WHERE, that is asked of the policy for UPDATE
alone. Nothing is written.
"""
bad = """
alter policy delete_own_org on app.orders using (true);
"""
fix = """
alter policy delete_own_org on app.orders using (org_id = (select app.org()));
"""
subsumed_by = ["ISO003", "ISO004", "ISO005"]
'''

from collections.abc import Generator, Hashable, Iterator, Mapping

from psycopg import sql

from ttdb.model.validation import Action, Reach, Severity, Unproven
from ttdb.validate.alike import kin
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.causes import why
from ttdb.validate.discover.settings import by_relation
from ttdb.validate.evidence import script
from ttdb.validate.ground import Row
from ttdb.validate.hole import Hole
from ttdb.validate.oracle import MOVE, TAKE, VERBS, Question, admitted, conditions, guarded, may, statement
from ttdb.validate.owning import given_to, may_set, owning
from ttdb.validate.variants import variants
from ttdb.validate.widening import values as widening
from ttdb.validate.widening import whom_it_may_name
from ttdb.validate.world import World

_WRITES = "awd"
_ACTIONS = {"r": Action.READ, "a": Action.INSERT, "w": Action.UPDATE, "d": Action.DELETE}
_AT_ONCE, _ROWS = 40, 5
_JUDGED = sql.SQL(  # by a trigger before the update: it may refuse what the policy lets through
    "select from pg_catalog.pg_trigger as t where t.tgrelid = {} and not t.tgisinternal and t.tgtype::int & 18 = 18"
)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Ask the policies of every table about others' rows, as they are and as they may become."""
    depends = by_relation(world.found.catalog)
    for role in world.attackers:
        honest = world.reads(role)
        closed: dict[str, list[Relation]] = {}
        for relation in _tables(world, role):
            actor = world.actor(relation)
            seen = relation.oid in honest and honest[relation.oid].seen
            if actor is None or not world.ground.victims(relation.oid, actor):
                continue
            hole = _honest(world, role, relation, actor, seen=seen)
            if hole is None:
                hole = _changed(world, role, relation, actor) or _moved(world, role, relation, actor)
            if hole is not None:
                yield hole
            if hole is None or hole.severity is not None:
                closed.setdefault(actor, []).append(relation)
        for actor, relations in closed.items():
            opened = yield from _by_nobody(world, role, actor, relations)
            left = [each for each in relations if each.oid not in opened]
            opened |= yield from _by_a_name(world, role, actor, left, depends)
            left = [each for each in relations if each.oid not in opened]
            yield from _by_settings(world, role, actor, left, depends)


def _tables(world: World, role: str) -> list[Relation]:
    relations = (world.relation(oid) for who, oid in world.rights if who == role)
    return [each for each in relations if each.kind in TABLES and guarded(world.found, each, role)]


def _writes(world: World, role: str, relation: Relation) -> list[str]:
    """Return what a role may do to rows of a table that are another's; a new person is nobody's."""
    named = [each for each in _WRITES if each != "a" or not world.found.shared(relation.oid)]
    return [each for each in named if may(world, role, relation, each)]


def _honest(world: World, role: str, relation: Relation, actor: str, *, seen: bool) -> Hole | None:
    settings = world.context(actor)
    tenant, row = world.ground.victims(relation.oid, actor)[0]
    del tenant
    with world.acting_as(role, settings) as acting:
        writes = [Question(relation, each, row) for each in _writes(world, role, relation)]
        yes = admitted(world.found, role, acting, writes)
        if yes:
            return _hole(world, role, settings, yes, when="as it is")
        if seen or not may(world, role, relation, "r"):
            return None
        yes = admitted(world.found, role, acting, variants(world, role, relation, row, "r"))
    if not yes:
        return None
    changed = _changing(row, yes[0].row)
    when = f"once its {changed} is {yes[0].row[changed]!r}"
    return _hole(world, role, settings, yes[:1], when=when, severity=Severity.WARNING)


def _by_nobody(world: World, role: str, actor: str, relations: list[Relation]) -> Generator[Hole, None, set[int]]:
    """Ask in sessions that are nobody's what they may write of a tenant's; return the tables that are open to them."""
    opened: set[int] = set()
    for how, settings in world.contexts.nobodies.items():
        questions = [
            Question(each, command, world.ground.victims(each.oid, actor)[0][1])
            for each in relations
            for command in _writes(world, role, each)
            if each.oid not in opened
        ]
        with world.acting_as(role, settings, fresh=how == "unset") as acting:
            yes = admitted(world.found, role, acting, questions)
        for relation in relations:
            own = [each for each in yes if each.relation == relation]
            if own:
                opened.add(relation.oid)
                yield _hole(world, role, settings, own, when="as it is", who=f"with the tenant {how}")
    return opened


def _by_a_name(
    world: World, role: str, actor: str, relations: list[Relation], depends: Mapping[int, frozenset[str]]
) -> Generator[Hole, None, set[int]]:
    """Give the tenant a name that may stand for all; what policies hold as they hold reading, that has shown."""
    opened: set[int] = set()
    for setting in world.found.tenant_settings:
        kinds: dict[Hashable, list[Question]] = {}
        for relation in relations:
            _, row = world.ground.victims(relation.oid, actor)[0]
            kind = kin(world.found, relation, role) or relation.oid
            for command in _writes(world, role, relation) if setting in depends[relation.oid] else ():
                if not _held_as_reading(world, role, relation, command):
                    kinds.setdefault((kind, command), []).append(Question(relation, command, row))
        for settings in _names(world, setting, actor) if kinds else ():
            with world.acting_as(role, settings) as acting:
                yes = admitted(world.found, role, acting, (first for first, *_ in kinds.values()))
                alike = [each for first, *others in kinds.values() if first in yes for each in others]
                yes += admitted(world.found, role, acting, alike)
            kinds = {kind: several for kind, several in kinds.items() if several[0] not in yes}
            for each in yes:
                if each.relation.oid not in opened:
                    opened.add(each.relation.oid)
                    when, cause = _after(setting, settings[setting])
                    yield _hole(world, role, settings, [each], when=when, cause=cause)
    return opened


def _held_as_reading(world: World, role: str, relation: Relation, command: str) -> bool:
    """Tell whether a row that policies admit to a command may be read, too."""
    reads = {*conditions(world.found, relation, role, "r")}
    return may(world, role, relation, "r") and reads <= {*conditions(world.found, relation, role, command)}


def _names(world: World, setting: str, actor: str) -> Iterator[dict[str, str]]:
    """Return sessions whose tenant is called as nobody is, or as all."""
    yield from (world.context(value) for value in whom_it_may_name(world, setting))
    honest = world.context(actor)
    yield from (world.contexts.widened(honest, setting, value) for value in widening(world, setting))


def _after(setting: str, value: str) -> tuple[str, str]:
    return f"after setting {setting} to '{value}'", f"any session can set {setting}, which opens all tenants"


def _changed(world: World, role: str, relation: Relation, actor: str) -> Hole | None:
    """Ask whether the policies for UPDATE let another's row in, and let it become one that they ask for."""
    rights = world.rights[role, relation.oid]
    policies = [each for each in world.found.catalog.policies_of(relation, role) if each.command in "w*"]
    if not rights.updates or all(each.with_check in (None, each.qual) for each in policies):
        return None  # what is let in is let be, and as it is it was asked about
    settings, rows = world.context(actor), [row for _, row in world.ground.victims(relation.oid, actor)][:_ROWS]
    with world.acting_as(role, settings) as acting:
        for taken in admitted(world.found, role, acting, (Question(relation, TAKE, row) for row in rows)):
            asked = variants(world, role, relation, taken.row, MOVE)
            allowed = [each for each in asked if may_set(rights, (_changing(taken.row, each.row),))]
            for becomes in admitted(world.found, role, acting, allowed)[:1]:
                name = _changing(taken.row, becomes.row)
                what = f"change a row of another, where its {name} becomes {becomes.row[name]!r}"
                world.note(role, str(relation), Action.UPDATE, Reach.LEAKS, "ISO007")
                return _passed_on(world, role, settings, [taken, becomes], what=what)
    return None


def _changing(row: Row, variant: Row) -> str:
    """Return the column in which a variant differs."""
    return next(name for name, value in variant.items() if value != row.get(name))


def _moved(world: World, role: str, relation: Relation, actor: str) -> Hole | None:
    """Ask whether the policy for UPDATE lets a row of the tenant's own become another's, or another's its own."""
    rights, own = world.rights[role, relation.oid], world.ground.holdings[relation.oid].rows.get(actor, ())
    ways = [columns for columns in owning(world, relation) if may_set(rights, columns)]
    if not own or not ways or world.oversee(_JUDGED.format(sql.Literal(relation.oid))).count:
        return None
    _, other = world.ground.victims(relation.oid, actor)[0]
    settings = world.context(actor)
    for columns in ways:
        given, taken = given_to(own[0], other, columns), given_to(other, own[0], columns)
        asked = [Question(relation, MOVE, given), Question(relation, MOVE, taken), Question(relation, TAKE, other)]
        asked += [Question(relation, "r", own[0]), Question(relation, "r", given)]
        with world.acting_as(role, settings) as acting:
            yes = admitted(world.found, role, acting, asked)
        gives, becomes, takes, keeps, stays = (each in yes for each in asked)
        # A child with several parents is whose its policies for reading say; a row that stays in sight was not given.
        if gives and (relation.oid in world.found.tenant_columns or not (keeps and stays)):
            return _passed_on(world, role, settings, asked[:1], what="give a row of its own to another")
        if takes and becomes:
            return _passed_on(world, role, settings, asked[1:3], what="take over a row of another")
    return None


def _passed_on(world: World, role: str, settings: Mapping[str, str], questions: list[Question], *, what: str) -> Hole:
    relation = questions[0].relation
    return Hole(
        object=str(relation),
        role=role,
        detail=f"the policy for UPDATE lets {role}, working for one tenant, {what}",
        cause=why(world.found, relation, role, "w"),
        evidence=script(role, settings, *(statement(world.found, role, each) for each in questions)),
    )


def _by_settings(
    world: World, role: str, actor: str, relations: list[Relation], depends: Mapping[int, frozenset[str]]
) -> Iterator[Hole]:
    """Set each setting that the policies read, and ask again about writes."""
    opened: set[int] = set()
    for setting in world.found.other_settings:
        there = [each for each in relations if setting in depends[each.oid]]
        for value in widening(world, setting) if there else ():
            settings = world.context(actor) | {setting: value}
            questions = [
                Question(each, command, world.ground.victims(each.oid, actor)[0][1])
                for each in there
                if each.oid not in opened
                for command in _writes(world, role, each)
            ]
            with world.acting_as(role, settings) as acting:
                for start in range(0, len(questions), _AT_ONCE):
                    for yes in admitted(world.found, role, acting, questions[start : start + _AT_ONCE]):
                        if yes.relation.oid not in opened:
                            opened.add(yes.relation.oid)
                            when, cause = _after(setting, value)
                            yield _hole(world, role, settings, [yes], when=when, cause=cause)


def _hole(  # noqa: PLR0913 - one finding's facts
    world: World,
    role: str,
    settings: Mapping[str, str],
    questions: list[Question],
    *,
    when: str,
    who: str = "working for one tenant",
    severity: Severity | None = None,
    cause: str = "",
) -> Hole:
    first = questions[0]
    verbs = ", ".join(VERBS[each.command] for each in questions)
    for each in questions if severity is None else ():  # a warning: no row of today is reached
        world.note(role, str(each.relation), _ACTIONS[each.command], Reach.LEAKS, "ISO007")
    return Hole(
        object=str(first.relation),
        role=role,
        detail=f"policies let {role}, {who}, {verbs} a row of another, {when}",
        severity=severity,
        cause=cause or why(world.found, first.relation, role, first.command),
        evidence=script(role, settings, statement(world.found, role, first)),
    )
