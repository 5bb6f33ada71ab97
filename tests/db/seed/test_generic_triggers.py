"""Triggers that judge rows, or make some: a generic seed finds what they take, and counts what they make."""

from support.seeding import filled, line

from ttdb.postgres.connect import Connection

_JUDGE = """
create table public.t (id int primary key, a int not null, b text not null, c text);
create function public.judge() returns trigger language plpgsql as $$ begin {} return new; end $$;
create trigger judge before insert on public.t for each row execute function public.judge();
"""


def test_trigger_with_two_conditions_gets_both(database: Connection) -> None:
    report = filled(
        database,
        _JUDGE.format(
            "if new.a <= 10 or new.b not in ('crimson', 'indigo') then raise exception 'not of ours'; end if;"
        ),
    )

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})


def test_trigger_may_refuse_under_the_code_of_a_check(database: Connection) -> None:
    report = filled(
        database,
        _JUDGE.format(
            "if new.b <> 'indigo' then raise exception 'bad word' using errcode = 'check_violation'; end if;"
            " if new.c is null or new.a < 500 then raise exception 'bad pair' using errcode = '23514'; end if;"
        ),
    )

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})


def test_trigger_that_takes_nothing_is_named(database: Connection) -> None:
    report = filled(database, _JUDGE.format("raise exception 'never %', new.a;"))

    assert list(report.exceptions) == ["public.t"]
    assert report.exceptions["public.t"].startswith("trigger judge: never ")


_TOTALS = """
create table public.orders (id int primary key, note text);
create table public.a_totals (order_id int primary key, total numeric(10, 2) not null default 0);
create function public.open_total() returns trigger language plpgsql as $$
begin insert into public.a_totals (order_id) values (new.id); return null; end $$;
create trigger open_total after insert on public.orders for each row {} execute function public.open_total();
"""


def test_table_that_a_trigger_fills_comes_after_that_triggers_table(database: Connection) -> None:
    report = filled(database, _TOTALS.format(""))

    assert (report.rows, report.exceptions) == ({"public.orders": 60, "public.a_totals": 60}, {})


def test_table_that_a_trigger_fills_in_part_is_filled_up(database: Connection) -> None:
    report = filled(database, _TOTALS.format("when (new.id <= 20)"))

    assert (report.rows, report.exceptions) == ({"public.orders": 60, "public.a_totals": 60}, {})
    assert line(database, "select count(distinct order_id) from public.a_totals") == (60,)
