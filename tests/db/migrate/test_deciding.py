"""Tables that stand are given their tenants as a file decides: what is in the way is named before anything changes."""

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from psycopg import errors as pg
from psycopg import sql
from support.catalog import catalog
from support.databases import acting_as, connect, fresh_login

from ttdb.errors import Conflicts, TtdbError
from ttdb.migrate import offenders, preflight
from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.decided import File
from ttdb.migrate.runner import Runner
from ttdb.migrate.step import Step
from ttdb.migrate.steps import as_decided, obeyed, rights_lost
from ttdb.migrate.steps.deciding_rows import DECIDED
from ttdb.model.migration import Conflict
from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.url import Url

REVISION = "test_0001"
ONE, OTHER = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
NOBODY = ("00000000-0000-0000-0000-000000000001",)
STANDING = """
create table public.people (tenant_id uuid not null, id uuid primary key, unique (tenant_id, id));
create table public.rooms (tenant_id uuid not null, id uuid primary key, unique (tenant_id, id));
create table public.bookings (
    id uuid primary key, room_id uuid not null, booked_by uuid, note text, amount numeric(10, 2), tags text[],
    changed_at timestamptz not null default pg_catalog.clock_timestamp()
);
create table public.desks (
    id uuid primary key, tenant_id uuid, room_id uuid references public.rooms on delete cascade, label text
);
create table public.labels (id uuid primary key, desk_id uuid references public.desks on delete no action);
create table public.queue (id serial primary key, task text);
create function public.touch() returns trigger language plpgsql as
'begin new.changed_at := pg_catalog.clock_timestamp(); return new; end';
create trigger touch before update on public.bookings for each row execute function public.touch();
"""
FILE = """
{losing}

[tables."public.bookings"]
tenant = "parent"
through = "room_id -> public.rooms.id"
required = true
keys = ["booked_by -> public.people.id on delete set null"]
{bookings}

[tables."public.desks"]
tenant = "own"
through = "room_id -> public.rooms.id"
keys = ["room_id -> public.rooms.id on delete cascade"]
{desks}

[tables."public.labels"]
tenant = "parent"
through = "desk_id -> public.desks.id"
keys = ["desk_id -> public.desks.id on delete no action"]
{labels}

[tables."public.queue"]
tenant = "nobody"
{queue}
"""


def ident(kind: str, number: int) -> str:
    return f"{kind}0000000-0000-4000-8000-{number:012d}"


def person(number: int) -> str:
    return ident("1", number)


def room(number: int) -> str:
    return ident("2", number)


def booking(number: int) -> str:
    return ident("3", number)


def desk(number: int) -> str:
    return ident("4", number)


@pytest.fixture(params=["login", "superuser"])
def migrator(request: pytest.FixtureRequest, engine_url: Url) -> Iterator[Url]:
    """Return who migrates a database in which rows 1 and 2 of each table are of the one tenant and the other."""
    with connect(engine_url) as admin:
        admin.execute("set role ttdb_owner")
        admin.execute(STANDING.encode())
        for number, tenant in ((1, ONE), (2, OTHER)):
            admin.execute("insert into public.people values (%s, %s)", (tenant, person(number)))
            admin.execute("insert into public.rooms values (%s, %s)", (tenant, room(number)))
            book(admin, number, room(number), person(number))
            stand(admin, number, tenant, room(number))
            admin.execute("insert into public.labels values (%s, %s)", (ident("5", number), desk(number)))
        admin.execute("select ttdb.protect('public.people'), ttdb.protect('public.rooms')")
    if request.param == "superuser":
        yield engine_url
        return
    with fresh_login(engine_url, member_of=("ttdb_owner", "ttdb_operator")) as (login, password):
        yield engine_url.with_parts(user=login, password=password)


def book(admin: Connection, number: int, where: str, who: str | None) -> None:
    admin.execute(
        "insert into public.bookings (id, room_id, booked_by, note, amount, tags)"
        " values (%s, %s, %s, 'it''s', 1.10, '{a,\"b c\"}')",
        (booking(number), where, who),
    )


def stand(admin: Connection, number: int, tenant: str | None, where: str | None) -> None:
    admin.execute("insert into public.desks values (%s, %s, %s, 'x')", (desk(number), tenant, where))


def breaking(url: Url) -> None:
    """Add rows that break each rule of the file."""
    with connect(url) as admin:
        book(admin, 3, room(1), person(2))  # another tenant's
        book(admin, 4, room(2), person(9))  # nobody's
        book(admin, 5, room(9), None)  # so no tenant's
        stand(admin, 3, ONE, room(2))
        stand(admin, 4, NOBODY[0], room(2))  # breaks nothing: it is given the room's
        stand(admin, 5, None, None)  # nor does this: a row that nobody sees


def steps_of(tmp_path: Path, **said: str) -> list[Step]:
    """Return the steps of the file with what it says of tables beside."""
    path = tmp_path / "tenancy.toml"
    path.write_text(
        FILE.format(**dict.fromkeys(("losing", "bookings", "desks", "labels", "queue"), "") | said), encoding="utf-8"
    )
    file = File(path)
    return [rights_lost(file, *file.tables), *obeyed(file, nobody=NOBODY), *as_decided(file, nobody=NOBODY)]


@contextmanager
def session(url: Url) -> Iterator[Connection]:
    with connect(url) as connection:
        connection.execute("set search_path = ''; set row_security = off; set role ttdb_owner")
        yield connection


def up(url: Url, steps: list[Step]) -> None:
    with session(url) as connection:
        Runner(connection, Courtesy()).up(REVISION, steps)


def down(url: Url, steps: list[Step]) -> None:
    with session(url) as connection:
        Runner(connection, Courtesy()).down(REVISION, steps)


def conflicts(url: Url, steps: list[Step]) -> list[Conflict]:
    """Return what an upgrade would name before its first change."""
    with connect(url) as connection:
        connection.execute("set row_security = off")
        # What the last step is in the way of is a script that nothing readied the tables for.
        looked = [replace(step, conflicts=None) if step.name == DECIDED else step for step in steps]
        planned = preflight.planned_of(connection, REVISION, looked)
        return list(preflight.conflicts(item for item, _ in planned))


def contents(url: Url) -> Mapping[str, list[Any]]:
    with connect(url) as admin:
        query = sql.SQL("select to_jsonb(t) from public.{} as t order by t::text")
        return {
            name: [row for (row,) in admin.execute(query.format(sql.Identifier(name)))]
            for name in ("people", "rooms", "bookings", "desks", "labels", "queue")
        }


def but_times(rows: Mapping[str, list[Any]]) -> list[str]:
    """Leave out when a row was changed, which a trigger of the table's own says of a repair too."""
    kept = [{key: value for key, value in row.items() if key != "changed_at"} for row in rows["bookings"]]
    return sorted(map(str, kept))


def tenants_of(url: Url, table: str) -> dict[str, str | None]:
    with connect(url) as admin:
        query = sql.SQL("select id::text, tenant_id::text from public.{} order by id")
        return dict(admin.execute(query.format(sql.Identifier(table))).fetchall())


def test_rows_that_break_the_decision_are_named_before_anything_changes(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    breaking(engine_url)
    steps = steps_of(tmp_path)
    before, foreign = catalog(engine_url), "booked_by names no row of its tenant in public.people"

    found = conflicts(migrator, steps)

    assert [(each.object, each.detail) for each in found] == [
        ("public.bookings", f"1 row breaks public_bookings_tenant_id: id={booking(5)}: it belongs to no tenant"),
        (
            "public.bookings",
            f"2 rows break public_bookings_booked_by: id={booking(3)}: {foreign}; id={booking(4)}: {foreign}",
        ),
        (
            "public.desks",
            f"1 row breaks public_desks_room_id: id={desk(3)}: room_id names no row of its tenant in public.rooms",
        ),
    ]
    assert (
        'or "null the reference" where it may be null, below [tables."public.bookings"] in the tenancy file'
        in found[1].advice
    )
    with pytest.raises(Conflicts) as stopped:
        up(migrator, steps)
    assert stopped.value.exit_code == 1
    assert f"id={booking(5)}" in stopped.value.message
    assert catalog(engine_url) == before


def test_every_row_that_breaks_it_is_listed_in_the_file(engine_url: Url, migrator: Url, tmp_path: Path) -> None:
    breaking(engine_url)

    with session(migrator) as connection:
        count = offenders.write(connection, steps_of(tmp_path), tmp_path / "rows.csv")

    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        listed = [(row["table"], row["key"].split(": ")[0]) for row in csv.DictReader(file)]
    assert count == 4
    assert sorted(listed) == [
        *(("public.bookings", f"id={booking(number)}") for number in (3, 4, 5)),
        ("public.desks", f"id={desk(3)}"),
    ]


CHOICES = {
    "bookings": 'otherwise = {booked_by = "null the reference", tenant_id = "quarantine"}',
    "desks": 'otherwise = "quarantine"',
}


def test_rows_are_quarantined_or_mended_as_the_file_says_and_come_back(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    breaking(engine_url)
    steps = steps_of(tmp_path, **CHOICES)
    found, rows = catalog(engine_url), contents(engine_url)
    assert conflicts(migrator, steps) == []

    up(migrator, steps)

    assert tenants_of(engine_url, "bookings") == {
        booking(1): ONE,
        booking(2): OTHER,
        booking(3): ONE,
        booking(4): OTHER,
    }
    assert tenants_of(engine_url, "desks") == {desk(1): ONE, desk(2): OTHER, desk(4): OTHER, desk(5): None}
    with connect(engine_url) as admin:
        nulled = admin.execute("select id::text from public.bookings where booked_by is null order by id").fetchall()
        aside = admin.execute("select id::text from public.bookings_quarantine").fetchall()
        loose = admin.execute("select conname from pg_constraint where not convalidated").fetchall()
        open_ones = admin.execute(
            "select relname from pg_class where relname ~ '_(quarantine|repaired)$' and relkind = 'r'"
            " and not (relrowsecurity and relforcerowsecurity)"
        ).fetchall()
    assert nulled == [(booking(3),), (booking(4),)]
    assert aside == [(booking(5),)]
    assert (loose, open_ones) == ([], [])
    down(migrator, steps)
    assert contents(engine_url) == rows
    assert catalog(engine_url) == found


def test_what_a_service_wrote_since_is_not_taken_back(engine_url: Url, migrator: Url, tmp_path: Path) -> None:
    breaking(engine_url)
    steps = steps_of(tmp_path, **CHOICES)
    up(migrator, steps)
    with connect(engine_url) as admin:
        admin.execute("update public.bookings set booked_by = %s where id = %s", (person(1), booking(3)))

    down(migrator, steps)

    with connect(engine_url) as admin:
        held = admin.execute("select id::text, booked_by::text from public.bookings order by id").fetchall()
    assert held[2:4] == [(booking(3), person(1)), (booking(4), person(9))]


def test_a_mended_row_stays_mended_where_what_it_pointed_at_is_gone(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    breaking(engine_url)
    with connect(engine_url) as admin:
        admin.execute("alter table public.bookings add foreign key (booked_by) references public.people not valid")
    steps = steps_of(tmp_path, **CHOICES)
    up(migrator, steps)

    down(migrator, steps)

    with connect(engine_url) as admin:
        held = admin.execute("select id::text, booked_by::text from public.bookings order by id").fetchall()
        kept = admin.execute(
            "select key ->> 'id', found ->> 'booked_by' from public.public_bookings_repaired"
        ).fetchall()
        left = admin.execute("select relname from pg_class where relname ~ '_repaired$' and relkind = 'r'").fetchall()
    assert held[2:4] == [(booking(3), person(2)), (booking(4), None)]
    assert kept == [(booking(4), person(9))]
    assert left == [("public_bookings_repaired",)]


def test_a_repair_of_ones_own_is_taken_by_its_name(engine_url: Url, migrator: Url, tmp_path: Path) -> None:
    breaking(engine_url)
    mend = (
        "otherwise = {booked_by = {repair = \"nobody-books\", set = \"booked_by = null, note = 'was another''s'\"},"
        ' tenant_id = "quarantine"}'
    )
    steps = steps_of(tmp_path, bookings=mend, desks=CHOICES["desks"])
    rows = contents(engine_url)

    up(migrator, steps)

    with connect(engine_url) as admin:
        notes = admin.execute("select note from public.bookings where booked_by is null").fetchall()
        kept = admin.execute("select distinct rule from ttdb.public_bookings_repaired").fetchall()
    assert notes == [("was another's",)] * 2
    assert kept == [("bookings_tenant_id_booked_by_fkey",)]  # whatever the repair is called, by the rule they come back
    down(migrator, steps)
    assert but_times(contents(engine_url)) == but_times(rows)


@pytest.mark.parametrize("then", ['"quarantine"', '{repair = "nobody-books", set = "booked_by = null"}'])
def test_what_a_repair_that_mends_nothing_changed_comes_back_once_the_file_is_corrected(
    engine_url: Url, migrator: Url, tmp_path: Path, then: str
) -> None:
    breaking(engine_url)
    said = 'otherwise = {{booked_by = {}, tenant_id = "quarantine"}}'
    useless = steps_of(
        tmp_path, bookings=said.format('{repair = "marked", set = "note = \'mark\'"}'), desks=CHOICES["desks"]
    )
    found, rows = catalog(engine_url), contents(engine_url)
    with pytest.raises(TtdbError):
        up(migrator, useless)
    corrected = steps_of(tmp_path, bookings=said.format(then), desks=CHOICES["desks"])

    up(migrator, corrected)

    down(migrator, corrected)
    assert but_times(contents(engine_url)) == but_times(rows)
    assert catalog(engine_url) == found


def test_a_repair_that_is_given_up_for_another_choice_leaves_no_trigger(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    breaking(engine_url)
    nulling = steps_of(tmp_path, **CHOICES)
    found, rows = catalog(engine_url), contents(engine_url)
    begun = next(place for place, step in enumerate(nulling) if step.name == "alone-public-bookings-booked-by")
    up(migrator, nulling[: begun + 1])
    assert triggers_named(engine_url, "zz_910") == 1
    said = 'otherwise = {booked_by = "quarantine", tenant_id = "quarantine"}'
    moving = steps_of(tmp_path, bookings=said, desks=CHOICES["desks"])

    up(migrator, moving)

    assert triggers_named(engine_url, "zz_910") == 0
    down(migrator, moving)
    assert but_times(contents(engine_url)) == but_times(rows)
    assert catalog(engine_url) == found


def triggers_named(url: Url, beginning: str) -> int:
    with connect(url) as admin:
        return int(scalar(admin, "select count(*) from pg_trigger where starts_with(tgname, %s)", (beginning,)))


def test_what_a_service_wrote_between_two_repairs_of_a_row_stays(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    breaking(engine_url)
    mend = 'otherwise = {booked_by = {repair = "nobody-books", set = "booked_by = null"}, tenant_id = "quarantine"}'
    steps = steps_of(tmp_path, bookings=mend, desks=CHOICES["desks"])
    first = [step.name for step in steps].index("repair-nobody-books-public-bookings-booked-by")

    up(migrator, steps[: first + 1])
    with connect(engine_url) as admin:
        admin.execute(
            "update public.bookings set booked_by = %s, note = 'service wrote', amount = 2.20 where id = %s",
            (person(2), booking(3)),
        )
    up(migrator, steps)

    written = "select note, amount::text, booked_by::text from public.bookings where id = %s"
    with connect(engine_url) as admin:
        assert admin.execute(written, (booking(3),)).fetchone() == ("service wrote", "2.20", None)
    down(migrator, steps)
    with connect(engine_url) as admin:
        assert admin.execute(written, (booking(3),)).fetchone() == ("service wrote", "2.20", person(2))


def test_row_that_others_keep_where_it_is_is_named_instead_of_taken_out(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    breaking(engine_url)
    with connect(engine_url) as admin:
        admin.execute("insert into public.labels values (%s, %s)", (ident("5", 3), desk(3)))
    choices = {**CHOICES, "labels": 'otherwise = "quarantine"'}

    found = conflicts(migrator, steps_of(tmp_path, **choices))

    assert [(each.object, each.detail, each.advice) for each in found] == [
        (
            "public.desks",
            (
                f"1 row breaks public_desks_room_id_public_labels_desk_id: id={desk(3)}: room_id names no row of its"
                " tenant in public.rooms, and cannot be taken out: desk_id of public.labels points at it"
            ),
            "Repair them instead, or mend what points at them first; --violations FILE lists all.",
        )
    ]


def test_row_whose_place_is_gone_stays_in_quarantine_and_the_others_come_back(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    breaking(engine_url)
    with connect(engine_url) as admin:
        admin.execute("alter table public.desks add column number int generated always as identity")
        admin.execute("insert into public.rooms values (%s, %s)", (OTHER, room(3)))
        for number in (6, 7):
            stand(admin, number, ONE, room(number - 4))
    steps, rows = steps_of(tmp_path, **CHOICES), contents(engine_url)
    up(migrator, steps)
    with connect(engine_url) as admin:
        admin.execute("delete from public.rooms where id = %s", (room(3),))

    down(migrator, steps)

    held = contents(engine_url)["desks"]
    assert held == [row for row in rows["desks"] if row["id"] != desk(7)]
    with connect(engine_url) as admin:
        aside = admin.execute("select id::text, room_id::text from public.desks_quarantine").fetchall()
    assert aside == [(desk(7), room(3))]


def test_rules_trail_and_masks_of_the_file_are_applied_and_taken_back(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    found = catalog(engine_url)
    rest = (
        'audit = true\nmask = {label = "name"}\nchecks = [{name = "desks_label_is_short", rule = "length(label) < 5"}]'
    )
    steps = steps_of(tmp_path, desks=rest)
    with connect(engine_url) as admin:
        admin.execute("update public.desks set label = 'too long' where id = %s", (desk(2),))
    broken = [(each.object, each.detail) for each in conflicts(migrator, steps)]
    assert broken == [("public.desks", f"1 row breaks desks_label_is_short: id={desk(2)}")]
    with connect(engine_url) as admin:
        admin.execute("update public.desks set label = 'ok' where id = %s", (desk(2),))

    up(migrator, steps)

    with connect(engine_url) as admin:
        admin.execute("update public.desks set label = 'new' where id = %s", (desk(1),))
        with pytest.raises(pg.CheckViolation):
            admin.execute("update public.desks set label = 'too long'")
        trail = admin.execute("select count(*) from audit.trail where relation = 'public.desks'").fetchone()
        seen = admin.execute("select count(*) from masked.desks where label in ('new', 'ok')").fetchone()
    assert (trail, seen) == ((1,), (0,))
    down(migrator, steps)
    assert catalog(engine_url) == found


@pytest.mark.parametrize(
    ("audit", "kept"), [("true", ["label"]), ('{exclude = ["room_id"]}', ["room_id"])], ids=["as it stands", "named"]
)
def test_trail_that_stands_keeps_what_it_leaves_out_unless_told_otherwise(
    engine_url: Url, migrator: Url, tmp_path: Path, audit: str, kept: list[str]
) -> None:
    with connect(engine_url) as admin:
        admin.execute("set role ttdb_owner")
        admin.execute("select audit.enable('public.desks', '{label}')")
    excluded = "select excluded::text[] from ttdb.audited_tables where relation = 'public.desks'::regclass"
    steps = steps_of(tmp_path, desks=f"audit = {audit}")

    up(migrator, steps)

    with connect(engine_url) as admin:
        assert admin.execute(excluded).fetchone() == (kept,)
    down(migrator, steps)
    with connect(engine_url) as admin:
        assert admin.execute(excluded).fetchone() == (["label"],)


def test_column_that_the_trail_is_to_leave_out_and_does_not_stand_is_named(migrator: Url, tmp_path: Path) -> None:
    found = conflicts(migrator, steps_of(tmp_path, desks='audit = {exclude = ["lable"]}'))

    assert [(each.object, each.detail) for each in found] == [("public.desks", "it stands without the column lable")]


def test_reference_that_must_not_be_null_is_not_nulled(engine_url: Url, migrator: Url, tmp_path: Path) -> None:
    with connect(engine_url) as admin:
        admin.execute("alter table public.bookings alter column booked_by set not null")

    found = conflicts(migrator, steps_of(tmp_path, bookings='otherwise = {booked_by = "null the reference"}'))

    assert [each.detail for each in found] == [
        "its column booked_by cannot be null, and the file says to null the reference"
    ]


def test_value_that_is_to_be_a_key_and_stands_twice_is_named(engine_url: Url, migrator: Url, tmp_path: Path) -> None:
    with connect(engine_url) as admin:
        admin.execute("alter table public.labels drop constraint labels_desk_id_fkey")
        admin.execute("alter table public.desks drop constraint desks_pkey, add column place int not null default 0")
        admin.execute("update public.desks set place = 1 where label is not null and tenant_id = %s", (ONE,))
        admin.execute("alter table public.desks add primary key (id, place)")
        admin.execute("insert into public.desks values (%s, %s, %s, 'x', 7)", (desk(1), ONE, room(1)))

    found, twice = conflicts(migrator, steps_of(tmp_path)), "id is there more than once"

    assert [each.detail for each in found] == [
        f"2 rows break public_desks_id_once: id={desk(1)}, place=1: {twice}; id={desk(1)}, place=7: {twice}"
    ]


def test_table_without_primary_key_is_named(engine_url: Url, migrator: Url, tmp_path: Path) -> None:
    with connect(engine_url) as admin:
        admin.execute("alter table public.bookings drop constraint bookings_pkey")

    found = conflicts(migrator, steps_of(tmp_path))

    assert [(each.object, each.detail) for each in found] == [
        ("public.bookings", "it stands without a primary key, which its rows are gone along by")
    ]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("lable <> 'no lable' and length(label) < 5", 'column "lable" does not exist'),
        ("length(label < 5", "syntax error at end of input"),
        ("len(label) < 5", "function len(text) does not exist"),
        ("length(label)", "argument of WHERE must be type boolean, not type integer"),
        ("true); drop table public.queue; select (1", "cannot insert multiple commands into a prepared statement"),
        ("true); select (1", "cannot insert multiple commands into a prepared statement"),
        ("desks.label <> '' and tenant_id is not null", None),
        (
            "label <> e'a\\'lable' and desks.label is distinct from 'x' and label collate \"C\" <> '' /* never free */",
            None,
        ),
    ],
)
def test_rule_that_the_server_cannot_read_is_named_before_the_first_change(
    engine_url: Url, migrator: Url, tmp_path: Path, rule: str, told: str | None
) -> None:
    steps = steps_of(tmp_path, desks=f"checks = [{{name = 'short', rule = {json.dumps(rule)}}}]")
    before = catalog(engine_url)

    found = conflicts(migrator, steps)

    expected = [("public.desks", f"its rule short cannot be read: {told}")] if told else []
    assert [(each.object, each.detail) for each in found] == expected
    assert catalog(engine_url) == before


def test_misspelt_column_is_named_beside_one_that_is_given_later(migrator: Url, tmp_path: Path) -> None:
    checks = "checks = [{{name = 'known', rule = 'tenant_id is not null and bookings.{} is not null'}}]"

    found = conflicts(migrator, steps_of(tmp_path, bookings=checks.format("noet")))

    assert [each.detail for each in found] == ["its rule known cannot be read: column bookings.noet does not exist"]
    assert conflicts(migrator, steps_of(tmp_path, bookings=checks.format("note"))) == []


@pytest.mark.parametrize(
    ("set_", "told"),
    [
        ("booked_by = nil", 'column "nil" does not exist'),
        ("boked_by = null", 'column "boked_by" of relation "bookings" does not exist'),
        ("booked_by = 'nobody'", 'invalid input syntax for type uuid: "nobody"'),
        ("booked_by null", 'syntax error at or near "null"'),
        ("tenant_ids = null", 'column "tenant_ids" of relation "bookings" does not exist'),
        ("booked_by = null; delete from public.queue", "cannot insert multiple commands"),
        ("booked_by = t.tenant_id", None),
    ],
)
def test_repair_that_the_server_cannot_read_is_named_before_the_first_change(
    migrator: Url, tmp_path: Path, set_: str, told: str | None
) -> None:
    said = f"otherwise = {{booked_by = {{repair = 'mended', set = {json.dumps(set_)}}}}}"

    found = conflicts(migrator, steps_of(tmp_path, bookings=said))

    assert [each.object for each in found] == (["public.bookings"] if told else [])
    assert all(
        each.detail.startswith(f"the repair mended of booked_by cannot be read: {told}")
        and '[tables."public.bookings"]' in each.advice
        for each in found
    )


@pytest.mark.parametrize(
    ("mask", "told"),
    [
        ('label = "emial"', "its column label is to be masked by emial, and there is no such mask"),
        ('room_id = "name"', "its column room_id is uuid, and a mask takes text or an address"),
        ('room_id = "plain", label = "redacted"', None),
    ],
)
def test_mask_that_cannot_be_is_named_before_the_first_change(
    migrator: Url, tmp_path: Path, mask: str, told: str | None
) -> None:
    found = conflicts(migrator, steps_of(tmp_path, desks=f"mask = {{{mask}}}"))

    assert [(each.object, each.detail) for each in found] == ([("public.desks", told)] if told else [])


def test_column_that_is_to_be_masked_and_does_not_stand_is_named(migrator: Url, tmp_path: Path) -> None:
    found = conflicts(migrator, steps_of(tmp_path, desks='mask = {lable = "name"}'))

    assert [(each.object, each.detail) for each in found] == [("public.desks", "it stands without the column lable")]


def test_key_to_a_table_that_is_not_there_is_passed_over(engine_url: Url, migrator: Url, tmp_path: Path) -> None:
    with connect(engine_url) as admin:
        admin.execute("drop table public.people cascade")
    steps = steps_of(tmp_path)

    assert conflicts(migrator, steps) == []
    up(migrator, steps)

    assert tenants_of(engine_url, "bookings") == {booking(1): ONE, booking(2): OTHER}


def test_policy_for_a_role_that_is_dropped_meanwhile_comes_back_for_the_others(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    with fresh_login(engine_url) as (stays, _), fresh_login(engine_url) as (goes, _):
        with connect(engine_url) as admin:
            roles = {"stays": sql.Identifier(stays), "goes": sql.Identifier(goes)}
            for name, whose in (("both", "{stays}, {goes}"), ("gone", "{goes}"), ("all", "public")):
                policy = "create policy {name} on public.desks to " + whose + " using (label <> 'it''s {{}} %')"
                admin.execute(sql.SQL(policy).format(name=sql.Identifier(f"of {name}"), **roles))
        up(migrator, steps_of(tmp_path))
        with connect(engine_url) as admin:
            admin.execute(sql.SQL("drop role {}").format(sql.Identifier(goes)))

        down(migrator, steps_of(tmp_path))

        with connect(engine_url) as admin:
            found = admin.execute(
                "select policyname, roles::text[], qual from pg_policies where tablename = 'desks' order by 1"
            ).fetchall()
            admin.execute('drop policy "of both" on public.desks')
    assert found == [
        ("of all", ["public"], "(label <> 'it''s {} %'::text)"),
        ("of both", [stays], "(label <> 'it''s {} %'::text)"),
    ]


@contextmanager
def logins(engine_url: Url) -> Iterator[dict[str, str]]:
    """Yield logins that may use the tables, by how: granted, by a group, through PUBLIC, as an owner, as services."""
    with ExitStack() as stack:
        made = {
            name: stack.enter_context(fresh_login(engine_url, attributes=attributes, member_of=groups))[0]
            for name, attributes, groups in (
                ("team", "", ()),
                ("idle", "", ()),
                ("reports", "", ()),
                ("owner", "", ()),
                ("backup", "", ("pg_read_all_data",)),
                ("dump", "bypassrls", ("pg_read_all_data",)),
                ("service", "", ("ttdb_app",)),
                ("admin", "superuser", ()),
            )
        }
        made["member"], _ = stack.enter_context(fresh_login(engine_url, member_of=(made["team"],)))
        with connect(engine_url) as admin:
            for name in ("team", "idle"):
                admin.execute(sql.SQL("alter role {} nologin").format(sql.Identifier(made[name])))
            for name in ("team", "idle", "service", "admin"):
                admin.execute(sql.SQL("grant insert on public.desks to {}").format(sql.Identifier(made[name])))
            reports = sql.Identifier(made["reports"])
            admin.execute(sql.SQL("grant select on public.desks, public.labels to {}").format(reports))
            admin.execute(sql.SQL("grant update (note) on public.bookings to {}").format(reports))
            admin.execute(sql.SQL("alter table public.labels owner to {}").format(sql.Identifier(made["owner"])))
        try:
            yield made
        finally:
            with connect(engine_url) as admin:
                admin.execute("alter table public.labels owner to ttdb_owner")
                for name in made.values():
                    admin.execute(sql.SQL("drop owned by {}").format(sql.Identifier(name)))


def test_each_login_that_loses_rights_is_named_with_what_and_how_to_keep_them(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    with logins(engine_url) as made:
        found = conflicts(migrator, steps_of(tmp_path))

        owned = "delete, insert, references, select, trigger, truncate, update"
        everything = "public.bookings, public.desks, public.labels, public.queue"
        # 17 has one privilege more.
        assert sorted((each.object, each.detail.replace("maintain, ", "")) for each in found) == sorted(
            [
                (
                    made["backup"],
                    f"it will not select any more in 4 tables: {everything} (granted to pg_read_all_data)",
                ),
                (made["member"], f"it will not insert any more here: public.desks (granted to {made['team']})"),
                (made["owner"], f"it will not {owned} any more here: public.labels"),
                (made["reports"], "it will not select any more in 2 tables: public.desks, public.labels"),
                (made["reports"], "it will not update any more here: public.bookings"),
            ]
        )
        advice = next(each.advice for each in found if each.object == made["reports"])
        assert f"grant ttdb_app to {made['reports']} (a service" in advice
        assert f'Or write {made["reports"]} = "why" below [losing] in the tenancy file.' in advice


def test_login_that_is_said_to_lose_or_is_let_in_otherwise_stops_nothing(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    with logins(engine_url) as made:
        said = "".join(f'{made[name]} = "it is to"\n' for name in ("backup", "team", "owner"))
        with connect(engine_url) as admin:
            admin.execute(sql.SQL("grant ttdb_operator to {}").format(sql.Identifier(made["reports"])))
            admin.execute("alter table public.labels owner to ttdb_owner")  # as the bootstrap hands it over
        steps = steps_of(tmp_path, losing=f"[losing]\n{said}")

        assert conflicts(migrator, steps) == []
        up(migrator, steps)
        with connect(engine_url) as admin, acting_as(admin, made["reports"]) as reports:
            assert len(reports.execute("select id from public.desks").fetchall()) == 2
        down(migrator, steps)


def test_a_group_keeps_for_its_members_what_the_file_gives_it_alone(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    with logins(engine_url) as made:
        with connect(engine_url) as admin:
            admin.execute(sql.SQL("grant ttdb_worker to {}").format(sql.Identifier(made["reports"])))
        found = [each.detail for each in conflicts(migrator, steps_of(tmp_path)) if each.object == made["reports"]]
        steps = steps_of(tmp_path, desks='worker = "select"', bookings='worker = "select, update"')
        said = [each.detail for each in conflicts(migrator, steps) if each.object == made["reports"]]

    assert "it will not update any more here: public.bookings" in found
    assert said == ["it will not select any more here: public.labels"]


def test_what_everybody_may_is_named_for_whoever_logs_in(engine_url: Url, migrator: Url, tmp_path: Path) -> None:
    with fresh_login(engine_url) as (login, _):
        with connect(engine_url) as admin:
            admin.execute("grant select on public.labels to public")

        found = conflicts(migrator, steps_of(tmp_path))
        said = conflicts(migrator, steps_of(tmp_path, losing='[losing]\npublic = "nobody is meant by it"'))

    mine = [each.detail for each in found if each.object == login]
    assert mine == ["it will not select any more here: public.labels (granted to public)"]
    assert said == []


def test_tenants_column_that_a_release_added_is_taken_as_it_stands_and_stays(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    with connect(engine_url) as admin:
        admin.execute("alter table public.bookings add column tenant_id uuid")
        admin.execute("comment on column public.bookings.tenant_id is 'since release 7'")
        for number, tenant in ((3, NOBODY[0]), (4, ONE)):
            book(admin, number, room(2), None)
            admin.execute("update public.bookings set tenant_id = %s where id = %s", (tenant, booking(number)))
    found, rows = catalog(engine_url), contents(engine_url)
    steps = steps_of(tmp_path)
    assert conflicts(migrator, steps) == []

    up(migrator, steps)

    assert tenants_of(engine_url, "bookings") == {
        booking(1): ONE,
        booking(2): OTHER,
        booking(3): OTHER,
        booking(4): ONE,  # as it was
    }
    down(migrator, steps)
    assert contents(engine_url) == rows
    assert catalog(engine_url) == found


def test_row_whose_standing_tenant_is_not_that_of_what_it_points_at_is_named(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    with connect(engine_url) as admin:
        admin.execute("alter table public.labels add column tenant_id uuid")
        admin.execute("update public.labels set tenant_id = %s", (OTHER,))

    found, first = conflicts(migrator, steps_of(tmp_path)), ident("5", 1)

    assert [(each.object, each.detail) for each in found] == [
        (
            "public.labels",
            f"1 row breaks public_labels_desk_id: id={first}: desk_id names no row of its tenant in public.desks",
        )
    ]


@pytest.mark.parametrize(
    ("statement", "table", "detail", "advice"),
    [
        (
            "alter table public.bookings add column tenant_id text",
            "public.bookings",
            "its column tenant_id is text, and a tenant is a uuid",
            'Give ours another name below [tables."public.bookings"] in the tenancy file, column = "whose_tenant"',
        ),
        (
            "alter table public.desks alter column tenant_id type text",
            "public.desks",
            "its column tenant_id is text, and a tenant is a uuid",
            "Name another column below it in the tenancy file",
        ),
        (
            "alter table public.bookings rename id to key; alter table public.bookings add tenant_id uuid",
            "public.bookings",
            "it has its tenant's column already, and no uuid called id to note by what that held",
            'Write tenant = "own" and no through below it in the tenancy file',
        ),
        (
            "alter table public.bookings alter column room_id type varchar(255)",
            "public.bookings",
            "its column room_id is character varying(255), and id of public.rooms is a uuid",
            "Write as_text = true below it in the tenancy file",
        ),
    ],
    ids=["another type", "own of another type", "no id", "text"],
)
def test_tenants_column_that_cannot_be_taken_is_named_before_anything_changes(  # noqa: PLR0913, PLR0917 - a case
    engine_url: Url, migrator: Url, tmp_path: Path, statement: str, table: str, detail: str, advice: str
) -> None:
    with connect(engine_url) as admin:
        admin.execute(statement.encode())

    found = conflicts(migrator, steps_of(tmp_path))

    assert [(each.object, each.detail) for each in found] == [(table, detail)]
    assert found[0].advice.startswith(advice)


def test_column_of_another_name_is_made_where_the_file_says_so(engine_url: Url, migrator: Url, tmp_path: Path) -> None:
    with connect(engine_url) as admin:
        admin.execute("alter table public.bookings add column tenant_id text")
        admin.execute("alter table public.desks rename column tenant_id to whose")
    steps = steps_of(tmp_path, bookings='column = "tenant"', desks='column = "whose"')
    found, rows = catalog(engine_url), contents(engine_url)

    up(migrator, steps)

    with connect(engine_url) as admin:
        given = admin.execute("select distinct tenant::text from public.bookings order by 1").fetchall()
    assert given == [(ONE,), (OTHER,)]
    down(migrator, steps)
    assert contents(engine_url) == rows
    assert catalog(engine_url) == found


def test_job_reads_and_writes_what_is_nobodys_and_a_tenant_does_not(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    found = catalog(engine_url)
    steps = steps_of(tmp_path, queue='worker = "select, insert, update, delete"')
    up(migrator, steps)

    with (
        fresh_login(engine_url, member_of=("ttdb_worker",)) as (job, secret),
        connect(engine_url.with_parts(user=job, password=secret)) as worker,
    ):
        worker.execute("insert into public.queue (task) values ('mint')")
        worker.execute("update public.queue set task = task || '!'")
        assert worker.execute("select id, task from public.queue").fetchall() == [(1, "mint!")]
        with pytest.raises(pg.InsufficientPrivilege):
            worker.execute("truncate public.queue")
        with pytest.raises(pg.InsufficientPrivilege):
            worker.execute("select * from public.bookings")
        with fresh_login(engine_url, member_of=("ttdb_app",)) as (service, password):
            for statement in ("select * from public.queue", "insert into public.queue (task) values ('x')"):
                with connect(engine_url.with_parts(user=service, password=password)) as tenant:
                    tenant.execute("select set_config('app.current_tenant_id', %s, false)", (ONE,))
                    with pytest.raises(pg.InsufficientPrivilege):
                        tenant.execute(statement.encode())
        worker.execute("delete from public.queue")
    down(migrator, steps)
    assert catalog(engine_url) == found


def test_job_does_with_tenants_rows_what_the_file_says_and_no_more(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    up(migrator, steps_of(tmp_path, bookings='worker = "select, update"'))

    with connect(engine_url) as admin, acting_as(admin, "ttdb_worker") as worker:
        assert worker.execute("select count(*) from public.bookings").fetchone() == (2,)
        assert worker.execute("update public.bookings set note = 'seen'").rowcount == 2
        with pytest.raises(pg.InsufficientPrivilege):
            worker.execute("delete from public.bookings")


def test_what_is_nobodys_is_closed_where_no_job_is_named(engine_url: Url, migrator: Url, tmp_path: Path) -> None:
    up(migrator, steps_of(tmp_path))

    with (
        connect(engine_url) as admin,
        acting_as(admin, "ttdb_worker") as worker,
        pytest.raises(pg.InsufficientPrivilege),
    ):
        worker.execute("select * from public.queue")


def test_each_key_has_an_index_by_which_a_delete_of_what_it_names_finds_the_rows(
    engine_url: Url, migrator: Url, tmp_path: Path
) -> None:
    with connect(engine_url) as admin:
        admin.execute("create index desks_by_tenant on public.desks (tenant_id)")  # and not by room
        admin.execute("create index labels_by_desk on public.labels (desk_id)")  # and not by tenant

    up(migrator, steps_of(tmp_path))

    with connect(engine_url) as admin:
        query = "select indexdef from pg_indexes where tablename = any(%s) and indexdef !~ 'UNIQUE' order by indexname"
        found = [text for (text,) in admin.execute(query, (["bookings", "desks", "labels"],)).fetchall()]
    assert [text.split(" USING btree ")[1] for text in found] == [
        "(tenant_id, booked_by)",
        "(tenant_id, room_id)",
        "(tenant_id)",
        "(tenant_id, room_id)",
        "(desk_id)",
        "(tenant_id, desk_id)",
    ]


def test_index_that_finds_the_rows_of_a_key_is_enough(engine_url: Url, migrator: Url, tmp_path: Path) -> None:
    with connect(engine_url) as admin:
        admin.execute("create index bookings_by_person on public.bookings (booked_by)")

    up(migrator, steps_of(tmp_path))

    with connect(engine_url) as admin:
        query = "select indexdef from pg_indexes where tablename = 'bookings' and indexdef ~ 'booked_by'"
        found = [text for (text,) in admin.execute(query).fetchall()]
    assert [text.split(" USING btree ")[1] for text in found] == ["(booked_by)"]
