"""Connection URLs: read them, complete them from PG* variables, and never show their password."""

from dataclasses import dataclass
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ttdb.errors import UsageError
from ttdb.secrets import masked

_HINT = "Write postgresql://USER@HOST:PORT/DATABASE, and percent-encode / @ : # ? % in a user name or a password."


@dataclass(frozen=True, slots=True)
class Url:
    """A libpq connection string whose ``repr`` and ``str`` hold no password."""

    conninfo: str

    @classmethod
    def parse(cls, text: str) -> "Url":
        """Read a libpq URI such as ``postgresql://user@host:5432/database``.

        Raises:
            UsageError: libpq cannot read it; the message holds no password.

        """
        try:
            parts = conninfo_to_dict(text)
        except psycopg.ProgrammingError:
            raise UsageError("the connection URL cannot be read", _HINT) from None  # libpq's text would show it
        ports = str(parts.get("port") or "")
        if not all(port.isdigit() for port in ports.split(",") if port):
            raise UsageError("the port in the connection URL is not a number", _HINT)  # may be half a password
        if "@" in str(parts.get("host") or ""):
            raise UsageError("the host in the connection URL holds an @", _HINT)  # the end of a password, most likely
        return cls(make_conninfo("", **parts))

    def with_parts(self, **parts: str | int | None) -> "Url":
        """Return this URL with some of its libpq parameters replaced; None leaves one out."""
        merged = {**conninfo_to_dict(self.conninfo), **parts}
        return Url(make_conninfo("", **{key: value for key, value in merged.items() if value is not None}))

    def part(self, name: str) -> str | None:
        """Return one libpq parameter, or None."""
        value = conninfo_to_dict(self.conninfo).get(name)
        return None if value is None else str(value)

    def uri(self) -> str:
        """Return the URL with its password, for handing to a child's environment; never print it."""
        parts = {key: str(value) for key, value in conninfo_to_dict(self.conninfo).items() if value is not None}
        user, password = parts.pop("user", ""), parts.pop("password", "")
        host, database = parts.pop("host", ""), quote(parts.pop("dbname", ""), safe="")
        if "," in host:  # libpq pairs several hosts with their ports when both are parameters
            parts["host"], host = host, ""
        port = f":{parts.pop('port')}" if host and "port" in parts else ""
        login = quote(user, safe="") + (":" + quote(password, safe="") if password else "")
        query = "&".join(f"{key}={quote(value, safe='')}" for key, value in parts.items())
        place = f"{login + '@' if login else ''}{_place(host)}{port}"
        return f"postgresql://{place}/{database}{'?' + query if query else ''}"

    def __str__(self) -> str:
        return masked(self.uri())

    def __repr__(self) -> str:
        return f"Url({str(self)!r})"


def _place(host: str) -> str:
    """Return a host as a URI has it: an IPv6 address in brackets, a socket's folder percent-encoded."""
    return f"[{host}]" if ":" in host else quote(host, safe="")
