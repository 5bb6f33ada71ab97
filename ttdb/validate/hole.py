"""What an attack or a check reports; the unit's code, name and severity are added by whoever runs it."""

from dataclasses import dataclass

from ttdb.model.validation import Finding, Severity
from ttdb.validate.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """One hole in one object, as its finder sees it."""

    object: str
    detail: str
    role: str | None = None
    cause: str = ""
    evidence: str = ""
    fix: str = ""  # for this very object; else the unit's example is shown
    severity: Severity | None = None  # where reach makes it less than the unit says

    def finding(self, unit: Unit) -> Finding:
        """Complete the hole with what its unit says."""
        return Finding(
            code=unit.code,
            name=unit.name,
            severity=self.severity or unit.severity,
            object=self.object,
            detail=self.detail,
            role=self.role,
            cause=self.cause or unit.title[0].lower() + unit.title[1:],
            evidence=self.evidence,
            fix=self.fix or f'Mend it as "ttdb explain {unit.code}" shows.',
        )
