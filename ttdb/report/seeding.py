"""How a seed speaks: rows by table and what to type next, as text or as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from ttdb.model import SeedReport, Target


def as_json(target: Target, report: SeedReport) -> str:
    """Return the report as one object."""
    return json.dumps({"schema": "ttdb.seed/1", "target": asdict(target), **asdict(report)}, indent=2)


def as_text(report: SeedReport) -> str:
    """Return the report for a person."""
    lines = [*_table("removed", report.removed)] if any(report.removed.values()) else []
    lines += _table("rows", report.rows)
    done = f'{sum(report.rows.values())} rows of scenario "{report.scenario}", seed {report.seed}'
    lines.append(f"Wrote {done}, in {report.seconds:.2f} s.")
    if report.examples:
        lines += ["", "A row each that belong together:"]
        lines += [f"  {table}  {key}" for table, key in _padded(report.examples).items()]
        lines += ["", "To act as that tenant:", *(f"  {line}" for line in report.act_as)]
    return "\n".join(lines)


def _table(title: str, counts: Mapping[str, int]) -> list[str]:
    width = max([len(title), *(len(str(count)) for count in counts.values())])
    return [f"{title:>{width}}  table", *(f"{count:>{width}}  {table}" for table, count in counts.items())]


def _padded(values: Mapping[str, str]) -> dict[str, str]:
    width = max(map(len, values))
    return {f"{key:<{width}}": value for key, value in values.items()}
