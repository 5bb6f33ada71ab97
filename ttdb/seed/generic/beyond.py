"""Rows beyond a unique key that is about some rows only: those of its predicate, or those without a null in it."""

from collections.abc import Iterator, Sequence

from psycopg import sql

from ttdb.seed.generic import pools
from ttdb.seed.generic.layout import Layout
from ttdb.seed.generic.pools import Asking, Pool
from ttdb.shape import Table
from ttdb.shape.ask import Asker, Refusal
from ttdb.shape.generated import named, sources
from ttdb.shape.model import Key, Rule


def spare(made: Layout, asking: Asking, left: Sequence[str]) -> Iterator[tuple[Key, Pool]]:
    """Yield the keys that are about some rows only, and values of rows that they are not about."""
    columns = asking.table.columns
    for key in asking.table.keys:
        test = _about(asking.table, key)
        if test is None or key.excludes or {*made.fresh, *made.counted} & set(key.columns):
            continue
        rule = Rule(key.name, f"({test}) is not true", sources(columns, named(test, columns)))
        tied = [each for each in pools.components([*asking.rules, rule], left) if set(each) & set(rule.columns)]
        found = pools.outside(asking, tied[0], rule) if len(tied) == 1 else None
        if found is not None:
            yield key, found


def twice(
    table: Table, key: Key, staging: tuple[sql.Identifier, sql.Identifier], numbers: Sequence[int]
) -> sql.Composed:
    """Return a select of the rows beside a table that such a key would refuse: of these, and not of earlier ones.

    Args:
        table: that the rows are meant for.
        key: of some of its rows.
        staging: where the rows are, and the column that has their number.
        numbers: of the rows that are asked about.

    """
    aside, place = staging
    compared = sql.SQL(", ").join(sql.SQL("({})").format(sql.SQL(each)) for each in key.expressions)
    return sql.SQL(
        "select n.place from (select {place} as place, pg_catalog.jsonb_build_array({compared}) as given,"
        " pg_catalog.row_number() over (partition by {compared} order by {place} = any({numbers}), {place}) as turn"
        " from {staging} as {name} where {test}) as n"
        " where n.turn > 1 or n.given in"
        " (select pg_catalog.jsonb_build_array({compared}) from {table} as {name} where {test})"
    ).format(
        place=place,
        compared=compared,
        numbers=sql.Literal(list(numbers)),
        staging=aside,
        name=sql.Identifier(table.name),
        test=sql.SQL(_about(table, key) or "true"),
        table=table.identifier,
    )


def taken(
    asker: Asker, table: Table, staging: tuple[sql.Identifier, sql.Identifier], numbers: Sequence[int]
) -> set[int]:
    """Return which rows beside a table have a key of others of which the server asks later, and passes over none."""
    found: set[int] = set()
    for key in (key for key in table.keys if numbers and key.deferrable and not key.excludes and key.expressions):
        answer = asker.run(twice(table, key, staging, numbers))
        found |= set() if isinstance(answer, Refusal) else {place for (place,) in answer}
    return found & set(numbers)


def _about(table: Table, key: Key) -> str | None:
    """Return which rows a key is about; None where it is about all."""
    must = {column.name for column in table.columns if column.not_null}
    nullable = [] if key.nulls_are_equal else [each for each in key.expressions if each.strip('"') not in must]
    tests = [key.predicate, *(f"({each}) is not null" for each in nullable)]
    return " and ".join(f"({each})" for each in tests if each is not None) or None
