"""The message of a failed assertion of isolation: what failed, what was checked, ways to go on."""

from dataclasses import replace

from ttdb.model.validation import Finding, Severity, Unproven, ValidationReport, ValidationTarget, Verdict
from ttdb.report.assertion import as_assertion

TARGET = ValidationTarget(
    kind="throwaway",
    server_version="17.10",
    database="test_1",
    app_roles=("web",),
    masked_roles=(),
    cross_tenant_roles=(),
    tenant_setting="app.shop_id",
    tenant_column="shop_id",
    revision=None,
)
LEAK = Finding(
    code="ISO003",
    name="cross-tenant-read",
    severity=Severity.ERROR,
    object="public.totals",
    detail="web, working for one tenant, reads rows of another",
    role="web",
    cause="a view reads with its owner's rights",
    evidence="begin;\nselect 1;\nrollback;",
    fix="Write with (security_invoker = true).",
)
CHANNELS = replace(LEAK, code="ISO000", severity=Severity.INFO, object="database", cause="declared channels")
REPORT = ValidationReport(Verdict.FAIL, TARGET, (LEAK, CHANNELS), (), checks=57, probes=43, duration_s=1)


def test_leak_is_told_with_evidence_fix_and_ways_to_go_on() -> None:
    assert (
        as_assertion(REPORT)
        == """\
tenants are not isolated in database test_1: 1 error

cause: a view reads with its owner's rights
error   ISO003 public.totals  web, working for one tenant, reads rows of another
    shown by:
        begin;
        select 1;
        rollback;
    fix:
        Write with (security_invoker = true).
    key: ISO003:public.totals:web

What was checked:
  attacked as web
  the tenant comes from setting app.shop_id
  the tenant is in column shop_id
  57 checks and 43 probes on PostgreSQL 17.10

Ways to go on:
  - mend what "fix" says; "ttdb explain CODE" says more
  - accept a finding with its reason: assert_isolated(ignore={"KEY": "why it is harmless"})
  - correct what was assumed: assert_isolated(app_roles=[...], tenant_setting=..., tenant_column=...)"""
    )


def test_what_is_unproven_is_told_once_for_each_reason_and_cut_to_a_screen() -> None:
    unproven = tuple(Unproven(f"public.t{number}", "rows of two tenants are needed") for number in range(25))
    text = as_assertion(replace(REPORT, verdict=Verdict.INCOMPLETE, findings=(CHANNELS,), unproven=unproven))

    assert text.startswith("isolation: incomplete in database test_1: 25 unproven\n")
    assert text.count("rows of two tenants are needed\n") == 1
    assert "public.t18, public.t19 and 5 more\n" in text
    assert "put rows of two tenants into each table" in text
    assert "ISO000" not in text


def test_many_causes_are_cut_to_a_screen() -> None:
    findings = tuple(replace(LEAK, cause=f"cause {number}") for number in range(30))

    assert "\nand 10 more causes\n" in as_assertion(replace(REPORT, findings=findings))
