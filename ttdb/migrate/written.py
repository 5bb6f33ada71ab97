"""SQL that somebody wrote into a file of decisions: the server reads it before the first change, and runs none."""

import re

from psycopg import errors as pg
from psycopg import sql

from ttdb.migrate.step import Step, Written
from ttdb.model.migration import Conflict
from ttdb.postgres.connect import Connection

_PATIENCE = "set local lock_timeout = '1s'"  # to read a change takes its lock
_PREPARED = "ttdb_written"


def conflicts(connection: Connection, step: Step) -> tuple[Conflict, ...]:
    """Return what the server cannot read of a step's SQL."""
    found = ((each, _refused(connection, each, each.statement)) for each in step.written)
    return tuple(
        Conflict(step.relations[0], f"{each.what} cannot be read: {refused}", each.advice)
        for each, refused in found
        if refused
    )


def _refused(connection: Connection, written: Written, statement: str) -> str | None:
    """Return what the server says of a statement where that is no SQL, or names what is not there."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(_PATIENCE)
            # Parsed and no more: that asks for no privilege. By the extended protocol, which takes one statement.
            reading = sql.SQL("prepare {} as {}").format(sql.Identifier(_PREPARED), sql.SQL(statement))
            connection.execute(reading, prepare=True)
            connection.execute(sql.SQL("deallocate {}").format(sql.Identifier(_PREPARED)))
    except pg.UndefinedColumn as error:
        message = str(error.diag.message_primary)
        if statement == written.later or not re.search(rf"(?<![\w$]){re.escape(written.given)}(?![\w$])", message):
            return message
        return _refused(connection, written, written.later) if written.later else None
    except (pg.InsufficientPrivilege, pg.InvalidSchemaName, pg.LockNotAvailable):
        return None  # what a step before it brings, or an admin grants; or somebody else is there
    except (pg.ProgrammingError, pg.DataError, pg.NotSupportedError) as error:
        return str(error.diag.message_primary)
    return None
