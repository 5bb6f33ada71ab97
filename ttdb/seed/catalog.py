"""What the database says about its tables: columns, keys, and who points at whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from psycopg import sql

from ttdb.postgres.connect import Connection


@dataclass(frozen=True, slots=True)
class CatalogColumn:
    """One column of a table."""

    name: str
    not_null: bool
    type: str
    has_default: bool
    is_generated: bool
    in_key: bool
    parts: bool = False  # the table is partitioned by it, so that every unique key holds it
    wire: str = ""  # the type that its values have on the wire


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A reference from a child's columns to its parent's."""

    child_schema: str
    child: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    is_part: bool = False  # the child's row is known by its parent alone, goes with it, and is kept by triggers

    def partner(self, column: str) -> str:
        """Return the parent's column that a child's column refers to."""
        return self.parent_columns[self.columns.index(column)]


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """One table with its foreign keys into the same schema."""

    schema: str
    name: str
    columns: Mapping[str, CatalogColumn]
    foreign_keys: tuple[ForeignKey, ...]

    @property
    def id_column(self) -> str | None:
        """The primary key where it is a single uuid, by which the seed knows its own rows.

        What the table is partitioned by stands beside the uuid in the key, and does not count.
        """
        key = [column for column in self.columns.values() if column.in_key and not column.parts]
        return key[0].name if len(key) == 1 and key[0].type == "uuid" else None

    def link(self, column: str, parent: str | None = None) -> ForeignKey | None:
        """Return the foreign key a column belongs to: the narrowest, or the one to ``parent``."""
        found = [key for key in self.foreign_keys if column in key.columns and parent in (None, key.parent)]
        return min(found, key=lambda key: len(key.columns), default=None)

    def links_to(self, parent: str) -> ForeignKey | None:
        """Return the foreign key to a parent; the widest, since that one carries the tenant."""
        found = [key for key in self.foreign_keys if key.parent == parent]
        return max(found, key=lambda key: len(key.columns), default=None)


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tables of one schema, and every foreign key that points into it."""

    schema: str
    tables: Mapping[str, CatalogTable]
    foreign_keys: tuple[ForeignKey, ...]


def read(connection: Connection, schema: str) -> Catalog:
    """Read the tables of a schema."""
    columns: dict[str, dict[str, CatalogColumn]] = {}
    with connection.transaction():
        connection.execute("select pg_catalog.set_config('ttdb.seed_schema', %s, true)", (schema,))
        for table, *facts in connection.execute(_query("columns")):
            columns.setdefault(table, {})[facts[0]] = CatalogColumn(*facts)
        keys = tuple(
            ForeignKey(child_schema, child, tuple(own), parent, tuple(theirs), is_part)
            for child_schema, child, parent, own, theirs, is_part in connection.execute(_query("foreign_keys"))
        )
    tables = {
        name: CatalogTable(
            schema, name, found, tuple(key for key in keys if (key.child_schema, key.child) == (schema, name))
        )
        for name, found in columns.items()
    }
    return Catalog(schema, tables, keys)


@cache
def _query(name: str) -> sql.SQL:
    return sql.SQL((Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8"))
