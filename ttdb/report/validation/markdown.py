"""A validation's report as a comment on a pull request: short, folded, and within what GitHub takes."""

import re
from collections.abc import Iterable, Iterator

from ttdb.model.validation import Finding, Severity, Unproven, ValidationReport, Verdict
from ttdb.report.validation.group import Cause, by_cause, by_reason, count, line, lines, moved, of_pool, summary

LIMIT = 65_536  # characters of a comment
_KEPT = 1_000  # of them, for what is said last
_OBJECTS, _EVIDENCE, _REASONS, _FIXED = 30, 40, 10, 20
_VERDICTS = {
    Verdict.PASS: "no tenant reaches another",
    Verdict.FAIL: "tenants are not isolated",
    Verdict.INCOMPLETE: "not everything could be proven",
}
_TICKS = re.compile(r"`+")


def as_markdown(report: ValidationReport) -> str:
    """Return the report as Markdown of GitHub's kind, never longer than a comment may be."""
    causes = by_cause(report.findings)
    parts = [
        f"## ttdb validate: {report.verdict}",
        f"**{_VERDICTS[report.verdict].capitalize()}.** {summary(report)}",
        *_baseline(report),
        *_unproven(report.unproven),
        *_beside(report),
    ]
    told = [cause for cause in causes if cause.severity is not Severity.INFO]
    if told:
        parts.append(_table(told[:20], left=len(told) - 20))
    room = LIMIT - _KEPT - sum(len(part) + 2 for part in parts)
    for number, cause in enumerate(causes):
        detail = _folded(cause)
        if len(detail) + 2 > room:
            parts.append(f"{count(len(causes) - number, 'more cause')} did not fit here: see the whole report.")
            break
        room -= len(detail) + 2
        parts.append(detail)
    return "\n\n".join(parts)


def _baseline(report: ValidationReport) -> Iterator[str]:
    if report.known:
        yield f"{count(len(report.known), 'known finding')} of the baseline still there, not counted."
    if report.fixed:
        shown = ", ".join(code(entry.key) for entry in report.fixed[:_FIXED])
        more = f" and {len(report.fixed) - _FIXED} more" if len(report.fixed) > _FIXED else ""
        yield f"Fixed, remove from the baseline: {shown}{more}."


def _unproven(unproven: Iterable[Unproven]) -> Iterator[str]:
    reasons = by_reason(unproven)
    if reasons:
        rows = [f"- {_some(objects)}: {escaped(_cut(why))}" for why, objects in list(reasons.items())[:_REASONS]]
        if len(reasons) > _REASONS:
            rows.append(f"- and {count(len(reasons) - _REASONS, 'more reason')}")
        yield "Unproven:\n\n" + "\n".join(rows)


def _beside(report: ValidationReport) -> Iterator[str]:
    if report.pool is not None:
        yield f"Pooler {code(report.pool.place)}: {escaped(of_pool(report.pool))}."
    if report.sequences:
        yield f"Sequences that moved on, which no rollback gives back: {_some(moved(report.sequences))}."


def _table(causes: list[Cause], *, left: int) -> str:
    rows = [
        f"| {cause.severity} | {', '.join(cause.codes)} | {escaped(_cut(cause.text))} | {len(cause.findings)} |"
        for cause in causes
    ]
    more = [f"\nand {count(left, 'more cause')}."] if left > 0 else []
    return "\n".join(["| severity | codes | cause | findings |", "| --- | --- | --- | ---: |", *rows, *more])


def _folded(cause: Cause) -> str:
    """Return a cause with its objects and the evidence of its first finding, folded."""
    first = cause.findings[0]
    heading = f"<summary>{cause.severity}: {escaped(_cut(cause.text))} ({len(cause.findings)})</summary>"
    parts = ["<details>" + heading, escaped(_cut(first.detail)), f"Objects: {_some(cause.objects, _OBJECTS)}."]
    parts += [*_fenced("Shown by", first.evidence), *_mend(first), "</details>"]
    return "\n\n".join(parts)


def _mend(finding: Finding) -> Iterator[str]:
    if finding.fix:
        yield f"Mend: {code(_cut(finding.fix))}"
    yield f"More: `ttdb explain {finding.code}`"


def _fenced(title: str, text: str) -> Iterator[str]:
    if text:
        shown = lines(text).splitlines()
        left = [f"-- and {count(len(shown) - _EVIDENCE, 'more line')}"] if len(shown) > _EVIDENCE else []
        body = "\n".join([*(_cut(each, 400) for each in shown[:_EVIDENCE]), *left])
        fence = "`" * max(3, _longest_ticks(body) + 1)
        yield f"{title}:\n\n{fence}sql\n{body}\n{fence}"


def _some(names: tuple[str, ...], most: int = 3) -> str:
    left = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(code(_cut(name)) for name in names[:most]) + left


def code(text: str) -> str:
    """Return text as a code span that no character in it can leave; not for tables, whose pipes cut through spans."""
    shown = line(text)
    ticks = "`" * (_longest_ticks(shown) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{space}{shown}{space}{ticks}"


def escaped(text: str) -> str:
    """Return text in which nothing is markup, a link or the mention of a person."""
    entities = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "|": "&#124;", "#": "&#35;", ":": "&#58;"}
    shown = "".join(entities.get(each, each) for each in line(text))
    return re.sub(r"([\\`*_{}\[\]()~!])", r"\\\1", shown)


def _cut(text: str, most: int = 200) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _longest_ticks(text: str) -> int:
    return max((len(found) for found in _TICKS.findall(text)), default=0)
