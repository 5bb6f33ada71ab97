"""The live platform comes to head: its tables are brought to the plan's shape beside their own, and back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, LiteralString

import pytest
from fixtures import catalogue as known_tables
from fixtures.catalogue import Catalogue
from fixtures.legacy import build_legacy
from fixtures.legacy_rows import OWNERS, identifier
from fixtures.patterns import Statement, statements
from fixtures.validated import run_ttdb, validate
from psycopg import errors as pg
from psycopg import sql
from support.catalog import catalog
from support.databases import connect, fresh_database, fresh_login

from ttdb.migrate import script
from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url

MONTHLY = ("payment_transactions", "notification_history", "audit_logs")
EXPANDED = (
    *("tenants", "users", "venues", "events", "ticket_types", "orders"),
    *("order_items", "order_discounts", "tickets"),
    *MONTHLY,
)
# What services would break, or what cannot be while other tables point at it: passed over, and due afterwards.
WAITING = {
    (str(item.revision), step.name): list(step.waits_for)
    for item in script.directory().walk_revisions()
    for step in script.steps(item)
    if set(step.waits_for) & {f"public.{table}" for table in EXPANDED}
}
_TIMES: LiteralString = (
    "select r ->> 'id', (r ->> 'updated_at')::timestamptz from unnest(%s::jsonb[]) as r order by r ->> 'id'"
)
_EXPANDED = {f"public.{table}" for table in EXPANDED}


@dataclass
class Prepared:
    """A service's session, with all its statements prepared before anybody migrates."""

    connection: Connection
    statements: list[Statement]
    ended: list[str]  # what became of each, tried on arrival


@dataclass
class Story:
    """The platform on its way."""

    url: Url
    found: list[str]
    rows: dict[str, list[str]]
    catalogue: Catalogue
    service: Prepared


@pytest.fixture(scope="module")
def story(alone: Throwaway, arrived: str, legacy_catalogue: Catalogue) -> Iterator[Story]:
    """Return the platform expanded, with a session that was there before."""
    with fresh_database(alone.url, template=arrived) as url, connect(url) as session:
        found, rows = catalog(url), contents(url)
        known = prepared(session, legacy_catalogue)
        service = Prepared(session, known, tried(session, known))
        ended = run_ttdb("upgrade", "--url", url.uri(), "--disposable")
        assert ended.returncode == 0, ended.stderr
        yield Story(url, found, rows, legacy_catalogue, service)


@pytest.fixture
def service(story: Story) -> Iterator[Connection]:
    """Return a session as the services', a superuser's, in a transaction that is rolled back."""
    with connect(story.url) as connection, connection.transaction(force_rollback=True):
        yield connection


def prepared(session: Connection, legacy_catalogue: Catalogue) -> list[Statement]:
    """Prepare every statement of the services, and return them."""
    found = list(statements(legacy_catalogue, known_tables.path().parent))
    for number, statement in enumerate(found):
        session.execute(sql.SQL("prepare {} as ").format(sql.Identifier(f"s{number}")) + statement.text)
    return found


def tried(session: Connection, listed: list[Statement]) -> list[str]:
    """Execute each prepared statement with a row's own values, and take it back; return its error, or that it ran."""
    return [_tried(session, number, statement) for number, statement in enumerate(listed)]


def _tried(session: Connection, number: int, statement: Statement) -> str:
    try:
        with session.transaction(force_rollback=True):
            (types,) = one(
                session,
                "select parameter_types::text[] from pg_catalog.pg_prepared_statements where name = %s",
                f"s{number}",
            )
            values = statement.values(session)
            given = [
                sql.SQL("{}::" + kind).format(sql.Literal(value)) for value, kind in zip(values, types, strict=True)
            ]
            call = sql.SQL("execute {}").format(sql.Identifier(f"s{number}"))
            session.execute(call + sql.SQL("({})").format(sql.SQL(", ").join(given)) if given else call)
            session.execute("set constraints all immediate")
    except pg.Error as error:
        return f"{error.sqlstate} {error.diag.message_primary}"
    return "ran"


def contents(url: Url) -> dict[str, list[str]]:
    """Return the rows of the expanded tables, whole."""
    with connect(url) as admin:
        query = sql.SQL("select to_jsonb(t)::text from public.{} as t order by 1")
        return {table: [row for (row,) in admin.execute(query.format(sql.Identifier(table)))] for table in EXPANDED}


def one(connection: Connection, query: LiteralString, *values: object) -> tuple[Any, ...]:
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return row


def test_rows_of_nobody_stop_it_by_name_before_the_first_change(alone: Throwaway, legacy_catalogue: Catalogue) -> None:
    with fresh_database(alone.url) as url:
        with connect(url) as admin:
            build_legacy(admin, legacy_catalogue)
            stray = scalar(admin, "select id from public.users where tenant_id is null")
        before = catalog(url)

        ended = run_ttdb("upgrade", "--url", url.uri())

        assert ended.returncode == 1
        assert f"id={stray}: tenant_id must not be null" in ended.stdout + ended.stderr
        assert catalog(url) == before


def test_login_that_row_security_holds_is_told_what_it_cannot_look_at_beforehand(
    alone: Throwaway, legacy_catalogue: Catalogue
) -> None:
    with fresh_database(alone.url) as url, fresh_login(alone.url) as (login, password):
        with connect(url) as admin:
            build_legacy(admin, legacy_catalogue)
            stray = scalar(admin, "select id from public.users where tenant_id is null")
        assert run_ttdb("bootstrap", "--apply", "--url", url.uri(), "--migrator", login).returncode == 0
        migrator = url.with_parts(user=login, password=password)

        planned = run_ttdb("upgrade", "--plan", "--url", migrator.uri())
        ended = run_ttdb("upgrade", "--url", migrator.uri())

        assert "row security hides these tables' rows from this login" in planned.stderr
        assert ended.returncode == 1
        assert "row security hides these tables' rows from this login" in ended.stderr
        assert "public.users, public.venues" in ended.stderr
        assert f"id={stray}: tenant_id must not be null" in ended.stdout + ended.stderr
        assert run_ttdb("downgrade", "base", "--url", migrator.uri()).returncode == 0
        assert run_ttdb("bootstrap", "--undo", "--url", url.uri()).returncode == 0


def test_entry_that_leads_to_no_tenant_stops_it_by_name(alone: Throwaway, arrived: str) -> None:
    with fresh_database(alone.url, template=arrived) as url:
        with connect(url) as admin:
            entry = scalar(admin, "insert into public.audit_logs (action) values ('started') returning id")

        ended = run_ttdb("upgrade", "--url", url.uri())

        assert ended.returncode == 1
        assert f"1 row breaks public_audit_logs: id={entry}: tenant_id must not be null" in ended.stdout


def test_every_statement_that_ran_on_arrival_still_runs_as_prepared(story: Story) -> None:
    """With the values of a row, in the session that was there before; and in a new one."""
    before = story.service.ended
    assert sum(ended == "ran" for ended in before) > 300

    for session in (story.service.connection, None):
        with connect(story.url) as fresh:
            again = session or fresh
            listed = story.service.statements if session else prepared(fresh, story.catalogue)
            now = tried(again, listed)
        assert {
            statement.what: ended
            for statement, was, ended in zip(listed, before, now, strict=True)
            if was == "ran" and ended != "ran"
        } == {}


def test_order_that_is_deleted_leaves_what_came_of_it(service: Connection) -> None:
    """As it did on arrival: nothing of the platform's own kept it."""
    intent, event = "pi_deleted", identifier("events", OWNERS[0])
    order = one(
        service,
        "insert into public.orders (user_id, event_id, order_number, status, subtotal_cents, total_cents,"
        " ticket_quantity, payment_intent_id) values (%s, %s, 'ORD-9', 'PAID', 1050, 1050, 1, %s) returning id",
        identifier("users", OWNERS[0]),
        event,
        intent,
    )[0]
    ticket = one(service, "update public.tickets set order_id = %s where event_id = %s returning id", order, event)[0]
    payment = one(
        service,
        "update public.payment_transactions set stripe_payment_intent_id = %s where venue_id = %s"
        " returning id, order_id",
        intent,
        identifier("venues", OWNERS[0]),
    )
    assert payment[1] == order

    service.execute("delete from public.orders where id = %s", (order,))
    service.execute("set constraints all immediate")

    assert one(service, "select order_id from public.tickets where id = %s", ticket) == (order,)
    assert one(service, "select count(*) from public.payment_transactions where id = %s", payment[0]) == (1,)


def test_order_in_cents_is_one_in_money_too(service: Connection) -> None:
    event = identifier("events", OWNERS[0])
    user = identifier("users", OWNERS[0])

    made = one(
        service,
        "insert into public.orders (user_id, event_id, order_number, status, subtotal_cents, tax_cents, total_cents,"
        " ticket_quantity) values (%s, %s, 'ORD-9', 'PAID', 1050, 95, 1145, 2)"
        " returning id, tenant_id::text, subtotal::text, tax_amount::text, discount_amount::text, total_amount::text",
        user,
        event,
    )

    assert made[1:] == (OWNERS[0].tenant, "10.50", "0.95", "0.00", "11.45")
    changed = one(
        service,
        "update public.orders set status = 'AWAITING_MINT', discount_cents = 5 where id = %s"
        " returning discount_amount::text",
        made[0],
    )
    assert changed == ("0.05",)


def test_order_in_money_is_one_in_cents_too(service: Connection) -> None:
    made = one(
        service,
        "insert into public.orders (tenant_id, user_id, event_id, order_number, subtotal, tax_amount, total_amount)"
        " values (%s, %s, %s, 'ORD-9', 10.50, 0.95, 11.45)"
        " returning id, subtotal_cents, tax_cents, discount_cents, total_cents, ticket_quantity",
        OWNERS[0].tenant,
        identifier("users", OWNERS[0]),
        identifier("events", OWNERS[0]),
    )
    assert made[1:] == (1050, 95, 0, 1145, 0)

    changed = one(service, "update public.orders set subtotal = 9.99 where id = %s returning subtotal_cents", made[0])

    assert changed == (999,)


def test_item_gets_its_orders_tenant(service: Connection) -> None:
    made = one(
        service,
        "insert into public.order_items (order_id, ticket_type_id, quantity, unit_price_cents, total_price_cents)"
        " values (%s, %s, 2, 500, 1000) returning tenant_id::text, unit_price::text, subtotal::text, metadata",
        identifier("orders", OWNERS[-1]),
        identifier("ticket_types", OWNERS[-1]),
    )

    assert made == (OWNERS[-1].tenant, "5.00", "10.00", {})


def test_order_of_two_tenants_is_refused(service: Connection) -> None:
    with pytest.raises(pg.ForeignKeyViolation):
        service.execute(
            "update public.orders set user_id = %s where id = %s",
            (identifier("users", OWNERS[-1]), identifier("orders", OWNERS[0])),
        )


def test_writes_that_the_broken_audit_trigger_refused_are_made_and_on_record(service: Connection) -> None:
    before = scalar(service, "select count(*) from audit.trail")

    service.execute("update public.users set city = 'Oslo'")

    assert scalar(service, "select count(*) from audit.trail") == before + scalar(
        service, "select count(*) from public.users"
    )


def test_no_row_changed_when_it_was_filled(story: Story) -> None:
    with connect(story.url) as admin:
        for table in ("orders", "tickets", "events"):
            query = sql.SQL("select id::text, updated_at from public.{} order by id").format(sql.Identifier(table))
            now = admin.execute(query).fetchall()
            then = admin.execute(_TIMES, (story.rows[table],)).fetchall()
            assert now == then


def test_a_tenant_sees_its_own_alone(service: Connection) -> None:
    service.execute("set local role ttdb_app")
    service.execute("select set_config('app.current_tenant_id', %s, true)", (OWNERS[0].tenant,))

    for table in EXPANDED[1:]:
        query = sql.SQL("select count(*) filter (where tenant_id <> %s), count(*) from public.{}")
        others, all_of_them = one_of(service, query.format(sql.Identifier(table)), OWNERS[0].tenant)
        assert (others, all_of_them > 0) == (0, True), table


def one_of(connection: Connection, query: sql.Composed, *values: object) -> tuple[Any, ...]:
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return row


def test_a_second_run_has_nothing_to_do_and_says_what_waits(story: Story) -> None:
    ended = run_ttdb("upgrade", "--url", story.url.uri())

    assert ended.returncode == 0
    assert "nothing to do" in ended.stdout + ended.stderr
    assert f"{len(WAITING)} steps wait until 11 tables are contracted" in ended.stdout + ended.stderr


def test_status_is_at_head_and_names_what_waits_for_which_table(story: Story) -> None:
    ended = run_ttdb("status", "--url", story.url.uri(), "--format", "json")

    assert ended.returncode == 0
    found = json.loads(ended.stdout)
    assert (found["pending"], found["conflicts"]) == ([], [])
    assert set(found["heads"]) <= set(found["newest"])  # a branch that another depends on is not recorded beside it
    waits = {(item["revision"], item["step"]): item["waits_for"] for item in found["waiting"]}
    assert waits == WAITING
    assert waits["platform_0010", "months-public-audit-logs"] == ["public.audit_logs"]
    text, each = (run_ttdb("status", "--url", story.url.uri(), *more).stdout for more in ((), ("--verbose",)))
    assert "platform_0010 months-public-audit-logs: public.audit_logs" in each
    assert "months-public-audit-logs" not in text
    alone = sum(waits_for == ["public.audit_logs"] for waits_for in WAITING.values())
    assert f"          public.audit_logs: {alone} steps\n" in text


def test_plan_on_arrival_tells_what_will_wait(alone: Throwaway, arrived: str) -> None:
    with fresh_database(alone.url, template=arrived) as url:
        ended = run_ttdb("upgrade", "--plan", "--format", "json", "--url", url.uri())

        assert ended.returncode == 0, ended.stdout
        steps = json.loads(ended.stdout)["steps"]
        waits = {(item["revision"], item["step"]): item["waits_for"] for item in steps if item["state"] == "waits"}
        assert waits == WAITING


def test_tables_of_months_stand_whole_with_their_indexes_built(story: Story) -> None:
    with connect(story.url) as admin:
        found = admin.execute(
            "select c.relname, c.relkind::text, c.relrowsecurity and c.relforcerowsecurity, bool_and(i.indisvalid),"
            " count(*) from pg_class as c join pg_index as i on i.indrelid = c.oid"
            " where c.oid = any(%s::regclass[]) group by c.oid order by c.relname",
            ([f"public.{table}" for table in MONTHLY],),
        ).fetchall()

    # Those that were found, and those of the plan.
    assert found == [
        ("audit_logs", "r", True, True, 5 + 4),
        ("notification_history", "r", True, True, 10 + 5),
        ("payment_transactions", "r", True, True, 8 + 8),
    ]


def test_payment_of_services_is_one_of_the_plan(service: Connection) -> None:
    owner = OWNERS[0]
    service.execute("update public.orders set payment_intent_id = 'pi_9' where id = %s", (identifier("orders", owner),))

    made = one(
        service,
        "insert into public.payment_transactions (venue_id, user_id, event_id, amount, status, platform_fee,"
        " venue_payout) values (%s, %s, %s, 10.50, 'pending', 0.50, 10)"
        " returning id, tenant_id::text, type, fee_amount::text, provider, order_id::text, currency",
        *(identifier(table, owner) for table in ("venues", "users", "events")),
    )

    assert made[1:] == (owner.tenant, "PAYMENT", "0.50", "STRIPE", None, "USD")
    changed = one(
        service,
        "update public.payment_transactions set stripe_payment_intent_id = 'pi_9', status = 'completed' where id = %s"
        " returning payment_intent_id, order_id::text",
        made[0],
    )
    assert changed == ("pi_9", identifier("orders", owner))
    back = "update public.payment_transactions set payment_intent_id = 'pi_8', fee_amount = 1 where id = %s"
    assert one(service, back + " returning stripe_payment_intent_id, platform_fee::text", made[0]) == ("pi_8", "1.00")
    with pytest.raises(pg.UniqueViolation):
        service.execute(
            "update public.payment_transactions set payment_intent_id = 'pi_8' where id = %s",
            (identifier("payment_transactions", OWNERS[-1]),),
        )


def test_payment_of_the_plan_is_one_of_services_too(service: Connection) -> None:
    owner = OWNERS[0]
    whose = tuple(identifier(table, owner) for table in ("orders", "users", "venues"))
    insert: LiteralString = (
        "insert into public.payment_transactions (tenant_id, order_id, user_id, venue_id, amount, fee_amount)"
        " values (%s, %s, %s, %s, 10.50, %s) returning id, event_id::text, platform_fee::text, venue_payout::text"
    )

    made = one(service, insert, owner.tenant, *whose, "0.50")
    free = one(service, insert, owner.tenant, *whose, None)

    assert made[1:] == (identifier("events", owner), "0.50", "10.00")
    assert free[1:] == (identifier("events", owner), "0.00", "10.50")
    changed = "update public.payment_transactions set fee_amount = 1.5 where id = %s"
    assert one(service, changed + " returning platform_fee::text, venue_payout::text", made[0]) == ("1.50", "9.00")


def test_other_tables_still_point_at_a_payment_and_a_notification(service: Connection) -> None:
    with pytest.raises(pg.ForeignKeyViolation), service.transaction():
        service.execute("delete from public.payment_transactions")

    left = "select count(*) from public.notification_costs"
    assert scalar(service, left) > 0
    service.execute("delete from public.notification_history")
    assert scalar(service, left) == 0


def test_notification_of_services_is_one_of_the_plan(service: Connection) -> None:
    made = one(
        service,
        "insert into public.notification_history (venue_id, recipient_id, channel, type, recipient_email)"
        " values (%s, %s, 'email', 'marketing', 'a@example.com')"
        " returning id, tenant_id::text, user_id::text, attempts, sent_at, status",
        *(identifier(table, OWNERS[-1]) for table in ("venues", "users")),
    )

    assert made[1:] == (OWNERS[-1].tenant, identifier("users", OWNERS[-1]), 0, None, "pending")
    tried = "update public.notification_history set delivery_attempts = 2, sent_at = now() where id = %s"
    assert one(service, tried + " returning attempts", made[0]) == (2,)


@pytest.mark.parametrize("leads", ["user_id", "resource_id"])
def test_entry_belongs_to_who_did_it_or_to_what_it_was_done_to(service: Connection, leads: str) -> None:
    table = "users" if leads == "user_id" else "orders"
    query = sql.SQL(
        "insert into public.audit_logs (action, resource_type, {}) values ('order.cancel', 'order', %s)"
        " returning tenant_id::text, status"
    ).format(sql.Identifier(leads))

    made = one_of(service, query, identifier(table, OWNERS[-1]))

    assert made == (OWNERS[-1].tenant, "success")


def test_who_deletes_a_user_leaves_his_entries(service: Connection) -> None:
    made = one(
        service,
        "insert into public.users (tenant_id, email, password_hash) values (%s, 'gone@example.com', 'x') returning id",
        OWNERS[0].tenant,
    )
    entry = "insert into public.audit_logs (action, user_id) values ('login', %s) returning id"
    entered = one(service, entry, made[0])

    service.execute("delete from public.users where id = %s", made)

    left = "select user_id, tenant_id::text from public.audit_logs where id = %s"
    assert one(service, left, entered[0]) == (None, OWNERS[0].tenant)


def test_validate_finds_no_error_in_them(story: Story) -> None:
    found = validate(story.url).report["findings"]

    errors = [
        (finding["code"], finding["object"])
        for finding in found
        if finding["severity"] == "error" and ".".join(finding["object"].split(".")[:2]) in _EXPANDED
    ]
    assert errors == []
    assert [finding for finding in found if finding["code"] == "MIG001"] == []


def test_drift_sees_what_was_changed_in_them_and_raises_no_alarm(story: Story) -> None:
    clean = run_ttdb("drift", "--url", story.url.uri())
    with connect(story.url) as admin:
        admin.execute("alter table public.payment_transactions no force row level security")
        admin.execute("alter table public.event_logs no force row level security")
        try:
            damaged = run_ttdb("drift", "--url", story.url.uri())
        finally:
            admin.execute("alter table public.payment_transactions force row level security")
            admin.execute("alter table public.event_logs force row level security")

    assert clean.returncode == 0, clean.stdout
    assert "Found 0 differences" in clean.stdout
    assert "tables in their expand stage are read from the upgrade's record: public.audit_logs, " in clean.stderr
    assert damaged.returncode == 1
    for name in ("rls public.payment_transactions", "row security public.event_logs"):
        assert name in damaged.stdout, damaged.stdout


HUNG = """
create function public.swallow() returns trigger language plpgsql as 'begin return null; end';
create policy ev on public.users for select to public using (true);
create policy ev on public.scans for select to public using (true);
create trigger zz before insert on public.scans for each row execute function public.swallow();
create trigger zz before insert on public.orders for each row execute function public.swallow();
create rule quiet as on delete to public.tickets do instead nothing;
drop trigger trigger_update_discounts_timestamp on public.discounts;
create trigger trigger_update_discounts_timestamp before update on public.discounts
    for each row execute function public.swallow();
create table public.of_a_service (id int primary key);
create policy ev on public.of_a_service using (true);
create trigger zz before insert on public.of_a_service for each row execute function public.swallow()
"""


def test_drift_sees_what_was_hung_on_tables_that_no_reference_has(story: Story) -> None:
    with connect(story.url) as admin:
        admin.execute(HUNG.encode())
        found = json.loads(run_ttdb("drift", "--url", story.url.uri(), "--format", "json").stdout)
        mend = run_ttdb("drift", "--url", story.url.uri(), "--format", "sql").stdout
        admin.execute(mend.encode())
        admin.execute("drop table public.of_a_service; drop function public.swallow()")
    mended = run_ttdb("drift", "--url", story.url.uri())

    assert {(item["state"], item["kind"], item["identity"]) for item in found["drifted"]} == {
        ("added", "policy", "public.users.ev"),
        ("added", "policy", "public.scans.ev"),
        ("added", "trigger", "public.scans.zz"),
        ("added", "trigger", "public.orders.zz"),
        ("added", "rule", "public.tickets.quiet"),
        ("changed", "trigger", "public.discounts.trigger_update_discounts_timestamp"),
    }
    assert {(item["kind"], item["identity"]) for item in found["unknown"]} >= {
        ("policy", "public.of_a_service.ev"),
        ("trigger", "public.of_a_service.zz"),
    }
    assert mended.returncode == 0, mended.stdout


DAMAGE = """
drop policy select_own_tenant on public.users;
alter policy update_own_tenant on public.scans using (true);
alter table public.scans disable row level security;
alter table public.orders no force row level security;
alter table public.users disable trigger _900_record_change;
drop trigger _050_fill_tenant on public.scans;
grant truncate on public.users to ttdb_app;
grant select on public.users to public;
revoke update on public.scans from ttdb_app;
revoke select (email) on public.users from ttdb_masker;
alter table public.users drop constraint users_status_must_be_known;
delete from ttdb.audited_tables where relation = 'public.orders'::regclass;
alter table public.events owner to postgres;
drop index public.orders_created_at_idx;
drop function ttdb.tg_public_orders__keep_found() cascade;
drop view masked.users
"""


def test_what_drift_says_of_them_as_sql_mends_it(story: Story) -> None:
    with connect(story.url) as admin:
        for statement in DAMAGE.split(";"):
            admin.execute(statement.encode())
        damaged = run_ttdb("drift", "--url", story.url.uri(), "--format", "sql")
        admin.execute(damaged.stdout.encode())
    mended = run_ttdb("drift", "--url", story.url.uri())

    assert damaged.returncode == 1
    assert "create policy select_own_tenant on public.users as permissive for select to ttdb_app" in damaged.stdout
    assert "alter table public.scans enable row level security, force row level security;" in damaged.stdout
    assert "CREATE INDEX orders_created_at_idx ON public.orders USING btree" in damaged.stdout
    assert "-- by hand" not in damaged.stdout, damaged.stdout
    assert mended.returncode == 0, mended.stdout


def test_drift_sees_that_the_ledger_lost_steps_that_no_reference_runs(story: Story) -> None:
    with connect(story.url) as admin:
        admin.execute("create temporary table kept as select * from ttdb.ledger")
        lost = admin.execute(
            "delete from ttdb.ledger where revision = 'platform_0015' or step in ('columns-public-users',"
            " 'protect-public-tenants') returning revision || ' ' || step"
        ).fetchall()
        try:
            found = json.loads(run_ttdb("drift", "--url", story.url.uri(), "--format", "json").stdout)
        finally:
            admin.execute("insert into ttdb.ledger select * from kept on conflict do nothing")

    told = {item["identity"] for item in found["drifted"]}
    assert {(item["state"], item["kind"]) for item in found["drifted"]} == {("missing", "step")}
    assert "platform_0002 columns-public-users" in told
    assert told == {name for (name,) in lost}


@pytest.mark.timeout(1200)  # more than a thousand steps, up and down
def test_way_back_ends_in_what_was_found(alone: Throwaway, arrived: str) -> None:
    with fresh_database(alone.url, template=arrived) as url:
        found, rows = catalog(url), contents(url)
        for arguments in (("upgrade",), ("downgrade", "base")):
            ended = run_ttdb(*arguments, "--url", url.uri(), "--disposable")
            assert ended.returncode == 0, ended.stderr
        assert run_ttdb("bootstrap", "--undo", "--url", url.uri()).returncode == 0

        assert contents(url) == rows
        # Alembic's table stays, empty.
        assert [line for line in catalog(url) if "alembic_version" not in line] == found
