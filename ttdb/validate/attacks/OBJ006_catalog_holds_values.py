'''
code = "OBJ006"
name = "catalog-holds-values"
severity = "error"
since = "0.1.0"
title = "The catalog, which every session reads, holds a tenant's value"
why = """
Comments, defaults, constraints, definitions of functions, rules and policies, options of foreign tables, and settings
of functions, roles and databases are shown to every session by design. Here one holds a value that only a tenant's rows
have, somebody's address at a tenant, or a password or key to another system, or an enum is made of what tenants wrote.
So do names: a sequence named for a tenant tells whoever may read it how much that tenant does.
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
from collections.abc import Collection, Iterator, Sequence

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.evidence import script
from ttdb.validate.hole import Hole
from ttdb.validate.personal import Kind, personal
from ttdb.validate.queries import query
from ttdb.validate.world import World

_SHORT, _LENGTH = 3, 6  # characters of a tenant's name, and of a person's value
_TELLING = re.compile(r"\d.*\d|\w\s+\w|@")  # several digits or words: what is no status
# A connection's password, in words or in a URL, and what is known for a key by its form: for PostgreSQL.
_CREDENTIALS = (
    r"(host|user|dbname)=[^']*\ypassword=[^' %$|{]{4}|\ypassword=[^' %$|{]{4}[^']*(host|user|dbname)="
    r"|[a-z]+://[^:/@'[:space:]]+:[^%$|{@'[:space:]][^@'[:space:]]+@"
    r"|(sk|rk)_live_[0-9A-Za-z]{8}|whsec_[0-9A-Za-z]{16}|AKIA[0-9A-Z]{16}|gh[pousr]_[0-9A-Za-z]{20}|xox[abprs]-[0-9A-Za-z-]{10}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
)
_DOMAIN = re.compile(r"[\w.+-]+@([\w.-]+\w)")
_LETTERS, _LABELS = 4, 3  # of a tenant's name in an address; of an enum that is made of what tenants wrote
_REVEALING = sql.SQL("select x.name from ({}) as x where x.text ~ {} order by 1").format(
    sql.SQL(query("catalog_texts")), sql.Literal(_CREDENTIALS)
)
_ENUMS = sql.SQL(
    "select e.enumtypid::regtype::text, json_agg(e.enumlabel::text) from pg_catalog.pg_enum as e group by 1 order by 1"
)
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
    names = {name for name in _tenant_names(world) if sum(sign.isalpha() for sign in name) >= _LETTERS}
    for name, text in texts:
        held = next((value for value in values if _stands_in(value, text)), None)
        if held is not None:
            relation, column = sources[held]
            yield _held(role, name, held, f"holds a value of {world.relation(relation)}.{column}")
        elif (address := _at_tenant(text, names)) is not None:
            yield _held(role, name, address, "holds somebody's address at a tenant")
    yield from (_revealing(role, name) for (name,) in world.oversee(_REVEALING).rows)
    for name, labels in world.oversee(_ENUMS).rows:
        if len(labels) >= _LABELS and _written_by_tenants(world, frozenset(labels)):
            yield _held(role, name, labels[0], "is made of what tenants wrote")
    yield from _sequences(world)


def _held(role: str, name: str, value: str, how: str) -> Hole:
    return _read(role, name, how, "tenants' values", sql.SQL("strpos(x.text, {}) > 0").format(sql.Literal(value)))


def _revealing(role: str, name: str) -> Hole:
    """Show a credential by what it looks like: a report is no place for it."""
    looks = sql.SQL("x.name = {} and x.text ~ {}").format(sql.Literal(name), sql.Literal(_CREDENTIALS))
    return _read(role, name, "holds a password or key", "credentials", looks)


def _read(role: str, name: str, how: str, what: str, where: sql.Composable) -> Hole:
    texts = sql.SQL(query("catalog_texts"))
    return Hole(
        object=name,
        role=role,
        detail=f"the definition of {name} or its comment {how}, and every session reads it",
        cause=f"the catalog holds {what}",
        evidence=script(role, {}, sql.SQL("select 'held' from ({}) as x where {}").format(texts, where)),
    )


def _at_tenant(text: str, names: Collection[str]) -> str | None:
    """Return a mail address whose domain is called as a tenant is: whoever has it need not be in any row."""
    for found in _DOMAIN.finditer(text):
        words = f"_{re.sub(r'[.-]', '_', found[1].lower())}_"
        if any(f"_{name}_" in words for name in names):
            return found[0]
    return None


def _written_by_tenants(world: World, labels: frozenset[str]) -> bool:
    """Tell whether some column of texts has all of these, each with one tenant alone, and not all with the same.

    Labels of one word may be any status.
    """
    if not all(_TELLING.search(label) for label in labels):
        return False
    for oid, holding in world.ground.holdings.items():
        for column in (each for each in world.relation(oid).columns if each.category == "S"):
            who = {label: set[str]() for label in labels}
            for tenant, rows in holding.rows.items():
                for value in {row.get(column.name) for row in rows} & labels:
                    who[str(value)].add(tenant)
            if all(len(each) == 1 for each in who.values()) and len(set[str]().union(*who.values())) > 1:
                return True
    return False


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
