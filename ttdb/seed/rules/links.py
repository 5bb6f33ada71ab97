"""Rules that look at other rows: references, values taken over, and cases."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

import numpy as np

from ttdb.seed import columns
from ttdb.seed.columns import Column, Link, Numbers, Picked, Value
from ttdb.seed.draw import Ints, Stream
from ttdb.seed.place import Place
from ttdb.seed.rules.base import Rows, Rule, parse, verb, whole_numbers
from ttdb.seed.rules.keys import Keys, keys_of, tuples
from ttdb.seed.rules.shares import SHARES, harmonic_limits, steady_draw

if TYPE_CHECKING:
    from ttdb.seed.world import Table


@verb("from")
class From(Rule):
    """``from = "ticket_type_id.price"``: another column's value, also across references."""

    def _read(self, data: Mapping[str, Any]) -> None:
        self.path = self.text(data, "from")

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        return rows.follow(self.path, self.place)


@dataclass(frozen=True, slots=True)
class _Candidates:
    """A parent's rows that may be picked, by the values of their key: those of key k from starts[k] on."""

    rows: Ints
    starts: Ints
    counts: Ints
    keys: Keys
    of: Ints  # each row's key, -1 where it may not be picked


@verb("pick", "where", "match", "share", "steady", "nth", "apart")
class Pick(Rule):
    """``pick = "events"``: one of the rows the foreign key allows, so of the same tenant where it carries the tenant.

    ``where = {status = ["ON_SALE"]}`` narrows by the picked row's columns, ``match = {event_id = "order_id.event_id"}``
    by equality with this row's; ``share = "harmonic"`` gives the first twice what the second gets, thrice the third;
    with ``steady = true`` rows that are added later take picks for themselves, but move none between those before them.
    ``nth = "_turn"`` picks the row of that number where it fits, and draws where it does not; with ``apart = true`` the
    rows that are made for one parent pick different ones, as long as there are.
    """

    def _read(self, data: Mapping[str, Any]) -> None:
        self.target = self.text(data, "pick")
        self.where: dict[str, list[Value]] = self._table(data, "where")
        self.match: dict[str, str] = self._table(data, "match")
        self.share = data.get("share", "even")
        if self.share not in SHARES:
            raise self.place.at("share").unknown("share", str(self.share), SHARES)
        self.nth = self.text(data, "nth") if "nth" in data else None
        self.apart = data.get("apart", False)
        if not isinstance(self.apart, bool) or (self.apart and self.share != "even"):
            raise self.place.at("apart").wrong("must be true or false, and goes with an even share only")
        self.steady = data.get("steady", False)
        if not isinstance(self.steady, bool) or (self.steady and self.share != "harmonic"):
            raise self.place.at("steady").wrong("must be true or false, and goes with a harmonic share only")
        for key, allowed in self.where.items():
            if not isinstance(allowed, list):
                raise self.place.at("where", key).wrong("must be a list of values")
        self._found: WeakKeyDictionary[Table, _Candidates] = WeakKeyDictionary()

    def picks(self) -> Iterator[str]:
        """Name the table that rows are picked from."""
        yield self.target

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:
        link = rows.link(name, self.target, self.place)
        parent = rows.whole(self.target, self.place)
        scope = {theirs: own for own, theirs in zip(link.columns, link.parent_columns, strict=True) if own != name}
        wanted = [rows.column(own) for own in scope.values()]
        wanted += [rows.follow(path, self.place) for path in self.match.values()]
        known = self._found.get(parent)
        if known is None:
            known = self._found[parent] = self._candidates(parent, [*scope, *self.match], wanted)
        keys = known.keys.numbers(wanted, len(rows))
        places = Picked(keys)
        counts = places.of(known.counts, 0)
        if len(counts) and counts.min() == 0:
            raise self._nothing(wanted, int(counts.argmin()))
        at = Picked(self._drawn(rows, stream, name, counts) + places.of(known.starts, 0))
        found = Link(parent, self._numbered(rows, parent, known.of, keys, at.of(known.rows, 0)))
        return replace(parent.column(link.partner(name)).take(found.picked), link=found)

    def _table(self, data: Mapping[str, Any], key: str) -> dict[str, Any]:
        value = data.get(key, {})
        if not isinstance(value, dict):
            raise self.place.at(key).wrong("must be a table")
        return value

    def _candidates(self, parent: "Table", names: Sequence[str], wanted: Sequence[Column]) -> _Candidates:
        fits = np.ones(len(parent), np.bool_)
        for key, allowed in self.where.items():
            fits &= parent.follow(key, self.place).among(allowed)
        theirs = [parent.follow(name, self.place) for name in names]
        known = keys_of(theirs, wanted, len(parent))
        keys = known.numbers(theirs, len(parent))
        rows = np.flatnonzero(fits & (keys >= 0))
        rows = rows[np.argsort(keys[rows], kind="stable")]
        counts = np.bincount(keys[rows], minlength=keys.max(initial=-1) + 1)
        return _Candidates(rows, np.cumsum(counts) - counts, counts, known, np.where(fits, keys, -1))

    def _drawn(self, rows: Rows, stream: Stream, name: str, counts: Ints) -> Ints:
        if self.steady:
            return steady_draw(lambda attempt: rows.stream(f"{name}.{attempt}"), rows.numbers, counts)
        if self.apart and len(counts):
            try:
                per = rows.parent()
            except TypeError as error:
                raise self.place.at("apart").wrong("goes with rows that are made per other rows only") from error
            return (stream.below(per.table.numbers.take(per.positions), counts) + rows.places) % counts
        if self.share == "even" or not len(counts):
            return stream.below(rows.numbers, counts)
        limits = harmonic_limits(int(counts.max()))
        return np.searchsorted(limits, stream.below(rows.numbers, limits[counts - 1]), side="right")

    def _numbered(self, rows: Rows, parent: "Table", key_of: Ints, keys: Ints, drawn: Ints) -> Ints:
        """Return the rows that ``nth`` numbers, where they may be picked, and the drawn ones."""
        if self.nth is None or not len(drawn):
            return drawn
        wanted = whole_numbers(self, rows, self.nth, "nth")
        numbers = wanted.values - 1
        at = np.minimum(np.searchsorted(parent.numbers, numbers), len(parent) - 1)
        return np.where((parent.numbers[at] == numbers) & (key_of[at] == keys) & wanted.present(), at, drawn)

    def _nothing(self, wanted: Sequence[Column], row: int) -> Exception:
        key = next(tuples([column.take(np.array([row])) for column in wanted], 1))
        within = f" for {', '.join(map(str, key))}" if key else ""
        return self.place.wrong(f'no row of "{self.target}" fits{within}', "Widen where, or make more such rows.")


@verb("cases")
class Cases(Rule):
    """``cases = [{when = {status = ["X"]}, RULE}, …]``: the first that fits; no ``when`` fits all; none is NULL."""

    def _read(self, data: Mapping[str, Any]) -> None:
        cases = data["cases"]
        if not isinstance(cases, list) or not cases or any(not isinstance(case, dict) for case in cases):
            raise self.place.at("cases").wrong("must be a list of rules, each with its when")
        self.cases = [self._case(case) for case in cast("list[dict[str, Any]]", cases)]

    def picks(self) -> Iterator[str]:
        """Name the tables that rows are picked from."""
        for _, rule in self.cases:
            yield from rule.picks()

    def named(self) -> Iterator[tuple[Value, Place]]:
        """Yield what each case names."""
        for _, rule in self.cases:
            yield from rule.named()

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        left = np.ones(len(rows), np.bool_)
        parts = []
        for when, rule in self.cases:
            fits = left.copy()
            for path, allowed in when.items():
                fits &= rows.follow(path, self.place).among(allowed)
            left &= ~fits
            chosen = np.flatnonzero(fits)
            whole = len(chosen) == len(rows)
            parts.append((chosen, rule.values(rows if whole else _Some(rows, chosen), name)))
        try:
            return columns.merged(len(rows), parts)
        except TypeError as error:
            taken = sorted({rule.path for _, rule in self.cases if isinstance(rule, From)})
            hint = f"Correct its values, or what it takes them from: {', '.join(taken)}." if taken else None
            raise self.place.at("cases").wrong(str(error), hint) from error

    def _case(self, data: dict[str, Any]) -> tuple[dict[str, list[Value]], Rule]:
        when = data.get("when", {})
        if not isinstance(when, dict) or any(not isinstance(allowed, list) for allowed in when.values()):
            raise self.place.at("cases", "when").wrong("must be columns, each with a list of values")
        rest = {key: value for key, value in data.items() if key != "when"}
        return when, parse(rest, self.place.at("cases"))


class _Some:
    """Some rows of a table, to which a case applies."""

    def __init__(self, rows: Rows, chosen: Ints) -> None:
        self.rows, self.chosen = rows, Picked(chosen, whole=True)
        self.anchor = rows.anchor
        self.stream, self.pool, self.link = rows.stream, rows.pool, rows.link
        self.every, self.whole = rows.every, rows.whole

    def __len__(self) -> int:
        return len(self.chosen)

    @cached_property
    def numbers(self) -> Ints:
        return self.rows.numbers.take(self.chosen.positions)

    @cached_property
    def places(self) -> Ints:
        return self.rows.places.take(self.chosen.positions)

    def column(self, name: str) -> Column:
        return self.rows.column(name).take(self.chosen)

    def follow(self, path: str, place: Place) -> Column:
        return self.rows.follow(path, place).take(self.chosen)

    def parent(self) -> Link:
        return self.rows.parent().take(self.chosen)

    def sums(self, child: str, path: str, place: Place) -> Numbers:
        return self.rows.sums(child, path, place).take(self.chosen)

    def pointing(self, name: str, by: str, count: int, place: Place) -> "Iterator[tuple[Table, Link]]":
        return self.rows.pointing(name, by, count, place)
