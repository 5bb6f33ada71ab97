'''
code = "OBJ006"
name = "catalog-holds-values"
severity = "error"
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

import re
from collections.abc import Iterator, Sequence

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.evidence import script
from ttdb.validate.hole import Hole
from ttdb.validate.personal import Kind, personal
from ttdb.validate.queries import query
from ttdb.validate.world import World

_SHORT, _LENGTH = 3, 6  # characters of a tenant's name, and of a person's value
_TELLING = re.compile(r"\d.*\d|\w\s+\w|@")  # several digits or words: what is no status
_SEQUENCES = sql.SQL(
    "select n.nspname::text, c.relname::text, exists ("
    "select from pg_catalog.pg_depend as d where d.objid = c.oid and d.classid = 'pg_catalog.pg_class'::regclass"
    " and d.deptype in ('a', 'i'))"
    " from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
    " where case c.relkind when 'S' then has_sequence_privilege({0}, c.oid, 'select, usage')"
    " and has_schema_privilege({0}, n.oid, 'usage') end"
)
_FREE = (Kind.DATE, Kind.TEXT, Kind.DOCUMENT)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Look for tenants' values in all texts of the catalog, and for tenants in the names of sequences."""
    if not world.attackers:
        return
    role = world.attackers[0]
    texts = world.oversee(sql.SQL(query("catalog_texts"))).rows
    whole = "\0".join(text for _, text in texts)  # hardly any value is in it: to look once is enough
    sources = {value: (each.relation, each.column) for value, each in world.canaries("").items()} | _of_people(world)
    values = [each for each in sources if each not in world.ground.tenants and each in whole]
    values = [each for each in values if len(_tenants_with(world, each)) == 1]  # else it is nobody's, as a default is
    for name, text in texts if values else ():
        held = next((value for value in values if _stands_in(value, text)), None)
        if held is not None:
            relation, column = sources[held]
            shown = sql.SQL("select 'held' from ({}) as x where strpos(x.text, {}) > 0").format(
                sql.SQL(query("catalog_texts")), sql.Literal(held)
            )
            yield Hole(
                object=name,
                role=role,
                detail=f"the definition of {name} or its comment holds a value of {world.relation(relation)}.{column},"
                " and every session reads it",
                cause="the catalog holds tenants' values",
                evidence=script(role, {}, shown),
            )
    yield from _sequences(world)


def _of_people(world: World) -> dict[str, tuple[int, str]]:
    """Return the shorter values of personal columns, with table and column: telephone numbers, names."""
    found: dict[str, tuple[int, str]] = {}
    for each in personal(world.found):
        holding = world.ground.holdings.get(each.relation.oid)
        said = [] if holding is None or each.kind in _FREE else [row for own in holding.rows.values() for row in own]
        for value in (row.get(each.column.name) for row in said):
            if isinstance(value, str) and len(value) >= _LENGTH and _TELLING.search(value):
                found[value] = each.relation.oid, each.column.name
    return found


def _tenants_with(world: World, value: str) -> set[str]:
    """Return the tenants that have a value in some column."""
    return {
        tenant
        for holding in world.ground.holdings.values()
        for tenant, rows in holding.rows.items()
        if any(value in row.values() for row in rows)
    }


def _stands_in(value: str, text: str) -> bool:
    """Tell whether a value stands in a text by itself, and not as a piece of a word or a number."""
    return value in text and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None


def _sequences(world: World) -> Iterator[Hole]:
    names = _tenant_names(world)
    for role in world.attackers:
        within_reach = world.oversee(_SEQUENCES.format(sql.Literal(role))).rows
        numbered = _numbered(world, [sequence for _, sequence, owned in within_reach if not owned])
        for schema, sequence, _ in within_reach:
            words = f"_{sequence.lower().replace('-', '_')}_"
            if sequence in numbered or any(f"_{name}_" in words for name in names):
                identifier = sql.Identifier(schema, sequence)
                yield Hole(
                    object=f"{schema}.{sequence}",
                    role=role,
                    detail=f"{role}, whatever its tenant, may read or advance the sequence of one tenant",
                    cause="sequences are named for tenants",
                    evidence=script(role, {}, sql.SQL("select last_value from {}").format(identifier)),
                    fix=f"revoke all on sequence {schema}.{sequence} from {role}, public;",
                )


def _numbered(world: World, sequences: Sequence[str]) -> set[str]:
    """Return the sequences of which there is one for each of several tenants, by names that differ in these alone.

    Of a single one a number in its name may be anything.
    """
    short = {tenant.lower() for tenant in world.ground.tenants if len(tenant) < _SHORT}
    frames: dict[tuple[str, ...], dict[str, str]] = {}
    for sequence in sequences:
        words = sequence.lower().split("_")
        for place, word in enumerate(words):
            frames.setdefault((*words[:place], "", *words[place + 1 :]), {})[word] = sequence
    families = (each for each in frames.values() if len(each) > 1 and each.keys() <= short)
    return {sequence for each in families for sequence in each.values()}


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
