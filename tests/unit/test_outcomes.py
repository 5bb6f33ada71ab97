"""What a report may show of a refusal."""

import pytest

from ttdb.validate.outcomes import without_values


@pytest.mark.parametrize(
    ("sqlstate", "shown"),
    [("22P02", 'invalid input syntax for type integer: "…"'), ("42501", 'permission denied for table "orders"')],
)
def test_value_that_could_not_be_handled_is_not_shown(sqlstate: str, shown: str) -> None:
    said = {"22P02": 'invalid input syntax for type integer: "0AUR123451"', "42501": shown}

    assert without_values(said[sqlstate], sqlstate) == shown
