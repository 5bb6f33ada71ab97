'''
code = "ISO022"
name = "tenant-left-in-pool"
severity = "error"
since = "0.1.0"
title = "The pooler hands one client's tenant to the next"
why = """
A pooler lends one connection to many clients. What a client sets for its session stays in the connection: the next
client, who has set no tenant yet or forgets to, works silently for somebody else's. New clients look for a tenant that
others left; and a setting of our own is left by one client and looked for by another, where the services set their
tenant for the session.
"""
bad = """
-- in pgbouncer.ini: pool_mode = transaction, where services run "set app.org = ..." or set_config(..., false)
-- or: pool_mode = session with server_reset_query empty
"""
fix = """
-- in the services: begin; select set_config('app.org', ..., true); ...; commit;
-- or in pgbouncer.ini: pool_mode = session and server_reset_query = DISCARD ALL
"""
'''

from collections.abc import Iterator

from psycopg import sql

from ttdb.model.validation import Pool, TenantScope, Unproven
from ttdb.validate.evidence import as_clients, text
from ttdb.validate.hole import Hole
from ttdb.validate.world import World

_CAUSE = "the pooler hands one client's tenant to the next"
_FIX = (
    "-- in the services, in each transaction: select pg_catalog.set_config({setting}, ..., true);\n"
    "-- or in the pooler's configuration: pool_mode = session, server_reset_query = DISCARD ALL"
)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Judge what new clients of the pool found, and what reaches the next client."""
    pool = world.pool
    if pool is None:
        return
    setting = next(iter((*pool.left, *world.found.tenant_settings)), "")
    if pool.left:
        yield _hole(pool, setting, f"a new client finds {', '.join(pool.left)} set by another", left=True)
    elif pool.scope is TenantScope.SESSION and pool.hands_on and setting:
        told = f"{pool.scope_known_by}, and the next client of the same connection finds it"
        yield _hole(pool, setting, told, left=False)
    elif pool.scope is TenantScope.SESSION and pool.hands_on is None:
        yield Unproven(
            f"pooler {pool.place}", "no second client got the connection of the first: try again at a quieter hour"
        )


def _hole(pool: Pool, setting: str, what: str, *, left: bool) -> Hole:
    name, parts = sql.Literal(setting), sql.SQL(".").join(map(sql.Identifier, setting.split(".")))
    leave = text(sql.SQL("set {} = 'a tenant of mine';").format(parts))
    find = text(
        sql.SQL(
            "select pg_catalog.current_setting({0}, true) as left_by_another"
            " where pg_catalog.current_setting({0}, true) not in ('', 'none');"
        ).format(name)
    )
    sweep = text(sql.SQL("reset {};").format(parts))
    mode = f" in {pool.mode} mode" if pool.mode else ""
    return Hole(
        object=f"pooler {pool.place}",
        role=pool.login,
        detail=f"{pool.product}{mode}, as {pool.login}: {what}",
        cause=_CAUSE,
        evidence=as_clients(pool, *([find] if left else [leave, f"{find}\n{sweep}"])),
        fix=_FIX.format(setting=name.as_string(None)),
    )
