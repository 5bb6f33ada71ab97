'''
code = "ISO002"
name = "error-without-tenant"
severity = "warning"
since = "0.1.0"
title = "A session without a valid tenant gets an error where it should see no rows"
why = """
A policy that casts or demands a setting raises an error when it is unset, empty or malformed. Any query on the table
then fails, on a pooled connection after the first transaction too, where the setting reads as an empty string; and
the error tells what the policy looks for.
"""
bad = """
alter policy select_own_org on app.orders using (org_id = pg_catalog.current_setting('app.org')::uuid);
"""
fix = """
alter policy select_own_org on app.orders
using (org_id = (select nullif(pg_catalog.current_setting('app.org', true), '')::uuid));
"""
'''

from collections.abc import Iterator

from psycopg import sql

from ttdb.model.validation import Severity, Unproven
from ttdb.validate.causes import through
from ttdb.validate.evidence import script
from ttdb.validate.hole import Hole
from ttdb.validate.world import Sight, World

_DENIED, _TIMEOUT = "42501", ("57014", "55P03")


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Read every relation in sessions that have no tenant, and report refusals other than for lack of privilege."""
    for role in world.attackers:
        honest = world.reads(role)
        told: set[int] = set()
        for how, sights in world.reads_without_tenant(role).items():
            for oid, sight in sights.items():
                fails_anyway = oid in honest and bool(honest[oid].error)
                if sight.error and oid not in told and not fails_anyway and sight.sqlstate not in (_DENIED, *_TIMEOUT):
                    told.add(oid)
                    yield _hole(world, oid, role, how, sight)


def _hole(world: World, oid: int, role: str, how: str, sight: Sight) -> Hole:
    relation = world.relation(oid)
    policies = through(world.found, relation, role)
    return Hole(
        object=str(relation),
        role=role,
        detail=f"reading fails for {role} when the tenant is {how}: {sight.error}{policies}",
        # A malformed tenant comes from no honest session; what every session meets is an unset or empty one.
        severity=Severity.INFO if how == "malformed" else None,
        cause="policies raise an error without a tenant",
        evidence=script(role, world.nobody(how), sql.SQL("select count(*) from {}").format(relation.identifier)),
    )
