"""Reports made by hand, for tests of how they are written."""

from ttdb.model.validation import (
    Action,
    Cell,
    Finding,
    Reach,
    Rule,
    Severity,
    Unproven,
    ValidationReport,
    ValidationTarget,
    Verdict,
)
from ttdb.validate import library

RULES = tuple(
    Rule(each.code, each.name, each.severity, each.title, each.why, each.bad, each.fix) for each in library().units
)
CODES = tuple(each.code for each in RULES)
# What somebody may call a table, with the intent that a report breaks, lies or runs something.
HOSTILE = (
    "app.<script>alert(1)</script>",
    'app."><img src=x onerror=alert(1)>',
    "app.</pre></details></script><!--",
    "app.{{ 7 * 7 }}{% raw %}",
    "app.a|b|c",
    "app.two\nlines\r\n| x | y |",
    "app.`tick``s```",
    "app.[link](https://example.com) @everyone #1",
    "app.\x1b[2J\x1b]0;title\x07",
    "app.\u202etxt.exe\u2066\u200b",
    "app.]]>&amp;&lt;",
    "app.\x01\x0b\ufffe",
    "app.../../../etc/passwd",
    "app...",
    "app.'; drop table x; --\n\\! echo run",
    "app.*/ select 1; /*",
    "app.größe 名前",
    "app." + "x" * 63,
)


def finding(  # noqa: PLR0913 - the fields of a finding
    code: str = "ISO003",
    name: str = "app.orders",
    severity: Severity = Severity.ERROR,
    *,
    role: str | None = "web",
    cause: str = "row level security is off",
    evidence: str = "select 1;",
    fix: str = "alter table",
) -> Finding:
    """Return a finding, in an object and of a severity."""
    rule = next(each for each in RULES if each.code == code)
    return Finding(
        code, rule.name, severity, name, f"{role} reads rows of another in {name}", role, cause, evidence, fix
    )


def report(  # noqa: PLR0913 - the fields of a report
    *findings: Finding,
    unproven: tuple[Unproven, ...] = (),
    cells: tuple[Cell, ...] = (),
    known: tuple[Finding, ...] = (),
    verdict: Verdict = Verdict.FAIL,
    fail_on: Severity = Severity.ERROR,
    ran: tuple[str, ...] = CODES,
) -> ValidationReport:
    """Return a report of these findings, in the order given."""
    target = ValidationTarget("live", "15.20", "shop", ("web",), (), (), "app.org", "org_id", None)
    return ValidationReport(
        verdict, target, findings, unproven, 57, 1840, 3.21, fail_on=fail_on, ran=ran, cells=cells, known=known
    )


def hostile() -> ValidationReport:
    """Return a report in which every text that comes from a database is hostile."""
    return report(
        *(
            finding("ISO003", name, role=name, cause=f"cause {name}", evidence=f"select {name};\n-- {name}", fix=name)
            for name in HOSTILE
        ),
        unproven=tuple(Unproven(name, f"why {name}") for name in HOSTILE),
        cells=tuple(Cell(name, name, Action.READ, Reach.UNPROVEN, f"cell {name}") for name in HOSTILE),
        known=tuple(finding("RLS001", name, role=None) for name in HOSTILE),
    )


def wide(causes: int, objects: int) -> ValidationReport:
    """Return a report of many findings, of so many causes with so many objects each."""
    return report(
        *(
            finding("ISO003", f"app.table_{number:03}", cause=f"reason {cause:02}", evidence="select 1;\n" * 40)
            for cause in range(causes)
            for number in range(cause * objects, (cause + 1) * objects)
        )
    )
