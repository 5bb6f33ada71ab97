"""The verb ttdb.protect: what it makes, refuses, keeps and gives back."""

from typing import LiteralString

import psycopg
import pytest
from psycopg import errors as pg
from psycopg import sql
from support.databases import acting_as

from ttdb.postgres.connect import Connection, scalar

A, B = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
DEFINITIONS = "select * from ttdb.definitions_of('{public.notes}')"
PARTED = """
set role ttdb_owner;
create table public.parted (
    id uuid not null default gen_random_uuid(), tenant_id uuid not null, day int not null, primary key (id, day)
) partition by range (day);
create table public.parted_1 partition of public.parted for values from (0) to (10) partition by range (day);
create table public.parted_1a partition of public.parted_1 for values from (0) to (5);
create table public.parted_rest partition of public.parted default;
grant select on public.parted_rest to ttdb_app;
reset role;
"""
LEAVES = ["parted_1", "parted_1a", "parted_rest"]


def test_protect_again_changes_nothing(protected: Connection) -> None:
    before = protected.execute("select oid, * from pg_policy order by oid").fetchall()
    protected.execute("select ttdb.protect('public.notes', worker => '{select}')")
    assert protected.execute("select oid, * from pg_policy order by oid").fetchall() == before


def test_protect_with_other_verbs_leaves_exactly_those(protected: Connection) -> None:
    protected.execute("select ttdb.protect('public.notes', app => '{select}')")
    assert scalar(protected, "select ttdb.is_protected('public.notes', 'tenant_id', '{select}')") is True
    with acting_as(protected, "ttdb_app", A), pytest.raises(pg.InsufficientPrivilege):
        protected.execute("delete from public.notes")
    with acting_as(protected, "ttdb_worker"), pytest.raises(pg.InsufficientPrivilege):
        protected.execute("select * from public.notes")


def test_unprotect_gives_back_what_stood_before(database: Connection) -> None:
    database.execute(
        "alter table public.notes force row level security;"
        "create policy narrow on public.notes as restrictive using (true);"
        "grant select, truncate on public.notes to ttdb_app;"
        "grant insert on public.notes to ttdb_worker with grant option;"
        "grant select on public.notes_number_seq to ttdb_app;"
    )
    before = database.execute(DEFINITIONS).fetchall()
    database.execute("select ttdb.protect('public.notes', worker => '{update}')")
    assert scalar(database, "select ttdb.is_protected('public.notes')") is True
    assert database.execute(DEFINITIONS).fetchall() != before
    database.execute("select ttdb.unprotect('public.notes')")
    assert database.execute(DEFINITIONS).fetchall() == before
    database.execute("select ttdb.unprotect('public.notes')")


@pytest.mark.parametrize(
    "damage",
    [
        "alter table public.notes disable row level security",
        "alter table public.notes no force row level security",
        "drop policy select_own_tenant on public.notes",
        "alter policy select_own_tenant on public.notes using (true)",
        "alter policy select_own_tenant on public.notes to public",
        "create policy more on public.notes for select to ttdb_app using (true)",
        "grant truncate on public.notes to ttdb_app",
        "grant select on public.notes to ttdb_support",
        "revoke select on public.notes from ttdb_app",
        "delete from ttdb.tenant_tables",
    ],
)
def test_is_protected_sees_damage(protected: Connection, damage: LiteralString) -> None:
    assert scalar(protected, "select ttdb.is_protected('public.notes')") is True
    protected.execute(damage)
    assert scalar(protected, "select ttdb.is_protected('public.notes')") is False


@pytest.mark.parametrize(
    ("prepare", "call", "sqlstate", "said"),
    [
        ("", "ttdb.protect('public.notes', 'owner')", "TTCOL", "no column owner"),
        ("", "ttdb.protect('public.notes', 'email')", "TTTYP", "not of type uuid"),
        (
            "alter table public.notes alter tenant_id drop not null",
            "ttdb.protect('public.notes')",
            "TTNUL",
            "may be null",
        ),
        ("", "ttdb.protect('public.notes', app => '{SELECT}')", "TTVRB", "SELECT is not a verb"),
        ("", "ttdb.protect('public.notes', worker => '{truncate}')", "TTVRB", "truncate is not a verb"),
        ("create view public.v as select 1", "ttdb.protect('public.v')", "TTTAB", "not a table"),
        (
            "create policy wide on public.notes using (true)",
            "ttdb.protect('public.notes')",
            "TTPOL",
            "wide on public.notes",
        ),
        (
            "create policy select_own_tenant on public.notes using (true)",
            "ttdb.protect('public.notes')",
            "TTPOL",
            "select_own_tenant on public.notes",
        ),
        (PARTED, "ttdb.protect('public.parted_1a')", "TTPRT", "Protect public.parted"),
    ],
)
def test_protect_refuses(
    database: Connection, prepare: LiteralString, call: LiteralString, sqlstate: str, said: str
) -> None:
    if prepare:
        database.execute(prepare)
    with pytest.raises(psycopg.Error) as caught:
        database.execute("select " + call)
    assert caught.value.sqlstate == sqlstate
    diag = caught.value.diag
    assert said in f"{diag.message_primary} {diag.message_detail} {diag.message_hint}"
    assert scalar(database, "select count(*) from ttdb.tenant_tables where relation = 'public.notes'::regclass") == 0


def test_unprotect_refuses_while_columns_are_masked(masked: Connection) -> None:
    with pytest.raises(psycopg.Error) as caught:
        masked.execute("select ttdb.unprotect('public.notes')")
    assert caught.value.sqlstate == "TTMSK"


def test_partitions_are_closed_to_the_application(database: Connection) -> None:
    database.execute(PARTED + "select ttdb.protect('public.parted')")
    database.execute("insert into public.parted (tenant_id, day) values (%s, 1), (%s, 1), (%s, 99)", (A, B, A))
    with acting_as(database, "ttdb_app", A):
        assert scalar(database, "select count(*) from public.parted") == 2
    for leaf in LEAVES:
        with acting_as(database, "ttdb_app", A), pytest.raises(pg.InsufficientPrivilege):
            database.execute(sql.SQL("select * from public.{}").format(sql.Identifier(leaf)))


def test_operator_reads_a_partition_directly(database: Connection) -> None:
    database.execute(PARTED + "select ttdb.protect('public.parted')")
    database.execute("insert into public.parted (tenant_id, day) values (%s, 1)", (A,))
    with acting_as(database, "ttdb_operator"):
        assert scalar(database, "select count(*) from public.parted_1a") == 1


def test_partition_granted_by_accident_shows_no_row(database: Connection) -> None:
    database.execute(PARTED + "select ttdb.protect('public.parted')")
    database.execute("insert into public.parted (tenant_id, day) values (%s, 1)", (A,))
    database.execute("grant select on all tables in schema public to ttdb_app")
    assert scalar(database, "select ttdb.is_protected('public.parted')") is False
    with acting_as(database, "ttdb_app", A):
        assert scalar(database, "select count(*) from public.parted_1a") == 0


def test_new_partition_is_protected_by_running_the_verb_again(database: Connection) -> None:
    database.execute(PARTED + "select ttdb.protect('public.parted')")
    assert scalar(database, "select ttdb.is_protected('public.parted')") is True
    database.execute("create table public.parted_2 partition of public.parted for values from (10) to (20)")
    assert scalar(database, "select ttdb.is_protected('public.parted')") is False
    database.execute("select ttdb.protect('public.parted')")
    assert scalar(database, "select ttdb.is_protected('public.parted')") is True


def test_unprotect_gives_partitions_back_too(database: Connection) -> None:
    database.execute(PARTED)
    definitions = "select * from ttdb.definitions_of(array(select relation from ttdb.tree_of('public.parted')))"
    before = database.execute(definitions).fetchall()
    database.execute("select ttdb.protect('public.parted')")
    database.execute("select ttdb.unprotect('public.parted')")
    assert database.execute(definitions).fetchall() == before


def test_names_that_need_quotes_are_protected(database: Connection) -> None:
    database.execute(
        'create schema "Odd ""s"; grant usage on schema "Odd ""s" to ttdb_app;'
        'create table "Odd ""s"."T %s" (id int primary key, "Tenant ID" uuid not null);'
        'select ttdb.protect(\'"Odd ""s"."T %s"\', \'Tenant ID\')'
    )
    assert scalar(database, 'select ttdb.is_protected(\'"Odd ""s"."T %s"\')') is True
