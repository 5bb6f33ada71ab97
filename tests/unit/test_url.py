"""Connection URLs: read, written back, and never shown with what may be a password."""

import pytest
from psycopg.conninfo import conninfo_to_dict

from ttdb.errors import UsageError
from ttdb.postgres.url import Url


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://me@db.example.com:5433/tickets",
        "postgresql://me:p%40ss%2Fw@db.example.com/tickets?sslmode=require",
        "postgresql://me@[::1]:5432/tickets",
        "postgresql://me@a.example.com:5432,b.example.com:5433/tickets?target_session_attrs=read-write",
        "postgresql://me@%2Fvar%2Frun%2Fpostgresql/tickets",
        "postgresql:///tickets",
        "host=/tmp dbname='a b' user=me",
    ],
)
def test_written_url_means_what_was_read(text: str) -> None:
    written = Url.parse(text).uri()

    assert conninfo_to_dict(written) == conninfo_to_dict(text)


@pytest.mark.parametrize("text", ["postgresql://u:SEC@RET@host/db", "postgresql://u:SEC/RET@host/db", "postgresql://%"])
def test_url_that_may_hold_half_a_password_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Url.parse(text)

    assert "RET" not in caught.value.message
    assert "percent-encode" in str(caught.value.hint)


def test_part_that_is_none_is_left_out() -> None:
    url = Url.parse("postgresql://me:secret@host:5433/db?hostaddr=127.0.0.1&sslmode=disable")

    bare = url.with_parts(password=None, hostaddr=None, dbname="other")

    assert bare.uri() == "postgresql://me@host:5433/other?sslmode=disable"
    assert "secret" not in bare.conninfo
