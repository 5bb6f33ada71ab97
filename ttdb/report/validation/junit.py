"""A validation's report as JUnit XML, for the test pages of CI servers.

A check or an attack is a class, an object in which it found something a test case. What is bad enough to fail the
validation is a failure; what is not, a passing case that says what was found; what could not be proven an error, since
an error in JUnit is a test that could not be carried out, and the validation exits with 2; what the baseline has, and
checks that had nothing to read here, are skipped. A check that found nothing is one passing case.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ttdb.model.validation import Finding, Rule, Unproven, ValidationReport
from ttdb.report.validation.group import by_code, fails, line, lines

_UNPROVEN = "unproven"
_WHOLE = ("check ", "attack ")  # what failed as a whole is unproven by this name
_OUTCOMES = ("failure", "error", "skipped")


@dataclass(frozen=True, slots=True)
class _Case:
    """One test case; without an outcome it passes."""

    suite: str
    name: str
    outcome: str = ""
    kind: str = ""
    message: str = ""
    body: str = ""


def as_junit(report: ValidationReport, rules: Iterable[Rule]) -> str:
    """Return the report as XML, one suite for each check and attack."""
    suites: dict[str, list[_Case]] = {}
    for case in _cases(report, tuple(rules)):
        suites.setdefault(case.suite, []).append(case)
    root = Element("testsuites", name="ttdb validate", time=f"{report.duration_s:.3f}")
    _count(root, [case for cases in suites.values() for case in cases])
    for name in sorted(suites):
        suite = SubElement(root, "testsuite", name=name, time="0.000")
        _count(suite, suites[name])
        for case in suites[name]:
            _write(suite, case)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")


def _count(element: Element, cases: list[_Case]) -> None:
    element.set("tests", str(len(cases)))
    for outcome, attribute in zip(_OUTCOMES, ("failures", "errors", "skipped"), strict=True):
        element.set(attribute, str(sum(case.outcome == outcome for case in cases)))


def _write(suite: Element, case: _Case) -> None:
    element = SubElement(suite, "testcase", classname=suite.get("name", ""), name=case.name, time="0.000")
    if case.outcome == "skipped":
        SubElement(element, "skipped", message=case.message)
    elif case.outcome:
        SubElement(element, case.outcome, type=case.kind, message=case.message).text = case.body
    elif case.body:
        SubElement(element, "system-out").text = case.body


def _cases(report: ValidationReport, rules: tuple[Rule, ...]) -> Iterator[_Case]:
    named = by_code(rules)
    told = {each.code for each in (*report.findings, *report.known)}
    for finding in report.findings:
        yield _found(finding, failing=fails(report, finding))
    for finding in report.known:
        yield _Case(_suite(finding.code, finding.name), _name(finding), "skipped", message="known: in the baseline")
    whole = set[str]()
    for unproven in report.unproven:
        code = next((unproven.object.removeprefix(mark) for mark in _WHOLE if unproven.object.startswith(mark)), "")
        whole.add(code)
        yield _unproven(unproven, named.get(code))
    for rule in rules:
        if rule.code in told or rule.code in whole:
            continue
        if rule.code in report.ran:
            yield _Case(_suite(rule.code, rule.name), "nothing found")
        else:
            message = "there is nothing in this database for it to check"
            yield _Case(_suite(rule.code, rule.name), "not run", "skipped", message=message)


def _found(finding: Finding, *, failing: bool) -> _Case:
    suite, name = _suite(finding.code, finding.name), _name(finding)
    parts = [
        f"{finding.severity} {finding.code} {line(finding.object)}: {line(finding.detail)}",
        f"cause: {line(finding.cause)}",
        lines(finding.evidence),
        f"fix: {lines(finding.fix)}" if finding.fix else "",
        f"ttdb explain {finding.code}",
    ]
    body = "\n\n".join(part for part in parts if part)
    if not failing:
        return _Case(suite, name, body=body)
    return _Case(suite, name, "failure", str(finding.severity), line(finding.detail), body)


def _unproven(unproven: Unproven, rule: Rule | None) -> _Case:
    suite = _suite(rule.code, rule.name) if rule else _UNPROVEN
    return _Case(suite, line(unproven.object), "error", _UNPROVEN, line(unproven.why), line(unproven.why))


def _suite(code: str, name: str) -> str:
    return f"{code} {name}"


def _name(finding: Finding) -> str:
    return line(f"{finding.object} as {finding.role}" if finding.role else finding.object)
