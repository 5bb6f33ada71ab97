"""A small table of two tenants, protected, audited and masked, in a database of the test's own."""

from collections.abc import Iterator

import pytest
from support.databases import connect

from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url

_TABLE = """
set role ttdb_owner;
create table public.notes (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null default ttdb.tenant_id(),
    author text,
    email text,
    phone varchar(200),
    secret text,
    number serial
);
reset role;
"""
_ROWS = """
insert into public.notes (tenant_id, author, email, phone, secret) values
    ('11111111-1111-1111-1111-111111111111', 'Ada', 'ada@lovelace.org', '+44 20 7946 0958', 'key'),
    ('22222222-2222-2222-2222-222222222222', 'Bob', 'bob@example.org', '+15550100', 'key');
"""


@pytest.fixture
def database(engine_url: Url) -> Iterator[Connection]:
    """Return a superuser's session in a database with a bare table, public.notes."""
    with connect(engine_url) as connection:
        connection.execute(_TABLE)
        yield connection


@pytest.fixture
def protected(database: Connection) -> Connection:
    """Return the same with the table protected and one row for each of two tenants."""
    database.execute("set role ttdb_owner")
    database.execute("select ttdb.protect('public.notes', worker => '{select}')")
    database.execute("reset role")
    database.execute(_ROWS)
    return database


@pytest.fixture
def audited(protected: Connection) -> Connection:
    """Return the same with every change recorded, but for the secret."""
    protected.execute("set role ttdb_owner")
    protected.execute("select audit.enable('public.notes', '{secret}')")
    protected.execute("reset role")
    return protected


@pytest.fixture
def masked(protected: Connection) -> Connection:
    """Return the protected table with a masked view."""
    protected.execute("set role ttdb_owner")
    protected.execute(
        "select masked.column('public.notes', 'phone', 'phone');"
        "select masked.column('public.notes', 'email', 'email');"
        "select masked.column('public.notes', 'author', 'name');"
        "select masked.column('public.notes', 'id', 'plain');"
    )
    protected.execute("reset role")
    return protected
