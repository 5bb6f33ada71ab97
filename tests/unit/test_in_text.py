"""A statement names a table's old column, or another table's of that name."""

import pytest

from ttdb.migrate.in_text import Named

PAYMENTS = Named("payments", {"event_id": False, "type": True}, {"event_id": ["orders", "tickets"], "type": ["orders"]})


@pytest.mark.parametrize(
    "text",
    [
        "select event_id from payments",
        'insert into public.payments (id, "event_id") values ($1, $2)',
        "select p.event_id from payments p join orders o on o.id = p.order_id",
        "select payments.event_id from payments join orders o on o.id = payments.order_id",
        'select P."event_id" from Payments as "p", orders as o where o.event_id = 1',
        "select x.event_id from payments * x join orders o on true",
        "select o.id from orders o where o.event_id = 1 and exists (select from payments where event_id = 1)",
        "select o.event_id from orders o union all select o.event_id from payments o",
        "select p.type from payments p",
        'update payments set "type" = 1',
    ],
)
def test_column_of_its_own_or_of_nobody_known_is_named(text: str) -> None:
    assert PAYMENTS.by(text)


@pytest.mark.parametrize(
    "text",
    [
        "select p.id from payments p join orders o on o.id = p.order_id where o.event_id = $1",
        "select p.id from payments p join public.orders as o on o.id = p.order_id where O . event_id = $1",
        'select id from payments where order_id in (select id from orders where orders."event_id" = $1)',
        "select t.event_id, o.event_id from payments p, orders o, tickets t",
        "select event_ids, my_event_id from payments",
        "select type from payments",
        "select o.type from payments p, orders o",
    ],
)
def test_column_of_another_table_is_none_of_its_own(text: str) -> None:
    assert not PAYMENTS.by(text)
