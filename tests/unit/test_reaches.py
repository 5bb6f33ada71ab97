"""What stands beside what in the text of a trigger."""

import pytest

from ttdb.validate.reaches import beside, under_key

_NEW = r"\bnew\.\"?code\b"


@pytest.mark.parametrize(
    ("text", "stand_together"),
    [
        ("where o.number = new.code", True),
        ('where NEW."code" = lower(o.Number)', True),
        ("where o.number = old.code", False),
        ("where o.numbers = new.code", False),
        ("select o.number, new.code", False),  # a list compares nothing
        ("perform o.number; perform new.code", False),
        (f"where o.number = {' ' * 67}new.code", True),
        (f"where o.number = {' ' * 68}new.code", False),
        (f"where new.code = {' ' * 65}o.number", True),
        (f"where new.code = {' ' * 66}o.number", False),
        ("where o.number = 1; -- far\n" + "x" * 300 + "\n and o.number = new.code", True),  # at its second place
        ("", False),
    ],
)
def test_column_stands_beside_a_form(text: str, stand_together: bool) -> None:  # noqa: FBT001 - a parameter
    assert beside(text, "number", _NEW) is stand_together
    assert beside(text, "NUMBER", _NEW) is stand_together


def test_column_stands_beside_a_key_of_a_document() -> None:
    assert beside("where o.number = p_doc ->> 'no'", "number", under_key("no"))
    assert not beside("where o.number = p_doc ->> 'other'", "number", under_key("no"))
