"""What validation knows of a database: relations, keys, policies, roles, as the catalog has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, LiteralString

from psycopg import sql
from psycopg.rows import dict_row

from ttdb.postgres.connect import Connection
from ttdb.validate.queries import query

VIEWS = ("v", "m")
TABLES = ("r", "p")


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    type: str
    category: str  # pg_type.typcategory
    not_null: bool
    computed: bool  # generated, or an identity that refuses values
    unique: bool  # part of some unique index


@dataclass(frozen=True, slots=True)
class Relation:
    """One table, partition, view, materialized view or foreign table."""

    oid: int
    schema: str
    name: str
    kind: str  # pg_class.relkind
    root: int | None  # the partitioned table at the top, for a partition
    owner: str
    enabled: bool  # row level security
    forced: bool
    estimated_rows: int
    invoker: bool  # a view that reads with its reader's rights
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        """Return the name for use in a statement."""
        return sql.Identifier(self.schema, self.name)

    def column(self, name: str) -> Column | None:
        """Return the column of that name, or None."""
        for column in self.columns:  # a plain loop: it is asked for every column of every write that is tried
            if column.name == name:
                return column
        return None


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """One foreign key, columns in pairs."""

    child: int
    parent: int
    child_columns: tuple[str, ...]
    parent_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """One row security policy."""

    relation: int
    name: str
    permissive: bool
    command: str  # r, a, w, d or *
    roles: tuple[str, ...]
    qual: str | None
    with_check: str | None
    columns: tuple[str, ...]  # of its own table, that it reads
    functions: tuple[int, ...]  # that it calls
    relations: tuple[int, ...] = ()  # other tables and views that it reads

    @property
    def text(self) -> str:
        """Return both expressions."""
        return f"{self.qual or ''} {self.with_check or ''}"


@dataclass(frozen=True, slots=True)
class Role:
    """One role that is not PostgreSQL's own."""

    name: str
    superuser: bool
    bypasses: bool
    login: bool
    bootstrap: bool  # the superuser that initdb made
    inherits: tuple[str, ...]  # whose rights it has, and whose policies apply to it
    may_become: tuple[str, ...]  # by SET ROLE, by a grant to itself, or by inheritance
    reachable: bool  # the session's login may become it


@dataclass(frozen=True, slots=True)
class Body:
    """The text of a function or a view."""

    kind: str
    oid: int
    name: str
    body: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """The database's shape, read once."""

    relations: Mapping[int, Relation]
    foreign_keys: tuple[ForeignKey, ...]
    policies: tuple[Policy, ...]
    roles: Mapping[str, Role]
    bodies: tuple[Body, ...]
    bases: Mapping[int, frozenset[int]] = field(default_factory=dict)  # what each view reads

    def named(self, schema: str, name: str) -> Relation | None:
        """Return the relation of that name, or None."""
        return next((each for each in self.relations.values() if (each.schema, each.name) == (schema, name)), None)

    def policies_of(self, relation: Relation, role: str) -> tuple[Policy, ...]:
        """Return the policies that apply to a role on a relation."""
        groups = {"public", role, *(self.roles[role].inherits if role in self.roles else ())}
        return tuple(each for each in self.policies if each.relation == relation.oid and groups & set(each.roles))


def read_catalog(connection: Connection) -> Catalog:
    """Read the catalog as the session sees it."""
    bases: dict[int, set[int]] = {}
    for row in _rows(connection, query("view_bases")):
        bases.setdefault(row["reader"], set()).add(row["base"])
    relations = [_relation(row) for row in _rows(connection, query("relations"))]
    return Catalog(
        relations={each.oid: each for each in relations},
        foreign_keys=tuple(ForeignKey(**_frozen(row)) for row in _rows(connection, query("foreign_keys"))),
        policies=tuple(Policy(**_frozen(row)) for row in _rows(connection, query("policies"))),
        roles={row["name"]: Role(**_frozen(row)) for row in _rows(connection, query("roles"))},
        bodies=tuple(Body(**row) for row in _rows(connection, query("texts"))),
        bases={reader: frozenset(read) for reader, read in bases.items()},
    )


def _relation(row: dict[str, Any]) -> Relation:
    columns = tuple(Column(**column) for column in row.pop("columns"))
    return Relation(**{**row, "key": tuple(row["key"])}, columns=columns)


def _frozen(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def _rows(connection: Connection, text: LiteralString) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(text).fetchall()
