"""A validation's report for a person: one screen, the fatal cause first and in full."""

from collections.abc import Iterable, Iterator

from ttdb.model.validation import Finding, Severity, Unproven, ValidationReport, Verdict
from ttdb.report.validation.group import Cause, by_cause, by_reason, count, line, lines, moved, of_pool, summary

_INDENT = "      "
_WIDTH, _CAUSES, _REASONS, _FIXED, _EVIDENCE = 118, 20, 8, 5, 12
_MORE = " and {} more: --verbose lists them"
_COLOURS = {"error": "31;1", "warning": "33", "info": "36", "fail": "31;1", "incomplete": "33;1", "pass": "32;1"}


def as_text(report: ValidationReport, *, timings: bool = False, each: bool = False, colour: bool = False) -> str:
    """Return the report for a person: grouped by cause, the fatal first, the verdict in the last line.

    Args:
        report: what was found.
        timings: also how long each part took.
        each: list every finding with its evidence, instead of one screen of causes.
        colour: paint severities and the verdict, for a terminal.

    """
    text = _Text(colour=colour)
    causes = by_cause(report.findings)
    written = [*text.all(causes)] if each else [*text.screen(causes)]
    written += [*_unproven(report.unproven, each=each), *_baseline(report, each=each), *_beside(report, each=each)]
    if timings:
        written += [f"{timing.seconds:8.2f} s  {timing.part}" for timing in report.timings]
        written.append(f"{report.duration_s:8.2f} s  all")
    heading = [text.heading(report, causes)] if causes and not each else []
    return "\n".join([*heading, *written, summary(report), f"verdict: {text.painted(report.verdict)}"])


class _Text:
    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def painted(self, word: Severity | Verdict, width: int = 0) -> str:
        """Return a word padded to a width, in its colour where colours are wanted."""
        padding = " " * (width - len(word))
        return f"\x1b[{_COLOURS[word]}m{word}\x1b[0m{padding}" if self._colour else f"{word}{padding}"

    def heading(self, report: ValidationReport, causes: tuple[Cause, ...]) -> str:
        """Return the first line: what came out, of which database, for how many reasons."""
        target = report.target
        where = f"{line(target.database)} on PostgreSQL {target.server_version}"
        return f"{self.painted(report.verdict)}: {where}, {count(len(causes), 'cause')}, the worst first"

    def screen(self, causes: tuple[Cause, ...]) -> Iterator[str]:
        """Return the first cause in full, and the others in two lines each, as far as a screen goes."""
        notes = [cause for cause in causes if cause.severity is Severity.INFO]
        told = [cause for cause in causes if cause.severity is not Severity.INFO] or notes
        for number, cause in enumerate(told[:_CAUSES]):
            yield from self._full(cause) if number == 0 else self._short(cause)
        left = told[_CAUSES:]
        if left:
            yield f"and {count(len(left), 'more cause')} with {_findings(left)}: --verbose lists them"
        if notes and told is not notes:
            codes = ", ".join(dict.fromkeys(code for cause in notes for code in cause.codes))
            yield f"and {count(sum(len(cause.findings) for cause in notes), 'note')} ({codes}): --verbose lists them"

    def all(self, causes: tuple[Cause, ...]) -> Iterator[str]:
        """Return every finding with its evidence."""
        for cause in causes:
            yield f"cause: {line(cause.text)} ({_findings([cause])})"
            for finding in cause.findings:
                yield from self._finding(finding, most=None)

    def _full(self, cause: Cause) -> Iterator[str]:
        yield f"cause: {line(cause.text)} ({_findings([cause])})"
        yield from self._finding(cause.findings[0], most=_EVIDENCE)
        others = [name for name in cause.objects if name != cause.findings[0].object]
        if others:
            yield f"{_INDENT}so are {_names(others, _WIDTH - len(_INDENT) - len('so are '))}"

    def _short(self, cause: Cause) -> Iterator[str]:
        yield f"{self.painted(cause.severity, 7)} {line(cause.text)} ({_findings([cause])})"
        codes = " ".join(cause.codes)
        yield f"{_INDENT}{codes} {_names(cause.objects, _WIDTH - len(_INDENT) - len(codes) - 1)}"

    def _finding(self, finding: Finding, *, most: int | None) -> Iterator[str]:
        name = line(finding.object)
        yield f"{self.painted(finding.severity, 7)} {finding.code} {name}  {line(finding.detail)}"
        yield f"{_INDENT}ttdb explain {finding.code}"
        shown = lines(finding.evidence).splitlines()
        yield from (f"{_INDENT}{each}" for each in shown[:most])
        if most is not None and len(shown) > most:
            yield f"{_INDENT}and {count(len(shown) - most, 'more line')}: --verbose shows them"


def _beside(report: ValidationReport, *, each: bool) -> Iterator[str]:
    """Say what was tried beside the database, and what of it does not roll back."""
    if report.pool is not None:
        which, _, came = of_pool(report.pool).partition(": ")
        yield f"pooler {line(report.pool.place)} as {line(report.pool.login)}: {line(which)}"
        yield f"{_INDENT}{line(came)}"
    if report.sequences:
        names = moved(report.sequences)
        listed = ", ".join(line(name) for name in names) if each else _names(names, _WIDTH)
        yield f"sequences that moved on, which no rollback gives back: {listed}"


def _findings(causes: Iterable[Cause]) -> str:
    return count(sum(len(cause.findings) for cause in causes), "finding")


def _names(names: Iterable[str], width: int) -> str:
    """Return as many names as fit, and how many more there are."""
    listed = [line(name) for name in names]
    shown = 1
    while shown < len(listed) and len(", ".join(listed[: shown + 1])) + len(_MORE.format(999)) <= width:
        shown += 1
    left = len(listed) - shown
    return ", ".join(listed[:shown]) + (_MORE.format(left) if left else "")


def _unproven(unproven: tuple[Unproven, ...], *, each: bool) -> Iterator[str]:
    reasons = by_reason(unproven)
    for number, (why, objects) in enumerate(reasons.items()):
        if each or len(objects) == 1:
            yield from (f"unproven {line(name)}  {line(why)}" for name in objects) if each or number < _REASONS else ()
        elif number < _REASONS:
            yield f"unproven {line(objects[0])} and {len(objects) - 1} more  {line(why)}"
    if not each and len(reasons) > _REASONS:
        yield f"unproven for {count(len(reasons) - _REASONS, 'more reason')}: --verbose lists them"


def _baseline(report: ValidationReport, *, each: bool) -> Iterator[str]:
    if report.known:
        yield f"known: {count(len(report.known), 'finding')} of the baseline still there, not counted"
        yield from (f"{_INDENT}{line(finding.key)}" for finding in report.known if each)
    if report.fixed:
        number = len(report.fixed)
        entries = "1 entry of the baseline matches" if number == 1 else f"{number} entries of the baseline match"
        yield f"fixed: {entries} nothing any more: remove {'it' if number == 1 else 'them'} from the file"
        shown = report.fixed if each else report.fixed[:_FIXED]
        yield from (f"{_INDENT}{line(entry.key)}" for entry in shown)
        if len(report.fixed) > len(shown):
            yield f"{_INDENT}and {len(report.fixed) - len(shown)} more: --verbose lists them"
