"""The rule that counts what comes later: rows that point at these ones, of those that every volume has."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from ttdb.seed.columns import Column, Link, Numbers, Value
from ttdb.seed.draw import Ints, Stream
from ttdb.seed.rules.base import Rows, Rule, verb

if TYPE_CHECKING:
    from ttdb.seed.world import Table


@verb("tally", "by", "where", "first", "each")
class Tally(Rule):
    """``tally = "order_items.quantity", by = "ticket_type_id"``: the sum over the rows that point at this one.

    Only those count that are made for the first rows, ``first = [12, 8], each = "tenants"``: twelve, and eight for
    each tenant. So it hangs on no other volume, and where ``where`` keeps all later rows away it is the whole sum.
    """

    def _read(self, data: Mapping[str, Any]) -> None:
        self.child, _, self.path = self.text(data, "tally").partition(".")
        self.by, self.each = self.text(data, "by"), self.text(data, "each")
        self.where: dict[str, list[Value]] = data.get("where", {})
        if not isinstance(self.where, dict) or any(not isinstance(allowed, list) for allowed in self.where.values()):
            raise self.place.at("where").wrong("must be columns, each with a list of values")
        first = data.get("first")
        self.first: list[int] = first if isinstance(first, list) else []
        if [type(rows) for rows in self.first] != [int, int] or self.first[0] < 1 or self.first[1] < 0:
            raise self.place.at("first").wrong("must be two numbers of rows", "Write first = [12, 8].")
        self._found: WeakKeyDictionary[Table, tuple[Table, Numbers]] = WeakKeyDictionary()

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        if not len(rows):
            return Numbers(values=np.zeros(0, np.int64))
        each = rows.whole(self.each, self.place)
        found = self._found.get(each)
        if found is None:
            found = self._found[each] = self._counted(rows, len(each))
        parent, sums = found
        return sums.take(np.searchsorted(parent.numbers, rows.numbers))

    def _counted(self, rows: Rows, each: int) -> "tuple[Table, Numbers]":
        """Return the rows pointed at, all of them, and the sum for each."""
        count = self.first[0] + self.first[1] * each
        pointing = rows.pointing(self.child, self.by, count, self.place)
        parts = [self._part(table, link) for table, link in pointing]
        parent, _, like = parts[0]
        sums = np.zeros(len(parent), np.int64)
        for _, positions, values in parts:
            np.add.at(sums, positions, values.values)
        return parent, replace(like, values=sums, null=None, link=None)

    def _part(self, table: "Table", link: Link) -> "tuple[Table, Ints, Numbers]":
        values = table.follow(self.path, self.place)
        if not isinstance(values, Numbers):
            raise self.place.wrong(f'"{self.child}.{self.path}" holds {values.kind}, no numbers')
        fits = values.present() & (link.positions >= 0)
        for path, allowed in self.where.items():
            fits &= table.follow(path, self.place).among(allowed)
        chosen = np.flatnonzero(fits)
        return link.table, link.positions[chosen], values.take(chosen)
