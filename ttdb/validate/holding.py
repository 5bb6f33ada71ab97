"""How long probes hold their locks: measured always, and limited where others work in the database."""

import re
from dataclasses import dataclass, field
from time import monotonic

from psycopg import sql

from ttdb.model.validation import Unproven

LIMIT_MS = 50
ANEW = "nothing of it was kept, and it begins anew"  # what a run does after one that lost its connection
NOTHING = sql.SQL("")
OVERDUE = "57014"  # what the server says of a statement that its timeout ended
_WRITES = (
    "insert",
    "update",
    "delete",
    "merge",
    "truncate",
    "refresh",
    "call",
    "do",
    "lock",
    "alter",
    "create",
    "drop",
)
_WRITTEN = re.compile(r'(?:into|update|from|truncate|table|view|lock)\s+((?:"[^"]+"\.)?"[^"]+")', re.IGNORECASE)


@dataclass(slots=True)
class Holds:
    """What all probes of a run held."""

    limited: bool
    longest_ms: float = 0.0
    ended: set[tuple[str, str]] = field(default_factory=set)  # roles, and what they were writing to

    def taken(self) -> set[tuple[str, str]]:
        """Return what was ended since the last time."""
        ended, self.ended = self.ended, set()
        return ended

    @staticmethod
    def unproven(ended: set[tuple[str, str]]) -> list[Unproven]:
        """Say what was not tried to its end."""
        why = (
            f"a probe as {{}} would have held its locks for over {LIMIT_MS} ms, and was ended: attack a copy by --clone"
        )
        return [Unproven(name, why.format(role)) for role, name in sorted(ended)]


class Hold:
    """One transaction's locks: from its first write on."""

    def __init__(self, holds: Holds, role: str) -> None:
        self._holds = holds
        self._role = role
        self._since: float | None = None
        self._written = ""
        self._ended = False

    def begins_with(self, statement: sql.SQL | sql.Composed) -> bool:
        """Note a statement that is about to run; tell whether it is the first that writes."""
        if self._since is not None or not _first_words(statement).startswith(_WRITES):
            return False
        found = _WRITTEN.search(statement.as_string(None))
        self._written = found[1].replace('"', "") if found else "database"
        self._since = monotonic()
        return True

    @property
    def bounded(self) -> bool:
        """Tell whether the transaction's time is limited from its first write on."""
        return self._holds.limited

    @property
    def limited(self) -> bool:
        """Tell whether the transaction has written, and its time is limited."""
        return self._since is not None and self._holds.limited

    @property
    def limit(self) -> sql.SQL | sql.Composed:
        """Return SQL that lets the next statement take what is left of the time; nothing where there is no limit."""
        if not self.limited:
            return NOTHING
        left = max(int(LIMIT_MS - self._held_ms()), 1)
        return sql.SQL("; set local statement_timeout = {}").format(sql.Literal(left))

    @property
    def over(self) -> bool:
        """Tell whether the time is up."""
        return self._ended or (self.limited and self._held_ms() >= LIMIT_MS)

    def end_early(self) -> None:
        """Note that the time was up before all was tried."""
        self._ended = True
        self._holds.ended.add((self._role, self._written))

    def end(self) -> None:
        """Note how long it was."""
        if self._since is not None:
            self._holds.longest_ms = max(self._holds.longest_ms, self._held_ms())

    def _held_ms(self) -> float:
        return (monotonic() - (self._since or 0.0)) * 1000


def _first_words(statement: sql.Composable) -> str:
    while isinstance(statement, sql.Composed):
        statement = next(iter(statement), sql.SQL(""))
    return statement.as_string(None).lstrip().lower()
