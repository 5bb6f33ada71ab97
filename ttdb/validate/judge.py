"""From what was found to a verdict: one finding per object, accepted ones apart, the declared channels once."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ttdb.config import Ignore
from ttdb.model.validation import Finding, Severity, Unproven, Verdict
from ttdb.validate.causes import fatality
from ttdb.validate.library import Library

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
_CHANNELS = (
    "by PostgreSQL's design tenants can still infer from: cluster statistics and relation sizes, plan estimates,"
    " timing, sequence gaps, existence of server-made random keys"
)
_CHOOSES = "an unsigned session chooses its tenant"
_IN_PLACE = (
    "in place, what changes others' rows to see what it tells and whom it reaches was not tried (ISO011, ISO012):"
    " attack a copy by --clone"
)


def channels(*, signed: bool, disposable: bool) -> Finding:
    """Return the one finding that declares what no policy closes, and what an attack in place leaves out.

    A signed context closes one channel of these.
    """
    parts = [_CHANNELS, *([] if signed else [_CHOOSES]), *([] if disposable else [_IN_PLACE])]
    return Finding(
        code="ISO000",
        name="declared-channels",
        severity=Severity.INFO,
        object="database",
        detail="; ".join(parts),
        cause="declared channels",
    )


def combined(findings: Iterable[Finding]) -> list[Finding]:
    """Return one finding per code and object; where several roles reach it, the first stands for all."""
    first: dict[tuple[str, str], Finding] = {}
    roles: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        place = finding.code, finding.object
        known = first.get(place)
        if known is None or _ORDER[finding.severity] < _ORDER[known.severity]:
            first[place] = finding
        if finding.role is not None and finding.role not in roles.setdefault(place, []):
            roles[place].append(finding.role)
    return [_with_roles(finding, roles.get(place, [])) for place, finding in first.items()]


def _with_roles(finding: Finding, roles: list[str]) -> Finding:
    others = [role for role in roles if role != finding.role]
    if not others or all(role in finding.detail for role in others):
        return finding
    return replace(finding, detail=f"{finding.detail}; so do {', '.join(others)}")


def without_subsumed(findings: list[Finding], library: Library) -> list[Finding]:
    """Drop a rule's finding where an attack has shown the same hole in the same object, and as severe."""
    subsumed_by = {unit.code: unit.subsumed_by for unit in library.units}
    shown: dict[tuple[str, str], int] = {}
    for each in findings:
        place = (each.code, each.object)
        shown[place] = min(shown.get(place, len(_ORDER)), _ORDER[each.severity])
    return [
        finding
        for finding in findings
        if not any(
            shown.get((code, finding.object), len(_ORDER)) <= _ORDER[finding.severity]
            for code in subsumed_by.get(finding.code, ())
        )
    ]


def without_ignored(findings: list[Finding], ignores: Iterable[Ignore]) -> list[Finding]:
    """Drop accepted findings; an ignore that matches nothing becomes a finding itself."""
    keys = {finding.key for finding in findings} | {f"{finding.code}:{finding.object}" for finding in findings}
    accepted = {ignore.key for ignore in ignores}
    kept = [each for each in findings if each.key not in accepted and f"{each.code}:{each.object}" not in accepted]
    return kept + [
        Finding(
            code="MIG000",
            name="unused-ignore",
            severity=Severity.WARNING,
            object=ignore.key,
            detail=f"the ignore of {ignore.key} matches no finding",
            cause="ignores that match nothing",
            fix="Remove the entry from [[tool.ttdb.ignore]].",
        )
        for ignore in ignores
        if ignore.key not in keys
    ]


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort by severity, then by how much a cause opens, then by cause, object and code."""
    listed = list(findings)
    worst: Mapping[str, int] = _worst_by_cause(listed)
    return tuple(
        sorted(
            listed,
            key=lambda each: (
                worst[each.cause],
                fatality(each.cause),
                each.cause,
                _ORDER[each.severity],
                each.object,
                each.code,
            ),
        )
    )


def _worst_by_cause(findings: Iterable[Finding]) -> dict[str, int]:
    worst: dict[str, int] = {}
    for finding in findings:
        worst[finding.cause] = min(worst.get(finding.cause, len(_ORDER)), _ORDER[finding.severity])
    return worst


def verdict(findings: Iterable[Finding], unproven: Iterable[Unproven], fail_on: Severity) -> Verdict:
    """Return fail, else incomplete, else pass."""
    if any(_ORDER[finding.severity] <= _ORDER[fail_on] for finding in findings):
        return Verdict.FAIL
    return Verdict.INCOMPLETE if tuple(unproven) else Verdict.PASS
