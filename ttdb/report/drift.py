"""How drift is told: a finding in two lines, what nobody manages apart, the mending SQL as a script."""

import json
from collections.abc import Iterable
from dataclasses import asdict

from ttdb.model.migration import Drift, DriftReport

_SHOWN = 160
_PATIENCE = "set lock_timeout = '1s';"
_BEGIN = f"""\
set search_path = '';
-- Who may not see every row has a foreign key refused, instead of validated without a look at those that are hidden.
set row_security = off;
-- What is refused a lock is run again: whoever comes meanwhile waits no longer than this.
{_PATIENCE}"""


def text(report: DriftReport) -> str:
    """Return a report for a person."""
    lines = [line for item in report.drifted for line in _lines(item)]
    if report.unknown:
        lines.append("not managed by ttdb:")
        lines += [f"  {item.kind} {item.identity}" for item in report.unknown]
    count = len(report.drifted)
    found = f"{count} {'difference' if count == 1 else 'differences'}"
    return "\n".join([*lines, f"Found {found} in {report.facts} facts; revision {', '.join(report.heads)}."])


def as_json(report: DriftReport) -> str:
    """Return a report as one JSON document."""
    return json.dumps({"schema": "ttdb.drift/1", **asdict(report)}, indent=2)


def as_sql(report: DriftReport) -> str:
    """Return the statements that mend what drifted, each below a comment that says what it is for."""
    parts = [f"{_remark(f'{item.state}: {item.kind} {item.identity}')}\n{_statements(item)}" for item in report.drifted]
    return "\n\n".join((_BEGIN, *parts))


def _remark(text: str) -> str:
    """Return a comment of as many lines as a text has: a name may hold some, and its maker is not to write SQL here."""
    return "\n".join(f"-- {line}" for line in text.splitlines())


def _statements(item: Drift) -> str:
    if " concurrently " in item.mend:  # it waits for what runs, and nobody for it
        return f"set lock_timeout = 0;\n{item.mend}\n{_PATIENCE}"
    return item.mend or _by_hand(item)


def _by_hand(item: Drift) -> str:
    if item.expected is None:
        return "-- by hand"
    return "\n".join(["-- by hand; expected:", *(f"--     {line}" for line in item.expected.splitlines())])


def _lines(item: Drift) -> Iterable[str]:
    yield f"{item.state:<8} {item.kind} {item.identity}"
    for word, definition in (("expected", item.expected), ("found", item.found)):
        if definition is not None and item.state == "changed":
            yield f"         {word:<8} {_short(definition)}"
    if item.mend:
        yield f"         mend     {_short(item.mend)}"


def _short(words: str) -> str:
    flat = " ".join(words.split())
    return flat if len(flat) <= _SHOWN else flat[: _SHOWN - 3] + "..."
