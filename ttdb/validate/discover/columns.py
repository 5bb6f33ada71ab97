"""Which column holds the tenant, and which tables reach one through their parents."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from ttdb.errors import UsageError
from ttdb.shape.names import OWN_SCHEMAS, TENANT_COLUMNS, long_form, plurals
from ttdb.validate.catalog import TABLES, Catalog, Column, Policy, Relation
from ttdb.validate.discover.found import Hop

_ACTORS = ("created_by", "updated_by", "modified_by", "deleted_by")  # who did it, not whose it is
_POLICY_WEIGHT = 3
_POLICIES_TO_BELIEVE = 2
_HOPS = 4
_WORD, _OR = re.compile(r"\w+"), re.compile(r"\bor\b", re.IGNORECASE)


def usual_column(catalog: Catalog, asked: str | None) -> str | None:
    """Return the name that holds the tenant in most tables, or None.

    Raises:
        UsageError: a name was asked for that no table has.

    """
    tables = [each for each in catalog.relations.values() if each.kind in TABLES and each.root is None]
    if asked is not None:
        if not any(table.column(asked) for table in tables):
            raise UsageError(f"no table has a column {asked}", "Name the column that holds the tenant.")
        return asked
    scores = _scores(catalog, [table for table in tables if table.schema not in OWN_SCHEMAS])
    if not scores:
        return None
    order = {name: -position for position, name in enumerate(TENANT_COLUMNS)}
    return max(scores, key=lambda name: (scores[name], order.get(name, -len(TENANT_COLUMNS)), name))


def _scores(catalog: Catalog, tables: list[Relation]) -> Counter[str]:
    scores: Counter[str] = Counter()
    keys = {table.oid: table.key for table in tables}
    in_policies = Counter(
        name
        for policy in catalog.policies
        if policy.relation in keys and depends_on_session(policy)
        for name in policy.columns
        if keys[policy.relation] != (name,)
    )
    for table in tables:
        for column in table.columns:
            if column.name in TENANT_COLUMNS:
                scores[column.name] += 1
    for name, policies in in_policies.items():
        if name in scores or (policies >= _POLICIES_TO_BELIEVE and not name.endswith("user_id")):
            scores[name] += _POLICY_WEIGHT * policies
    return scores


def depends_on_session(policy: Policy) -> bool:
    """Tell whether a policy reads a setting, or calls a function that may."""
    return "current_setting" in policy.text or bool(policy.functions)


def tenant_columns(catalog: Catalog, usual: str | None, registered: Mapping[str, str]) -> dict[int, str]:
    """Return each relation's tenant column: as registered, by the usual name, or as policies use it.

    Of the tenants' table it is its key.
    """
    found: dict[int, str] = {}
    for relation in catalog.relations.values():
        top = catalog.relations.get(relation.root or relation.oid, relation)
        name = registered.get(str(top), usual)
        if name is not None and relation.column(name) is not None:
            found[relation.oid] = name
    for table in _tenants_tables(catalog, usual, found):
        found.setdefault(table.oid, table.key[0])
    named = dict(_held_alike(catalog, found))
    for relation in catalog.relations.values():
        name = named.get(relation.root or relation.oid)
        if name is not None and relation.column(name) is not None:
            found.setdefault(relation.oid, name)
    return found


def _held_alike(catalog: Catalog, found: Mapping[int, str]) -> Iterator[tuple[int, str]]:
    """Find columns of other names that policies hold to the session just as they do the known tenant columns."""
    known = [each for each in catalog.policies if found.get(each.relation) in each.columns and depends_on_session(each)]
    forms = {form for policy in known for form in _forms(policy, found[policy.relation])}
    types = {column.type for oid, name in found.items() if (column := catalog.relations[oid].column(name))}
    policies: dict[int, list[Policy]] = {}
    for policy in catalog.policies:
        if policy.relation not in found and depends_on_session(policy):
            policies.setdefault(policy.relation, []).append(policy)
    for oid, asked in policies.items():
        # One that another policy leaves alone is no owner's, as whom something is shared with.
        for column in map(catalog.relations[oid].column, asked[0].columns) if oid in catalog.relations else ():
            if column is not None and column.type in types and all(forms & _forms(each, column.name) for each in asked):
                yield oid, column.name


def _forms(policy: Policy, column: str) -> set[str]:
    """Return a policy's expressions about a column, without its name."""
    said = re.compile(rf"\b{re.escape(column)}\b")
    return {said.sub("{}", each) for each in (policy.qual, policy.with_check) if each and said.search(each)}


def _tenants_tables(catalog: Catalog, usual: str | None, found: Mapping[int, str]) -> Iterator[Relation]:
    """Find the table whose key the tenant columns hold: by foreign keys, else by its name and type."""
    parents = {
        key.parent
        for key in catalog.foreign_keys
        if found.get(key.child) is not None and key.child_columns == (found[key.child],)
    }
    if not parents and usual is not None and found:
        stem = usual.rsplit("_", 1)[0]
        names = {*plurals(stem), *plurals(long_form(stem))}
        types = {column.type for oid, name in found.items() if (column := catalog.relations[oid].column(name))}
        for table in catalog.relations.values():
            if table.kind in TABLES and table.name in names and len(table.key) == 1:
                key = table.column(table.key[0])
                if key is not None and key.type in types:
                    parents.add(table.oid)
    for oid in sorted(parents):
        table = catalog.relations[oid]
        if len(table.key) == 1 and oid not in found:
            yield table


def paths(catalog: Catalog, columns: Mapping[int, str]) -> dict[int, tuple[Hop, ...]]:
    """Return the shortest way from each table without a tenant column to one that has it, up, or down to members."""
    reached: dict[int, tuple[Hop, ...]] = {oid: () for oid in columns if catalog.relations[oid].kind in TABLES}
    tables = [each for each in catalog.relations.values() if each.kind in TABLES and each.oid not in columns]
    for edges in (_declared(catalog), _named(catalog, tables, columns), _members(catalog, columns)):
        for _ in range(_HOPS):
            before = dict(reached)
            for table in tables:
                hop = next((hop for hop in edges.get(table.oid, ()) if hop.parent in before), None)
                if table.oid not in reached and hop is not None:
                    reached[table.oid] = (hop, *before[hop.parent])
    for table in tables:  # a partition has its table's keys
        if table.root in reached:
            reached.setdefault(table.oid, reached[table.root])
    return {oid: hops for oid, hops in reached.items() if hops}


def _declared(catalog: Catalog) -> dict[int, list[Hop]]:
    edges: dict[int, list[Hop]] = {}
    for key in catalog.foreign_keys:
        if key.child != key.parent and not set(key.child_columns) & set(_ACTORS):
            hop = Hop(key.child_columns, key.parent, key.parent_columns, declared=True)
            edges.setdefault(key.child, []).append(hop)
    return edges


def _members(catalog: Catalog, columns: Mapping[int, str]) -> dict[int, list[Hop]]:
    """Return ways from people to their memberships: from a table to what points at it and its policy for reading asks.

    What is only pointed at, as countries are, belongs to nobody, and so does what a policy opens otherwise as well, as
    plans that are public; a person belongs to every tenant that has him.
    """
    bodies = {body.oid: body.body for body in catalog.bodies if body.kind == "function"}
    edges: dict[int, list[Hop]] = {}
    for policy in catalog.policies:
        text = " ".join((policy.text, *(bodies.get(oid, "") for oid in policy.functions)))
        if policy.permissive and policy.command in {"r", "*"} and not _OR.search(text):
            words = set(_WORD.findall(text))
            for key in catalog.foreign_keys:
                child = catalog.relations.get(key.child)
                if key.parent != policy.relation or child is None or not {child.name, *key.child_columns} <= words:
                    continue
                if child.oid in columns and columns[child.oid] not in key.child_columns:
                    hop = Hop(key.parent_columns, child.oid, key.child_columns, declared=True, several=True)
                    edges.setdefault(key.parent, []).append(hop)
    return edges


def _named(catalog: Catalog, tables: list[Relation], columns: Mapping[int, str]) -> dict[int, list[Hop]]:
    """Return joins by name and type, as ``order_id uuid`` names the key of ``orders``."""
    owners: dict[str, tuple[Relation, Column]] = {}
    for oid, tenant in columns.items():
        table = catalog.relations[oid]
        key = _known_by(table, tenant) if table.kind in TABLES and table.root is None else None
        if key is not None:
            owners[table.name] = table, key
    edges: dict[int, list[Hop]] = {}
    for table in tables:
        for column in table.columns:
            if not column.name.endswith("_id"):
                continue
            named = next((owners[name] for name in plurals(column.name[:-3]) if name in owners), None)
            if named is None or (named[1].type != column.type and column.category != "S"):
                named = _shortened(column, owners)
            if named is not None:
                parent, key = named
                edges.setdefault(table.oid, []).append(Hop((column.name,), parent.oid, (key.name,), declared=False))
    return edges


def _shortened(column: Column, owners: Mapping[str, tuple[Relation, Column]]) -> tuple[Relation, Column] | None:
    """Return the one table whose name ends as a column's begins: ``key_id`` names a row of ``api_keys``."""
    ends = tuple(f"_{name}" for name in plurals(column.name[:-3]))
    found = [(table, key) for name, (table, key) in owners.items() if name.endswith(ends) and key.type == column.type]
    return found[0] if len(found) == 1 else None


def _known_by(table: Relation, tenant: str) -> Column | None:
    """Return the one column by which a row is known; beside the tenant, only one that no two tenants have the same."""
    rest = [name for name in table.key if name != tenant] or list(table.key)
    column = table.column(rest[0]) if len(rest) == 1 else None
    return column if column and (len(table.key) == 1 or column.type == "uuid" or column.computed) else None
