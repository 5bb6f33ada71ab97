"""Tables whose keys, rules and references hang together: filled by a generic seed, or named, never all lost for one."""

from typing import Any

import pytest

from ttdb.model.seeding import SeedReport
from ttdb.postgres.connect import Connection
from ttdb.seed import seed
from ttdb.seed.generic.fill import Filling
from ttdb.seed.generic.layout import Distinct, carriers
from ttdb.seed.generic.plan import Plan


def _filled(database: Connection, tables: str, *, rows: int = 50) -> SeedReport:
    database.execute(tables.encode())
    return seed(database, "generic", rows=rows)


def _one(database: Connection, query: str) -> tuple[Any, ...]:
    row = database.execute(query.encode()).fetchone()
    assert row is not None
    return row


_VERSIONS = """
create table public.notes (id int primary key);
create table public.versions (
    doc {kind} not null, v int not null, prev int, primary key (doc, v),
    foreign key (doc, prev) references public.versions, check ({rule})
);
"""


@pytest.mark.parametrize("kind", ["uuid", "int"])
@pytest.mark.parametrize("rule", ["(v = 1) = (prev is null)", "prev = v - 1"])
def test_column_of_a_reference_that_is_left_out_has_a_value_of_its_own(
    database: Connection, kind: str, rule: str
) -> None:
    report = _filled(database, _VERSIONS.format(kind=kind, rule=rule))

    assert (report.rows, report.exceptions) == ({"public.notes": 50, "public.versions": 50}, {})


def test_column_of_a_reference_agrees_with_the_parent_where_there_is_one(database: Connection) -> None:
    report = _filled(
        database,
        """
        create table public.things (kind text, id int, primary key (kind, id));
        create table public.uses (
            id int primary key, kind text not null, thing int, foreign key (kind, thing) references public.things
        );
        """,
    )

    assert report.exceptions == {}
    assert 0 < _one(database, "select count(thing) from public.uses")[0] < 50


def test_unforeseen_error_costs_one_table_and_is_named_with_its_place(
    database: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Filling.fill

    def fill(filling: Filling, first: int, wanted: int) -> None:
        whole(filling, first, wanted)
        if filling.rows.plan.table.name == "broken":
            raise StopIteration

    monkeypatch.setattr(Filling, "fill", fill)
    report = _filled(
        database,
        "create table public.broken (id int primary key); create table public.sound (id int primary key);"
        "create table public.child (id int primary key, broken_id int references public.broken);",
    )

    assert report.rows == {"public.broken": 0, "public.sound": 50, "public.child": 50}
    assert set(report.exceptions) == {"public.broken"}
    assert report.exceptions["public.broken"].startswith("a defect in ttdb, at ttdb/seed/generic/run.py:")
    assert report.exceptions["public.broken"].endswith("unexpected StopIteration")


def test_error_while_keys_are_chosen_costs_one_table(database: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(ask: Distinct, plan: Plan) -> dict[str, Any]:
        if plan.table.name == "broken":
            raise IndexError
        return dict(carriers(ask, plan))

    monkeypatch.setattr("ttdb.seed.generic.run.carriers", broken)
    report = _filled(
        database, "create table public.broken (id int primary key); create table public.sound (id int primary key);"
    )

    assert report.rows == {"public.broken": 0, "public.sound": 50}
    assert "unexpected IndexError" in report.exceptions["public.broken"]


def test_column_of_a_type_that_cannot_be_made_stays_null_and_one_that_must_have_it_is_named(
    database: Connection,
) -> None:
    report = _filled(
        database,
        """
        create extension hstore;
        create table public.odd (
            id int primary key, name text not null, h hstore not null, acl aclitem, snapshot txid_snapshot
        );
        create table public.no (id int primary key, name text not null, acl aclitem not null);
        """,
    )

    assert report.rows == {"public.odd": 50, "public.no": 0}
    assert report.exceptions == {"public.no": "no value of type aclitem was found for acl"}
    assert _one(database, "select count(h), count(acl), count(snapshot) from public.odd") == (50, 0, 0)


def test_rows_of_two_parents_that_must_differ_are_found(database: Connection) -> None:
    report = _filled(
        database,
        "create table public.people (id int primary key); create table public.likes (a int references public.people,"
        " b int references public.people, primary key (a, b), check (a <> b))",
    )

    assert (report.rows, report.exceptions) == ({"public.people": 50, "public.likes": 50}, {})


def test_bytes_of_a_length_that_a_rule_asks_for_tell_rows_apart(database: Connection) -> None:
    report = _filled(database, "create table public.keys (hash bytea not null unique check (octet_length(hash) = 32))")

    assert (report.rows, report.exceptions) == ({"public.keys": 50}, {})


def test_days_that_may_not_overlap_are_as_far_apart_as_a_rule_wants(database: Connection) -> None:
    report = _filled(
        database,
        """
        create extension btree_gist;
        create table public.stays (
            name text not null, since date not null, until date, check (until is null or until >= since + 30),
            exclude using gist (name with =, daterange(since, until, '[]') with &&)
        );
        """,
    )

    assert (report.rows, report.exceptions) == ({"public.stays": 50}, {})
    assert _one(database, "select count(until) from public.stays") == (50,)


def test_days_that_may_not_overlap_within_a_parent_are_as_far_apart_as_a_rule_wants(database: Connection) -> None:
    report = _filled(
        database,
        """
        create extension btree_gist;
        create table public.schools (id int primary key);
        create table public.terms (
            id int primary key, school int not null references public.schools, a date not null, b date not null,
            check (b - a between 30 and 200), exclude using gist (school with =, daterange(a, b) with &&)
        );
        """,
    )

    assert (report.rows["public.terms"], report.exceptions) == (50, {})


@pytest.mark.parametrize("room", ["text not null check (room ~ '^[A-D][0-9]{3}$')", "int not null references public.r"])
def test_times_of_a_day_that_may_not_overlap_are_as_far_apart_as_a_rule_wants(database: Connection, room: str) -> None:
    report = _filled(
        database,
        f"""
        create extension btree_gist;
        create table public.r (id int primary key);
        create table public.lessons (
            id int primary key, room {room}, day int not null check (day between 1 and 5),
            starts time not null, ends time not null,
            check (ends - starts between interval '45 min' and interval '3 hours'),
            exclude using gist (
                room with =, day with =,
                int4range(extract(epoch from starts)::int, extract(epoch from ends)::int) with &&
            )
        );
        """,
    )

    assert (report.rows["public.lessons"], report.exceptions) == (50, {})


def test_circle_is_closed_beside_a_domain_that_is_not_null(database: Connection) -> None:
    report = _filled(
        database,
        """
        create domain public.label as text not null;
        create table public.a (id int primary key, label public.label, b int);
        create table public.b (id int primary key, a int not null references public.a);
        alter table public.a add foreign key (b) references public.b;
        """,
    )

    assert report.exceptions == {}
    assert _one(database, "select count(b) > 20 from public.a") == (True,)


@pytest.mark.parametrize("said", ["no odd qty", "no"])
def test_trigger_that_refuses_half_the_values_gets_others(database: Connection, said: str) -> None:
    report = _filled(
        database,
        f"""
        create table public.lines (id int primary key, size int not null, qty int not null);
        create function public.judge() returns trigger language plpgsql as $$
        begin
            if new.qty % 2 = 1 then raise exception '{said}'; end if;
            return new;
        end $$;
        create trigger judge before insert on public.lines for each row execute function public.judge();
        """,
    )

    assert (report.rows, report.exceptions) == ({"public.lines": 50}, {})


def test_what_a_rule_ties_to_a_parent_differs_where_there_is_one(database: Connection) -> None:
    report = _filled(
        database,
        "create table public.nodes (id int primary key, above int references public.nodes, depth int not null,"
        " check ((above is null) = (depth = 0)))",
    )

    assert report.exceptions == {}
    assert _one(database, "select count(*) > 20 from public.nodes where above is not null and depth <> 0") == (True,)


def test_rows_beyond_a_key_of_some_rows_are_of_the_others(database: Connection) -> None:
    report = _filled(
        database,
        """
        create table public.venues (id int primary key, name text);
        create table public.rates (
            id int primary key, venue_id int not null references public.venues, active boolean not null default true,
            ended date, check (active or ended is not null)
        );
        create unique index rate_of_today on public.rates (venue_id) where active;
        """,
        rows=30,
    )
    more = seed(database, "generic", rows=200, append=True)

    assert report.exceptions == {}
    assert (more.rows["public.rates"], more.exceptions) == (170, {})
    assert _one(database, "select count(*) filter (where active) > 20 from public.rates") == (True,)


def test_rows_of_few_tenants_beyond_a_key_of_some_rows(database: Connection) -> None:
    report = _filled(
        database,
        """
        create table public.organizations (id int primary key);
        create table public.plans (
            id int primary key, organization_id int not null references public.organizations, active boolean not null
        );
        create unique index on public.plans (organization_id) where active;
        """,
        rows=200,
    )

    assert (report.rows["public.plans"], report.exceptions) == (200, {})
    assert _one(database, "select count(*) filter (where active) from public.plans") == (5,)
