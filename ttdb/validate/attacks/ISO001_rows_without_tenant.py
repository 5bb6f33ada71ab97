'''
code = "ISO001"
name = "rows-without-tenant"
severity = "error"
since = "0.1.0"
title = "A session without a valid tenant sees tenants' rows"
why = """
A service that forgets to set the tenant, or sets an empty, malformed or unknown one, must see nothing. Here it sees
rows, so one missed line in the application shows every tenant's data.
"""
bad = """
create policy select_when_unset on app.orders for select
using (coalesce(pg_catalog.current_setting('app.org', true), '') = '');
"""
fix = """
drop policy select_when_unset on app.orders;
"""
'''

from collections.abc import Iterator

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.causes import DEFAULTED, why
from ttdb.validate.evidence import script
from ttdb.validate.hole import Hole
from ttdb.validate.show import rows
from ttdb.validate.world import World


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Look for rows of any tenant in sessions that have none."""
    for role in world.attackers:
        honest = world.reads(role)
        told: set[int] = set()
        for how, sights in world.reads_without_tenant(role).items():
            for oid, sight in sights.items():
                already = oid in told or (oid in honest and honest[oid].seen)  # ISO003 has shown it
                if sight.seen and not already:
                    told.add(oid)
                    yield _hole(world, oid, role, how)


def _hole(world: World, oid: int, role: str, how: str) -> Hole:
    relation = world.relation(oid)
    condition = world.anything(role, relation)
    reset = _reset(world) if how == "unset" else ""
    shown = "" if condition is None else rows(world, relation, role, condition)
    return Hole(
        object=str(relation),
        role=role,
        detail=f"{role} sees tenants' rows when the tenant is {how}",
        cause=DEFAULTED if reset else f"with the tenant {how}: {why(world.found, relation, role)}",
        fix=reset,
        evidence=script(role, world.nobody(how), shown),
    )


def _reset(world: World) -> str:
    """Return what takes a default of the database away that gives each session a tenant; nothing where it has none."""
    form = sql.SQL(
        "select pg_catalog.format('alter database %I reset %s;', d.datname, split_part(c.line, '=', 1))"
        " from pg_catalog.pg_db_role_setting as s inner join pg_catalog.pg_database as d on s.setdatabase = d.oid"
        " cross join unnest(s.setconfig) as c (line) where s.setrole = 0 and d.datname = current_database()"
        " and split_part(c.line, '=', 1) = any({}) and split_part(c.line, '=', 2) not in ('', '\"\"')"
    )
    asked = form.format(sql.Literal([*world.found.tenant_settings]))
    return world.once(("defaulted",), lambda: "\n".join(row[0] for row in world.oversee(asked).rows))
