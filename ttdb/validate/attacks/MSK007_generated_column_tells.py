'''
code = "MSK007"
name = "generated-column-tells"
severity = "warning"
since = "0.1.0"
title = "A generated column tells what another holds that a role may not read"
why = """
A role may read some columns of a table and not others; here one that it may read is generated from one that it may
not, and has the whole of it, or of a secret a long piece, with another value for each. Rows are compared: a column that
has a domain, the last digits, the year or a digest of what is withheld is no finding.
"""
given = """
revoke select on app.customers from example_app;
grant select (org_id, id) on app.customers to example_app;
"""
bad = """
alter table app.customers add column label text generated always as ('to ' || email) stored;
grant select (label) on app.customers to example_app;
"""
fix = """
revoke select (label) on app.customers from example_app;
"""
subsumed_by = ["MSK002"]
'''

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from psycopg import sql

from ttdb.model.validation import Unproven
from ttdb.validate.catalog import Relation
from ttdb.validate.ground import Row
from ttdb.validate.hole import Hole
from ttdb.validate.world import World

_SECRET = re.compile(r"hash|digest|token|secret|passw", re.IGNORECASE)
_SIGNS = re.compile(r"[\W_]+")  # what stands between letters and digits
_SHORTEST, _PIECE = 4, 16  # letters and digits of a value that stand in another by no chance, and of a secret's piece
_COMPARED = 20  # rows
_GENERATED = sql.SQL(
    "select r.rolname::text, g.attrelid::bigint, g.attname::text, s.attname::text"
    " from pg_catalog.pg_attribute as g"
    " inner join pg_catalog.pg_attrdef as e on e.adrelid = g.attrelid and e.adnum = g.attnum"
    " inner join pg_catalog.pg_depend as d on d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = e.oid"
    " and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = g.attrelid and d.refobjsubid <> g.attnum"
    " inner join pg_catalog.pg_attribute as s on s.attrelid = g.attrelid and s.attnum = d.refobjsubid"
    " inner join pg_catalog.pg_roles as r on r.rolname = any({roles}::text[])"
    " where g.attgenerated <> '' and g.attrelid::bigint = any({tables}::bigint[])"
    " and has_column_privilege(r.oid, g.attrelid, g.attnum, 'select')"
    " and not has_column_privilege(r.oid, g.attrelid, s.attnum, 'select')"
    " order by 1, 2, 3, 4"
)


def attack(world: World) -> Iterator[Hole | Unproven]:
    """Compare each generated column that a role may read with what it is generated from and the role may not."""
    told: set[tuple[int, str]] = set()
    roles = sorted({*world.attackers, *world.found.roles.cross_tenant})
    asked = _GENERATED.format(roles=sql.Literal(roles), tables=sql.Literal(sorted(world.ground.holdings)))
    for role, oid, column, source in world.oversee(asked).rows:
        rows = [row for own in world.ground.holdings[oid].rows.values() for row in own]
        if (oid, column) not in told and _tells(rows, column, source):
            told.add((oid, column))
            yield _hole(world.relation(oid), role, column, source)


def _tells(rows: list[Row], column: str, source: str) -> bool:
    """Tell whether each value of a column has the source's, and no two sources have the same."""
    pairs = dict([(str(row[source]), str(row[column])) for row in rows if _both(row, column, source)][:_COMPARED])
    return (
        bool(pairs)
        and len(set(pairs.values())) == len(pairs)
        and all(_has(*pair, piece=bool(_SECRET.search(source))) for pair in pairs.items())
    )


def _both(row: Mapping[str, object], column: str, source: str) -> bool:
    return row.get(column) is not None and row.get(source) is not None


def _has(source: str, value: str, *, piece: bool) -> bool:
    """Tell whether a value has all letters and digits of a source in their order, or a long piece of them."""
    wanted, held = (_SIGNS.sub("", each).lower() for each in (source, value))
    if len(wanted) >= _SHORTEST and wanted in held:
        return True
    return piece and SequenceMatcher(None, wanted, held, autojunk=False).find_longest_match().size >= _PIECE


def _hole(relation: Relation, role: str, column: str, source: str) -> Hole:
    evidence = sql.SQL(
        "select 'held' where has_column_privilege({0}, {1}::regclass, {2}, 'select')"
        " and not has_column_privilege({0}, {1}::regclass, {3}, 'select');"
    ).format(*map(sql.Literal, (role, relation.identifier.as_string(None), column, source)))
    return Hole(
        object=str(relation),
        role=role,
        detail=f"{role} may not read {source} of {relation}, and reads it in {column}, which is generated from it",
        cause="generated columns tell what is withheld",
        evidence=evidence.as_string(None),
        fix=sql.SQL("revoke select ({}) on {} from public, {};")
        .format(sql.Identifier(column), relation.identifier, sql.Identifier(role))
        .as_string(None),
    )
