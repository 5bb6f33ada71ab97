"""A baseline: the findings that stood when it was written, so that only what is new fails."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ttdb.errors import BaselineInvalid
from ttdb.model.validation import Finding, Known, Severity, ValidationReport

SCHEMA = "ttdb.baseline/1"
_KEYS = {"key", "code", "object", "severity"}
_AGAIN = "Write it again with --write-baseline FILE, or correct it."
_ORDER = tuple(Severity)
_WHOLE = ("check ", "attack ")  # how a report names what failed as a whole and so found nothing


def read(path: Path) -> tuple[Known, ...]:
    """Read a baseline.

    Raises:
        BaselineInvalid: there is no such file, or it is none of ours.

    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"baseline {path} cannot be read: {error.strerror}"
        raise BaselineInvalid(message, f"Write it with --write-baseline {path}.") from error
    except (ValueError, RecursionError) as error:  # JSON's and Unicode's errors are both of this kind
        raise BaselineInvalid(f"baseline {path} is not valid JSON: {error}", _AGAIN) from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise BaselineInvalid(f"baseline {path} does not say that it is {SCHEMA}", _AGAIN)
    listed = document.get("findings")
    if not isinstance(listed, list):
        raise BaselineInvalid(f"baseline {path} has no list of findings", _AGAIN)
    return tuple(_entry(entry, number, path) for number, entry in enumerate(listed, start=1))


def _entry(entry: Any, number: int, path: Path) -> Known:  # noqa: ANN401 - whatever the file holds
    if not isinstance(entry, dict) or set(entry) != _KEYS or not all(isinstance(each, str) for each in entry.values()):
        message = f"baseline {path}: finding {number} does not have exactly {', '.join(sorted(_KEYS))}, as texts"
        raise BaselineInvalid(message, _AGAIN)
    if entry["severity"] not in list(Severity):
        message = f"baseline {path}: finding {number} has the severity {entry['severity']}"
        raise BaselineInvalid(message, f"The severities are {', '.join(Severity)}.")
    return Known(entry["key"], entry["code"], entry["object"], Severity(entry["severity"]))


def entries(findings: Iterable[Finding]) -> tuple[Known, ...]:
    """Return the entries of findings, sorted; notes have none, as they fail nothing."""
    listed = sorted(findings, key=lambda finding: finding.key)
    return tuple(
        Known(each.key, each.code, each.object, each.severity) for each in listed if each.severity is not Severity.INFO
    )


def written(known: Iterable[Known]) -> str:
    """Return a baseline as a file's text: an entry a line, so that a review shows what came and went."""
    listed = ",\n".join(
        "    " + json.dumps({"key": each.key, "code": each.code, "object": each.object, "severity": str(each.severity)})
        for each in known
    )
    return f'{{\n  "schema": "{SCHEMA}",\n  "findings": [\n{listed}\n  ]\n}}\n'


def apart(report: ValidationReport, baseline: Iterable[Known]) -> ValidationReport:
    """Return the report with known findings apart, and the entries that match nothing any more.

    A finding that has become worse than its entry is new. An entry counts as fixed only where its check ran to its end
    and its object was not left unproven. The verdict is still that of all findings.
    """
    by_key = {entry.key: entry for entry in baseline}
    known = tuple(each for each in report.findings if _accepts(by_key.get(each.key), each))
    keys = {each.key for each in report.findings}
    unproven = {each.object for each in report.unproven}
    fixed = tuple(
        entry
        for entry in by_key.values()
        if entry.key not in keys
        and entry.code in report.ran
        and not unproven.intersection({entry.object, *(f"{mark}{entry.code}" for mark in _WHOLE)})
    )
    return replace(
        report, findings=tuple(each for each in report.findings if each not in known), known=known, fixed=fixed
    )


def _accepts(entry: Known | None, finding: Finding) -> bool:
    if entry is None or finding.severity is Severity.INFO:
        return False
    return _ORDER.index(finding.severity) >= _ORDER.index(entry.severity)
