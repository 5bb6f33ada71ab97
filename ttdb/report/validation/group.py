"""What all formats share: findings by cause, counts, words, and text that is safe to show."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from ttdb.model.validation import Finding, MovedSequence, Pool, Reach, Rule, Severity, Unproven, ValidationReport

ORDER = tuple(Severity)
# Control, direction and other characters that change what is seen, and those that XML forbids.
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


@dataclass(frozen=True, slots=True)
class Cause:
    """Findings with one cause, in the report's order."""

    text: str
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> Severity:
        """Return the worst."""
        return min((each.severity for each in self.findings), key=ORDER.index)

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes, each once."""
        return tuple(dict.fromkeys(each.code for each in self.findings))

    @property
    def objects(self) -> tuple[str, ...]:
        """Return the objects, each once."""
        return tuple(dict.fromkeys(each.object for each in self.findings))

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the roles, each once."""
        return tuple(dict.fromkeys(each.role for each in self.findings if each.role))


def by_cause(findings: Iterable[Finding]) -> tuple[Cause, ...]:
    """Return the causes, the fatal first, as the report has its findings."""
    return tuple(Cause(text, tuple(each)) for text, each in groupby(findings, lambda finding: finding.cause))


def by_reason(unproven: Iterable[Unproven]) -> dict[str, tuple[str, ...]]:
    """Return what was not proven, by why."""
    found: dict[str, list[str]] = {}
    for each in unproven:
        found.setdefault(each.why, []).append(each.object)
    return {why: tuple(objects) for why, objects in found.items()}


def by_code(rules: Iterable[Rule]) -> Mapping[str, Rule]:
    """Return the rules by their codes."""
    return {rule.code: rule for rule in rules}


def counts_of(report: ValidationReport) -> dict[str, int]:
    """Return the figures of the report, by what they count."""
    severities = {str(severity): sum(each.severity is severity for each in report.findings) for severity in Severity}
    return {
        **severities,
        "checks": report.checks,
        "probes": report.probes,
        "unproven": len(report.unproven),
    }


def reached(report: ValidationReport) -> dict[str, int]:
    """Return how many cells came out how."""
    return {str(reach): sum(cell.reach is reach for cell in report.cells) for reach in Reach}


def fails(report: ValidationReport, finding: Finding) -> bool:
    """Tell whether a finding is bad enough to fail the validation."""
    return ORDER.index(finding.severity) <= ORDER.index(report.fail_on)


def count(number: int, noun: str) -> str:
    """Return a number with its noun, as in "1 error" and "2 errors"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def summary(report: ValidationReport) -> str:
    """Return the sentence that counts what was found."""
    counts = counts_of(report)
    found = f"Found {count(counts['error'], 'error')} and {count(counts['warning'], 'warning')}"
    tried = f"in {count(report.checks, 'check')} and {count(report.probes, 'probe')}"
    left = f"; {counts['unproven']} unproven" if counts["unproven"] else ""
    return f"{found} {tried}{left}."


def of_pool(pool: Pool) -> str:
    """Return what was tried of a pooler as a sentence without its full stop."""
    mode = f"in {pool.mode} mode" if pool.mode else "in a mode that could not be told"
    handed = {True: "reaches the next client", False: "does not reach the next client", None: "could not be followed"}
    prepared = {True: "work", False: "fail", None: "could not be told"}
    return (
        f"{pool.product} {mode}: what a client sets for its session {handed[pool.hands_on]};"
        f" named prepared statements {prepared[pool.prepares]}; the tenant is set for the {pool.scope}"
    )


def moved(sequences: Iterable[MovedSequence]) -> tuple[str, ...]:
    """Return the sequences with the values between which they moved."""
    return tuple(
        f"{each.name} {'unused' if each.before is None else each.before} to {each.after}" for each in sequences
    )


def visible(text: str, *, keep: str = "") -> str:
    r"""Return text without characters that act instead of being seen: those are written as \x1b, \u202e and so on.

    Names of objects are whatever somebody typed: on a terminal they could move the cursor, in a page turn text around.
    """
    return "".join(
        character if character in keep or unicodedata.category(character) not in _HIDDEN else _written(character)
        for character in text
    )


def _written(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def line(text: str) -> str:
    """Return text as one visible line."""
    return visible(" ".join(text.splitlines()))


def lines(text: str) -> str:
    """Return text of several lines, each of them visible."""
    return visible(text, keep="\n\t")
