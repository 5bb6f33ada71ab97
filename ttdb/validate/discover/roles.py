"""Which roles the application logs in as, which see masked values only, and which are meant to see all tenants."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from psycopg.rows import TupleRow

from ttdb.errors import UsageError
from ttdb.postgres.connect import Connection
from ttdb.validate.catalog import Catalog, Role
from ttdb.validate.discover.columns import depends_on_session
from ttdb.validate.discover.found import Hints, Registry, Roles
from ttdb.validate.discover.special import auditors, definers, masked_roles
from ttdb.validate.queries import query

_APP, _MASKED = "ttdb_app", "ttdb_support"
_OWN = ("ttdb_owner", "ttdb_operator", "ttdb_worker", "ttdb_masker", "ttdb_definer", "ttdb_auditor")
_CROSS_TENANT = ("ttdb_operator", "ttdb_worker", "ttdb_definer", "ttdb_auditor")


def roles(  # noqa: PLR0913, PLR0917 - what there is to tell them by
    connection: Connection,
    catalog: Catalog,
    tables: Collection[int],
    registry: Registry,
    hints: Hints,
    trails: Collection[int] = (),
) -> Roles:
    """Tell the roles apart: as told, else ttdb's own, else by what they may do to the tenants' tables.

    Raises:
        UsageError: a role was named that does not exist.

    """
    for name in (*hints.app_roles, *hints.masked_roles, *hints.cross_tenant_roles):
        if name not in catalog.roles:
            raise UsageError(f'role "{name}" does not exist', f"The roles are {', '.join(catalog.roles)}.")
    own = registry.present and _APP in catalog.roles
    masked = hints.masked_roles or _masked(connection, catalog, hints, own=own)
    rights = _rights(connection, catalog)
    theirs = {*tables, *trails}
    jobs = _of_one_table(rights, theirs, trails)
    cross = hints.cross_tenant_roles or _cross_tenant(catalog, _granted(connection), theirs, trails, jobs, own=own)
    if hints.app_roles:
        return Roles(hints.app_roles, masked, cross)
    if not own and not hints.cross_tenant_roles:
        alone = _only_writer(catalog, tables, rights)
        cross = tuple(role for role in cross if role != alone or not catalog.roles[role].bypasses)
    taken = {*masked, *cross, *(() if own else definers(connection, catalog))}
    used = Counter(role for relation, role, *_ in rights if relation in tables)
    users = [catalog.roles[name] for name in sorted(used, key=lambda name: (-used[name], name))]
    taken |= _administrators(catalog, _granted(connection))
    app = _members(catalog, taken) if own else _by_privileges(catalog, users, taken, _owners(catalog, tables, used))
    if not own and tables and not any(catalog.roles[name].login for name in app):
        # Nobody but superusers can log in and work, so that is what the services do.
        superusers = [role.name for role in catalog.roles.values() if role.superuser and role.login]
        app += [name for name in superusers if name not in hints.strangers]
    return Roles(tuple(app), masked, tuple(role for role in cross if role not in {*app, *masked}))


def _masked(connection: Connection, catalog: Catalog, hints: Hints, *, own: bool) -> tuple[str, ...]:
    if own:
        return (_MASKED,) if _MASKED in catalog.roles else ()
    told = {*hints.app_roles, *hints.cross_tenant_roles}
    return tuple(name for name in masked_roles(connection, catalog) if name not in told)


def _granted(connection: Connection) -> set[str]:
    """Return the roles that were granted something themselves, and not through a group."""
    rows = connection.execute(
        "select distinct pg_catalog.pg_get_userbyid(x.grantee)::text from pg_catalog.pg_class as c"
        " cross join lateral aclexplode(c.relacl) as x where x.grantee <> 0 and c.oid >= 16384"
    )
    return {row[0] for row in rows}


def _cross_tenant(  # noqa: PLR0913 - what there is to tell them by
    catalog: Catalog,
    granted: Collection[str],
    tables: Collection[int],
    trails: Collection[int],
    jobs: Collection[str],
    *,
    own: bool,
) -> tuple[str, ...]:
    if own:
        return tuple(name for name in _CROSS_TENANT if name in catalog.roles)
    ordinary = [role for role in catalog.roles.values() if not role.superuser]
    named = {
        role.name
        for role in ordinary
        if (role.bypasses and not _held_to_a_tenant(catalog, role)) or _meant_to_see_all(catalog, role, tables, jobs)
    }
    reading = auditors(catalog, trails)
    named |= {role.name for role in ordinary if role.name in reading and not _held_to_a_tenant(catalog, role)}
    # A login that has rights of its own works for somebody else, and may become the job besides: a finding, no intent.
    members = {
        role.name
        for role in ordinary
        if role.login and role.name not in granted and role.may_become and named.issuperset(role.may_become)
    }
    return tuple(role.name for role in ordinary if role.name in named | members)


def _administrators(catalog: Catalog, granted: Collection[str]) -> set[str]:
    """Return the logins that work as the tables' owner, with no rights or policies that are an application's."""
    owners = {each.owner for each in catalog.relations.values()}
    held = {name for policy in catalog.policies if depends_on_session(policy) for name in policy.roles}
    return {
        role.name
        for role in catalog.roles.values()
        if role.name not in granted and owners & set(role.may_become) and not held & {role.name, *role.may_become}
    }


def _held_to_a_tenant(catalog: Catalog, role: Role) -> bool:
    """Tell whether policies of the role's or its groups' depend on the session: then bypassing them is no intent."""
    owners = {each.owner for each in catalog.relations.values()}
    names = {role.name} if owners & set(role.inherits) else {role.name, *role.inherits}
    return any(names & set(policy.roles) and depends_on_session(policy) for policy in catalog.policies)


def _of_one_table(rights: Iterable[TupleRow], tables: Collection[int], trails: Collection[int]) -> set[str]:
    """Return the roles that use one table of tenants: to look and to mark, as schedulers do, and not to fill it.

    A trail is filled for all tenants.
    """
    of_tenants = [each for each in rights if each[0] in tables]
    uses = Counter(role for _, role, *_ in of_tenants)
    filling = {role for relation, role, _, _, inserts, *_ in of_tenants if inserts and relation not in trails}
    return {role for role, count in uses.items() if count == 1} - filling


def _meant_to_see_all(catalog: Catalog, role: Role, tables: Collection[int], jobs: Collection[str]) -> bool:
    """Tell whether policies open several tables to this role by name, or all it uses, and none holds it to a tenant.

    So too of a trail. Those of tables that all tenants share say nothing: everybody may see all there. One that asks of
    a row alone, as for its status, says what the role may do to rows of any tenant.
    """
    theirs = (policy for policy in catalog.policies if policy.relation in tables)
    by_name = [policy for policy in theirs if role.name in policy.roles and policy.permissive]
    named = [policy for policy in by_name if "true" in (policy.qual, policy.with_check)]
    if not named or any(depends_on_session(policy) for policy in by_name if policy not in named):
        return False
    return (
        len(named) > 1
        or role.name in jobs
        or not (
            _held_to_a_tenant(catalog, role)
            or any(depends_on_session(policy) for policy in catalog.policies if policy.relation == named[0].relation)
        )
    )


def _members(catalog: Catalog, taken: Collection[str]) -> list[str]:
    """Return ttdb_app and the services that log in as its members."""
    services = [
        role.name
        for role in catalog.roles.values()
        if role.login and _APP in role.may_become and not set(role.may_become) & {"ttdb_operator", "ttdb_owner"}
    ]
    return [_APP, *(name for name in services if name not in taken)]


def _rights(connection: Connection, catalog: Catalog) -> list[TupleRow]:
    """Return what each role that is no superuser may do, a row for a relation and a role."""
    names = [role.name for role in catalog.roles.values() if not role.superuser]
    return connection.execute(query("privileges"), {"roles": names}).fetchall()


def _only_writer(catalog: Catalog, tables: Collection[int], rights: Iterable[TupleRow]) -> str | None:
    """Return the login that alone may write tenants' tables: without it there would be no application."""
    writers = {row[1] for row in rights if row[0] in tables and any(row[4:7])}
    logins = [
        role.name
        for role in catalog.roles.values()
        if role.login and not role.superuser and writers & {role.name, *role.may_become}
    ]
    return logins[0] if len(logins) == 1 else None


def _owners(catalog: Catalog, tables: Collection[int], used: Mapping[str, int]) -> set[str]:
    """Return the owners of relations, without those that mostly use the tables of others."""
    owned: dict[str, int] = {}
    for oid in tables:
        owner = catalog.relations[oid].owner
        owned[owner] = owned.get(owner, 0) + 1
    guests = {name for name, count in owned.items() if catalog.roles[name].login and used.get(name, 0) > 2 * count}
    own = {each.owner for each in catalog.relations.values()}
    # Who has the rights of an owner in earnest uses the tables as that owner.
    return own - {name for name in guests if not (own - guests) & set(catalog.roles[name].may_become)}


def _by_privileges(
    catalog: Catalog, users: Iterable[Role], taken: Collection[str], owners: Collection[str]
) -> list[str]:
    candidates = [role for role in users if role.name not in taken and role.name not in _OWN]
    others = [role for role in candidates if role.name not in owners]
    chosen = [role for role in others if role.login or not _has_login(catalog, role)]
    # A login that does not inherit may do nothing until it has set a role: both are the application.
    without = [group for group in others if group not in chosen and not _inherited(group, chosen)]
    beside = {*taken, *owners, *_OWN}
    logins = [each for each in catalog.roles.values() if each.login and not each.superuser and each.name not in beside]
    groups = {group.name for group in others if not group.login}
    chosen += [*without, *(each for each in logins if groups & set(each.may_become) and each not in chosen)]
    if not any(role.login for role in chosen):
        chosen += [role for role in candidates if role.name in owners and role.login]
    return [role.name for role in chosen]


def _inherited(group: Role, chosen: Iterable[Role]) -> bool:
    return any(role.login and group.name in role.may_become for role in chosen)


def _has_login(catalog: Catalog, group: Role) -> bool:
    return any(role.login and not role.superuser and group.name in role.may_become for role in catalog.roles.values())
