"""The SQL that fills the rows that stand, and compares old with new."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ttdb.migrate.arrival import NOTHING
from ttdb.migrate.literal import identifier, qualified
from ttdb.migrate.steps.expansion import Shape
from ttdb.migrate.steps.table import type_of

if TYPE_CHECKING:
    import sqlalchemy as sa

_NUMBERS = ("numeric", "integer", "bigint")


def filling(shape: Shape) -> tuple[str, str, str]:
    """Return the assignments of the backfill, which rows need it, and which of them may not be left.

    What is looked up in another table, and may stay empty, can come to be known at any time after the row: the
    services' next write there is no reason to fill again and again.
    """
    sets, needs, musts = [], [], []
    for name, about in shape.given.items():
        sets.append(
            f"{identifier(name)} = case when {about.unset} then coalesce(({about.value}), t.{identifier(name)})"
            f" else t.{identifier(name)} end"
        )
        needs.append(f"(({about.unset}) and ({about.value}) is not null{_other(name, about.unset, about.value)})")
        musts.append(needs[-1])
    for name, more in shape.added.items():
        if more.value == NOTHING:
            continue
        column = identifier(name)
        equal = more.follows or more.back
        sets.append(f"{column} = ({more.value})" if equal else f"{column} = coalesce(t.{column}, {more.value})")
        needs.append(
            f"(t.{column} is distinct from ({more.value}))"
            if equal
            else f"(t.{column} is null and ({more.value}) is not null)"
        )
        if equal or more.of or name in shape.required:
            musts.append(needs[-1])
    return ",\n    ".join(sets), "\n    or ".join(needs), "\n    or ".join(musts or needs)


def _other(name: str, unset: str, value: str) -> str:
    """Return the condition that the value is another, where what a column holds counts as unset: it may be right."""
    null = f"t.{name} is null"
    return "" if unset == null else f" and ({value}) is distinct from t.{identifier(name)}"


def as_they_will_be(shape: Shape, names: Iterable[str]) -> str:
    """Return the query of these columns as the filling will make them, before any is added; ``found`` is the row.

    Who fills them is in no tenant's context, nor may the function that tells it stand yet.
    """
    columns = {column.name: column for column in shape.definition.columns}
    cells = [f"{_as_it_will_be(shape, columns[name])} as {identifier(name)}" for name in names]
    query = f"(\n    select {', '.join(['t as found', *cells])}\n    from {qualified(shape.relation)} as t\n)"
    return query.replace("ttdb.tenant_id()", "null")


def _as_it_will_be(shape: Shape, column: "sa.Column[Any]") -> str:
    name = identifier(column.name)
    if column.name in shape.added:
        return f"({shape.added[column.name].value})::{type_of(column)}"
    if column.name in shape.given:
        about = shape.given[column.name]
        return f"case when {about.unset} then {about.value} else t.{name} end"
    return f"t.{name}"


def unequal(shape: Shape) -> str | None:
    """Return the select that names each tenant and column whose old and new values differ, or None without such."""
    columns = {column.name: column for column in shape.definition.columns}
    tenant = "t.tenant_id" if "tenant_id" in columns else "null"
    parts = []
    for name, about in shape.added.items():
        if not about.back:
            continue
        new, old = f"t.{identifier(name)}", f"({about.value})"
        total = type_of(columns[name]).startswith(_NUMBERS)
        sums = (
            f"pg_catalog.sum({new}), pg_catalog.sum({old})"
            if total
            else f"pg_catalog.count({new}), pg_catalog.count({old})"
        )
        differ = f" or pg_catalog.sum({new}) is distinct from pg_catalog.sum({old})" if total else ""
        parts.append(
            f"select pg_catalog.format('tenant %s: {name} has %s, the services'' own %s', {tenant}, {sums})\n"
            f"from {qualified(shape.relation)} as t\ngroup by {tenant}\n"
            f"having pg_catalog.count(*) filter (where {new} is distinct from {old}) > 0{differ}"
        )
    return "\nunion all\n".join(parts) or None
