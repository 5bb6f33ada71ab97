"""A validation's report as SARIF 2.1.0, for code scanning.

A database's object is in no file. It is named as a logical location, and for readers that insist on a file (GitHub's
does) as an address below ``database/``: the same object has the same address in every run.
"""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import ttdb
from ttdb.model.validation import Finding, Rule, Severity, Unproven, ValidationReport
from ttdb.report.validation.group import line, lines, moved, of_pool
from ttdb.secrets import masked

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_SCORES = {Severity.ERROR: "9.0", Severity.WARNING: "5.0", Severity.INFO: "1.0"}  # GitHub: critical, medium, low
_FINGERPRINT = "ttdbFindingKey/v1"


def as_sarif(report: ValidationReport, rules: Iterable[Rule]) -> str:
    """Return the report as one SARIF log with one run."""
    listed = sorted(rules, key=lambda rule: rule.code)
    places = {rule.code: place for place, rule in enumerate(listed)}
    results = [_result(each, places, known=False) for each in report.findings]
    results += [_result(each, places, known=True) for each in report.known]
    run = {
        "tool": {"driver": {"name": "ttdb", "version": ttdb.__version__, "rules": [_rule(each) for each in listed]}},
        "automationDetails": {"id": f"ttdb/{quote(report.target.database, safe='')}/"},
        "invocations": [
            {"executionSuccessful": True, "toolExecutionNotifications": [_unproven(each) for each in report.unproven]}
        ],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {
            "verdict": str(report.verdict),
            "threatModel": report.threat_model,
            "sequencesMoved": list(moved(report.sequences)),
        }
        | ({} if report.pool is None else {"pooler": of_pool(report.pool)}),
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(rule: Rule) -> dict[str, Any]:
    parts = {"Why": rule.why, "Bad": rule.bad, "Fix": rule.fix}
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": "\n\n".join(f"{name}:\n{text}" for name, text in parts.items()),
            "markdown": f"{rule.why}\n\n**Bad**\n\n```sql\n{rule.bad}\n```\n\n**Fix**\n\n```sql\n{rule.fix}\n```\n",
        },
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["security", "postgresql"], "security-severity": _SCORES[rule.severity]},
    }


def _result(finding: Finding, places: dict[str, int], *, known: bool) -> dict[str, Any]:
    place = {"ruleIndex": places[finding.code]} if finding.code in places else {}
    result = {
        "ruleId": finding.code,
        **place,
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [_location(finding)],
        "partialFingerprints": {_FINGERPRINT: finding.key},
        "properties": {
            "cause": finding.cause,
            "role": finding.role or "",
            "evidence": masked(finding.evidence),
            "fix": finding.fix,
        },
    }
    if known:
        result |= {"suppressions": [{"kind": "external", "justification": "in the baseline"}]}
    return result


def _message(finding: Finding) -> str:
    """Return the detail, and how to go on; brackets would be read as links."""
    text = f"{line(finding.object)}: {line(finding.detail)}. Cause: {line(finding.cause)}."
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _location(finding: Finding) -> dict[str, Any]:
    path = "/".join(_part(each) for each in finding.object.split(".", maxsplit=1))
    return {
        "physicalLocation": {"artifactLocation": {"uri": f"database/{path}"}, "region": {"startLine": 1}},
        "logicalLocations": [
            {
                "fullyQualifiedName": finding.object,
                "name": finding.object.rpartition(".")[2] or finding.object,
                "kind": "function" if finding.object.endswith(")") else "object",
            }
        ],
    }


def _part(name: str) -> str:
    """Return a name as one part of an address; one of dots alone would lead out."""
    quoted = quote(name, safe="")
    return quoted if quoted.strip(".") else quoted.replace(".", "%2E")


def _unproven(unproven: Unproven) -> dict[str, Any]:
    text = lines(f"{unproven.object}: {unproven.why}")
    return {"level": "warning", "descriptor": {"id": "unproven"}, "message": {"text": text}}
