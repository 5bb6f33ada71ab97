"""A seed's columns as lists of plain values."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from ttdb.seed.columns import EPOCH, Booleans, Column, Ids, Moments, Numbers, Texts


def listed(column: Column) -> list[object]:
    """Return one plain value for each row, None where it is NULL."""
    values = _values(column)
    return [value if present else None for value, present in zip(values, column.present().tolist(), strict=True)]


def _values(column: Column) -> list[object]:
    if isinstance(column, Texts):
        return list(column.strings())
    if isinstance(column, Ids):
        return [UUID(int=high << 64 | low) for high, low in column.values.tolist()]
    if isinstance(column, Moments):
        return [EPOCH + timedelta(microseconds=value) for value in column.values.tolist()]
    if isinstance(column, Numbers):
        whole = column.values.tolist()
        return [Decimal(value).scaleb(-column.scale) for value in whole] if column.scale else list(whole)
    assert isinstance(column, Booleans)
    return list(column.values.tolist())
