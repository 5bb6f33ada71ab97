"""What the service does for a shop. Every session works for one: the policies see to the rest."""

from decimal import Decimal

from psycopg import Connection


def place(connection: Connection, customer: str, amount: Decimal) -> int:
    """Take an order of the session's shop and return its number."""
    row = connection.execute(
        "insert into orders (shop_id, customer, amount)"
        " values (current_setting('app.shop_id')::uuid, %s, %s) returning id",
        (customer, amount),
    ).fetchone()
    if row is None:  # an insert that returns has a row
        raise RuntimeError("the order was not taken")
    return int(row[0])


def pay(connection: Connection, order: int) -> bool:
    """Mark an order as paid, and tell whether the shop has such an order."""
    return connection.execute("update orders set paid = true where id = %s", (order,)).rowcount == 1


def unpaid(connection: Connection) -> list[int]:
    """Return the numbers of the shop's orders that are not paid yet."""
    return [order for (order,) in connection.execute("select id from orders where not paid order by id")]
