"""The report as a comment on a pull request: it fits, it folds, and no name is markup."""

import re

import pytest
from support.reports import HOSTILE, finding, hostile, report, wide

from ttdb.model.validation import Severity, Unproven, Verdict
from ttdb.report.validation import as_markdown
from ttdb.report.validation.markdown import LIMIT, code, escaped

_FENCE = re.compile(r"^(?P<ticks>`{3,})\w*$", re.MULTILINE)


def test_report_says_verdict_causes_and_how_to_go_on() -> None:
    text = as_markdown(report(finding(), finding("RLS001"), unproven=(Unproven("app.x", "no rows"),)))

    assert text.splitlines()[0] == "## ttdb validate: fail"
    assert "| error | ISO003, RLS001 | row level security is off | 2 |" in text
    assert "- `app.x`: no rows" in text
    assert "```sql\nselect 1;\n```" in text
    assert "`ttdb explain ISO003`" in text
    assert text.count("<details>") == text.count("</details>") == 1


def test_clean_report_is_two_lines() -> None:
    assert as_markdown(report(verdict=Verdict.PASS)).splitlines() == [
        "## ttdb validate: pass",
        "",
        "**No tenant reaches another.** Found 0 errors and 0 warnings in 57 checks and 1840 probes.",
    ]


@pytest.mark.parametrize(("causes", "objects"), [(1, 5000), (30, 10), (2000, 1)])
def test_comment_fits_what_github_takes(causes: int, objects: int) -> None:
    text = as_markdown(wide(causes, objects))

    assert len(text) <= LIMIT
    assert text.count("<details>") == text.count("</details>")


def test_comment_of_very_long_names_fits_too() -> None:
    long = [finding(name=f"app.{number}" + "x" * 5000, cause="`" * 400 + str(number)) for number in range(500)]

    assert len(as_markdown(report(*long, unproven=tuple(Unproven("y" * 5000, "z" * 5000) for _ in range(99))))) <= LIMIT


def test_causes_that_do_not_fit_are_counted() -> None:
    assert re.search(r"\d+ more causes did not fit here: see the whole report\.$", as_markdown(wide(2000, 1)))


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_breaks_a_table_or_a_fold(name: str) -> None:
    usual = as_markdown(report(finding(evidence="", fix=""), finding("RLS001", severity=Severity.WARNING)))
    text = as_markdown(
        report(finding(name=name, cause=name, evidence="", fix=""), finding("RLS001", name, cause=name, evidence=""))
    )
    rows = [line for line in text.splitlines() if line.startswith("|")]

    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}
    assert len(rows) == len([line for line in usual.splitlines() if line.startswith("|")])
    assert len(re.findall(r"^</?details>", text, re.MULTILINE)) == 2


@pytest.mark.parametrize("name", HOSTILE)
def test_evidence_cannot_end_its_fence(name: str) -> None:
    text = as_markdown(report(finding(evidence=f"select 1;\n{name}\n```\n</details>\n````")))
    fences = [found["ticks"] for found in _FENCE.finditer(text) if len(found["ticks"]) > 4]

    assert len(fences) == 2


@pytest.mark.parametrize("name", HOSTILE)
def test_code_span_holds_the_whole_name(name: str) -> None:
    span = code(name)
    ticks = re.match("`+", span)

    assert ticks
    assert span.endswith(ticks[0])
    assert not re.search(rf"(?<!`){ticks[0]}(?!`)", span[len(ticks[0]) : -len(ticks[0])])
    assert "\n" not in span


def test_escaped_text_mentions_nobody_and_links_nowhere() -> None:
    shown = escaped("@team see [x](https://example.com) #12 <b>*b*</b> a|b https://example.com")

    assert not any(mark in shown for mark in ("@", "<", "](", "://", "a|b", " #12"))


def test_hostile_report_keeps_its_folds() -> None:
    text = as_markdown(hostile())

    assert len(re.findall(r"^<details><summary>", text, re.MULTILINE)) == len(HOSTILE)
    assert "<script" not in re.sub(r"(?s)(`+).*?\1", "", text)
