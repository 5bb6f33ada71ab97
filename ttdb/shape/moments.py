"""Candidate moments: days by a number, and the spans of time that rules name."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from ttdb.shape.literals import Said

_FIRST_DAY = datetime(2024, 2, 1, 10, tzinfo=UTC)
_LATER = (timedelta(hours=1), timedelta(days=1), timedelta(days=30), timedelta(days=400))
_OTHER_DAYS = (datetime(2036, 2, 1, tzinfo=UTC), datetime(1990, 6, 15, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC))
_MOST_DAYS = 4000  # that a rule may add to a day
_SPAN = re.compile(r"(?:(\d{1,3}) years? ?)?(?:(\d{1,3}) mons? ?)?(?:(\d{1,4}) days? ?)?(?:(\d{2,}):(\d{2}):(\d{2}))?")
_MOST_SPANS = 3


def times(form: str, number: int, found: Said) -> Iterable[str]:
    """Return moments to try in a notation: by a number, later ones, far ones, and what rules speak of."""
    first = _FIRST_DAY + timedelta(days=number % 600, minutes=number % 600)
    said_so = [timedelta(days=each) for each in found.numbers if 1 <= each <= _MOST_DAYS]
    said_so = [*said_so[:6], *_within(found.texts)]
    days = [first, *(first + step for step in _LATER), *_OTHER_DAYS, *(first + step for step in said_so)]
    return [*(each.strftime(form) for each in days), *(each for each in found.texts if each[:1].isdigit())]


def _within(texts: Iterable[str]) -> Iterator[timedelta]:
    """Yield the spans of time that a rule names, what is shorter and longer, and what lies between two of them."""
    spans = [span for text in texts if (span := _span(text)) is not None][:_MOST_SPANS]
    for span in spans:
        yield from (span, span / 2, span * 3 / 2)
    for place, one in enumerate(spans):
        yield from ((one + other) / 2 for other in spans[place + 1 :])


def _span(text: str) -> timedelta | None:
    """Read an interval as the server writes it in a rule: ``1 mon 2 days 03:00:00``; None for another text."""
    match = _SPAN.fullmatch(text)
    if match is None or not text:
        return None
    years, months, days, hours, minutes, seconds = (int(each or 0) for each in match.groups())
    return timedelta(
        days=min(365 * years + 30 * months + days, _MOST_DAYS), hours=hours % 1000, minutes=minutes, seconds=seconds
    )
