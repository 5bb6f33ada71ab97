"""The condition that exactly these rows meet, written so that an index finds them where there is one."""

import json
from collections.abc import Mapping, Sequence
from typing import LiteralString

from psycopg import sql

from ttdb.validate.catalog import Relation

# Compared by operators that policies let an index use, and by which a key's text is surely its value.
PLAIN = (
    *("uuid", "smallint", "integer", "bigint", "text"),
    *("date", "timestamp without time zone", "timestamp with time zone"),
)


def identity(relation: Relation, rows: Sequence[Mapping[str, object]], *, table: bool) -> sql.Composed:
    """Return the condition on ``r``.

    Args:
        relation: what is selected from, with its key.
        rows: as JSON has them.
        table: the columns are of the types that the relation says; a view may show them as others.

    """
    kinds = [(each.name, each.type) for each in relation.columns if each.name in relation.key and each.type in PLAIN]
    values = [row.get(name) for row in rows for name, _ in kinds]
    if table and kinds and len(kinds) == len(relation.key) and all(isinstance(each, (str, int)) for each in values):
        return _plain(kinds, rows)
    return _by_json(relation.key or tuple(each.name for each in relation.columns), rows)


def _plain(kinds: Sequence[tuple[str, str]], rows: Sequence[Mapping[str, object]]) -> sql.Composed:
    lines = [
        [sql.SQL("{}::{}").format(sql.Literal(str(row[name])), sql.SQL(kind)) for name, kind in kinds] for row in rows
    ]
    return _one_of([sql.SQL("r.{}").format(sql.Identifier(name)) for name, _ in kinds], "({})", lines)


def _by_json(names: Sequence[str], rows: Sequence[Mapping[str, object]]) -> sql.Composed:
    lines = [[sql.SQL("{}::jsonb").format(json_literal(row.get(name))) for name in names] for row in rows]
    columns = [sql.SQL("to_jsonb(r.{})").format(sql.Identifier(name)) for name in names]
    return _one_of(columns, "jsonb_build_array({})", lines)


def _one_of(
    columns: Sequence[sql.Composed], form: LiteralString, lines: Sequence[Sequence[sql.Composed]]
) -> sql.Composed:
    together = sql.SQL(form)
    return sql.SQL("{} in ({})").format(
        together.format(sql.SQL(", ").join(columns)),
        sql.SQL(", ").join(together.format(sql.SQL(", ").join(line)) for line in lines),
    )


def json_literal(value: object) -> sql.Composable:
    """Return a value as a literal that JSON can be cast from."""
    return sql.Literal(json.dumps(value))
