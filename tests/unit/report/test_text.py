"""The report as text: one screen, the fatal cause first, and nothing in it acts on the terminal."""

from dataclasses import replace

import pytest
from support.reports import HOSTILE, finding, hostile, report, wide

from ttdb.model.validation import Known, Severity, Unproven, Verdict
from ttdb.report.validation import as_text

_SCREEN = 50


def test_first_cause_is_told_in_full_and_the_others_in_two_lines() -> None:
    text = as_text(
        report(
            finding("ISO003", "app.orders"),
            finding("RLS001", "app.notes"),
            finding("CON003", "app.x.x_key", Severity.WARNING, role=None, cause="unique keys span all tenants"),
            finding("IDX001", "app.orders", Severity.INFO, cause="no index leads with the tenant column"),
            unproven=(Unproven("app.y", "no rows"),),
        )
    )

    assert text.splitlines() == [
        "fail: shop on PostgreSQL 15.20, 3 causes, the worst first",
        "cause: row level security is off (2 findings)",
        "error   ISO003 app.orders  web reads rows of another in app.orders",
        "      ttdb explain ISO003",
        "      select 1;",
        "      so are app.notes",
        "warning unique keys span all tenants (1 finding)",
        "      CON003 app.x.x_key",
        "and 1 note (IDX001): --verbose lists them",
        "unproven app.y  no rows",
        "Found 2 errors and 1 warning in 57 checks and 1840 probes; 1 unproven.",
        "verdict: fail",
    ]


def test_three_hundred_tables_of_thirty_causes_fit_a_screen() -> None:
    text = as_text(wide(causes=30, objects=10)).splitlines()

    assert len(text) <= _SCREEN + 10
    assert sum(line.startswith(("cause: ", "error   reason")) for line in text) == 20
    assert "and 10 more causes with 100 findings: --verbose lists them" in text


def test_many_objects_of_a_cause_are_a_few_names_and_a_count() -> None:
    (names,) = [line for line in as_text(wide(causes=1, objects=300)).splitlines() if "so are" in line]

    assert names.startswith("      so are app.table_001, app.table_002, ")
    assert names.endswith(" more: --verbose lists them")
    assert len(names) <= 120


def test_verbose_lists_every_finding_with_its_evidence() -> None:
    text = as_text(wide(causes=3, objects=7), each=True)

    assert text.count("select 1;") == 3 * 7 * 40
    assert "more" not in text


def test_long_evidence_is_cut_on_a_screen() -> None:
    assert as_text(wide(causes=1, objects=1)).count("select 1;") == 12


def test_many_reasons_of_what_is_unproven_are_cut() -> None:
    unproven = (*(Unproven(f"app.t{number}", "no rows") for number in range(300)), Unproven("app.x", "other"))
    lines = as_text(report(verdict=Verdict.INCOMPLETE, unproven=unproven)).splitlines()

    assert lines[:2] == ["unproven app.t0 and 299 more  no rows", "unproven app.x  other"]


@pytest.mark.parametrize("each", [False, True])
def test_no_name_moves_the_cursor_or_turns_text_around(each: bool) -> None:  # noqa: FBT001 - a parameter of the test
    text = as_text(hostile(), each=each)

    assert [character for character in text if not (character.isprintable() or character == "\n")] == []
    assert r"\x1b[2J" in text or not each


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_makes_a_line_of_its_own(name: str) -> None:
    usual = as_text(report(finding(evidence=""))).count("\n")

    assert as_text(report(finding(name=name, role=name, cause=name, evidence=""))).count("\n") == usual


def test_colour_is_for_severities_and_verdict_only_when_asked() -> None:
    plain, painted = as_text(report(finding())), as_text(report(finding()), colour=True)

    assert "\x1b" not in plain
    assert "\x1b[31;1merror\x1b[0m   ISO003" in painted
    assert painted.splitlines()[-1] == "verdict: \x1b[31;1mfail\x1b[0m"


def test_known_and_fixed_are_told_apart() -> None:
    fixed = (Known("RLS001:app.gone", "RLS001", "app.gone", Severity.ERROR),)
    lines = as_text(replace(report(known=(finding(),), verdict=Verdict.PASS), fixed=fixed)).splitlines()

    assert lines == [
        "known: 1 finding of the baseline still there, not counted",
        "fixed: 1 entry of the baseline matches nothing any more: remove it from the file",
        "      RLS001:app.gone",
        "Found 0 errors and 0 warnings in 57 checks and 1840 probes.",
        "verdict: pass",
    ]
