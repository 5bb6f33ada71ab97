"""Upgrading and downgrading real databases as a login with no more rights than it needs."""

import threading
from dataclasses import replace

import pytest
from support.catalog import catalog, roles
from support.databases import connect, fresh_database, fresh_login
from support.migrating import SETTINGS, Place, apply_bootstrap, undo_bootstrap

from ttdb.errors import DatabaseAhead, PrivilegeMissing, RevisionUnknown, ServerReadOnly, UpgradeRunning
from ttdb.migrate import script
from ttdb.migrate.back import run_upgrade
from ttdb.migrate.lock import migration_lock
from ttdb.migrate.session import migrating
from ttdb.migrate.status import status
from ttdb.migrate.upgrade import downgrade, upgrade
from ttdb.model.migration import Event, silent
from ttdb.postgres.throwaway import Throwaway

REVISIONS = [item.revision for item in reversed(list(script.directory().walk_revisions()))]


def heads(place: Place) -> set[str]:
    with connect(place.admin) as admin:
        return {row[0] for row in admin.execute("select version_num from public.alembic_version")}


def test_plain_login_reaches_head_and_a_second_run_does_nothing(place: Place) -> None:
    events: list[Event] = []

    assert upgrade(place.migrator, SETTINGS) > 0
    before = catalog(place.admin)
    assert upgrade(place.migrator, SETTINGS, on_event=events.append) == 0

    newest = set(script.directory().get_heads())
    assert heads(place) <= newest  # a branch that another depends on is not recorded beside it
    assert any(head.startswith("platform_") for head in heads(place))
    assert catalog(place.admin) == before
    assert [event.kind for event in events] == ["target", "finished"]
    assert status(place.admin, silent).next_command == "ttdb validate --url URL"
    plain = status(place.migrator, silent).next_command
    assert plain == "ttdb validate --url URL, with a superuser's URL: this login cannot act as ttdb_app"


def test_everything_made_belongs_to_a_group_role_and_not_to_the_login(place: Place) -> None:
    upgrade(place.migrator, SETTINGS)

    owned = [line for line in catalog(place.admin) if f"owner {place.migrator.part('user')}" in line]

    assert owned == []


NOTHING_MADE = {"platform_0015"}  # decides about tables that no empty database has


@pytest.mark.parametrize("revision", REVISIONS)
def test_each_revision_goes_up_down_up_to_the_same_catalog(place: Place, revision: str) -> None:
    position = REVISIONS.index(revision)
    below = REVISIONS[position - 1] if position else "base"
    upgrade(place.migrator, SETTINGS, revision)
    up = catalog(place.admin)

    branch = revision.split("_", maxsplit=1)[0]
    target = below if below.startswith(branch) else f"{branch}@base"
    downgrade(place.migrator, SETTINGS, target)
    assert catalog(place.admin) != up or revision in NOTHING_MADE
    upgrade(place.migrator, SETTINGS, revision)

    assert catalog(place.admin) == up


def test_downgrade_base_and_undo_leave_what_was_there_before(own_server: Throwaway) -> None:
    with fresh_login(own_server.url) as (login, password), fresh_database(own_server.url) as url:
        with connect(url) as admin:
            admin.execute("create table public.own_notes (id int primary key, note text default 'x')")
            admin.execute("create view public.own_view as select note from public.own_notes")
            admin.execute("create function public.own_function() returns int language sql return 1")
        arrived, arrived_roles = catalog(url), roles(url)

        apply_bootstrap(url, login)
        bootstrapped = catalog(url)
        upgrade(url.with_parts(user=login, password=password), SETTINGS)
        downgrade(url.with_parts(user=login, password=password), SETTINGS, "base")
        left = [line for line in catalog(url) if line not in bootstrapped]
        assert left
        assert all("alembic_version" in line for line in left), left
        notices = undo_bootstrap(url)

        assert notices == []
        assert catalog(url) == arrived
        assert roles(url) == arrived_roles


def test_two_databases_in_one_cluster_do_not_disturb_each_other(place: Place, role_server: Throwaway) -> None:
    login = place.migrator.part("user")
    upgrade(place.migrator, SETTINGS)
    with fresh_database(role_server.url) as other:
        apply_bootstrap(other, login)
        upgrade(other.with_parts(user=login, password=place.migrator.part("password")), SETTINGS)
        before = catalog(other)

        downgrade(place.migrator, SETTINGS, "base")
        notices = undo_bootstrap(place.admin)

        assert any("stays" in notice for notice in notices)
        assert catalog(other) == before
        assert upgrade(other.with_parts(user=login, password=place.migrator.part("password")), SETTINGS) == 0


def test_second_upgrade_at_once_names_the_holder_of_the_lock(place: Place) -> None:
    with migration_lock(place.migrator), pytest.raises(UpgradeRunning) as caught:
        upgrade(place.migrator, SETTINGS)

    assert "another migration is running: pid " in caught.value.message
    assert f"login {place.migrator.part('user')}" in caught.value.message


def test_of_two_real_upgrades_at_once_one_works(place: Place) -> None:
    outcomes: list[str] = []
    begun = threading.Event()

    def first() -> None:
        def slowly(event: Event) -> None:
            if event.kind == "step":
                begun.set()
                refused.wait(20)

        outcomes.append(f"first did {upgrade(place.migrator, SETTINGS, on_event=slowly) > 0}")

    refused = threading.Event()
    worker = threading.Thread(target=first)
    worker.start()
    begun.wait(20)
    with pytest.raises(UpgradeRunning):
        upgrade(place.migrator, SETTINGS)
    refused.set()
    worker.join(60)

    assert outcomes == ["first did True"]


def test_login_without_membership_is_told_the_grant(role_server: Throwaway) -> None:
    with fresh_login(role_server.url) as (login, password), fresh_database(role_server.url) as url:
        apply_bootstrap(url)
        with pytest.raises(PrivilegeMissing) as caught:
            upgrade(url.with_parts(user=login, password=password), SETTINGS)

    assert f"grant ttdb_owner to {login};" in str(caught.value.hint).replace('"', "")


def test_who_may_not_end_others_is_told_the_grant_before_anything_is_done(place: Place) -> None:
    before = catalog(place.admin)
    with pytest.raises(PrivilegeMissing) as caught:
        upgrade(place.migrator, replace(SETTINGS, terminate_blockers="1s"))

    assert "grant pg_read_all_stats, pg_signal_backend to " in str(caught.value.hint)
    assert catalog(place.admin) == before


def test_login_that_may_not_bootstrap_is_told_to_have_an_admin_do_it(own_server: Throwaway) -> None:
    with fresh_login(own_server.url) as (login, password), fresh_database(own_server.url) as url:
        before = catalog(url)
        with pytest.raises(PrivilegeMissing) as caught:
            upgrade(url.with_parts(user=login, password=password), SETTINGS)

        assert "ttdb bootstrap" in str(caught.value.hint)
        assert catalog(url) == before


def test_createrole_login_that_owns_its_database_bootstraps_by_itself(own_server: Throwaway) -> None:
    with (
        fresh_login(own_server.url, attributes="createrole") as (login, password),
        fresh_database(own_server.url, owner=login) as url,
    ):
        assert upgrade(url.with_parts(user=login, password=password), SETTINGS) > 0
        downgrade(url.with_parts(user=login, password=password), SETTINGS, "base")
        undo_bootstrap(url)


def test_interrupt_that_leaves_a_statement_running_is_told_as_one(place: Place) -> None:
    """It falls between sending and waiting: the rollback of the transaction around is refused then, an error too."""

    def between_sending_and_waiting() -> None:
        session.connection.pgconn.send_query(b"select pg_catalog.pg_sleep(2)")
        raise KeyboardInterrupt

    with migrating(
        place.migrator, SETTINGS, silent, application="test", before_commit=between_sending_and_waiting
    ) as session:
        session.become_owner()
        with pytest.raises(KeyboardInterrupt):
            run_upgrade(session, "heads")

    assert upgrade(place.migrator, SETTINGS) > 0


def test_upgrade_takes_no_cores_from_the_services(place: Place) -> None:
    with migrating(place.migrator, SETTINGS, silent, application="test") as session:
        workers = session.connection.execute(
            "select current_setting('max_parallel_maintenance_workers'),"
            " current_setting('max_parallel_workers_per_gather'), current_setting('backend_flush_after')"
        ).fetchone()

    assert workers == ("0", "0", "512kB")


def test_unknown_revision_is_refused_with_the_nearest_one(place: Place) -> None:
    with pytest.raises(RevisionUnknown) as caught:
        upgrade(place.migrator, SETTINGS, "platfrom_0001")

    assert caught.value.message == 'unknown revision "platfrom_0001"'
    assert caught.value.hint == 'Did you mean "platform_0001"?'


def test_database_ahead_of_this_version_is_refused(place: Place) -> None:
    upgrade(place.migrator, SETTINGS)
    with connect(place.admin) as admin:
        admin.execute("update public.alembic_version set version_num = 'platform_9999' where version_num like 'plat%'")

    with pytest.raises(DatabaseAhead) as caught:
        upgrade(place.migrator, SETTINGS)

    assert "platform_9999" in caught.value.message


def test_read_only_database_is_named_as_such(place: Place) -> None:
    url = place.migrator.with_parts(options="-c default_transaction_read_only=on")
    with pytest.raises(ServerReadOnly, match="read-only"):
        upgrade(url, SETTINGS)


def test_downgrade_says_how_many_rows_the_older_shape_cannot_hold(place: Place) -> None:
    upgrade(place.migrator, SETTINGS)
    with connect(place.admin) as admin:
        admin.execute("insert into public.tenants (name, slug) values ('One', 'one'), ('Two', 'two')")
    events: list[Event] = []

    downgrade(place.migrator, SETTINGS, "base", events.append)

    lost = next(event.facts["loses"] for event in events if event.kind == "downgrade")
    assert lost == ["2 rows of public.tenants", "2 rows of audit.trail"]
