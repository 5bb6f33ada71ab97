"""How names stand in statements that are shown."""

import re

from psycopg import sql


def identifier(name: str) -> str:
    """Return a name, quoted where it is no plain word."""
    return sql.Identifier(name).as_string() if not re.fullmatch(r"[a-z_][a-z0-9_]*", name) else name
