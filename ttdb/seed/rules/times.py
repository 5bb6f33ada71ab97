"""Rules for moments: always relative to the scenario's anchor or to another moment of the row, never to now."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ttdb.seed import columns
from ttdb.seed import zones as clocks
from ttdb.seed.columns import DAY, SECOND, Column, Moments, Texts
from ttdb.seed.draw import Ints, Stream
from ttdb.seed.free_days import free_days
from ttdb.seed.rules.base import Rows, Rule, verb

_SPAN = re.compile(r"(?P<sign>[+-]?)(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s)?")
_HUNDRED = 100
_ATTEMPTS = 12  # after so many the last one stands: what is rare stays rare, and no row waits for luck
_SATURDAY = 5  # the first day of the year 2000, counted from Monday
_LONGEST = 1000 * 366 * 86_400  # seconds: further is no date any more
_HINT = 'Write it as "90d", "-2h30m" or "15s".'


@verb("after", "by", "till", "to", "zone")
class After(Rule):
    """``after = "created_at", by = ["5m", "2h"]``: a moment so long after another; ``to = "1h"`` rounds it down.

    With ``till = "anchor"`` the span is drawn so that it ends no later; with ``zone = "tenant_id._zone"`` it is
    added and rounded as that zone's clocks show it: 17 hours after midnight is 5 pm also where clocks change.
    """

    def _read(self, data: Mapping[str, Any]) -> None:
        self.path = self.text(data, "after")
        self.till = self.text(data, "till") if "till" in data else None
        by = data.get("by", "0s")
        bounds = by if isinstance(by, list) else [by, by]
        if len(bounds) != len(("from", "to")):
            raise self.place.at("by").wrong("must be one span or two", _HINT)
        self.low, self.high = (span(self, bound, "by") for bound in bounds)
        if self.low > self.high:
            raise self.place.at("by").wrong("has its bounds the wrong way round")
        self.step = span(self, data.get("to", "1s"), "to")
        if self.step < 1:
            raise self.place.at("to").wrong("must be a span above zero", _HINT)
        self.zone = self.text(data, "zone") if "zone" in data else None

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        base = moments(self, rows, self.path, "after")
        span = (stream.below(rows.numbers, self._choices(rows, base)) + self.low) * SECOND
        if self.zone is not None:
            zones = zone_words(self, rows, self.zone)
            moved = clocks.moment(zones, self._rounded(clocks.local(zones, base.values) + span))
        else:
            moved = self._rounded(base.values + span)
        return replace(base, values=moved, link=None)

    def _choices(self, rows: Rows, base: Moments) -> "int | Ints":
        choices = self.high - self.low + 1
        if self.till is None:
            return choices
        left = (moments(self, rows, self.till, "till").values - base.values) // SECOND - self.low + 1
        fitting: Ints = np.minimum(np.maximum(left, 1), choices)
        return fitting

    def _rounded(self, moments: Ints) -> Ints:
        return moments - (moments // SECOND % self.step) * SECOND if self.step > 1 else moments


@verb("during", "zone", "hours", "weekdays", "months", "rush", "within", "apart")
class During(Rule):
    """``during = ["opens_at", "closes_at"]``: a moment between two, more often when more is going on.

    ``hours``, ``weekdays`` (Monday first) and ``months`` weigh the clock and the calendar, as ``zone`` shows them;
    ``rush = 40, within = "3h"`` puts so many of a hundred into the first hours, most of them at their beginning.
    With ``apart = "venue_id"`` no two rows of one venue fall on the same day: one that would takes a free one.
    """

    def _read(self, data: Mapping[str, Any]) -> None:
        self.paths = data["during"]
        if not isinstance(self.paths, list) or [type(path) for path in self.paths] != [str, str]:
            raise self.place.at("during").wrong("must be two columns", 'Write during = ["opens_at", "closes_at"].')
        self.hours, self.weekdays, self.months = (
            self._weights(data, key, size) for key, size in (("hours", 24), ("weekdays", 7), ("months", 12))
        )
        self.rush = data.get("rush", 0)
        if not isinstance(self.rush, int) or not 0 <= self.rush <= _HUNDRED:
            raise self.place.at("rush").wrong("must be a percentage, 0 to 100")
        self.within = span(self, data.get("within", "1h"), "within")
        self.zone = self.text(data, "zone") if "zone" in data else None
        self.apart = self.text(data, "apart") if "apart" in data else None

    def _weights(self, data: Mapping[str, Any], key: str, size: int) -> Ints:
        weights = data.get(key, [1] * size)
        fits = isinstance(weights, list) and len(weights) == size and all(type(weight) is int for weight in weights)
        if not fits or min(weights) < 0 or max(weights) == 0:
            raise self.place.at(key).wrong(f"must be {size} whole numbers, 0 or more")
        return np.array(weights, np.int64)

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:
        if self.apart is not None and (every := rows.every()) is not rows:
            # A row gives way to those before it, so that all are needed.
            return every.column(name).take(np.searchsorted(every.numbers, rows.numbers))
        start, stop = (moments(self, rows, path, "during") for path in self.paths)
        zones = None if self.zone is None else zone_words(self, rows, self.zone)
        at = self._drawn(rows, stream, name, zones, (start.values, stop.values))
        if self.apart is not None:
            at = self._moved_apart(rows, zones, at, (start.values, stop.values))
        null = None if start.null is None and stop.null is None else ~(start.present() & stop.present())
        return Moments(values=at, null=null)

    def _drawn(self, rows: Rows, stream: Stream, name: str, zones: Texts | None, within: tuple[Ints, Ints]) -> Ints:
        start, stop = within
        length = np.maximum((stop - start) // SECOND, 1)
        at: Ints = start + stream.below(rows.numbers, length) * SECOND
        most = int(self.hours.max() * self.weekdays.max() * self.months.max())
        refused = np.arange(len(rows))
        for attempt in range(1, _ATTEMPTS if most > 1 else 0):
            tried = at[refused] if zones is None else clocks.local(zones.take(refused), at[refused])
            chance = rows.stream(f"{name}.{attempt}?").below(rows.numbers[refused], most)
            refused = refused[chance >= self._weight(tried)]
            again = rows.stream(f"{name}.{attempt}").below(rows.numbers[refused], length[refused])
            at[refused] = start[refused] + again * SECOND
        if self.rush:
            early = rows.stream(f"{name}.rush?").below(rows.numbers, _HUNDRED) < self.rush
            near = np.minimum(length, self.within)
            drawn = rows.stream(f"{name}.rush").below(rows.numbers, near)
            at = np.where(early, start + drawn * drawn // near * SECOND, at)
        return at

    def _moved_apart(self, rows: Rows, zones: Texts | None, at: Ints, within: tuple[Ints, Ints]) -> Ints:
        link = rows.follow(self.apart or "", self.place).link
        if link is None:
            raise self.place.at("apart").wrong(f'"{self.apart}" points at no rows')
        shown, *bounds = (each if zones is None else clocks.local(zones, each) for each in (at, *within))
        days = shown // DAY
        free = free_days(link.positions, days, bounds[0] // DAY + 1, bounds[1] // DAY - 1)
        if free is None:
            raise self.place.at("apart").wrong(
                f'more rows have one "{self.apart}" than there are days', "Widen the time, or make more to choose from."
            )
        moved = shown + (free - days) * DAY
        return moved if zones is None else clocks.moment(zones, moved)

    def _weight(self, shown: Ints) -> Ints:
        hours = shown // (SECOND * 3_600)
        days = hours // 24
        first = int(days.min()) if len(days) else 0
        weights: Ints = self.hours.take(hours - days * 24)
        weights *= self._by_day(first, int(days.max(initial=first))).take(days - first)
        return weights

    def _by_day(self, first: int, last: int) -> Ints:
        days = np.arange(first, last + 1)
        month = (np.datetime64("2000-01-01") + days).astype("datetime64[M]").astype(np.int64) % 12
        weights: Ints = self.weekdays[(days + _SATURDAY) % 7] * self.months[month]
        return weights


@verb("latest")
class Latest(Rule):
    """``latest = ["created_at", "confirmed_at"]``: the last of those moments that there are."""

    further: Any = np.maximum
    start = np.iinfo(np.int64).min

    def _read(self, data: Mapping[str, Any]) -> None:
        self.paths = data[self.verb]
        if not isinstance(self.paths, list) or not self.paths or any(not isinstance(path, str) for path in self.paths):
            raise self.place.at(self.verb).wrong("must be a list of columns")

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        last = np.full(len(rows), self.start)
        null = np.ones(len(rows), np.bool_)
        for path in self.paths:
            found = moments(self, rows, path, self.verb)
            present = found.present()
            null &= ~present
            last = np.where(present, self.further(last, found.values), last)
        return Moments(values=last, null=null if null.any() else None)


@verb("earliest")
class Earliest(Latest):
    """``earliest = ["closes_at", "_lately"]``: the first of those moments that there are."""

    further = np.minimum
    start = np.iinfo(np.int64).max


def zone_words(rule: Rule, rows: Rows, path: str) -> Texts:
    """Return the time zones that a path leads to, or the one that is named itself, such as ``Europe/Berlin``."""
    fixed = path == "UTC" or "/" in path
    found = columns.constant(path, len(rows)) if fixed else rows.follow(path, rule.place)
    coded = found.coded() if isinstance(found, Texts) else None
    if coded is None or not isinstance(found, Texts):
        raise rule.place.at("zone").wrong(f'"{path}" holds no names of time zones', "Let it choose or take a word.")
    for name in coded.pool.words:
        if not clocks.is_zone(name):
            what = f'"{path}" is' if fixed else f'"{path}" holds "{name}", which is'
            raise rule.place.at("zone").wrong(f"{what} no time zone of this machine")
    return found


def moments(rule: Rule, rows: Rows, path: str, key: str) -> Moments:
    """Return the moments that a path leads to; ``anchor`` is the scenario's."""
    if path == "anchor":
        return Moments(values=np.full(len(rows), columns.microseconds(rows.anchor)))
    found = rows.follow(path, rule.place)
    if isinstance(found, Moments):
        return found
    raise rule.place.at(key).wrong(f'"{path}" is no moment', f"Correct the rule of {path}.")


def span(rule: Rule, text: object, key: str) -> int:
    """Return a span of time in seconds."""
    match = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if not match or not text or not any(match[unit] for unit in "dhms"):
        raise rule.place.at(key).wrong(f'"{text}" is no span of time', _HINT)
    days, hours, minutes, seconds = (int(match[unit] or 0) for unit in "dhms")
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if total > _LONGEST:
        raise rule.place.at(key).wrong(f'"{text}" is longer than a thousand years')
    return -total if match["sign"] == "-" else total
