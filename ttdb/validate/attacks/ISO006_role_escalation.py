'''
code = "ISO006"
name = "role-escalation"
severity = "error"
since = "0.1.0"
title = "An application role may become one that is beyond the policies"
why = """
Membership lets a session say SET ROLE. Where the role it becomes is a superuser, bypasses row level security, owns
tenants' tables or is meant to see all tenants, so can every session of the application.
"""
bad = """
grant example_worker to example_app;
"""
fix = """
revoke example_worker from example_app;
"""
'''

from collections.abc import Iterator

from psycopg import sql

from ttdb.model import Unproven
from ttdb.validate.catalog import TABLES, Role
from ttdb.validate.evidence import script
from ttdb.validate.hole import Hole
from ttdb.validate.world import World


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Look at every role that an attacker may become, and read other tenants' rows as it."""
    for role in world.attackers:
        for name in world.found.catalog.roles[role].may_become:
            other = world.found.catalog.roles.get(name)
            if other is not None and name not in world.found.roles.app:
                yield from _become(world, role, other)


def _become(world: World, role: str, other: Role) -> Iterator[Hole]:
    reason = _beyond(world, other)
    if reason is None:
        return
    become = sql.SQL("set local role {}").format(sql.Identifier(other.name))
    proof = sql.SQL("select 'may become' where pg_catalog.pg_has_role({}, {}, 'MEMBER')").format(
        sql.Literal(role), sql.Literal(other.name)
    )
    read = _reads(world, role, become)
    detail = f"{role} may become {other.name}, which {reason}"
    yield Hole(
        object=f"role {other.name}",
        role=role,
        detail=detail if read is None else f"{detail}, and reads other tenants' rows",
        cause=f"{role} may become {other.name}",
        evidence=script(role, {}, proof) if read is None else script(role, {}, become, read),
    )


def _beyond(world: World, other: Role) -> str | None:
    if other.superuser:
        return "is a superuser"
    if other.bypasses:
        return "bypasses row level security"
    if any(table.owner == other.name for table in world.found.tenant_tables):
        return "owns tenants' tables and can switch their protection off"
    if other.name in world.found.roles.cross_tenant:
        return "is meant to see all tenants"
    return None


def _reads(world: World, role: str, become: sql.Composed) -> sql.Composed | None:
    """Return a select that shows another tenant's rows after the step up; None where there is none."""
    for oid, holding in world.ground.holdings.items():
        relation, column = world.relation(oid), world.found.tenant_columns.get(oid)
        if relation.kind not in TABLES or column is None or not holding.rows:
            continue
        read = sql.SQL("select r.{} from {} as r where r.{} is not null limit 3").format(
            sql.Identifier(column), relation.identifier, sql.Identifier(column)
        )
        with world.acting_as(role, world.context(None)) as acting:
            if not acting.attempt(become).done:
                return None
            if acting.attempt(read).rows:
                return read
    return None
