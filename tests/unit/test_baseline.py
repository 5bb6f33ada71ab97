"""A baseline: what it knows does not fail, what is new or worse does, what is gone is said."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.reports import HOSTILE, finding, report

from ttdb import baseline
from ttdb.errors import BaselineInvalid
from ttdb.model.validation import Finding, Known, Severity, Unproven

_READ, _RULE = finding(), finding("RLS001", "app.notes", Severity.WARNING)
_NOTE = finding("IDX001", "app.x", Severity.INFO)


def entries(*findings: Finding) -> tuple[Known, ...]:
    return baseline.entries(findings)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    known = entries(*(finding(name=name, role=name) for name in HOSTILE))
    file.write_text(baseline.written(known), encoding="utf-8")

    assert baseline.read(file) == known


def test_file_has_an_entry_a_line_in_order_and_no_notes() -> None:
    assert baseline.written(entries(_RULE, _NOTE, _READ)).splitlines() == [
        "{",
        '  "schema": "ttdb.baseline/1",',
        '  "findings": [',
        '    {"key": "ISO003:app.orders:web", "code": "ISO003", "object": "app.orders", "severity": "error"},',
        '    {"key": "RLS001:app.notes:web", "code": "RLS001", "object": "app.notes", "severity": "warning"}',
        "  ]",
        "}",
    ]


def test_empty_baseline_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    file.write_text(baseline.written(()), encoding="utf-8")

    assert baseline.read(file) == ()


def test_known_findings_stand_apart_and_new_ones_stay() -> None:
    left = baseline.apart(report(_READ, _RULE, _NOTE), entries(_RULE, _NOTE))

    assert left.findings == (_READ, _NOTE)
    assert left.known == (_RULE,)
    assert left.fixed == ()


def test_finding_that_became_worse_is_new() -> None:
    worse = replace(_RULE, severity=Severity.ERROR)

    assert baseline.apart(report(worse), entries(_RULE)).findings == (worse,)
    assert baseline.apart(report(_RULE), entries(worse)).known == (_RULE,)


def test_entry_that_matches_nothing_is_fixed() -> None:
    assert baseline.apart(report(_READ), entries(_READ, _RULE)).fixed == entries(_RULE)


@pytest.mark.parametrize(
    ("ran", "unproven"),
    [
        (("ISO003",), ()),
        (("ISO003", "RLS001"), (Unproven("check RLS001", "it failed"),)),
        (("ISO003", "RLS001"), (Unproven("app.notes", "no rows"),)),
    ],
    ids=["check not run", "check failed", "object unproven"],
)
def test_entry_is_not_called_fixed_without_having_been_looked_for(
    ran: tuple[str, ...], unproven: tuple[Unproven, ...]
) -> None:
    assert baseline.apart(report(_READ, ran=ran, unproven=unproven), entries(_RULE)).fixed == ()


_ENTRY = {"key": "k", "code": "c", "object": "o", "severity": "error"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not valid JSON"),
        (b"\xff\xfe", "is not valid JSON"),
        (b"[" * 100_000, "is not valid JSON"),
        (b"[]", "does not say that it is ttdb.baseline/1"),
        (b'{"schema": "ttdb.validate/1"}', "does not say that it is ttdb.baseline/1"),
        (b'{"schema": "ttdb.baseline/1"}', "has no list of findings"),
        (b'{"schema": "ttdb.baseline/1", "findings": [1]}', "finding 1 does not have exactly"),
        (json.dumps({"schema": "ttdb.baseline/1", "findings": [_ENTRY, {}]}).encode(), "finding 2 does not have"),
        (
            json.dumps({"schema": "ttdb.baseline/1", "findings": [_ENTRY | {"severity": "bad"}]}).encode(),
            "finding 1 has the severity bad",
        ),
    ],
)
def test_malformed_file_is_refused_by_name(content: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    file.write_bytes(content)

    with pytest.raises(BaselineInvalid, match=message) as refused:
        baseline.read(file)

    assert str(file) in refused.value.message
    assert refused.value.hint


def test_missing_file_is_refused_with_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(BaselineInvalid, match="cannot be read: No such file") as refused:
        baseline.read(tmp_path / "known.json")

    assert refused.value.hint == f"Write it with --write-baseline {tmp_path / 'known.json'}."
