"""What each group role can and cannot do with the rows of a protected table."""

from typing import LiteralString

import psycopg
import pytest
from psycopg import errors as pg
from support.databases import acting_as

from ttdb.postgres.connect import Connection, scalar

A, B = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
COUNT = "select count(*) from public.notes"


def test_app_reads_its_own_tenant_only(protected: Connection) -> None:
    with acting_as(protected, "ttdb_app", A):
        assert protected.execute("select author from public.notes").fetchall() == [("Ada",)]


def test_app_writes_its_own_tenant_only(protected: Connection) -> None:
    with acting_as(protected, "ttdb_app", A):
        assert protected.execute("update public.notes set author = 'x'").rowcount == 1
        assert protected.execute("delete from public.notes").rowcount == 1


def test_app_insert_takes_the_tenant_from_the_context(protected: Connection) -> None:
    with acting_as(protected, "ttdb_app", A):
        row = protected.execute("insert into public.notes (author) values ('x') returning tenant_id").fetchone()
    assert row is not None
    assert str(row[0]) == A


@pytest.mark.parametrize("tenant", [None, "", "nonsense", A])
def test_app_cannot_insert_for_another_tenant(protected: Connection, tenant: str | None) -> None:
    with acting_as(protected, "ttdb_app", tenant), pytest.raises(pg.InsufficientPrivilege):
        protected.execute("insert into public.notes (tenant_id) values (%s)", (B,))


def test_app_cannot_insert_without_context(protected: Connection) -> None:
    with acting_as(protected, "ttdb_app"), pytest.raises(psycopg.Error):
        protected.execute("insert into public.notes (author) values ('x')")


def test_app_cannot_move_a_row_to_another_tenant(protected: Connection) -> None:
    with acting_as(protected, "ttdb_app", A), pytest.raises(pg.InsufficientPrivilege):
        protected.execute("update public.notes set tenant_id = %s", (B,))


@pytest.mark.parametrize("tenant", [None, ""])
def test_app_sees_nothing_without_context(protected: Connection, tenant: str | None) -> None:
    with acting_as(protected, "ttdb_app", tenant):
        assert scalar(protected, COUNT) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "truncate public.notes",
        "alter table public.notes disable row level security",
        "create table public.mine (id int)",
        "select ttdb.unprotect('public.notes')",
        "select ttdb.protect('public.notes')",
        "select audit.disable('public.notes')",
        "select * from ttdb.tenant_tables",
        "select * from ttdb.ledger",
    ],
)
def test_app_is_refused(protected: Connection, statement: LiteralString) -> None:
    with acting_as(protected, "ttdb_app", A), pytest.raises(pg.InsufficientPrivilege):
        protected.execute(statement)


def test_worker_reads_across_tenants_by_policy(protected: Connection) -> None:
    with acting_as(protected, "ttdb_worker"):
        assert scalar(protected, COUNT) == 2


def test_worker_cannot_use_a_verb_it_was_not_given(protected: Connection) -> None:
    with acting_as(protected, "ttdb_worker"), pytest.raises(pg.InsufficientPrivilege):
        protected.execute("delete from public.notes")


def test_operator_repairs_across_tenants(protected: Connection) -> None:
    with acting_as(protected, "ttdb_operator"):
        assert protected.execute("update public.notes set author = 'x'").rowcount == 2


def test_owner_sees_nothing(protected: Connection) -> None:
    with acting_as(protected, "ttdb_owner", A):
        assert scalar(protected, COUNT) == 0


@pytest.mark.parametrize("role", ["ttdb_support", "ttdb_auditor", "ttdb_definer", "ttdb_masker"])
def test_other_roles_cannot_read_the_table(protected: Connection, role: str) -> None:
    with acting_as(protected, role, A), pytest.raises(pg.InsufficientPrivilege):
        protected.execute(COUNT)
