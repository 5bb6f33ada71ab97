"""Add rules that hold over several rows, looked at when a transaction commits."""

from ttdb.migrate.steps import (
    obeyed_beforehand,
    once_contracted,
    rule_by_trigger,
    sql,
    sql_file,
    upgrade_and_downgrade,
    written_once,
)

revision = "platform_0012"
down_revision = "platform_0011"
branch_labels = None
depends_on = None

FUNCTIONS = (
    "tg__subtotal_equals_items",
    "tg__discount_equals_discounts",
    "tg__items_within_limit",
    "tg__items_match_order",
    "tg__currency_of_order",
    "tg__tickets_within_items",
    "tg__refunds_within_payments",
)

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

LOOKED_AT_ONCE = sql(
    "refuse-broken-rows",
    up=REFUSE_BROKEN,
    down="select null;",
    holds="select not exists (select from ttdb.broken_rules())",
    role="ttdb_operator",
    filters_rows=True,
)
COUNTED = ("public.ticket_types", "public.tickets")
RULED = (
    "public.orders",
    "public.order_items",
    "public.order_discounts",
    *COUNTED,
    "public.payment_transactions",
)

STEPS = [
    sql_file("70_rules/hold_order.sql", creates="function ttdb.hold_order(uuid)"),
    *(sql_file(f"70_rules/{name}.sql", creates=f"function ttdb.{name}()", role="ttdb_definer") for name in FUNCTIONS),
    *(once_contracted(step) for step in (*KEYS, *OVER_ROWS)),
    # It reads the counts of sales. With row security off the server would refuse the body of a function that reads
    # what a policy filters.
    once_contracted(
        sql_file("70_rules/broken_rules.sql", creates="function ttdb.broken_rules()", filters_rows=True), *COUNTED
    ),
    *obeyed_beforehand(
        once_contracted(LOOKED_AT_ONCE, *RULED),
        "rules-over-several-rows",
        "select pg_catalog.format('%s: %s: %s', b.constraint_name, b.id, b.detail) from ttdb.broken_rules() as b",
    ),
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
