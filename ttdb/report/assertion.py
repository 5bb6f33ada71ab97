"""A validation's report as the message of a failed assertion: what failed, what was checked, ways to go on."""

from collections.abc import Sequence
from itertools import groupby

from ttdb.model.validation import Finding, Severity, Unproven, ValidationReport
from ttdb.report.validation.group import counts_of

_INDENT = "    "
_SHOWN = 20  # causes, and objects for one reason: a screen, not a scroll


def as_assertion(report: ValidationReport) -> str:
    """Return a report whose verdict is not pass for the person whose test failed."""
    telling = [finding for finding in report.findings if finding.severity is not Severity.INFO]
    groups = [list(group) for _, group in groupby(telling, lambda finding: finding.cause)]
    lines = [_headline(report), ""]
    for group in groups[:_SHOWN]:
        lines += [*_group(group), ""]
    if len(groups) > _SHOWN:
        lines += [f"and {len(groups) - _SHOWN} more causes", ""]
    lines += _unproven(report.unproven)
    return "\n".join([*lines, "What was checked:", *_checked(report), "", "Ways to go on:", *_ways(report)])


def _headline(report: ValidationReport) -> str:
    counts = counts_of(report)
    figures = ", ".join(
        f"{counts[kind]} {kind}{'' if counts[kind] == 1 or kind == 'unproven' else 's'}"
        for kind in ("error", "warning", "unproven")
        if counts[kind]
    )
    what = "tenants are not isolated" if counts["error"] else f"isolation: {report.verdict}"
    return f"{what} in database {report.target.database}: {figures}"


def _group(findings: Sequence[Finding]) -> list[str]:
    lines = [f"cause: {findings[0].cause}"]
    for number, finding in enumerate(findings):
        lines.append(f"{finding.severity:<7} {finding.code} {finding.object}  {finding.detail}")
        if number == 0:
            lines += _block("shown by", finding.evidence)
            lines += _block("fix", finding.fix)
        lines.append(f"{_INDENT}key: {finding.key}")
    return lines


def _block(title: str, text: str) -> list[str]:
    return [f"{_INDENT}{title}:", *(f"{_INDENT * 2}{line}" for line in text.splitlines())] if text else []


def _unproven(unproven: Sequence[Unproven]) -> list[str]:
    """Say each reason once, with the objects that it holds for."""
    objects: dict[str, list[str]] = {}
    for each in unproven:
        objects.setdefault(each.why, []).append(each.object)
    lines = []
    for why, names in objects.items():
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        lines += [f"unproven: {why}", f"{_INDENT}{', '.join(names[:_SHOWN])}{more}"]
    return [*lines, ""] if lines else []


def _checked(report: ValidationReport) -> list[str]:
    target = report.target
    said = [
        f"attacked as {', '.join(target.app_roles) or 'nobody'}",
        *(f"masked: {name}" for name in target.masked_roles),
        f"the tenant comes from setting {target.tenant_setting or '(none found)'}",
        f"the tenant is in column {target.tenant_column or '(none found)'}",
        f"{report.checks} checks and {report.probes} probes on PostgreSQL {target.server_version}",
    ]
    return [f"  {line}" for line in said]


def _ways(report: ValidationReport) -> list[str]:
    ways = []
    if any(finding.severity is not Severity.INFO for finding in report.findings):
        ways.append('mend what "fix" says; "ttdb explain CODE" says more')
        ways.append('accept a finding with its reason: assert_isolated(ignore={"KEY": "why it is harmless"})')
    if report.unproven:
        ways.append("put rows of two tenants into each table that lacks them, before assert_isolated")
        ways.append('ask about some tables alone: assert_isolated(tables=["public.orders"])')
    ways.append("correct what was assumed: assert_isolated(app_roles=[...], tenant_setting=..., tenant_column=...)")
    return [f"  - {way}" for way in ways]
