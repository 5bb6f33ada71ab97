"""Rules over several rows: they hold whoever commits, in whatever context, and however many do so at once."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb
from support.databases import connect
from support.platform import A, B, fill, ident, working_as

from ttdb.postgres.connect import Connection, scalar
from ttdb.postgres.url import Url

ORDER, TICKET, PAYMENT = ident(A, 5), ident(A, 8), ident(A, 9)
AGAIN = ("40001", "40P01")  # serialization failure, deadlock: whoever gets one tries again
LEVELS = ["read committed", "repeatable read", "serializable"]

BREAKS: dict[str, list[LiteralString]] = {
    "orders_subtotal_must_equal_its_items": ["update public.order_items set quantity = 3, subtotal = 150"],
    "orders_discount_must_equal_its_discounts": ["delete from public.order_discounts"],
    "order_items_must_not_exceed_limit_of_their_type": [
        "update public.order_items set quantity = 11, unit_price = 50, subtotal = 550",
        "update public.orders set subtotal = 550, total_amount = 560",
    ],
    "tickets_must_not_exceed_items": [
        (
            "insert into public.tickets (event_id, ticket_type_id, order_id, ticket_number, price)"
            " select event_id, ticket_type_id, order_id, 'TK-1' || n, price"
            " from public.tickets, generate_series(1, 4) as n"
        ),
    ],
    "payment_transactions_refunds_must_not_exceed_payments": [
        (
            "insert into public.payment_transactions (order_id, user_id, venue_id, type, amount)"
            " select order_id, user_id, venue_id, 'REFUND', amount + 1 from public.payment_transactions"
        ),
    ],
    "ticket_sales_must_not_exceed_quantity": [
        "update public.ticket_types set quantity = 1",
        (
            "insert into public.tickets (event_id, ticket_type_id, order_id, ticket_number, price)"
            " select event_id, ticket_type_id, order_id, 'TK-2', price from public.tickets"
        ),
    ],
}
DISTURBANCES: dict[str, LiteralString] = {
    "nothing": "select 1",
    "context emptied": "select set_config('app.current_tenant_id', '', true)",
    "context of nobody": "select set_config('app.current_tenant_id', 'nonsense', true)",
    "another tenant": f"select set_config('app.current_tenant_id', '{B}', true)",
    "role reset": "reset role",
    "role of a worker": "set local role ttdb_worker",
    "role without rights": "set local role ttdb_support",
    "row security off": "set local row_security = off",
}


@pytest.fixture
def url(engine_url: Url) -> Url:
    """Return a database with an order that was paid, of four tickets one made, for each of two tenants."""
    with connect(engine_url) as connection:
        connection.execute("set role ttdb_operator")
        fill(connection)
    return engine_url


@pytest.fixture
def root(url: Url) -> Iterator[Connection]:
    with connect(url) as connection:
        yield connection


def test_every_rule_at_commit_is_disturbed(root: Connection) -> None:
    names = root.execute("select distinct constraint_name::text from ttdb.rules() where kind = 'at commit'").fetchall()

    # Counting itself is not a rule that an application could break: it may not write the count. Nor may it load.
    others = {"tickets_must_be_counted", "ticket_sales_must_equal_tickets", "loads_must_end"}
    assert {name for (name,) in names} - others == set(BREAKS)


def _commit(url: Url, statements: list[LiteralString], said: list[str]) -> None:
    """Run statements as tenant A's application and commit; ``said`` tells which of them passed."""
    with working_as(url, "ttdb_app", A) as session:
        for statement in statements:
            session.execute(statement)
            said.append(statement)


@pytest.mark.parametrize("name", BREAKS)
def test_broken_rule_is_refused_at_commit_whatever_context_or_role_stands_then(url: Url, name: str) -> None:
    for disturbance in DISTURBANCES.values():
        said: list[str] = []
        with pytest.raises(psycopg.errors.CheckViolation) as caught:
            _commit(url, [*BREAKS[name], disturbance], said)

        assert said == [*BREAKS[name], disturbance], "refused before COMMIT"
        assert caught.value.diag.constraint_name == name
        assert caught.value.diag.message_hint


def test_what_keeps_the_rules_passes_whatever_context_stands_at_commit(url: Url, root: Connection) -> None:
    with working_as(url, "ttdb_app", A) as session:
        session.execute("update public.order_items set quantity = 6, subtotal = 300")
        session.execute("update public.orders set subtotal = 300, total_amount = 310")
        session.execute("select set_config('app.current_tenant_id', '', true)")

    assert scalar(root, "select subtotal from public.orders where id = %s", (ORDER,)) == 300
    assert root.execute("select * from ttdb.broken_rules()").fetchall() == []


NEW_ORDER: LiteralString = (
    "insert into public.orders (id, user_id, event_id, order_number, subtotal, total_amount)"
    " select gen_random_uuid(), user_id, event_id, 'TT-92', 500, 500 from public.orders"
)
# A ticket type is not among them: the foreign key of its count refuses first.
RENAMES: dict[str, list[LiteralString]] = {
    "orders": [NEW_ORDER, "update public.orders set id = gen_random_uuid() where order_number = 'TT-92'"],
    "orders by upsert": [
        NEW_ORDER,
        (
            "insert into public.orders (id, user_id, event_id, order_number)"
            " select id, user_id, event_id, order_number from public.orders where order_number = 'TT-92'"
            " on conflict (id) do update set id = gen_random_uuid()"
        ),
    ],
    "order_items": ["update public.order_items set quantity = 3, subtotal = 150, id = gen_random_uuid()"],
    "order_discounts": ["update public.order_discounts set discount_value = 11, id = gen_random_uuid()"],
    "tickets": ["update public.tickets set id = gen_random_uuid()"],
    "payment_transactions": ["update public.payment_transactions set id = gen_random_uuid()"],
}


@pytest.mark.parametrize("case", RENAMES)
def test_row_cannot_slip_from_a_check_by_another_id(url: Url, case: str) -> None:
    said: list[str] = []
    with pytest.raises(psycopg.errors.CheckViolation) as caught:
        _commit(url, RENAMES[case], said)

    assert said == RENAMES[case][:-1], "refused at once"
    table = case.split(maxsplit=1)[0]
    kept = "time" if table == "payment_transactions" else "tenant"
    assert caught.value.diag.constraint_name == f"{table}_must_keep_their_id_and_{kept}"


@pytest.mark.parametrize("role", ["ttdb_app", "ttdb_worker", "ttdb_operator"])
def test_payment_cannot_be_moved_to_another_month(url: Url, role: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation) as caught, working_as(url, role, A) as session:
        session.execute("update public.payment_transactions set created_at = created_at - interval '8 years'")

    assert caught.value.diag.constraint_name == "payment_transactions_must_keep_their_id_and_time"


def test_operator_repairs_a_count_and_cannot_make_it_up(url: Url, root: Connection) -> None:
    for change in ("sold = 0", "quantity = 9"):
        with pytest.raises(psycopg.errors.CheckViolation) as caught, working_as(url, "ttdb_operator") as session:
            session.execute(sql.SQL("update public.ticket_sales set {}").format(sql.SQL(change)))
        assert caught.value.diag.constraint_name == "ticket_sales_must_equal_tickets"

    root.execute("set session_replication_role = replica")
    root.execute("update public.ticket_sales set sold = 0")
    root.execute("set session_replication_role = origin")
    with working_as(url, "ttdb_operator") as session:
        session.execute("update public.ticket_sales set sold = 1")
    assert root.execute("select * from ttdb.broken_rules()").fetchall() == []


@pytest.mark.parametrize("taken_first", [True, False])
def test_ticket_can_be_exchanged_when_all_are_sold_in_either_order(
    url: Url, root: Connection, *, taken_first: bool
) -> None:
    root.execute("update public.ticket_types set quantity = 1")
    take: LiteralString = (
        "insert into public.tickets (event_id, ticket_type_id, order_id, ticket_number, price)"
        " select event_id, ticket_type_id, order_id, 'TK-2', price from public.tickets"
    )
    give: LiteralString = (
        "update public.tickets set status = 'CANCELLED', cancelled_at = now() where ticket_number = 'TK-1'"
    )
    with working_as(url, "ttdb_app", A) as session:
        for statement in (take, give) if taken_first else (give, take):
            session.execute(statement)

    assert root.execute("select sold, quantity from public.ticket_sales where tenant_id = %s", (A,)).fetchall() == [
        (1, 1)
    ]


def test_application_reads_its_own_counts_and_writes_none(url: Url) -> None:
    with working_as(url, "ttdb_app", A) as session:
        assert session.execute("select tenant_id::text, sold, quantity from public.ticket_sales").fetchall() == [
            (A, 1, 20)
        ]
    for statement in ("update public.ticket_sales set sold = 0", "delete from public.ticket_sales"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), working_as(url, "ttdb_app", A) as session:
            session.execute(statement)


def test_count_goes_with_its_ticket_type(url: Url, root: Connection) -> None:
    with working_as(url, "ttdb_operator") as session:
        for table in ("notification_history", "payment_transactions", "tickets", "orders", "ticket_types"):
            session.execute(sql.SQL("delete from public.{}").format(sql.Identifier(table)))

    assert scalar(root, "select count(*) from public.ticket_sales") == 0


def test_ticket_type_made_again_counts_only_the_tickets_that_follow(url: Url, root: Connection) -> None:
    """In one transaction: the deleted tickets are counted at commit, and the new type has the old one's id."""
    counts: LiteralString = "select tenant_id, ticket_type_id, sold from public.ticket_sales order by 1, 2"
    before = root.execute(counts).fetchall()
    made = root.execute("select to_jsonb(t) from public.ticket_types as t").fetchall()
    with working_as(url, "ttdb_operator") as session:
        for table in ("notification_history", "payment_transactions", "tickets", "orders", "ticket_types"):
            session.execute(sql.SQL("delete from public.{}").format(sql.Identifier(table)))
        for (row,) in made:
            session.execute(
                "insert into public.ticket_types"
                " (id, tenant_id, event_id, name, price, quantity, sale_starts_at, sale_ends_at)"
                " select r.id, r.tenant_id, r.event_id, r.name, r.price, r.quantity, r.sale_starts_at, r.sale_ends_at"
                " from jsonb_populate_record(null::public.ticket_types, %s) as r",
                (Jsonb(row),),
            )

    assert {sold for _tenant, _type, sold in before} == {1}
    assert root.execute(counts).fetchall() == [(tenant, kind, 0) for tenant, kind, _sold in before]


def test_order_is_not_written_again_where_its_own_change_comes_with_the_lines(url: Url, root: Connection) -> None:
    with working_as(url, "ttdb_app", A) as session:
        session.execute("update public.order_items set quantity = 6, subtotal = 300")
        session.execute("update public.orders set subtotal = 300, total_amount = 310")
    changes = "select count(*) from audit.trail where relation = 'public.orders' and operation = 'UPDATE'"
    assert scalar(root, changes) == 1

    with working_as(url, "ttdb_app", A) as session:  # lines alone: the order's row is renewed, once
        session.execute("update public.order_items set quantity = 3, unit_price = 100")
        session.execute("update public.order_discounts set discount_code = 'ELEVEN'")
    assert scalar(root, changes) == 2


# Many at once: what they do is right for each of them alone.


def at_once(url: Url, level: str, actions: Sequence[Callable[[Connection], object]]) -> list[str]:
    """Run each action in a transaction of its own, all begun before any acts, and return how each ended.

    Who is told to try again does so, as every service has to.
    """
    ready = threading.Barrier(len(actions), timeout=60)

    def one(action: Callable[[Connection], object]) -> str:
        waited = False
        while True:
            try:
                with working_as(url, "ttdb_app", A, level) as session:
                    session.execute("select count(*) from public.orders")  # from here on a snapshot may be old
                    if not waited:
                        waited = True
                        ready.wait()
                    action(session)
            except psycopg.Error as error:
                if error.sqlstate not in AGAIN:
                    return error.diag.constraint_name or str(error)
            else:
                return "done"

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(one, actions))


def counted(outcomes: list[str]) -> dict[str, int]:
    return {outcome: outcomes.count(outcome) for outcome in set(outcomes)}


def buy(number: int) -> Callable[[Connection], object]:
    """Return what a buyer does: an order with one item, and its ticket."""

    def action(session: Connection) -> None:
        order = ident(A, 1000 + number)
        session.execute(
            "insert into public.orders (id, user_id, event_id, order_number, subtotal, total_amount)"
            " select %s, user_id, event_id, %s, 50, 50 from public.orders where id = %s",
            (order, f"TT-{1000 + number}", ORDER),
        )
        session.execute(
            "insert into public.order_items (order_id, ticket_type_id, quantity, unit_price, subtotal)"
            " values (%s, %s, 1, 50, 50)",
            (order, ident(A, 4)),
        )
        session.execute(
            "insert into public.tickets (event_id, ticket_type_id, order_id, ticket_number, price)"
            " select event_id, ticket_type_id, %s, %s, price from public.tickets where id = %s",
            (order, f"TK-{1000 + number}", TICKET),
        )

    return action


@pytest.mark.parametrize("level", LEVELS)
def test_eight_buyers_of_the_last_three_tickets_get_three(url: Url, root: Connection, level: str) -> None:
    root.execute("update public.ticket_types set quantity = 4")

    outcomes = at_once(url, level, [buy(number) for number in range(8)])

    assert counted(outcomes) == {"done": 3, "ticket_sales_must_not_exceed_quantity": 5}
    assert scalar(root, "select count(*) from public.tickets where tenant_id = %s", (A,)) == 4
    assert scalar(root, "select sold from public.ticket_sales where tenant_id = %s", (A,)) == 4
    assert scalar(root, "select count(*) from public.orders where tenant_id = %s", (A,)) == 4
    assert root.execute("select * from ttdb.broken_rules()").fetchall() == []


@pytest.mark.parametrize("level", LEVELS)
def test_eight_refunds_pay_back_no_more_than_was_paid(url: Url, root: Connection, level: str) -> None:
    def refund(session: Connection) -> object:
        return session.execute(
            "insert into public.payment_transactions (order_id, user_id, venue_id, type, amount)"
            " select order_id, user_id, venue_id, 'REFUND', 60 from public.payment_transactions where id = %s",
            (PAYMENT,),
        )

    outcomes = at_once(url, level, [refund] * 8)

    assert counted(outcomes) == {"done": 3, "payment_transactions_refunds_must_not_exceed_payments": 5}
    assert scalar(root, "select sum(amount) from public.payment_transactions where type = 'REFUND'") == 180


TWICE: dict[str, LiteralString] = {
    "tickets_must_not_happen_twice": "update public.tickets set status = 'USED', used_at = clock_timestamp()",
    "orders_must_not_happen_twice": "update public.orders set status = 'CANCELLED', cancelled_at = clock_timestamp()",
    "payment_transactions_must_not_end_twice": (
        "update public.payment_transactions set status = 'SUCCEEDED', processed_at = clock_timestamp()"
        " where payment_intent_id = 'pi_new'"
    ),
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", TWICE)
def test_what_happens_once_succeeds_for_one_of_eight(url: Url, root: Connection, name: str, level: str) -> None:
    root.execute(
        "insert into public.payment_transactions (tenant_id, order_id, user_id, venue_id, amount, payment_intent_id)"
        " select tenant_id, order_id, user_id, venue_id, 10, 'pi_new' from public.payment_transactions where id = %s",
        (PAYMENT,),
    )

    outcomes = at_once(url, level, [lambda session: session.execute(TWICE[name])] * 8)

    assert counted(outcomes) == {"done": 1, name: 7}


@pytest.mark.parametrize("level", LEVELS)
def test_one_order_gets_no_more_tickets_than_its_items_from_eight_at_once(
    url: Url, root: Connection, level: str
) -> None:
    def issue(number: int) -> Callable[[Connection], object]:
        return lambda session: session.execute(
            "insert into public.tickets (event_id, ticket_type_id, order_id, ticket_number, price)"
            " select event_id, ticket_type_id, order_id, %s, price from public.tickets where id = %s",
            (f"TK-{number + 10}", TICKET),
        )

    outcomes = at_once(url, level, [issue(number) for number in range(8)])

    assert counted(outcomes) == {"done": 3, "tickets_must_not_exceed_items": 5}
    assert scalar(root, "select count(*) from public.tickets where tenant_id = %s", (A,)) == 4


@pytest.mark.parametrize("level", LEVELS)
def test_one_order_holds_no_more_of_a_type_than_allowed_from_eight_at_once(
    url: Url, root: Connection, level: str
) -> None:
    def add(session: Connection) -> object:  # at no price: nothing but the rule makes them wait for each other
        return session.execute(
            "insert into public.order_items (order_id, ticket_type_id, quantity, unit_price, subtotal)"
            " values (%s, %s, 2, 0, 0)",
            (ORDER, ident(A, 4)),
        )

    outcomes = at_once(url, level, [add] * 8)

    assert counted(outcomes) == {"done": 3, "order_items_must_not_exceed_limit_of_their_type": 5}
    assert scalar(root, "select sum(quantity) from public.order_items where tenant_id = %s", (A,)) == 10


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("attempt", range(3))
def test_two_who_change_discounts_do_not_pass_each_other_unseen(
    url: Url, root: Connection, level: str, attempt: int
) -> None:
    """The one adds a discount beyond the cap, which leaves the order as it is; the other takes the first one away."""
    assert attempt >= 0
    root.execute(
        "begin; update public.order_discounts set discount_value = 200;"
        "update public.orders set discount_amount = 200, total_amount = 20; commit"
    )

    def add(session: Connection) -> None:
        session.execute(
            "insert into public.order_discounts (order_id, discount_code, discount_type, discount_value)"
            " values (%s, 'MORE', 'FIXED', 50)",
            (ORDER,),
        )

    def take(session: Connection) -> None:
        session.execute("delete from public.order_discounts where discount_code = 'TEN'")
        session.execute("update public.orders set discount_amount = 0, total_amount = 220 where id = %s", (ORDER,))

    outcomes = at_once(url, level, [add, take])

    assert counted(outcomes) == {"done": 1, "orders_discount_must_equal_its_discounts": 1}
    assert root.execute("select * from ttdb.broken_rules()").fetchall() == []


# Rows that stood before the rules.


def test_rows_that_a_load_left_broken_are_listed_for_the_operator(url: Url, root: Connection) -> None:
    root.execute("set session_replication_role = replica")
    root.execute("update public.orders set subtotal = 1, discount_amount = 0, tax_amount = 0, total_amount = 1")
    root.execute("update public.ticket_types set quantity = 7")
    root.execute("set session_replication_role = origin")
    with working_as(url, "ttdb_operator") as session:
        found = session.execute(
            "select constraint_name, count(*) from ttdb.broken_rules() group by 1 order by 1"
        ).fetchall()

    assert found == [
        ("orders_discount_must_equal_its_discounts", 2),
        ("orders_subtotal_must_equal_its_items", 2),
        ("ticket_sales_must_not_exceed_quantity", 2),
    ]
