"""A schema that no scenario describes: filled from its catalog alone, and what cannot be is named."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql
from support.databases import connect, fresh_database, fresh_login

from ttdb.errors import PrivilegeMissing, UsageError
from ttdb.model.seeding import SeedReport
from ttdb.postgres.connect import Connection
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url
from ttdb.seed import seed

_SCHEMAS = Path(__file__).parents[2] / "fixtures" / "schemas"
# Of 40 rows a table. Changes with the way rows are made and with vocabularies only: not with Python or the server.
_GOLDEN = {
    "library": "a918d43c4dfc6f2b84619a51faa84b8eac320f7dfe2333d4af921a0fc6b0cf2b",
    "workshop": "c85092e8d210269d8914b836798e2772915bad390ebf437d57a332aa5f3f06a5",
}
_AUDIT_TRIGGERS = ("users", "venues", "tickets")
_TEXTS = """
select pg_catalog.md5(coalesce(pg_catalog.string_agg(r::text, e'\\n' order by r::text collate "C"), '')) from {} as r
"""


def _database(server: Throwaway, name: str) -> Iterator[Url]:
    with fresh_database(server.url) as url:
        with connect(url) as connection:
            connection.execute((_SCHEMAS / f"{name}.sql").read_bytes())
        yield url


@pytest.fixture
def workshop(server: Throwaway) -> Iterator[Url]:
    """Return a database with enums, domains, circles, composite keys, ranges, exclusion constraints and partitions."""
    yield from _database(server, "workshop")


@pytest.fixture
def library(server: Throwaway) -> Iterator[Url]:
    """Return a database with circles that only deferral closes, triggers that refuse, and a table that takes no row."""
    yield from _database(server, "library")


def _seed(url: Url, *, rows: int = 60, number: int | None = None, append: bool = False, tenants: int = 4) -> SeedReport:
    with connect(url) as connection:
        return seed(connection, "generic", rows=rows, tenants=tenants, seed=number, append=append)


def _digests(url: Url, report: SeedReport) -> dict[str, str]:
    with connect(url) as connection:
        connection.execute("set timezone = 'UTC'")
        return {name: _value(connection, sql.SQL(_TEXTS).format(_identifier(name))) for name in report.rows}


def _value(connection: Connection, query: sql.Composed) -> str:
    row = connection.execute(query).fetchone()
    assert row is not None
    return str(row[0])


def _identifier(name: str) -> sql.Identifier:
    return sql.Identifier(*name.split("."))


def test_every_table_is_filled_with_domains_circles_ranges_and_exclusions(workshop: Url) -> None:
    report = _seed(workshop)

    assert report.exceptions == {}
    assert report.rows == {name: 4 if name == "public.organizations" else 60 for name in report.rows}
    assert len(report.rows) == 10


def test_rows_of_a_tenant_refer_to_its_own_and_tenants_differ_in_size(workshop: Url) -> None:
    _seed(workshop, rows=200)

    with connect(workshop) as connection:
        crossing = connection.execute(
            "select count(*) from public.shifts as s join public.members as m on m.id = s.member_id"
            " join public.organizations as o on o.owner_id = m.id where o.id <> m.organization_id"
        ).fetchone()
        counts = [n for (n,) in connection.execute("select count(*) from public.bookings group by organization_id")]
        owners = connection.execute("select count(*) from public.organizations where owner_id is not null").fetchone()
        managed = connection.execute("select count(*) from public.members where manager_id is not null").fetchone()
        states = connection.execute("select count(distinct state) from public.bookings").fetchone()

    assert crossing == (0,)
    assert max(counts) > 2 * min(counts)
    assert owners is not None
    assert owners[0] > 0  # the circle is closed
    assert managed is not None
    assert managed[0] > 60
    assert states == (4,)


def test_same_seed_gives_the_same_rows_and_another_gives_others(server: Throwaway) -> None:
    found = [_digests(url, _seed(url, number=number)) for number in (3, 3, 4) for url in _database(server, "workshop")]

    assert found[0] == found[1]
    assert found[0] != found[2]


@pytest.mark.parametrize("name", sorted(_GOLDEN))
def test_rows_are_the_golden_ones(server: Throwaway, name: str) -> None:
    for url in _database(server, name):
        digests = _digests(url, _seed(url, rows=40, number=7))
        text = "\n".join(f"{table} {value}" for table, value in sorted(digests.items()))

        assert hashlib.sha256(text.encode()).hexdigest() == _GOLDEN[name]


def test_what_cannot_be_satisfied_is_named_and_the_rest_is_filled(library: Url) -> None:
    report = _seed(library)

    assert set(report.exceptions) == {"library.never", "library.after_never"}
    assert "never_n_check" in report.exceptions["library.never"]
    assert "after_never_never_id_fkey" in report.exceptions["library.after_never"]
    empty = {name for name, rows in report.rows.items() if not rows}
    assert empty == {"library.never", "library.after_never"}


def test_key_that_a_rule_ties_to_another_column_begins_where_the_rule_holds(empty_url: Url) -> None:
    with connect(empty_url) as connection:
        connection.execute(
            """
            create table public.halls (id int generated always as identity primary key);
            create table public."Odd ""seats" (
                hall_id int not null references public.halls,
                "from" int not null,
                "ORDER" timestamptz default now(),
                primary key (hall_id, "from"),
                check ("from" > 3 and "ORDER" > '2000-01-01')
            );
            """
        )
    report = _seed(empty_url)

    assert (report.exceptions, report.rows) == ({}, {"public.halls": 60, 'public.Odd "seats': 60})


def test_rows_that_only_a_trigger_judges_are_made_to_its_taste(library: Url) -> None:
    _seed(library)

    with connect(library) as connection:
        moods = connection.execute("select mood, count(*) from library.visitors group by mood").fetchall()

    assert moods == [("calm", 60)]


def test_append_fills_up_to_the_number_and_a_second_one_adds_nothing(workshop: Url) -> None:
    _seed(workshop, rows=30)
    with pytest.raises(UsageError, match="holds rows"):
        _seed(workshop, rows=60)
    grown = _seed(workshop, rows=60, append=True)
    again = _seed(workshop, rows=60, append=True)

    assert {name: rows for name, rows in grown.rows.items() if name != "public.organizations"} == {
        name: 30 for name in grown.rows if name != "public.organizations"
    }
    assert sum(again.rows.values()) == 0
    assert again.exceptions == {}


def test_sequences_go_on_after_the_last_row(library: Url) -> None:
    _seed(library)

    with connect(library) as connection:
        made = connection.execute(
            "insert into library.visitors (nick, visited) values ('Next', interval '1 hour') returning id"
        ).fetchone()

    assert made == (61,)


def test_moments_that_must_be_some_time_apart_are(library: Url) -> None:
    with connect(library) as connection:
        connection.execute(
            "create table library.stays (id int primary key, s date not null, e date not null,"
            " at timestamptz not null, until timestamptz not null,"
            " check (e > s + interval '1 day' and e < s + interval '3 days'),"
            " check (until >= at + interval '90 minutes' and until < at + interval '2 hours'))"
        )

    report = _seed(library, rows=20)

    assert "library.stays" not in report.exceptions
    assert report.rows["library.stays"] == 20


def test_table_that_stands_full_is_not_said_to_be_left_empty(library: Url) -> None:
    with connect(library) as connection:
        connection.execute("create table library.settings_of_all (id boolean primary key check (id), name text)")

    first, again = _seed(library, rows=5), _seed(library, rows=5, append=True)

    assert (first.rows["library.settings_of_all"], again.rows["library.settings_of_all"]) == (1, 0)
    for report in (first, again):
        assert "library.settings_of_all" in report.exceptions
        assert "library.settings_of_all" not in report.left_empty


def test_ledger_of_a_migration_tool_is_left_alone(library: Url) -> None:
    with connect(library) as connection:
        connection.execute("create table public.flyway_schema_history (installed_rank int primary key)")
    report = _seed(library)

    assert report.left_alone == {"public.flyway_schema_history": "a migration tool's own"}
    assert "public.flyway_schema_history" not in report.rows


def test_many_rows_stand_beside_few_questions(library: Url) -> None:
    report = _seed(library, rows=3000)

    assert report.rows["library.books"] == 3000
    assert report.rows["library.loans"] == 3000


def test_rule_that_is_asked_at_the_end_costs_one_table_and_is_named(workshop: Url) -> None:
    with connect(workshop) as connection:
        connection.execute(
            """
            create function public.refuse() returns trigger language plpgsql as $$
            begin raise exception 'no skill may be seeded'; end $$;
            create constraint trigger earned after insert on public.skills deferrable initially deferred
                for each row execute function public.refuse();
            """
        )
        report = seed(connection, "generic", rows=10, tenants=2)

        assert connection.execute("select count(*) from public.organizations").fetchone() == (2,)
        assert connection.execute("select count(*) from public.skills").fetchone() == (0,)
    why = "trigger earned of public.skills, asked at the end, says: no skill may be seeded"
    assert report.exceptions["public.skills"] == why


def test_tables_whose_rules_have_one_name_are_told_apart(workshop: Url) -> None:
    with connect(workshop) as connection:
        connection.execute(
            """
            create function public.refuse() returns trigger language plpgsql as $$
            begin raise exception 'no such row may stand'; end $$;
            create constraint trigger bare after insert on public.organizations deferrable initially deferred
                for each row execute function public.refuse();
            create constraint trigger bare after insert on public.skills deferrable initially deferred
                for each row execute function public.refuse();
            """
        )
        report = seed(connection, "generic", rows=10, tenants=2)

    for table in ("public.organizations", "public.skills"):
        assert report.rows[table] == 0
        assert "no such row may stand" in report.exceptions[table]


def test_table_of_defaults_alone_and_one_without_columns_are_filled(library: Url) -> None:
    with connect(library) as connection:
        connection.execute(
            "create table library.ticks (at timestamptz generated always as ('2025-01-01Z'::timestamptz) stored);"
            "create table library.nothing ()"
        )

    report = _seed(library, rows=20)

    assert (report.rows["library.ticks"], report.rows["library.nothing"]) == (20, 20)
    assert not {"library.ticks", "library.nothing"} & report.exceptions.keys()


def test_columns_may_be_called_as_rows_are_in_queries(library: Url) -> None:
    with connect(library) as connection:
        connection.execute(
            "create table library.colours (id int primary key, r int not null, t int4range, s int, x int)"
        )

    report = _seed(library, rows=50)

    assert "library.colours" not in report.exceptions
    with connect(library) as connection:
        assert connection.execute("select count(r) from library.colours").fetchone() == (50,)


def test_rows_that_triggers_make_are_counted_and_can_be_referred_to(library: Url) -> None:
    with connect(library) as connection:
        connection.execute(
            """
            create table library.cards (book bigint primary key, shelf text);
            create table library.borrowings (id bigint primary key, card bigint not null references library.cards);
            create function library.keep_card() returns trigger language plpgsql as $$
            begin insert into library.cards values (new.id, 'A'); return null; end $$;
            create trigger keep_card after insert on library.books for each row execute function library.keep_card();
            """
        )
        column = connection.execute(
            "select attname from pg_attribute where attrelid = 'library.books'::regclass and attnum = 1"
        ).fetchone()
    assert column == ("id",)

    report = _seed(library, rows=20)

    assert report.rows["library.cards"] == 20
    assert report.rows["library.borrowings"] == 20
    assert not {"library.cards", "library.borrowings"} & report.exceptions.keys()


def test_no_address_is_cut_to_one_that_somebody_may_have(library: Url) -> None:
    with connect(library) as connection:
        connection.execute(
            "create table library.people (id int primary key, mail varchar(24), work_email varchar(9),"
            " url varchar(14), status text, age int)"
        )
        _seed(library, rows=300)
        people = connection.execute("select mail, work_email, url, status, age from library.people").fetchall()

    assert len(people) == 300
    for mail, work, url, status, age in people:
        assert mail is None or mail.endswith(("@example.com", "@a.test"))
        assert work is None or "@" not in work or work.endswith("@a.test")
        assert url is None or url == "http://a.test"
        assert status in {None, "active", "pending", "closed"}
        assert age is None or age <= 90


def test_type_of_which_no_value_is_known_is_named_with_its_column(library: Url) -> None:
    with connect(library) as connection:
        connection.execute("create table library.odd (id int primary key, kind pg_node_tree not null)")

    report = _seed(library, rows=5)

    assert report.exceptions["library.odd"] == "no value of type pg_node_tree was found for kind"


def test_login_that_row_security_filters_is_refused(workshop: Url) -> None:
    with connect(workshop) as admin, fresh_login(workshop) as (user, password):
        admin.execute("alter table public.skills enable row level security")
        admin.execute(sql.SQL("grant all on all tables in schema public to {}").format(sql.Identifier(user)))
        with (
            connect(workshop.with_parts(user=user, password=password)) as connection,
            pytest.raises(PrivilegeMissing, match=r'cannot write every tenant of "public.skills"') as refused,
        ):
            seed(connection, "generic")
        hint = f'Have an admin run: alter role "{user}" bypassrls; It also needs SELECT and INSERT on all tables.'
        assert refused.value.hint == hint  # a role of ttdb's own would be of no use in a schema that is not
        admin.execute(sql.SQL("drop owned by {}").format(sql.Identifier(user)))


def test_login_that_lacks_grants_is_told_them(workshop: Url) -> None:
    with connect(workshop) as admin, fresh_login(workshop) as (user, password):
        login = sql.Identifier(user)
        with (
            connect(workshop.with_parts(user=user, password=password)) as connection,
            pytest.raises(PrivilegeMissing, match=r'may not read and write "public\.') as refused,
        ):
            seed(connection, "generic")
        grant = f'grant select, insert on all tables in schema "public" to "{user}";'

        assert refused.value.hint == f"Have an admin run: {grant}"
        assert login.as_string(admin) in grant


@pytest.mark.parametrize(
    ("rows", "tenants", "message"),
    [(0, None, "must be 1 or more"), (10, 20, "is not what a generic seed can make"), (10**9, 1, "can make")],
)
def test_numbers_that_make_no_sense(workshop: Url, rows: int, tenants: int | None, message: str) -> None:
    with connect(workshop) as connection, pytest.raises(UsageError, match=message):
        seed(connection, "generic", rows=rows, tenants=tenants)


def _without_audit_triggers(url: Url) -> None:
    """Drop the platform's triggers that refuse every write."""
    with connect(url) as connection:
        for table in _AUDIT_TRIGGERS:
            statement = sql.SQL("drop trigger {} on public.{}")
            connection.execute(statement.format(sql.Identifier(f"audit_{table}_trigger"), sql.Identifier(table)))


def _count(connection: Connection, name: str) -> int:
    row = connection.execute(sql.SQL("select count(*) from {}").format(_identifier(name))).fetchone()
    return int(row[0]) if row else 0


def test_live_platform_has_rows_in_all_its_tables(legacy_url: Url) -> None:
    _without_audit_triggers(legacy_url)
    with connect(legacy_url) as connection:
        report = seed(connection, "generic", rows=40, append=True)
        empty = [
            name
            for name in report.rows
            if connection.execute(sql.SQL("select not exists (select from {})").format(_identifier(name))).fetchone()
            == (True,)
        ]

    assert len(report.rows) == 177
    assert empty == []
    assert all("takes no more" in why for why in report.exceptions.values())


_CONTACTS = """
create table public.contacts (
    id int primary key,
    phone text not null unique check (phone ~ '^\\d{3}-\\d{3}-\\d{4}$'),
    mobile text not null check (mobile ~ '^\\d{10}$'),
    reach text not null unique check (reach ~ '^[a-z]+@[a-z]+\\.(com|org)$'),
    fax text check (fax ~ '^\\+49\\d{10}$')
)
"""


def test_numbers_and_addresses_that_rules_ask_for_reach_nobody(server: Throwaway) -> None:
    with fresh_database(server.url) as url, connect(url) as connection:
        connection.execute(_CONTACTS.encode())
        report = seed(connection, "generic", rows=60)
        rows = connection.execute("select phone, mobile, reach, fax from public.contacts").fetchall()

    assert len(rows) == report.rows["public.contacts"] == 60
    for phone, mobile, reach, fax in rows:
        assert re.fullmatch(r"\d{3}-555-01\d\d", phone)
        assert re.fullmatch(r"\d{3}55501\d\d", mobile)
        assert re.fullmatch(r"[a-z]+@example\.com", reach)
        assert fax is None  # no reserved number is German


def test_live_platform_names_the_tables_whose_triggers_refuse(legacy_url: Url) -> None:
    with connect(legacy_url) as connection:
        report = seed(connection, "generic", rows=20, append=True)
        short = {name for name in report.rows if _count(connection, name) < 20}
        short.remove("public.tenants")  # of which as many are made as are asked for

    assert short
    assert short <= set(report.exceptions)
    assert {"public.users", "public.venues"} <= set(report.exceptions)
    for table in ("users", "venues"):
        assert report.exceptions[f"public.{table}"] == (
            f'trigger audit_{table}_trigger: column "table_name" of relation "audit_logs" does not exist'
        )
