"""The shape of a database, as far as it decides on which rows its tables take. Frozen, and free of behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from psycopg import sql

Row = Mapping[str, Any]  # a row as to_jsonb has it


class Kind(StrEnum):
    """What a type is made of."""

    BASE = "base"
    DOMAIN = "domain"
    ENUM = "enum"
    RANGE = "range"
    MULTIRANGE = "multirange"
    COMPOSITE = "composite"
    ARRAY = "array"


@dataclass(frozen=True, slots=True)
class Type:
    """One type that some column has, or is built on."""

    oid: int
    name: str  # as format_type writes it
    kind: Kind
    category: str  # pg_type.typcategory
    of: int | None = None  # what a domain, an array or a range is built on
    modifier: int = -1  # a domain's own, for its base
    labels: tuple[str, ...] = ()  # of an enum
    attributes: tuple[tuple[str, int, int], ...] = ()  # of a composite type: name, type, modifier
    rules: tuple[str, ...] = ()  # a domain's CHECKs
    not_null: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    type: int
    modifier: int  # pg_attribute.atttypmod
    not_null: bool
    expression: str | None  # of a generated column
    identity: bool
    default: bool
    default_varies: bool = False  # from row to row: it calls a function, or reads the clock

    @property
    def generated(self) -> bool:
        """Say whether the server computes it from other columns of the row."""
        return self.expression is not None


@dataclass(frozen=True, slots=True)
class Rule:
    """A CHECK, or what a partition takes."""

    name: str
    expression: str
    columns: tuple[str, ...]  # in place of a generated one, those that it is computed from
    through: tuple[str, ...] = ()  # the expressions of these generated columns

    @property
    def texts(self) -> tuple[str, ...]:
        """All that it says of its columns."""
        return (self.expression, *self.through)


@dataclass(frozen=True, slots=True)
class Key:
    """What must be unique, or must not overlap."""

    name: str
    columns: tuple[str, ...]  # in place of a generated one, those that it is computed from
    excludes: bool  # an exclusion constraint
    expressions: tuple[str, ...] = ()  # what is compared: columns, or what is computed from them
    primary: bool = False
    partial: bool = False  # of some rows only
    deferrable: bool = False
    valid: bool = True  # else a build was killed, or a partition lacks it: nothing can rely on it
    predicate: str | None = None  # which rows a partial one is about
    nulls_are_equal: bool = False  # a null is a value like others


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """One foreign key, columns in pairs."""

    name: str
    parent: int
    columns: tuple[str, ...]
    parent_columns: tuple[str, ...]
    deferrable: bool


@dataclass(frozen=True, slots=True)
class Table:
    """One table or partition."""

    oid: int
    schema: str
    name: str
    partitioned: bool
    root: int | None  # the partitioned table at the top, for a partition
    above: int | None  # the partitioned table that it is directly a partition of
    part: str | None  # which part of that it holds: ``FOR VALUES ...``, or ``DEFAULT``
    divided_by: tuple[str | None, ...]  # columns that choose the partition of a row; None for an expression
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    keys: tuple[Key, ...]
    foreign_keys: tuple[ForeignKey, ...]
    triggers: tuple[str, ...] = ()  # the sources of the functions that run where a row is inserted

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        """Return the name for use in a statement."""
        return sql.Identifier(self.schema, self.name)

    def about(self, name: str) -> list[str]:
        """Return all that the rules say of a column."""
        return [text for rule in self.rules if name in rule.columns for text in rule.texts]

    def column(self, name: str) -> Column | None:
        """Return the column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class Schema:
    """All tables outside the system's schemas, and their types."""

    tables: Mapping[int, Table]
    types: Mapping[int, Type]

    def refuses_null(self, column: Column) -> bool:
        """Say whether a column, or a domain that it is of, is declared not null."""
        kind = self.types[column.type]
        while kind.kind is Kind.DOMAIN and kind.of is not None and not kind.not_null:
            kind = self.types[kind.of]
        return column.not_null or kind.not_null

    def leaves(self, oid: int) -> tuple[Table, ...]:
        """Return the tables that hold a table's rows: its partitions, or itself."""
        table = self.tables[oid]
        if not table.partitioned:
            return (table,)
        below = (each for each in self.tables.values() if each.above == oid)
        return tuple(leaf for each in below for leaf in self.leaves(each.oid))
