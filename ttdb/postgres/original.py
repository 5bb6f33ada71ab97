"""What decides on how a database is copied, read from its catalog."""

from dataclasses import dataclass

from psycopg import sql

from ttdb.errors import PrivilegeMissing
from ttdb.postgres.connect import connect, scalar, server_version
from ttdb.postgres.throwaway.base import SUPERUSER
from ttdb.postgres.url import Url

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Original:
    """The database to copy, as its catalog has it."""

    name: str
    megabytes: int
    version: str
    major: int
    login_is_ours: bool  # the throwaway's superuser has the name of one of its logins


def look_at(url: Url, *, with_rows: bool = True) -> Original:
    """Read what decides on how a database is copied, with or without its rows.

    Raises:
        PrivilegeMissing: the login does not see all rows, so a copy would lack some.

    """
    with connect(url, application="ttdb clone", settings={"default_transaction_read_only": "on"}) as connection:
        sees_all = scalar(
            connection, "select rolsuper or rolbypassrls from pg_catalog.pg_roles where rolname = current_user"
        )
        if with_rows and not sees_all:
            login = sql.Identifier(connection.info.user).as_string(None)
            raise PrivilegeMissing(
                f"a clone must hold all rows, and policies hide some from {login}",
                f"Log in as a superuser, or have an admin run: alter role {login} bypassrls;",
            )
        known = scalar(connection, "select count(*) from pg_catalog.pg_roles where rolname = %s", (SUPERUSER,))
        size = scalar(connection, "select pg_catalog.pg_database_size(pg_catalog.current_database())")
        return Original(
            connection.info.dbname,
            size // _MEGABYTE,
            server_version(connection),
            connection.info.server_version // 10000,
            bool(known),
        )
