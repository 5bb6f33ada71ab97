"""The report as SARIF: valid by the official schema, and stable for whoever compares two runs."""

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator
from support.reports import HOSTILE, RULES, finding, hostile, report
from support.sarif_schema import sarif_schema

from ttdb.model.validation import Severity, Unproven, ValidationReport, Verdict
from ttdb.report.validation import as_sarif


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    schema = sarif_schema()
    assert schema["$schema"].startswith("http://json-schema.org/draft-07/")
    assert schema["$id"].startswith("https://raw.githubusercontent.com/oasis-tcs/sarif-spec/")
    return Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)


def run(found: ValidationReport) -> dict[str, Any]:
    (only,) = json.loads(as_sarif(found, RULES))["runs"]
    assert isinstance(only, dict)
    return only


_MANY = (finding(), finding("RLS001", "app.notes", Severity.WARNING), finding("IDX001", "app.x", Severity.INFO))


@pytest.mark.parametrize(
    "found",
    [
        report(verdict=Verdict.PASS),
        report(*_MANY, unproven=(Unproven("app.x", "no rows"),), known=(finding("CON001"),)),
        report(finding(role=None, evidence="", fix="", cause="")),
        hostile(),
    ],
    ids=["nothing", "all kinds", "bare", "hostile"],
)
def test_report_is_valid_by_the_official_schema(validator: Draft7Validator, found: ValidationReport) -> None:
    assert [error.message for error in validator.iter_errors(json.loads(as_sarif(found, RULES)))] == []


def test_schema_tells_wrong_from_right(validator: Draft7Validator) -> None:
    document = json.loads(as_sarif(report(finding()), RULES))
    document["runs"][0]["results"][0]["level"] = "fatal"

    assert len(list(validator.iter_errors(document))) == 1


def test_severities_become_levels_and_results_point_at_their_rules() -> None:
    only = run(report(*_MANY))
    rules = only["tool"]["driver"]["rules"]

    assert [result["level"] for result in only["results"]] == ["error", "warning", "note"]
    assert [rules[result["ruleIndex"]]["id"] for result in only["results"]] == ["ISO003", "RLS001", "IDX001"]


def test_rules_carry_their_help() -> None:
    rules = run(report())["tool"]["driver"]["rules"]

    assert [rule["id"] for rule in rules] == sorted(rule.code for rule in RULES)
    assert all(rule["help"]["text"] and rule["help"]["markdown"] and rule["fullDescription"]["text"] for rule in rules)


def test_fingerprint_is_the_finding_s_key_and_the_object_a_logical_location() -> None:
    (result,) = run(report(finding()))["results"]
    (location,) = result["locations"]

    assert result["partialFingerprints"] == {"ttdbFindingKey/v1": "ISO003:app.orders:web"}
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "app.orders"
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "database/app/orders"


def test_known_finding_is_suppressed_and_unproven_is_a_notification() -> None:
    only = run(report(finding(), known=(finding("CON001"),), unproven=(Unproven("app.x", "no rows"),)))

    assert ["suppressions" in result for result in only["results"]] == [False, True]
    (notification,) = only["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"] == "app.x: no rows"


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_leaves_the_address_of_databases(name: str) -> None:
    (result,) = run(report(finding(name=name)))["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]

    assert uri.isascii()
    assert uri.split("/")[:2] == ["database", "app"]
    assert not {"", ".", ".."}.intersection(uri.split("/"))
