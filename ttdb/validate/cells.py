"""Role x object x action: what each role may try, and what came of it, from what the attacks have seen and noted."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from psycopg import sql

from ttdb.model.validation import Action, Cell, Finding, Reach
from ttdb.validate.alike import signature
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.world import World

_READING, _WRITING, _CALLING = "ISO003", "ISO005", "FNC004"  # the attacks that try all there is of a kind
_READ_LEAKS = ("ISO001", "ISO003", "ISO004", "MSK002")
_DENIED = "42501"
# The bits of pg_relation_is_updatable; what is no table is written only where a rule or a trigger makes it so.
_WRITABLE = {Action.INSERT: 8, Action.UPDATE: 4, Action.DELETE: 16}
_VIEWS = sql.SQL(
    "select c.oid::bigint, pg_catalog.pg_relation_is_updatable(c.oid, true) from pg_catalog.pg_class as c"
    " where c.relkind = 'v' and pg_catalog.pg_relation_is_updatable(c.oid, true) > 0"
)
_RIGHTS = {Action.READ: "selects", Action.INSERT: "inserts", Action.UPDATE: "updates", Action.DELETE: "deletes"}


@dataclass(frozen=True, slots=True)
class _Tried:
    """What came of everything that was tried, by role, object and action."""

    world: World
    came: Mapping[tuple[str, str, Action], tuple[Reach, str]]
    held: frozenset[tuple[str, Action, object]]  # signatures of tables with rows that let nothing foreign through
    writable: Mapping[int, int]  # views, and the bits of what may be written through them

    def possible(self, relation: Relation, action: Action) -> bool:
        """Tell whether the server would carry the action out at all."""
        if action is Action.READ or relation.kind in ("r", "p", "f"):
            return True
        return bool(self.writable.get(relation.oid, 0) & _WRITABLE[action])


def cells(world: World, findings: Iterable[Finding], ran: Collection[str]) -> tuple[Cell, ...]:
    """Return a cell for each action that some attack was to try; sends no probe of its own."""
    actions = [*([Action.READ] if _READING in ran else []), *(list(_RIGHTS)[1:] if _WRITING in ran else [])]
    came = _came(world, findings, reads=_READING in ran)
    tried = _Tried(world, came, _held(world, came), _bits(world))
    relations = sorted(_relations(world), key=str) if actions else []
    found = [
        Cell(role, str(relation), action, *_reach(tried, role, relation, action))
        for role in world.attackers
        for relation in relations
        for action in actions
    ]
    if _CALLING in ran:
        calls = sorted(key for key in came if key[2] is Action.EXECUTE)
        found += [Cell(*key, *came[key]) for key in calls]
    return tuple(found)


def _bits(world: World) -> dict[int, int]:
    return {oid: bits for oid, bits in world.oversee(_VIEWS).rows}  # noqa: C416 - typed so


def _relations(world: World) -> Iterator[Relation]:
    """Return what some role may reach, and all that holds tenants' rows."""
    reached = {oid for _, oid in world.rights}
    for oid, relation in world.found.catalog.relations.items():
        if oid in reached or world.belongs(relation):
            yield relation


def _came(
    world: World, findings: Iterable[Finding], *, reads: bool
) -> dict[tuple[str, str, Action], tuple[Reach, str]]:
    """Return what the attacks noted, and what was seen in reading; a leak that was shown overrides."""
    came: dict[tuple[str, str, Action], tuple[Reach, str]] = {}
    for role in world.attackers if reads else ():
        for oid, sight in world.reads(role).items():  # taken already, by the attack on reading
            if not sight.error:
                what = (Reach.OWN, "")
            else:
                what = (Reach.DENIED, "") if sight.sqlstate == _DENIED else (Reach.UNPROVEN, sight.error)
            came[role, str(world.relation(oid)), Action.READ] = what
    came |= world.tried
    for finding in findings:
        if finding.code in _READ_LEAKS and finding.role is not None:
            came[finding.role, finding.object, Action.READ] = (Reach.LEAKS, finding.code)
    return came


def _held(
    world: World, came: Mapping[tuple[str, str, Action], tuple[Reach, str]]
) -> frozenset[tuple[str, Action, object]]:
    named = {str(each): each for each in world.found.catalog.relations.values() if each.kind in TABLES}
    return frozenset(
        (role, action, signature(world.found, named[name], role))
        for (role, name, action), (reach, _) in came.items()
        if reach is Reach.OWN and name in named
    )


def _reach(tried: _Tried, role: str, relation: Relation, action: Action) -> tuple[Reach, str]:
    world = tried.world
    came = tried.came.get((role, str(relation), action))
    rights = world.rights.get((role, relation.oid))
    if came is not None and came[0] is Reach.LEAKS:
        return came
    if rights is None or not getattr(rights, _RIGHTS[action]) or not tried.possible(relation, action):
        return Reach.DENIED, ""
    if not world.belongs(relation):
        return _unmarked(tried, role, relation, action)
    if came is not None:
        return came
    alike = signature(world.found, relation, role) if relation.kind in TABLES else None
    if alike is not None and (role, action, alike) in tried.held:
        return Reach.OWN, ""
    lacking = world.lacking(relation)
    return Reach.UNPROVEN, lacking.why if lacking else "no statement could be made that tries it"


def _unmarked(tried: _Tried, role: str, relation: Relation, action: Action) -> tuple[Reach, str]:
    """Judge what holds no tenants' rows as far as its columns tell; where some were read in it, it does."""
    read = tried.came.get((role, str(relation), Action.READ), (Reach.SHARED, ""))
    if action is Action.READ or read[0] is not Reach.LEAKS:
        return Reach.SHARED, ""
    if relation.kind in TABLES and not relation.enabled:
        return read  # no policy stands between the privilege and those rows
    return Reach.UNPROVEN, "tenants' values are in it, and nothing tells whose a row is"
