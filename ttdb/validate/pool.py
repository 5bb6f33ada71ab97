"""What is known of the pooler before a database: as tried, and for how long the services set their tenant there."""

from dataclasses import replace

from ttdb.model.validation import Pool, TenantScope
from ttdb.postgres.connect import Connection
from ttdb.postgres.pooler import address, client
from ttdb.postgres.url import Url
from ttdb.validate.discover import Discovery
from ttdb.validate.pooling import try_pool
from ttdb.validate.scope import tenant_scope

_USUAL = (
    "select split_part(c.line, '=', 1), substr(c.line, strpos(c.line, '=') + 1)"
    " from pg_catalog.pg_db_role_setting as s cross join unnest(s.setconfig) as c (line)"
    " where s.setdatabase in (0, (select d.oid from pg_catalog.pg_database as d"
    " where d.datname = pg_catalog.current_database()))"
    " and s.setrole in (0, coalesce(pg_catalog.to_regrole(pg_catalog.quote_ident(%s))::oid, 0))"
    " order by s.setrole <> 0, s.setdatabase <> 0"
)


def look_at_pool(url: Url, overseer: Connection, found: Discovery, scope: TenantScope | None) -> Pool:
    """Try a pooler with the login that its address has.

    Args:
        url: the pooler.
        overseer: who sees functions, settings and statements.
        found: the tenant settings.
        scope: for how long the services set the tenant, where it was said.

    Raises:
        DatabaseUnreachable, TtdbError: the pooler did not answer, or has no connection to spare.

    """
    with client(url) as session:
        login, database = session.info.user, session.info.dbname
    usual = {name: value for name, value in overseer.execute(_USUAL, (login,)).fetchall()}  # noqa: C416 - typed so
    watched = {name: usual.get(name, "") for name in found.tenant_settings} | {"role": usual.get("role", "none")}
    tried = try_pool(url, watched)
    told, known_by = tenant_scope(overseer, found, [name for name in tried.left if name in found.tenant_settings])
    pool = Pool(
        place=address(url),
        product=tried.product,
        database=database,
        login=login,
        mode=tried.mode,
        hands_on=tried.hands_on,
        prepares=tried.prepares,
        refusal=tried.refusal,
        left=tried.left,
        scope=told,
        scope_known_by=known_by,
    )
    return pool if scope is None else replace(pool, scope=scope, scope_known_by="it was said")
