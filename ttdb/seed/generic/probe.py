"""Show a table one row, and take it back: whether it takes any, and how such a row is."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from ttdb.postgres.connect import Connection
from ttdb.seed.generic.rows import Rows
from ttdb.seed.generic.tied import values_tied
from ttdb.shape import CannotMake, Mark, OthersWanted, Row, RowMaker, Schema
from ttdb.shape.ask import Asker
from ttdb.shape.read import BOUND

_MARK, _OTHER_MARK = Mark("amber", 7_000_001), Mark("birch", 7_000_002)
_TRIED = 12  # rows, where the first parents have their only child already


def shown(asker: Asker, connection: Connection, schema: Schema, rows: Rows) -> tuple[RowMaker, Row]:
    """Have a table take one row, and take it back.

    Raises:
        CannotMake: the table takes none.

    """
    try:
        return _shown(asker, connection, schema, rows)
    except OthersWanted:
        if not rows.needs_itself:
            raise
        rows.apart = True
        return _shown(asker, connection, schema, rows)


def _shown(asker: Asker, connection: Connection, schema: Schema, rows: Rows) -> tuple[RowMaker, Row]:
    table = rows.plan.table
    reason = CannotMake("it has no partition")
    for number in range(rows.begin, rows.begin + _TRIED):
        for maker in _makers(asker, schema, rows, number):
            try:
                with connection.transaction(force_rollback=True):
                    return maker, maker.make()
            except CannotMake as error:
                reason = type(error)(f"{error} of {maker.table}") if BOUND in str(error) else error
        if not isinstance(reason, OthersWanted) and not any(key.name in str(reason) for key in table.keys):
            break
    return _with_tied(asker, connection, schema, rows, reason)


def _with_tied(
    asker: Asker, connection: Connection, schema: Schema, rows: Rows, reason: CannotMake
) -> tuple[RowMaker, Row]:
    """Have the table take a row of values that a rule ties to each other, where it refused all others.

    Raises:
        CannotMake: the reason, where it takes none of these either.

    """
    fields = rows.layout.fields
    names = sorted(fields, key=lambda name: name not in rows.layout.fresh)
    for maker in _makers(asker, schema, rows, rows.begin):
        maker.more = maker.more or values_tied(maker, fields, names, str(reason))
        if not maker.more:
            break
        try:
            with connection.transaction(force_rollback=True):
                return maker, maker.make()
        except CannotMake:
            continue
    raise reason


def _makers(asker: Asker, schema: Schema, rows: Rows, number: int) -> Iterator[RowMaker]:
    """Yield makers of the row of a number, in each partition; with keys of ours, or of the rules' choice."""
    own, fixed, may = rows.first(number)
    for leaf, keys in product(schema.leaves(rows.plan.table.oid), (own, {})):
        maker = RowMaker(asker, schema, leaf, _MARK, {**keys, **fixed}, dict(may))
        maker.has_tenant = rows.plan.tenant is not None
        if rows.apart:
            others, _, _ = rows.first(number + _TRIED)
            given = {**(others if keys else {}), **_from_the_other_side(rows, fixed)}
            maker.beside = RowMaker(asker, schema, leaf, _OTHER_MARK, given, dict(may))
        yield maker


def _from_the_other_side(rows: Rows, fixed: dict[str, Any]) -> dict[str, Any]:
    """Return what the row must have that another one of the table refers to, so that it refers to that."""
    found = dict(fixed)
    for reference in rows.plan.references:
        if reference.needed and reference.parent == rows.plan.table.oid:
            for name, other in zip(reference.columns, reference.parent_columns, strict=True):
                found[other], found[name] = fixed[name], fixed.get(other)
    return found
