"""Live rows are touched only where somebody vouches for a backup, or says why there is none; both are recorded."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.databases import connect, fresh_database, fresh_login
from support.migrating import apply_bootstrap
from support.program import Ended, ttdb

from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url

HELD = "holds rows (public.customers), and nobody vouched for a backup; nothing was changed"


@pytest.fixture
def migrator(server: Throwaway) -> Iterator[tuple[Url, Url]]:
    """Return an empty database as its admin and as a plain login that migrates."""
    with fresh_login(server.url) as (login, password), fresh_database(server.url, named="shop-prod") as url:
        apply_bootstrap(url, login)
        yield url, url.with_parts(user=login, password=password)


@pytest.fixture
def live(migrator: tuple[Url, Url]) -> tuple[Url, Url]:
    """Return the same with a customer in it."""
    with connect(migrator[0]) as admin:
        admin.execute("create table public.customers (id uuid primary key default gen_random_uuid())")
        admin.execute("insert into public.customers default values")
    return migrator


def refused(ended: Ended, message: str = HELD) -> None:
    assert ended.code == 2, ended
    assert message in ended.err
    assert 'hint: Pass --backup-evidence "' in ended.err
    assert "--no-backup" in ended.err
    assert "Traceback" not in ended.err


def recorded(url: Url) -> list[dict[str, str]]:
    with connect(url) as admin:
        rows = admin.execute("select progress from ttdb.ledger where revision = 'backup' order by recorded_at")
        return [row[0] for row in rows]


def test_rows_of_somebody_s_want_evidence_before_the_first_change(live: tuple[Url, Url]) -> None:
    admin, migrator = live

    refused(ttdb("upgrade", "--url", migrator.uri()))

    with connect(admin) as connection:
        assert connection.execute("select pg_catalog.to_regclass('public.alembic_version')").fetchone() == (None,)


def test_evidence_is_recorded_and_the_way_back_wants_it_too(live: tuple[Url, Url], tmp_path: Path) -> None:
    admin, migrator = live
    note = tmp_path / "backup.txt"
    note.write_text("base backup of 02:00, restored on spare-3 at 03:10\n", encoding="utf-8")

    up = ttdb("upgrade", "engine_0001", "--url", migrator.uri(), "--backup-evidence", str(note))
    drift = ttdb("drift", "--url", admin.uri())
    unasked = ttdb("downgrade", "base", "--url", migrator.uri())
    facts = recorded(admin)
    down = ttdb("downgrade", "base", "--url", migrator.uri(), "--no-backup", "a copy for a trial")

    assert up.code == 0, up
    assert "backup: base backup of 02:00, restored on spare-3 at 03:10\n" in up.err
    assert "WAL archiving is off: there is no way back to a point in time\n" in up.err
    assert "grant execute on function pg_catalog.pg_create_restore_point(text) to login_" in up.err
    assert [fact["evidence"] for fact in facts] == ["base backup of 02:00, restored on spare-3 at 03:10"]
    assert [(fact["command"], fact["archiving"][:3]) for fact in facts] == [("upgrade", "off")]
    assert "backup upgrade" not in drift.out, drift
    refused(unasked)
    assert down.code == 0, down
    assert "no backup, because: a copy for a trial" in down.err


def test_file_that_is_not_there_is_no_evidence(live: tuple[Url, Url]) -> None:
    _, migrator = live

    ended = ttdb("upgrade", "engine_0001", "--url", migrator.uri(), "--backup-evidence", "restroe.log")

    assert ended.code == 2, ended
    assert 'there is no file "restroe.log"' in ended.err


def test_nothing_to_do_wants_no_evidence(live: tuple[Url, Url]) -> None:
    assert ttdb("upgrade", "engine_0001", "--url", live[1].uri(), "--disposable").code == 0

    again = ttdb("upgrade", "engine_0001", "--url", live[1].uri())

    assert again.code == 0, again
    assert recorded(live[0]) == []


def test_restore_point_is_made_where_the_login_may(live: tuple[Url, Url]) -> None:
    admin, migrator = live
    login = migrator.part("user")
    with connect(admin) as connection:
        connection.execute(f"grant execute on function pg_catalog.pg_create_restore_point(text) to {login}")
    ended = ttdb("upgrade", "engine_0001", "--url", migrator.uri(), "--backup-evidence", "pgBackRest 20261126F, tested")

    assert ended.code == 0, ended
    assert 'restore point "upgrade 20' in ended.err
    assert recorded(admin)[0]["restore_point"].startswith("upgrade 20")


@pytest.mark.parametrize("arguments", [("upgrade", "engine_0001"), ("downgrade", "base")], ids=["up", "down"])
def test_empty_database_wants_no_evidence(migrator: tuple[Url, Url], arguments: tuple[str, ...]) -> None:
    ended = ttdb(*arguments, "--url", migrator[1].uri())

    assert ended.code == 0, ended
    assert "backup" not in ended.err


def test_database_for_development_wants_no_evidence(seeded_url: Url) -> None:
    apply_bootstrap(seeded_url)  # a database made from a template lacks the grants on it

    ended = ttdb("downgrade", "platform@-1", "--url", seeded_url.uri())

    assert ended.code == 0, ended
    assert "backup" not in ended.err


def test_rows_that_no_role_of_the_login_may_read_count_as_somebody_s(live: tuple[Url, Url]) -> None:
    with connect(live[0]) as admin:
        admin.execute("delete from public.customers")
        admin.execute("alter table public.customers enable row level security")
        admin.execute("alter table public.customers force row level security")

    refused(ttdb("upgrade", "--url", live[1].uri()))


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--no-backup", " "), "--no-backup is empty"),
        (("--backup-evidence", ""), "--backup-evidence is empty"),
        (("--disposable", "--no-backup", "x"), "exclude each other"),
    ],
)
def test_words_that_say_nothing_are_refused(live: tuple[Url, Url], flags: tuple[str, ...], message: str) -> None:
    ended = ttdb("upgrade", "--url", live[1].uri(), *flags)

    assert ended.code == 2, ended
    assert message in ended.err


def test_password_in_the_evidence_is_not_kept(live: tuple[Url, Url]) -> None:
    said = "dumped from postgresql://me:s3cret@db.example.com/x today, restored on spare-3"
    ended = ttdb("upgrade", "engine_0001", "--url", live[1].uri(), "--backup-evidence", said)

    assert ended.code == 0, ended
    assert "s3cret" not in ended.err + str(recorded(live[0]))
