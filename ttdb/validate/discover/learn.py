"""Put the parts of discovery together."""

from collections.abc import Mapping

from ttdb.errors import UsageError
from ttdb.postgres.connect import Connection
from ttdb.validate.catalog import TABLES, Catalog, read_catalog
from ttdb.validate.discover.columns import paths, tenant_columns, usual_column
from ttdb.validate.discover.found import Discovery, Hints, Roles
from ttdb.validate.discover.registry import registry
from ttdb.validate.discover.roles import roles
from ttdb.validate.discover.settings import named_by_login, settings
from ttdb.validate.discover.trails import Trail, trails

_OWN = ("ttdb", "audit", "masked")
_LISTED = 6  # trails that are named where a table each has its own


def discover(connection: Connection, hints: Hints) -> Discovery:
    """Learn everything the attacks and checks need from the catalog, and from the hints where they say more.

    Raises:
        UsageError: a hint names a role, a column, a trail or a setting that cannot be.

    """
    catalog = read_catalog(connection)
    recorded = registry(connection)
    usual = usual_column(catalog, hints.tenant_column)
    columns = tenant_columns(catalog, usual, recorded.tenant_columns or {})
    if hints.tenant_setting is not None and "." not in hints.tenant_setting:
        raise UsageError(
            f'setting "{hints.tenant_setting}" cannot be set by a session',
            "Name a custom setting with a dot in it, as app.current_tenant_id.",
        )
    tenant_settings, others = settings(catalog, columns, recorded, hints.tenant_setting)
    reached = paths(catalog, columns)
    recording = trails(connection, catalog, hints.trails, own=recorded.trail)
    who = roles(connection, catalog, {*columns, *reached}, recorded, hints, {each.relation.oid for each in recording})
    return Discovery(
        catalog=catalog,
        registry=recorded,
        tenant_columns=columns,
        paths=reached,
        tenant_column=usual,
        tenant_settings=tenant_settings,
        other_settings=others,
        roles=who,
        protected_schemas=hints.protected_schemas or _schemas(catalog, columns),
        assumptions=(
            *_assumptions(hints, usual, tenant_settings, who),
            *_of_trails(hints, recording, own=recorded.trail),
            f"{len(columns)} relations have a tenant column",
        ),
        trails=recording,
        by_login=not tenant_settings and named_by_login(catalog, columns),
    )


def _schemas(catalog: Catalog, columns: Mapping[int, str]) -> tuple[str, ...]:
    holders = {catalog.relations[oid].schema for oid in columns if catalog.relations[oid].kind in TABLES}
    return tuple(sorted(holders - set(_OWN)))


def _assumptions(hints: Hints, usual: str | None, tenant_settings: tuple[str, ...], who: Roles) -> tuple[str, ...]:
    column = f"the tenant is in column {usual}" if usual else "no tenant column was found"
    setting = f"the tenant comes from setting {', '.join(tenant_settings)}"
    said = [
        (hints.tenant_column, column, "tenant-column"),
        (hints.tenant_setting, setting if tenant_settings else "no tenant setting was found", "tenant-setting"),
        (hints.app_roles, f"the application is {', '.join(who.app) or 'nobody'}", "app-role"),
        (hints.masked_roles, f"masked roles: {', '.join(who.masked) or 'none'}", "masked-role"),
        (hints.cross_tenant_roles, f"cross-tenant roles: {', '.join(who.cross_tenant) or 'none'}", "cross-tenant-role"),
    ]
    return tuple(f"{text} (--{flag} to correct)" for given, text, flag in said if not given)


def _of_trails(hints: Hints, recording: tuple[Trail, ...], *, own: bool) -> tuple[str, ...]:
    """Say which tables are taken for audit trails; ttdb's own needs no word."""
    if hints.trails or own:
        return ()
    listed = sorted(str(each.relation) for each in recording)
    more = [f"{len(listed) - _LISTED} more"] if len(listed) > _LISTED else []
    names = ", ".join((*listed[:_LISTED], *more))
    return (f"the trail is {names} (--trail to correct)" if names else "no audit trail was found (--trail to correct)",)
