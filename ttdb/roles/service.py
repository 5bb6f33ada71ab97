"""What a service's login is to be, and what it cannot be."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from ttdb.errors import UsageError

GROUPS = {"app": "ttdb_app", "worker": "ttdb_worker", "support": "ttdb_support", "auditor": "ttdb_auditor"}
DEFAULTS = {"statement_timeout": "30s", "idle_in_transaction_session_timeout": "60s", "lock_timeout": "5s"}
# A plan over months would read every CHECK of every month, most of its time, and for nothing: bounds leave months out.
PLANNER = {"constraint_exclusion": "off"}
DEFAULT_CONNECTIONS = 20
_PASSWORD_BYTES, _SHORTEST = 24, 12
_LONGEST_NAME = 63  # bytes; PostgreSQL cuts off the rest
_TIME = re.compile(r"([0-9]+)(us|ms|s|min|h|d)?")
_MS = {"us": 0.001, "ms": 1, None: 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_LARGEST = 2**31 - 1  # of PostgreSQL's integers: connections, and milliseconds
_MASKING = ("support", "auditor")  # groups to which a resolver would confirm what they may not see


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A login as wanted; what is None or left out stays as it is, and is the default of a new one.

    Raises:
        UsageError: it cannot be so.

    """

    name: str
    group: str | None = None  # app, where none is named
    connections: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    resolvers: tuple[str, ...] = ()
    rotate: bool = False  # it stands, and gets another password

    def __post_init__(self) -> None:
        if not self.name or len(self.name.encode()) > _LONGEST_NAME or "\0" in self.name:
            raise UsageError(f'"{self.name}" is no name for a role', f"A name is 1 to {_LONGEST_NAME} bytes long.")
        if not self.name.isprintable() or not self.name.strip():
            raise UsageError(f"{self.name!r} is no name for a role", "Write it with letters, digits and underscores.")
        if self.name.startswith(("pg_", "ttdb_")) or self.name in ("public", "none"):
            raise UsageError(f'"{self.name}" is no name for a service', "pg_, ttdb_, public and none are taken.")
        if self.connections is not None and self.connections < 1:
            raise UsageError(f"a limit of {self.connections} connections lets nobody in", "Give 1 or more.")
        if self.connections is not None and self.connections > _LARGEST:
            raise UsageError(f"a limit of {self.connections} connections is none", f"Give {_LARGEST} at most.")
        if self.resolvers and self.group in _MASKING:
            raise UsageError(
                f"{self.group} may not ask resolvers: they tell who has an e-mail address, which it may not see",
                f"Leave --resolver out, or join it to {' or '.join(each for each in GROUPS if each not in _MASKING)}.",
            )
        for name, value in self.settings.items():
            time = _TIME.fullmatch(value)
            if time is None:
                raise UsageError(f'{name} cannot be "{value}"', "Give a number with its unit, as 500ms or 30s.")
            if int(time[1]) * _MS[time[2]] > _LARGEST:
                raise UsageError(f'{name} cannot be "{value}"', "Give 24d at most, or 0 for no limit.")


def new_password() -> str:
    """Return a random password of 192 bits."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def check_password(password: str) -> None:
    """Refuse a password that cannot be one, or that can be guessed.

    Raises:
        UsageError: without showing it.

    """
    if len(password) < _SHORTEST:
        hint = "Give a longer one, or none: ttdb makes a random one."
        raise UsageError(f"the password is shorter than {_SHORTEST} characters", hint)
    if any(ord(letter) < ord(" ") for letter in password):
        raise UsageError("the password holds a line end or another control character", "Give one line of text.")
