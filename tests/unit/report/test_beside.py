"""What is told beside the findings: the pooler that was tried, and sequences that moved on."""

import json
from dataclasses import replace

import pytest
from jsonschema import validate as conforms
from support.reports import HOSTILE, RULES, report
from support.sarif_schema import sarif_schema

from ttdb.model.validation import MovedSequence, Pool, PoolMode, TenantScope, ValidationReport, Verdict
from ttdb.report.validation import as_html, as_json, as_markdown, as_sarif, as_text

_POOL = Pool(
    place="127.0.0.1:6432",
    product="PgBouncer 1.18.0",
    database="shop",
    login="web",
    mode=PoolMode.TRANSACTION,
    hands_on=True,
    prepares=False,
    refusal="prepared statement already exists",
    left=("app.org",),
    scope=TenantScope.SESSION,
    scope_known_by="a new client of the pool found app.org set",
)
_MOVED = (MovedSequence("app.orders_id_seq", None, 4), MovedSequence("app.items_id_seq", 12, 16))


@pytest.fixture
def told() -> ValidationReport:
    return replace(report(verdict=Verdict.PASS), pool=_POOL, sequences=_MOVED, longest_hold_ms=12.345)


def test_text_says_what_the_pooler_does_and_which_sequences_moved(told: ValidationReport) -> None:
    assert as_text(told).splitlines()[:3] == [
        "pooler 127.0.0.1:6432 as web: PgBouncer 1.18.0 in transaction mode",
        (
            "      what a client sets for its session reaches the next client; named prepared statements fail;"
            " the tenant is set for the session"
        ),
        (
            "sequences that moved on, which no rollback gives back:"
            " app.orders_id_seq unused to 4, app.items_id_seq 12 to 16"
        ),
    ]


def test_verbose_names_every_sequence_that_moved(told: ValidationReport) -> None:
    many = tuple(MovedSequence(f"app.t{number}_id_seq", 1, 2) for number in range(60))
    told = replace(told, sequences=many)

    assert " more: --verbose lists them" in as_text(told)
    assert "more" not in as_text(told, each=True)
    assert "app.t59_id_seq 1 to 2" in as_text(told, each=True)


def test_text_says_nothing_where_nothing_was_tried_or_moved() -> None:
    text = as_text(report(verdict=Verdict.PASS))

    assert "pooler" not in text
    assert "sequences" not in text


def test_json_has_both(told: ValidationReport) -> None:
    document = json.loads(as_json(told))

    assert document["pool"]["mode"] == "transaction"
    assert document["pool"]["hands_on"] is True
    assert document["pool"]["left"] == ["app.org"]
    assert document["sequences_moved"] == [
        {"sequence": "app.orders_id_seq", "before": None, "after": 4},
        {"sequence": "app.items_id_seq", "before": 12, "after": 16},
    ]
    assert document["longest_hold_ms"] == 12.3


def test_json_has_null_where_no_pooler_was_tried() -> None:
    document = json.loads(as_json(report()))

    assert (document["pool"], document["sequences_moved"]) == (None, [])


def test_what_could_not_be_told_is_said(told: ValidationReport) -> None:
    unknown = replace(told, pool=replace(_POOL, mode=None, hands_on=None, prepares=None))

    assert "in a mode that could not be told" in as_text(unknown)
    assert json.loads(as_json(unknown))["pool"]["mode"] is None


def test_markdown_page_and_sarif_have_both(told: ValidationReport) -> None:
    sarif = json.loads(as_sarif(told, RULES))

    conforms(sarif, sarif_schema())
    assert "PgBouncer 1.18.0" in sarif["runs"][0]["properties"]["pooler"]
    assert "app.items_id_seq 12 to 16" in sarif["runs"][0]["properties"]["sequencesMoved"]
    assert "`app.items_id_seq 12 to 16`" in as_markdown(told)
    assert "`127.0.0.1:6432`" in as_markdown(told)
    assert "app.items_id_seq 12 to 16" in as_html(told, RULES)
    assert "PgBouncer 1.18.0 in transaction mode" in as_html(told, RULES)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_name_adds_no_line(name: str, told: ValidationReport) -> None:
    usual = as_text(told).count("\n")
    hostile = replace(told, pool=replace(_POOL, login=name), sequences=(MovedSequence(name, 1, 2), _MOVED[1]))

    assert as_text(hostile).count("\n") == usual
    assert as_html(hostile, RULES).count("<script>") == as_html(told, RULES).count("<script>")
