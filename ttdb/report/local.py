"""How local servers are told: where one runs and what to type next, a list, snapshots."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ttdb.model.counted import counted
from ttdb.model.local import LocalServer, LocalSnapshot, LocalStart
from ttdb.report.seeding import in_python
from ttdb.report.size import as_size

_DEFAULT = "default"


def started_text(started: LocalStart) -> str:
    """Return where a server runs, what is in it, and what an engineer wants next."""
    own = "" if started.name == _DEFAULT else f" {started.name}"
    lines = [f'Server "{started.name}" runs: PostgreSQL {started.version} on {started.place}.']
    seeded = started.seeded
    if seeded:
        lines += [f'It holds scenario "{seeded["scenario"]}", seed {seeded["seed"]}: {_rows(seeded)}.']
        if beside := seeded.get("beside"):
            lines += [f"Rows of {_and(beside)} stand beside them."]
        if not any(seeded["rows"].values()):
            lines += ["Fill it: ttdb seed"]
    lines += _examples(seeded)
    return "\n".join([*lines, *next_lines(started.url, seeded, own), "", f"Stop it with: ttdb local stop{own}"])


def started_json(started: LocalStart) -> str:
    """Return the same as one object."""
    return json.dumps({"schema": "ttdb.local/1", **asdict(started)}, indent=2)


def next_lines(url: str, seeded: Mapping[str, Any], own: str = "") -> list[str]:
    """Return the lines with which to connect as the example's tenant; the URL shows no password."""
    if not seeded.get("examples"):
        return ["", "In SQL:", f"  ttdb local shell{own}"]
    tenant = next(iter(seeded["examples"].values()))
    return [
        "",
        "As that tenant, in SQL:",
        f"  ttdb local shell{own} --as {tenant}",
        *in_python(url, seeded["act_as"]),
    ]


def _examples(seeded: Mapping[str, Any]) -> list[str]:
    examples = seeded.get("examples")
    if not examples:
        return []
    width = max(map(len, examples))
    return ["", "A row each that belong together:", *(f"  {table:<{width}}  {key}" for table, key in examples.items())]


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _rows(seeded: Mapping[str, Any]) -> str:
    rows, orders = sum(seeded["rows"].values()), seeded["rows"].get("orders", 0)
    return f"{counted(rows, 'row')}, {counted(orders, 'order')} among them"


def list_text(servers: Sequence[LocalServer]) -> str:
    """Return the servers as a table."""
    if not servers:
        return "there is no local server: ttdb local start makes one"
    heading = ("name", "state", "version", "port", "scenario", "size", "snapshots")
    return _table(heading, [_cells(each) for each in servers])


def _cells(each: LocalServer) -> tuple[str, ...]:
    state = "running" if each.running else "stopped"
    scenarios = ", ".join(filter(None, (each.scenario, *each.beside)))
    return (each.name, state, each.version, str(each.port), scenarios, as_size(each.size), ", ".join(each.snapshots))


def list_json(servers: Sequence[LocalServer]) -> str:
    """Return the servers as one object."""
    return json.dumps({"schema": "ttdb.local/1", "servers": [asdict(each) for each in servers]}, indent=2)


def snapshots_text(found: Sequence[LocalSnapshot]) -> str:
    """Return a server's snapshots as a table."""
    if not found:
        return "there is no snapshot: ttdb local snapshot create makes one"
    return _table(
        ("snapshot", "made", "size"),
        [(each.name, f"{each.made:%Y-%m-%d %H:%M:%S}Z", as_size(each.size)) for each in found],
    )


def snapshots_json(found: Sequence[LocalSnapshot]) -> str:
    """Return a server's snapshots as one object."""
    return json.dumps({"schema": "ttdb.local/1", "snapshots": [asdict(each) for each in found]}, indent=2, default=str)


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heading, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heading))]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
