"""Texts that a person believes, by what their column is called: from the frozen vocabularies."""

import re
from collections.abc import Callable, Sequence
from functools import cache

from ttdb.seed import vocabulary
from ttdb.seed.draw import Ints, Stream
from ttdb.seed.place import Place
from ttdb.shape.reserved import notations

_FILES = ("en_US-v1", "ticketing-v1")
# A column whose name has the first part holds words of the second; the first that fits.
_BY_NAME = (
    ("country_code", "places.country_code"), ("country", "places.country_code"), ("time_zone", "places.timezone"),
    ("timezone", "places.timezone"), ("city", "places.city"), ("first_name", "first_names"),
    ("given_name", "first_names"), ("last_name", "last_names"), ("family_name", "last_names"),
    ("surname", "last_names"), ("company", "companies"), ("organi", "companies"), ("venue", "venue_names"),
)  # fmt: skip
_BY_WHOLE_NAME = {
    "given": "first_names", "first": "first_names", "forename": "first_names", "firstname": "first_names",
    "family": "last_names", "last": "last_names", "lastname": "last_names", "nationality": "places.country_code",
    "town": "places.city", "citizenship": "places.country_code",
}  # fmt: skip
_ODD_PLURALS = {
    "people": "person", "children": "child", "men": "man", "women": "woman", "movies": "movie", "series": "series",
    "species": "species", "news": "news", "analyses": "analysis", "cookies": "cookie", "bonuses": "bonus",
    "statuses": "status", "buses": "bus", "campuses": "campus", "aliases": "alias", "lenses": "lens",
    "canvases": "canvas", "caches": "cache", "axes": "axis", "indices": "index",
}  # fmt: skip
# How plurals end and what stands there of one; the first that fits.
_ENDS = (
    ("ss", "ss"), ("us", "us"), ("is", "is"), ("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("sses", "ss"),
    ("xes", "x"), ("zzes", "zz"), ("s", ""),
)  # fmt: skip
_ALIKE = {
    "url": "https://example.com/{0}",
    "uri": "https://example.com/{0}",
    "ip_address": "192.0.2.{0}",
    "hash": "{0:032x}",
    "color": "#{0:06x}",
    "version": "1.{0}.0",
}
_KINDS = (
    ({"currency"}, ("USD", "EUR", "USD", "GBP", "USD")),
    ({"locale", "locales", "language", "languages", "lang"}, ("en", "de", "fr", "en", "es")),
    ({"status", "state"}, ("active", "pending", "closed", "active", "active")),
    ({"role"}, ("member", "member", "member", "admin", "viewer")),
    ({"type", "kind", "category", "tier", "plan"}, ("standard", "basic", "special", "standard")),
)
# Of a text that can be sent or followed, a part may be somebody's: these stay whole, or are not made.
_SHORT = {"url": "http://a.test", "uri": "http://a.test"}
_SENTENCE = ("note", "descr", "comment", "message", "reason", "body", "content", "summary", "text")
WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "iris", "jade", "lotus", "maple")
_DOMAINS = ("@example.com", "@a.test")  # which nobody can have
_LOCAL = 8  # characters before them, at least
_DIFFERENT = 200  # texts of one form


def words_for(
    column: str, table: str, longest: int | None, stream: Callable[[str], Stream]
) -> Callable[[Ints], list[str | None]]:
    """Return a way to make texts for a column, cut to what fits."""
    if "mail" in column:
        return _mails(longest, stream(""), stream("/2"))
    chance, pool = stream(""), _fitting(column, table, longest)
    return lambda numbers: [pool[each] for each in chance.below(numbers, len(pool)).tolist()]


def _mails(longest: int | None, first: Stream, second: Stream) -> Callable[[Ints], list[str | None]]:
    names, family = _pool("first_names"), _pool("last_names")
    domain = next((each for each in _DOMAINS if longest is None or len(each) + _LOCAL <= longest), None)
    room = None if longest is None else longest - len(domain or "")

    def mail(numbers: Ints) -> list[str | None]:
        pairs = zip(first.below(numbers, len(names)).tolist(), second.below(numbers, len(family)).tolist(), strict=True)
        people = (f"{_plain(names[one])}.{_plain(family[other])}"[:room].rstrip(".") for one, other in pairs)
        return [f"{person}{domain or ''}" for person in people]

    return mail


def _fitting(column: str, table: str, longest: int | None) -> Sequence[str]:
    texts = _texts(column, table)
    whole = [text for text in texts if longest is None or len(text) <= longest]
    short = next((text for part, text in _SHORT.items() if part in column), None)
    if whole or longest is None:
        return whole
    if short is not None:
        return [short if len(short) <= longest else "x" * min(longest, 1)]
    return [text[-longest:] if text.isalnum() else text[:longest] for text in texts]


def _texts(column: str, table: str) -> Sequence[str]:
    if known := _known(column):
        return known
    if any(part in column for part in _SENTENCE):
        return [f"{one.capitalize()} {column.replace('_', ' ')} of {other}" for one in WORDS for other in WORDS]
    if column.endswith("name") and any(part in table for part in ("user", "person", "people", "member", "customer")):
        names, family = _pool("first_names"), _pool("last_names")
        return [f"{one} {other}" for one, other in zip(names, family, strict=False)]
    if column.endswith(("name", "title", "label")):
        thing = singular(table).replace("_", " ")
        return [f"{one.capitalize()} {other} {thing}" for one in WORDS for other in WORDS]
    return [f"{column.replace('_', '-')}-{word}" for word in WORDS]


def singular(name: str) -> str:
    """Return what one of several is called: ``company`` of ``companies``."""
    whole, separator, last = name.rpartition("_")
    if last in _ODD_PLURALS:
        return whole + separator + _ODD_PLURALS[last]
    end, instead = next((pair for pair in _ENDS if last.endswith(pair[0])), ("", ""))
    return whole + separator + last.removesuffix(end) + instead


def is_known(column: str) -> bool:
    """Say whether a column of such a name holds the same anywhere."""
    return bool(_known(column))


def _known(column: str) -> Sequence[str]:
    """Return what a column of such a name holds anywhere, or nothing."""
    if name := _BY_WHOLE_NAME.get(column) or next((name for part, name in _BY_NAME if part in column), None):
        return _pool(name)
    if found := notations(column, ()):
        return [found[0](number) for number in range(_DIFFERENT)]
    if form := next((form for part, form in _ALIKE.items() if part in column), None):
        return [form.format(number) for number in range(1, _DIFFERENT + 1)]
    return next((words for parts, words in _KINDS if parts.intersection(column.split("_"))), ())


@cache
def _pool(name: str) -> tuple[str, ...]:
    return vocabulary.words(_pools(), name, Place("seeds/vocabulary", "")).words


@cache
def _pools() -> vocabulary.Pools:
    return vocabulary.load(_FILES, Place("seeds/vocabulary", ""))


def _plain(word: str) -> str:
    return re.sub(r"[^a-z]", "", word.lower()) or "x"
