"""Local time: how far a zone is from UTC at each moment, from the machine's own table of time zones."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from ttdb.seed.columns import EPOCH, SECOND, Texts
from ttdb.seed.draw import Ints
from ttdb.seed.texts import Coded

_FROM, _TO = datetime(2010, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
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
    for code, name in enumerate(zones.pool.words):
        rows = np.flatnonzero(zones.codes == code)
        if len(rows):
            changes, after = _changes(name)
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
def _changes(name: str) -> tuple[Ints, Ints]:
    """Return the moments at which a zone's clocks are moved, and how far ahead they are before, between and after."""
    zone = ZoneInfo(name)
    changes: list[int] = []
    after = [_ahead(zone, _FROM)]
    here = _FROM
    while here < _TO:
        there = here + _STEP
        if _ahead(zone, there) != after[-1]:
            changes.append(_change(zone, here, there))
            after.append(_ahead(zone, there))
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
