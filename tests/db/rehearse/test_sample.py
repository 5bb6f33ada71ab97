"""A sample is some rows of every table, and all that they point at: its foreign keys hold, and the original is read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql
from support.catalog import catalog, roles
from support.databases import connect, fresh_database, fresh_login

from ttdb.config import Settings
from ttdb.errors import DiskFull, PrivilegeMissing, UsageError
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url
from ttdb.workflows.rehearse import Amount, Data
from ttdb.workflows.rehearse.stage import staged

_TABLES = ("countries", "tenants", "people", "orders", "orders_2025", "orders_2026", "lines", "chickens", "eggs")


@pytest.fixture
def shop_url(live_server: Throwaway) -> Iterator[Url]:
    with fresh_database(live_server.url, named="shop") as url:
        with connect(url) as admin:
            admin.execute(Path(__file__).with_name("shop.sql").read_bytes())
        yield url


def counts(url: Url) -> dict[str, int]:
    with connect(url) as connection:
        found = {}
        for name in _TABLES:
            query = sql.SQL("select count(*) from {}").format(sql.Identifier("shop", name))
            (found[name],) = connection.execute(query).fetchone() or (0,)
        return found


def unkept(url: Url) -> list[str]:
    """Return the foreign keys that were not checked, each of which the server checks when it is made."""
    with connect(url) as connection:
        rows = connection.execute("select conname from pg_constraint where contype = 'f' and not convalidated")
        return [name for (name,) in rows]


def foreign_keys(url: Url) -> list[str]:
    return [line for line in catalog(url) if "FOREIGN KEY" in line]


@pytest.mark.parametrize("amount", ["7", "1%"])
def test_sample_keeps_every_foreign_key_and_takes_what_rows_point_at(
    shop_url: Url, settings: Settings, amount: str
) -> None:
    before, were = catalog(shop_url) + roles(shop_url), counts(shop_url)
    with staged(settings, shop_url, Data.SAMPLE, Amount.parse(amount), lambda _: None) as stage:
        taken = counts(stage.admin)

        assert unkept(stage.admin) == []
        assert foreign_keys(stage.admin) == foreign_keys(shop_url)
        with connect(stage.admin) as copy:
            assert copy.execute("select count(*) from shop.totals").fetchone() != (0,)
            (last,) = copy.execute("select nextval(pg_get_serial_sequence('shop.orders', 'id'))").fetchone() or (0,)
            assert last == 20001
            assert copy.execute(
                "select count(*) from shop.people where shout is distinct from upper(name)"
            ).fetchone() == (0,)
    assert [name for name in _TABLES if not taken[name]] == []
    assert taken["orders"] <= were["orders"] * 0.05
    assert taken["people"] < were["people"]
    assert catalog(shop_url) + roles(shop_url) == before


def test_sample_takes_what_a_column_is_named_after_without_a_foreign_key(shop_url: Url, settings: Settings) -> None:
    with connect(shop_url) as admin:
        admin.execute("create table shop.notes (id int primary key, chicken_id int)")
        admin.execute("insert into shop.notes select n, 2001 - n from generate_series(1, 50) as n")
        admin.execute("insert into shop.notes values (51, 4711)")
    said: list[str] = []

    with (
        staged(settings, shop_url, Data.SAMPLE, Amount(60), said.append) as stage,
        connect(stage.admin) as copy,
    ):
        alone = (
            "select count(*) from shop.notes as n where not exists (select from shop.chickens where id = n.chicken_id)"
        )
        assert copy.execute("select count(*) from shop.notes").fetchone() == (51,)
        assert copy.execute(alone).fetchone() == (1,)
        assert copy.execute("select count(*) < 2000 from shop.chickens").fetchone() == (True,)
    assert not [line for line in said if "notes" in line]


def test_tables_that_name_each_other_do_not_come_whole(shop_url: Url, settings: Settings) -> None:
    with connect(shop_url) as admin:
        admin.execute("create table shop.houses (id int primary key, guest_id int)")
        admin.execute("create table shop.guests (id int primary key, house_id int)")
        admin.execute("insert into shop.houses select n, n % 5000 + 1 from generate_series(1, 5000) as n")
        admin.execute("insert into shop.guests select n, n % 5000 + 1 from generate_series(1, 5000) as n")

    with staged(settings, shop_url, Data.SAMPLE, Amount(50), lambda _: None) as stage, connect(stage.admin) as copy:
        (houses,) = copy.execute("select count(*) from shop.houses").fetchone() or (0,)
        (guests,) = copy.execute("select count(*) from shop.guests").fetchone() or (0,)

    assert 50 < houses < 500
    assert 50 < guests < 500


def test_type_of_a_key_may_be_called_anything(shop_url: Url, settings: Settings) -> None:
    with connect(shop_url) as admin:
        admin.execute('create schema "Sch{e}ma"; create domain "Sch{e}ma"."co{}de" as text')
        admin.execute('create table shop.parents (id "Sch{e}ma"."co{}de" primary key)')
        admin.execute("create table shop.children (id int primary key, parent text references shop.parents)")
        admin.execute("insert into shop.parents select 'p' || n from generate_series(1, 500) as n")
        admin.execute("insert into shop.children select n, 'p' || 501 - n from generate_series(1, 40) as n")

    with staged(settings, shop_url, Data.SAMPLE, Amount(40), lambda _: None) as stage, connect(stage.admin) as copy:
        assert copy.execute("select count(*) from shop.children").fetchone() == (40,)


def test_full_copy_has_all_rows_and_no_copy_has_none(shop_url: Url, settings: Settings) -> None:
    with staged(settings, shop_url, Data.FULL, Amount(), lambda _: None) as stage:
        assert counts(stage.admin) == counts(shop_url)
    with staged(settings, shop_url, Data.NONE, Amount(), lambda _: None) as stage:
        assert set(counts(stage.admin).values()) == {0}
        assert foreign_keys(stage.admin) == foreign_keys(shop_url)


def test_key_that_names_no_row_is_told(shop_url: Url, settings: Settings) -> None:
    with connect(shop_url) as admin:
        admin.execute("alter table shop.lines add other int")
        admin.execute("update shop.lines set other = 4711")
        admin.execute(
            "alter table shop.lines add constraint lines_other_fkey foreign key (other) references shop.eggs not valid"
        )
    said: list[str] = []

    with staged(settings, shop_url, Data.SAMPLE, Amount(5), said.append) as stage:
        assert counts(stage.admin)["lines"] > 0

    assert "1 keys of shop.lines name no row, as lines_other_fkey says they must" in said


def test_full_copy_without_room_is_refused_before_anything_is_copied(
    shop_url: Url, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    if settings.throwaway == "docker":
        pytest.skip("what a container has free is not known, which is said instead")
    monkeypatch.setattr("ttdb.postgres.space.free_bytes", lambda _folder: 1024 * 1024)
    said: list[str] = []

    with (
        pytest.raises(DiskFull, match=r"are needed, and the throwaway's folder .* has 1 MB free") as caught,
        staged(settings, shop_url, Data.FULL, Amount(), said.append),
    ):
        pass

    assert caught.value.hint
    assert caught.value.hint.startswith("Pass --sample 1000")
    assert not any("copying" in line for line in said)


def test_login_that_does_not_see_all_rows_can_copy_the_schema_alone(shop_url: Url, settings: Settings) -> None:
    with fresh_login(shop_url, member_of=("pg_read_all_data",)) as (login, password):
        url = shop_url.with_parts(user=login, password=password)
        with (
            pytest.raises(PrivilegeMissing, match="policies hide some"),
            staged(settings, url, Data.SAMPLE, Amount(), lambda _: None),
        ):
            pass
        with staged(settings, url, Data.NONE, Amount(), lambda _: None) as stage:
            assert foreign_keys(stage.admin) == foreign_keys(shop_url)


@pytest.mark.parametrize("text", ["", "0", "0%", "101%", "1.5", "-3", "many", "5 rows"])
def test_amount_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no amount of rows"):
        Amount.parse(text)


@pytest.mark.parametrize(
    ("text", "amount"), [("1000", Amount(1000)), ("5%", Amount(None, 5)), ("0.5 %", Amount(None, 0.5))]
)
def test_amount_is_rows_or_a_part(text: str, amount: Amount) -> None:
    assert Amount.parse(text) == amount
