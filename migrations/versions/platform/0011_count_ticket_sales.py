"""Count each ticket type's sales, so that no more are sold than there are."""

from dataclasses import replace

import sqlalchemy as sa

from ttdb.migrate.columns import metadata, required, rule, standing
from ttdb.migrate.steps import once_contracted, protected, rule_by_trigger, sql, sql_file, table, upgrade_and_downgrade

revision = "platform_0011"
down_revision = "platform_0010"
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

COUNTED = ("public.ticket_types", "public.tickets")
FUNCTIONS = (
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

STEPS = [
    # Not audited: a count of what is. Its row appears, and goes, with its ticket type: nothing is lost with it.
    replace(table(ticket_sales), loses=None),
    protected("public.ticket_sales", app="select", definer="select, insert, update"),
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
    sql_file("70_rules/settle_load.sql", creates="function ttdb.settle_load()", role="ttdb_definer", filters_rows=True),
]

# What services count by words of their own is not counted at all until they use ours.
STEPS = [once_contracted(step, *COUNTED) for step in STEPS]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
