"""Rows that follow each other: of one series, and each referring to an earlier one of its own, or to the one before."""

from collections.abc import Iterable

import numpy as np
from psycopg import sql

from ttdb.seed.draw import Ints
from ttdb.seed.generic.fields import Make
from ttdb.seed.generic.plan import Plan, Reference
from ttdb.seed.generic.turns import in_groups
from ttdb.shape import Table
from ttdb.shape.model import Key

_NO_END = 2**62  # series


def series(plan: Plan, key: Key, free: Iterable[str]) -> tuple[str, str] | None:
    """Return a key's column that rows of a series share, and the one that numbers them; None where rows make none."""
    for each in _to_itself(plan):
        pairs = [pair for pair in zip(each.columns, each.parent_columns, strict=True) if pair[1] in free]
        shared = [other for name, other in pairs if name == other]
        counted = [other for name, other in pairs if name != other]
        if set(key.columns) == set(each.parent_columns) and len(shared) == len(counted) == 1:
            return shared[0], counted[0]
    return None


def by_series(make: Make) -> Make:
    """Return the same for all rows of a series; some have more rows than others."""
    return lambda numbers: make(_turned(numbers, 0))


def within_series(make: Make) -> Make:
    """Return the same by the row's number within its series."""
    return lambda numbers: make(_turned(numbers, 1))


def _turned(numbers: Ints, which: int) -> Ints:
    return np.array([in_groups(number, _NO_END)[which] for number in numbers.tolist()], np.int64)


def followed(plan: Plan) -> dict[str, Reference]:
    """Return the columns that tell which earlier row of the table one refers to, if it does."""
    return {
        name: each
        for each in _to_itself(plan)
        for name, other in zip(each.columns, each.parent_columns, strict=True)
        if name != other and name in plan.given
    }


def _to_itself(plan: Plan) -> list[Reference]:
    return [each for each in plan.references if each.parent == plan.table.oid and not each.needed]


def ended(table: Table, reference: Reference, name: str, staging: sql.Identifier) -> sql.Composed:
    """Return the update of rows beside a table that refer to no row, here or there, and so are the first of theirs."""
    told = sql.SQL(" and ").join(
        sql.SQL("r.{} = s.{}").format(sql.Identifier(other), sql.Identifier(own))
        for own, other in zip(reference.columns, reference.parent_columns, strict=True)
    )
    return sql.SQL(
        "update {staging} as s set {name} = null where {name} is not null"
        " and not exists (select from {table} as r where {told})"
        " and not exists (select from {staging} as r where {told})"
    ).format(staging=staging, name=sql.Identifier(name), table=table.identifier, told=told)
