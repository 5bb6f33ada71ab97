"""Attack a test's own database, and narrow what was found to what the test asked about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ttdb.config import Ignore, Settings
from ttdb.errors import UsageError
from ttdb.model.validation import Severity, ValidationReport
from ttdb.postgres.connect import connect
from ttdb.postgres.url import Url
from ttdb.validate import Request, judge, validate
from ttdb.workflows.service_database import APPLICATION, relation_names


@dataclass(frozen=True, slots=True)
class Question:
    """What a test asks of its database; whatever is empty is detected, or all."""

    app_roles: tuple[str, ...] = ()
    masked_roles: tuple[str, ...] = ()
    cross_tenant_roles: tuple[str, ...] = ()
    tenant_setting: str | None = None
    tenant_column: str | None = None
    trails: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    ignore: Mapping[str, str] = field(default_factory=dict)
    fail_on: str = Severity.ERROR.value


def attacked(url: Url, settings: Settings, question: Question) -> ValidationReport:
    """Attack a database that may be harmed; the verdict is about the tables asked for.

    Raises:
        UsageError: a role, a table, a setting or a family was named that does not exist, or an ignore lacks its reason.

    """
    with connect(url, application=APPLICATION) as connection:
        tables = relation_names(connection, question.tables)
    request = Request.of(_with(settings, question), question.only, _severity(question.fail_on))
    hints = replace(request.hints, strangers=(str(url.part("user")),))
    report = validate(url, replace(request, hints=hints, disposable=True), kind="throwaway")
    return _within(report, tables, question) if tables else _strict(report, question)


def _severity(name: str) -> Severity:
    if name in ("error", "warning"):
        return Severity(name)
    raise UsageError(f'unknown severity "{name}"', 'Write fail_on="error" or fail_on="warning".')


def _with(settings: Settings, question: Question) -> Settings:
    given = {
        name: getattr(question, name)
        for name in ("app_roles", "masked_roles", "cross_tenant_roles", "tenant_setting", "tenant_column", "trails")
        if getattr(question, name)
    }
    own = tuple(_ignore(key, reason) for key, reason in question.ignore.items())
    return replace(settings, **given, ignore=(*settings.ignore, *own))


def _ignore(key: str, reason: str) -> Ignore:
    if not reason.strip():
        raise UsageError(f"the ignore of {key} lacks its reason", f'Write ignore={{"{key}": "why it is harmless"}}.')
    return Ignore(key, reason)


def _within(report: ValidationReport, tables: Sequence[str], question: Question) -> ValidationReport:
    """Keep what concerns the tables, and what concerns the whole: a role out of reach, an attack that failed."""
    findings = tuple(each for each in report.findings if _of(each.object, tables) or each.object in question.ignore)
    unproven = tuple(each for each in report.unproven if "." not in each.object or _of(each.object, tables))
    return _strict(replace(report, findings=findings, unproven=unproven), question)


def _of(name: str, tables: Sequence[str]) -> bool:
    """Tell whether an object is one of the tables or a part of one, as a column is."""
    return any(name == table or name.startswith((f"{table}.", f"{table}(", f"{table} ")) for table in tables)


def _strict(report: ValidationReport, question: Question) -> ValidationReport:
    """Let an ignore of the test's own that matches nothing fail it: nobody reads a passed test's warnings."""
    findings = tuple(
        replace(each, severity=Severity.ERROR, fix="Remove it from ignore=.")
        if each.code == "MIG000" and each.object in question.ignore
        else each
        for each in report.findings
    )
    verdict = judge.verdict(findings, report.unproven, Severity(question.fail_on))
    return replace(report, findings=findings, verdict=verdict)
