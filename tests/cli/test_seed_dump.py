"""ttdb seed --dump: files that psql loads into the rows that a seed would have written, and no row."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql
from support.databases import connect, fresh_database
from support.psql import PSQL

from ttdb.cli.app import run
from ttdb.postgres import space
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url
from ttdb.seed import digest, seed

_WORKSHOP = Path(__file__).parents[1] / "fixtures" / "schemas" / "workshop.sql"
_TABLES = ("organizations", "members", "machines", "bookings", "shifts", "booking_lines", "certificates", "readings")


def _load(folder: Path, url: Url) -> None:
    ended = subprocess.run(
        [PSQL, "-X", "-q", "-f", "load.sql", url.uri()],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def _rows(url: Url, table: str) -> list[str]:
    query = sql.SQL("select r::text from {} as r order by 1").format(sql.Identifier(table))
    with connect(url) as connection:
        connection.execute("set timezone = 'UTC'")
        return [row for (row,) in connection.execute(query)]


def test_scenario_is_loaded_from_files_to_the_same_digest(
    server: Throwaway, head_template: str, engine_url: Url, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "files"
    code = run(["seed", "minimal", "--orders", "60", "--dump", str(folder), "--url", engine_url.uri()])
    out = capsys.readouterr().out

    assert code == 0
    assert f"cd {folder} && psql -X -f load.sql" in out
    with connect(engine_url) as connection:
        assert connection.execute("select count(*) from public.tenants").fetchone() == (0,)
        seed(connection, "minimal", orders=60)
        expected = digest(connection, "minimal")
    with fresh_database(server.url, template=head_template) as other:
        _load(folder, other)
        with connect(other) as connection:
            assert digest(connection, "minimal") == expected
            assert connection.execute("select count(*) from public.notification_history_default").fetchone() == (0,)
            assert connection.execute("select count(*) from public.payment_transactions_default").fetchone() == (0,)


@pytest.fixture
def workshops(server: Throwaway) -> Iterator[tuple[Url, Url]]:
    """Return two databases with the same schema, whose tables refer to each other in a circle."""
    with fresh_database(server.url) as one, fresh_database(server.url) as other:
        for url in (one, other):
            with connect(url) as connection:
                connection.execute(_WORKSHOP.read_bytes())
        yield one, other


def test_any_schema_is_loaded_from_files_to_the_same_rows(workshops: tuple[Url, Url], tmp_path: Path) -> None:
    one, other = workshops
    for url in workshops:
        with connect(url) as connection:
            connection.execute("create table public.bare ()")
    folder = tmp_path / "files"
    assert run(["seed", "generic", "--rows", "40", "--dump", str(folder), "--url", one.uri()]) == 0
    assert _rows(one, "members") == []
    _load(folder, other)
    assert run(["seed", "generic", "--rows", "40", "--url", one.uri()]) == 0

    for table in _TABLES:
        assert _rows(one, table) == _rows(other, table)
        assert _rows(one, table) != []
    with connect(other) as connection:  # sequences go on
        made = connection.execute(
            "insert into public.organizations (slug, name) values ('next', 'Next') returning id"
        ).fetchone()
        bare = connection.execute("select count(*) from public.bare").fetchone()
    assert (made, bare) == ((6,), (40,))


def test_folder_with_something_in_it_is_refused(
    engine_url: Url, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text("kept", encoding="utf-8")

    assert run(["seed", "minimal", "--dump", str(tmp_path), "--url", engine_url.uri()]) == 2
    assert capsys.readouterr().err.endswith(
        f'error: "{tmp_path}" is there already, and is no empty folder\nhint: Name a new one.\n'
    )


def test_dump_that_fails_leaves_no_folder(empty_url: Url, tmp_path: Path) -> None:
    folder = tmp_path / "files"

    assert run(["seed", "generic", "--dump", str(folder), "--url", empty_url.uri()]) == 2
    assert list(tmp_path.iterdir()) == []


def test_dump_and_reset_contradict_each_other(
    engine_url: Url, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["seed", "--reset", "--dump", str(tmp_path / "x"), "--url", engine_url.uri()]) == 2
    assert capsys.readouterr().err.endswith(
        "error: a dump writes no row to the database\nhint: Leave out --reset, --append and --bulk.\n"
    )


def test_load_that_the_disk_has_no_room_for_is_refused_before_its_first_row(
    engine_url: Url, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is the machine's own; only the number of free bytes is set, as no test can fill it."""
    monkeypatch.setattr("ttdb.postgres.space.free_bytes", lambda _folder: 100 * 1024 * 1024)

    assert run(["seed", "load", "--orders", "200000", "--url", engine_url.uri()]) == 2
    err = capsys.readouterr().err
    assert "MB are needed, and the server's data folder" in err
    assert "has 100 MB free\nhint: Ask for fewer rows, or make room: nothing was written.\n" in err
    with connect(engine_url) as connection:
        assert connection.execute("select count(*) from public.tenants").fetchone() == (0,)
        assert space.data_folder(connection) is not None


def test_generic_files_that_their_folder_has_no_room_for_are_refused(
    workshops: tuple[Url, Url], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As above: of the folder's disk alone."""
    monkeypatch.setattr(
        "ttdb.postgres.space.free_bytes", lambda folder: 1024 if tmp_path in Path(folder).parents else 2**40
    )

    command = ["seed", "generic", "--rows", "40", "--dump", str(tmp_path / "files"), "--url", workshops[0].uri()]

    assert run(command) == 2
    assert "MB are needed, and the folder" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


_CIRCLE = """
create table guild (guild_id bigint primary key, name text not null, system_channel text);
create table channel (
    guild_id bigint not null references guild, channel_id text not null, primary key (guild_id, channel_id)
);
alter table guild add foreign key (guild_id, system_channel) references channel;
"""
_COUNTED = """
create table counter (ticket_id bigint primary key, n int not null default 1, sum int not null default 0);
create table shelf (id int primary key, books int not null default 0 check (books >= 0));
create table ticket (id bigint primary key, shelf_id int not null references shelf, body text not null);
create function count_ticket() returns trigger language plpgsql as $$
begin
    if new.id % 2 = 0 then insert into counter (ticket_id) values (new.id); end if;
    update shelf set books = books + 1 where id = new.shelf_id;
    return null;
end $$;
create trigger counts after insert on ticket for each row execute function count_ticket();
create trigger counts_again after insert on ticket for each row execute function count_ticket();
create trigger always after update on shelf for each row execute function count_ticket();
alter table ticket disable trigger counts_again;
alter table shelf enable always trigger always;
alter table shelf disable trigger always;
alter table ticket enable always trigger counts;
"""
_STATES = (
    "select array_agg(tgname || '=' || tgenabled::text order by tgname)"
    " from pg_catalog.pg_trigger where not tgisinternal"
)


@pytest.mark.parametrize("tables", [_CIRCLE, _COUNTED], ids=["circle", "triggers"])
def test_files_are_loaded_to_the_same_rows_and_triggers_are_as_they_were(
    server: Throwaway, tmp_path: Path, tables: str
) -> None:
    folder = tmp_path / "files"
    with fresh_database(server.url) as one, fresh_database(server.url) as other:
        for url in (one, other):
            with connect(url) as connection:
                connection.execute(tables.encode())
        assert run(["seed", "generic", "--rows", "40", "--dump", str(folder), "--url", one.uri()]) == 0
        _load(folder, other)
        assert run(["seed", "generic", "--rows", "40", "--url", one.uri()]) == 0

        names = ("guild", "channel") if tables == _CIRCLE else ("counter", "ticket", "shelf")
        assert {name: _rows(other, name) for name in names} == {name: _rows(one, name) for name in names}
        with connect(one) as first, connect(other) as second:
            assert first.execute(_STATES).fetchone() == second.execute(_STATES).fetchone()
