'''
code = "ISO006"
name = "role-escalation"
severity = "error"
since = "0.1.0"
title = "An application role may become one that is beyond the policies"
why = """
Membership lets a session say SET ROLE, inherit another's rights, or grant itself a role that it administers. Where the
role it reaches is a superuser, bypasses row level security, owns tenants' tables, is let through by policies or is
meant to see all tenants, so can every session of the application. A role that sees masked values only must not become
one that reads the tables behind them.
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

from ttdb.model.validation import Severity, Unproven
from ttdb.validate.catalog import TABLES, Relation, Role
from ttdb.validate.evidence import script
from ttdb.validate.hole import Hole
from ttdb.validate.outcomes import Statement
from ttdb.validate.show import foreign_rows
from ttdb.validate.world import World

_Steps = tuple[Statement, ...]
_OPENED = "a policy lets read all of"
_ANOTHER_LOGIN = "is another login of the application"


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Look at every role that the application or a masked role may become, and read other tenants' rows as it."""
    for role in world.attackers:
        if role not in world.found.roles.app and role not in world.found.roles.masked:
            continue  # a group: whoever is in it is looked at
        for name in world.found.catalog.roles[role].may_become:
            other = world.found.catalog.roles.get(name)
            if other is not None:
                yield from _become(world, role, other)


def _become(world: World, role: str, other: Role) -> Iterator[Hole]:
    reason = _beyond(world, role, other)
    if reason is None:
        return
    proof = sql.SQL("select 'may become' where pg_catalog.pg_has_role({}, {}, 'MEMBER')").format(
        sql.Literal(role), sql.Literal(other.name)
    )
    shown = None if reason == _ANOTHER_LOGIN else _shown(world, role, other)
    detail = f"{role} may become {other.name}, which {reason}"
    yield Hole(
        object=f"role {other.name}",
        role=role,
        detail=detail if shown is None else f"{detail}, and reads {shown[1]}",
        cause=f"{role} may become {other.name}",
        severity=Severity.INFO if reason == _ANOTHER_LOGIN else None,  # itself held to its tenant, or found to be not
        evidence=script(role, {}, proof) if shown is None else shown[0],
        fix=f"{_before(reason)}revoke {_quoted(other.name)} from {_quoted(role)};",
    )


def _before(reason: str) -> str:
    """Say what may be the better mend: the application needs its own group, and not what a policy opens to it."""
    if reason.startswith(_OPENED):
        return "-- Mend that policy; or, where the application does not need the role:\n"
    return "-- or from the group through which it comes:\n"


def _beyond(world: World, role: str, other: Role) -> str | None:  # noqa: PLR0911 - one for each kind of reason
    if other.superuser:
        return "is a superuser"
    if other.bypasses:
        return "bypasses row level security"
    if any(table.owner == other.name for table in world.found.tenant_tables):
        return "owns tenants' tables and can switch their protection off"
    if other.name in world.found.roles.cross_tenant:
        return "is meant to see all tenants"
    if role in world.found.roles.masked and (unmasked := _unmasked(world, role, other)) is not None:
        return f"reads {unmasked}, which {role} is to see masked"
    if other.name in world.found.roles.app:
        return _ANOTHER_LOGIN if other.login and role in world.found.roles.app else None
    views = [each for each in world.readable(role) if each.kind == "v" and each.owner == other.name]
    if any(not each.invoker for each in views):
        return f"owns {views[0]}, through which {role} is to read"
    opened = _opened(world, role, other)
    if opened is not None:
        return f"{_OPENED} {opened}"
    sights = world.reads(other.name) if other.name in world.attackers else {}
    seen = [world.relation(oid) for oid, sight in sights.items() if sight.seen and not _reads_itself(world, role, oid)]
    read = next((relation for relation in seen if _reads_others(world, relation, other)), None)
    return None if read is None else f"reads other tenants' rows of {read}"


def _reads_others(world: World, relation: Relation, other: Role) -> bool:
    """Tell whether what the other role saw is no row of the tenant's own, in which others' values may stand, too."""
    actor = world.actor(relation)
    return actor is not None and foreign_rows(world, relation, other.name, world.context(actor), actor) is not None


def _reads_itself(world: World, role: str, oid: int) -> bool:
    """Tell whether the role sees as much without becoming another: then that is what is to be mended."""
    other = world.found.catalog.roles[role]
    sight = world.reads(role).get(oid)
    return sight is not None and sight.seen and not other.inherits


def _opened(world: World, role: str, other: Role) -> Relation | None:
    """Return a tenants' table that policies open whole to the other role, and not to the role by its own name."""
    for table in world.found.tenant_tables:
        policies = [
            each for each in world.found.catalog.policies if each.relation == table.oid and each.command in "r*"
        ]
        opens = [each for each in policies if each.permissive and each.qual == "true" and other.name in each.roles]
        own = any({role, "public"} & set(each.roles) for each in opens)
        if opens and not own and table.enabled and all(each.permissive for each in policies):
            return table
    return None


def _unmasked(world: World, role: str, other: Role) -> Relation | None:
    """Return a table behind a view of the masked role's that the other role may read itself."""
    if other.name in world.found.roles.masked:
        return None
    for view in world.readable(role):
        if view.kind != "v" or view.invoker:
            continue
        for oid in sorted(world.found.catalog.bases.get(view.oid, ())):
            rights = world.rights.get((other.name, oid))
            if world.relation(oid).kind in TABLES and rights is not None and rights.selects:
                return world.relation(oid)
    return None


def _shown(world: World, role: str, other: Role) -> tuple[str, str] | None:
    """Return a script that steps up and reads what it should not, and what that is; None where nothing is there."""
    masked = role in world.found.roles.masked and _unmasked(world, role, other)
    for steps in _ways(role, other):
        if masked and (read := _any_row(world, role, steps, masked)):
            return read, f"{masked} unmasked"
        for oid, holding in world.ground.holdings.items():
            read = _foreign_row(world, role, steps, world.relation(oid)) if holding.rows else None
            if read is not None:
                return read, "other tenants' rows"
    return None


def _ways(role: str, other: Role) -> Iterator[_Steps]:
    """Return the ways up: say so, inherit, or grant it to oneself first."""
    become = sql.SQL("set local role {}").format(sql.Identifier(other.name))
    yield (become,)
    yield ()
    grant = sql.SQL("grant {} to {}").format(sql.Identifier(other.name), sql.Identifier(role))
    yield (grant, become)


def _any_row(world: World, role: str, steps: _Steps, table: Relation) -> str | None:
    actor = world.actor(table)
    read = sql.SQL("select 'unmasked' from {} limit 1").format(table.identifier)
    return _worked(world, role, world.context(actor), (*steps, read))


def _foreign_row(world: World, role: str, steps: _Steps, table: Relation) -> str | None:
    column = world.found.tenant_columns.get(table.oid)
    if table.kind not in TABLES or column is None:
        return None
    read = sql.SQL("select r.{} from {} as r where r.{} is not null limit 3").format(
        sql.Identifier(column), table.identifier, sql.Identifier(column)
    )
    return _worked(world, role, world.context(None), (*steps, read))


def _worked(world: World, role: str, settings: dict[str, str], statements: _Steps) -> str | None:
    with world.acting_as(role, settings) as acting:
        for statement in statements:
            outcome = acting.attempt(statement)
            if not outcome.done:
                return None
    return script(role, settings, *statements) if outcome.rows else None


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string(None)
