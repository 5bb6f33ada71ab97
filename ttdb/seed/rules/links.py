"""Rules that look at other rows: references, values taken over, and cases."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from ttdb.seed.draw import Stream
from ttdb.seed.place import Place
from ttdb.seed.rules.base import Rows, Rule, parse, verb
from ttdb.seed.values import Column, Value

_SHARES = ("even", "harmonic")
_WHOLE = 1_000_000


@verb("from")
class From(Rule):
    """``from = "ticket_type_id.price"``: another column's value, also across references."""

    def _read(self, data: Mapping[str, Any]) -> None:
        self.path = self.text(data, "from")

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        return rows.follow(self.path, self.place)


@verb("pick", "where", "match", "share")
class Pick(Rule):
    """``pick = "events"``: one of the rows the foreign key allows, so of the same tenant where it carries the tenant.

    ``where = {status = ["ON_SALE"]}`` narrows by the picked row's columns, ``match = {event_id = "order_id.event_id"}``
    by equality with this row's; ``share = "harmonic"`` gives the first twice what the second gets, thrice the third.
    """

    def _read(self, data: Mapping[str, Any]) -> None:
        self.parent = self.text(data, "pick")
        self.where: dict[str, Column] = self._table(data, "where")
        self.match: dict[str, str] = self._table(data, "match")
        self.share = data.get("share", "even")
        if self.share not in _SHARES:
            raise self.place.at("share").unknown("share", str(self.share), _SHARES)
        for key, allowed in self.where.items():
            if not isinstance(allowed, list):
                raise self.place.at("where", key).wrong("must be a list of values")

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:
        link = rows.link(name, self.parent, self.place)
        parent = rows.table(self.parent, self.place)
        scope = {theirs: own for own, theirs in zip(link.columns, link.parent_columns, strict=True) if own != name}
        keys = [*scope, *self.match]
        candidates = self._candidates(parent, keys)
        ids = parent.column(link.partner(name))
        wanted = [*(rows.column(own) for own in scope.values())]
        wanted += [rows.follow(path, self.place) for path in self.match.values()]
        found = (tuple(column[index] for column in wanted) for index in range(len(rows)))
        return [
            ids[self._drawn(candidates.get(key, ()), stream, number, key)]
            for number, key in zip(rows.numbers, found, strict=True)
        ]

    def _table(self, data: Mapping[str, Any], key: str) -> dict[str, Any]:
        value = data.get(key, {})
        if not isinstance(value, dict):
            raise self.place.at(key).wrong("must be a table")
        return value

    def _candidates(self, parent: Rows, keys: Sequence[str]) -> dict[tuple[Value, ...], list[int]]:
        columns = [parent.column(key) for key in keys]
        filters = [(parent.column(key), allowed) for key, allowed in self.where.items()]
        groups: dict[tuple[Value, ...], list[int]] = {}
        for index in range(len(parent)):
            if all(column[index] in allowed for column, allowed in filters):
                groups.setdefault(tuple(column[index] for column in columns), []).append(index)
        return groups

    def _drawn(self, candidates: Sequence[int], stream: Stream, number: int, key: tuple[Value, ...]) -> int:
        if not candidates:
            within = f" for {', '.join(map(str, key))}" if key else ""
            raise self.place.wrong(f'no row of "{self.parent}" fits{within}', "Widen where, or make more such rows.")
        if self.share == "even":
            return candidates[stream.below(number, len(candidates))]
        drawn = stream.below(number, sum(_WHOLE // rank for rank in range(1, len(candidates) + 1)))
        for rank, candidate in enumerate(candidates, start=1):
            drawn -= _WHOLE // rank
            if drawn < 0:
                return candidate
        return candidates[-1]


@verb("cases")
class Cases(Rule):
    """``cases = [{when = {status = ["X"]}, RULE}, …]``: the first that fits; no ``when`` fits all; none is NULL."""

    def _read(self, data: Mapping[str, Any]) -> None:
        cases = data["cases"]
        if not isinstance(cases, list) or any(not isinstance(case, dict) for case in cases):
            raise self.place.at("cases").wrong("must be a list of rules, each with its when")
        self.cases = [self._case(case) for case in cast("list[dict[str, Any]]", cases)]

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        chosen = self._chosen(rows)
        made: Column = [None] * len(rows)
        for place, (_, rule) in enumerate(self.cases):
            mine = [index for index, case in enumerate(chosen) if case == place]
            if mine:
                values = rule.values(_Some(rows, mine), name)
                for index, value in zip(mine, values, strict=True):
                    made[index] = value
        return made

    def _case(self, data: dict[str, Any]) -> tuple[dict[str, Column], Rule]:
        when = data.get("when", {})
        if not isinstance(when, dict) or any(not isinstance(allowed, list) for allowed in when.values()):
            raise self.place.at("cases", "when").wrong("must be columns, each with a list of values")
        rest = {key: value for key, value in data.items() if key != "when"}
        return when, parse(rest, self.place.at("cases"))

    def _chosen(self, rows: Rows) -> list[int | None]:
        tests = [[(rows.follow(path, self.place), allowed) for path, allowed in when.items()] for when, _ in self.cases]
        return [
            next(
                (
                    place
                    for place, test in enumerate(tests)
                    if all(column[index] in allowed for column, allowed in test)
                ),
                None,
            )
            for index in range(len(rows))
        ]


class _Some:
    """Some rows of a table, to which a case applies."""

    def __init__(self, rows: Rows, chosen: Sequence[int]) -> None:
        self.rows, self.chosen = rows, chosen
        self.numbers = [rows.numbers[index] for index in chosen]
        self.places = [rows.places[index] for index in chosen]
        self.parents = [rows.parents[index] for index in chosen] if rows.parents is not None else None
        self.anchor = rows.anchor
        self.stream, self.pool, self.link, self.table = rows.stream, rows.pool, rows.link, rows.table

    def __len__(self) -> int:
        return len(self.chosen)

    def column(self, name: str) -> Column:
        column = self.rows.column(name)
        return [column[index] for index in self.chosen]

    def follow(self, path: str, place: Place) -> Column:
        column = self.rows.follow(path, place)
        return [column[index] for index in self.chosen]

    def children(self, name: str, place: Place) -> tuple[Rows, Sequence[int]]:
        child, parents = self.rows.children(name, place)
        at = {index: own for own, index in enumerate(self.chosen)}
        kept = [position for position, parent in enumerate(parents) if parent in at]
        return _Some(child, kept), [at[parents[position]] for position in kept]
