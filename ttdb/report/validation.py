"""A validation's report as text and as JSON."""

import json
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from ttdb.model import Finding, Severity, Unproven, ValidationReport

SCHEMA = "ttdb.validate/1"
_INDENT = "      "


def as_text(report: ValidationReport, *, timings: bool = False, each: bool = False) -> str:
    """Return the report for a person: grouped by cause, the fatal first, the verdict in the last line.

    Args:
        report: what was found.
        timings: also how long each part took.
        each: show the evidence of each finding, instead of one for each cause.

    """
    groups = groupby(report.findings, lambda finding: finding.cause)
    lines = [line for _, group in groups for line in _group(list(group), each=each)]
    lines += _unproven(report.unproven)
    if timings:
        lines += [f"{timing.seconds:8.2f} s  {timing.part}" for timing in report.timings]
        lines.append(f"{report.duration_s:8.2f} s  all")
    return "\n".join([*lines, _summary(report), f"verdict: {report.verdict}"])


def _group(findings: list[Finding], *, each: bool) -> list[str]:
    lines = [f"cause: {findings[0].cause} ({_count(len(findings), 'finding')})"]
    for number, finding in enumerate(findings):
        lines.append(f"{finding.severity:<7} {finding.code} {finding.object}  {finding.detail}")
        lines.append(f"{_INDENT}ttdb explain {finding.code}")
        if each or number == 0:
            lines += [f"{_INDENT}{line}" for line in finding.evidence.splitlines()]
    return lines


def _unproven(unproven: Iterable[Unproven]) -> list[str]:
    return [f"unproven {each.object}  {each.why}" for each in unproven]


def _summary(report: ValidationReport) -> str:
    counts = counts_of(report)
    found = f"Found {_count(counts['error'], 'error')} and {_count(counts['warning'], 'warning')}"
    tried = f"in {_count(report.checks, 'check')} and {_count(report.probes, 'probe')}"
    left = f"; {counts['unproven']} unproven" if counts["unproven"] else ""
    return f"{found} {tried}{left}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def counts_of(report: ValidationReport) -> dict[str, int]:
    """Return the figures of the report, by what they count."""
    severities = {str(severity): sum(each.severity is severity for each in report.findings) for severity in Severity}
    return {
        **severities,
        "checks": report.checks,
        "probes": report.probes,
        "unproven": len(report.unproven),
    }


def as_json(report: ValidationReport) -> str:
    """Return the report for a program, as ``ttdb.validate/1``; keys may be added to it."""
    target = report.target
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "verdict": str(report.verdict),
        "threat_model": report.threat_model,
        "target": {
            "kind": target.kind,
            "server_version": target.server_version,
            "database": target.database,
            "app_roles": list(target.app_roles),
            "masked_roles": list(target.masked_roles),
            "cross_tenant_roles": list(target.cross_tenant_roles),
            "tenant_setting": target.tenant_setting,
            "tenant_column": target.tenant_column,
            "revision": target.revision,
        },
        "counts": counts_of(report),
        "findings": [_finding(each) for each in report.findings],
        "unproven": [{"object": each.object, "why": each.why} for each in report.unproven],
        "duration_s": round(report.duration_s, 2),
        "timings": [{"part": each.part, "seconds": round(each.seconds, 3)} for each in report.timings],
    }
    return json.dumps(document, indent=2)


def _finding(finding: Finding) -> dict[str, str | None]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": str(finding.severity),
        "object": finding.object,
        "role": finding.role,
        "cause": finding.cause,
        "detail": finding.detail,
        "evidence": finding.evidence,
        "fix": finding.fix,
        "key": finding.key,
    }
