"""Clocks of time zones, and moments that fall where more is going on."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ttdb.errors import ScenarioInvalid
from ttdb.seed import zones
from ttdb.seed.columns import EPOCH, SECOND, Moments, Texts, microseconds, pool_of
from ttdb.seed.draw import Ints
from ttdb.seed.place import Place
from ttdb.seed.rules import parse
from ttdb.seed.texts import Coded

_ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe")
_PLACE = Place("seeds/mine.toml", "")


def _in(zone: str, moments: Ints) -> Texts:
    return Texts(pieces=(Coded(pool_of((zone,)), np.zeros(len(moments), np.int64)),))


@pytest.mark.parametrize("zone", _ZONES)
def test_clocks_show_what_the_standard_library_says(zone: str) -> None:
    start = microseconds(datetime(2024, 1, 1, tzinfo=UTC))
    moments = start + np.arange(0, 2 * 366 * 48) * 1801 * SECOND

    shown = zones.local(_in(zone, moments), moments)

    expected = [
        (EPOCH + timedelta(microseconds=moment)).astimezone(ZoneInfo(zone)).replace(tzinfo=UTC)
        for moment in moments.tolist()
    ]
    assert shown.tolist() == [microseconds(moment) for moment in expected]


@pytest.mark.parametrize("zone", _ZONES)
def test_what_clocks_show_leads_back_to_a_moment_that_shows_it(zone: str) -> None:
    moments = microseconds(datetime(2025, 1, 1, tzinfo=UTC)) + np.arange(0, 364 * 24) * 3600 * SECOND
    shown = zones.local(_in(zone, moments), moments)

    back = zones.moment(_in(zone, moments), shown)

    # An hour that clocks show twice may be the other one.
    assert (zones.local(_in(zone, back), back) == shown).all()


def test_zone_that_does_not_exist_is_none() -> None:
    assert not zones.is_zone("Europe/Atlantis")
    assert not zones.is_zone("../etc/passwd")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"during": "a"}, "must be two columns"),
        ({"during": ["a", "b"], "hours": [1]}, "must be 24 whole numbers, 0 or more"),
        ({"during": ["a", "b"], "weekdays": [0] * 7}, "must be 7 whole numbers, 0 or more"),
        ({"during": ["a", "b"], "rush": 101}, "must be a percentage, 0 to 100"),
        ({"during": ["a", "b"], "within": "soon"}, '"soon" is no span of time'),
    ],
)
def test_mistake_in_a_busy_time_is_named(rule: dict[str, object], message: str) -> None:
    with pytest.raises(ScenarioInvalid, match=message):
        parse(rule, _PLACE)


def test_moments_keep_what_is_missing() -> None:
    made = Moments(values=np.array([5, 6]), null=np.array([True, False]))

    assert made.take(np.array([0, 1, -1])).present().tolist() == [False, True, False]
