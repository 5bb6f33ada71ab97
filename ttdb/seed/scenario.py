"""Scenarios: TOML files in ``seeds/`` that say what a database should hold."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from ttdb.errors import ScenarioInvalid
from ttdb.seed import vocabulary
from ttdb.seed.place import Place, suggestion
from ttdb.seed.rules import Rule, parse
from ttdb.sqlfile import shipped

_Kind = TypeVar("_Kind")
_KEYS = ("title", "extends", "schema", "anchor", "seed", "vocabulary", "volumes", "most", "examples", "tables")
_YEARS = (1900, 2200)  # of an anchor: what lies some years around it is still a date
_MOST_PER = 100_000  # rows of one parent: they are made together
USUAL = "minimal"
GENERIC = "generic"  # no file: a schema's catalog takes its place
_TABLE_KEYS = ("rows", "per", "columns")
_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")  # as the parser says where


@dataclass(frozen=True, slots=True)
class RowCount:
    """How many rows a table has: a volume of the scenario, or so many for each row of a parent.

    How many that is lies between two bounds, or is what a column of the parent says, up to ``high``.
    """

    volume: str | None
    parent: str | None
    low: int
    high: int
    column: str | None = None


@dataclass(frozen=True, slots=True)
class TableRules:
    """What a scenario says about one table; a column whose name starts with _ is computed, not stored."""

    name: str
    rows: RowCount
    columns: Mapping[str, Rule]
    place: Place


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario file, read and checked as far as it goes without a database."""

    name: str
    title: str
    schema: str
    anchor: datetime
    seed: int
    volumes: Mapping[str, int]
    most: Mapping[str, int]  # of a volume, where its rules bear no more
    examples: tuple[str, ...]
    pools: vocabulary.Pools
    tables: Mapping[str, TableRules]
    place: Place


def names() -> tuple[str, ...]:
    """Return the scenarios there are."""
    return tuple(sorted(path.stem for path in shipped("seeds").glob("*.toml")))


def load(name: str) -> Scenario:
    """Read the scenario of this name, or in this file of one's own, whose name ends in ``.toml``.

    Raises:
        ScenarioInvalid: there is none, or its file is wrong; the message says where.

    """
    if name.endswith(".toml"):
        return read(Path(name).stem, name, _own(name))
    if name not in names():
        message = f'unknown scenario "{name}"'
        raise ScenarioInvalid(message, suggestion(name, (*names(), GENERIC), "scenario"))
    path = shipped("seeds") / f"{name}.toml"
    return read(name, f"seeds/{path.name}", path.read_text(encoding="utf-8"))


def _own(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8-sig")  # an editor may put a mark before it
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise ScenarioInvalid(f'scenario "{file}" cannot be read: {why}', "Name a file that is there.") from error


def read(name: str, file: str, text: str) -> Scenario:
    """Read a scenario's text; ``file`` is what errors call it.

    Raises:
        ScenarioInvalid: the text is wrong; the message says where.

    """
    try:
        return _read(name, file, text)
    except RecursionError as error:
        message = f"{file}: its values are nested too deeply"
        raise ScenarioInvalid(message, "Write rules of fewer levels.") from error


def _read(name: str, file: str, text: str) -> Scenario:
    place = Place(file, text)
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        where = _AT.search(str(error))
        line = int(where[1]) if where else text.count("\n") + 1  # else at its end
        message = f"{file}, line {line}: is not valid TOML: {_AT.sub('', str(error))}"
        raise ScenarioInvalid(message, "Correct that line.") from error
    _known(data, _KEYS, "key", place)
    base = _base(name, data, place)
    volumes = {**(base.volumes if base else {}), **_volumes(data, "volumes", place, needed=base is None)}
    most = {**(base.most if base else {}), **_volumes(data, "most", place, needed=False)}
    for volume in most:
        if volume not in volumes:
            raise place.at("most").unknown("volume", volume, volumes)
    own = _get(data, "tables", dict, place, None if base is None else {})
    for key, value in own.items():
        misspelt = isinstance(value, dict) and "rows" not in value  # else it is a table beside the other scenario's
        if base is not None and key not in base.tables and misspelt:
            raise place.at("tables", key).unknown("table", key, base.tables)
    tables = dict(base.tables) if base else {}
    tables |= {key: _table(key, value, volumes, place, tables.get(key)) for key, value in own.items()}
    _check_parents(tables)
    _check_volumes(data, tables, place)
    anchor = _get(data, "anchor", datetime, place, base.anchor if base else None)
    examples = _get(data, "examples", list, place, list(base.examples) if base else [])
    for example in examples:
        if example not in tables:
            raise place.at("examples").unknown("table", str(example), tables)
    pools = vocabulary.load(_get(data, "vocabulary", list, place, []), place.at("vocabulary"))
    return Scenario(
        name=name,
        title=_get(data, "title", str, place, base.title if base else None),
        schema=_get(data, "schema", str, place, base.schema if base else "public"),
        anchor=_anchor(anchor, place),
        seed=_get(data, "seed", int, place, base.seed if base else 1),
        volumes=volumes,
        most=most,
        examples=tuple(examples),
        pools={**(base.pools if base else {}), **pools},
        tables=tables,
        place=place,
    )


def _anchor(moment: datetime, place: Place) -> datetime:
    if not _YEARS[0] <= moment.year <= _YEARS[1]:
        raise place.at("anchor").wrong(f"must lie between the years {_YEARS[0]} and {_YEARS[1]}")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _check_volumes(data: Mapping[str, Any], tables: Mapping[str, TableRules], place: Place) -> None:
    """Refuse a volume that no table has for its rows: it is misspelt, and would be asked for in vain."""
    used = {table.rows.volume for table in tables.values() if table.rows.volume is not None}
    for volume in data.get("volumes", {}):
        if volume not in used:
            raise place.at("volumes", volume).unknown("volume", volume, used)


def _base(name: str, data: Mapping[str, Any], place: Place) -> Scenario | None:
    """Read the scenario that this one extends: what it does not say itself is as there."""
    if "extends" not in data:
        return None
    base = _get(data, "extends", str, place)
    if base not in names() or base == name:
        raise place.at("extends").unknown("scenario", base, (other for other in names() if other != name))
    try:
        return load(base)
    except RecursionError as error:
        raise place.at("extends").wrong("scenarios extend each other in a circle") from error


def _volumes(data: Mapping[str, Any], word: str, place: Place, *, needed: bool) -> dict[str, int]:
    volumes = _get(data, word, dict, place, None if needed else {})
    for key, value in volumes.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise place.at(word, key).wrong("must be a whole number, 0 or more")
    return volumes


def _table(name: str, data: object, volumes: Mapping[str, int], root: Place, base: TableRules | None) -> TableRules:
    place = root.at("tables", name)
    if not isinstance(data, dict):
        raise place.wrong("must be a table")
    _known(data, _TABLE_KEYS, "key", place)
    columns = _get(data, "columns", dict, place, {})
    rules = {key: parse(value, place.at("columns", key)) for key, value in columns.items()}
    counted = base is None or "rows" in data or "per" in data
    if base is not None and base.rows.parent is not None and not isinstance(data.get("rows"), str):
        data = {"per": base.rows.parent, **data}
    rows = _rows(data, volumes, place) if counted or base is None else base.rows
    return TableRules(name, rows, {**(base.columns if base else {}), **rules}, place)


def _rows(data: Mapping[str, Any], volumes: Mapping[str, int], place: Place) -> RowCount:
    rows = data.get("rows")
    if "per" not in data:
        if not isinstance(rows, str):
            raise place.at("rows").wrong(
                "must name a volume", 'Write rows = "VOLUME", or per = "PARENT" and rows = [1, 3].'
            )
        if rows not in volumes:
            raise place.at("rows").unknown("volume", rows, volumes)
        return RowCount(rows, None, 0, 0)
    if isinstance(rows, dict):
        return _counted(rows, _get(data, "per", str, place), place.at("rows"))
    pair: list[Any] = rows if isinstance(rows, list) else [rows, rows]
    whole = [type(bound) for bound in pair] == [int, int]
    if whole and pair[0] > pair[1]:
        raise place.at("rows").wrong("must have the smaller number first", f"Write rows = [{pair[1]}, {pair[0]}].")
    if not whole or pair[0] < 0 or pair[1] == 0:
        raise place.at("rows").wrong("must be how many rows each parent has", "Write rows = 2 or rows = [1, 3].")
    if pair[1] > _MOST_PER:
        raise place.at("rows").wrong(f"must be at most {_MOST_PER} for each parent")
    return RowCount(None, _get(data, "per", str, place), pair[0], pair[1])


def _counted(rows: Mapping[str, Any], parent: str, place: Place) -> RowCount:
    """Read ``rows = {from = "quantity", most = 4}``; the bound keeps each row's number the same for ever."""
    _known(rows, ("from", "most"), "key", place)
    most = _get(rows, "most", int, place)
    if not 1 <= most <= _MOST_PER:
        raise place.at("most").wrong(f"must be a whole number from 1 to {_MOST_PER}")
    return RowCount(None, parent, 0, most, _get(rows, "from", str, place))


def _check_parents(tables: Mapping[str, TableRules]) -> None:
    for table in tables.values():
        seen, parent = {table.name}, table.rows.parent
        while parent is not None:
            if parent not in tables:
                raise table.place.at("per").unknown("table", parent, tables)
            if parent in seen:
                raise table.place.at("per").wrong(f'"{parent}" would be its own ancestor')
            seen.add(parent)
            parent = tables[parent].rows.parent


def _known(data: Mapping[str, Any], keys: tuple[str, ...], kind: str, place: Place) -> None:
    for key in data:
        if key not in keys:
            raise place.at(key).unknown(kind, key, keys)


def _get(data: Mapping[str, Any], key: str, kind: type[_Kind], place: Place, default: _Kind | None = None) -> _Kind:
    value = data.get(key, default)
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    words = {str: "a string", int: "a whole number", dict: "a table", list: "a list", datetime: "a date and time"}
    if key in data:
        raise place.at(key).wrong(f"must be {words[kind]}")
    raise place.wrong(f'lacks "{key}", {words[kind]}')
