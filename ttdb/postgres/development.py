"""Tell a development database from one that may be somebody's live one."""

ID_TAG = "74746462"  # "ttdb" in ASCII: the end of every id the seed makes, and no id the server makes
ID_PATTERN = f"______________8%{ID_TAG}"  # version 8 (made by convention) and the tag, for SQL's LIKE
_LOOPBACK = ("localhost", "127.", "::1", "/", "local socket")
_DEVELOPMENT_WORDS = ("dev", "test", "local", "demo", "sandbox", "scratch", "seed", "ttdb", "ci")


def may_be_live(host: str, database: str) -> bool:
    """Tell whether neither where a database is nor its name says that it is for development."""
    return not host.startswith(_LOOPBACK) and not any(word in database.lower() for word in _DEVELOPMENT_WORDS)
