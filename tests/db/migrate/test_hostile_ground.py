"""Migrating where somebody else has set, taken or left things: settings of the login, names, sessions ended."""

import threading

import pytest
from psycopg import sql
from support.catalog import catalog
from support.databases import connect, fresh_database, fresh_login
from support.migrating import SETTINGS, Place, apply_bootstrap

from ttdb.errors import Conflicts, DatabaseUnreachable, PrivilegeMissing, RevisionUnknown, ServerUnsupported
from ttdb.migrate import script
from ttdb.migrate.status import plan, status
from ttdb.migrate.upgrade import as_sql, downgrade, upgrade
from ttdb.model.migration import Event, silent
from ttdb.postgres.throwaway import Throwaway

_SETTINGS = (
    "standard_conforming_strings = off",
    "quote_all_identifiers = on",
    "default_tablespace = 'pg_default'",
    "client_encoding = 'latin1'",
    "role = 'ttdb_owner'",
    "statement_timeout = '20ms'",
)


def test_settings_of_the_login_change_nothing(place: Place) -> None:
    upgrade(place.migrator, SETTINGS)
    undisturbed = catalog(place.admin)
    downgrade(place.migrator, SETTINGS, "base")
    login = sql.Identifier(str(place.migrator.part("user")))
    with connect(place.admin) as admin:
        for setting in _SETTINGS:
            admin.execute(sql.SQL("alter role {} set " + setting).format(login))

    upgrade(place.migrator, SETTINGS)

    assert catalog(place.admin) == undisturbed
    assert {step.state for step in plan(place.migrator, "heads", silent)} <= {"recorded"}


@pytest.mark.parametrize(
    ("standing", "named"),
    [
        ("create schema ttdb", "ttdb"),
        ("create schema audit", "audit"),
        ("create schema masked", "masked"),
        ("create schema audit; create table audit.trail (id int)", "audit"),
    ],
)
def test_schema_of_somebody_else_stops_the_upgrade_before_its_first_change(
    place: Place, standing: str, named: str
) -> None:
    with connect(place.admin) as admin:
        admin.execute(standing)
    before = catalog(place.admin)

    with pytest.raises(Conflicts) as caught:
        upgrade(place.migrator, SETTINGS)

    assert named in {str(getattr(conflict, "object", "")) for conflict in caught.value.conflicts}
    assert catalog(place.admin) == before


def test_encoding_that_cannot_hold_all_names_is_refused(role_server: Throwaway) -> None:
    with fresh_database(role_server.url) as url, connect(role_server.url) as admin:
        name = sql.Identifier(str(url.part("dbname")))
        admin.execute(sql.SQL("drop database {}").format(name))
        admin.execute(sql.SQL("create database {} encoding 'latin1' locale 'C' template template0").format(name))
        with pytest.raises(ServerUnsupported, match="encoding LATIN1"):
            upgrade(url, SETTINGS)


def test_upgrade_ends_when_the_session_with_its_lock_was_ended(place: Place) -> None:
    def end_the_lock(event: Event) -> None:
        if event.kind == "step":
            with connect(place.admin) as admin:
                admin.execute(
                    "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                    " where application_name = 'ttdb lock' and datname = current_database()"
                )

    with pytest.raises(DatabaseUnreachable, match="migration lock was ended"):
        upgrade(place.migrator, SETTINGS, on_event=end_the_lock)

    assert upgrade(place.migrator, SETTINGS) > 0


def test_revisions_are_counted_from_where_the_database_is(place: Place) -> None:
    engine = next(item for item in script.directory().walk_revisions() if item.revision == "engine_0001")

    assert upgrade(place.migrator, SETTINGS, "engine@+1") == len(script.steps(engine))
    assert upgrade(place.migrator, SETTINGS, "platform@+1") > 0
    with pytest.raises(RevisionUnknown):
        upgrade(place.migrator, SETTINGS, "platform@+99")
    assert downgrade(place.migrator, SETTINGS, "platform@-1") > 0
    assert status(place.migrator, silent).heads == ("engine_0001",)


@pytest.mark.parametrize(
    ("target", "last", "kept"),
    [
        ("platform@base", "undo platform_0001 table-tenants", "undo engine_"),
        # What depends on engine_0002 goes with it: the tables by month, and what came after them. The tables before
        # them need engine_0001 only, and stay with it.
        ("engine_0001", "undo engine_0002 ", "undo platform_0007"),
        ("engine_0001", "undo platform_0008 table-payment-transactions", "undo engine_0001"),
    ],
)
def test_printed_way_back_stops_where_it_is_told(target: str, last: str, kept: str) -> None:
    printed = as_sql(target, down=True)

    assert last in printed
    assert kept not in printed


def test_login_that_may_not_even_read_is_told_the_grant(place: Place, role_server: Throwaway) -> None:
    upgrade(place.migrator, SETTINGS)
    with fresh_login(role_server.url) as (login, password):
        with pytest.raises(PrivilegeMissing) as caught:
            status(place.admin.with_parts(user=login, password=password), silent)

        assert f"grant ttdb_owner, ttdb_operator to {login};" in str(caught.value.hint)


def test_login_that_may_read_the_revision_but_not_the_ledger_is_told_what_it_lacks(
    place: Place, role_server: Throwaway
) -> None:
    upgrade(place.migrator, SETTINGS, "engine@head")
    with connect(place.admin) as admin, fresh_login(role_server.url, member_of=("ttdb_app",)) as (login, password):
        admin.execute("grant select on public.alembic_version to ttdb_app")
        found = status(place.admin.with_parts(user=login, password=password), silent)

    assert f"{login} is no member of ttdb_owner" in {lack.what for lack in found.missing}


def test_index_build_that_was_killed_is_known_for_ours(place: Place) -> None:
    upgrade(place.migrator, SETTINGS)
    undisturbed = catalog(place.admin)
    downgrade(place.migrator, SETTINGS, "base")
    waiting, killed = threading.Event(), threading.Event()

    def hold_a_snapshot(event: Event) -> None:
        if event.kind == "step" and event.facts["step"] == "table-users":
            threading.Thread(target=hold).start()
            waiting.wait(20)

    def hold() -> None:
        with connect(place.admin) as other, connect(place.admin) as admin:
            other.execute("begin isolation level repeatable read; lock table public.users in row exclusive mode")
            waiting.set()
            while not admin.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where query like 'create%index concurrently%' and wait_event_type = 'Lock'"
            ).fetchall():
                pass
            killed.set()

    with pytest.raises(DatabaseUnreachable):
        upgrade(place.migrator, SETTINGS, on_event=hold_a_snapshot)
    assert killed.wait(20)
    with connect(place.admin) as admin:
        assert admin.execute("select step from ttdb.ledger where outcome = 'begun'").fetchall() == [
            ("index-users-email-idx",)
        ]
        # As if the kill had come between the index and its comment.
        admin.execute(
            "drop index public.users_email_idx; set role ttdb_owner;"
            "create unique index users_email_idx on public.users (tenant_id, email) where deleted_at is null"
        )
    assert "index-users-email-idx" in {step.step for step in plan(place.migrator, "heads", silent)}

    upgrade(place.migrator, SETTINGS)

    assert catalog(place.admin) == undisturbed
    with connect(place.admin) as admin:
        # That one only looks: on an empty database there is nothing for it to refuse.
        assert admin.execute("select step from ttdb.ledger where outcome <> 'done'").fetchall() == [
            ("refuse-broken-rows",)
        ]
        assert admin.execute(
            "select step from ttdb.managed_objects where identity = 'public.users_email_idx'"
        ).fetchall() == [("index-users-email-idx",)]


def test_bootstrap_of_another_schema_lets_the_owner_in(own_server: Throwaway) -> None:
    with fresh_database(own_server.url) as url:
        with connect(url) as admin:
            admin.execute("create schema shop; create table shop.parents (id int primary key);")
            admin.execute(
                "create table shop.children (id int references shop.parents); insert into shop.parents values (1)"
            )
        apply_bootstrap(url, schemas=("shop",))
        with connect(url) as admin:
            admin.execute("insert into shop.children values (1)")
