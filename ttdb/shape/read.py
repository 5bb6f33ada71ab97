"""Read a database's shape from its catalog."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, LiteralString, cast

from psycopg.rows import dict_row

from ttdb.postgres.connect import Connection
from ttdb.shape.generated import computed_from, named, never_null, sources
from ttdb.shape.listed import element_by_element
from ttdb.shape.model import Column, ForeignKey, Key, Kind, Rule, Schema, Table, Type

BOUND = "partition bound"  # the name of the rule that a partition's own bound makes


def read_schema(connection: Connection) -> Schema:
    """Read all tables outside the system's schemas; sends two queries, and changes nothing."""
    tables = [_table(row) for row in _rows(connection, "tables")]
    types = [_type(row) for row in _rows(connection, "types")]
    return Schema({each.oid: each for each in tables}, {each.oid: each for each in types})


def _rows(connection: Connection, name: str) -> list[dict[str, Any]]:
    text: Any = (Path(__file__).parent / "queries" / f"{name}.sql").read_text(encoding="utf-8")
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(cast("LiteralString", text)).fetchall()  # it ships with ttdb


def _table(row: dict[str, Any]) -> Table:
    columns = tuple(Column(**each) for each in row.pop("columns"))
    rules = [_rule(each) for each in row.pop("rules")]
    bound, divided_by = row.pop("bound"), tuple(row.pop("divided_by"))
    if bound:
        rules.append(Rule(BOUND, bound, named(bound, columns)))
    return Table(
        columns=columns,
        rules=(*(computed_from(columns, rule) for rule in rules), *never_null(columns)),
        divided_by=divided_by,
        keys=tuple(_key(columns, Key(**_frozen(each))) for each in row.pop("keys")),
        foreign_keys=tuple(ForeignKey(**_frozen(each)) for each in row.pop("foreign_keys")),
        triggers=tuple(row.pop("triggers")),
        **row,
    )


def _rule(row: dict[str, Any]) -> Rule:
    return Rule(**{**_frozen(row), "expression": element_by_element(row["expression"])})


def _key(columns: Sequence[Column], key: Key) -> Key:
    return replace(key, columns=sources(columns, key.columns))


def _type(row: dict[str, Any]) -> Type:
    attributes = tuple((name, oid, modifier) for name, oid, modifier in row.pop("attributes"))
    rules = tuple(map(element_by_element, row.pop("rules")))
    return Type(**{**_frozen(row), "kind": Kind(row["kind"])}, attributes=attributes, rules=rules)


def _frozen(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
