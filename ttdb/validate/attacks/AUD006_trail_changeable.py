'''
code = "AUD006"
name = "trail-changeable"
severity = "error"
since = "0.1.0"
title = "The application may change, remove or forge what the trail records"
why = """
A trail that its subjects can write is no evidence. Here an application or masked role owns it, may update, delete or
truncate its rows, or insert its own while the triggers that write it do not need that. Where no policy lets a row
through, it is said for information; where one does as soon as the row is old, say, it is a warning. So it is where a
role for work across tenants may change what is recorded: of what it did itself there is no evidence then, unless only
the role that retires old records may.
"""
bad = """
grant delete on app.changes to example_app;
create policy delete_all on app.changes for delete to example_app using (true);
"""
fix = """
drop policy delete_all on app.changes;
revoke delete on app.changes from example_app;
"""
stands_on = "trail"
'''

from collections.abc import Iterator, Sequence

from psycopg import sql

from ttdb.model.validation import Severity, Unproven
from ttdb.validate.discover.trails import Trail
from ttdb.validate.hole import Hole
from ttdb.validate.oracle import Question, admitted, guarded
from ttdb.validate.outcomes import TIMEOUT
from ttdb.validate.variants import variants
from ttdb.validate.world import World

_COMMANDS = {"INSERT": "a", "UPDATE": "w", "DELETE": "d"}
_CHANGES = ("UPDATE", "DELETE", "TRUNCATE")
_HELD = sql.SQL(
    "select x.privilege from unnest({0}::text[]) as x (privilege)"
    " where case when x.privilege in ('INSERT', 'UPDATE')"
    " then has_any_column_privilege({1}, {2}::oid, x.privilege)"
    " else has_table_privilege({1}, {2}::oid, x.privilege) end"
)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Look at what each role may do to each trail."""
    for trail in world.found.trails:
        for role in world.attackers:
            hole = _role(world, trail, role)
            if hole is not None:
                yield hole
        for role in world.found.roles.cross_tenant:
            if role not in world.attackers and world.sessions.may_act_as(role):
                yield from _of_job(world, trail, role)


def _of_job(world: World, trail: Trail, role: str) -> Iterator[Hole]:
    """Look at what a role for work across tenants may do to records; its owner, as whom old ones are retired, may."""
    owner = trail.relation.owner in {role, *world.found.catalog.roles[role].may_become}
    privileges = [] if owner else _held(world, trail, role, _CHANGES)
    named = [each for each in privileges if each == "TRUNCATE" or _lets(world, trail, role, each)]
    if named:
        verbs = ", ".join(each.lower() for each in named)
        yield _hole(trail, role, f"may {verbs} its rows", _proof(trail, role, named[0]), Severity.WARNING)


def _held(world: World, trail: Trail, role: str, privileges: Sequence[str]) -> list[str]:
    query = _HELD.format(sql.Literal(list(privileges)), sql.Literal(role), sql.Literal(trail.relation.oid))
    held = [row[0] for row in world.oversee(query).rows]
    return [each for each in held if each != "TRUNCATE" or not _keeps_rows(world, trail, role)]


def _keeps_rows(world: World, trail: Trail, role: str) -> bool:
    """Tell whether something refuses the role to truncate the trail, where that may be tried."""
    if not world.disposable or not world.sessions.may_act_as(role):
        return False
    with world.acting_as(role, world.context(next(iter(world.ground.tenants), None))) as acting:
        outcome = acting.tried(sql.SQL("truncate {}").format(trail.relation.identifier))
    return not outcome.done and outcome.sqlstate not in TIMEOUT


def _proof(trail: Trail, role: str, privilege: str) -> sql.Composed:
    return sql.SQL("select 'held' where {}({}, {}::regclass, {});").format(
        sql.SQL("has_any_column_privilege" if privilege in ("INSERT", "UPDATE") else "has_table_privilege"),
        sql.Literal(role),
        sql.Literal(trail.relation.identifier.as_string(None)),
        sql.Literal(privilege),
    )


def _role(world: World, trail: Trail, role: str) -> Hole | None:
    table, known = trail.relation, world.found.catalog.roles[role]
    if role in {each.owner for each in trail.writers if each.definer}:
        return None  # the role as which the triggers write
    if table.owner in {role, *known.may_become}:
        proof = sql.SQL(
            "select 'owner' from pg_catalog.pg_class as c where c.oid = {}::regclass"
            " and pg_catalog.pg_has_role({}, c.relowner, 'member');"
        ).format(sql.Literal(table.identifier.as_string(None)), sql.Literal(role))
        return _hole(trail, role, "owns it, and may switch off what protects it", proof, None)
    held = _held(world, trail, role, ("INSERT", *_CHANGES, "TRIGGER"))
    if not trail.writers or not all(each.definer for each in trail.writers):
        held = [each for each in held if each != "INSERT"]  # it is written with the caller's rights
    if not held:
        return None
    effective = [each for each in held if each in ("TRUNCATE", "TRIGGER") or _lets(world, trail, role, each)]
    later = [each for each in held if not effective and _lets(world, trail, role, each, later=True)]
    named = effective or later or held
    proof = _proof(trail, role, named[0])
    verbs = ", ".join(each.lower() for each in named)
    if effective:
        return _hole(trail, role, f"may {verbs} its rows", proof, None)
    if later:
        return _hole(trail, role, f"may {verbs} its rows once they are what a policy asks for", proof, Severity.WARNING)
    return _hole(trail, role, f"holds {verbs}, which only the lack of a policy stops", proof, Severity.INFO)


def _lets(world: World, trail: Trail, role: str, privilege: str, *, later: bool = False) -> bool:
    """Tell whether policies let a row of the role's own tenant through, as it is, or as it may be later."""
    table = trail.relation
    if not guarded(world.found, table, role):
        return True
    tenant = next(iter(world.ground.tenants), None)
    column = world.found.tenant_columns.get(table.oid)
    holding = world.ground.holdings.get(table.oid)
    rows = holding.rows.get(tenant or "", ()) if holding else ()
    row = rows[0] if rows else ({column: tenant} if column else {})
    command = _COMMANDS[privilege]
    asked = variants(world, role, table, row, command) if later else [Question(table, command, row)]
    with world.acting_as(role, world.context(tenant)) as acting:
        return bool(admitted(world.found, role, acting, asked))


def _hole(trail: Trail, role: str, what: str, proof: sql.Composed, severity: Severity | None) -> Hole:
    table = trail.relation
    return Hole(
        object=str(table),
        role=role,
        detail=f"{role} {what}: it is the trail of {', '.join(each.name for each in trail.writers) or 'changes'}",
        cause="the trail can be changed by those whom it records",
        evidence=proof.as_string(None),
        severity=severity,
        fix=f"revoke insert, update, delete, truncate, trigger on {table} from public, {role};",
    )
