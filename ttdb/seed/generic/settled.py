"""Columns that rules tie to what tells rows apart: the database chooses for each row values that go with its own."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from psycopg import sql

from ttdb.seed.generic import pools
from ttdb.seed.generic.fields import Make
from ttdb.seed.generic.parents import Line
from ttdb.seed.generic.pools import Asking, Pool
from ttdb.shape import Table
from ttdb.shape.generated import record
from ttdb.shape.model import Rule

_SAMPLES = np.array([0, 1, 2, 3, 5, 8, 13, 21], np.int64)
_JSON = ("json", "jsonb")  # of which a text would be read as one that is quoted


@dataclass(frozen=True, slots=True)
class Settled:
    """Values of some columns, of which those are chosen that go with what tells a row apart."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    rules: tuple[Rule, ...]


def settled(asking: Asking, found: Sequence[Pool], fresh: Mapping[str, Make]) -> Iterator[Settled]:
    """Yield the columns of which the values that one row takes do not go with all others' keys."""
    for pool in found:
        rules = tuple(rule for rule in asking.rules if set(rule.columns) & set(pool.columns))
        names = [name for name in fresh if any(name in rule.columns for rule in rules)]
        if not names or pool.anchor or any(asking.fields[name].base.name in _JSON for name in pool.columns):
            continue
        made = [
            dict(zip(names, line, strict=True)) for line in zip(*(fresh[name](_SAMPLES) for name in names), strict=True)
        ]
        first = dict(zip(pool.columns, pool.lines[0], strict=True))
        if all(asking.taken([{**first, **keys} for keys in made], rules)):
            continue
        others = (replace(asking, base={**asking.base, **keys}) for keys in made)
        lines = dict.fromkeys(line for other in others for line in pools.lines_of(other, pool.columns, rules))
        if lines:
            yield Settled(pool.columns, tuple(lines), rules)


def settling(place: sql.Identifier, number: sql.Identifier, table: Table, each: Settled) -> sql.Composed:
    """Return the update of rows that break a rule: of the lines that go with a row one, another for the next row.

    Args:
        place: where the rows are.
        number: the column that has their number.
        table: that the rows are meant for.
        each: the columns, and the lines to choose from.

    """
    own, columns = sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, each.columns))
    broken = sql.SQL(" or ").join(sql.SQL("({}) is false").format(sql.SQL(rule.expression)) for rule in each.rules)
    changes: list[dict[str, Any]] = [dict(zip(each.columns, line, strict=True)) for line in each.lines]
    return sql.SQL(
        "with ttdb_broken as materialized (select {number} as ttdb_number, pg_catalog.to_jsonb({own}.*) as ttdb_row"
        " from {place} as {own} where {broken}),"
        " ttdb_chosen as (select distinct on (ttdb_number) ttdb_number, {columns} from ttdb_broken"
        " cross join pg_catalog.jsonb_array_elements({lines}::jsonb) with ordinality as ttdb_line (ttdb_value, ttdb_at)"
        ", lateral {record} where not ({broken})"
        " order by ttdb_number, (ttdb_at + ttdb_number) % {count})"
        " update {place} as ttdb_row set ({columns}) = row({chosen})"
        " from ttdb_chosen where ttdb_row.{number} = ttdb_number"
    ).format(
        place=place,
        own=own,
        broken=broken,
        number=number,
        lines=sql.Literal(json.dumps(changes)),
        record=record(table, sql.SQL("(ttdb_row || ttdb_value)")),
        count=sql.Literal(len(changes)),
        columns=columns,
        chosen=sql.SQL(", ").join(sql.Identifier("ttdb_chosen", name) for name in each.columns),
    )
