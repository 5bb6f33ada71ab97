"""From findings to a verdict, and to the report people and programs read."""

import json
from dataclasses import replace

import pytest

from ttdb.config import Ignore
from ttdb.model.validation import Finding, Severity, Unproven, ValidationReport, ValidationTarget, Verdict
from ttdb.report.validation import as_json
from ttdb.validate import judge, library

_READ = Finding(
    code="ISO003",
    name="cross-tenant-read",
    severity=Severity.ERROR,
    object="app.orders",
    detail="web reads rows of another",
    role="web",
    cause="row level security is off",
    evidence="select 1;",
    fix="alter table",
)
_RULE = replace(_READ, code="RLS001", name="rls-disabled", role=None)
_NOTE = replace(_READ, code="IDX001", name="unindexed", severity=Severity.INFO, cause="indexes")


def _report(*findings: Finding, unproven: tuple[Unproven, ...] = ()) -> ValidationReport:
    target = ValidationTarget("live", "15.20", "shop", ("web",), (), (), "app.org", "org_id", None)
    verdict = judge.verdict(findings, unproven, Severity.ERROR)
    return ValidationReport(verdict, target, judge.ordered(findings), unproven, checks=80, probes=1, duration_s=3.21)


@pytest.mark.parametrize(
    ("findings", "unproven", "fail_on", "expected"),
    [
        ((), (), Severity.ERROR, Verdict.PASS),
        ((_NOTE,), (), Severity.WARNING, Verdict.PASS),
        ((_READ,), (Unproven("x", "y"),), Severity.ERROR, Verdict.FAIL),
        ((_NOTE,), (Unproven("x", "y"),), Severity.ERROR, Verdict.INCOMPLETE),
        ((replace(_READ, severity=Severity.WARNING),), (), Severity.ERROR, Verdict.PASS),
        ((replace(_READ, severity=Severity.WARNING),), (), Severity.WARNING, Verdict.FAIL),
    ],
)
def test_verdict(
    findings: tuple[Finding, ...], unproven: tuple[Unproven, ...], fail_on: Severity, expected: Verdict
) -> None:
    assert judge.verdict(findings, unproven, fail_on) is expected


def test_attack_replaces_the_rule_on_the_same_object_only() -> None:
    elsewhere = replace(_RULE, object="app.notes")

    assert judge.without_subsumed([_READ, _RULE, elsewhere], library()) == [_READ, elsewhere]


def test_warning_does_not_replace_an_error_on_the_same_object() -> None:
    asked = replace(_READ, code="ISO007", severity=Severity.WARNING)
    done = replace(_READ, code="ISO012")

    assert judge.without_subsumed([asked, done], library()) == [asked, done]
    assert judge.without_subsumed([replace(asked, severity=Severity.ERROR), done], library()) == [
        replace(asked, severity=Severity.ERROR)
    ]


def test_several_roles_make_one_finding_that_names_them() -> None:
    (only,) = judge.combined([_READ, replace(_READ, role="api")])

    assert only.role == "web"
    assert only.detail.endswith("; so do api")


def test_ignored_finding_is_gone() -> None:
    assert judge.without_ignored([_READ], [Ignore("ISO003:app.orders:web", "known")]) == []


def test_ignore_that_matches_nothing_is_a_finding() -> None:
    (unused,) = judge.without_ignored([], [Ignore("ISO003:app.gone", "known")])

    assert (unused.code, unused.severity, unused.object) == ("MIG000", Severity.WARNING, "ISO003:app.gone")


def test_json_is_valid_in_any_encoding() -> None:
    assert as_json(_report(replace(_READ, object="app.größe"))).isascii()


def test_json_is_the_contract() -> None:
    document = json.loads(as_json(_report(_READ)))

    assert document["schema"] == "ttdb.validate/1"
    assert document["verdict"] == "fail"
    assert document["threat_model"] == "honest-context"
    assert document["counts"] == {"error": 1, "warning": 0, "info": 0, "checks": 80, "probes": 1, "unproven": 0}
    assert document["target"]["app_roles"] == ["web"]
    assert document["findings"] == [
        {
            "code": "ISO003",
            "name": "cross-tenant-read",
            "severity": "error",
            "object": "app.orders",
            "role": "web",
            "cause": "row level security is off",
            "detail": "web reads rows of another",
            "evidence": "select 1;",
            "fix": "alter table",
            "key": "ISO003:app.orders:web",
        }
    ]
