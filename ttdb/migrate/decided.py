"""What a committed file decides on tables that stand beside the platform's own: data, one TOML file."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, NoReturn

from ttdb.errors import UsageError
from ttdb.migrate.naming import kebab
from ttdb.model.decision import Unreadable, audit_of, checks_of, mask_of
from ttdb.sqlfile import shipped

ALL_VERBS = "select, insert, update, delete"
STOP, QUARANTINE, NULL_IT = "stop", "quarantine", "null the reference"
_BELONGS = {"own", "parent", "global", "nobody", "undecided"}
_ACTIONS = {"no action", "restrict", "cascade", "set null", "set default"}
_WORDS = {"tenants", "column", "losing", "tables"}
_OF_TABLE = {
    *("tenant", "column", "through", "as_text", "required", "keys", "app", "worker", "otherwise", "audit", "mask"),
    "checks",
}


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
        return f'{self.on_delete} ("{self.column}")' if self.on_delete.startswith("set ") else self.on_delete


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What becomes of rows that break a rule."""

    word: str = STOP  # or QUARANTINE, NULL_IT, or the name of a repair
    set: str = ""  # of such a repair: assignments, in terms of the row ``t``


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
    worker: str = ""  # what jobs may do with all its rows, by logins in ttdb_worker
    otherwise: Mapping[str, Otherwise] = field(default_factory=dict)  # by the column that breaks it
    audit: bool = False
    excluded: tuple[str, ...] = ()  # columns that the trail leaves out; of one that stands, those that it does
    mask: Mapping[str, str] = field(default_factory=dict)  # by column
    checks: tuple[tuple[str, str], ...] = ()  # name and condition

    @property
    def apart(self) -> bool:
        """Tell whether its rows are tenants'."""
        return self.belongs in ("own", "parent")

    def settled(self, column: str) -> Otherwise:
        """Return what becomes of rows that break the rule of a column: of a key's, or of the tenant's."""
        return self.otherwise.get(column, Otherwise())


class File:
    """A whole file; its tables each after those that it goes through or points at.

    Args:
        path: where it is.
        beside: the tables beside it that may be led to; any where not given.

    Raises:
        UsageError: it cannot be read, or says what cannot be, with the table and the line.

    """

    def __init__(self, path: Path, *, beside: Iterable[str] | None = None) -> None:
        reader = _Reader(path, None if beside is None else frozenset(beside))
        self.losing: Mapping[str, str] = reader.losing
        self.tables: Mapping[str, Decided] = reader.tables

    @cached_property
    def ordered(self) -> tuple[Decided, ...]:
        """Return the tables, each after those that it leads to."""
        return tuple(self.tables[name] for name in _sorted(self.tables))

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

    def led_to(self, each: Decided) -> frozenset[str]:
        """Return the columns of a table by which others name its rows."""
        ways = (way for other in self.tables.values() for way in _ways(other))
        return frozenset(way.parent_column for way in ways if way.parent == each.table)


def decided(*, beside: Iterable[str] | None = None) -> File:
    """Return what ``migrations/tenancy.toml`` says; ``beside`` as ``File`` takes it."""
    return File(shipped("migrations") / "tenancy.toml", beside=beside)


def _sorted(tables: Mapping[str, Decided]) -> tuple[str, ...]:
    before = {name: {way.parent for way in _ways(each)} & set(tables) for name, each in tables.items()}
    return tuple(TopologicalSorter(before).static_order())


def _ways(each: Decided) -> tuple[Way, ...]:
    return (*((each.way,) if each.way else ()), *each.keys)


class _Reader:
    """Reads a file, and says of what it cannot take where that stands and what to write."""

    def __init__(self, path: Path, beside: frozenset[str] | None) -> None:
        self._path, self._beside = path, beside
        try:
            self._text = path.read_text(encoding="utf-8")
            words: dict[str, Any] = tomllib.loads(self._text)
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read {path}: {error}", "Put back the tenancy file that was there.") from error
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{path} is not valid TOML: {error}", "Correct the file at the line named.") from error
        self._known("", words, _WORDS)
        self.losing = self._losing(words.get("losing", {}))
        tables = words.get("tables")
        if not isinstance(tables, dict):
            self._refuse("", "it has no tables", 'Write a block for each: [tables."public.orders"] and tenant = "own".')
        self.tables = {name: self._decided(name, block) for name, block in tables.items()}
        self._tenants_are_known(words.get("tenants"))
        for each in self.tables.values():
            self._leads(each)
        self._told_apart()
        try:
            _sorted(self.tables)
        except CycleError as error:
            circle = " -> ".join(error.args[1])
            self._refuse(error.args[1][0], f"tables lead to each other: {circle}", "Take one through or key out.")

    def _decided(self, name: str, block: object) -> Decided:
        if not re.fullmatch(r"[^.]+\.[^.]+", name):
            self._refuse(name, "the name lacks its schema", f'Write [tables."public.{name}"].')
        known = ", ".join(sorted(_BELONGS))
        if not isinstance(block, dict) or "tenant" not in block:
            self._refuse(name, "it does not say whose its rows are", f"Write tenant = one of: {known}.")
        self._known(name, block, _OF_TABLE)
        belongs = block["tenant"]
        if not isinstance(belongs, str) or belongs not in _BELONGS:
            self._refuse(name, f'tenant = "{belongs}" is unknown', f"Write tenant = one of: {known}.", "tenant")
        if belongs == "parent" and "through" not in block:
            hint = 'Write through = "order_id -> public.orders.id" below tenant = "parent".'
            self._refuse(name, "it does not say through what", hint, "tenant")
        column = "tenant_id" if "column" not in block else self._name(name, "column", block["column"])
        keys = block.get("keys", [])
        if not isinstance(keys, list):
            self._refuse(name, "keys is no list", f"Write {_EXAMPLE_OF_KEYS}.", "keys")
        try:
            audit, mask = audit_of(block.get("audit", False)), mask_of(block.get("mask", {}))
            checks = checks_of(block.get("checks", []))
        except Unreadable as error:
            self._refuse(name, error.what, error.hint, error.word)
        read = Decided(
            name,
            belongs,
            column=column,
            way=self._way(name, "through", block["through"]) if "through" in block else None,
            as_text=self._flag(name, "as_text", block),
            required=self._flag(name, "required", block),
            keys=tuple(self._key(name, text) for text in keys),
            app=self._verbs(name, "app", block.get("app", ALL_VERBS)),
            worker=self._verbs(name, "worker", block["worker"]) if "worker" in block else "",
            audit=audit[0],
            excluded=audit[1],
            mask=mask,
            checks=checks,
        )
        if not read.apart and (read.audit or read.mask):
            word = "audit" if read.audit else "mask"
            hint = f'Take {word} out, or say whose they are: tenant = "own" or "parent".'
            self._refuse(name, f"{word} is for rows that are tenants', and these are {belongs}", hint, word)
        if read.required and read.way is None:
            hint = "Write through, or take required out: a column of its own is held by what the table says of it."
            self._refuse(name, "required is for what leads to the tenant, and there is no through", hint, "required")
        if read.worker and belongs == "undecided":
            hint = 'Decide first: tenant = "nobody", say; or take worker out.'
            self._refuse(name, "a job is let in, and whose its rows are is undecided", hint, "worker")
        return self._with_otherwise(read, block.get("otherwise", {}))

    def _with_otherwise(self, each: Decided, value: object) -> Decided:
        """Return it with what becomes of rows that break a rule: one word for all, or one by column."""
        ruled = [*(key.column for key in each.keys), *([each.column] if each.required else [])]
        said = dict.fromkeys(ruled, value) if not isinstance(value, dict) or "repair" in value else value
        chosen: dict[str, Otherwise] = {}
        for column, word in said.items():
            if column not in ruled:
                hint = f"Name one of: {', '.join(ruled)}." if ruled else "Take it out: no rule of the file is broken."
                self._refuse(each.table, f'otherwise names "{column}", which no key and no rule has', hint, "otherwise")
            chosen[column] = self._otherwise(each, column, word)
        return replace(each, otherwise=chosen)

    def _otherwise(self, each: Decided, column: str, word: object) -> Otherwise:
        if isinstance(word, dict) and set(word) == {"repair", "set"}:
            name, how = self._name(each.table, "otherwise", word["repair"]), word["set"]
            if isinstance(how, str) and how.strip() and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
                return Otherwise(name, how)
        elif word in (STOP, QUARANTINE) or (word == NULL_IT and column != each.column):
            return Otherwise(str(word))
        raise self._unsettled(each, column, word)

    def _unsettled(self, each: Decided, column: str, word: object) -> UsageError:
        hint = (
            f'Write otherwise = {{{column} = "{QUARANTINE}"}}, or "{STOP}"'
            + (f', or "{NULL_IT}"' if column != each.column else "")
            + f', or {{repair = "a-name-in-kebab-case", set = "{column} = …"}}.'
        )
        return self._error(each.table, f"otherwise of {column} cannot be read: {word}", hint, "otherwise")

    def _told_apart(self) -> None:
        """Refuse checks whose steps would have one name, or none."""
        known: dict[str, str] = {}
        for each in self.tables.values():
            for name, _ in each.checks:
                word = kebab(name)  # by which its steps are called
                if not word or word in known:
                    where = f"already, of {known[word]}" if word else "of no letter"
                    hint = "Give each a name of its own, its table's first: orders_total_is_not_negative."
                    self._refuse(each.table, f'a check called "{name}" is there {where}', hint, "checks")
                known[word] = each.table

    def _leads(self, each: Decided) -> None:
        """Refuse what leads to no table that is known, or to one of the file whose rows are no tenants'."""
        for way in _ways(each):
            beyond = self.tables.get(way.parent)
            if beyond is None and self._beside is not None and way.parent not in self._beside:
                message = f"it leads to {way.parent}, of which nothing says whose its rows are"
                near = get_close_matches(way.parent, {*self.tables, *self._beside}, 1)
                hint = f"Did you mean {near[0]}? If not," if near else "Decide it first:"
                hint += f' write [tables."{way.parent}"] and tenant = "own" or "parent".'
                self._refuse(each.table, message, hint, "through" if way is each.way else "keys")
            if each.apart and beyond is not None and not beyond.apart:
                message = f"it leads to {way.parent}, which is {beyond.belongs}"
                hint = f'Decide {way.parent} first: tenant = "own" or "parent"; or take that way out.'
                self._refuse(each.table, message, hint, "through" if way is each.way else "keys")

    def _tenants_are_known(self, value: object) -> None:
        """Refuse a table of tenants that neither the file nor what stands beside it knows."""
        known = None if self._beside is None else {*self.tables, *self._beside}
        if value is None or known is None or value in known:
            return
        near = get_close_matches(str(value), known, 1)
        hint = f"Did you mean {near[0]}?" if near else 'Write tenants = "public.tenants".'
        self._refuse("", f'tenants names "{value}", which is no table that is known', hint, "tenants")

    def _losing(self, value: object) -> dict[str, str]:
        if not isinstance(value, dict) or not all(isinstance(why, str) and why.strip() for why in value.values()):
            hint = 'Write [losing] and a line for each role: reports = "why it may lose what it was granted".'
            self._refuse("", "losing is no list of roles, each with why", hint, "losing")
        return {str(role): str(why) for role, why in value.items()}

    def _way(self, table: str, word: str, text: object) -> Way:
        found = _WAY.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            hint = f'Write {word} = "order_id -> public.orders.id".'
            self._refuse(table, f'{word} cannot be read: "{text}"', hint, word)
        return Way(found["column"], found["parent"], found["there"])

    def _key(self, table: str, text: object) -> Key:
        way, found, action = text.partition(" on delete ") if isinstance(text, str) else ("", "", "")
        if not found or action.strip() not in _ACTIONS:
            hint = f"Write {_EXAMPLE_OF_KEYS}; known are {', '.join(sorted(_ACTIONS))}."
            self._refuse(table, f'a key cannot be read: "{text}"', hint, "keys")
        read = self._way(table, "keys", way.strip())
        return Key(read.column, read.parent, read.parent_column, action.strip())

    def _verbs(self, table: str, word: str, text: object) -> str:
        verbs = [verb.strip() for verb in text.split(",")] if isinstance(text, str) else []
        if not verbs or set(verbs) - set(ALL_VERBS.split(", ")):
            hint = f'Write {word} = "{ALL_VERBS}", or some of these.'
            self._refuse(table, f'{word} cannot be read: "{text}"', hint, word)
        return ", ".join(dict.fromkeys(verbs))

    def _flag(self, table: str, word: str, block: Mapping[str, Any]) -> bool:
        value = block.get(word, False)
        if not isinstance(value, bool):
            self._refuse(table, f'{word} is neither true nor false: "{value}"', f"Write {word} = true.", word)
        return value

    def _name(self, table: str, word: str, value: object) -> str:
        if not isinstance(value, str) or not value:
            self._refuse(table, f'{word} is no name: "{value}"', f'Write {word} = "…".', word)
        return value

    def _known(self, table: str, words: Mapping[str, Any], known: set[str]) -> None:
        unknown = sorted(set(words) - known)
        if unknown:
            self._refuse(table, f"{unknown[0]} is unknown", f"Known are {', '.join(sorted(known))}.", unknown[0])

    def _refuse(self, table: str, message: str, hint: str, word: str = "") -> NoReturn:
        raise self._error(table, message, hint, word)

    def _error(self, table: str, message: str, hint: str, word: str) -> UsageError:
        where = f"{self._path}, line {line}" if (line := self._line(table, word)) else str(self._path)
        return UsageError(f"{where}: {table}: {message}" if table else f"{where}: {message}", hint)

    def _line(self, table: str, word: str) -> int | None:
        """Return the line of a table's block, or of a word in it, where it is written as usual."""
        lines = list(enumerate(self._text.splitlines(), start=1))
        if table:
            heads = [place for place, line in lines if re.match(rf'\s*\[tables\."?{re.escape(table)}"?\]', line)]
            if not heads:
                return None
            lines = lines[heads[0] - 1 :]
            end = next((place for place, line in lines[1:] if line.lstrip().startswith("[")), None)
            lines = [(place, line) for place, line in lines if end is None or place < end]
        found = next((place for place, line in lines if word and re.match(rf"\s*\[?{re.escape(word)}\b", line)), None)
        return found or (lines[0][0] if table else None)


_WAY = re.compile(r"(?P<column>[^\s>,]+) -> (?P<parent>[^\s.,]+\.[^\s.,]+)\.(?P<there>[^\s.,]+)")
_EXAMPLE_OF_KEYS = 'keys = ["order_id -> public.orders.id on delete cascade"]'
