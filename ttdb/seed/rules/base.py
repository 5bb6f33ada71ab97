"""What every rule is, and how one is read from a scenario."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from ttdb.seed import columns
from ttdb.seed.catalog import ForeignKey
from ttdb.seed.columns import Column, Link, Numbers, Value
from ttdb.seed.draw import Ints, Stream
from ttdb.seed.place import Place
from ttdb.seed.texts import Pool

if TYPE_CHECKING:
    from ttdb.seed.world import Table

_SHARED = ("nulls", "draw")
_HUNDRED = 100


class Rows(Protocol):
    """The rows of one table while their columns are computed."""

    @property
    def numbers(self) -> Ints:
        """What a row is known by in its streams; the same whatever the volumes are."""

    @property
    def places(self) -> Ints:
        """Which one a row is among its parent's, from 0."""

    @property
    def anchor(self) -> datetime:
        """The moment all others are relative to."""

    def __len__(self) -> int:
        """Return how many rows there are."""

    def stream(self, name: str) -> Stream:
        """Return the stream of one purpose of this table."""

    def column(self, name: str) -> Column:
        """Return a column of this table."""

    def follow(self, path: str, place: Place) -> Column:
        """Return what a path such as ``event_id.starts_at``, ``per.quantity`` or ``place`` leads to."""

    def pool(self, name: str, place: Place) -> Pool:
        """Return a pool of words."""

    def link(self, column: str, parent: str, place: Place) -> ForeignKey:
        """Return the foreign key by which a column points at a parent."""

    def every(self) -> "Table":
        """Return all rows of this table."""

    def whole(self, name: str, place: Place) -> "Table":
        """Return all rows of another table."""

    def parent(self) -> Link:
        """Return the rows that these were made for."""

    def sums(self, child: str, path: str, place: Place) -> Numbers:
        """Return for each row the sum over the rows that a child table has for it."""

    def pointing(self, name: str, by: str, count: int, place: Place) -> "Iterator[tuple[Table, Link]]":
        """Yield a table's rows that point here, of those made for so many first rows of its base at any volume."""


class Rule(ABC):
    """How one column's values come about."""

    verb: ClassVar[str]
    options: ClassVar[tuple[str, ...]] = ()

    def __init__(self, data: Mapping[str, Any], place: Place) -> None:
        self.place = place
        self.nulls = self._percent(data.get("nulls", 0))
        self.draw: str | None = data.get("draw")
        self._read(data)

    @abstractmethod
    def _read(self, data: Mapping[str, Any]) -> None:
        """Take what the scenario says, or raise where it is wrong."""

    @abstractmethod
    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:
        """Compute the column."""

    def picks(self) -> Iterator[str]:
        """Name the tables that rows are picked from."""
        yield from ()

    def named(self) -> Iterator[tuple[Value, Place]]:
        """Yield the values that the scenario spells out, each with where that is."""
        yield from ()

    def values(self, rows: Rows, name: str) -> Column:
        """Compute the column, with NULL in as many of a hundred rows as the rule says."""
        made = self._make(rows, rows.stream(self.draw or name), name)
        if not self.nulls:
            return made
        return made.with_nulls(rows.stream(f"{name}?").below(rows.numbers, _HUNDRED) < self.nulls)

    def _percent(self, value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _HUNDRED:
            return value
        raise self.place.at("nulls").wrong("must be a percentage, 0 to 100")

    def text(self, data: Mapping[str, Any], key: str) -> str:
        """Return an option that must be a string."""
        value = data.get(key)
        if isinstance(value, str) and value:
            return value
        raise self.place.at(key).wrong("must be a string")


def whole_numbers(rule: Rule, rows: Rows, path: str, key: str) -> Numbers:
    """Return the whole numbers that a path leads to."""
    found = rows.follow(path, rule.place)
    if isinstance(found, Numbers) and not found.scale:
        return found
    raise rule.place.at(key).wrong(f'"{path}" holds no whole numbers', f"Correct the rule of {path}.")


class Constant(Rule):
    """``value``: the same for every row; a bare string, number or date means this too."""

    verb = "value"

    def _read(self, data: Mapping[str, Any]) -> None:
        self.value: Value = data["value"]
        try:
            columns.constant(self.value, 1)
        except TypeError as error:
            raise self.place.wrong(str(error), "Write a string, a number, true, false or a date and time.") from error

    def named(self) -> Iterator[tuple[Value, Place]]:
        """Yield the value."""
        yield self.value, self.place

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        return columns.constant(self.value, len(rows))


_VERBS: dict[str, type[Rule]] = {"value": Constant}
_Class = TypeVar("_Class", bound=type[Rule])


def verb(name: str, *options: str) -> Callable[[_Class], _Class]:
    """Register a rule under the key by which scenarios ask for it."""

    def register(rule: _Class) -> _Class:
        rule.verb, rule.options = name, options
        _VERBS[name] = rule
        return rule

    return register


def parse(data: object, place: Place) -> Rule:
    """Read one rule.

    Raises:
        ScenarioInvalid: no verb or several, an unknown key, or a wrong value.

    """
    if not isinstance(data, dict):
        return Constant({"value": data}, place)
    found = [key for key in data if key in _VERBS]
    if len(found) != 1:
        odd = next((key for key in data if key not in _VERBS and key not in _SHARED), None)
        if not found and odd is not None:
            raise place.at(odd).unknown("rule", odd, _VERBS)
        raise place.wrong(f"needs exactly one rule, has {len(found)}", f"The rules are {', '.join(_VERBS)}.")
    rule = _VERBS[found[0]]
    known = (rule.verb, *rule.options, *_SHARED)
    for key in data:
        if key not in known:
            raise place.at(key).unknown(f'key of the rule "{rule.verb}"', key, known)
    return rule(data, place)
