"""Texts that a regular expression matches, and contacts that reach nobody."""

import re

import pytest

from ttdb.shape.expression import matching
from ttdb.shape.literals import said
from ttdb.shape.reserved import notations

# By PostgreSQL's expression: the same for Python, which judges here; the tests of the generic seed let the server.
_FORMS = {
    "^[a-z]{3}-[0-9]+$": None,
    r"^\d{3}-\d{4}$": None,
    "^(red|green|blue)$": None,
    "^[^a-z]{8}$": None,
    r"^\S{5}\s\S?$": None,
    "^[A-Z0-9._%+-]+@[A-Z0-9.-]+[.][A-Z]{2,}$": None,
    r"^#(?:[0-9a-fA-F]{6}|[0-9a-f]{3})$": None,
    r"^(?=.{4,}$)[a-z]+(-[a-z]+)*$": "^[a-z]+(-[a-z]+)*$",
    "^[[:alpha:]_][[:alnum:]_]*$": "^[A-Za-z_][A-Za-z0-9_]*$",
    r"^[]a]{2}$": r"^[\]a]{2}$",
    r"^[\w.-]{2,3}$": None,
    r"(?i)^ab+?c$": "^ab+?c$",
    "^a{2,}b{0,1}$": None,
    r"\mword\M": r"\bword\b",
    "": None,
}


@pytest.mark.parametrize(("form", "ours"), _FORMS.items(), ids=_FORMS)
def test_made_texts_match(form: str, ours: str | None) -> None:
    texts = [matching(form, number) for number in range(50)]

    assert all(text is not None and re.search(ours or form, text) for text in texts)


@pytest.mark.parametrize("form", ["(a", "a)", "[a", r"(a)\1", "*a", "[[:what:]]", r"\q", "[^!-~]"])
def test_of_what_is_not_understood_none_is_made(form: str) -> None:
    assert matching(form, 1) is None


def test_texts_are_the_same_everywhere() -> None:
    assert [matching("^[^a-z]{4}-[a-z0-9]{2,6}$", number) for number in range(3)] == [
        "\\7JH-o2dva",
        "ZS7?-k9",
        "N;S6-tpp8",
    ]


def test_plain_text_stands_for_itself() -> None:
    assert matching("***=a.b", 3) == "a.b"


def test_phones_are_those_that_are_kept_for_fiction_and_differ() -> None:
    for written in notations("mobile", ()):
        digits = [re.sub(r"\D", "", written(number))[-10:] for number in range(5000)]

        assert len(set(digits)) == len(digits)
        assert all(re.fullmatch(r"[2-9]\d\d55501\d\d", each) for each in digits)
    beyond = [notations("phone", ())[0](number) for number in range(60_000, 90_000)]
    assert all(re.fullmatch(r"\+1\d{3}55501\d\d|\+1555\d{7}", each) for each in beyond)  # 555 is no area code


def test_addresses_are_of_names_that_nobody_can_have() -> None:
    for written in notations("contact", ("^[^@]+@[^@]+$",)):
        texts = [written(number) for number in range(500)]

        assert len(set(texts)) == len(texts)
        assert all(re.search(r"@(mail\.)?example\.(com|org|net)>?$|@a\.test$", text, re.IGNORECASE) for text in texts)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("handle", r"^@\w+$"),
        ("username", r"^[\w.@+-]+$"),
        ("email_hash", "^[0-9a-f]{64}$"),
        ("phone_hash", "^[0-9a-f]{64}$"),
    ],
)
def test_what_is_no_contact_by_its_form_is_made_by_it(name: str, form: str) -> None:
    assert notations(name, (form,)) == ()


def test_a_rule_of_a_phone_or_an_address_asks_for_none_of_anybody() -> None:
    phones = said(r"(mobile ~ '^\d{10}$'::text)", name="mobile").texts
    mails = said("(contact ~* '^[a-z]+@[a-z]+[.]com$'::text)", name="contact").texts
    others = said(r"(isbn ~ '^\d{10}$'::text)", name="isbn").texts

    assert {text[-10:-4] for text in phones if text.isdigit()} == {"201555"}
    assert all("example." in text.lower() or text.endswith("@a.test") for text in mails)
    assert len(set(others)) > 1
    assert all(re.fullmatch(r"\d{10}", text) for text in others)
