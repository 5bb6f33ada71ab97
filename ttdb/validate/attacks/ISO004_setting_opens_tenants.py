'''
code = "ISO004"
name = "setting-opens-tenants"
severity = "error"
since = "0.1.0"
title = "A setting that any session can set opens other tenants' rows"
why = """
A policy, a view or a function believes a custom setting that says "administrator" or "system". Every session can set
every custom setting, so one statement, or one injected piece of SQL, reads all tenants.
"""
bad = """
alter policy select_own_org on app.orders
using (
    org_id = (select app.org()) or pg_catalog.current_setting('app.is_system_user', true) = 'true'
);
"""
fix = """
alter policy select_own_org on app.orders using (org_id = (select app.org()));
"""
'''

from collections import Counter
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Mapping
from functools import partial
from itertools import combinations
from typing import TypeAlias

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.alike import kin
from ttdb.validate.catalog import TABLES, Policy, Relation
from ttdb.validate.causes import through
from ttdb.validate.discover.settings import by_relation, equated, says_login
from ttdb.validate.evidence import script
from ttdb.validate.hole import Hole
from ttdb.validate.reaches import with_called
from ttdb.validate.show import foreign_rows
from ttdb.validate.widening import named_among_others, values, whom_it_may_name
from ttdb.validate.world import World

_RARE = 3  # tables read the usual setting, for one that reads another beside it
_OF_A_KIND = 3  # tables with the same policies on which a value is tried first
_Kinds: TypeAlias = dict[Hashable, list[int]]
_Seen: TypeAlias = dict[int, dict[str, str]]  # relations in which others' rows are seen, with the settings


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Set each setting that the database reads to each value that might open it, and look again."""
    depends = by_relation(world.found.catalog)
    proof: set[tuple[str, Hashable]] = set()  # settings, and the kinds of tables that no value of theirs opened
    for role in world.attackers:
        honest = world.reads(role)
        closed = {oid for oid, sight in honest.items() if not sight.seen and not sight.error}
        for setting in (*world.found.other_settings, *world.found.tenant_settings):
            there = {oid for oid in closed if setting in depends[oid]}
            if there:
                opened = yield from _try(world, role, setting, there, proof)
                closed -= opened
        yield from _together(world, role, closed)
        yield from _disagreeing(world, role, closed, depends)


def _try(
    world: World, role: str, setting: str, oids: set[int], proof: set[tuple[str, Hashable]]
) -> Generator[Hole, None, set[int]]:
    kinds = {kind: group for kind, group in _kinds(world, role, oids).items() if (setting, kind) not in proof}
    opened: set[int] = set()
    if setting in world.found.tenant_settings:
        opened |= yield from _as_nobody(world, role, setting, kinds)
    for value in (*values(world, setting), None) if kinds else ():

        def look(group: Iterable[int], value: str | None = value) -> _Seen:
            return _seen(world, role, setting, value, set(group) - opened)

        for oid, settings in _of_kinds(kinds, look).items():
            relation, actor = world.relation(oid), world.actor(world.relation(oid))
            shown = foreign_rows(world, relation, role, settings, actor) if actor is not None else None
            if shown is not None:
                opened.add(oid)
                yield _hole(world, relation, role, setting=setting, settings=settings, shown=shown)
    if "." not in setting:
        opened |= yield from _instead(world, role, setting, {oid for group in kinds.values() for oid in group} - opened)
    if not world.once(("policies ask who",), partial(_ask_who, world)):  # then the same let another role see no more
        proof |= {(setting, kind) for kind, group in kinds.items() if not opened & set(group)}
    return opened


def _instead(world: World, role: str, setting: str, oids: set[int]) -> Generator[Hole, None, set[int]]:
    """Name a tenant in one of PostgreSQL's own settings, where the tenant's own is not set, and this may stand in."""
    opened: set[int] = set()
    for actor, group in _by_actor(world, role, oids).items():
        other = next((each for each in world.ground.tenants if each != actor), "")
        for value in named_among_others(world, setting, other):
            seen = world.look(role, {setting: value}, {oid: each for oid, each in group.items() if oid not in opened})
            for oid in [oid for oid, sight in seen.items() if sight.seen]:
                relation = world.relation(oid)
                shown = foreign_rows(world, relation, role, {setting: value}, actor)
                if shown is not None:
                    opened.add(oid)
                    yield _hole(world, relation, role, setting=setting, settings={setting: value}, shown=shown)
    return opened


def _ask_who(world: World) -> bool:
    """Tell whether policies read who has logged in, by themselves or by functions that they call."""
    catalog = world.found.catalog
    return says_login(with_called(catalog, (policy.text for policy in catalog.policies)))


def _of_kinds(kinds: _Kinds, look: Callable[[Iterable[int]], _Seen]) -> _Seen:
    """Look at a few relations of each kind, and where something is seen at all of that kind."""
    seen = look(oid for group in kinds.values() for oid in group[:_OF_A_KIND])
    alike = {oid for group in kinds.values() if seen.keys() & set(group) for oid in group}
    return seen | (look(alike - seen.keys()) if alike - seen.keys() else {})


def _together(world: World, role: str, oids: set[int]) -> Iterator[Hole]:
    """Set all settings at once that a relation's policies compare with a text, each to its text."""
    for oid in sorted(oids):
        relation = world.relation(oid)
        texts = equated(world.found.catalog, oid)
        others = {name: text for name, text in texts.items() if name in world.found.other_settings}
        actor, condition = world.actor(relation), world.foreign(role, relation)
        if len(others) > 1 and actor is not None and condition is not None:
            settings = world.context(actor) | others
            seen = world.look(role, settings, {oid: condition})[oid].seen
            shown = foreign_rows(world, relation, role, settings, actor) if seen else None
            if shown is not None:
                yield _hole(world, relation, role, setting=next(iter(others)), settings=settings, shown=shown)


def _disagreeing(world: World, role: str, oids: set[int], depends: Mapping[int, frozenset[str]]) -> Iterator[Hole]:
    """Name one tenant in one setting and another in the other, where a table's policies read two that name it.

    Where one goes before the other, one way round shows the second's rows; where either is enough, both do. Where most
    tables read both, the application may set either: whoever sets one only chooses its tenant.
    """
    readers = Counter(name for names in depends.values() for name in names)
    for first, second in combinations(world.found.tenant_settings, 2):
        if _RARE * readers[second] > readers[first]:
            continue
        both = {oid for oid in oids if {first, second} <= depends[oid] and world.relation(oid).kind in TABLES}
        for actor, group in _by_actor(world, role, both).items():
            other = next((each for each in world.ground.tenants if each != actor), "")
            own, theirs = world.context(actor), world.context(other)
            swapped = world.look(role, theirs | {second: own[second]}, group)
            either = {oid: group[oid] for oid, sight in swapped.items() if sight.seen}
            for said in (theirs[second], f"{{{other}}}"):
                settings = own | {second: said}
                for oid in [oid for oid, sight in world.look(role, settings, either).items() if sight.seen]:
                    relation = world.relation(oid)
                    shown = foreign_rows(world, relation, role, settings, actor)
                    if shown is not None:
                        del either[oid]
                        yield _hole(world, relation, role, setting=second, settings=settings, shown=shown)


def _kinds(world: World, role: str, oids: set[int]) -> _Kinds:
    """Return the relations by their policies: what opens none of a few opens no other with the very same."""
    kinds: _Kinds = {}
    for oid in sorted(oids):
        kind = kin(world.found, world.relation(oid), role)
        kinds.setdefault((role, oid) if kind is None else (kind, _asked(world, oid, role)), []).append(oid)
    return kinds


def _asked(world: World, oid: int, role: str) -> frozenset[Policy]:
    """Return the policies for a role on the tables that a relation's own policies read."""
    catalog = world.found.catalog
    read = {each for policy in catalog.policies_of(world.relation(oid), role) for each in policy.relations}
    known = [catalog.relations[each] for each in read if each in catalog.relations]
    return frozenset(policy for each in known for policy in catalog.policies_of(each, role))


def _seen(world: World, role: str, setting: str, value: str | None, oids: set[int]) -> _Seen:
    """Return the relations in which others' rows are seen with the setting, and the whole context of each.

    Without a value the setting says who of the tenant's own people asks, where it is called as a column that has them.
    """
    seen: _Seen = {}
    for actor, group in _by_actor(world, role, oids).items():
        said = world.contexts.person(setting, actor) if value is None else value
        if said is not None:
            settings = world.contexts.widened(world.context(actor), setting, said)
            seen |= {oid: settings for oid, sight in world.look(role, settings, group).items() if sight.seen}
    return seen


def _as_nobody(world: World, role: str, setting: str, kinds: _Kinds) -> Generator[Hole, None, set[int]]:
    """Be a tenant that may exist, and look for rows of any other: a session may choose its tenant, but only one."""
    opened: set[int] = set()
    for value in whom_it_may_name(world, setting):
        settings = world.context(value)

        def look(group: Iterable[int], value: str = value, settings: dict[str, str] = settings) -> _Seen:
            owned = {oid: world.by_owner(role, world.relation(oid), value) for oid in sorted(set(group) - opened)}
            wanted = {oid: condition for oid, condition in owned.items() if condition is not None}
            return {oid: settings for oid, sight in world.look(role, settings, wanted).items() if sight.seen}

        for oid in _of_kinds(kinds, look):
            shown = foreign_rows(world, world.relation(oid), role, settings, value)
            if shown is not None:
                opened.add(oid)
                yield _hole(world, world.relation(oid), role, setting=setting, settings=settings, shown=shown)
    return opened


def _by_actor(world: World, role: str, oids: set[int]) -> dict[str, dict[int, sql.Composed]]:
    groups: dict[str, dict[int, sql.Composed]] = {}
    for oid in sorted(oids):
        actor, condition = world.actor(world.relation(oid)), world.foreign(role, world.relation(oid))
        if actor is not None and condition is not None:
            groups.setdefault(actor, {})[oid] = condition
    return groups


def _hole(  # noqa: PLR0913 - one finding's facts
    world: World, relation: Relation, role: str, *, setting: str, settings: dict[str, str], shown: sql.Composed
) -> Hole:
    policies = through(world.found, relation, role, setting)
    return Hole(
        object=str(relation),
        role=role,
        detail=f"{role} reads other tenants' rows after setting {setting} to '{settings[setting]}'{policies}",
        cause=f"any session can set {setting}, which opens all tenants",
        evidence=script(role, settings, shown),
    )
