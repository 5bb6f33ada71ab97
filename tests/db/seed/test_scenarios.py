"""The larger scenarios: what is in them, that it holds together, and that it is the same everywhere."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import LiteralString

import pytest
from support.databases import connect

from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url
from ttdb.seed import digest, names, seed

_INVARIANTS = tomllib.loads((Path(__file__).parent / "invariants.toml").read_text(encoding="utf-8"))
# Of the volumes below. They change with the scenario's rules and vocabularies only.
_GOLDEN = {
    "demo": "9772a23bbbf5087ccac692fcc9c7d92bc259346cb691f7674b50effd2ef1bbdf",
    "edge": "8e14b897656c00e305338c1111207ba52715d15b5da315532413053df6998dfb",
    "load": "a7789ca315736f51f0cc50bdb47bc614e59fc5d6b22d5b2f2da5b0cc12ff75f1",
}
_SALES = (
    "join (select event_id, max(sale_starts_at) as opens from public.ticket_types group by event_id) as y"
    " on o.event_id = y.event_id"
)
_VOLUMES: Mapping[str, tuple[int, int]] = {"demo": (6, 600), "edge": (6, 120), "load": (8, 900)}  # tenants, orders


_COUNTRIES = {
    "America/Chicago": "US",
    "America/Los_Angeles": "US",
    "America/New_York": "US",
    "America/Sao_Paulo": "BR",
    "Asia/Tokyo": "JP",
    "Australia/Sydney": "AU",
    "Europe/Amsterdam": "NL",
    "Europe/Berlin": "DE",
    "Europe/Dublin": "IE",
    "Europe/London": "GB",
    "Europe/Paris": "FR",
}


def _number(connection: Connection, query: LiteralString) -> float:
    row = connection.execute(query).fetchone()
    assert row is not None
    return float(row[0])


def _seeded(connection: Connection, scenario: str) -> None:
    tenants, orders = _VOLUMES[scenario]
    seed(connection, scenario, tenants=tenants, orders=orders)


@pytest.mark.parametrize("scenario", sorted(set(names()) - {"minimal"}))
def test_rows_are_the_golden_ones_and_break_no_invariant(engine_url: Url, scenario: str) -> None:
    with connect(engine_url) as connection:
        _seeded(connection, scenario)
        broken = {
            name: connection.execute(entry["sql"]).fetchone()
            for name, entry in _INVARIANTS.items()
            if scenario in entry.get("within", [scenario])
        }

        assert broken == dict.fromkeys(broken, (0,))
        assert connection.execute("select * from ttdb.broken_rules()").fetchall() == []
        assert digest(connection, scenario)["*"] == _GOLDEN[scenario]


def test_demo_has_the_shares_that_its_rules_name(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        _seeded(connection, "demo")
        shares = [
            float(share)
            for (share,) in connection.execute(
                "select count(*) / sum(count(*)) over () from public.orders group by tenant_id order by 1 desc"
            )
        ]
        completed = _number(connection, "select avg((status = 'COMPLETED')::int) from public.orders")
        expired = _number(connection, "select avg((status = 'EXPIRED')::int) from public.orders")
        rushed = _number(
            connection,
            f"select avg((o.created_at < y.opens + interval '6 hours')::int) from public.orders as o {_SALES}"  # noqa: S608 - ours
            " where o.status not in ('PENDING', 'RESERVED')",
        )
        busier = _number(
            connection,
            "select count(*) filter (where h between 18 and 21)::float8"  # noqa: S608 - as above
            " / greatest(1, count(*) filter (where h between 2 and 5)) from ("
            " select extract(hour from o.created_at at time zone (t.settings ->> 'timezone')) as h"
            " from public.orders as o join public.tenants as t on o.tenant_id = t.id"
            f" {_SALES} where o.status not in ('PENDING', 'RESERVED')"
            " and o.created_at > y.opens + interval '6 hours') as b",
        )

    # One tenant has half of what the one before it has, a third of the first, and so on: of six the first has 41 %.
    assert abs(shares[0] - 1 / 2.45) < 0.07
    assert all(more >= less for more, less in pairwise(shares))
    assert abs(completed - 0.47) < 0.08
    assert abs(expired - 0.15) < 0.06
    assert abs(rushed - 0.35) < 0.08
    assert busier > 5  # evenings than nights


def test_demo_speaks_each_tenant_s_language_and_shows_its_time(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        _seeded(connection, "demo")
        locales = connection.execute("select distinct settings ->> 'locale' from public.tenants order by 1").fetchall()
        odd = _number(
            connection,
            "select count(*) from public.events as e join public.tenants as t on e.tenant_id = t.id"
            " where extract(minute from e.starts_at) not in (0, 30) or extract(hour from"
            " e.starts_at at time zone (t.settings ->> 'timezone')) not between 16 and 22",
        )
        foreign = _number(
            connection,
            "select count(*) from public.users as u join public.tenants as t on u.tenant_id = t.id"
            " where t.settings ->> 'locale' = 'de_DE' and u.last_name ~ '[äöüß]'",
        )

    assert locales == [("de_DE",), ("en_US",), ("fr_FR",)]
    assert odd == 0
    assert foreign > 0


@pytest.mark.parametrize("scenario", ["minimal", "demo", "load"])
def test_venues_are_where_their_clocks_are_and_as_large_as_venues_are(engine_url: Url, scenario: str) -> None:
    with connect(engine_url) as connection:
        seed(connection, scenario, tenants=8, orders=40)
        where = connection.execute("select distinct city, country_code, timezone from public.venues").fetchall()
        sizes = connection.execute("select min(max_capacity), max(max_capacity) from public.venues").fetchone()
        elsewhere = _number(
            connection,
            "select count(*) from public.venues as v join public.tenants as t on v.tenant_id = t.id"
            " where t.settings ->> 'timezone' <> v.timezone",
        )

    assert len({city for city, _, _ in where}) == len(where)
    assert {zone: country for _, country, zone in where}.items() <= _COUNTRIES.items()
    assert sizes is not None
    assert 50 <= sizes[0] < 1000 < sizes[1] <= 60_000
    assert elsewhere == 0


def test_load_goes_back_two_years(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        _seeded(connection, "load")
        months = _number(connection, "select count(distinct date_trunc('month', created_at)) from public.orders")
        waiting = _number(
            connection,
            "select count(*) from public.payment_transactions as p"
            " where p.tableoid = 'public.payment_transactions_default'::regclass",
        )

    assert months > 18
    assert waiting == 0


def test_edge_has_the_nights_on_which_clocks_are_moved_and_the_leap_day(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        _seeded(connection, "edge")
        nights = _number(
            connection,
            "select count(distinct starts_at) from public.events where starts_at in ('2025-03-09 06:59:59Z',"
            " '2025-03-09 07:00Z', '2025-03-30 00:59:59Z', '2025-03-30 01:00Z', '2025-04-05 15:59:59Z',"
            " '2025-04-05 16:00Z')",
        )
        seconds = _number(
            connection,
            "select count(distinct created_at) from public.orders where created_at in ('2025-03-09 06:59:59.999999Z',"
            " '2025-03-09 07:00Z', '2025-03-30 00:59:59.999999Z', '2025-03-30 01:00Z')",
        )
        founded = _number(connection, "select count(*) from public.tenants where created_at::date = '2020-02-29'")
        leap = [
            _number(connection, query)
            for query in (
                "select count(*) from public.events where starts_at::date = '2024-02-29'",
                "select count(*) from public.orders where created_at::date = '2024-02-29'",
                "select count(*) from public.tickets where created_at::date = '2024-02-29'",
            )
        ]

    assert (nights, seconds, founded) == (6, 4, 6)
    assert min(leap) > 0


def test_edge_has_the_least_and_the_greatest_amounts(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        _seeded(connection, "edge")
        prices = connection.execute("select min(unit_price), max(unit_price) from public.order_items").fetchone()
        free = _number(connection, "select count(*) from public.orders where total_amount = 0 and subtotal > 0")
        kinds = connection.execute("select distinct discount_type from public.order_discounts order by 1").fetchall()

    assert prices == (Decimal("0.01"), 1_000_000)
    assert free > 0
    assert kinds == [("FIXED",), ("PERCENTAGE",)]


def test_edge_has_the_longest_texts_that_rules_allow_and_short_ones(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        _seeded(connection, "edge")
        limits = connection.execute(
            "select r.relname, m[1], m[2]::int from pg_constraint as c join pg_class as r on c.conrelid = r.oid"
            " cross join lateral regexp_matches("
            r" pg_get_constraintdef(c.oid), '\mlength\(\(?(\w+)\)?[^)]*\) <= (\d+)', 'g') as m"
            " where c.contype = 'c' and r.relnamespace = 'public'::regnamespace and not r.relispartition"
            " and r.relname = any(%s) order by 1, 2",
            (sorted(digest(connection, "edge").keys() - {"*"}),),
        ).fetchall()
        found = {
            f"{table}.{column}": connection.execute(
                f'select max(length("{column}")), min(length("{column}")) < {limit} / 2 from public."{table}"'.encode()  # noqa: S608 - names of the catalog
            ).fetchone()
            for table, column, limit in limits
        }

    limit_of_no_name = "venues.timezone"  # no time zone has a name of 64 letters
    assert len(found) > 25
    assert found == {f"{table}.{column}": (limit, True) for table, column, limit in limits} | {
        limit_of_no_name: found[limit_of_no_name]
    }


def test_edge_has_every_column_that_may_be_null_both_so_and_not(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        _seeded(connection, "edge")
        columns = connection.execute(
            "select c.relname, a.attname from pg_attribute as a join pg_class as c on a.attrelid = c.oid"
            " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition"
            " and a.attnum > 0 and not a.attisdropped and not a.attnotnull and a.attgenerated = ''"
            " and c.relname = any(%s) order by c.relname, a.attnum",
            (sorted(digest(connection, "edge").keys() - {"*"}),),
        ).fetchall()
        lacking = [
            f"{table}.{column}"
            for table, column in columns
            if connection.execute(
                f'select bool_or("{column}" is null) and bool_or("{column}" is not null) from public."{table}"'.encode()  # noqa: S608 - names of the catalog
            ).fetchone()
            != (True,)
        ]

    assert lacking == []
