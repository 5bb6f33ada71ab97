"""The rule of a child's foreign key: what the row it was made for holds. No scenario writes it; the catalog does."""

from collections.abc import Mapping
from typing import Any

from ttdb.seed.draw import Stream
from ttdb.seed.rules.base import Rows, Rule
from ttdb.seed.values import Column


class Inherited(Rule):
    """A value taken over from the parent row."""

    verb = "inherited"

    def _read(self, data: Mapping[str, Any]) -> None:
        self.parent, self.column = str(data["parent"]), str(data["column"])

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        theirs = rows.table(self.parent, self.place).column(self.column)
        return [theirs[position] for position in rows.parents or ()]
