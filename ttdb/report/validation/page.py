"""A validation's report as one self-contained page: nothing is fetched, and all of it is there without script."""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import ttdb
from ttdb.model.validation import Action, Cell, Finding, Reach, Rule, ValidationReport, Verdict
from ttdb.report.validation.group import (
    Cause,
    by_cause,
    by_code,
    by_reason,
    count,
    counts_of,
    line,
    lines,
    moved,
    of_pool,
    reached,
)

_FOLDER = Path(__file__).parent
_VERDICTS = {
    Verdict.PASS: "No tenant reaches another",
    Verdict.FAIL: "Tenants are not isolated",
    Verdict.INCOMPLETE: "Not everything could be proven",
}
_REACHES = {
    Reach.LEAKS: "another tenant's rows were read or changed",
    Reach.UNPROVEN: "allowed, and it could not be tried",
    Reach.OWN: "the tenant's own rows only",
    Reach.SHARED: "the object holds no tenant's rows",
    Reach.DENIED: "not allowed",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the matrix: what a role reaches of an object, by action."""

    role: str
    object: str
    cells: dict[Action, Cell]

    @property
    def reaches(self) -> str:
        """Return what occurs in the line, for the filter."""
        return " ".join(sorted({str(cell.reach) for cell in self.cells.values()}))


def as_html(report: ValidationReport, rules: Iterable[Rule]) -> str:
    """Return the page; names and evidence are escaped, and a policy in it forbids all but its own script and style."""
    causes = by_cause(report.findings)
    numbers = {each.key: number for number, each in enumerate(report.findings, start=1)}
    script, style = _read("page.js"), _read("page.css")
    return (
        _environment()
        .get_template("page.html")
        .render(
            report=report,
            version=ttdb.__version__,
            verdict=_VERDICTS[report.verdict],
            counts=counts_of(report),
            reached=reached(report),
            causes=causes,
            numbers=numbers,
            places=_places(report.findings, numbers),
            rules=by_code(rules),
            rows=_rows(report.cells),
            pool=None if report.pool is None else f"{report.pool.place} as {report.pool.login}: {of_pool(report.pool)}",
            moved=moved(report.sequences),
            absent=_absent(report),
            actions=[each for each in Action if any(cell.action is each for cell in report.cells)],
            reaches=_REACHES,
            reasons=by_reason(report.unproven),
            cell_reasons=_cell_reasons(report.cells),
            codes=sorted({each.code for each in report.findings}),
            roles=_roles(report, causes),
            script=script,
            style=style,
            policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none';"
            " form-action 'none'",
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"line": line, "lines": lines, "count": count}
    return environment


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return the source by which a content security policy knows an inline script or style."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _places(findings: Iterable[Finding], numbers: dict[str, int]) -> dict[tuple[str, str], int]:
    """Return the number of the finding by code and object: what a leaking cell leads to."""
    return {(each.code, each.object): numbers[each.key] for each in findings}


def _rows(cells: Iterable[Cell]) -> list[_Row]:
    rows: dict[tuple[str, str], dict[Action, Cell]] = {}
    for cell in cells:
        rows.setdefault((cell.object, cell.role), {})[cell.action] = cell
    return [_Row(role, name, rows[name, role]) for name, role in sorted(rows)]


def _absent(report: ValidationReport) -> list[str]:
    """Return the roles that the matrix could be thought to be about and is not."""
    tried = {cell.role for cell in report.cells}
    return [role for role in (*report.target.app_roles, *report.target.masked_roles) if role not in tried]


def _cell_reasons(cells: Iterable[Cell]) -> dict[str, list[str]]:
    """Return what the matrix has unproven, by why."""
    found: dict[str, list[str]] = {}
    for cell in cells:
        if cell.reach is Reach.UNPROVEN:
            found.setdefault(cell.why, []).append(f"{cell.role}: {cell.action} {cell.object}")
    return found


def _roles(report: ValidationReport, causes: Iterable[Cause]) -> list[str]:
    return sorted({role for cause in causes for role in cause.roles} | {cell.role for cell in report.cells})
