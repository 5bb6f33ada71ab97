"""Rules for text and choices."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, timedelta
from itertools import accumulate
from string import Formatter
from typing import Any

import numpy as np

from ttdb.seed import columns, texts
from ttdb.seed.columns import EPOCH, Booleans, Column, Ids, Moments, Numbers, Texts, Value
from ttdb.seed.draw import Stream, made_ids
from ttdb.seed.place import Place
from ttdb.seed.rules.base import Rows, Rule, parse, verb, whole_numbers
from ttdb.seed.texts import Coded, Piece

_WORD_HEX = 16
_FEW = 100_000  # chances are written down
_WIDTH = re.compile(r"0\d+")


@verb("word", "nth")
class Word(Rule):
    """``word = "pool"`` or ``"pool.field"``; columns that share a ``draw`` take the same entry.

    ``nth = "_turn"`` takes the entry of that number, and begins again after the last: what must not come again soon.
    """

    def _read(self, data: Mapping[str, Any]) -> None:
        self.pool = self.text(data, "word")
        self.nth = self.text(data, "nth") if "nth" in data else None

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        pool = rows.pool(self.pool, self.place)
        if self.nth is None:
            return Texts(pieces=(Coded(pool, stream.below(rows.numbers, len(pool))),))
        turns = whole_numbers(self, rows, self.nth, "nth")
        return Texts(pieces=(Coded(pool, (turns.values - 1) % len(pool)),), null=turns.null)


@verb("choose", "first")
class Choose(Rule):
    """``choose = {A = 3, B = 1}`` by weight, or a list evenly; ``first`` goes to a parent's first rows in turn."""

    def _read(self, data: Mapping[str, Any]) -> None:
        options = data["choose"]
        first = data.get("first", [])
        if not isinstance(first, list):
            raise self.place.at("first").wrong("must be a list of choices")
        weights = options if isinstance(options, dict) else {}
        if isinstance(options, list):
            weights = dict.fromkeys(range(len(options)), 1)
        for value, weight in weights.items():
            if type(weight) is not int or weight < 0:
                what = f'the weight of "{value}" must be a whole number, 0 or more'
                raise self.place.at("choose", str(value)).wrong(what)
        if not any(weights.values()):
            what = "must be a list, or values with weights, not all of them 0"
            raise self.place.at("choose").wrong(what, "Write choose = {A = 3, B = 1}.")
        self.options_: list[Value] = list(options)
        self.limits = np.array(list(accumulate(weights.values())), np.int64)
        few = self.limits[-1] <= _FEW
        self.by_chance = np.repeat(np.arange(len(weights)), list(weights.values())) if few else None
        for value in first:
            if value not in self.options_:
                raise self.place.at("first").unknown("choice", str(value), map(str, self.options_))
        self.first = np.array([self.options_.index(value) for value in first], np.int64)
        try:
            columns.chosen(self.options_, np.zeros(0, np.int64))
        except TypeError as error:
            raise self.place.at("choose").wrong(str(error)) from error

    def named(self) -> Iterator[tuple[Value, Place]]:
        """Yield the choices."""
        weights = np.diff(self.limits, prepend=0).tolist()
        early = set(self.first.tolist())
        for number, value in enumerate(self.options_):
            if weights[number] or number in early:
                yield value, self.place.at("choose", str(value))

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        drawn = stream.below(rows.numbers, int(self.limits[-1]))
        if self.by_chance is not None:
            codes = self.by_chance.take(drawn)
        else:
            codes = np.searchsorted(self.limits, drawn, side="right")
        if len(self.first):
            early = rows.places < len(self.first)
            codes[early] = self.first[rows.places[early]]
        return columns.chosen(self.options_, codes)


@verb("text", "as")
class Text(Rule):
    """``text = "{name}-{row:06}"``: columns by name; ``{row}`` and ``{place}`` count from 1; ``as`` shapes the text."""

    def _read(self, data: Mapping[str, Any]) -> None:
        self.template = self.text(data, "text")
        self.shape = data.get("as", "plain")
        if not isinstance(self.shape, str) or self.shape not in _SHAPES:
            raise self.place.at("as").unknown("shape", str(self.shape), _SHAPES)
        try:
            self.parts = list(Formatter().parse(self.template))
        except ValueError as error:
            raise self.place.at("text").wrong(f"is no template: {error}") from error
        for _, field, spec, _ in self.parts:
            if field == "":
                raise self.place.at("text").wrong('"{}" names no column', 'Write "{name}"; a brace itself is "{{".')
            if spec and not _WIDTH.fullmatch(spec):
                raise self.place.at("text").wrong(f'"{field}:{spec}" is no width', 'Write "{row:06}".')

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        pieces: list[Piece] = []
        for literal, field, spec, _ in self.parts:
            if literal:
                pieces.append(texts.constant(literal, len(rows)))
            if field:
                pieces += shown(rows.follow(field, self.place), int(spec or 0))
        return _SHAPES[self.shape](Texts(pieces=tuple(pieces)))


@verb("hex")
class Hex(Rule):
    """``hex = 24``: so many hexadecimal digits."""

    def _read(self, data: Mapping[str, Any]) -> None:
        self.digits = data["hex"]
        if not isinstance(self.digits, int) or not 1 <= self.digits <= _WORD_HEX * 4:
            raise self.place.at("hex").wrong("must be a number of digits, 1 to 64")

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        parts = range(-(-self.digits // _WORD_HEX))
        words = [rows.stream(f"{self.draw or name}.{part}").words(rows.numbers) for part in parts]
        return Texts(pieces=(texts.hexadecimal(words, self.digits),))


@verb("uuid")
class Id(Rule):
    """``uuid = true``: an id by which the seed knows its own rows; what a uuid primary key gets without a rule."""

    def _read(self, data: Mapping[str, Any]) -> None:
        if data["uuid"] is not True:
            raise self.place.at("uuid").wrong("must be true")

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:
        low = rows.stream(f"{self.draw or name}.1")
        return Ids(values=made_ids(stream.words(rows.numbers), low.words(rows.numbers)))


@verb("json")
class Json(Rule):
    """``json = {key = RULE}``: an object, each key by its own rule."""

    def _read(self, data: Mapping[str, Any]) -> None:
        if not isinstance(data["json"], dict):
            raise self.place.at("json").wrong("must be a table of rules")
        self.rules = {key: parse(value, self.place.at("json", key)) for key, value in data["json"].items()}

    def picks(self) -> Iterator[str]:
        """Name the tables that rows are picked from."""
        for rule in self.rules.values():
            yield from rule.picks()

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        pieces: list[Piece] = []
        for place, (key, rule) in enumerate(self.rules.items()):
            opening = f"{', ' if place else '{'}{json.dumps(key, ensure_ascii=False)}: "
            pieces.append(texts.constant(opening, len(rows)))
            pieces += _as_json(rule.values(rows, f"{name}.{key}"))
        pieces.append(texts.constant("}" if pieces else "{}", len(rows)))
        return Texts(pieces=tuple(pieces), json=True)


def shown(column: Column, width: int = 0) -> tuple[Piece, ...]:
    """Return a column as a template shows it, with nothing where it is NULL."""
    if isinstance(column, Texts):
        return column.shown()
    if isinstance(column, Numbers):
        pieces = _digits(column, width)
    elif isinstance(column, Ids):
        pieces = _uuid(column)
    elif isinstance(column, Moments):
        moments = [EPOCH + timedelta(microseconds=value) for value in column.values.tolist()]
        pieces = (texts.encoded([moment.astimezone(UTC).isoformat() for moment in moments]),)
    elif isinstance(column, Booleans):
        pieces = (Coded(_TRUTH, column.values.astype(np.int64)),)
    else:
        raise TypeError(column.kind)
    return pieces if column.null is None else tuple(piece.only(~column.null) for piece in pieces)


def _digits(column: Numbers, width: int) -> tuple[Piece, ...]:
    if not column.scale:
        return (texts.decimal(column.values, width),)
    whole, part = np.divmod(np.abs(column.values), 10**column.scale)
    sign = Coded(_SIGN, (column.values < 0).astype(np.int64))
    point = texts.constant(".", len(column))
    return (sign, texts.decimal(whole), point, texts.decimal(part, column.scale))


def _uuid(column: Ids) -> tuple[Piece, ...]:
    high, low = column.values[:, 0], column.values[:, 1]
    dash = texts.constant("-", len(column))
    whole = [texts.hexadecimal([part << np.uint64(shift)], digits) for part, shift, digits in _cuts(high, low)]
    return tuple(piece for part in whole for piece in (dash, part))[1:]


def _cuts(high: Any, low: Any) -> tuple[tuple[Any, int, int], ...]:  # noqa: ANN401 - arrays of words
    return (high, 0, 8), (high, 32, 4), (high, 48, 4), (low, 0, 4), (low, 16, 12)


def _as_json(column: Column) -> list[Piece]:
    plain = (isinstance(column, Texts) and column.json) or isinstance(column, Booleans)
    if plain or (isinstance(column, Numbers) and not column.scale):
        inner = list(shown(column))
        if column.null is not None:
            inner.append(Coded(_NULL, column.null.astype(np.int64)))
        return inner
    null = np.zeros(len(column), np.int64) if column.null is None else column.null.astype(np.int64)
    inner = [_escaped(piece) for piece in shown(column)]
    return [Coded(_OPENING, null), *inner, Coded(_CLOSING, null)]


def _escaped(piece: Piece) -> Piece:
    return replace(piece, pool=piece.pool.mapped(_json_text)) if isinstance(piece, Coded) else piece


def _json_text(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)[1:-1]


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


def _email(text: str) -> str:
    return re.sub(r"[^a-z0-9.@_+-]", "", _ascii(text))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", _ascii(text)).strip("-")


def _by_word(shape: Callable[[str], str]) -> Callable[[Texts], Texts]:
    """Return what shapes a text letter by letter, so a word at a time; digits and hexadecimal are in shape."""

    def shaped(column: Texts) -> Texts:
        pieces = (
            replace(piece, pool=piece.pool.mapped(shape)) if isinstance(piece, Coded) else piece
            for piece in column.pieces
        )
        return Texts(pieces=tuple(pieces))

    return shaped


def _by_row(shape: Callable[[str], str]) -> Callable[[Texts], Texts]:
    return lambda column: Texts(pieces=(texts.encoded([shape(text) for text in column.strings()]),))


_TRUTH, _SIGN, _NULL = texts.Pool(["false", "true"]), texts.Pool(["", "-"]), texts.Pool(["", "null"])
_OPENING, _CLOSING = texts.Pool(['"', "null"]), texts.Pool(['"', ""])
_SHAPES: dict[str, Callable[[Texts], Texts]] = {
    "plain": lambda column: column,
    "lower": _by_word(str.lower),
    "slug": _by_row(_slug),
    "email": _by_word(_email),
}
