"""A constraint on a table in use: rows that break it stop it by name, are repaired, or are set aside and come back."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.databases import connect, fresh_login

from ttdb.errors import Conflicts, UsageError
from ttdb.migrate import offenders
from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.runner import Runner
from ttdb.migrate.step import Step
from ttdb.migrate.steps import Quarantine, Repair, check, foreign_key
from ttdb.model.migration import Conflict, Event
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url

REVISION = "test_0001"
TENANTS = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")
RULE = "notes_status_must_be_known"
KNOWN = "status in ('NEW', 'DONE')"
ORPHANS = "notes_author_fkey"


@pytest.fixture(params=["plain", "forced"])
def migrator(request: pytest.FixtureRequest, engine_url: Url) -> Iterator[Url]:
    """Return a plain login in a database with two tenants' rows, some of which break what is to come."""
    with fresh_login(engine_url, member_of=("ttdb_owner", "ttdb_operator")) as (login, password):
        with connect(engine_url) as admin:
            admin.execute("set role ttdb_owner")
            admin.execute("create table public.people (tenant_id uuid not null, id int primary key)")
            admin.execute(
                "create table public.notes (tenant_id uuid not null, id int primary key, status text, author int)"
            )
            for number, tenant in enumerate(TENANTS):
                first = 1 + 10 * number
                admin.execute("insert into public.people values (%s, %s)", (tenant, first))
                admin.execute(
                    "insert into public.notes values (%(t)s, %(n)s, 'NEW', %(n)s), (%(t)s, %(n)s + 1, 'done', null),"
                    " (%(t)s, %(n)s + 2, 'DONE', 99)",
                    {"t": tenant, "n": first},
                )
            if request.param == "forced":
                admin.execute("select ttdb.protect('public.people'), ttdb.protect('public.notes')")
        yield engine_url.with_parts(user=login, password=password)


@contextmanager
def session(url: Url) -> Iterator[Connection]:
    with connect(url) as connection:
        connection.execute("set search_path = ''; set row_security = off; set role ttdb_owner")
        yield connection


def up(url: Url, steps: tuple[Step, ...]) -> list[Event]:
    events: list[Event] = []
    with session(url) as connection:
        Runner(connection, Courtesy(), events.append).up(REVISION, steps)
    return events


def down(url: Url, steps: tuple[Step, ...]) -> None:
    with session(url) as connection:
        Runner(connection, Courtesy()).down(REVISION, steps)


def notes(url: Url) -> list[tuple[int, str, int | None]]:
    with connect(url) as admin:
        return admin.execute("select id, status, author from public.notes order by id").fetchall()


def validated(url: Url, name: str) -> bool | None:
    with connect(url) as admin:
        row = admin.execute("select convalidated from pg_catalog.pg_constraint where conname = %s", (name,)).fetchone()
        return None if row is None else bool(row[0])


CHECK = check("public.notes", RULE, KNOWN, comment="the status is unknown")
KEY = foreign_key("public.notes", ORPHANS, ["author"], "public.people", ["id"], comment="there is no such person")


def test_rows_that_it_mends_are_listed_only_where_it_stopped(migrator: Url, tmp_path: Path) -> None:
    steps = check("public.notes", RULE, KNOWN, comment="the status is unknown", otherwise=Quarantine())
    stopped = Conflict("public.notes", "2 rows break it", "Mend them.", RULE)
    with session(migrator) as connection:
        assert offenders.write(connection, steps, tmp_path / "rows.csv", stopped=()) == 0
        assert offenders.write(connection, steps, tmp_path / "rows.csv", stopped=(stopped,)) == 2


@pytest.mark.parametrize(
    ("steps", "name", "keys"), [(CHECK, RULE, "id=12; id=2"), (KEY, ORPHANS, "id=13; id=3")], ids=["check", "key"]
)
def test_rows_that_break_it_stop_it_by_their_keys(  # noqa: PLR0913, PLR0917 - a case is three facts
    engine_url: Url, migrator: Url, tmp_path: Path, steps: tuple[Step, ...], name: str, keys: str
) -> None:
    with pytest.raises(Conflicts) as caught:
        up(migrator, steps)

    assert caught.value.exit_code == 1
    assert f"public.notes: 2 rows break {name}: {keys}" in caught.value.message
    assert validated(engine_url, name) is None
    with session(migrator) as connection:
        assert offenders.write(connection, steps, tmp_path / "rows.csv") == 2
        with pytest.raises(UsageError, match="cannot be written"):
            offenders.write(connection, steps, tmp_path / "no folder" / "rows.csv")
    with (tmp_path / "rows.csv").open(encoding="utf-8") as file:
        assert list(csv.reader(file)) == [
            ["table", "constraint", "key"],
            *(["public.notes", name, key] for key in sorted(keys.split("; "))),
        ]


@pytest.mark.parametrize("steps", [CHECK, KEY], ids=["check", "key"])
def test_mended_rows_let_it_go_on_to_validated(engine_url: Url, migrator: Url, steps: tuple[Step, ...]) -> None:
    with connect(engine_url) as admin:
        admin.execute("update public.notes set status = 'DONE', author = null where status = 'done' or author = 99")

    up(migrator, steps)

    assert validated(engine_url, RULE if steps is CHECK else ORPHANS) is True
    down(migrator, steps)
    assert validated(engine_url, RULE if steps is CHECK else ORPHANS) is None


def test_repair_changes_every_tenant_s_rows(engine_url: Url, migrator: Url) -> None:
    steps = check(
        "public.notes", RULE, KNOWN, comment="test", otherwise=Repair("upper-statuses", "status = upper(t.status)")
    )

    events = up(migrator, steps)

    assert validated(engine_url, RULE) is True
    assert {status for _, status, _ in notes(engine_url)} == {"NEW", "DONE"}
    assert "repair-upper-statuses" in [event.facts["step"] for event in events if event.kind == "step"]


def test_repair_that_does_not_mend_is_said(engine_url: Url, migrator: Url) -> None:
    steps = check("public.notes", RULE, KNOWN, comment="test", otherwise=Repair("nothing", "status = t.status"))

    with pytest.raises(Exception, match="keep coming"):
        up(migrator, steps)

    assert validated(engine_url, RULE) is None


@pytest.mark.parametrize("kind", ["check", "key"])
def test_quarantine_sets_rows_aside_for_operators_alone_and_the_way_down_gives_them_back(
    engine_url: Url, migrator: Url, kind: str
) -> None:
    before = notes(engine_url)
    if kind == "check":
        steps = check("public.notes", RULE, KNOWN, comment="test", otherwise=Quarantine())
    else:
        steps = foreign_key(
            "public.notes", ORPHANS, ["author"], "public.people", ["id"], comment="test", otherwise=Quarantine()
        )
    up(migrator, steps)

    assert validated(engine_url, RULE if kind == "check" else ORPHANS) is True
    assert len(notes(engine_url)) == len(before) - 2
    with connect(engine_url) as admin:
        reasons = admin.execute("select distinct broken_constraint from public.notes_quarantine").fetchall()
        assert reasons == [(RULE if kind == "check" else ORPHANS,)]
        granted = admin.execute(
            "select has_table_privilege('ttdb_app', 'public.notes_quarantine', 'select, insert, update, delete')"
        )
        assert granted.fetchone() == (False,)

    down(migrator, steps)

    assert notes(engine_url) == before
    with connect(engine_url) as admin:
        assert admin.execute("select to_regclass('public.notes_quarantine')").fetchone() == (None,)


def test_quarantine_that_stood_takes_rows_that_have_more_columns_since(engine_url: Url, migrator: Url) -> None:
    up(migrator, check("public.notes", RULE, KNOWN, comment="it is unknown", otherwise=Quarantine()))
    with connect(engine_url) as admin:
        admin.execute(
            'alter table public.notes drop column status, add column rank smallint default 3, add column "%s" text,'
            " alter column tenant_id drop not null"
        )
        admin.execute("update public.notes set \"%s\" = 'high' where id = 3")
        admin.execute("update public.notes set tenant_id = null where id = 13")
    steps = check("public.notes", "notes_author_must_be_few", "author < 50", comment="too many", otherwise=Quarantine())

    up(migrator, steps)

    with connect(engine_url) as admin:
        query = 'select id, status, author, rank, "%s", broken_constraint from public.notes_quarantine order by id'
        found = admin.execute(query).fetchall()
    assert found == [
        (2, "done", None, None, None, RULE),
        (3, None, 99, 3, "high", "notes_author_must_be_few"),
        (12, "done", None, None, None, RULE),
        (13, None, 99, 3, None, "notes_author_must_be_few"),
    ]
    down(migrator, steps)
    with connect(engine_url) as admin:
        assert admin.execute("select id from public.notes order by id").fetchall() == [(1,), (3,), (11,), (13,)]


def test_quarantine_that_would_cascade_is_a_conflict(engine_url: Url, migrator: Url) -> None:
    steps = check("public.people", "people_small", "id < 5", comment="test", otherwise=Quarantine())
    with connect(engine_url) as admin:
        admin.execute("delete from public.notes where author = 99")
        admin.execute("alter table public.notes add foreign key (author) references public.people on delete cascade")

    with session(migrator) as connection:
        found = connection.execute(steps[0].conflicts or "").fetchall()

    assert [row[:2] for row in found] == [
        ("public.people", "taking rows out would cascade to public.notes, by notes_author_fkey")
    ]
