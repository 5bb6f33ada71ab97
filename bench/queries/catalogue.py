"""The application's queries, read from sql/queries.toml: what tests, benchmark and documentation share."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from ttdb import sqlfile
from ttdb.errors import TtdbError

FILE = "queries.toml"
_NAME = re.compile(r"[a-z]+(-[a-z]+)*")
_PARAMETER = re.compile(r"%\((\w+)\)s")
_TABLE = re.compile(r"\b(?P<schema>public)\.(?P<table>[a-z_]+) as (?P<alias>[a-z]+)\b")
_REQUIRED = {"sentence", "kind", "index", "sql"}
_FIELDS = _REQUIRED | {"draw", "faster"}


class CatalogueInvalid(TtdbError):
    """Raised for a query that its file does not describe well."""


class Kind(StrEnum):
    """What a query asks for, which decides how fast it must be."""

    KEY = "key"  # few rows, found by a key
    PAGE = "page"  # the first rows of an order
    AGGREGATE = "aggregate"  # figures over many rows: as slow as the rows are many
    WORKER = "worker"  # over all tenants, as ttdb_worker


@dataclass(frozen=True, slots=True)
class Query:
    """One query of the application."""

    name: str
    sentence: str  # which service asks, and what for
    kind: Kind
    sql: str  # with parameters %(name)s, and without a tenant: row security adds it
    indexes: tuple[str, ...]  # a plan uses one of them for each big table that has one of them
    draw: str = ""  # a select of rows of parameters, for the tenant %(tenant)s
    faster: str = ""  # of an aggregate: what would make it fast

    @property
    def role(self) -> str:
        """Return the group role that the query is run as."""
        return "ttdb_worker" if self.kind is Kind.WORKER else "ttdb_app"

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the tables that the query reads, in its order, without schema."""
        return tuple(dict.fromkeys(found["table"] for found in _TABLE.finditer(self.sql)))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names of the query's parameters, in its order."""
        return tuple(dict.fromkeys(_PARAMETER.findall(self.sql)))

    @property
    def explicit(self) -> str:
        """Return the query as it would be written without row security: each table's tenant in a WHERE.

        The subqueries are pulled up, so that the plan is that of a plain condition.
        """
        if self.kind is Kind.WORKER:
            return self.sql
        return _TABLE.sub(
            r"(select * from \g<schema>.\g<table> where tenant_id = %(tenant)s) as \g<alias>",
            self.sql,
        )


def path() -> Path:
    """Return the file of the catalogue."""
    return sqlfile.shipped("sql") / FILE


@cache
def catalogue() -> tuple[Query, ...]:
    """Return every query, in the file's order.

    Raises:
        CatalogueInvalid: the file describes a query badly; the message names it.

    """
    return parsed(path().read_text(encoding="utf-8"))


def parsed(text: str) -> tuple[Query, ...]:
    """Return the queries that a catalogue's text describes.

    Raises:
        CatalogueInvalid: it describes one badly; the message names it.

    """
    try:
        entries = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueInvalid(f"sql/{FILE} is not TOML: {error}") from error
    return tuple(_query(name, entry) for name, entry in entries.items())


def _query(name: str, entry: dict[str, Any]) -> Query:
    for wrong, what, hint in _flaws(name, entry):
        if wrong:
            raise CatalogueInvalid(f"query {name} of sql/{FILE} {what}", hint)
    query = Query(
        name=name,
        sentence=entry["sentence"],
        kind=Kind(entry["kind"]),
        sql=entry["sql"].strip(),
        indexes=tuple(entry["index"]),
        draw=entry.get("draw", "").strip(),
        faster=entry.get("faster", ""),
    )
    for wrong, what, hint in _slips(query):
        if wrong:
            raise CatalogueInvalid(f"query {name} of sql/{FILE} {what}", hint)
    return query


def _flaws(name: str, entry: dict[str, Any]) -> Iterator[tuple[bool, str, str]]:
    """Yield what could be wrong with a query's fields, whether it is, and what to do about it."""
    known = f"Fields: {', '.join(sorted(_FIELDS))}."
    yield not _NAME.fullmatch(name), "has a name of other than lower-case words", "Write it like orders-of-user."
    for field in sorted(set(entry) - _FIELDS):
        yield True, f"has an unknown field {field}", known
    for field in sorted(_REQUIRED - set(entry)):
        yield True, f"lacks {field}", f'Add a line "{field} = …".'
    yield entry["kind"] not in set(Kind), f"is of an unknown kind {entry['kind']}", f"Kinds: {', '.join(Kind)}."


def _slips(query: Query) -> Iterator[tuple[bool, str, str]]:
    """Yield what could be wrong with a query itself, whether it is, and what to do about it."""
    where = query.sql.lower().partition("where")[2]
    yield not query.indexes, "names no index", "Name the index that should serve it."
    yield not query.tables, "reads no table", "Write each table as public.orders as o."
    yield "tenant_id" in where, "names the tenant in its WHERE", "Leave it out: row security adds it."
    yield (
        query.kind is Kind.PAGE and not re.search(r"\blimit \d+$", query.sql),
        "is a page without a limit",
        'End its SQL with "limit 50".',
    )
    yield (
        query.kind is Kind.AGGREGATE and not query.faster,
        "is an aggregate and does not say what would make it fast",
        'Add a line "faster = …".',
    )
    yield (
        bool(query.parameters) and not query.draw,
        "has parameters and no values for them",
        'Add a line "draw = …" that selects some.',
    )
