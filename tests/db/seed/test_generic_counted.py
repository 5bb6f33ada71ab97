"""Keys beside each other: a column is counted for the smallest that needs it, and for all of them at once."""

import pytest
from support.seeding import filled, line

from ttdb.postgres.connect import Connection

_BESIDE = {
    "unique (fk, id)": "id serial primary key, author_id int not null {ref}, unique (author_id, id)",
    "unique (id, fk)": "id serial primary key, author_id int not null {ref}, unique (id, author_id)",
    "nullable fk": "id serial primary key, author_id int {ref}, unique (author_id, id)",
    "no sequence": "id bigint primary key, author_id int not null {ref}, unique (author_id, id)",
    "unique number": "author_id int not null {ref}, n int not null unique, unique (author_id, n)",
    "primary key": "author_id int not null {ref}, n bigint not null unique, primary key (author_id, n)",
}


@pytest.mark.parametrize("columns", _BESIDE.values(), ids=_BESIDE)
def test_key_that_holds_another_key_takes_nothing_away(database: Connection, columns: str) -> None:
    report = filled(
        database,
        f"""
        create table public.authors (id serial primary key, name text not null);
        create table public.books (title text not null, {columns.format(ref="references public.authors")});
        """,
    )

    assert (report.rows, report.exceptions) == ({"public.authors": 60, "public.books": 60}, {})


def test_key_that_holds_another_key_takes_nothing_away_within_a_tenant(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.tenants (id int primary key);
        create table public.authors (
            id int primary key, tenant_id int not null references public.tenants, unique (tenant_id, id)
        );
        create table public.books (
            id bigint primary key, tenant_id int not null references public.tenants, author_id int not null,
            foreign key (tenant_id, author_id) references public.authors (tenant_id, id),
            unique (tenant_id, author_id, id)
        );
        """,
    )

    assert report.exceptions == {}
    assert report.rows["public.books"] == 60


def test_column_is_counted_for_two_parents_at_once(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.team (id int primary key);
        create table public.game (
            home int not null references public.team, away int not null references public.team, rnd int not null,
            check (home <> away), unique (home, rnd), unique (away, rnd)
        );
        """,
        rows=200,
    )

    assert (report.rows["public.game"], report.exceptions) == (200, {})
    assert line(database, "select max(rnd) < 20 from public.game") == (True,)


def test_column_is_counted_for_parents_of_two_tables_at_once(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.tenants (id int primary key);
        create table public.room (id int primary key, floor int not null check (floor = 1), unique (floor, id));
        create table public.teacher (id int primary key, tenant_id int not null references public.tenants);
        create table public.lesson (
            id int primary key, tenant_id int not null references public.tenants,
            room_id int not null references public.room, teacher_id int not null references public.teacher,
            slot smallint not null check (slot between 1 and 40), unique (room_id, slot), unique (teacher_id, slot)
        );
        """,
        rows=100,
    )

    assert report.exceptions == {}


@pytest.mark.parametrize("possible", ["", "check (id between 1 and 6)"])
def test_column_is_counted_within_one_of_the_parents_that_a_key_holds(database: Connection, possible: str) -> None:
    report = filled(
        database,
        f"""
        create table public.matches (id int primary key {possible});
        create table public.players (id int primary key);
        create table public.match_players (
            match int references public.matches, player int references public.players,
            rank int not null check (rank between 1 and 10), primary key (match, player), unique (match, rank)
        );
        """,
    )

    assert report.rows["public.match_players"] == 60
    assert "public.match_players" not in report.exceptions


def test_two_references_that_are_unique_each_name_different_rows(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.a (id int primary key);
        create table public.pair (
            x int not null unique references public.a, y int not null unique references public.a, check (x <> y)
        );
        """,
    )

    assert (report.rows["public.pair"], report.exceptions) == (60, {})


def test_reason_speaks_of_a_tenant_only_where_there_is_one(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.a (id int primary key);
        create table public.b (x int not null references public.a, constraint never check (x < 0));
        """,
    )

    assert report.exceptions == {"public.b": "never does not take the parents' keys"}


def test_reason_speaks_of_parents_only_where_there_are_some(database: Connection) -> None:
    report = filled(database, "create table public.t (id int primary key, constraint never check (false))")

    assert report.exceptions == {"public.t": "never"}


def test_key_of_which_a_rule_takes_a_few_values_is_named(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.kinds (id int primary key check (id between 1 and 3));
        create table public.t (
            kind int references public.kinds, rank int check (rank between 1 and 10), primary key (kind, rank)
        );
        """,
    )

    assert report.rows["public.t"] == 30
    assert report.exceptions["public.t"] == "t_pkey: every value that t_rank_check takes is taken"


def test_parent_with_few_rows_is_named(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.kinds (flag boolean primary key);
        create table public.t (id int primary key, flag boolean not null unique references public.kinds);
        """,
    )

    assert report.rows == {"public.kinds": 2, "public.t": 2}
    assert report.exceptions["public.t"] == "t_flag_key takes no more: public.kinds has 2 rows to refer to"


def test_row_that_a_reference_refuses_is_told_by_the_reference_alone(database: Connection) -> None:
    report = filled(
        database,
        """
        create table public.a (id int primary key);
        create table public.b (id int primary key, a_id int not null references public.a);
        create function public.elsewhere() returns trigger language plpgsql as $$
        begin
            new.a_id := -1;
            return new;
        end $$;
        create trigger elsewhere before insert on public.b for each row execute function public.elsewhere();
        """,
    )

    assert report.exceptions == {"public.b": "b_a_id_fkey finds no row to refer to"}
