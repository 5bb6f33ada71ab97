"""Rules for moments: always relative to the scenario's anchor or to another moment of the row, never to now."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ttdb.seed.draw import Stream
from ttdb.seed.rules.base import Rows, Rule, verb
from ttdb.seed.values import Column, Value

_SPAN = re.compile(r"(?P<sign>[+-]?)(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s)?")
_HINT = 'Write it as "90d", "-2h30m" or "15s".'


@verb("after", "by", "to")
class After(Rule):
    """``after = "created_at", by = ["5m", "2h"]``: a moment so long after another; ``to = "1h"`` rounds it down."""

    def _read(self, data: Mapping[str, Any]) -> None:
        self.path = self.text(data, "after")
        by = data.get("by", "0s")
        bounds = by if isinstance(by, list) else [by, by]
        if len(bounds) != len(("from", "to")):
            raise self.place.at("by").wrong("must be one span or two", _HINT)
        self.low, self.high = (self._seconds(bound, "by") for bound in bounds)
        if self.low > self.high:
            raise self.place.at("by").wrong("has its bounds the wrong way round")
        self.step = self._seconds(data.get("to", "1s"), "to")
        if self.step < 1:
            raise self.place.at("to").wrong("must be a span above zero", _HINT)

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        anchor = self.path == "anchor"
        bases = [rows.anchor] * len(rows) if anchor else rows.follow(self.path, self.place)
        return [self._moved(base, stream, number) for base, number in zip(bases, rows.numbers, strict=True)]

    def _moved(self, base: Value, stream: Stream, number: int) -> Value:
        if base is None:
            return None
        if not isinstance(base, datetime):
            raise self.place.at("after").wrong(f'"{self.path}" is no moment')
        moved = base + timedelta(seconds=self.low + stream.below(number, self.high - self.low + 1))
        since = int((moved - _epoch(moved)).total_seconds())
        return moved - timedelta(seconds=since % self.step)

    def _seconds(self, text: object, key: str) -> int:
        match = _SPAN.fullmatch(text) if isinstance(text, str) else None
        if not match or not text or not any(match[unit] for unit in "dhms"):
            raise self.place.at(key).wrong(f'"{text}" is no span of time', _HINT)
        days, hours, minutes, seconds = (int(match[unit] or 0) for unit in "dhms")
        total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        return -total if match["sign"] == "-" else total


@verb("latest")
class Latest(Rule):
    """``latest = ["created_at", "confirmed_at"]``: the last of those moments that there are."""

    def _read(self, data: Mapping[str, Any]) -> None:
        self.paths = data["latest"]
        if not isinstance(self.paths, list) or not self.paths or any(not isinstance(path, str) for path in self.paths):
            raise self.place.at("latest").wrong("must be a list of columns")

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        columns = [rows.follow(path, self.place) for path in self.paths]
        return [
            max((moment for moment in moments if isinstance(moment, datetime)), default=None)
            for moments in zip(*columns, strict=True)
        ]


def _epoch(moment: datetime) -> datetime:
    return datetime(2000, 1, 1, tzinfo=moment.tzinfo)
