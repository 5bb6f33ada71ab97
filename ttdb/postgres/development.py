"""Tell a development database from one that may be somebody's live one."""

import re

ID_TAG = "74746462"  # "ttdb" in ASCII: the end of every id the seed makes, and no id the server makes
ID_PATTERN = f"______________8%{ID_TAG}"  # version 8 (made by convention) and the tag, for SQL's LIKE
_HERE = re.compile(r"localhost|::1|local socket|127(\.\d+){3}|/.*")
# Whole words of a name, however it is written: "cinema" holds "ci", and "contest" holds "test".
_DEVELOPMENT = re.compile(
    r"(?<![a-z])(dev|development|test|tests|testing|local|demo|sandbox|scratch|seed|ttdb|ci)(db)?(?![a-z])"
)
_LIVE = re.compile(r"(?<![a-z])(prod|production|live)(db)?(?![a-z])")


def why_it_may_be_live(host: str, database: str) -> str | None:
    """Say why a database may be a live one, by where it is and what it is called; None where it is for development."""
    if _LIVE.search(database.lower()):  # a tunnel makes it look near
        return "its name says the contrary"
    if not _HERE.fullmatch(host) and not _DEVELOPMENT.search(database.lower()):
        return f"it is on {host}"
    return None
