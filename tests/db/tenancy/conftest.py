"""A shop whose tables reach their tenants in every way there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.databases import connect

from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url


@pytest.fixture
def shop_url(empty_url: Url) -> Url:
    with connect(empty_url) as connection:
        connection.execute(Path(__file__).with_name("shop.sql").read_bytes())
    return empty_url


@pytest.fixture
def shop(shop_url: Url) -> Iterator[Connection]:
    with connect(shop_url) as connection:
        yield connection
