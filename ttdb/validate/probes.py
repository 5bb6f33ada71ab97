"""Values to plant in personal columns, and what of them, seen by a masked role, tells that they were not masked."""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from ttdb.validate.personal import Kind

_LETTERS = 5  # that come again, and are not the same again by chance
_FORMED = 10  # characters of a value whose form is kept
_WINDOW = 7  # digits, or letters and digits, in a row that no partial mask shows
_MAIL, _MAIL_IN_TEXT = "qzwalther.krumm@vxj.example", "qzgoswin.pfriem@vxj.example"  # what is shown tells whose it is
_ORDINARY, _SHORT, _UNUSUAL = "an ordinary value", "a short value", "a value of unusual form"
_UNDOTTED = "an address whose domain has no dot"
_VALUES: dict[Kind, dict[str, str]] = {
    Kind.EMAIL: {
        _ORDINARY: _MAIL,
        _SHORT: "qz@vxj.example",
        _UNUSUAL: "QZWalther_Krumm+z@vxj.test",  # of another domain, too
        _UNDOTTED: "qzwalther_krumm@vxj",
    },
    Kind.PHONE: {_ORDINARY: "+31 987 654 3218", _SHORT: "4718", _UNUSUAL: "ask for Quentzil Vroombusch"},
    Kind.NAME: {_ORDINARY: "Quentzil Vroombusch", _SHORT: "Qz Vy", _UNUSUAL: "王小明"},
    Kind.NUMBER: {_ORDINARY: "4929617283940556", _SHORT: "4718", _UNUSUAL: "QZ-771-829-304-X"},
    Kind.AMOUNT: {_ORDINARY: "71829"},
    Kind.ADDRESS: {_ORDINARY: "Zwirnweg 847", _SHORT: "Qz 4", _UNUSUAL: "c/o Vroombusch\nZwirnweg 847"},
    Kind.IP: {_ORDINARY: "203.0.113.77"},
    Kind.DATE: {_ORDINARY: "1931-07-23"},
    Kind.SECRET: {_ORDINARY: "qzsecret7718293"},
    Kind.TEXT: {_ORDINARY: f"met {_MAIL_IN_TEXT} at noon", _UNUSUAL: f"<mailto:{_MAIL_IN_TEXT.upper()}>"},
}
_DOCUMENTS: dict[str, object] = {
    _ORDINARY: {"email": _MAIL},
    _SHORT: {"EMail": _MAIL, "E_MAIL": _MAIL},
    _UNUSUAL: {"qz_note": _MAIL, "qz_list": [{"qz": {"mail": _MAIL}}]},
}
_KEYS = {_SHORT: "a key in other letters", _UNUSUAL: "a key that nobody expects"}
ROUNDS = (_ORDINARY, _SHORT, _UNUSUAL, _UNDOTTED)


@dataclass(frozen=True, slots=True)
class Probe:
    """One value to plant."""

    kind: Kind
    when: str
    value: str  # as text; for a document as JSON

    @property
    def ordinary(self) -> bool:
        """Tell whether rows of every day have such values."""
        return self.when == _ORDINARY

    def mutant(self) -> str:
        """Return a guess that is wrong, but looks the same at both ends; of an amount the one below."""
        if self.kind is Kind.AMOUNT:
            return str(int(self.value) - 1)
        middle = len(self.value) // 2 if self.kind is not Kind.EMAIL else self.value.index("@") // 2
        places = [at for at, (one, two) in enumerate(pairwise(self.value)) if one != two and at >= middle - 2]
        at = places[0] if places else 0
        return f"{self.value[:at]}{self.value[at + 1]}{self.value[at]}{self.value[at + 2 :]}"


def probe(kind: Kind, when: str) -> Probe | None:
    """Return the value of a kind for a round; None where it has none."""
    if kind is Kind.DOCUMENT:
        if when not in _DOCUMENTS:
            return None
        return Probe(kind, _KEYS.get(when, when), json.dumps(_DOCUMENTS[when]))
    value = _VALUES[kind].get(when)
    return None if value is None else Probe(kind, when, value)


def formed_as(planted: Probe, known: str) -> Probe | None:
    """Return a probe of the form that a known value has, other letters and digits in their places; None of a short one.

    For columns that take only what has a form: an IBAN, say.
    """
    if len(known) < _FORMED:
        return None
    return replace(planted, value="".join(_moved(sign, place) for place, sign in enumerate(known)))


def _moved(sign: str, place: int) -> str:
    """Return another sign of the same kind."""
    for first, count in (("0", 10), ("a", 26), ("A", 26)):
        at = ord(sign) - ord(first)
        if 0 <= at < count:
            return chr(ord(first) + (at + 3 + place) % count)
    return sign


def reveals(planted: Probe, cell: str) -> bool:
    """Tell whether a text that a masked role sees, or reads backwards or decodes, gives the planted value away."""
    return any(_gives_away(planted, form) or _is_ciphered(planted.value, form) for form in _forms(cell))


def _forms(cell: str) -> Iterator[str]:
    yield cell
    yield cell[::-1]
    packed = re.sub(r"\s", "", cell)
    for decode in (base64.b64decode, bytes.fromhex):
        try:
            yield decode(packed.removeprefix("\\x")).decode()
        except (ValueError, binascii.Error):
            continue


def _is_ciphered(value: str, cell: str) -> bool:
    """Tell whether every letter stands for another, and for that one only, as in ROT13: who has a few pairs has all."""
    raw, seen = value.lower(), cell.lower()
    pairs = set(zip(raw, seen, strict=False))
    letters = {letter for letter, _ in pairs}
    ciphers = {cipher for _, cipher in pairs}
    again = len(raw) - len(letters)  # letters that came before, and must be the same again
    return len(raw) == len(seen) and again >= _LETTERS and len(pairs) == len(letters) == len(ciphers)


def _words(planted: Probe) -> tuple[str, ...]:
    """Return what of a value no mask may show: the box of a mail address, a surname."""
    local = f"{planted.value.lower().partition('@')[0]}@"
    if planted.kind is Kind.EMAIL:
        return ("qzwalther", "krumm") if planted.ordinary else (local, "walther_krumm")
    if planted.kind is Kind.TEXT:
        return ("qzgoswin", "pfriem")
    if planted.kind is Kind.DOCUMENT:
        return ("qzwalther", "krumm")
    surname = planted.kind is Kind.NAME and planted.ordinary
    return ("vroombusch",) if surname or (planted.kind is Kind.PHONE and "vroombusch" in planted.value.lower()) else ()


def _gives_away(planted: Probe, cell: str) -> bool:
    raw, seen = planted.value.lower(), cell.lower()
    if raw in seen or any(word in seen for word in _words(planted)):
        return True
    if planted.kind not in (Kind.PHONE, Kind.NUMBER):
        return False
    bare, shown = re.sub(r"[^a-z0-9]", "", raw), re.sub(r"[^a-z0-9]", "", seen)
    return any(bare[at : at + _WINDOW] in shown for at in range(len(bare) - _WINDOW + 1))
