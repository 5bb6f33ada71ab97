"""Texts that a person believes, by what their column is called: from the frozen vocabularies."""

import hashlib
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
    ({"gender"}, ("female", "male", "female", "male", "other")),
    ({"currency"}, ("USD", "EUR", "USD", "GBP", "USD")),
    ({"locale", "locales", "language", "languages", "lang"}, ("en", "de", "fr", "en", "es")),
    ({"status", "state"}, ("active", "pending", "closed", "active", "active")),
    ({"role"}, ("member", "member", "member", "admin", "viewer")),
    ({"type", "kind", "category", "tier", "plan"}, ("standard", "basic", "special", "standard")),
)
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:139.0) Gecko/20100101 Firefox/139.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "curl/8.14.1",
)
# Of a text that can be sent or followed, a part may be somebody's: these stay whole, or are not made. Nor is a word cut
# of which a letter says as much.
_SHORT = {"url": ("http://a.test",), "uri": ("http://a.test",), "gender": ("F", "M", "X")}
_SENTENCE = ("note", "descr", "comment", "message", "reason", "body", "content", "summary", "text")
WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "iris", "jade", "lotus", "maple")
_DOMAINS = ("@example.com", "@a.test")  # which nobody can have
_LOCAL = 8  # characters before them, at least
_DIFFERENT = 200  # texts of one form
_STEP, _TURNS = 5, 5  # from the first word of one sentence to that of the next, and how far the next words are
_CODES = frozenset(
    {"code", "hash", "digest", "checksum", "token", "key", "secret", "password", "number", "no", "id", "slug", "ref"}
)
_ROADS = ("Street", "Road", "Avenue", "Lane", "Square")


def words_for(
    column: str, table: str, longest: int | None, stream: Callable[[str], Stream], of_place: Stream | None = None
) -> Callable[[Ints], list[str | None]]:
    """Return a way to make texts for a column, cut to what fits.

    Args:
        column: what it is called, in words.
        table: the same of its table.
        longest: the most characters of a text.
        stream: the column's chance, for a purpose.
        of_place: the chance of all columns of a row that are of one place, if the column is.

    """
    if "mail" in column:
        return _mails(longest, stream(""), stream("/2"))
    chance, pool = of_place or stream(""), _fitting(column, table, longest)
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
        return [text if len(text) <= longest else "x" * min(longest, 1) for text in short]
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


def sentence(number: int, length: int) -> str:
    """Return words of so many characters together, other ones for another number."""
    places = (number * _STEP + place * (1 + number % _TURNS) for place in range(length))
    text = " ".join(WORDS[place % len(WORDS)] for place in places).capitalize()[: length - 1]
    return (f"{text[:-1]}s" if text.endswith(" ") else text) + "."


def digits(number: int, length: int) -> str:
    """Return so many hexadecimal digits, other ones for another number."""
    whole = hashlib.sha256(f"{number}".encode()).hexdigest()
    return (whole * (length // len(whole) + 1))[:length]


def is_code(column: str) -> bool:
    """Say whether a column of such a name holds no words, but what machines read."""
    return not _CODES.isdisjoint(column.split("_")) or is_known(column)


def singular(name: str) -> str:
    """Return what one of several is called: ``company`` of ``companies``."""
    whole, separator, last = name.rpartition("_")
    if last in _ODD_PLURALS:
        return whole + separator + _ODD_PLURALS[last]
    end, instead = next((pair for pair in _ENDS if last.endswith(pair[0])), ("", ""))
    return whole + separator + last.removesuffix(end) + instead


def beside_place(column: str) -> str | None:
    """Return what the name of a column of a place says besides: ``billing_`` of ``billing_city``; None of others."""
    part, pool = next(((part, name) for part, name in _BY_NAME if part in column), ("", ""))
    return column.replace(part, "", 1) if pool.startswith("places.") and column not in _BY_WHOLE_NAME else None


def is_known(column: str) -> bool:
    """Say whether a column of such a name holds the same anywhere."""
    return bool(_known(column))


def _known(column: str) -> Sequence[str]:
    """Return what a column of such a name holds anywhere, or nothing."""
    if name := _BY_WHOLE_NAME.get(column) or next((name for part, name in _BY_NAME if part in column), None):
        return _pool(name)
    if found := notations(column, ()):
        return [found[0](number) for number in range(_DIFFERENT)]
    if make := next((make for pattern, make in _MADE if re.search(rf"(?:^|_)(?:{pattern})(?:_|$)", column)), None):
        return [make(number) for number in range(_DIFFERENT)]
    if form := next((form for part, form in _ALIKE.items() if part in column), None):
        return [form.format(number) for number in range(1, _DIFFERENT + 1)]
    return next((words for parts, words in _KINDS if parts.intersection(column.split("_"))), ())


def _street(number: int) -> str:
    word, road = WORDS[number % len(WORDS)].capitalize(), _ROADS[number % len(_ROADS)]
    return f"{1 + 7 * number % 120} {word} {road}"


def _zip(number: int) -> str:
    return f"{10_007 + 397 * number}"


def _iban(number: int) -> str:
    """Return a number with the right check digits; no bank in Germany has a code that begins with a nought."""
    account = f"00000000{number + 1:010}"
    check = 98 - int(f"{account}131400") % 97  # the country in numbers, and no check digits yet
    return f"DE{check:02}{account}"


def _login(number: int) -> str:
    names, family = _pool("first_names"), _pool("last_names")
    return f"{_plain(names[number % len(names)])}.{_plain(family[number % len(family)])}"


# What is made of a number, by words that a column's name holds.
_MADE: tuple[tuple[str, Callable[[int], str]], ...] = (
    ("street", _street),
    ("zip|zip_?code|postal_?code|post_?code", _zip),
    ("iban", _iban),
    ("sku", lambda number: f"SKU-{_zip(number)}"),
    ("login|login_name", _login),
    ("user_?agent", lambda number: _AGENTS[number % len(_AGENTS)]),
)


@cache
def _pool(name: str) -> tuple[str, ...]:
    return vocabulary.words(_pools(), name, Place("seeds/vocabulary", "")).words


@cache
def _pools() -> vocabulary.Pools:
    return vocabulary.load(_FILES, Place("seeds/vocabulary", ""))


def _plain(word: str) -> str:
    return re.sub(r"[^a-z]", "", word.lower()) or "x"
