"""Telephone numbers and addresses that reach nobody, in the notations that columns ask for.

555-0100 to 555-0199 are kept for fiction in every North American area code, and 555 is no area code; the names
example.com, .org and .net and everything in .test are kept by RFC 2606.
"""

import re
from collections.abc import Callable, Sequence

from ttdb.shape.expression import matching

_PHONE = re.compile(r"phone|mobile|fax|msisdn|(^|_)(cell|tel)(_|$)", re.IGNORECASE)
_MAIL = re.compile(r"mail", re.IGNORECASE)
_CLASS = re.compile(r"\[\^?\]?[^\]]*\]")
_ADDRESS = re.compile(r"[^\^(|]@[^$)|]")  # with something on either side: no handle
_RESERVED = re.compile(r"@(?:[\w.-]+\.)?(?:example\.(?:com|org|net)|test)$")
_NUMBER = re.compile(r"[+\d(][\d\s().-]{6,}")
# Area codes begin with 2 to 9; a second digit 9 and two equal last ones are kept for other ends.
_AREAS = [f"{code}" for code in range(201, 990) if code // 10 % 10 not in (code % 10, 9) and code != 555]  # noqa: PLR2004 - as above
_LINES = 100


def notations(name: str, forms: Sequence[str]) -> tuple[Callable[[int], str], ...]:
    """Return ways to write the number or address of a number, for a column that holds such; none for any other.

    Args:
        name: of the column.
        forms: the regular expressions that it must match: where there are any, they tell whether it holds such.

    """
    if any(form == "@" or _ADDRESS.search(_CLASS.sub("x", form)) for form in forms):
        return _MAILS
    if _MAIL.search(name) and not forms:
        return _MAILS
    return _PHONES if _PHONE.search(name) and all(map(_may_be_number, forms)) else ()


def may_be_written(name: str, text: str, forms: Sequence[str] = ()) -> bool:
    """Say whether a text that was not made here, of a column of that name, is surely nobody's number or address."""
    return not notations(name, forms) and ("@" not in text or _RESERVED.search(text) is not None)


def _may_be_number(form: str) -> bool:
    """Tell whether texts of a form may be telephone numbers, and not their digests, say."""
    text = matching(form, 0)
    return text is None or _NUMBER.fullmatch(text) is not None


def _phone(form: str) -> Callable[[int], str]:
    def written(number: int) -> str:
        place, line = divmod(number, _LINES)
        area, rest = (_AREAS[place], f"01{line:02}") if place < len(_AREAS) else ("555", f"{number % 10_000:04}")
        middle = "555" if place < len(_AREAS) else f"{number // 10_000 % 1000:03}"
        return form.format(area=area, middle=middle, line=rest)

    return written


def _mail(form: str) -> Callable[[int], str]:
    return lambda number: form.format(number=number, letters=_in_letters(number))


def _in_letters(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 26)
        text = chr(ord("a") + digit) + text
    return text or "a"


_PHONES = tuple(
    _phone(form)
    for form in (
        *("+1{area}{middle}{line}", "{area}-{middle}-{line}", "({area}) {middle}-{line}", "+1 {area} {middle} {line}"),
        *("+1-{area}-{middle}-{line}", "+1 ({area}) {middle}-{line}", "1-{area}-{middle}-{line}"),
        *("{area}{middle}{line}", "1{area}{middle}{line}", "{area}.{middle}.{line}", "{area} {middle} {line}"),
        *("001{area}{middle}{line}", "+1.{area}{middle}{line}"),
    )
)
_MAILS = tuple(
    _mail(form)
    for form in (
        *("person-{number}@example.com", "person.{number}@example.org", "person{number}@example.net"),
        *("person{letters}@example.com", "person.{letters}@example.com", "PERSON{number}@EXAMPLE.COM"),
        *("{number}@a.test", "{letters}@a.test", "<person{number}@example.com>", "person{number}@mail.example.com"),
    )
)
