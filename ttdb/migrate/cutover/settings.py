"""Older names of the tenant's setting, read for logins that are named."""

from collections.abc import Sequence

from psycopg import errors as pg

from ttdb.config import Settings
from ttdb.errors import UsageError
from ttdb.migrate.cutover.ground import changing
from ttdb.model.migration import OnEvent
from ttdb.postgres.connect import Connection, translated
from ttdb.postgres.url import Url

_REFUSED = {"TTLOG", "TTSET", "TTSGN"}


def older_settings(  # noqa: PLR0913, PLR0917 - what the command takes
    url: Url,
    settings: Settings,
    on_event: OnEvent,
    login: str,
    read: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> tuple[str, ...]:
    """Read these older settings for a login, and no longer those; returns the ones that are read then.

    Raises:
        UsageError: there is no such login, the name is none, or the context must be signed; one that is to be ignored
            is not read.

    """
    with changing(url, settings, on_event) as connection:
        _refuse_unread(connection, login, ignore)
        try:
            with translated("changing older settings"), connection.transaction():
                for name in ignore:
                    connection.execute("select ttdb.ignore_older_setting(%s, %s)", (login, name))
                for name in read:
                    connection.execute("select ttdb.read_older_setting(%s, %s)", (login, name))
        except Exception as error:
            cause = error.__cause__
            if isinstance(cause, pg.Error) and cause.sqlstate in _REFUSED:
                raise UsageError(cause.diag.message_primary or str(cause), cause.diag.message_hint) from cause
            raise
        return _read(connection, login)


def _read(connection: Connection, login: str) -> tuple[str, ...]:
    query = "select s.setting from ttdb.older_settings as s where s.login = %s order by s.setting"
    return tuple(setting for (setting,) in connection.execute(query, (login,)))


def _refuse_unread(connection: Connection, login: str, names: Sequence[str]) -> None:
    """Refuse to ignore what is not read: misspelt, the one that is would go on being read."""
    read = _read(connection, login)
    for name in names:
        if name.lower() not in read:
            hint = f"Those that are: {', '.join(read)}." if read else "None is: there is nothing to ignore."
            raise UsageError(f'setting "{name}" is not read for "{login}"', hint)
