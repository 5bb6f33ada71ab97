"""Take a database's catalog as lines of text, so that a test can compare two and show the difference."""

from pathlib import Path

from psycopg import sql

from support.databases import connect
from ttdb.postgres.url import Url

_HERE = Path(__file__).parent


def catalog(url: Url) -> list[str]:
    """Return every object of a database that is not PostgreSQL's own, a line each."""
    return _lines(url, "catalog.sql")


def roles(url: Url) -> list[str]:
    """Return the cluster's roles, memberships and this database's privileges, a line each."""
    return _lines(url, "roles.sql")


def _lines(url: Url, file: str) -> list[str]:
    with connect(url) as connection:
        connection.execute("set search_path = pg_catalog")
        return [line for (line,) in connection.execute(sql.SQL((_HERE / file).read_text(encoding="utf-8")))]
