"""Local time: how far a zone is from UTC at each moment, from the machine's own table of time zones."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from ttdb.seed.columns import EPOCH, SECOND, Texts
from ttdb.seed.draw import Ints
from ttdb.seed.texts import Coded

_FIRST, _LAST = 2010, 2039  # years; what is earlier or later has the nearest one's clocks
_YEAR = 365 * 86400 * SECOND + 6 * 3600 * SECOND  # within a year of the truth, for two thousand years
_STEP = timedelta(days=7)  # no zone moves twice within it


def is_zone(name: str) -> bool:
    """Say whether this machine knows a time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def offsets(zones: Coded, moments: Ints) -> Ints:
    """Return for each row how many microseconds its zone's clocks are ahead of UTC at its moment."""
    ahead = np.zeros(len(moments), np.int64)
    if not len(moments):
        return ahead
    first, last = (int(1970 + moment // _YEAR) for moment in (moments.min(), moments.max()))
    for code, name in enumerate(zones.pool.words):
        rows = np.flatnonzero(zones.codes == code)
        if len(rows):
            changes, after = _changes(name, max(first - 1, _FIRST), min(last + 1, _LAST))
            ahead[rows] = after[np.searchsorted(changes, moments[rows], side="right")]
    return ahead


def local(zones: Texts, moments: Ints) -> Ints:
    """Return what the clocks of each row's zone show, counted as moments are."""
    return moments + offsets(_coded(zones), moments)


def moment(zones: Texts, shown: Ints) -> Ints:
    """Return the moment at which the clocks of each row's zone show this; in a gap one that is an hour off."""
    coded = _coded(zones)
    return shown - offsets(coded, shown - offsets(coded, shown))


def _coded(zones: Texts) -> Coded:
    coded = zones.coded()
    if coded is None:
        message = "zones are words of a pool"
        raise TypeError(message)
    return coded


@lru_cache(maxsize=256)
def _changes(name: str, first: int, last: int) -> tuple[Ints, Ints]:
    """Return the moments at which a zone's clocks are moved, and how far ahead they are before, between and after.

    From the beginning of a year to the end of another: each week is looked at, and seeds are of few years.
    """
    zone = ZoneInfo(name)
    changes: list[int] = []
    here, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    after = [_ahead(zone, here)]
    while here < end:
        there = here + _STEP
        ahead = _ahead(zone, there)
        if ahead != after[-1]:
            changes.append(_change(zone, here, there))
            after.append(ahead)
        here = there
    return np.array(changes, np.int64), np.array(after, np.int64)


def _change(zone: ZoneInfo, before: datetime, there: datetime) -> int:
    old = _ahead(zone, before)
    while there - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(there - before) // timedelta(seconds=2))
        before, there = (middle, there) if _ahead(zone, middle) == old else (before, middle)
    return (there - EPOCH) // timedelta(seconds=1) * SECOND


def _ahead(zone: ZoneInfo, moment: datetime) -> int:
    ahead = moment.astimezone(zone).utcoffset() or timedelta()
    return ahead // timedelta(seconds=1) * SECOND
