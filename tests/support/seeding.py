"""Generic seeding of tables that a test makes."""

from typing import Any

from ttdb.model.seeding import SeedReport
from ttdb.postgres.connect import Connection
from ttdb.seed import seed

# The digest of the scenario of that name, of its own volumes: changes with its rules and vocabularies only, not with
# Python, the server, or the number of rows asked for at a time.
MINIMAL = "a01546c7d42b12340f7d9f7a503592ba5ab0ad1117305a0fe9aa3c8efe606b8d"


def filled(database: Connection, tables: str, *, rows: int = 60) -> SeedReport:
    """Make tables and fill them."""
    database.execute(tables.encode())
    return seed(database, "generic", rows=rows)


def line(database: Connection, query: str) -> tuple[Any, ...]:
    """Return the only line of a query."""
    (found,) = database.execute(query.encode()).fetchall()
    return found


def values(database: Connection, query: str) -> list[Any]:
    """Return the first column of a query."""
    return [first for first, *_ in database.execute(query.encode())]
