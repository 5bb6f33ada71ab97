"""Conditions on a row ``r``, and how they are written."""

from psycopg import sql

from ttdb.validate.catalog import Relation
from ttdb.validate.rights import Rights


def rendered(statement: sql.Composed) -> sql.Composed:
    """Return the same statement as one piece of text."""
    return sql.Composed([sql.SQL(statement.as_string(None))])


def line_of(relation: Relation, rights: Rights) -> sql.Composed:
    """Return the row ``r`` as JSON, of the columns that may be read."""
    if rights.select_columns is None:
        return sql.SQL("to_jsonb({}.*)").format(sql.Identifier("r"))
    readable = [column.name for column in relation.columns if rights.may_read(column.name)]
    names = sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(name)) for name in readable)
    return sql.SQL("jsonb_build_array({})").format(names)


def contains(relation: Relation, rights: Rights, values: list[str]) -> sql.Composed:
    """Return the condition that a row holds one of the values, at any depth of its JSON."""
    return sql.SQL(
        "exists (select from pg_catalog.jsonb_path_query({}, 'strict $.**') as v (v) where v.v #>> '{{}}' = any({}))"
    ).format(line_of(relation, rights), sql.Literal(values))
