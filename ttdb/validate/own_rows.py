"""What a tenant sees of its own rows: whether it sees any at all, and how its setting has to be written."""

from itertools import islice

from psycopg import sql

from ttdb.validate.catalog import Relation
from ttdb.validate.world import World

_FEW, _PEOPLE = 40, 8  # relations in which own rows are looked for, to know how a tenant is written, and by whom


def sees_nothing_of_its_own(world: World) -> bool:
    """Tell whether no role of the application sees any row of the tenant it works for, where there are some."""
    looked = False
    for role in world.app_attackers:
        for tenant, wanted in _own(world, role).items():
            looked = True
            if any(sight.seen for sight in world.look(role, world.context(tenant), wanted).values()):
                return False
    return looked


def _own(world: World, role: str) -> dict[str, dict[int, sql.Composed]]:
    """Return, by tenant, the relations in which a role may look for rows of that tenant, and what finds these."""
    groups: dict[str, dict[int, sql.Composed]] = {}
    for relation in world.readable(role):
        holding, tenant = world.ground.holdings.get(relation.oid), world.actor(relation)
        rows = holding.rows.get(tenant, ()) if holding is not None and tenant is not None else ()
        if tenant is not None and rows and _by_key(world, role, relation):
            groups.setdefault(tenant, {})[relation.oid] = world.identity(relation, list(rows))
    return groups


def settle_contexts(world: World) -> None:
    """Ask the database whether settings of which that is in doubt are read as JSON: by what shows more own rows."""
    for setting, as_json in world.contexts.doubtful.items():
        for role in world.app_attackers:
            counts = {each: _own_seen(world, role, setting, as_json=each) for each in (as_json, not as_json)}
            world.contexts.take_as(setting, as_json=as_json)
            if counts[True] != counts[False]:
                world.contexts.take_as(setting, as_json=counts[True] > counts[False])
                break


def settle_people(world: World) -> tuple[str, ...]:
    """Let somebody of each tenant ask for it, where nobody sees anything otherwise: who sees most of its rows.

    Return the settings that say who it is.
    """
    known: dict[str, None] = {}
    for setting in world.found.tenant_settings if sees_nothing_of_its_own(world) else ():
        for tenant in world.ground.tenants:
            people = world.contexts.people(setting, tenant)[:_PEOPLE]
            counts = [_seen_by(world, setting, tenant, person) for person in people]
            best = counts.index(max(counts)) if any(counts) else None
            world.contexts.ask_as(setting, tenant, None if best is None else people[best])
            known |= {} if best is None else {setting: None}
    return tuple(known)


def _seen_by(world: World, setting: str, tenant: str, person: dict[str | None, str]) -> int:
    world.contexts.ask_as(setting, tenant, person)
    seen = 0
    for role in world.app_attackers:
        rows = {oid: each.rows.get(tenant, ()) for oid, each in world.ground.holdings.items()}
        wanted = {
            relation.oid: world.identity(relation, list(rows[relation.oid]))
            for relation in world.readable(role)
            if rows.get(relation.oid) and _by_key(world, role, relation)
        }
        few = dict(islice(wanted.items(), _FEW))
        seen += sum(sight.seen for sight in world.look(role, world.context(tenant), few).values())
    return seen


def _by_key(world: World, role: str, relation: Relation) -> bool:
    """Tell whether a role may read the columns by which rows are told apart."""
    return bool(relation.key) and all(world.rights[role, relation.oid].may_read(name) for name in relation.key)


def _own_seen(world: World, role: str, setting: str, *, as_json: bool) -> int:
    world.contexts.take_as(setting, as_json=as_json)
    seen = 0
    for tenant, wanted in _own(world, role).items():
        few = dict(islice(wanted.items(), _FEW))
        seen += sum(sight.seen for sight in world.look(role, world.context(tenant), few).values())
    return seen
