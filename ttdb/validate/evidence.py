"""SQL that shows a finding: a script that any overseer can run, that rolls back, and whose last select has rows."""

from collections.abc import Mapping
from shlex import quote

from psycopg import sql
from psycopg.conninfo import make_conninfo

from ttdb.model.validation import Pool
from ttdb.validate.outcomes import Statement
from ttdb.validate.signing import Minted


def script(role: str | None, settings: Mapping[str, str], *statements: Statement | str) -> str:
    """Write the transaction that acts as ``role`` with ``settings``; None is the overseer himself."""
    lines: list[str] = ["begin;"]
    # A token is minted anew, while the script is still the overseer's: a report is no place for one that works.
    lines += [
        text(sql.SQL("select pg_catalog.set_config({}, {}, true);").format(sql.Literal(name), value.expression))
        for name, value in settings.items()
        if isinstance(value, Minted)
    ]
    if role is not None:
        lines.append(text(sql.SQL("set local session authorization {};").format(sql.Identifier(role))))
    lines += [
        text(sql.SQL("select pg_catalog.set_config({}, {}, true);").format(sql.Literal(name), sql.Literal(value)))
        for name, value in settings.items()
        if not isinstance(value, Minted)
    ]
    lines += [each if isinstance(each, str) else f"{text(each)};" for each in statements]
    lines.append("rollback;")
    return "\n".join(lines)


def as_clients(pool: Pool, *statements: str) -> str:
    """Write a script for psql, as a login of the pool's, in which each statement is a new client; it commits."""
    host, _, port = pool.place.rpartition(":")
    place = {"host": host, "port": port, "dbname": pool.database, "user": pool.login}
    conninfo = make_conninfo("", **{name: value for name, value in place.items() if value})
    return "\n".join([f"-- psql --no-psqlrc --file THIS_FILE {quote(conninfo)}", "\n\\connect\n".join(statements)])


AS_OVERSEER = "set local session authorization default;"


def text(statement: Statement) -> str:
    """Return a composed statement as text."""
    return statement.as_string(None)
