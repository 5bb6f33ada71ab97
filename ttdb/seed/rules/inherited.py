"""The rule of a child's foreign key: what the row it was made for holds. No scenario writes it; the catalog does."""

from collections.abc import Mapping
from typing import Any

from ttdb.seed.columns import Column
from ttdb.seed.draw import Stream
from ttdb.seed.rules.base import Rows, Rule


class Inherited(Rule):
    """A value taken over from the parent row."""

    verb = "inherited"

    def _read(self, data: Mapping[str, Any]) -> None:
        self.column = str(data["column"])

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        per = rows.parent()
        return per.table.column(self.column).take(per.picked)
