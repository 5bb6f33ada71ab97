"""What a session must be able to do before it writes."""

from psycopg import sql

from ttdb.errors import PrivilegeMissing, ServerReadOnly
from ttdb.postgres.connect import Connection, scalar


def refuse_read_only(connection: Connection) -> None:
    """Refuse a standby, and a database or login that is set to read only.

    Raises:
        ServerReadOnly: which of them it is.

    """
    if scalar(connection, "select pg_catalog.pg_is_in_recovery()"):
        raise ServerReadOnly("the server is a standby", "Connect to the primary.")
    # What a session of ours begins with, whatever it has set since.
    query = "select s.reset_val from pg_catalog.pg_settings as s where s.name = 'default_transaction_read_only'"
    if scalar(connection, query) == "on":
        hint = "Turn it off for this login: alter role LOGIN set default_transaction_read_only = off."
        raise ServerReadOnly("the database is read-only: default_transaction_read_only is on", hint)


def refuse_without_temporary_tables(connection: Connection) -> None:
    """Refuse a role that may make no temporary table in this database.

    Raises:
        PrivilegeMissing: which role, and what to grant.

    """
    query = "select current_user where not pg_catalog.has_database_privilege(current_database(), 'temporary')"
    role = scalar(connection, query)
    if role is not None:
        name, database = (sql.Identifier(each).as_string(None) for each in (role, connection.info.dbname))
        message = f'role "{role}" may make no temporary tables in database "{connection.info.dbname}"'
        raise PrivilegeMissing(message, f"Have an admin run: grant temporary on database {database} to {name};")
