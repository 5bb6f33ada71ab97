"""Tokens that anybody can compute again from a guess: digests without a key, or with one that can be read."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

_ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
_SHORTEST = 8  # hexadecimal digits in a row that are no chance
_HEX, _BASE64 = re.compile(r"[0-9a-f]{8,}"), re.compile(r"[A-Za-z0-9+/_-]{16,}")


def computed_with(cell: str, raw: str, keys: Iterable[str]) -> str | None:
    """Return the key with which a guess becomes the token in a cell, '' for none at all; None where none does."""
    runs = _HEX.findall(cell.lower())
    texts = _BASE64.findall(cell)
    if not runs and not texts:
        return None
    for key in ("", *keys):
        shown, packed = _written(raw, key)
        if any(run in shown for run in runs) or any(text in packed for text in texts):
            return key
    return None


@lru_cache(maxsize=10_000)  # each guess is looked for in every cell
def _written(raw: str, key: str) -> tuple[str, str]:
    """Return the digests of a guess as they are written, one a line: in hexadecimal, and in base 64."""
    made = list(_digests(raw, key))
    return "\n".join(each.hex() for each in made), "\n".join(base64.b64encode(each).decode() for each in made)


def _digests(raw: str, key: str) -> Iterator[bytes]:
    for form in _spellings(raw):
        for algorithm in _ALGORITHMS:
            if not key:
                yield hashlib.new(algorithm, form.encode(), usedforsecurity=False).digest()
                continue
            yield hmac.new(key.encode(), form.encode(), algorithm).digest()
            for joined in (f"{key}{form}", f"{form}{key}", f"{key}:{form}", f"{form}:{key}", f"{key}|{form}"):
                yield hashlib.new(algorithm, joined.encode(), usedforsecurity=False).digest()


def _spellings(raw: str) -> list[str]:
    forms = (raw, raw.lower(), raw.upper(), re.sub(r"\s", "", raw), re.sub(r"[^0-9]", "", raw))
    return [form for form in dict.fromkeys(forms) if len(form) > 1]
