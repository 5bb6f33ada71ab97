"""Every error that ttdb raises on purpose.

TtdbError
├── UsageError            the command line or the configuration is wrong
│   ├── ConfigKeyUnknown
│   ├── ConfigInvalid
│   └── BaselineInvalid
├── DatabaseUnreachable   no session: host, port, password, server down
├── ServerUnsupported     a PostgreSQL older or newer than ttdb knows
├── PrivilegeMissing      the login may not; the hint holds the GRANT
├── ServerReadOnly        a standby, or default_transaction_read_only
├── ThrowawayFailed       no throwaway server could be started
├── SetupFailed           a team's own setup command failed, or worked elsewhere
├── RevisionUnknown       no such revision in the migrations
├── DatabaseAhead         the database was upgraded by a newer ttdb
├── UpgradeRunning        somebody else holds the migration lock
├── LockNotObtained       a step gave up waiting for its lock
├── StepFailed            a step's SQL was refused, or what it promised does not hold
├── StillInUse            old columns of a table are in use, or nobody declared that they are not
├── BackupUnproven        rows may be lost, and nobody vouched for a backup
├── HealthBad             the health query of --abort-if said so; what was changed is undone (exit 1)
├── Conflicts             what stands in the database is in an upgrade's way (exit 1)
├── CheckFileInvalid      a check or attack unit with a bad header
├── DiskFull              what is to be written does not fit
└── ScenarioInvalid       a seed scenario that is unknown or does not fit the schema

A message is in PostgreSQL's voice: lower case, no full stop, the object named. A hint is a whole sentence that says
what to type. The driver's own error stays reachable as ``__cause__``.
"""

from collections.abc import Sequence


class TtdbError(Exception):
    """Base of all errors a user can cause and mend; ``exit_code`` is what the command line exits with."""

    exit_code = 2

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TtdbError):
    """Raised when options contradict each other or lack a value."""


class ConfigKeyUnknown(UsageError):
    """Raised for a setting that does not exist."""


class ConfigInvalid(UsageError):
    """Raised for a setting whose value has the wrong type or an unreadable file."""


class BaselineInvalid(UsageError):
    """Raised for a baseline that is missing, or that is no list of known findings."""


class DatabaseUnreachable(TtdbError):
    """Raised when no session with the server could be opened."""


class ServerUnsupported(TtdbError):
    """Raised when the server's major version is outside 15 to 18."""


class PrivilegeMissing(TtdbError):
    """Raised when the login lacks a privilege; the hint says what to grant."""


class ServerReadOnly(TtdbError):
    """Raised when a change is asked of a standby or of a read-only database."""


class ThrowawayFailed(TtdbError):
    """Raised when a throwaway server could not be started; the message lists what was tried."""


class LocalServerFailed(TtdbError):
    """Raised when a local server cannot start, stop or be copied; the message has the server's own words."""


class SetupFailed(TtdbError):
    """Raised when a team's own setup command failed or left its database empty; the message has its last lines."""


class RevisionUnknown(TtdbError):
    """Raised for a revision that the migrations do not have."""


class DatabaseAhead(TtdbError):
    """Raised when the database records a revision that this version of ttdb does not know."""


class UpgradeRunning(TtdbError):
    """Raised when another session holds the migration lock; the message names it."""


class LockNotObtained(TtdbError):
    """Raised when a step did not get its lock in all its attempts; the message names who held it."""


class StepFailed(TtdbError):
    """Raised when the server refused a step's SQL, or when its postcondition does not hold afterwards."""


class Conflicts(TtdbError):
    """Raised before the first change when existing objects or data stand in the way; nothing was changed."""

    exit_code = 1

    def __init__(self, message: str, conflicts: Sequence["object"], hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.conflicts = tuple(conflicts)


class StillInUse(TtdbError):
    """Raised before a table leaves its expand stage: its old columns are used, or nobody declares that they are not."""


class BackupUnproven(TtdbError):
    """Raised before the first change to a live database when nobody vouched for a tested backup."""


class HealthBad(TtdbError):
    """Raised when the health query of --abort-if said that things are bad; the database is where it was before."""

    exit_code = 1


class CheckFileInvalid(TtdbError):
    """Raised at load for a check or an attack whose header is incomplete or contradicts its file name."""


class ScenarioInvalid(TtdbError):
    """Raised for a seed scenario that is unknown, malformed, or does not fit the live schema."""


class DiskFull(TtdbError):
    """Raised when what is to be written does not fit on the disk."""


class SeedRunning(TtdbError):
    """Raised when another session seeds the database at the same time."""
