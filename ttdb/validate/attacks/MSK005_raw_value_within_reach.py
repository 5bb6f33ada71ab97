'''
code = "MSK005"
name = "raw-value-within-reach"
severity = "warning"
since = "0.1.0"
title = "A masked role may read a raw personal column, or become a role that may"
why = """
The privilege to read a personal column as it is stands, directly or through a role that the masked one may become: as
soon as a policy lets a row through, the mask is no more than a view beside it. Where rows are reached already, it is an
error.
"""
bad = """
grant select (email) on app.customers to example_support;
"""
fix = """
revoke select (email) on app.customers from example_support;
"""
subsumed_by = ["MSK001", "MSK002", "MSK003"]
'''

from collections.abc import Iterator
from operator import attrgetter

from psycopg import sql

from ttdb.model.validation import Severity, Unproven
from ttdb.validate.evidence import script
from ttdb.validate.hole import Hole
from ttdb.validate.personal import Personal, personal
from ttdb.validate.world import World

_HOLDERS = sql.SQL(
    "select r.rolname::text, c.oid::bigint, a.attname::text"
    " from pg_catalog.pg_roles as r, pg_catalog.pg_class as c"
    " join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
    " where r.rolname = any({roles}::text[]) and c.oid::bigint = any({tables}::bigint[])"
    " and has_schema_privilege(r.oid, c.relnamespace, 'usage')"
    " and has_column_privilege(r.oid, c.oid, a.attnum, 'select')"
)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Look at what each masked role holds, and at whom it may become."""
    columns = {(each.relation.oid, each.column.name): each for each in personal(world.found)}
    tables = sorted({oid for oid, _ in columns})
    for role in world.found.roles.masked:
        known = world.found.catalog.roles[role]
        groups = [name for name in known.may_become if name in world.found.catalog.roles]
        query = _HOLDERS.format(roles=sql.Literal([role, *groups]), tables=sql.Literal(tables))
        held: dict[str, list[Personal]] = {}
        for name, oid, column in world.oversee(query).rows:
            if (oid, column) in columns:
                held.setdefault(name, []).append(columns[oid, column])
        yield from _direct(role, held.get(role, []))
        for group in groups:
            if group in held and not known.superuser:
                yield _through(world, role, group, held[group])


def _direct(role: str, held: list[Personal]) -> Iterator[Hole]:
    for relation in dict.fromkeys(each.relation for each in held):
        columns = [each for each in held if each.relation is relation]
        names = ", ".join(each.column.name for each in columns)
        yield Hole(
            object=str(relation),
            role=role,
            detail=f"{role} may read {names} of {relation} as they are",
            cause=f"{role} may read raw personal columns",
            evidence=_proof(role, columns[0]),
            fix=f"revoke select on {relation} from {role}, public;",  # noqa: S608 - to be read
        )


def _through(world: World, role: str, group: str, held: list[Personal]) -> Hole:
    become = sql.SQL("set local role {}").format(sql.Identifier(group))
    for each in sorted(held, key=attrgetter("inferred")):
        name, tenant = sql.Identifier(each.column.name), next(iter(world.ground.tenants), None)
        read = sql.SQL("select 'raw value' from {} as r where r.{} is not null limit 3").format(
            each.relation.identifier, name
        )
        settings = world.context(tenant)
        if role in world.attackers:
            with world.acting_as(role, settings) as acting:
                shown = acting.attempt(become).done and bool(acting.attempt(read).rows)
            if shown:
                evidence = script(role, settings, become, read)
                severity = Severity.WARNING if each.inferred else Severity.ERROR
                return _membership(role, group, each, evidence, severity)
    return _membership(role, group, held[0], _proof(group, held[0]), Severity.WARNING)


def _membership(role: str, group: str, one: Personal, evidence: str, severity: Severity) -> Hole:
    return Hole(
        object=f"role {group}",
        role=role,
        detail=f"{role} may become {group}, which reads {one} as it is",
        cause=f"{role} may become {group}",
        evidence=evidence,
        severity=severity,
        fix=f"revoke {group} from {role};",
    )


def _proof(role: str, one: Personal) -> str:
    return (
        sql.SQL("select 'held' where has_column_privilege({}, {}::regclass, {}, 'select');")
        .format(sql.Literal(role), sql.Literal(one.relation.identifier.as_string(None)), sql.Literal(one.column.name))
        .as_string(None)
    )
