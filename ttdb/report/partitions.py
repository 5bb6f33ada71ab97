"""How the months of tables are told: as a table, as sentences, or as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from ttdb.model.migration import MissingMonth, Month, RetirableMonth
from ttdb.report.size import as_size


def list_text(months: Sequence[Month]) -> str:
    """Return months as a table, and below a DEFAULT partition what waits in it."""
    if not months:
        return "no table is kept in months"
    heading = ("table", "month", "state", "rows", "size", "partition")
    lines = [heading, *(_cells(item) for item in months)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heading))]
    return "\n".join(_line(line, widths) for line in lines)


def list_json(months: Sequence[Month]) -> str:
    """Return months as one JSON document."""
    return json.dumps(
        {"schema": "ttdb.partitions/1", "partitions": [asdict(item) for item in months]}, indent=2, default=str
    )


def ensured_text(missing: Sequence[MissingMonth], *, plan: bool) -> str:
    """Return which months were made or attached again, or would be."""
    if not missing:
        return "nothing to do: every month stands"
    back = sum(item.retired for item in missing)
    told = [
        f"{_count(number)} {'to ' + future if plan else past}"
        for number, past, future in ((len(missing) - back, "made", "make"), (back, "attached again", "attach again"))
        if number
    ]
    lines = [_of_plan(item) for item in missing] if plan else []
    tail = " Nothing was changed." if plan else ""
    return "\n".join([*lines, f"{', '.join(told)}.{tail}"])


def ensured_json(missing: Sequence[MissingMonth], *, plan: bool) -> str:
    """Return which months were made or attached again, or would be, as one JSON document."""
    found = [{"table": item.table, "month": f"{item.month:%Y-%m}", "outcome": item.outcome} for item in missing]
    return json.dumps({"schema": "ttdb.partitions/1", "plan": plan, "made": found}, indent=2)


def _of_plan(item: MissingMonth) -> str:
    return f"{item.table}  {item.month:%Y-%m}" + ("  attach again" if item.retired else "")


def retired_text(retired: Sequence[RetirableMonth], *, plan: bool) -> str:
    """Return which months were retired, or would be, and what to do with them."""
    if not retired:
        return "nothing to do: no month is past its retention"
    lines = [f"{item.leaf}  {item.month:%Y-%m}  kept for {item.retention}" for item in retired]
    if plan:
        return "\n".join([*lines, f"{_count(len(retired))} to retire. Nothing was changed."])
    return "\n".join([*lines, f"{_count(len(retired))} retired: dump them, then drop them."])


def retired_json(retired: Sequence[RetirableMonth], *, plan: bool) -> str:
    """Return which months were retired, or would be, as one JSON document."""
    return json.dumps(
        {"schema": "ttdb.partitions/1", "plan": plan, "retired": [asdict(item) for item in retired]},
        indent=2,
        default=str,
    )


def _cells(item: Month) -> tuple[str, ...]:
    rows = "?" if item.rows is None else str(item.rows)
    if item.state != "waiting":
        rows = "?" if item.rows is None else f"~{item.rows}"
    none = "never" if item.state == "waiting" else ""
    return (
        item.table,
        f"{item.month:%Y-%m}" if item.month else none,
        item.state,
        rows,
        "" if item.bytes is None else as_size(item.bytes),
        item.leaf,
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    right = ("rows", "size")
    columns = ("table", "month", "state", "rows", "size", "partition")
    parts = [
        f"{cell:>{width}}" if column in right else f"{cell:<{width}}"
        for column, cell, width in zip(columns, cells, widths, strict=True)
    ]
    return "  ".join(parts).rstrip()


def _count(number: int) -> str:
    return "1 month" if number == 1 else f"{number} months"
