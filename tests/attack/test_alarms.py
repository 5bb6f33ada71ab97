"""Checks of roles and functions: what a reviewer of a sound database need not look at is not said."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.databases import connect

from ttdb.model.validation import Finding
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url
from ttdb.validate import Hints, library
from ttdb.validate.discover import discover
from ttdb.validate.runner import run_checks


@pytest.fixture
def undone(example_url: Url) -> Iterator[Connection]:
    with connect(example_url) as connection, connection.transaction(force_rollback=True):
        yield connection


def _found(connection: Connection, code: str, hints: Hints) -> list[tuple[str, str | None]]:
    checks = [check for check in library().checks if check.unit.code == code]
    results = list(run_checks(connection, checks, discover(connection, hints)))
    assert all(isinstance(each, Finding) for each in results), results
    return [(each.object, each.role) for each in results if isinstance(each, Finding)]


_OPS = (
    "create role example_ops bypassrls; grant usage on schema app to example_ops;"
    "grant select on all tables in schema app to example_ops;"
    "create policy ops on app.orders for select to example_ops using "
)
_ROLES = Hints(app_roles=("example_app",), masked_roles=("example_support",))


def test_one_more_policy_for_a_role_of_all_tenants_that_bypasses_is_not_said(undone: Connection) -> None:
    undone.execute(f"{_OPS} (true)".encode())

    named = replace(_ROLES, cross_tenant_roles=("example_worker", "example_ops"))

    assert _found(undone, "PRV020", named) == []
    assert _found(undone, "PRV020", replace(_ROLES, cross_tenant_roles=("example_worker",)))


def test_policy_that_holds_a_role_of_all_tenants_to_some_rows_is_made_moot(undone: Connection) -> None:
    undone.execute(f"{_OPS} (org_id = app.org())".encode())

    named = replace(_ROLES, cross_tenant_roles=("example_worker", "example_ops"))

    assert _found(undone, "PRV020", named) == [("role example_ops", "example_ops")]
