"""Which roles the application logs in as, which see masked values only, and which are meant to see all tenants."""

from collections.abc import Collection, Iterable

from ttdb.errors import UsageError
from ttdb.postgres.connect import Connection
from ttdb.validate.catalog import Catalog, Role
from ttdb.validate.discover.columns import depends_on_session
from ttdb.validate.discover.found import Hints, Registry, Roles
from ttdb.validate.queries import query

_APP, _MASKED = "ttdb_app", "ttdb_support"
_OWN = ("ttdb_owner", "ttdb_operator", "ttdb_worker", "ttdb_masker", "ttdb_definer", "ttdb_auditor")
_CROSS_TENANT = ("ttdb_operator", "ttdb_worker", "ttdb_definer", "ttdb_auditor")


def roles(connection: Connection, catalog: Catalog, tables: Collection[int], registry: Registry, hints: Hints) -> Roles:
    """Tell the roles apart: as told, else ttdb's own, else by what they may do to the tenants' tables.

    Raises:
        UsageError: a role was named that does not exist.

    """
    for name in (*hints.app_roles, *hints.masked_roles, *hints.cross_tenant_roles):
        if name not in catalog.roles:
            raise UsageError(f'role "{name}" does not exist', f"The roles are {', '.join(catalog.roles)}.")
    own = registry.present and _APP in catalog.roles
    masked = hints.masked_roles or ((_MASKED,) if own and _MASKED in catalog.roles else ())
    cross = hints.cross_tenant_roles or _cross_tenant(catalog, own=own)
    if hints.app_roles:
        return Roles(hints.app_roles, masked, cross)
    taken = {*masked, *cross}
    users = _users(connection, catalog, tables)
    app = _members(catalog, taken) if own else _by_privileges(catalog, users, taken)
    if not own and tables and not any(catalog.roles[name].login for name in app):
        # Nobody but superusers can log in and work, so that is what the services do.
        superusers = [role.name for role in catalog.roles.values() if role.superuser and role.login]
        app += [name for name in superusers if name not in hints.strangers]
    return Roles(tuple(app), masked, tuple(role for role in cross if role not in app))


def _cross_tenant(catalog: Catalog, *, own: bool) -> tuple[str, ...]:
    if own:
        return tuple(name for name in _CROSS_TENANT if name in catalog.roles)
    ordinary = [role for role in catalog.roles.values() if not role.superuser]
    named = {
        role.name
        for role in ordinary
        if (role.bypasses and not _held_to_a_tenant(catalog, role.name)) or _meant_to_see_all(catalog, role.name)
    }
    members = {role.name for role in ordinary if role.login and role.may_become and named.issuperset(role.may_become)}
    return tuple(role.name for role in ordinary if role.name in named | members)


def _held_to_a_tenant(catalog: Catalog, role: str) -> bool:
    """Tell whether a policy names the role and depends on the session: then bypassing it is no intent."""
    return any(role in policy.roles and depends_on_session(policy) for policy in catalog.policies)


def _meant_to_see_all(catalog: Catalog, role: str) -> bool:
    """Tell whether policies open several tables to this role by name, and none holds it to a tenant."""
    named = [policy for policy in catalog.policies if role in policy.roles and policy.permissive]
    return len(named) > 1 and all("true" in (policy.qual, policy.with_check) for policy in named)


def _members(catalog: Catalog, taken: Collection[str]) -> list[str]:
    """Return ttdb_app and the services that log in as its members."""
    services = [
        role.name
        for role in catalog.roles.values()
        if role.login and _APP in role.may_become and not set(role.may_become) & {"ttdb_operator", "ttdb_owner"}
    ]
    return [_APP, *(name for name in services if name not in taken)]


def _users(connection: Connection, catalog: Catalog, tables: Collection[int]) -> list[Role]:
    """Return the roles that are no superusers and may read or change a tenants' table, the busiest first."""
    names = [role.name for role in catalog.roles.values() if not role.superuser]
    counts: dict[str, int] = {}
    for row in connection.execute(query("privileges"), {"roles": names}):
        relation, role = row[0], row[1]
        if relation in tables:
            counts[role] = counts.get(role, 0) + 1
    return [catalog.roles[name] for name in sorted(counts, key=lambda name: (-counts[name], name))]


def _by_privileges(catalog: Catalog, users: Iterable[Role], taken: Collection[str]) -> list[str]:
    owners = {each.owner for each in catalog.relations.values()}
    candidates = [role for role in users if role.name not in taken and role.name not in _OWN]
    others = [role for role in candidates if role.name not in owners]
    chosen = [role for role in others if role.login or not _has_login(catalog, role)]
    if not any(role.login for role in chosen):
        chosen += [role for role in candidates if role.name in owners and role.login]
    return [role.name for role in chosen]


def _has_login(catalog: Catalog, group: Role) -> bool:
    return any(role.login and not role.superuser and group.name in role.may_become for role in catalog.roles.values())
