"""What a report may show of a refusal."""

import pytest

from ttdb.validate.outcomes import Outcome, without_values


@pytest.mark.parametrize(
    ("sqlstate", "said", "shown"),
    [
        ("22P02", 'invalid input syntax for type integer: "0AUR123451"', 'invalid input syntax for type integer: "…"'),
        ("22P02", 'invalid input syntax for type integer: "5" x "', 'invalid input syntax for type integer: "…"'),
        ("42501", 'permission denied for table "orders"', 'permission denied for table "orders"'),
    ],
)
def test_value_that_could_not_be_handled_is_not_shown(sqlstate: str, said: str, shown: str) -> None:
    assert without_values(Outcome(sqlstate=sqlstate, message=said)) == shown
