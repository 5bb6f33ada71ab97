"""Values for columns whose domain is not null."""

import json
from dataclasses import replace

from psycopg import sql

from ttdb.shape.ask import Asker, Draft, Refusal
from ttdb.shape.literals import said
from ttdb.shape.model import Kind, Schema, Table, Type
from ttdb.shape.values import Mark, Wish, candidates

QUESTION = Mark("amber", 1)  # of values that only fill a question


def filling(asker: Asker, schema: Schema, table: Table, mark: Mark = QUESTION) -> Draft:
    """Return values for columns whose domain is not null: no question about a row can be asked without them."""
    found: Draft = {}
    for column in table.columns:
        domain = schema.types[column.type].kind is Kind.DOMAIN
        if not domain or not schema.refuses_null(replace(column, not_null=False)):
            continue
        rules = said(*table.about(column.name), name=column.name)
        for value in candidates(schema, column.type, column.modifier, Wish(column.name, mark, rules)):
            if not isinstance(asker.run(_as_type(schema.types[column.type], value)), Refusal):
                found[column.name] = value
                break
    return found


def _as_type(kind: Type, value: object) -> sql.Composed:
    text = value if isinstance(value, str) else json.dumps(value)
    return sql.SQL("select {}::text::{}").format(sql.Literal(text), sql.SQL(kind.name))  # as the catalog has it
