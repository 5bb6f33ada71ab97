"""The values that travel between the layers: findings, steps, targets. Frozen, and free of behaviour."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"  # a tenant is crossed, a mask read, the trail escaped: shown or certain
    WARNING = "warning"  # one grant, one call away
    INFO = "info"  # hygiene, and the declared channels


class Verdict(StrEnum):
    """The outcome of a validation."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    INCOMPLETE = "incomplete"  # clean so far, but something reachable was not proven


@dataclass(frozen=True, slots=True)
class Finding:
    """One hole in one object, with what shows it."""

    code: str
    name: str
    severity: Severity
    object: str  # schema-qualified
    detail: str
    role: str | None = None  # through which the hole is reached
    cause: str = ""  # findings with one cause are shown together
    evidence: str = ""  # SQL that shows it, runnable as it stands
    fix: str = ""

    @property
    def key(self) -> str:
        """Identify the finding for ignores and baselines: code, object and, where there is one, role."""
        parts = [self.code, self.object, *([self.role] if self.role else [])]
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Unproven:
    """Something reachable that could not be tested, and why."""

    object: str
    why: str


class PoolMode(StrEnum):
    """How long a pooler lends a connection to a client."""

    SESSION = "session"
    TRANSACTION = "transaction"
    STATEMENT = "statement"


class TenantScope(StrEnum):
    """For how long the services set the tenant."""

    TRANSACTION = "transaction"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Pool:
    """What a pooler does with a login's sessions, as tried; None where it could not be told."""

    place: str  # host and port
    product: str  # as its console says, or "a pooler"
    database: str
    login: str
    mode: PoolMode | None
    hands_on: bool | None  # what a client sets for its session reaches the next one
    prepares: bool | None  # named prepared statements outlive their transaction
    refusal: str  # with what a prepared statement failed
    left: tuple[str, ...]  # tenant settings that a new client found set, and "role" where one was
    scope: TenantScope
    scope_known_by: str


@dataclass(frozen=True, slots=True)
class MovedSequence:
    """A sequence that a validation moved on, which no rollback gives back."""

    name: str  # schema-qualified
    before: int | None  # None before the first value
    after: int | None


class Action(StrEnum):
    """What a role may try on an object."""

    READ = "read"
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    EXECUTE = "execute"


class Reach(StrEnum):
    """How far an action reaches, as tried; the worst first."""

    LEAKS = "leaks"  # another tenant's rows were read or changed, or their values came out
    UNPROVEN = "unproven"  # the role may, and it could not be tried
    OWN = "own"  # only the tenant's own rows
    SHARED = "shared"  # the object holds no tenant's rows
    DENIED = "denied"  # no privilege, or nothing that could be written


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of one role's action on one object."""

    role: str
    object: str  # schema-qualified
    action: Action
    reach: Reach
    why: str = ""  # the code of what shows a leak, or the reason why nothing is proven


@dataclass(frozen=True, slots=True)
class Rule:
    """What a check or an attack says about itself, for reports that carry their own help."""

    code: str
    name: str
    severity: Severity
    title: str
    why: str
    bad: str
    fix: str


@dataclass(frozen=True, slots=True)
class Known:
    """One entry of a baseline: a finding that stood when it was written."""

    key: str
    code: str
    object: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Target:
    """Which database a command works on; never holds a password."""

    kind: str  # live | throwaway | clone
    host: str
    port: int
    database: str
    user: str
    server_version: str

    def __str__(self) -> str:
        return f"{self.database} on {self.host}:{self.port} as {self.user} (PostgreSQL {self.server_version})"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something in the database that stands in an upgrade's way."""

    object: str
    detail: str
    advice: str


@dataclass(frozen=True, slots=True)
class MissingPrivilege:
    """A privilege that an upgrade needs and the login lacks."""

    what: str
    grant: str  # SQL for an admin to run


@dataclass(frozen=True, slots=True)
class TableSize:
    """How big a table is, its indexes and partitions with it."""

    name: str
    bytes: int
    rows: int  # the planner's estimate


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step, and what an upgrade would make of it here."""

    revision: str
    step: str
    # recorded: in the ledger | holds: stands already | pending | conflict | waits | undo | keep: on the way down
    state: str
    role: str
    transaction: bool
    relations: tuple[str, ...]
    conflicts: tuple[Conflict, ...] = ()
    lock: str = ""
    work: str = ""  # what it does with rows that stand: catalog only | scan | build | rewrite | batches
    tables: tuple[TableSize, ...] = ()  # those that stand
    seconds: float = 0.0  # about how long, from sizes
    up: tuple[str, ...] = ()  # its SQL
    down: tuple[str, ...] = ()  # what undoes it
    waits_for: tuple[str, ...] = ()  # the tables in their expand stage that it is passed over for

    @property
    def due(self) -> bool:
        """Tell whether an upgrade would take it."""
        return self.state not in {"recorded", "waits"}


@dataclass(frozen=True, slots=True)
class Status:
    """Where a database stands."""

    target: str
    heads: tuple[str, ...]  # revisions the database records
    newest: tuple[str, ...]  # revisions that this ttdb has
    pending: tuple[tuple[str, int], ...]  # revision, number of its steps still to run
    conflicts: tuple[Conflict, ...]
    missing: tuple[MissingPrivilege, ...]
    lock_holders: tuple[str, ...]  # sessions with locks on tables
    next_command: str
    waiting: tuple[PlannedStep, ...] = ()  # passed over until tables are contracted


@dataclass(frozen=True, slots=True)
class Drift:
    """One managed thing that is not as the database's revision makes it, or an object that nobody manages."""

    state: str  # missing | changed | added: on a managed object | unknown: an object of its own
    kind: str
    identity: str
    expected: str | None
    found: str | None
    mend: str  # SQL, or a comment that says what to do


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What a look for drift found."""

    heads: tuple[str, ...]  # the revisions claimed
    facts: int  # how many things were looked at
    drifted: tuple[Drift, ...]
    unknown: tuple[Drift, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened while a command ran; ``facts`` are JSON values."""

    # target | bootstrap | step | retry | waiting | terminated | progress | violations | downgrade | month | finished
    kind: str
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Month:
    """A partition of a table that is kept in months, a retired month, or what waits in DEFAULT for one."""

    table: str
    leaf: str
    state: str  # attached | default | waiting: rows in DEFAULT | retired | other: attached, and no month
    month: date | None  # None for DEFAULT, other, and for what waits with a time that no month can be made for
    rows: int | None  # the planner's estimate, None before the first ANALYZE; of waiting ones counted
    bytes: int | None


@dataclass(frozen=True, slots=True)
class RetirableMonth:
    """A month, and whether it is past its table's retention."""

    table: str
    leaf: str
    month: date
    retention: str
    may_go: bool
    may_go_from: str  # a date; the last months may go in years that Python has no dates for


@dataclass(frozen=True, slots=True)
class MissingMonth:
    """A month that no partition of its table holds."""

    table: str
    month: date
    retired: bool  # it stands by itself, and is attached again instead of made

    @property
    def outcome(self) -> str:
        """Return what becomes of it."""
        return "attached again" if self.retired else "made"


OnEvent = Callable[[Event], None]


def silent(_event: Event) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one part of a command took, in seconds."""

    part: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ValidationTarget:
    """What a validation assumed about its database; printed, and correctable by flags."""

    kind: str
    server_version: str
    database: str
    app_roles: tuple[str, ...]
    masked_roles: tuple[str, ...]
    cross_tenant_roles: tuple[str, ...]
    tenant_setting: str | None
    tenant_column: str | None
    revision: str | None
    trails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """All that one validation found."""

    verdict: Verdict
    target: ValidationTarget
    findings: tuple[Finding, ...]
    unproven: tuple[Unproven, ...]
    checks: int
    probes: int
    duration_s: float
    threat_model: str = "honest-context"
    timings: tuple[Timing, ...] = field(default=())
    fail_on: Severity = Severity.ERROR
    ran: tuple[str, ...] = ()  # codes of the checks and attacks that had something to check here
    cells: tuple[Cell, ...] = ()  # role x object x action, as tried
    known: tuple[Finding, ...] = ()  # findings that the baseline has: told, and no reason to fail
    fixed: tuple[Known, ...] = ()  # entries of the baseline that match nothing any more
    sequences: tuple[MovedSequence, ...] = ()  # moved on meanwhile, by this run or by others
    pool: Pool | None = None  # where a pooler was tried
    longest_hold_ms: float = 0.0  # from the first write of a probe until it was rolled back


@dataclass(frozen=True, slots=True)
class SeedReport:
    """What a seed wrote, and where to go on."""

    scenario: str
    seed: int
    rows: Mapping[str, int]  # written, by table, in the order of writing
    removed: Mapping[str, int]  # deleted before, by table
    seconds: float
    examples: Mapping[str, str]  # the id of a row of each of the scenario's example tables; they belong together
    act_as: tuple[str, ...]  # SQL lines that act as the example's tenant
    not_analyzed: tuple[str, ...]  # tables whose statistics this login may not refresh
    mode: str = "in place"  # or bulk: indexes, foreign keys and triggers were set aside meanwhile
    jobs: int = 1
    exceptions: Mapping[str, str] = field(default_factory=dict)  # tables with fewer rows than asked for, and why
    left_alone: Mapping[str, str] = field(default_factory=dict)  # tables that are not for seeds, and why
    dumped: str | None = None  # the folder that the rows went to instead


@dataclass(frozen=True, slots=True)
class SeedProgress:
    """How far a seed is."""

    doing: str
    rows: int
    expected: int  # about


@dataclass(frozen=True, slots=True)
class LocalStart:
    """A local server that runs."""

    name: str
    version: str
    place: str  # host and port
    url: str  # without the password, which libpq takes from the file it names
    seeded: Mapping[str, Any]  # the last seed's report; empty when nothing was seeded
    new: bool


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A local server that there is."""

    name: str
    running: bool
    version: str
    port: int
    scenario: str | None
    size: int  # bytes, snapshots included
    snapshots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LocalSnapshot:
    """A snapshot of a local server."""

    name: str
    made: datetime
    size: int  # bytes
