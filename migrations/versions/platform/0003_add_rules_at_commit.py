"""Add rules that hold over several rows, looked at when a transaction commits, and what may follow what."""

from dataclasses import replace

import sqlalchemy as sa

from ttdb.migrate.columns import metadata, required, rule, standing
from ttdb.migrate.steps import (
    protected,
    rule_by_trigger,
    sql,
    sql_file,
    table,
    transitions,
    upgrade_and_downgrade,
    written_once,
)

revision = "platform_0003"
down_revision = "platform_0002"
branch_labels = None
depends_on = ("engine_0003",)

PUBLIC = metadata()
standing("ticket_types", PUBLIC)

ticket_sales = sa.Table(
    "ticket_sales",
    PUBLIC,
    required("tenant_id", sa.UUID(), "whose row it is"),
    required("ticket_type_id", sa.UUID(), "what is sold"),
    required("quantity", sa.Integer(), "how many there are in all; the ticket type's"),
    required("sold", sa.Integer(), "how many tickets take a place: RESERVED, SOLD or USED", default="0"),
    sa.PrimaryKeyConstraint("tenant_id", "ticket_type_id", comment="a ticket type has one count"),
    # No foreign key to tenants: the one to ticket types carries the tenant, and the count goes with its type.
    sa.ForeignKeyConstraint(
        ["tenant_id", "ticket_type_id"],
        ["public.ticket_types.tenant_id", "public.ticket_types.id"],
        ondelete="CASCADE",
        comment="there is no such ticket type, or it is still in use",
    ),
    rule("ticket_sales_must_not_be_negative", "sold >= 0", "fewer than no tickets are sold"),
    comment="how many tickets of each type are taken; kept by triggers, and not audited: its every change follows from"
    " one of tickets or ticket types, which are, and nobody can make it anything else",
)

FUNCTIONS = (
    "tg__subtotal_equals_items",
    "tg__discount_equals_discounts",
    "tg__items_within_limit",
    "tg__items_match_order",
    "tg__currency_of_order",
    "tg__tickets_within_items",
    "tg__refunds_within_payments",
    "tg__count_ticket",
    "tg__open_sales",
    "tg__sales_within_quantity",
    "tg__sales_equal_tickets",
)

# Triggers and first count are one step: a ticket taken between the two would be counted never, or twice. Writers of
# tickets and ticket types wait while the tickets are counted once.
OPEN_SALES = """\
set local role ttdb_owner;
create trigger _500_open_sales after insert or update of quantity on public.ticket_types
for each row execute function ttdb.tg__open_sales();
comment on trigger _500_open_sales on public.ticket_types is 'Keeps the quantity in public.ticket_sales.';
create trigger _500_settle_sales after delete on public.ticket_types
for each statement execute function ttdb.tg__settle_sales();
comment on trigger _500_settle_sales on public.ticket_types is
'Counts what waits for the commit, before a type of the same id is made again.';
create constraint trigger tickets_must_be_counted
after insert or update of status, ticket_type_id, tenant_id or delete on public.tickets
deferrable initially deferred for each row execute function ttdb.tg__count_ticket();
comment on trigger tickets_must_be_counted on public.tickets is 'the sales of this ticket type are not counted';
set local role ttdb_operator;
insert into public.ticket_sales (tenant_id, ticket_type_id, quantity, sold)
select
    t.tenant_id,
    t.id,
    t.quantity,
    (
        select pg_catalog.count(*)
        from public.tickets as k
        where k.tenant_id = t.tenant_id and k.ticket_type_id = t.id and k.status in ('RESERVED', 'SOLD', 'USED')
    )
from public.ticket_types as t;"""

CLOSE_SALES = """\
set local role ttdb_owner;
drop trigger tickets_must_be_counted on public.tickets;
drop trigger _500_settle_sales on public.ticket_types;
drop trigger _500_open_sales on public.ticket_types;
set local role ttdb_operator;
delete from public.ticket_sales;"""

SALES_ARE_OPEN = """\
select not exists (
        select from public.ticket_types as t
        where not exists (select from public.ticket_sales as s where s.ticket_type_id = t.id)
    )
    and exists (
        select from pg_catalog.pg_trigger as g
        where g.tgrelid = pg_catalog.to_regclass('public.ticket_types') and g.tgname = '_500_open_sales'
            and g.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__open_sales()') and g.tgenabled in ('O', 'A')
    )
    and exists (
        select from pg_catalog.pg_trigger as g
        where g.tgrelid = pg_catalog.to_regclass('public.ticket_types') and g.tgname = '_500_settle_sales'
            and g.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__settle_sales()') and g.tgenabled in ('O', 'A')
    )
    and exists (
        select from pg_catalog.pg_trigger as g
        where g.tgrelid = pg_catalog.to_regclass('public.tickets') and g.tgname = 'tickets_must_be_counted'
            and g.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__count_ticket()') and g.tgenabled in ('O', 'A')
    )"""

# The triggers look at what changes from now on; what stood before is looked at here, once.
REFUSE_BROKEN = """\
do $refuse$
declare
    v_name text;
    v_rows bigint;
    v_first text;
begin
    select b.constraint_name, pg_catalog.count(*), pg_catalog.min(pg_catalog.format('%s: %s', b.id, b.detail))
    into v_name, v_rows, v_first
    from ttdb.broken_rules() as b
    group by b.constraint_name
    order by b.constraint_name
    limit 1;
    if not found then
        return;
    end if;
    raise exception '% rows break the rule %', v_rows, v_name
        using detail = v_first,
        hint = 'As ttdb_operator, "select * from ttdb.broken_rules()" lists them: mend them and run the command again.';
end;
$refuse$;"""

COUNTED = [
    # Not audited: a count of what is. Its row appears, and goes, with its ticket type: nothing is lost with it.
    replace(table(ticket_sales), loses=None),
    protected("public.ticket_sales", app="select", definer="select, insert, update"),
    sql_file("70_rules/hold_order.sql", creates="function ttdb.hold_order(uuid)"),
    *(sql_file(f"70_rules/{name}.sql", creates=f"function ttdb.{name}()", role="ttdb_definer") for name in FUNCTIONS),
    sql_file("70_rules/tg__settle_sales.sql", creates="function ttdb.tg__settle_sales()"),
    rule_by_trigger(
        "ticket_sales_must_not_exceed_quantity",
        "no tickets of this type are left",
        "ttdb.tg__sales_within_quantity()",
        {"public.ticket_sales": "insert or update of sold, quantity"},
    ),
    sql(
        "open-sales",
        up=OPEN_SALES,
        down=CLOSE_SALES,
        holds=SALES_ARE_OPEN,
        role="ttdb_operator",
        filters_rows=True,
        relations=("public.ticket_types", "public.tickets"),
    ),
    # The count is not audited, so that no sale writes the trail twice: therefore nobody may make it up.
    rule_by_trigger(
        "ticket_sales_must_equal_tickets",
        "the count is not what the tickets are",
        "ttdb.tg__sales_equal_tickets()",
        {"public.ticket_sales": "insert or update"},
        when="current_user <> 'ttdb_definer'",
    ),
]

# A check at commit looks a row up by its key: renamed meanwhile it would not be found, and the check would pass.
KEYS = [
    written_once(
        f"public.{name}",
        "id tenant_id",
        f"{name}_must_keep_their_id_and_tenant",
        "what has an id keeps it, and stays with its organiser",
    )
    for name in ("ticket_types", "orders", "order_items", "order_discounts", "tickets")
]

# A row's month says until when it is kept: moved into a month that is retired, it would be out of the rules' sight.
# The tenant of a payment follows from its order, which it keeps; to say so here would only speak before the policies.
MONTHS = [
    written_once(
        f"public.{name}",
        f"id {column}",
        f"{name}_must_keep_their_id_and_time",
        "what is on record keeps its id and its time",
    )
    for name, column in (
        ("payment_transactions", "created_at"),
        ("audit_logs", "created_at"),
        ("notification_history", "sent_at"),
        ("event_logs", "timestamp"),
    )
]

OVER_ROWS = [
    rule_by_trigger(
        "orders_subtotal_must_equal_its_items",
        "the subtotal is not the sum of the items",
        "ttdb.tg__subtotal_equals_items()",
        {
            "public.orders": "insert or update of subtotal",
            "public.order_items": "insert or update of order_id, subtotal or delete",
        },
    ),
    rule_by_trigger(
        "orders_discount_must_equal_its_discounts",
        "the discount is not what the discount codes give",
        "ttdb.tg__discount_equals_discounts()",
        {
            "public.orders": "insert or update of subtotal, discount_amount",
            "public.order_discounts": "insert or update of order_id, discount_type, discount_value or delete",
        },
    ),
    rule_by_trigger(
        "order_items_must_not_exceed_limit_of_their_type",
        "one order may not hold so many tickets of this type",
        "ttdb.tg__items_within_limit()",
        {"public.order_items": "insert or update of order_id, ticket_type_id, quantity"},
    ),
    rule_by_trigger(
        "order_items_must_be_of_the_orders_event",
        "the ticket type is of another event than the order",
        "ttdb.tg__items_match_order('event')",
        {"public.order_items": "insert or update of order_id, ticket_type_id"},
        at_commit=False,
    ),
    rule_by_trigger(
        "order_items_must_have_the_orders_currency",
        "the ticket type is sold in another currency than the order's",
        "ttdb.tg__items_match_order('currency')",
        {"public.order_items": "insert or update of order_id, ticket_type_id"},
        at_commit=False,
    ),
    rule_by_trigger(
        "tickets_must_have_the_orders_currency",
        "the ticket is in another currency than its order",
        "ttdb.tg__currency_of_order()",
        {"public.tickets": "insert or update of order_id, currency"},
        at_commit=False,
    ),
    rule_by_trigger(
        "payment_transactions_must_have_the_orders_currency",
        "the payment is in another currency than its order",
        "ttdb.tg__currency_of_order()",
        {"public.payment_transactions": "insert or update of order_id, currency"},
        at_commit=False,
    ),
    rule_by_trigger(
        "tickets_must_not_exceed_items",
        "the order did not buy so many tickets of this type",
        "ttdb.tg__tickets_within_items()",
        {
            "public.tickets": "insert or update of status, order_id, ticket_type_id",
            "public.order_items": "update of order_id, ticket_type_id, quantity or delete",
        },
    ),
    rule_by_trigger(
        "payment_transactions_refunds_must_not_exceed_payments",
        "more would be paid back than was paid",
        "ttdb.tg__refunds_within_payments()",
        {"public.payment_transactions": "insert or update of type, status, amount, order_id or delete"},
    ),
]

COURSES = [
    transitions(
        "public.tenants",
        "status",
        "tenants_status_must_follow_its_course",
        "a closed organiser stays closed",
        ACTIVE="SUSPENDED CLOSED",
        SUSPENDED="ACTIVE CLOSED",
        CLOSED="",
    ),
    transitions(
        "public.users",
        "status",
        "users_status_must_follow_its_course",
        "an account cannot go from its status to that one; a closed one stays closed",
        PENDING="ACTIVE SUSPENDED DELETED",
        ACTIVE="SUSPENDED DELETED",
        SUSPENDED="ACTIVE DELETED",
        DELETED="",
    ),
    transitions(
        "public.events",
        "status",
        "events_status_must_follow_its_course",
        "an event cannot go from its status to that one; a cancelled or completed one stays so",
        DRAFT="PUBLISHED CANCELLED",
        PUBLISHED="DRAFT ON_SALE CANCELLED",
        ON_SALE="PUBLISHED SOLD_OUT CANCELLED COMPLETED",
        SOLD_OUT="ON_SALE CANCELLED COMPLETED",
        CANCELLED="",
        COMPLETED="",
    ),
    transitions(
        "public.orders",
        "status",
        "orders_status_must_follow_its_course",
        "an order cannot go from its status to that one",
        PENDING="RESERVED CONFIRMED CANCELLED EXPIRED",
        RESERVED="CONFIRMED CANCELLED EXPIRED",
        CONFIRMED="COMPLETED CANCELLED REFUNDED",
        COMPLETED="REFUNDED",
        CANCELLED="",
        EXPIRED="",
        REFUNDED="",
    ),
    transitions(
        "public.tickets",
        "status",
        "tickets_status_must_follow_its_course",
        "a ticket cannot go from its status to that one",
        RESERVED="SOLD CANCELLED EXPIRED",
        SOLD="USED CANCELLED REFUNDED",
        USED="REFUNDED",
        CANCELLED="",
        EXPIRED="",
        REFUNDED="",
    ),
    transitions(
        "public.payment_transactions",
        "status",
        "payment_transactions_status_must_follow_its_course",
        "a payment cannot go from its status to that one",
        PENDING="PROCESSING SUCCEEDED FAILED CANCELLED",
        PROCESSING="SUCCEEDED FAILED CANCELLED",
        FAILED="PROCESSING",
        SUCCEEDED="",
        CANCELLED="",
    ),
    transitions(
        "public.notification_history",
        "status",
        "notification_history_status_must_follow_its_course",
        "a notification cannot go from its status to that one",
        QUEUED="SENT FAILED",
        SENT="DELIVERED FAILED BOUNCED",
        FAILED="QUEUED SENT",
        DELIVERED="",
        BOUNCED="",
    ),
]

ON_RECORD = [
    # What a rule compares without a lock must not change behind it.
    written_once(
        "public.ticket_types",
        "event_id currency",
        "ticket_types_must_stay_with_event_and_currency",
        "a ticket type stays with its event and its currency: make another one",
    ),
    written_once(
        "public.orders",
        "event_id currency",
        "orders_must_stay_with_event_and_currency",
        "an order stays with its event and its currency: cancel it and make another one",
    ),
    # Two who confirm, cancel or refund the same thing: the second has to see that it happened.
    written_once(
        "public.orders",
        "confirmed_at cancelled_at refunded_at",
        "orders_must_not_happen_twice",
        "this order was paid, cancelled or refunded before",
    ),
    written_once(
        "public.tickets",
        "sold_at used_at cancelled_at",
        "tickets_must_not_happen_twice",
        "this ticket was sold, used or cancelled before",
    ),
    written_once(
        "public.tickets",
        "ticket_number price",
        "tickets_must_keep_their_number_and_price",
        "a ticket keeps its number and its price: cancel it and make another one",
    ),
    written_once(
        "public.payment_transactions",
        "order_id type amount currency",
        "payment_transactions_must_stay_as_made",
        "a payment's order, kind and amount cannot change: make another one",
    ),
    written_once(
        "public.payment_transactions",
        "processed_at",
        "payment_transactions_must_not_end_twice",
        "this payment ended before",
    ),
]

STEPS = [
    *COUNTED,
    *KEYS,
    *MONTHS,
    *OVER_ROWS,
    *COURSES,
    *ON_RECORD,
    # With row security off the server would refuse the body of a function that reads what a policy filters.
    sql_file("70_rules/broken_rules.sql", creates="function ttdb.broken_rules()", filters_rows=True),
    sql(
        "refuse-broken-rows",
        up=REFUSE_BROKEN,
        down="select null;",
        holds="select not exists (select from ttdb.broken_rules())",
        role="ttdb_operator",
        filters_rows=True,
    ),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
