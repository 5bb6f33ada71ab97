"""Rules for text and choices."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from itertools import accumulate
from string import Formatter
from typing import Any

from ttdb.seed.draw import Stream, made_id
from ttdb.seed.rules.base import Rows, Rule, parse, verb
from ttdb.seed.values import Column, Value, shown

_WORD_HEX = 16


@verb("word")
class Word(Rule):
    """``word = "pool"`` or ``"pool.field"``; columns that share a ``draw`` take the same entry."""

    def _read(self, data: Mapping[str, Any]) -> None:
        self.pool = self.text(data, "word")

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        pool = rows.pool(self.pool, self.place)
        return [pool[stream.below(number, len(pool))] for number in rows.numbers]


@verb("choose", "first")
class Choose(Rule):
    """``choose = {A = 3, B = 1}`` by weight, or a list evenly; ``first`` goes to a parent's first rows in turn."""

    def _read(self, data: Mapping[str, Any]) -> None:
        options = data["choose"]
        weights = options if isinstance(options, dict) else dict.fromkeys(range(len(options or ())), 1)
        whole = all(isinstance(weight, int) and weight >= 0 for weight in weights.values())
        if not isinstance(options, (dict, list)) or not whole or not any(weights.values()):
            raise self.place.at("choose").wrong("must be a list, or values with their weights")
        self.options_: Column = list(options)
        self.limits = list(accumulate(weights.values()))
        self.first: Column = data.get("first", [])
        for value in self.first:
            if value not in self.options_:
                raise self.place.at("first").unknown("choice", str(value), map(str, self.options_))

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        return [
            self.first[place] if place < len(self.first) else self._drawn(stream, number)
            for number, place in zip(rows.numbers, rows.places, strict=True)
        ]

    def _drawn(self, stream: Stream, number: int) -> Value:
        drawn = stream.below(number, self.limits[-1])
        return next(value for value, limit in zip(self.options_, self.limits, strict=True) if drawn < limit)


@verb("text", "as")
class Text(Rule):
    """``text = "{name}-{row:06}"``: columns by name; ``{row}`` and ``{place}`` count from 1; ``as`` shapes the text."""

    def _read(self, data: Mapping[str, Any]) -> None:
        self.template = self.text(data, "text")
        self.shape = data.get("as", "plain")
        if self.shape not in _SHAPES:
            raise self.place.at("as").unknown("shape", str(self.shape), _SHAPES)
        try:
            self.parts = list(Formatter().parse(self.template))
        except ValueError as error:
            raise self.place.at("text").wrong(f"is no template: {error}") from error

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        texts = [""] * len(rows)
        for literal, field, spec, _ in self.parts:
            values = self._field(rows, field, spec or "") if field else [""] * len(rows)
            texts = [text + literal + value for text, value in zip(texts, values, strict=True)]
        return [_SHAPES[self.shape](text) for text in texts]

    def _field(self, rows: Rows, field: str, spec: str) -> list[str]:
        values = rows.follow(field, self.place)
        return [format(value, spec) if spec and isinstance(value, int) else shown(value) for value in values]


@verb("hex")
class Hex(Rule):
    """``hex = 24``: so many hexadecimal digits."""

    def _read(self, data: Mapping[str, Any]) -> None:
        self.digits = data["hex"]
        if not isinstance(self.digits, int) or not 1 <= self.digits <= _WORD_HEX * 4:
            raise self.place.at("hex").wrong("must be a number of digits, 1 to 64")

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        streams = [rows.stream(f"{self.draw or name}.{part}") for part in range(-(-self.digits // _WORD_HEX))]
        return ["".join(f"{part.word(number):016x}" for part in streams)[: self.digits] for number in rows.numbers]


@verb("uuid")
class Id(Rule):
    """``uuid = true``: an id by which the seed knows its own rows; what a uuid primary key gets without a rule."""

    def _read(self, data: Mapping[str, Any]) -> None:
        if data["uuid"] is not True:
            raise self.place.at("uuid").wrong("must be true")

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:
        low = rows.stream(f"{self.draw or name}.1")
        return [made_id(stream.word(number), low.word(number)) for number in rows.numbers]


@verb("json")
class Json(Rule):
    """``json = {key = RULE}``: an object, each key by its own rule."""

    def _read(self, data: Mapping[str, Any]) -> None:
        if not isinstance(data["json"], dict):
            raise self.place.at("json").wrong("must be a table of rules")
        self.rules = {key: parse(value, self.place.at("json", key)) for key, value in data["json"].items()}

    def _make(self, rows: Rows, stream: Stream, name: str) -> Column:  # noqa: ARG002 - the shape all rules have
        columns = {key: rule.values(rows, f"{name}.{key}") for key, rule in self.rules.items()}
        return [{key: column[index] for key, column in columns.items()} for index in range(len(rows))]


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


_SHAPES: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "lower": str.lower,
    "slug": lambda text: re.sub(r"[^a-z0-9]+", "-", _ascii(text)).strip("-"),
    "email": lambda text: re.sub(r"[^a-z0-9.@_+-]", "", _ascii(text)),
}
