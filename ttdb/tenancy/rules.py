"""Which CHECKs a table's rows already obey, or almost: status sets, money, quantities, formats, pairs of times."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import sql

from ttdb.shape import Schema, Table
from ttdb.shape.model import Column
from ttdb.tenancy.evidence import Evidence
from ttdb.tenancy.model import Rule
from ttdb.tenancy.quoting import identifier

_TEXTS = ("text", "character varying", "character")
_NUMBERS = ("smallint", "integer", "bigint", "numeric")
_TIMES = ("date", "timestamp with time zone", "timestamp without time zone")
_STATUS = re.compile(r"(?:^|_)(?:status|state)$")
_MONEY = re.compile(r"(?:^|_)(?:amount|price|total|subtotal|fee|fees|tax|cost|cents)(?:_cents)?$")
_QUANTITY = re.compile(r"(?:^|_)quantity$")
_FORMATS = (
    (re.compile(r"(?:^|_)email$"), r"^[^@[:space:]]+@[^@[:space:]]+$", "is_an_address"),
    (re.compile(r"(?:^|_)currency(?:_code)?$"), "^[A-Z]{3}$", "is_a_code"),
    (re.compile(r"(?:^|_)country_code$"), "^[A-Z]{2}$", "is_a_code"),
)
_PAIRS = (("starts_at", "ends_at"), ("start_date", "end_date"), ("start_time", "end_time"), ("start_at", "end_at"),
          ("valid_from", "valid_until"), ("valid_from", "valid_to"), ("period_start", "period_end"))  # fmt: skip
_ALMOST = 0.01  # of the rows may break a rule that is proposed all the same
_ROWS = 100  # fewer say nothing about which states there are
_STATES = 20


@dataclass(frozen=True, slots=True)
class _Draft:
    name: str
    expression: str
    columns: tuple[str, ...]


def rules(evidence: Evidence, schema: Schema, table: Table) -> tuple[Rule, ...]:
    """Return the rules that at least 99 of a hundred rows obey, with how many break each."""
    ruled = {name for rule in table.rules for name in rule.columns}
    drafts = [each for each in _drafts(evidence, schema, table) if not ruled & set(each.columns)]
    if not drafts:
        return ()
    rows, broken = evidence.broken(table, [sql.SQL(each.expression) for each in drafts])
    return tuple(
        Rule(each.name, each.expression, number, rows)
        for each, number in zip(drafts, broken, strict=True)
        if rows and number <= rows * _ALMOST
    )


def _drafts(evidence: Evidence, schema: Schema, table: Table) -> Iterator[_Draft]:
    for column in table.columns:
        kind = schema.types[column.type].name
        if kind in _NUMBERS and _MONEY.search(column.name):
            yield _draft(table, column, "not_negative", ">= 0")
        elif kind in _NUMBERS and _QUANTITY.search(column.name):
            yield _draft(table, column, "positive", "> 0")
        elif kind in _TEXTS:
            yield from _of_text(evidence, table, column)
    yield from _pairs(schema, table)


def _of_text(evidence: Evidence, table: Table, column: Column) -> Iterator[_Draft]:
    for names, pattern, word in _FORMATS:
        if names.search(column.name):
            yield _draft(table, column, word, f"~ {_literal(pattern)}")
    if _STATUS.search(column.name):
        found = evidence.values(table, column.name, _STATES)
        rows = sum(number for _, number in found)
        usual = [value for value, number in found if number > rows * _ALMOST / len(found)]
        if rows >= _ROWS:
            yield _draft(table, column, "known", f"in ({', '.join(map(_literal, sorted(usual)))})")


def _pairs(schema: Schema, table: Table) -> Iterator[_Draft]:
    times = {column.name for column in table.columns if schema.types[column.type].name in _TIMES}
    for first, second in _PAIRS:
        if {first, second} <= times:
            expression = f"{identifier(first)} <= {identifier(second)}"
            yield _Draft(f"{table.name}_{first}_before_{second}", expression, (first, second))


def _draft(table: Table, column: Column, word: str, holds: str) -> _Draft:
    return _Draft(f"{table.name}_{column.name}_{word}", f"{identifier(column.name)} {holds}", (column.name,))


def _literal(text: str) -> str:
    return sql.Literal(text).as_string()
