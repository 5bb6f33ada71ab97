'''
code = "OBJ006"
name = "catalog-holds-values"
severity = "warning"
since = "0.1.0"
title = "The catalog, which every session reads, holds a tenant's value"
why = """
Comments, defaults, constraints, definitions of functions and policies, and settings of roles and databases are shown to
every session by design. Here one holds a value that only a tenant's rows have. So do names: a sequence named for a
tenant tells whoever may read it how much that tenant does.
"""
bad = """
do $$
begin
    execute format('comment on table app.orders is %L', (select c.email from app.customers as c limit 1));
end
$$;
"""
fix = """
comment on table app.orders is null;
"""
'''

from collections.abc import Iterator

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.evidence import script
from ttdb.validate.hole import Hole
from ttdb.validate.queries import query
from ttdb.validate.world import World

_SHORT = 3


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Look for tenants' values in all texts of the catalog, and for tenants in the names of sequences."""
    if not world.attackers:
        return
    role = world.attackers[0]
    texts = world.oversee(sql.SQL(query("catalog_texts"))).rows
    whole = "\0".join(text for _, text in texts)  # hardly any value is in it: to look once is enough
    values = [each for each in world.canaries("") if each not in world.ground.tenants and each in whole]
    for name, text in texts if values else ():
        held = next((value for value in values if value in text), None)
        if held is not None:
            source = world.canaries("")[held]
            shown = sql.SQL("select 'held' from ({}) as x where strpos(x.text, {}) > 0").format(
                sql.SQL(query("catalog_texts")), sql.Literal(held)
            )
            yield Hole(
                object=name,
                role=role,
                detail=f"the definition of {name} or its comment holds a value of {world.relation(source.relation)}."
                f"{source.column}, and every session reads it",
                cause="the catalog holds tenants' values",
                evidence=script(role, {}, shown),
            )
    yield from _sequences(world)


def _sequences(world: World) -> Iterator[Hole]:
    names = _tenant_names(world)
    for role in world.attackers:
        for schema, sequence in world.oversee(
            sql.SQL(
                "select n.nspname::text, c.relname::text from pg_catalog.pg_class as c"
                " join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
                " where case c.relkind when 'S' then has_sequence_privilege({0}, c.oid, 'select, usage')"
                " and has_schema_privilege({0}, n.oid, 'usage') end"
            ).format(sql.Literal(role))
        ).rows:
            words = sequence.lower().replace("-", "_")
            named = next((name for name in names if f"_{name}_" in f"_{words}_"), None)
            if named is not None:
                identifier = sql.Identifier(schema, sequence)
                yield Hole(
                    object=f"{schema}.{sequence}",
                    role=role,
                    detail=f"{role}, whatever its tenant, may read or advance the sequence of one tenant",
                    cause="sequences are named for tenants",
                    evidence=script(role, {}, sql.SQL("select last_value from {}").format(identifier)),
                    fix=f"revoke all on sequence {schema}.{sequence} from {role}, public;",
                )


def _tenant_names(world: World) -> set[str]:
    """Return what tenants are called: their keys, and the texts of their own table."""
    names = {tenant.lower().replace("-", "_") for tenant in world.ground.tenants if len(tenant) >= _SHORT}
    for oid, holding in world.ground.holdings.items():
        relation = world.relation(oid)
        if relation.key == (world.found.tenant_columns.get(oid),):
            unique = [each.name for each in relation.columns if each.unique and each.category == "S"]
            rows = [row for listed in holding.rows.values() for row in listed]
            texts = {str(row.get(name)).lower().replace("-", "_") for row in rows for name in unique}
            names |= {text for text in texts if len(text) >= _SHORT}
    return names
