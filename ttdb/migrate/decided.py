"""What a committed file decides on tables that stand beside the platform's own: data, one TOML file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from ttdb.sqlfile import shipped

ALL_VERBS = "select, insert, update, delete"
_BELONGS = {"own", "parent", "global", "nobody", "undecided"}


@dataclass(frozen=True, slots=True)
class Way:
    """A column that names another table's row."""

    column: str
    parent: str
    parent_column: str


@dataclass(frozen=True, slots=True)
class Key(Way):
    """A foreign key that the table has, and that is to keep the tenant too."""

    on_delete: str  # as the one that stands

    @property
    def action(self) -> str:
        """Return what is done here when the other row goes: the tenant stays."""
        return f'{self.on_delete} ("{self.column}")' if self.on_delete == "set null" else self.on_delete


@dataclass(frozen=True, slots=True)
class Decided:
    """What the file says of one table."""

    table: str
    belongs: str
    column: str = "tenant_id"
    way: Way | None = None  # to the row that has the tenant; of a column of its own, for rows that name nobody
    as_text: bool = False  # the column holds the other's uuid as text
    required: bool = False  # True where every row that can be leads to a tenant
    keys: tuple[Key, ...] = ()
    app: str = ALL_VERBS

    @property
    def apart(self) -> bool:
        """Tell whether its rows are tenants'."""
        return self.belongs in ("own", "parent")


class File:
    """A whole file; its tables each after those that it goes through or points at."""

    def __init__(self, path: Path) -> None:
        words: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        self.tables: Mapping[str, Decided] = {
            name: _decided(path, name, block) for name, block in words["tables"].items()
        }

    @cached_property
    def ordered(self) -> tuple[Decided, ...]:
        """Return the tables, each after those that it leads to."""
        before = {name: {way.parent for way in _ways(each)} & set(self.tables) for name, each in self.tables.items()}
        return tuple(self.tables[name] for name in TopologicalSorter(before).static_order())

    def chain(self, each: Decided) -> tuple[str, ...]:
        """Return the table and those that lead from it to its tenant."""
        parent = each.way.parent if each.way else None
        beyond = self.tables.get(parent) if parent else None
        return (each.table, *(self.chain(beyond) if beyond else (parent,) if parent else ()))

    @cached_property
    def pointed_at(self) -> frozenset[tuple[str, str, str]]:
        """Return what keys point at: table, its tenant's column, the other column."""
        return frozenset(
            (key.parent, self.tables[key.parent].column, key.parent_column)
            for each in self.tables.values()
            for key in each.keys
            if key.parent in self.tables
        )


def decided() -> File:
    """Return what ``migrations/tenancy.toml`` says."""
    return File(shipped("migrations") / "tenancy.toml")


def _ways(each: Decided) -> tuple[Way, ...]:
    return (*((each.way,) if each.way else ()), *each.keys)


def _decided(path: Path, name: str, block: Mapping[str, Any]) -> Decided:
    belongs = block["tenant"]
    if belongs not in _BELONGS:
        message = f"{path}: {name} is {belongs}; known are {', '.join(sorted(_BELONGS))}"
        raise ValueError(message)
    return Decided(
        name,
        belongs,
        column=block.get("column", "tenant_id"),
        way=_way(block["through"]) if "through" in block else None,
        as_text=block.get("as_text", False),
        required=block.get("required", False),
        keys=tuple(_key(text) for text in block.get("keys", ())),
        app=block.get("app", ALL_VERBS),
    )


def _way(text: str) -> Way:
    column, there = text.split(" -> ")
    parent, parent_column = there.rsplit(".", 1)
    return Way(column, parent, parent_column)


def _key(text: str) -> Key:
    way, action = text.split(" on delete ")
    read = _way(way)
    return Key(read.column, read.parent, read.parent_column, action)
