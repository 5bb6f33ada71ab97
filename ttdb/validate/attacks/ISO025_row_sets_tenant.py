'''
code = "ISO025"
name = "row-sets-tenant"
severity = "error"
since = "0.1.0"
title = "What a row says makes the session another tenant's"
why = """
A trigger sets the tenant by what a row holds, in a column or in a document. The row is the tenant's own, but what is in
it comes from people: who writes another tenant's name there makes all that follows in the transaction work for that
tenant. One such row is inserted, and the session asked for whom it works now.
"""
bad = """
create function app.tg__enter() returns trigger language plpgsql set search_path = '' as $$
begin
    perform pg_catalog.set_config('app.org', new.note, true);
    return null;
end
$$;
create trigger _500_enter after insert on app.orders for each row execute function app.tg__enter();
"""
fix = """
drop trigger _500_enter on app.orders;
drop function app.tg__enter();
"""
'''

from collections.abc import Iterator
from itertools import islice

from ttdb.model.validation import Unproven
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.entering import entered, sets
from ttdb.validate.evidence import script
from ttdb.validate.hole import Hole
from ttdb.validate.likeness import fired
from ttdb.validate.reaches import KEY
from ttdb.validate.rights import Rights
from ttdb.validate.self_made import insertion, renewed
from ttdb.validate.world import World

_DOCUMENTS = ("json", "jsonb")


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Insert rows of the tenant's own that name another, where a trigger sets something."""
    for role in world.app_attackers:
        for (who, oid), rights in world.rights.items():
            relation = world.relation(oid)
            if who == role and rights.inserts and relation.kind in TABLES and sets(world, fired(world, oid)):
                yield from islice(_made(world, role, relation, rights), 1)


def _made(world: World, role: str, relation: Relation, rights: Rights) -> Iterator[Hole]:
    actor, holding = world.actor(relation), world.ground.holdings.get(relation.oid)
    tenant = world.found.tenant_columns.get(relation.oid)
    for row in holding.rows.get(actor, ())[:1] if actor is not None and holding is not None else ():
        for column, value in _says(world, relation):
            said = {column: value} if tenant is None else {tenant: row.get(tenant), column: value}
            statement = insertion(world, relation, renewed(world, relation, row, said), rights, said)
            with world.acting_as(role, world.context(actor)) as acting:
                shown = entered(world, acting, str(actor)) if acting.attempt(statement).count else None
            if shown is not None:
                yield _hole(relation, role, column, script(role, world.context(actor), statement, shown))


def _says(world: World, relation: Relation) -> Iterator[tuple[str, object]]:
    """Return one column at a time with another tenant in it, where what a trigger runs names that column."""
    other = next((each for each in world.ground.tenants if each != world.actor(relation)), None)
    text, tenant = fired(world, relation.oid), world.found.tenant_columns.get(relation.oid)
    for column in relation.columns:
        if column.name == tenant or column.name not in text or column.computed:
            continue
        if column.type in _DOCUMENTS:
            yield from ((column.name, {key: other}) for key in dict.fromkeys(KEY.findall(text)))
        else:
            yield column.name, other


def _hole(relation: Relation, role: str, column: str, evidence: str) -> Hole:
    return Hole(
        object=str(relation),
        role=role,
        detail=f"a row that {role} inserts for one tenant, with another in {column}, makes the session that other's",
        cause="triggers set the tenant by what a row says",
        evidence=evidence,
    )
