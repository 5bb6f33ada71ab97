"""The tenant context: what is set, what is read, and what a puzzled engineer is told."""

from typing import LiteralString

import pytest
from support.databases import acting_as

from ttdb.postgres.connect import Connection, scalar

A = "11111111-1111-1111-1111-111111111111"
MALFORMED = [
    "x", " ", "null", "0", "true", "'", A[:-1], A + "0", f"{{{A}}}", A.replace("-", ""), f" {A}", f"{A}\n", "\U0001f600"
]  # fmt: skip


def test_tenant_is_null_when_nothing_was_set(database: Connection) -> None:
    assert scalar(database, "select ttdb.tenant_id()") is None


def test_tenant_is_null_after_the_transaction_that_set_it(database: Connection) -> None:
    with acting_as(database, "ttdb_app", A):
        assert str(scalar(database, "select ttdb.tenant_id()")) == A
    assert scalar(database, "select current_setting('app.current_tenant_id')") == ""
    assert scalar(database, "select ttdb.tenant_id()") is None


def test_malformed_tenant_is_null_and_no_error(protected: Connection) -> None:
    for value in MALFORMED:
        with acting_as(protected, "ttdb_app", value):
            assert scalar(protected, "select ttdb.tenant_id()") is None
            assert scalar(protected, "select count(*) from public.notes") == 0
            assert protected.execute("update public.notes set author = 'x'").rowcount == 0
            assert protected.execute("delete from public.notes").rowcount == 0


def test_tenant_is_read_in_upper_case_too(database: Connection) -> None:
    with acting_as(database, "ttdb_app", "AAAAAAAA-AAAA-AAAA-AAAA-AAAAAAAAAAAA"):
        assert str(scalar(database, "select ttdb.tenant_id()")) == "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"


def test_tenant_is_asked_once_for_each_table_of_a_query(protected: Connection) -> None:
    """A call inside an InitPlan is made once, whatever the number of rows."""
    query: LiteralString = "explain (verbose, costs off) select * from public.notes as a, public.notes as b"
    with acting_as(protected, "ttdb_app", A):
        plan = [line.strip() for (line,) in protected.execute(query)]

    asked = [plan[number - 2] for number, line in enumerate(plan) if line == "Output: ttdb.tenant_id()"]
    assert len(asked) == 2
    assert all(line.startswith("InitPlan") for line in asked)


@pytest.mark.parametrize(
    ("tenant", "state", "said"),
    [
        (None, "unset", "No tenant is set"),
        ("", "empty", "set it again"),
        ("nonsense", "malformed", "not a UUID"),
        (A, "ok", "No tenant with this id"),
    ],
)
def test_context_says_what_is_wrong(database: Connection, tenant: str | None, state: str, said: str) -> None:
    with acting_as(database, "ttdb_app", tenant):
        row = database.execute("select role, setting, state, advice from ttdb.context()").fetchone()
    assert row is not None
    assert row[:3] == ("ttdb_app", "app.current_tenant_id", state)
    assert said in row[3]


def test_context_says_that_an_existing_tenant_is_visible(database: Connection) -> None:
    database.execute("insert into public.tenants (id, name, slug, status) values (%s, 'A', 'a', 'ACTIVE')", (A,))
    with acting_as(database, "ttdb_app", A):
        assert scalar(database, "select tenant_visible from ttdb.context()") is True


def test_context_warns_a_superuser(database: Connection) -> None:
    assert "sees all tenants" in str(scalar(database, "select advice from ttdb.context()"))


def test_context_sends_a_stranger_to_the_groups(database: Connection) -> None:
    with acting_as(database, "ttdb_owner"):
        assert "none of ttdb's groups" in str(scalar(database, "select advice from ttdb.context()"))


def test_context_survives_row_security_off(database: Connection) -> None:
    with acting_as(database, "ttdb_app", A):
        database.execute("set local row_security = off")
        assert scalar(database, "select tenant_visible from ttdb.context()") is None
