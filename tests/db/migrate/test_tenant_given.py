"""Tables that stand are given their tenants by a decided file, in somebody else's Alembic project."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from psycopg import errors as pg
from support.alembic_project import Project
from support.databases import connect
from support.migrating import SETTINGS, Place

from ttdb.errors import UsageError
from ttdb.migrate.upgrade import upgrade
from ttdb.postgres.connect import Connection
from ttdb.shape import read_schema
from ttdb.tenancy import check, propose, read, revision, written

SHOP = Path(__file__).parents[1] / "tenancy" / "shop.sql"
ENV = (
    "from alembic import context\n\nfrom ttdb.migrate.environment import run\n\n"
    'run(context, version_table="shop_version")\n'
)
ONE, OTHER = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
MENDED = (
    "delete from public.users where tenant_id is null",
    "delete from public.orders where tenant_id = '00000000-0000-0000-0000-000000000000'",
    "delete from public.reviews where written_by not in (select id from public.users)",
    "delete from public.invoices where belongs_to_id not in (select id::text from public.orders)",
    "delete from public.messages where thing not in (select id from public.orders)",
    "delete from public.transfers where order_id not in (select id from public.orders)",
)
LOST = "delete from public.shipments where order_id is null or order_id not in (select id from public.orders)"
CHOSEN: dict[str, dict[str, Any]] = {
    "public.orders": {"audit": True},
    "public.users": {"mask": {"email": "email"}},
    "public.reviews": {"tenant": "parent", "through": "written_by -> public.users.id"},
    "public.refunds": {"tenant": "parent", "through": "order_id -> public.orders.id"},
    "public.countries": {"tenant": "global"},
}


@pytest.fixture
def shop(place: Place) -> Iterator[Connection]:
    """Return an admin's session on a shop whose rows all have a tenant but some shipments'."""
    upgrade(place.migrator, SETTINGS, "engine@head")
    with connect(place.admin) as admin:
        admin.execute("set role ttdb_owner")
        admin.execute(SHOP.read_bytes())
        for statement in MENDED:
            admin.execute(statement)
        admin.execute("grant usage on schema public to ttdb_app")
        admin.execute("set role none")
        yield admin


@pytest.fixture
def project(place: Place, tmp_path: Path) -> Project:
    return Project(tmp_path / "project", ENV, place.migrator)


def decided(shop: Connection, file: Path) -> str:
    """Return the revision of the plan with what a DBA decides."""
    plan, proposals = propose(shop)
    document = tomlkit.parse(written(str(plan.tenants), plan.column, proposals))
    tables: Any = document["tables"]
    for table, words in CHOSEN.items():
        tables[table].update(words)
    for block in tables.values():
        # The rules that rows break are the DBA's to mend first.
        block["checks"] = [each for each in block.get("checks", []) if not each["broken"]]
    file.write_text(tomlkit.dumps(document), encoding="utf-8")
    return revision(read_schema(shop), read(file), name="shop_0001")


def rows(shop: Connection, query: str) -> Sequence[tuple[Any, ...]]:
    return shop.execute(query.encode()).fetchall()


def an_order(shop: Connection, tenant: str) -> Any:  # noqa: ANN401 - a uuid as the server has it
    query = "select id from public.orders where tenant_id = %s order by id limit 1"
    return (shop.execute(query, (tenant,)).fetchone() or (None,))[0]


def as_tenant(shop: Connection, statement: str, *values: object) -> None:
    """Run a statement as a service that knows its tenant."""
    with shop.transaction():
        shop.execute("set local role ttdb_app")
        shop.execute("select set_config('app.current_tenant_id', %s, true)", (ONE,))
        shop.execute(statement.encode(), values)


def shape(shop: Connection) -> Sequence[tuple[Any, ...]]:
    return rows(
        shop,
        "select c.oid::regclass::text, a.attname::text, a.attnotnull, c.relrowsecurity, c.relforcerowsecurity,"
        " (select count(*) from pg_constraint where conrelid = c.oid),"
        " (select count(*) from pg_index where indrelid = c.oid),"
        " (select count(*) from pg_trigger where tgrelid = c.oid and not tgisinternal)"
        " from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname not like '%version'"
        " order by 1, 2",
    )


def test_tables_get_their_tenants_keep_them_and_give_them_back(
    shop: Connection, project: Project, tmp_path: Path
) -> None:
    shop.execute(LOST)
    before, items = shape(shop), rows(shop, "select * from public.order_items order by id")
    text = decided(shop, tmp_path / "tenancy.toml")
    assert [each for each in check(shop, read(tmp_path / "tenancy.toml")) if each.what != "undecided"] == []
    project.add("shop_0001", text)

    project.run("alembic upgrade head")

    wrong = rows(
        shop,
        "select i.id from public.order_items i join public.orders o on o.id = i.order_id"
        " where i.tenant_id is distinct from o.tenant_id"
        " union all select n.item_id from public.item_notes n join public.order_items i on i.id = n.item_id"
        " where n.tenant_id is distinct from i.tenant_id",
    )
    assert wrong == []
    assert rows(shop, "select count(*) from public.order_items") == [(len(items),)]
    columns = rows(
        shop,
        "select c.relname::text from pg_attribute a join pg_class c on c.oid = a.attrelid and c.relkind = 'r'"
        " where a.attname = 'tenant_id' and a.attnotnull and c.relnamespace = 'public'::regnamespace order by 1",
    )
    named = ("item_notes", "invoices", "messages", "order_items", "orders", "refunds", "reviews", "shipments", "users")
    assert [name for (name,) in columns] == sorted(named)

    project.run("alembic downgrade base")

    assert shape(shop) == before
    assert rows(shop, "select * from public.order_items order by id") == items


def test_tenants_are_apart_and_new_rows_know_theirs(shop: Connection, project: Project, tmp_path: Path) -> None:
    shop.execute(LOST)
    project.add("shop_0001", decided(shop, tmp_path / "tenancy.toml"))
    project.run("alembic upgrade head")
    mine, theirs = (an_order(shop, tenant) for tenant in (ONE, OTHER))

    # A service that knows nothing of tenants yet.
    shop.execute("insert into public.order_items (order_id, quantity) values (%s, 2)", (theirs,))
    shop.execute("insert into public.invoices (id, belongs_to_id) values (gen_random_uuid(), %s)", (str(mine),))
    assert rows(shop, "select tenant_id::text from public.order_items order by id desc limit 1") == [(OTHER,)]
    with pytest.raises(pg.NotNullViolation):
        shop.execute("insert into public.invoices (id, belongs_to_id) values (gen_random_uuid(), 'nonsense')")
    with pytest.raises(pg.ForeignKeyViolation):
        shop.execute("insert into public.order_items (order_id, quantity, tenant_id) values (%s, 2, %s)", (theirs, ONE))

    # One that does.
    with shop.transaction():
        shop.execute("set local role ttdb_app")
        shop.execute("select set_config('app.current_tenant_id', %s, true)", (ONE,))
        shop.execute("insert into public.order_items (order_id, quantity) values (%s, 3)", (mine,))
        assert rows(shop, "select distinct tenant_id::text from public.order_items") == [(ONE,)]
        assert rows(shop, "select distinct tenant_id::text from public.invoices") == [(ONE,)]
    for statement, refused in (
        ("insert into public.order_items (order_id, quantity) values (%s, 3)", pg.ForeignKeyViolation),
        ("select from public.schema_migrations where %s::uuid is not null", pg.InsufficientPrivilege),
    ):
        with pytest.raises(refused):
            as_tenant(shop, statement, theirs)
    as_tenant(shop, "update public.orders set total_cents = 5 where id = %s", mine)
    assert rows(shop, "select operation, tenant_id::text from audit.trail") == [("UPDATE", ONE)]


def test_rows_without_a_tenant_stop_it_before_its_first_change(
    shop: Connection, project: Project, tmp_path: Path
) -> None:
    before = shape(shop)
    project.add("shop_0001", decided(shop, tmp_path / "tenancy.toml"))

    ended = project.try_("alembic upgrade head")

    assert ended.returncode != 0
    assert "2 rows break" in ended.stderr
    assert "shipments" in ended.stderr
    assert shape(shop) == before


def test_they_can_be_set_aside_and_come_back(shop: Connection, project: Project, tmp_path: Path) -> None:
    before = rows(shop, "select count(*) from public.shipments")
    text = decided(shop, tmp_path / "tenancy.toml")
    line = '*tenant_given("public.shipments", tenants="public.tenants", parent="public.orders", by={"order_id": "id"}'
    assert line in text
    text = text.replace(line, f"{line}, otherwise=Quarantine()").replace(
        "steps import ", "steps import Quarantine, ", 1
    )
    project.add("shop_0001", text)

    project.run("alembic upgrade head")
    assert rows(shop, "select count(*) from public.shipments_quarantine") == [(2,)]

    project.run("alembic downgrade base")
    assert rows(shop, "select count(*) from public.shipments") == before


def test_a_table_of_a_protected_parent_comes_too_late_and_is_refused_by_name(
    shop: Connection, project: Project
) -> None:
    shop.execute("delete from public.orders where tenant_id = '00000000-0000-0000-0000-000000000000'")
    shop.execute("set role ttdb_owner")
    shop.execute("select ttdb.protect('public.orders')")
    shop.execute("set role none")
    by = 'tenants="public.tenants", parent="public.orders", by={"order_id": "id"}'
    given = f'tenant_given("public.order_items", {by})'
    project.add(
        "shop_0001",
        "from ttdb.migrate.steps import tenant_given, upgrade_and_downgrade\n\n"
        'revision = "shop_0001"\ndown_revision = branch_labels = depends_on = None\n'
        f"STEPS = [*{given}]\nupgrade, downgrade = upgrade_and_downgrade(revision, STEPS)\n",
    )
    before = shape(shop)

    ended = project.try_("alembic upgrade head")

    assert ended.returncode != 0
    assert "public.orders: row security hides its rows from who fills public.order_items" in ended.stderr
    assert shape(shop) == before


@pytest.mark.parametrize(
    ("table", "words", "said"),
    [
        ("public.orders", {"tenant": "global"}, "goes through public.orders, which has no tenant in the file"),
        ("public.refunds", {"tenant": "parent", "through": "nonsense"}, "cannot be read"),
        ("public.shipments", {"checks": [{"name": "x"}]}, "a check has no name or no rule"),
        ("public.shipments", {"mask": "email"}, "mask is no list of columns"),
    ],
)
def test_a_file_that_cannot_be_is_refused(
    shop: Connection, tmp_path: Path, table: str, words: dict[str, Any], said: str
) -> None:
    plan, proposals = propose(shop)
    document = tomlkit.parse(written(str(plan.tenants), plan.column, proposals))
    tables: Any = document["tables"]
    tables[table].update(words)
    file = tmp_path / "tenancy.toml"
    file.write_text(tomlkit.dumps(document), encoding="utf-8")

    with pytest.raises(UsageError, match=said):
        revision(read_schema(shop), read(file), name="shop_0001")


def test_tenants_numbered_get_a_uuid_beside_and_what_names_them_by_number_goes_through_it(
    shop: Connection, project: Project, tmp_path: Path
) -> None:
    shop.execute(
        "set role ttdb_owner;"
        "create table public.accounts (account_id bigint primary key);"
        "insert into public.accounts select generate_series(1, 3);"
        "create table public.carts (id bigint primary key, account_id bigint not null references public.accounts);"
        "insert into public.carts select n, 1 + n % 3 from generate_series(1, 60) as n;"
        "alter table public.accounts add column tenant_key uuid not null default gen_random_uuid() unique;"
        "set role none"
    )
    file = tmp_path / "tenancy.toml"
    file.write_text(
        'tenants = "public.accounts"\ncolumn = "tenant_id"\n\n'
        '[tables."public.accounts"]\ntenant = "own"\ncolumn = "tenant_key"\n\n'
        '[tables."public.carts"]\ntenant = "parent"\nthrough = "account_id -> public.accounts.account_id"\n',
        encoding="utf-8",
    )
    assert not [each for each in check(shop, read(file)) if each.table in {"public.accounts", "public.carts"}]
    project.add("shop_0001", revision(read_schema(shop), read(file), name="shop_0001"))

    project.run("alembic upgrade head")
    shop.execute("insert into public.carts values (61, 2)")

    wrong = "select c.id from public.carts c join public.accounts a using (account_id) where tenant_id <> tenant_key"
    assert rows(shop, wrong) == []
    assert rows(shop, "select count(tenant_id) from public.carts") == [(61,)]


def test_keys_with_the_tenant_in_them_and_columns_of_other_names_go_up_and_down(
    shop: Connection, project: Project, tmp_path: Path
) -> None:
    shop.execute("create schema sales authorization ttdb_owner")
    shop.execute("grant usage on schema sales to ttdb_operator, ttdb_app")
    shop.execute(
        "set role ttdb_owner;"
        'create table sales.people ("userId" int primary key, "AccountId" uuid references public.tenants);'
        'create table sales."order" (account_id uuid not null, no int not null, primary key (account_id, no));'
        "create table sales.lines (order_no int, line int primary key, account_id uuid);"
        'create table sales.devices (id int primary key, "userId" int not null references sales.people,'
        ' "position" int unique);'
        'create table sales.alarms (id int primary key, place int not null references sales.devices ("position"));'
        "create table sales.readings (at date not null, account_id uuid not null) partition by range (at);"
        "create table sales.readings_default partition of sales.readings default;"
        "insert into sales.people select row_number() over (order by id), id from public.tenants;"
        'insert into sales."order" select id, 7 from public.tenants;'
        "insert into sales.lines select 7, row_number() over (order by id), id from public.tenants;"
        "insert into sales.readings select '2026-01-01', id from public.tenants;"
        "insert into sales.devices values (1, 1, 7), (2, 2, 8);"
        "insert into sales.alarms values (1, 7), (2, 8);"
        "set role none"
    )
    file = tmp_path / "tenancy.toml"
    file.write_text(
        'tenants = "public.tenants"\ncolumn = "account_id"\n\n'
        '[tables."public.tenants"]\ntenant = "own"\ncolumn = "id"\n\n'
        '[tables."sales.people"]\ntenant = "own"\ncolumn = "AccountId"\n\n'
        '[tables."sales.order"]\ntenant = "own"\ncolumn = "account_id"\n\n'
        '[tables."sales.readings"]\ntenant = "own"\ncolumn = "account_id"\n\n'
        '[tables."sales.lines"]\ntenant = "parent"\n'
        'through = "account_id, order_no -> sales.order.account_id, no"\n\n'
        '[tables."sales.devices"]\ntenant = "parent"\nthrough = "userId -> sales.people.userId"\n\n'
        '[tables."sales.alarms"]\ntenant = "parent"\nthrough = "place -> sales.devices.position"\n',
        encoding="utf-8",
    )
    named = {each.table for each in read(file).tables}
    assert not [each for each in check(shop, read(file)) if each.table in named]
    project.add("shop_0001", revision(read_schema(shop), read(file), name="shop_0001"))

    project.run("alembic upgrade head")

    doubled = (
        "select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid"
        " where (select count(distinct k) < count(*) from unnest(i.indkey::int2[]) as k)"
    )
    assert rows(shop, doubled) == []
    assert rows(shop, "select indexrelid::regclass::text from pg_index where indrelid = 'sales.order'::regclass") == [
        ("sales.order_pkey",)
    ]
    for table in ("devices", "alarms"):
        told = rows(shop, f"select id, account_id::text from sales.{table} order by id")  # noqa: S608 - named above
        assert told == [(1, ONE), (2, OTHER)]
    with shop.transaction():
        shop.execute("set local role ttdb_app")
        shop.execute("select set_config('app.current_tenant_id', %s, true)", (ONE,))
        assert rows(shop, "select count(*) from sales.readings") == [(1,)]
        assert rows(shop, "select order_no, line from sales.lines") == [(7, 1)]
        assert rows(shop, 'select no from sales."order"') == [(7,)]
    with pytest.raises(pg.ForeignKeyViolation):
        shop.execute("insert into sales.lines values (8, 3, %s)", (ONE,))
    with pytest.raises(pg.ForeignKeyViolation):
        shop.execute("update sales.alarms set place = 8 where id = 1")

    project.run("alembic downgrade base")
