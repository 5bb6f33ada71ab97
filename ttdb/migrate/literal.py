"""Write names and values into SQL text that must stay literal, because ``--sql`` prints it."""

import re
from collections.abc import Iterable
from functools import cache

from sqlalchemy.dialects import postgresql

_PLAIN = re.compile(r"[^{},\"\\\s]+(?: [^{},\"\\\s]+)*")
# With the default paramstyle it would double every %.
_PREPARER = postgresql.dialect(paramstyle="named").identifier_preparer  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here


def literal(value: str) -> str:
    """Return a string literal; standard_conforming_strings is on in every session of ours."""
    return "'" + value.replace("'", "''") + "'"


@cache
def identifier(name: str) -> str:
    """Return a name, quoted where PostgreSQL needs it."""
    return _PREPARER.quote(name)


@cache
def qualified(name: str) -> str:
    """Return ``schema.object``, each part quoted where it needs to be."""
    return ".".join(identifier(part) for part in name.split(".", 1))


def text_array(values: Iterable[str]) -> str:
    """Return an array literal, its elements quoted where they are no plain words."""
    return literal("{" + ",".join(map(_element, values)) + "}")


def _element(value: str) -> str:
    if _PLAIN.fullmatch(value) and value.lower() != "null":
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
