"""The values that travel between the layers: findings, steps, targets. Frozen, and free of behaviour."""

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
