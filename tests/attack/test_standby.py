"""On a standby the reads are tried, the rest is unproven, and nothing crashes."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.databases import connect
from support.program import ttdb
from support.standby import standby_of

from ttdb.config import Settings
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url


@pytest.fixture
def standby_url(own_server: Throwaway, settings: Settings) -> Iterator[Url]:
    """Return a standby's database with the example's tables, one of them without row security."""
    here = Path(__file__).parent
    with connect(own_server.url) as connection:
        connection.execute((here / "example_roles.sql").read_bytes())
        connection.execute((here / "example.sql").read_bytes())
        connection.execute("reset role; alter table app.orders disable row level security")
    with standby_of(own_server, settings) as url:
        yield url


def test_standby_is_read_and_the_rest_is_unproven(standby_url: Url) -> None:
    ended = ttdb("validate", "--url", standby_url.uri(), "--app-role", "example_app")

    assert "only reads were tried" in ended.err
    assert "app.orders" in ended.out
    assert ended.code == 1, ended.out + ended.err


def test_sound_standby_is_incomplete(standby_url: Url, own_server: Throwaway) -> None:
    with connect(own_server.url) as connection:
        connection.execute("alter table app.orders enable row level security")
    time.sleep(1)

    ended = ttdb(
        "validate", "--url", standby_url.uri(), "--app-role", "example_app", "--cross-tenant-role", "example_worker"
    )

    assert ended.code == 2, ended.out + ended.err
    assert "Traceback" not in ended.err
