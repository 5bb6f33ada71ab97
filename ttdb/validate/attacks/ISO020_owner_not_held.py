'''
code = "ISO020"
name = "owner-not-held"
severity = "error"
since = "0.1.0"
title = "Row level security does not hold for a table's owner, as whom a view or a function shows its rows"
why = """
Policies do not apply to a table's owner unless forced. A view or a function with its owner's rights, which the
application may use, then shows every tenant's rows; with FORCE it shows what the owner's own policies allow.
"""
given = """
set role example_owner;
create view app.notes as select id, note from app.orders;
grant select on app.notes to example_app;
reset role;
"""
bad = """
alter table app.orders no force row level security;
"""
fix = """
alter table app.orders force row level security;
"""
'''

from collections.abc import Iterator

from psycopg import sql

from ttdb.model.validation import Action, Reach, Unproven
from ttdb.validate.catalog import Relation
from ttdb.validate.evidence import script
from ttdb.validate.hole import Hole
from ttdb.validate.show import foreign_rows
from ttdb.validate.world import World

_DEFINERS = sql.SQL(
    "select n.nspname || '.' || p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')',"
    " pg_catalog.pg_get_userbyid(p.proowner)::text, lower(p.prosrc)"
    " from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace where p.prosecdef"
)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Look at the views and functions that show others' rows, for tables that do not hold their owner."""
    open_tables = [each for each in world.found.tenant_tables if each.enabled and not each.forced]
    if not open_tables:
        return
    told: set[int] = set()
    for role in world.attackers:
        for oid, sight in world.reads(role).items():
            view = world.relation(oid)
            if sight.seen and view.kind == "v" and not view.invoker:
                for table in _through(world, view, open_tables):
                    yield from _view(world, role, view, table, told)
    yield from _functions(world, open_tables, told)


def _through(world: World, view: Relation, tables: list[Relation]) -> list[Relation]:
    bases = world.found.catalog.bases.get(view.oid, frozenset())
    return [each for each in tables if each.oid in bases and _owns(world, view.owner, each)]


def _owns(world: World, who: str, table: Relation) -> bool:
    known = world.found.catalog.roles.get(who)
    if known is None or known.superuser or known.bypasses:
        return False  # whom no policy holds, forced or not
    return table.owner in {who, *known.inherits}


def _view(world: World, role: str, view: Relation, table: Relation, told: set[int]) -> Iterator[Hole]:
    actor = world.actor(view)
    shown = foreign_rows(world, view, role, world.context(actor), actor) if actor is not None else None
    if shown is not None and actor is not None and table.oid not in told:
        told.add(table.oid)
        yield _hole(table, role, f"view {view}", script(role, world.context(actor), shown))


def _functions(world: World, tables: list[Relation], told: set[int]) -> Iterator[Hole]:
    leaking = {
        name: role
        for (role, name, action), (reach, _) in world.tried.items()
        if action is Action.EXECUTE and reach is Reach.LEAKS
    }
    for name, owner, body in world.oversee(_DEFINERS).rows if leaking else ():
        for table in tables:
            if name in leaking and table.name in body and table.oid not in told and _owns(world, owner, table):
                told.add(table.oid)
                proof = sql.SQL(
                    "select 1 from pg_catalog.pg_class where oid = {} and relrowsecurity and not relforcerowsecurity"
                ).format(sql.Literal(table.oid))
                yield _hole(table, leaking[name], f"function {name}", f"{proof.as_string(None)};")


def _hole(table: Relation, role: str, through: str, evidence: str) -> Hole:
    return Hole(
        object=str(table),
        role=role,
        detail=f"{through} shows {role} other tenants' rows of {table}: it reads as {table.owner}, whom nothing holds",
        cause="row level security is not forced on the owner, as whom views and functions read",
        evidence=evidence,
        fix=f"alter table {table.identifier.as_string(None)} force row level security;",
    )
