"""Values that are made of others: rows of a composite type, and documents."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, product
from typing import Any

import numpy as np

from ttdb.seed.generic.fields import Field, field_of, plain
from ttdb.seed.generic.words import WORDS
from ttdb.shape import Schema
from ttdb.shape.model import Kind

_SAMPLES = np.arange(24, dtype=np.int64) * 37
_DOCUMENTS = 16  # where rules ask for nothing in particular
_LONGEST = 4  # of lists of them
_ASKED = 4  # of the objects that rules ask for
_JSON = ("json", "jsonb")


def composed(schema: Schema, own: Field, proposed: Sequence[Any]) -> list[Any]:
    """Return values that a person believes, of a composite type or as a document; none of another type.

    Args:
        schema: with the types.
        own: the column.
        proposed: the values that rules may ask for.

    """
    if own.base.kind is Kind.COMPOSITE:
        return _composites(schema, own)
    return _documents(own, proposed) if own.base.name in _JSON else []


def _composites(schema: Schema, own: Field) -> list[Any]:
    """Return rows whose parts are what they are called; a part of an odd type is null."""
    parts: dict[str, Sequence[str | None]] = {}
    for name, oid, modifier in own.base.attributes:
        column = replace(own.column, name=name, type=oid, modifier=modifier, default=False)
        make = plain(field_of(schema, own.table, column, own.source))
        parts[name] = make(_SAMPLES) if make else [None] * len(_SAMPLES)
    return [dict(zip(parts, line, strict=True)) for line in zip(*parts.values(), strict=True)]


def _documents(own: Field, proposed: Sequence[Any]) -> list[Any]:
    """Return small objects, lists of them where rules speak of such, and those whose keys rules may ask for."""
    name = own.column.name.replace("_", " ")
    found: list[dict[str, Any]] = [
        {"note": f"{one.capitalize()} {name} of {other}", "level": 1 + place % 5, "active": place % 3 > 0}
        for place, (one, other) in enumerate(islice(product(WORDS, WORDS[::5]), _DOCUMENTS))
    ]
    if not own.rules:
        return found
    lists = [found[place : place + 1 + place % _LONGEST] for place in range(_DOCUMENTS)] if _is_array(own) else []
    asked = [each for each in proposed if isinstance(each, dict) and each][:_ASKED]
    return [*({**_worded(own, one, other), **other} for one, other in product(asked, found)), *found, *lists]


def _is_array(own: Field) -> bool:
    """Say whether rules may want an array."""
    return any("array" in rule.lower() for rule in own.rules)


def _worded(own: Field, asked: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Put a word in the place of texts that only tell whose a value is: where these will do, others will."""
    word = str(other["note"]).partition(" ")[0].lower()
    told = f"-{own.column.name}"
    return {key: word if isinstance(text, str) and text.endswith(told) else text for key, text in asked.items()}
