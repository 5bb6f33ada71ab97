"""What is named of a session's query holds nothing that a person typed."""

import pytest

from ttdb.migrate.blockers import Blocker, without_literals


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("select * from users where email = 'anna@example.com'", "select * from users where email = ?"),
        ("select 'it''s' || E'a\\'b', 42, 1.5e3", "select ? || ?, ?, ?"),
        ("select $1, t2.x4 from t2", "select $1, t2.x4 from t2"),
        ("do $x$ secret $x$", "do ?"),
        ("update users set note = 'cut off in the mid", "update users set note = ?"),
    ],
)
def test_literals_are_replaced(query: str, shown: str) -> None:
    assert without_literals(query) == shown


def test_what_the_login_may_not_see_is_left_out() -> None:
    assert str(Blocker(17, "3/1", None, None, None, None)) == "pid 17"
    assert str(Blocker(17, "3/1", "app", "active", 2.04, "select 1")) == "pid 17, app, active, open for 2.0 s, select ?"
