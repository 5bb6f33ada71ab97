"""sql/apply_security_enhancements.sql, run by psql alone, does what ``ttdb upgrade`` does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from db.migrate.test_offline import managed
from support.catalog import catalog
from support.databases import connect, fresh_database, fresh_login
from support.migrating import SETTINGS, Place, apply_bootstrap
from support.program import ttdb
from support.psql import psql

from ttdb.migrate import partitions
from ttdb.migrate.upgrade import downgrade, upgrade
from ttdb.model.migration import silent
from ttdb.postgres.throwaway import Throwaway

SCRIPT = Path(__file__).parents[3] / "sql" / "apply_security_enhancements.sql"


@pytest.fixture(scope="module")
def upgraded(role_server: Throwaway) -> Iterator[Place]:
    """Return a database that ttdb upgraded, as a bootstrapped login; to read only."""
    with fresh_login(role_server.url) as (login, password), fresh_database(role_server.url) as url:
        apply_bootstrap(url, login)
        made = Place(admin=url, migrator=url.with_parts(user=login, password=password))
        upgrade(made.migrator, SETTINGS)
        partitions.ensure_ahead(made.migrator, SETTINGS, silent)  # as the command does after the steps
        yield made


@pytest.fixture
def beside(role_server: Throwaway, upgraded: Place) -> Iterator[Place]:
    """Return an empty database that is bootstrapped for the same login."""
    login, password = upgraded.migrator.part("user"), upgraded.migrator.part("password")
    with fresh_database(role_server.url) as url:
        apply_bootstrap(url, login)
        yield Place(admin=url, migrator=url.with_parts(user=login, password=password))


def ledger(place: Place) -> list[tuple[object, ...]]:
    with connect(place.admin) as admin:
        return admin.execute(
            "select revision, step, outcome, replaced, digest, recorded_by from ttdb.ledger order by 1, 2"
        ).fetchall()


def heads(place: Place) -> list[tuple[object, ...]]:
    with connect(place.admin) as admin:
        return admin.execute("select version_num from public.alembic_version order by 1").fetchall()


def assert_same(one: Place, other: Place) -> None:
    assert catalog(one.admin) == catalog(other.admin)
    assert managed(one) == managed(other)
    assert ledger(one) == ledger(other)
    assert heads(one) == heads(other)


def test_empty_database_ends_as_ttdb_upgrade_leaves_it(upgraded: Place, beside: Place) -> None:
    ended = psql(SCRIPT, beside.migrator)

    assert (ended.code, ended.err) == (0, "")
    assert_same(beside, upgraded)
    assert upgrade(beside.migrator, SETTINGS) == 0
    assert "pending   nothing" in ttdb("status", "--url", beside.migrator.uri()).out


def test_run_again_it_does_nothing(beside: Place) -> None:
    psql(SCRIPT, beside.migrator)
    before = [*catalog(beside.admin), *map(str, ledger(beside)), *map(str, managed(beside))]

    ended = psql(SCRIPT, beside.migrator)

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[0].startswith("0 steps done, 0 found, ")
    assert [*catalog(beside.admin), *map(str, ledger(beside)), *map(str, managed(beside))] == before


@pytest.mark.parametrize("revision", ["engine_0001", "platform_0006"])
def test_database_at_an_earlier_revision_is_continued(revision: str, upgraded: Place, beside: Place) -> None:
    upgrade(beside.migrator, SETTINGS, revision)

    ended = psql(SCRIPT, beside.migrator)

    assert (ended.code, ended.err) == (0, "")
    assert_same(beside, upgraded)


def test_stopped_on_the_way_it_continues(upgraded: Place, beside: Place, tmp_path: Path) -> None:
    """The script ends in the middle of a step without a transaction, as a kill would end it."""
    text = SCRIPT.read_text(encoding="utf-8")
    comment = text.index("comment on index", text.index("create index concurrently"))
    (tmp_path / "half.sql").write_text(text[:comment] + "do $$ begin raise exception 'killed'; end $$;", "utf-8")
    assert psql(tmp_path / "half.sql", beside.migrator).code == 3

    ended = psql(SCRIPT, beside.migrator)

    assert (ended.code, ended.err) == (0, "")
    assert_same(beside, upgraded)


def test_what_a_service_put_there_before_it_stopped_is_not_taken_for_its_own(beside: Place, tmp_path: Path) -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    build = text.index("create unique index concurrently users_email_idx")
    (tmp_path / "start.sql").write_text(text[: text.rindex("\nbegin;\n", 0, build)], "utf-8")
    stop = text.index("comment on index", build)
    (tmp_path / "half.sql").write_text(text[:stop] + "do $$ begin raise exception 'killed'; end $$;", "utf-8")
    assert psql(tmp_path / "start.sql", beside.migrator).code == 0
    with connect(beside.admin) as admin:
        admin.execute("create index own_idx on public.users (created_at)")
    assert psql(tmp_path / "half.sql", beside.migrator).code == 3

    assert psql(SCRIPT, beside.migrator).code == 0

    recorded = {identity for _kind, identity, *_rest in managed(beside)}
    assert "public.users_email_idx" in recorded
    assert "public.own_idx" not in recorded
    with connect(beside.admin) as admin:
        assert admin.execute("select step from ttdb.ledger where progress ? 'before'").fetchall() == []


def test_what_a_service_put_there_after_a_way_back_stopped_is_not_taken_for_a_step_s_own(beside: Place) -> None:
    assert psql(SCRIPT, beside.migrator).code == 0
    with connect(beside.admin) as admin:
        # As it is where the last downgrade was killed while it dropped the index, which a later step had taken over.
        admin.execute(
            "update ttdb.ledger set outcome = 'begun', progress = '{\"undoing\": true}'"
            " where step = 'index-users-email-idx'"
        )
        admin.execute("update ttdb.managed_objects set step = 'later' where identity = 'public.users_email_idx'")
        admin.execute("drop index public.users_email_idx")
        admin.execute("create index own_idx on public.users (created_at)")

    assert psql(SCRIPT, beside.migrator).code == 0

    recorded = {identity for _kind, identity, *_rest in managed(beside)}
    assert "public.users_email_idx" in recorded
    assert "public.own_idx" not in recorded
    with connect(beside.admin) as admin:
        assert admin.execute("select step from ttdb.ledger where progress ? 'undoing'").fetchall() == []


def test_what_stands_is_found_and_stays_after_a_downgrade(beside: Place) -> None:
    with connect(beside.admin) as admin:
        admin.execute("create schema masked authorization ttdb_owner")

    ended = psql(SCRIPT, beside.migrator)
    downgrade(beside.migrator, SETTINGS, "base")

    assert "engine_0001 schema-masked: found" in ended.out
    with connect(beside.admin) as admin:
        assert admin.execute("select pg_catalog.to_regnamespace('masked') is not null").fetchone() == (True,)


def test_conflict_stops_it_before_the_first_change(beside: Place) -> None:
    with connect(beside.admin) as admin:
        admin.execute("create table public.orders (id bigint primary key)")
        admin.execute("alter table public.orders owner to ttdb_owner")
    before = catalog(beside.admin)

    ended = psql(SCRIPT, beside.migrator)

    assert ended.code == 3
    assert "public.orders" in ended.out
    assert "column tenant_id uuid is missing" in ended.out
    assert "conflicts stand in the way; nothing was changed" in ended.err
    assert catalog(beside.admin) == before


def test_table_that_it_would_leave_open_stops_it(beside: Place) -> None:
    """Only ttdb upgrade decides about those of the platform's tables that stand beside what its revisions make."""
    upgrade(beside.migrator, SETTINGS, "platform_0014")
    with connect(beside.admin) as admin:
        admin.execute("create table public.ab_tests (id uuid primary key, venue_id uuid)")
    before = catalog(beside.admin)

    ended = psql(SCRIPT, beside.migrator)

    assert ended.code == 3
    assert "public.ab_tests" in ended.out + ended.err
    assert "ttdb upgrade" in ended.out + ended.err
    assert catalog(beside.admin) == before


def test_without_the_bootstrap_it_says_so(own_server: Throwaway) -> None:
    ended = psql(SCRIPT, own_server.url)

    assert ended.code == 3
    assert "roles are missing: ttdb_owner" in ended.err
    assert "ttdb bootstrap prints" in ended.err


def test_login_that_may_not_is_told_the_grant(role_server: Throwaway, beside: Place) -> None:
    with fresh_login(role_server.url) as (login, password):
        ended = psql(SCRIPT, beside.admin.with_parts(user=login, password=password))

    assert ended.code == 3
    assert f"grant ttdb_owner, ttdb_operator to {login};" in ended.err
