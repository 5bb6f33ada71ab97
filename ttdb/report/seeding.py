"""How a seed speaks: rows by table and what to type next, as text or as JSON."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from ttdb.model.counted import counted
from ttdb.model.database import Target
from ttdb.model.seeding import SeedProgress, SeedReport
from ttdb.seed import GENERIC

_AROUND = ("begin;", "rollback;")


def as_json(target: Target, report: SeedReport) -> str:
    """Return the report as one object."""
    return json.dumps({"schema": "ttdb.seed/1", "target": asdict(target), **asdict(report)}, indent=2)


def repaired(target: Target, count: int, *, as_json: bool) -> str:
    """Return what a repair did."""
    if as_json:
        return json.dumps({"schema": "ttdb.seed/1", "target": asdict(target), "repaired": count}, indent=2)
    return f"Put back {count} things that a killed load had set aside." if count else "There was nothing to repair."


def as_text(report: SeedReport, url: str | None = None) -> str:
    """Return the report for a person; with a URL, which shows no password, how to connect in Python too."""
    lines = [*_table("removed", report.removed)] if any(report.removed.values()) else []
    lines += _table("rows", report.rows)
    done = f'{counted(sum(report.rows.values()), "row")} of scenario "{report.scenario}", seed {report.seed}'
    lines.append(f"Wrote {done}, in {report.seconds:.2f} s{_rate(report)}.")
    if report.dumped:
        lines += ["", "No row is in the database. To load them into one that has the tables:"]
        lines += [f"  cd {shlex.quote(report.dumped)} && psql -X -f load.sql postgresql://USER@HOST:PORT/DATABASE"]
    lines += [*_tenants(report), *_exceptions(report)]
    if report.act_as:
        lines += ["", "A row each that belong together:"]
        lines += [f"  {table}  {key}" for table, key in _padded(report.examples).items()]
        lines += ["", "To act as that tenant:", *(f"  {line}" for line in report.act_as)]
        lines += ["", *in_python(url, report.act_as)] if url else []
    return "\n".join(lines)


def in_python(url: str, act_as: Sequence[str]) -> list[str]:
    """Return the Python lines that do what these lines of SQL do."""
    statements = [line.rstrip(";") for line in act_as if line not in _AROUND]
    return [
        "In Python:",
        "  import psycopg",
        f'  with psycopg.connect("{url}") as connection:',
        *(f'      connection.execute("{line}")' for line in statements[:-1]),
        f'      print(connection.execute("{statements[-1]}").fetchall())',
    ]


def _rate(report: SeedReport) -> str:
    """Return how fast that was, where it took long enough to tell."""
    rows = sum(report.rows.values())
    return f", {rows / report.seconds:.0f} a second" if report.seconds > 1 and rows else ""


def _tenants(report: SeedReport) -> list[str]:
    """Return what a generic seed took for the tenant, since that follows from names."""
    if report.scenario != GENERIC:
        return []
    if report.tenant_column is None:
        return ["", "No column is taken for the tenant. --tenant-column names one."]
    whose = f", and {report.tenants_table} for the tenants, as many as --tenants says" if report.tenants_table else ""
    return ["", f"Taken for the tenant: column {report.tenant_column}{whose}. --tenant-column names another, or none."]


def _exceptions(report: SeedReport) -> list[str]:
    """Return which tables have fewer rows than asked for, and why."""
    empty = {name: why for name, why in report.exceptions.items() if name in report.left_empty}
    fewer = {name: why for name, why in report.exceptions.items() if name not in empty}
    lines = []
    for title, found in (
        ("Left empty, because of", empty),
        ("With fewer rows than asked for, because of", fewer),
        ("Left alone, being", report.left_alone),
    ):
        if found:
            lines += ["", f"{title}:", *(f"  {name}  {' '.join(why.split())}" for name, why in _padded(found).items())]
    return lines


def as_progress(progress: SeedProgress, seconds: float) -> str:
    """Return one line for a person who waits."""
    rate = progress.rows / seconds if seconds else 0
    line = f"{progress.doing}: {progress.rows} of about {progress.expected}, {rate:.0f} a second"
    left = progress.expected - progress.rows
    return f"{line}, {left / rate:.0f} s left" if rate and left > 0 else line


def _table(title: str, counts: Mapping[str, int]) -> list[str]:
    width = max([len(title), *(len(str(count)) for count in counts.values())])
    return [f"{title:>{width}}  table", *(f"{count:>{width}}  {table}" for table, count in counts.items())]


def _padded(values: Mapping[str, str]) -> dict[str, str]:
    width = max(map(len, values))
    return {f"{key:<{width}}": value for key, value in values.items()}
