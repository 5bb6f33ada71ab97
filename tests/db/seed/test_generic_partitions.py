"""Partitioned tables: a generic seed takes values from the bounds of the partitions, and fills every one."""

import pytest
from support.databases import connect, fresh_database

from ttdb.model.seeding import SeedReport
from ttdb.postgres.connect import Connection
from ttdb.postgres.throwaway import Throwaway
from ttdb.seed import seed


def _filled(database: Connection, tables: str, *, rows: int = 60, append: bool = False) -> SeedReport:
    database.execute(tables.encode())
    return seed(database, "generic", rows=rows, append=append)


def _parts(database: Connection) -> dict[str, int]:
    query = "select tableoid::regclass::text, count(*) from public.t group by 1"
    return {str(name): int(rows) for name, rows in database.execute(query)}


def _months(year: int, *months: int) -> str:
    return "".join(
        f"create table public.m{month} partition of public.t for values from ('{year}-{month:02}-01')"
        f" to ('{year + month // 12}-{month % 12 + 1:02}-01');"
        for month in months
    )


_IDENTITY = """
create table public.t (
    id bigint generated always as identity, at timestamptz not null default now(), primary key (id, at)
) partition by range (at);
"""
_GIVEN = "create table public.t (id int, at {}, primary key (id, at)) partition by range (at);"


@pytest.mark.parametrize(
    "tables",
    [
        _IDENTITY + _months(2026, 11, 12),
        _IDENTITY + _months(2026, *range(1, 13)),
        _IDENTITY + _months(2026, 3, 4) + "create table public.rest partition of public.t default;",
        _GIVEN.format("timestamptz") + _months(2024, 1),
        _GIVEN.format("date") + _months(2024, 1, 5),
    ],
)
def test_months_are_filled_evenly_where_the_key_must_have_the_moment(database: Connection, tables: str) -> None:
    report = _filled(database, tables)
    months = {name: rows for name, rows in _parts(database).items() if name != "rest"}

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert sum(months.values()) == 60
    assert len(months) == tables.count(" for values ")
    assert max(months.values()) - min(months.values()) <= 1


_RANGES = {
    "a number far from one": (
        (
            "create table public.t (id int, k int, primary key (id, k)) partition by range (id);"
            "create table public.far partition of public.t for values from (1000000) to (2000000)"
        ),
        {"far": 60},
    ),
    "open ends, and a part with room for few": (
        (
            "create table public.t (id int primary key) partition by range (id);"
            "create table public.low partition of public.t for values from (minvalue) to (10);"
            "create table public.mid partition of public.t for values from (10) to (20);"
            "create table public.high partition of public.t for values from (1000) to (maxvalue)"
        ),
        {"low": 9, "mid": 10, "high": 41},
    ),
    "two columns": (
        (
            "create table public.t (a int, b int, primary key (a, b)) partition by range (a, b);"
            "create table public.low partition of public.t for values from (1, 5) to (1, 10);"
            "create table public.mid partition of public.t for values from (1, 10) to (3, minvalue);"
            "create table public.high partition of public.t for values from (3, minvalue) to (maxvalue, maxvalue)"
        ),
        {"low": 5, "mid": 27, "high": 28},
    ),
    "moments without end, below lists": (
        (
            "create table public.t (id int, s text, at timestamptz, primary key (id, s, at)) partition by list (s);"
            "create table public.a partition of public.t for values in ('a');"
            "create table public.b partition of public.t for values in ('b') partition by range (at);"
            "create table public.old partition of public.b for values from ('-infinity') to ('2020-01-01');"
            "create table public.new partition of public.b for values from ('2020-01-01') to ('infinity')"
        ),
        {"a": 20, "old": 20, "new": 20},
    ),
    "numbers so near that none is whole": (
        (
            "create table public.t (id int, k numeric(5, 2), primary key (id, k)) partition by range (k);"
            "create table public.low partition of public.t for values from (-10.5) to (10.5);"
            "create table public.high partition of public.t for values from (10.5) to (10.7)"
        ),
        {"low": 30, "high": 30},
    ),
    "a rule besides": (
        (
            "create table public.t (k int not null check (k > 5)) partition by range (k);"
            "create table public.low partition of public.t for values from (0) to (10);"
            "create table public.high partition of public.t for values from (10) to (20)"
        ),
        {"low": 30, "high": 30},
    ),
    "uuids": (
        (
            "create table public.t (id uuid primary key) partition by range (id);"
            "create table public.low partition of public.t for values from (minvalue)"
            " to ('80000000-0000-0000-0000-000000000000');"
            "create table public.high partition of public.t for values from ('80000000-0000-0000-0000-000000000000')"
            " to (maxvalue)"
        ),
        {"low": 30, "high": 30},
    ),
    "a list, of which one part is divided again": (
        (
            "create table public.t (id int, place text, at timestamp, primary key (id, place, at))"
            " partition by list (place);"
            "create table public.eu partition of public.t for values in ('eu', 'ch''s') partition by range (at);"
            "create table public.us partition of public.t for values in ('us');"
            "create table public.eu1 partition of public.eu for values from ('2026-01-01') to ('2026-02-01');"
            "create table public.eu2 partition of public.eu for values from ('2026-02-01') to ('2026-02-02')"
        ),
        {"eu1": 20, "eu2": 20, "us": 20},
    ),
    "two columns, divided again by both": (
        (
            "create table public.t (a int, b int, primary key (a, b)) partition by range (a, b);"
            "create table public.one partition of public.t for values from (0, 0) to (10, 5)"
            " partition by range (a, b);"
            "create table public.low partition of public.one for values from (0, 0) to (3, 7);"
            "create table public.mid partition of public.one for values from (3, 7) to (10, 5);"
            "create table public.high partition of public.t for values from (10, 5) to (20, 20)"
        ),
        {"low": 20, "mid": 20, "high": 20},
    ),
    "lists below a list": (
        (
            "create table public.t (place text not null, paid boolean not null) partition by list (place);"
            "create table public.a partition of public.t for values in ('a') partition by list (paid);"
            "create table public.b partition of public.t for values in ('b', 'c');"
            "create table public.a1 partition of public.a for values in (true);"
            "create table public.a2 partition of public.a for values in (false)"
        ),
        {"a1": 20, "a2": 20, "b": 20},
    ),
}


@pytest.mark.parametrize("name", _RANGES)
def test_every_partition_has_rows(database: Connection, name: str) -> None:
    tables, expected = _RANGES[name]
    report = _filled(database, tables)

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})
    assert _parts(database) == expected


def test_hash_partitions_have_rows(database: Connection) -> None:
    parts = (
        f"create table public.p{number} partition of public.t for values with (modulus 3, remainder {number});"
        for number in range(3)
    )
    _filled(database, "create table public.t (id int primary key, name text) partition by hash (id);" + "".join(parts))

    assert set(_parts(database)) == {"p0", "p1", "p2"}


@pytest.mark.parametrize("modulus", [4, 8])
def test_rows_are_found_for_the_hashes_that_there_are_partitions_for(database: Connection, modulus: int) -> None:
    report = _filled(
        database,
        "create table public.t (id int primary key) partition by hash (id);"
        f"create table public.only partition of public.t for values with (modulus {modulus}, remainder 0)",
    )

    assert (report.rows, report.exceptions) == ({"public.t": 60}, {})


def test_rows_of_a_tenant_go_to_its_own_partitions(database: Connection) -> None:
    report = _filled(
        database,
        "create table public.tenants (id int primary key);"
        "create table public.t (id int, tenant_id int references public.tenants, at date,"
        " primary key (tenant_id, id, at)) partition by list (tenant_id);"
        "create table public.one partition of public.t for values in (1) partition by range (at);"
        "create table public.few partition of public.t for values in (2, 3);"
        "create table public.rest partition of public.t default;"
        "create table public.one1 partition of public.one for values from ('2020-01-01') to ('2020-02-01');"
        "create table public.one2 partition of public.one for values from ('2020-02-01') to ('2020-03-01');",
    )

    assert report.exceptions == {}
    assert set(_parts(database)) == {"one1", "one2", "few", "rest"}


def test_moments_that_rules_tie_to_the_dividing_one_go_along(database: Connection) -> None:
    report = _filled(
        database,
        "create table public.t (id int, at timestamptz default now(), until timestamptz not null, done timestamptz,"
        " check (until > at + interval '1 hour'), check (done > at), primary key (id, at)) partition by range (at);"
        + _months(2026, 5, 6),
    )

    assert report.exceptions == {}
    assert _parts(database) == {"m5": 30, "m6": 30}
    assert database.execute("select count(distinct until) > 30, count(done) > 10 from public.t").fetchone() == (
        True,
        True,
    )


def test_parts_are_referred_to_and_refer_to_themselves(database: Connection) -> None:
    report = _filled(
        database,
        "create table public.t (id bigint, at timestamptz, above bigint, above_at timestamptz, primary key (id, at),"
        " foreign key (above, above_at) references public.t) partition by range (at);"
        + _months(2026, 3, 4)
        + "create table public.c (id int primary key, t bigint not null, t_at timestamptz not null,"
        " foreign key (t, t_at) references public.t)",
    )

    assert (report.rows, report.exceptions) == ({"public.t": 60, "public.c": 60}, {})
    assert database.execute("select count(above) > 20 from public.t").fetchone() == (True,)


def test_append_goes_on_where_the_first_rows_end(database: Connection) -> None:
    _filled(database, _IDENTITY + _months(2026, 1, 2), rows=20)
    report = seed(database, "generic", rows=60, append=True)

    assert (report.rows, report.exceptions) == ({"public.t": 40}, {})
    assert _parts(database) == {"m1": 30, "m2": 30}


def test_session_of_another_zone_and_style_makes_the_same_rows(server: Throwaway) -> None:
    found = []
    for zone, style in (("UTC", "ISO, YMD"), ("Asia/Kolkata", "German, DMY")):
        with fresh_database(server.url) as url, connect(url) as connection:
            connection.execute((_IDENTITY + _months(2026, 1, 2)).encode())
            connection.execute(
                "select set_config('timezone', %s, false), set_config('datestyle', %s, false)", (zone, style)
            )
            seed(connection, "generic", rows=20)
            found.append(connection.execute("select id, extract(epoch from at) from public.t order by id").fetchall())

    assert len(found[0]) == 20
    assert found[0] == found[1]


def test_partition_that_takes_no_row_is_named(database: Connection) -> None:
    report = _filled(
        database,
        "create table public.t (at timestamptz not null) partition by range (date_trunc('day', at at time zone 'UTC'));"
        "create table public.then partition of public.t for values from ('1800-01-01') to ('1800-01-02')"
        " partition by range (at);"
        "create table public.never partition of public.then for values from ('2000-01-01') to ('2000-01-02')",
    )

    assert report.rows == {"public.t": 0}
    assert report.exceptions == {"public.t": "partition bound of public.never"}
