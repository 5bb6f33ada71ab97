'''
code = "SRV002"
name = "pool-mode-unfit"
severity = "warning"
since = "0.1.0"
title = "The pooler's mode does not fit the way the services set their tenant"
why = """
A tenant set for the session needs a connection of its own until the client leaves, and one that is cleaned afterwards:
session mode with a reset. A tenant set for a transaction needs a pooler that lets transactions through. Where they do
not fit, services see nothing at all, or are one forgotten line away from another tenant's rows.
"""
bad = """
-- in pgbouncer.ini: pool_mode = statement
-- or: pool_mode = session with server_reset_query empty
"""
fix = """
-- in pgbouncer.ini, for a tenant set by set_config(..., true): pool_mode = transaction
-- for a tenant set by set_config(..., false): pool_mode = session and server_reset_query = DISCARD ALL
"""
'''

from collections.abc import Iterator

from ttdb.model.validation import Pool, PoolMode, TenantScope, Unproven
from ttdb.validate.hole import Hole
from ttdb.validate.world import World

_FIXES = {
    TenantScope.TRANSACTION: "-- in the pooler's configuration: pool_mode = transaction",
    TenantScope.SESSION: "-- in the services: begin; select pg_catalog.set_config(..., true); ...; commit;",
}
_RESET = "-- in the pooler's configuration: server_reset_query = DISCARD ALL"


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Compare the mode with how the tenant is set."""
    pool = world.pool
    if pool is None:
        return
    if pool.mode is None:
        why = "its mode could not be told: no second client got the connection of the first"
        yield Unproven(f"pooler {pool.place}", why)
        return
    why = _unfit(pool)
    if why:
        yield Hole(
            object=f"pooler {pool.place}",
            role=pool.login,
            detail=f"{pool.product} in {pool.mode} mode, as {pool.login}: {why} ({pool.scope_known_by})",
            cause="the pooler's mode does not fit the way the tenant is set",
            fix=_RESET if pool.mode is PoolMode.SESSION else _FIXES[pool.scope],
        )


def _unfit(pool: Pool) -> str:
    if pool.scope is TenantScope.TRANSACTION:
        if pool.mode is PoolMode.STATEMENT:
            return "it refuses transactions, and the tenant is set for one"
        if pool.mode is PoolMode.SESSION and pool.hands_on:
            return "what a client sets for its session reaches the next client, for want of a reset"
    elif pool.mode is not PoolMode.SESSION and pool.hands_on is False:
        return "the tenant is set for the session, and is gone at the next transaction"
    return ""
