"""What a rule says of a part of a column, such as a moment's year or a text's beginning: the rest may stay as it is."""

import re
from dataclasses import dataclass

from psycopg import sql

_COLUMN = (
    r"\(*(?P<column>\"(?:[^\"]|\"\")+\"|[a-z_][\w$]*)\)?(?:::[\w ]+(?:\(\d+\))?)?(?: AT TIME ZONE '[^']+'::text)?\)*"
)
_MOMENTS = (rf"EXTRACT\((?P<part>\w+) FROM {_COLUMN}\)", rf"date_part\('(?P<part>\w+)'::text, {_COLUMN}\)")
_TEXTS = (
    rf"\"left\"\({_COLUMN}, (?P<part>\d+)\)",
    rf"(?:substr|\"substring\")\({_COLUMN}, 1, (?P<part>\d+)\)",
    rf"SUBSTRING\({_COLUMN} FROM 1 FOR (?P<part>\d+)\)",
)
_CAST = r"\)?(?:::[\w ]+(?:\(\d+\))?)?\)*"
# What a moment is moved by; the largest first, of which the smaller ones take nothing away.
_UNITS = {
    "year": "1 year", "isoyear": "1 year", "quarter": "3 months", "month": "1 month", "week": "7 days",
    "doy": "1 day", "day": "1 day", "isodow": "1 day", "dow": "1 day", "hour": "1 hour", "minute": "1 minute",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a column, and what a rule says that it is."""

    column: str
    own: str  # the expression of the part
    other: str  # that of what it has to be
    unit: str | None  # of a moment
    length: int  # of a text's beginning

    @property
    def order(self) -> int:
        """Say how many parts of a moment are larger."""
        return list(_UNITS).index(self.unit) if self.unit else 0

    def moved(self, name: str) -> str:
        """Return the expression of the column as it has to be, or of another moment that goes along with it."""
        column = sql.Identifier(name).as_string(None)
        if self.unit is None:
            return f"(({self.other})::text || substr(({column})::text, {self.length + 1}))"
        by = f"(({self.other})::double precision - ({self.own})::double precision)"
        return f"({column} + {by} * '{_UNITS[self.unit]}'::interval)"


def part(own: str, other: str) -> Part | None:
    """Read one side of an equation as a part of a column; None where it is none."""
    for pattern in (*_MOMENTS, *_TEXTS):
        if match := re.fullmatch(rf"\(*{pattern}{_CAST}", own):
            name, said = match["column"].strip('"').replace('""', '"'), match["part"]
            if said.isdigit() or said in _UNITS:
                return Part(name, own, other, None if said.isdigit() else said, int(said) if said.isdigit() else 0)
    return None
