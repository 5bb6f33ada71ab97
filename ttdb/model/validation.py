"""What a validation says: findings, what is unproven, cells, and the report."""

from dataclasses import dataclass, field
from enum import StrEnum


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
