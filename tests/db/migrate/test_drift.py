"""Each damage is seen, named, and mended by the SQL that is told; what is as it should be raises no alarm."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from support.databases import connect, fresh_database

from ttdb.config import Settings
from ttdb.errors import UsageError
from ttdb.migrate.drift import drift
from ttdb.migrate.drift.beside import hung_beside, record_of
from ttdb.migrate.drift.compare import Given, compare
from ttdb.migrate.drift.facts import Facts, definitions_recorded, gather, read
from ttdb.migrate.drift.lost import lost_steps
from ttdb.migrate.drift.run import worded
from ttdb.migrate.script import directory, down_path
from ttdb.migrate.session import reading
from ttdb.migrate.upgrade import upgrade
from ttdb.model.migration import Drift, DriftReport, silent
from ttdb.postgres.connect import Connection
from ttdb.postgres.throwaway import throwaway
from ttdb.postgres.url import Url
from ttdb.report.drift import as_sql, text
from ttdb.seed import seed

OTHER = Path("/usr/lib/postgresql/15/bin")  # Debian's
LEAF = "public.payment_transactions_2026_01"


@dataclass(frozen=True, slots=True)
class Ground:
    """A database at head that has rows and months, and what an empty one at head holds."""

    url: Url
    expected: Facts


@pytest.fixture(scope="module")
def ground(settings: Settings) -> Iterator[Ground]:
    with throwaway(settings) as server, fresh_database(server.url) as url:
        upgrade(url, settings)
        with reading(url, silent, application="test") as connection:
            expected = read(connection)
        with connect(url) as admin:
            seed(admin)
            for month in ("2026-01-01", "2019-03-01", "2019-04-01"):
                for table in ("payment_transactions", "audit_logs"):
                    admin.execute("select ttdb.ensure_partition(%s::regclass, %s)", (f"public.{table}", month))
            admin.execute("select ttdb.ensure_partition('audit.trail', '2026-01-01')")
        yield Ground(url, expected)


@pytest.fixture
def admin(ground: Ground) -> Iterator[Connection]:
    """Return a superuser's session whose every change, of roles too, is rolled back."""
    with connect(ground.url) as connection, connection.transaction(force_rollback=True):
        connection.execute("set local search_path = ''")
        connection.execute("set local allow_system_table_mods = on")
        yield connection


def drifted(ground: Ground, admin: Connection) -> list[Drift]:
    return [item for item in compare(ground.expected, gather(admin)) if item.state != "unknown"]


def told(found: list[Drift]) -> set[tuple[str, str, str]]:
    return {(item.state, item.kind, item.identity) for item in found}


def script(found: list[Drift]) -> str:
    """Return what --format sql writes, but for CONCURRENTLY, which no transaction may hold."""
    return as_sql(DriftReport(("platform_0001",), 1, tuple(found), ())).replace(" concurrently ", " ")


def mend(admin: Connection, found: list[Drift]) -> None:
    """Run the whole script in one go, as the superuser that the how-to asks for."""
    admin.execute(sql.SQL(script(found)))


# What is done, and what must be told: (state, kind, identity).
DAMAGE = {
    "policy dropped": (
        "drop policy select_own_tenant on public.orders",
        ("missing", "policy", "public.orders.select_own_tenant"),
    ),
    "policy opened": (
        "alter policy select_own_tenant on public.orders using (true)",
        ("changed", "policy", "public.orders.select_own_tenant"),
    ),
    "policy for everybody": (
        "alter policy select_own_tenant on public.orders to public",
        ("changed", "policy", "public.orders.select_own_tenant"),
    ),
    "policy added": (
        "create policy all_of_it on public.orders for select to ttdb_app using (true)",
        ("added", "policy", "public.orders.all_of_it"),
    ),
    "row security off": (
        "alter table public.orders disable row level security",
        ("changed", "row security", "public.orders"),
    ),
    "row security not forced": (
        "alter table public.orders no force row level security",
        ("changed", "row security", "public.orders"),
    ),
    "row security of a month off": (
        f"alter table {LEAF} disable row level security",
        ("changed", "row security", LEAF),
    ),
    "grant added": (
        "grant truncate on public.orders to ttdb_app",
        ("changed", "grants", "public.orders to ttdb_app"),
    ),
    "grant of a month": (f"grant select on {LEAF} to ttdb_app", ("added", "grants", f"{LEAF} to ttdb_app")),
    "grant to everybody": ("grant select on public.orders to public", ("added", "grants", "public.orders to public")),
    "grant revoked": (
        "revoke update on public.orders from ttdb_app",
        ("changed", "grants", "public.orders to ttdb_app"),
    ),
    "grant of a column": (
        "grant update (status) on public.audit_logs to ttdb_support",
        ("added", "grants", "public.audit_logs to ttdb_support"),
    ),
    "grant of a function": (
        "grant execute on function ttdb.tg__keep_unique() to ttdb_app",
        ("added", "grants", "ttdb.tg__keep_unique() to ttdb_app"),
    ),
    "schema opened": ("grant create on schema public to public", ("changed", "grants", "schema public to public")),
    "schema closed": ("revoke usage on schema ttdb from ttdb_app", ("missing", "grants", "schema ttdb to ttdb_app")),
    "database opened": (
        "do $$ begin execute format('grant create on database %I to ttdb_app', current_database()); end $$",
        ("added", "grants", "database to ttdb_app"),
    ),
    "default privileges": (
        "alter default privileges for role ttdb_owner in schema public grant select on tables to ttdb_app",
        ("added", "default privileges", "ttdb_owner in public on tables to ttdb_app"),
    ),
    "role may bypass": ("alter role ttdb_app bypassrls", ("changed", "role", "ttdb_app")),
    "role may log in": ("alter role ttdb_operator login", ("changed", "role", "ttdb_operator")),
    "membership added": (
        "grant ttdb_operator to ttdb_app",
        ("added", "membership", "ttdb_app in ttdb_operator"),
    ),
    "membership taken": (
        "revoke ttdb_definer from ttdb_owner",
        ("missing", "membership", "ttdb_owner in ttdb_definer"),
    ),
    "setting of a role": (
        "alter role ttdb_app set app.current_tenant_id = '11111111-1111-4111-8111-111111111111'",
        ("added", "setting", "role ttdb_app: app.current_tenant_id"),
    ),
    "setting of a database": (
        "do $$ begin execute format('alter database %I set row_security = off', current_database()); end $$",
        ("added", "setting", "the database: row_security"),
    ),
    "setting of a role in a database": (
        (
            "do $$ begin execute format('alter role ttdb_app in database %I set search_path = public',"
            " current_database()); end $$"
        ),
        ("added", "setting", "role ttdb_app in the database: search_path"),
    ),
    "trigger dropped": (
        "drop trigger _900_record_change on public.orders",
        ("missing", "trigger", "public.orders._900_record_change"),
    ),
    "trigger disabled": (
        "alter table public.orders disable trigger _900_record_change",
        ("changed", "trigger state", "public.orders._900_record_change"),
    ),
    "trigger fires less": (
        "alter table public.orders enable trigger _900_record_change",
        ("changed", "trigger state", "public.orders._900_record_change"),
    ),
    "trigger added": (
        (
            "create function public.swallow() returns trigger language plpgsql as 'begin return null; end';"
            " create trigger a_swallow before insert on public.orders for each row execute function public.swallow()"
        ),
        ("added", "trigger", "public.orders.a_swallow"),
    ),
    "foreign keys off": (
        "alter table public.order_items disable trigger all",
        ("changed", "foreign key triggers", "public.order_items"),
    ),
    "function replaced": (
        (
            "create or replace function ttdb.tenant_id() returns uuid language sql stable parallel safe as"
            " 'select gen_random_uuid()'"
        ),
        ("changed", "function", "ttdb.tenant_id()"),
    ),
    "function made definer": (
        "alter function public.tenant_of_slug(text) reset search_path",
        ("changed", "function", "public.tenant_of_slug(text)"),
    ),
    "function's owner": (
        "alter function public.tenant_of_slug(text) owner to ttdb_owner",
        ("changed", "owner", "public.tenant_of_slug(text)"),
    ),
    "function dropped": (
        "drop function public.tenant_of_slug(text) cascade",
        ("missing", "function", "public.tenant_of_slug(text)"),
    ),
    "function added": (
        (
            "create function ttdb.all_orders() returns setof public.orders language sql security definer as"
            " 'select * from public.orders'"
        ),
        ("added", "function", "ttdb.all_orders()"),
    ),
    "view opened": (
        (
            "do $$ declare d text := pg_get_viewdef('masked.users'); begin"
            " execute 'create or replace view masked.users with (security_barrier = false) as ' || d; end $$"
        ),
        ("changed", "view", "masked.users"),
    ),
    "view changed at its end": (
        (
            "do $$ declare d text := rtrim(pg_get_viewdef('masked.users'), ';'); begin"
            " execute 'create or replace view masked.users as ' || d || ' where true'; end $$"
        ),
        ("changed", "view", "masked.users"),
    ),
    "view dropped": ("drop view masked.users", ("missing", "relation", "masked.users")),
    "view owned by another": ("alter view masked.users owner to ttdb_owner", ("changed", "owner", "masked.users")),
    "table owned by another": ("alter table public.orders owner to ttdb_app", ("changed", "owner", "public.orders")),
    "index dropped": (
        "drop index public.orders_idempotency_key_idx",
        ("missing", "index", "public.orders_idempotency_key_idx"),
    ),
    "index invalid": (
        (
            "update pg_catalog.pg_index set indisvalid = false"
            " where indexrelid = 'public.orders_idempotency_key_idx'::regclass"
        ),
        ("changed", "index state", "public.orders_idempotency_key_idx"),
    ),
    "unique index added": (
        "create unique index one_email on public.users (lower(email))",
        ("added", "index", "public.one_email"),
    ),
    "constraint dropped": (
        "alter table public.order_items drop constraint order_items_tenant_id_order_id_fkey",
        ("missing", "constraint", "public.order_items.order_items_tenant_id_order_id_fkey"),
    ),
    "constraint changed": (
        (
            "alter table public.orders drop constraint orders_discount_must_not_exceed_subtotal,"
            " add constraint orders_discount_must_not_exceed_subtotal check (discount_amount <= subtotal * 2)"
        ),
        ("changed", "constraint", "public.orders.orders_discount_must_not_exceed_subtotal"),
    ),
    "foreign key of months dropped": (
        "alter table public.payment_transactions drop constraint payment_transactions_tenant_id_order_id_fkey",
        ("missing", "constraint", "public.payment_transactions.payment_transactions_tenant_id_order_id_fkey"),
    ),
    "foreign key of months changed": (
        (
            "alter table public.payment_transactions drop constraint payment_transactions_tenant_id_order_id_fkey,"
            " add constraint payment_transactions_tenant_id_order_id_fkey foreign key (tenant_id, order_id)"
            " references public.orders (tenant_id, id) on delete cascade"
        ),
        ("changed", "constraint", "public.payment_transactions.payment_transactions_tenant_id_order_id_fkey"),
    ),
    "check of months dropped": (
        "alter table public.payment_transactions drop constraint payment_transactions_amount_must_be_reasonable",
        ("missing", "constraint", "public.payment_transactions.payment_transactions_amount_must_be_reasonable"),
    ),
    "check of months added": (
        "alter table public.payment_transactions add constraint a_rule check (amount < 1000000000)",
        ("added", "constraint", "public.payment_transactions.a_rule"),
    ),
    "trigger of months dropped": (
        "drop trigger _900_record_change on public.payment_transactions",
        ("missing", "trigger", "public.payment_transactions._900_record_change"),
    ),
    "trigger of months changed": (
        (
            "create or replace trigger _100_touch_updated_at before update on public.payment_transactions"
            " for each row execute function ttdb.tg__touch_updated_at()"
        ),
        ("changed", "trigger", "public.payment_transactions._100_touch_updated_at"),
    ),
    "index of months dropped": (
        "drop index public.payment_transactions_created_at_idx",
        ("missing", "index", "public.payment_transactions_created_at_idx"),
    ),
    "index of months added": (
        "create index of_a_colleague on public.payment_transactions (metadata)",
        ("added", "index", "public.of_a_colleague"),
    ),
    "index of months made of the table alone": (
        (
            "drop index public.payment_transactions_created_at_idx;"
            " create index payment_transactions_created_at_idx"
            " on only public.payment_transactions (tenant_id, created_at)"
        ),
        ("changed", "index state", "public.payment_transactions_created_at_idx"),
    ),
    "index of months with those of months beside it": (
        (
            "drop index public.payment_transactions_created_at_idx;"
            " create index payment_transactions_created_at_idx"
            " on only public.payment_transactions (tenant_id, created_at);"
            " create index on public.payment_transactions_default (tenant_id, created_at);"
            f" create index on {LEAF} (tenant_id, created_at)"
        ),
        ("missing", "index parent", f"{LEAF}_tenant_id_created_at_idx"),
    ),
    "key that others point at dropped": (
        "alter table public.orders drop constraint orders_tenant_id_id_key cascade",
        ("missing", "constraint", "public.orders.orders_tenant_id_id_key"),
    ),
    "constraint not validated": (
        (
            "update pg_catalog.pg_constraint set convalidated = false"
            " where conname = 'order_items_tenant_id_order_id_fkey'"
        ),
        ("changed", "constraint state", "public.order_items.order_items_tenant_id_order_id_fkey"),
    ),
    "not null dropped": (
        "alter table public.orders alter column tenant_id drop not null",
        ("missing", "not null", "public.orders.tenant_id"),
    ),
    "default changed": (
        "alter table public.orders alter column tenant_id set default '11111111-1111-4111-8111-111111111111'",
        ("changed", "default", "public.orders.tenant_id"),
    ),
    "column added": ("alter table public.orders add column secret text", ("added", "column", "public.orders.secret")),
    "table unlogged": ("alter table ttdb.ledger set unlogged", ("changed", "relation", "ttdb.ledger")),
    "month detached": (
        f"alter table public.payment_transactions detach partition {LEAF}",
        ("missing", "parent", LEAF),
    ),
    "DEFAULT detached": (
        "alter table public.audit_logs detach partition public.audit_logs_default",
        ("missing", "parent", "public.audit_logs_default"),
    ),
    "rule added": (
        "create rule quiet as on delete to public.orders do instead nothing",
        ("added", "rule", "public.orders.quiet"),
    ),
    "registry emptied": (
        "delete from ttdb.audited_tables where relation = 'public.orders'::regclass",
        ("missing", "registry", "ttdb.audited_tables: public.orders"),
    ),
    "extension dropped": ("drop extension pgcrypto cascade", ("missing", "extension", "pgcrypto")),
}

# By which more is broken: every trigger is off, every month lacks an index, every foreign key goes with its key.
MANY = {
    "foreign keys off",
    "index of months made of the table alone",
    "index of months with those of months beside it",
    "key that others point at dropped",
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_seen_and_its_mending_mends(ground: Ground, admin: Connection, name: str) -> None:
    damage, expected = DAMAGE[name]
    admin.execute(sql.SQL(damage))
    found = drifted(ground, admin)

    assert expected in told(found)
    if name not in MANY:
        assert len(found) <= 2  # what is told is what was done, not what follows from it
    mend(admin, found)
    assert drifted(ground, admin) == []


def test_constraint_comes_back_in_one_go_and_is_validated_after_it(ground: Ground, admin: Connection) -> None:
    admin.execute(sql.SQL(DAMAGE["constraint changed"][0]))

    (found,) = drifted(ground, admin)

    name = "orders_discount_must_not_exceed_subtotal"
    assert found.mend == (
        f"alter table public.orders drop constraint {name}, add constraint {name}"
        " CHECK ((discount_amount <= subtotal)) not valid;"
        f" alter table public.orders validate constraint {name};"
    )


def test_script_gives_up_on_a_lock_and_validates_no_foreign_key_for_who_sees_no_rows(
    ground: Ground, admin: Connection
) -> None:
    admin.execute("alter table public.order_items drop constraint order_items_tenant_id_order_id_fkey")
    written = script(drifted(ground, admin))
    admin.execute("set local role ttdb_owner")

    assert "set lock_timeout = '1s';" in written
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security policy"):
        admin.execute(sql.SQL(written))


def test_index_is_built_concurrently_without_a_time_limit(ground: Ground, admin: Connection) -> None:
    admin.execute(sql.SQL(DAMAGE["index invalid"][0]))

    written = as_sql(DriftReport(("platform_0001",), 1, tuple(drifted(ground, admin)), ()))

    assert (
        "set lock_timeout = 0;\nreindex index concurrently public.orders_idempotency_key_idx;\nset lock_timeout = '1s';"
    ) in written


def test_table_that_is_gone_is_one_finding_that_says_where_its_rows_are(ground: Ground, admin: Connection) -> None:
    admin.execute("drop table public.order_discounts cascade")

    found = [item for item in drifted(ground, admin) if item.identity == "public.order_discounts"]

    assert [(item.state, item.kind) for item in found] == [("missing", "relation")]
    assert "restore it from a backup" in found[0].mend


def test_step_that_the_ledger_lost_is_missing(ground: Ground, admin: Connection) -> None:
    admin.execute("delete from ttdb.ledger where step = 'protect-public-orders'")

    (found,) = drifted(ground, admin)

    assert (found.state, found.kind, found.mend) == ("missing", "step", "-- ttdb upgrade")
    assert found.identity.endswith(" protect-public-orders")


def test_table_that_came_after_the_upgrade_lost_no_step(admin: Connection) -> None:
    scripts = directory()
    applied = down_path(scripts, scripts.get_heads(), "base")
    admin.execute("set local role ttdb_owner")
    admin.execute("create table public.alerts (tenant_id uuid not null, id uuid primary key)")  # named in tenancy.toml
    admin.execute("select ttdb.protect('public.alerts')")
    admin.execute(
        "insert into ttdb.managed_objects select d.kind, d.identity, d.definition, 'shop_0001', 'protect'"
        " from ttdb.definitions_of(array['public.alerts'::regclass]) as d"
    )

    record = record_of(admin, {"shop_0001"})

    assert "public.alerts" in record.tables
    assert "public.alerts" not in record_of(admin, set()).tables  # once that revision is undone
    assert list(lost_steps(applied, gather(admin), record)) == []


FOUND = """
create role "app-user";
create function public.touch() returns trigger language plpgsql as 'begin return new; end';
create table public.of_before (id int);
create policy p on public.of_before to "app-user" using (id > 0);
create trigger off before update on public.of_before for each row execute function public.touch();
alter table public.of_before disable trigger off;
create trigger fires before update on public.of_before for each row execute function public.touch();
create rule quiet as on delete to public.of_before do instead nothing;
alter table public.of_before enable always rule quiet;
insert into ttdb.managed_objects
select case when d.kind in ('policy', 'trigger', 'rule') then 'found ' else '' end || d.kind, d.identity, d.definition,
    'shop_0001', 'protect'
from ttdb.definitions_of(array['public.of_before'::regclass]) as d
"""
OTHERWISE = """
alter policy p on public.of_before using (true);
create or replace trigger off before update or delete on public.of_before for each row execute function public.touch();
alter table public.of_before enable trigger off;
alter table public.of_before disable trigger fires;
alter table public.of_before disable rule quiet
"""


def test_what_was_found_is_put_back_with_its_state_or_left_to_hand(ground: Ground, admin: Connection) -> None:
    def beside() -> list[Drift]:
        found = hung_beside(ground.expected, gather(admin), record_of(admin, {"shop_0001"}))
        return [item for item in found if item.state != "unknown"]

    admin.execute(sql.SQL(FOUND))
    before = beside()
    admin.execute(sql.SQL(OTHERWISE))
    found = beside()
    mend(admin, found)

    assert before == []
    assert told(found) == {
        ("changed", "policy", "public.of_before.p"),
        ("changed", "trigger", "public.of_before.off"),
        ("changed", "trigger", "public.of_before.fires"),
        ("changed", "rule", "public.of_before.quiet"),
    }
    assert told(beside()) == {("changed", "policy", "public.of_before.p")}  # its role's name is not that of a word
    assert "-- by hand; expected:\n--     permissive for all to app-user using ((id > 0))" in script(found)


def test_login_of_a_service_that_can_do_more_is_told(ground: Ground, admin: Connection) -> None:
    admin.execute("create role shop login bypassrls in role ttdb_app, ttdb_operator")
    found = drifted(ground, admin)
    mend(admin, found)

    assert told(found) == {("added", "role", "shop"), ("added", "membership", "shop in ttdb_operator")}
    assert drifted(ground, admin) == []


EVERYDAY = """
create role shop login in role ttdb_app;
alter role shop set statement_timeout = '30s';
grant execute on function public.tenant_of_slug(text) to shop;
create table public.of_a_colleague (id int primary key, note text);
create function public.helps() returns int language sql return 1;
select ttdb.retire_partition('public.payment_transactions_2019_03');
drop table public.payment_transactions_2019_03;
select ttdb.retire_partition('public.audit_logs_2019_03');
select from ttdb.create_context_key();
select ttdb.require_signed_context(true);
alter table public.orders set (autovacuum_vacuum_scale_factor = 0.05)
"""


def test_everyday_life_raises_no_alarm_and_strange_objects_are_told_apart(ground: Ground, admin: Connection) -> None:
    for statement in EVERYDAY.split(";"):
        admin.execute(sql.SQL(statement))

    found = compare(ground.expected, gather(admin))

    assert [item for item in found if item.state != "unknown"] == []
    assert {(item.kind, item.identity) for item in found} >= {
        ("relation", "public.of_a_colleague"),
        ("function", "public.helps()"),
    }
    assert not any("2019_03" in item.identity for item in found)


def test_index_of_a_table_that_stood_before_is_its_owner_s_business(ground: Ground, admin: Connection) -> None:
    admin.execute("create index on public.orders (currency)")

    found = compare(ground.expected, gather(admin), Given(stood_before={"public.orders"}))

    assert ("unknown", "index", "public.orders_currency_idx") in told(found)
    assert not any(item.state == "added" for item in found)


def test_database_is_compared_with_a_throwaway_at_its_own_revision(ground: Ground, settings: Settings) -> None:
    said: list[str] = []
    found = drift(ground.url, settings, silent, say=said.append)

    assert found.drifted == ()
    assert any("making the reference: platform_" in line for line in said)
    assert text(found).startswith("not managed by ttdb:") or text(found).startswith("Found 0 differences in ")


def test_functions_and_views_are_compared_in_this_server_s_words_where_the_reference_is_of_another_version(
    ground: Ground, admin: Connection
) -> None:
    other = {
        key: replace(fact, definition=fact.definition + " in other words")
        if fact.kind in ("function", "view")
        else fact
        for key, fact in ground.expected.items()
    }

    assert len(compare(other, gather(admin))) > 100
    assert [
        item for item in compare(worded(other, definitions_recorded(admin)), gather(admin)) if item.state != "unknown"
    ] == []


def test_reference_of_another_version_raises_no_alarm(settings: Settings) -> None:
    if not OTHER.is_dir():
        pytest.skip("no PostgreSQL 15 here; the test before words the reference as another version's")
    other = replace(settings, throwaway="local", local_bin=str(OTHER))
    with throwaway(other) as server, fresh_database(server.url) as url:
        upgrade(url, settings)
        found = drift(url, replace(settings, throwaway="embedded"), silent, say=lambda _text: None)

    assert found.drifted == ()


def test_database_at_no_revision_is_refused(ground: Ground, settings: Settings) -> None:
    with pytest.raises(UsageError, match="is at no revision"):
        drift(ground.url.with_parts(dbname="postgres"), settings, silent, say=lambda _text: None)


def test_report_as_sql_is_a_script_that_mends(ground: Ground, admin: Connection) -> None:
    admin.execute("alter table public.orders disable row level security")
    report = DriftReport(("platform_0001",), 1, tuple(drifted(ground, admin)), ())

    assert "changed  row security public.orders\n         expected enabled, forced\n" in text(report)
    admin.execute(sql.SQL(as_sql(report)))
    assert drifted(ground, admin) == []


def test_name_with_a_line_of_its_own_is_a_remark_in_the_script(ground: Ground, admin: Connection) -> None:
    admin.execute(
        'create trigger "own\ncreate table public.intruder ();\n--" before update on public.users'
        " for each row execute function pg_catalog.suppress_redundant_updates_trigger()"
    )
    found = drifted(ground, admin)

    admin.execute(sql.SQL(script(found)))

    assert "own" in found[0].identity
    assert admin.execute("select pg_catalog.to_regclass('public.intruder') is null").fetchone() == (True,)
    assert drifted(ground, admin) == []
