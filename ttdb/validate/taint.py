"""Values that only other tenants' rows have, and finding them again: whole, inside text, encoded, hashed."""

import base64
import binascii
import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, product

from ttdb.validate.catalog import TABLES, Catalog, Column, Relation
from ttdb.validate.ground import Ground, Row, is_somebodys
from ttdb.validate.personal import Kind, kind_of, kind_of_key

_JSON = ("json", "jsonb")
_TEXTS = ("text", "character varying", "character", "citext", "name")
_LONG, _INSIDE = 12, 100  # characters of a text that is no word; how many of these are looked for inside others
_DIGITS, _MANY_DIGITS = 7, 9
_PHRASE, _COLUMN = 8, 3  # letters of a name; rows that make a column one of names
_SENTENCE = 20  # characters of a text of more words than a name has
_GUARDED = (Kind.SECRET, Kind.NUMBER)  # nobody else has such a value by chance, whatever it is made of
_FEW, _WORDS = 2, 5  # words of a name
_LETTERS = 4  # of a tenant's name
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MAIL, _HASH = re.compile(r"[\w.+-]+@[\w.-]+\w"), re.compile(r"\b(?:[0-9a-f]{32}|[0-9a-f]{64})\b")
_NUMBER, _WORD = re.compile(r"\+?\d[\d ()./-]{5,}\d"), re.compile(r"[^\W\d_]+")
_CODE, _CODE_LENGTH, _CODE_DIGITS = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?"), 8, 3  # tax-b-881
_BASE64, _BYTES = re.compile(r"[A-Za-z0-9+/\s]{16,}={0,2}"), re.compile(r"\\x([0-9a-f]{8,})")


@dataclass(slots=True)
class _Forms:
    """The forms of some rows' values, each with the value."""

    exact: dict[str, str] = field(default_factory=dict)  # keys, addresses, codes, long texts, and hashes of anything
    numbers: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # of several words
    sources: dict[str, set[tuple[int, str]]] = field(default_factory=dict)  # tables and columns, by value

    def without(self, own: "_Forms") -> "_Forms":
        return _Forms(
            {form: value for form, value in self.exact.items() if form not in own.exact},
            {form: value for form, value in self.numbers.items() if form not in own.numbers},
            {form: value for form, value in self.names.items() if form not in own.names},
            self.sources,
        )


class Taint:
    """What to look for on behalf of one tenant: others' values, and others by their own names.

    ``tenants`` are all others, in lower case; ``marks`` are those that no row of the tenant's own has for a word.
    """

    def __init__(self, catalog: Catalog, ground: Ground, actor: str) -> None:
        own, others = _Forms(), _Forms()
        referring = {(key.child, name) for key in catalog.foreign_keys for name in key.child_columns}
        for oid, holding in ground.holdings.items():
            relation = catalog.relations[oid]
            if relation.kind not in TABLES:
                continue
            names = _columns_of_names(relation, [row for rows in holding.rows.values() for row in rows])
            for tenant, rows in holding.rows.items():
                forms = own if tenant == actor else others
                for row, column in product(rows, relation.columns):
                    if (oid, column.name) not in referring:
                        named = column.name in names or tenant == actor
                        _learn(forms, relation, column, row.get(column.name), named=named)
        self._forms = others.without(own)
        self._named = {word for name in (*own.names, *others.names) for word in name.split()}
        self.tenants = frozenset(each.lower() for each in ground.tenants if each != actor and _is_telling(each))
        self.marks = self.tenants - {text for row in _rows_of(catalog, ground, actor) for text in row}

    def sources(self, value: str) -> frozenset[tuple[int, str]]:
        """Return the tables and columns in which others have a value."""
        return frozenset(self._forms.sources.get(value, ()))

    def gathered(self, words: Collection[str]) -> list[str]:
        """Return others' names, all of whose words are among some; none where most of these are in nobody's name.

        A list of names as people give them to children has many that nobody bears.
        """
        there = {word.lower() for word in words}
        if 2 * len(there & self._named) < len(there):
            return []
        return [name for name in self._forms.names if there.issuperset(name.split())]

    @cached_property
    def _long(self) -> list[str]:
        return [form for form in self._forms.exact if len(form) >= _LONG and not UUID.fullmatch(form)][:_INSIDE]

    def found(self, text: str, *, sure: bool = False, lexemes: bool = False) -> Iterator[str]:
        """Return others' values in a text.

        Args:
            text: what was seen.
            sure: only values that nobody else has by chance: no names and no short numbers.
            lexemes: the text is a search vector, whose words are out of order.

        """
        for each in (text, *_decoded(text)):
            low = each.lower().strip()
            pieces = (UUID.findall(low), _MAIL.findall(low), _HASH.findall(low), _codes(low))
            forms = [low, *_as_document(low), *chain.from_iterable(pieces)]
            yield from (self._forms.exact[form] for form in forms if form in self._forms.exact)
            yield from (self._forms.exact[form] for form in self._long if form in low)
            yield from self._numbers(low, _MANY_DIGITS if sure else _DIGITS)
            if not sure:
                yield from self._names(low, lexemes=lexemes)

    def _numbers(self, low: str, digits: int) -> Iterator[str]:
        for run in _NUMBER.findall(low):
            bare = re.sub(r"\D", "", run)
            if len(bare) >= digits and bare in self._forms.numbers:
                yield self._forms.numbers[bare]

    def _names(self, low: str, *, lexemes: bool) -> Iterator[str]:
        words = _WORD.findall(low)
        if lexemes:
            there = set(words)
            yield from (value for name, value in self._forms.names.items() if there.issuperset(name.split()))
            return
        for length in range(_FEW, _WORDS + 1):
            for start in range(len(words) - length + 1):
                name = " ".join(words[start : start + length])
                if name in self._forms.names:
                    yield self._forms.names[name]


def _is_telling(tenant: str) -> bool:
    """Tell whether a tenant's own name is told from other values: no number and no two letters."""
    if UUID.fullmatch(tenant.lower()):
        return is_somebodys(tenant)
    return sum(sign.isalpha() for sign in tenant) >= _LETTERS


def _rows_of(catalog: Catalog, ground: Ground, actor: str) -> Iterator[Iterator[str]]:
    """Return the texts of a tenant's rows, in lower case, but for the columns that refer to other rows."""
    referring = {(key.child, name) for key in catalog.foreign_keys for name in key.child_columns}
    for oid, holding in ground.holdings.items():
        for row in holding.rows.get(actor, ()):
            said = (value for name, value in row.items() if (oid, name) not in referring)
            yield (text.lower() for value in said for text in texts_of(value))


def _columns_of_names(relation: Relation, rows: list[Row]) -> set[str]:
    """Return the columns of texts and documents in which no value comes twice: what they hold says whose it is."""
    found = set[str]()
    for column in relation.columns if len(rows) >= _COLUMN else ():
        counts = Counter(
            value if isinstance(value, str) else _in_order(value)
            for row in rows
            if isinstance(value := row.get(column.name), str | Mapping)
        )
        if column.type in (*_TEXTS, *_JSON) and len(counts) >= _COLUMN and max(counts.values()) == 1:
            found.add(column.name)
    return found


def _learn(forms: _Forms, relation: Relation, column: Column, value: object, *, named: bool) -> None:
    if isinstance(value, Mapping | list):
        for key, path, text in under_keys(value):
            # Addresses in a list may be of many tenants, wherever it stands.
            is_address = path[-1] == key and _MAIL.fullmatch(text) is not None
            if is_address or kind_of_key(key) in _GUARDED:
                forms.sources.setdefault(text, set()).add((relation.root or relation.oid, column.name))
                _learn_text(forms, text, guarded=True, named=False)
        if named and isinstance(value, Mapping) and len(value) > 1 and len(whole := _written(value)) >= _SENTENCE:
            forms.exact[_in_order(value)] = whole
            forms.sources.setdefault(whole, set()).add((relation.root or relation.oid, column.name))
        return
    if not isinstance(value, str | int) or isinstance(value, bool):
        return
    raw, low = str(value), str(value).lower().strip()
    forms.sources.setdefault(raw, set()).add((relation.root or relation.oid, column.name))
    digits = re.sub(r"\D", "", raw)
    if column.type == "uuid":
        if column.name in relation.key and is_somebodys(low):
            forms.exact[low] = raw
        return
    if len(digits) >= _DIGITS and (column.type in _TEXTS or column.unique) and _NUMBER.fullmatch(low):
        forms.numbers[digits] = raw
    if column.type in _TEXTS:
        _learn_text(forms, raw, guarded=kind_of(relation, column) in _GUARDED, named=named)


def _learn_text(forms: _Forms, raw: str, *, guarded: bool, named: bool) -> None:
    """Learn a text: of a column of names every form of it, of others what nobody else has by chance."""
    low = raw.lower().strip()
    words = _WORD.findall(low)
    is_long = len(low) >= _LONG and re.search(r"\d", low) is not None
    is_sentence = named and len(words) > _WORDS and len(low) >= _SENTENCE
    if "@" in low or is_long or is_sentence or (named and [low] == _codes(low)) or (guarded and len(low) >= _PHRASE):
        forms.exact[low] = raw
    if _FEW <= len(words) <= _WORDS and len(low) >= _PHRASE and named and min(map(len, words)) > 1:
        forms.names[" ".join(words)] = raw
    if (named or guarded) and len(low) >= _PHRASE:
        for made in (hashlib.md5(raw.encode(), usedforsecurity=False), hashlib.sha256(raw.encode())):
            forms.exact[made.hexdigest()] = raw


def under_keys(value: object, key: str = "", path: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Return the texts in a document, each with the last key that leads to it, and the way as the server takes it."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from under_keys(each, str(name), (*path, str(name)))
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from under_keys(each, key, (*path, str(place)))
    elif isinstance(value, str):
        yield key, path, value


def _as_document(low: str) -> Iterator[str]:
    """Return a text that is a document as it is compared."""
    if low.startswith("{") and low.endswith("}"):
        with suppress(ValueError):
            yield _in_order(json.loads(low))


def _in_order(document: Mapping[str, object]) -> str:
    return json.dumps(document, sort_keys=True, ensure_ascii=False, default=str).lower()


def _written(document: Mapping[str, object]) -> str:
    """Return a document as the server writes it: its keys come in the server's order."""
    return json.dumps(document, ensure_ascii=False, default=str)


def _codes(low: str) -> list[str]:
    """Return the words of letters and several digits: numbers of things, as people write them."""
    return [
        code
        for code in _CODE.findall(low)
        if len(code) >= _CODE_LENGTH
        and sum(sign.isdigit() for sign in code) >= _CODE_DIGITS
        and any(sign.isalpha() for sign in code)
    ]


def _decoded(text: str) -> Iterator[str]:
    """Return what a text says when it is read as bytes or in base 64."""
    for digits in _BYTES.findall(text):
        yield from _text(binascii.unhexlify(digits[: len(digits) // 2 * 2]))
    for each in _BASE64.findall(text):
        bare = re.sub(r"\s", "", each)
        try:
            yield from _text(base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True))
        except (ValueError, binascii.Error):
            continue


def _text(data: bytes) -> Iterator[str]:
    try:
        yield data.decode()
    except UnicodeDecodeError:
        return


def texts_of(value: object) -> Iterator[str]:
    """Return the texts and numbers inside a value from JSON, at any depth, and the documents themselves."""
    if isinstance(value, Mapping):
        if len(value) > 1:
            yield _written(value)
        for each in value.values():
            yield from texts_of(each)
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for each in value:
            yield from texts_of(each)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
