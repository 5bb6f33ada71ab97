"""The report as JUnit XML, as an independent reader understands it."""

from collections import Counter

import pytest
from junitparser import JUnitXml, TestCase, TestSuite
from support.reports import HOSTILE, RULES, finding, hostile, report

from ttdb.model.validation import Severity, Unproven, ValidationReport
from ttdb.report.validation import as_junit


def read(found: ValidationReport) -> JUnitXml:
    return JUnitXml.fromstring(as_junit(found, RULES).encode())


def cases(found: ValidationReport) -> dict[tuple[str, str], TestCase]:
    suites = [suite for suite in read(found) if isinstance(suite, TestSuite)]
    return {(suite.name, case.name): case for suite in suites for case in suite}


def outcomes(found: ValidationReport) -> Counter[str]:
    return Counter(type(case.result[0]).__name__ if case.result else "passed" for case in cases(found).values())


def test_every_check_that_found_nothing_passes() -> None:
    assert outcomes(report()) == {"passed": len(RULES)}


def test_finding_is_a_failing_case_of_its_check_with_evidence_and_fix() -> None:
    case = cases(report(finding()))["ISO003 cross-tenant-read", "app.orders as web"]

    assert case.result[0].message == "web reads rows of another in app.orders"
    assert case.result[0].type == "error"
    assert "select 1;" in case.result[0].text
    assert "fix: alter table" in case.result[0].text


def test_finding_below_what_fails_passes_and_is_told() -> None:
    warned = finding(severity=Severity.WARNING)
    case = cases(report(warned))["ISO003 cross-tenant-read", "app.orders as web"]

    assert case.is_passed
    assert "warning ISO003 app.orders" in str(case.system_out)
    assert outcomes(report(warned, fail_on=Severity.WARNING))["Failure"] == 1


def test_unproven_is_an_error_never_a_pass() -> None:
    found = report(unproven=(Unproven("app.x", "no rows"), Unproven("attack ISO003", "it failed")))

    assert outcomes(found) == {"passed": len(RULES) - 1, "Error": 2}
    assert cases(found)["ISO003 cross-tenant-read", "attack ISO003"].result[0].message == "it failed"


def test_known_finding_and_check_without_anything_to_check_are_skipped() -> None:
    found = report(known=(finding(),), ran=tuple(rule.code for rule in RULES if rule.code != "AUD001"))

    assert outcomes(found) == {"passed": len(RULES) - 2, "Skipped": 2}


def test_counts_agree_with_the_cases() -> None:
    found = report(finding(), finding("RLS001"), unproven=(Unproven("x", "y"),), known=(finding("CON001"),))
    whole = read(found)
    counted = outcomes(found)

    assert (whole.tests, whole.failures, whole.errors, whole.skipped) == (
        sum(counted.values()),
        counted["Failure"],
        counted["Error"],
        counted["Skipped"],
    )
    suites = [suite for suite in whole if isinstance(suite, TestSuite)]
    assert sum(suite.tests for suite in suites) == whole.tests
    assert sum(suite.failures for suite in suites) == whole.failures


def test_hostile_names_are_text_and_well_formed() -> None:
    found = cases(hostile())

    assert len([key for key in found if key[0].startswith("ISO003")]) == len(HOSTILE)
    assert ("unproven", r"app.\x1b[2J\x1b]0;title\x07") in found
    assert ("unproven", "app.<script>alert(1)</script>") in found


@pytest.mark.parametrize("name", HOSTILE)
def test_each_hostile_name_alone_is_readable(name: str) -> None:
    assert outcomes(report(finding(name=name, evidence=name)))["Failure"] == 1
