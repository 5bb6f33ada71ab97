"""How names stand in statements that are shown."""

from functools import cache

from sqlalchemy.dialects import postgresql

# With the default paramstyle it would double every %.
_PREPARER = postgresql.dialect(paramstyle="named").identifier_preparer  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here


@cache
def identifier(name: str) -> str:
    """Return a name, quoted where PostgreSQL needs it: it is no plain word, or is reserved."""
    return _PREPARER.quote(name)
