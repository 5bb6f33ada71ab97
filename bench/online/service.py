"""A service's session and its statements, as the platform's services write them."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

from ttdb.postgres.url import Url

APPLICATION = "bench service"
Row = dict[str, str | None]  # values as the server writes them
_CACHED_PLAN = ("0A000", "cached plan must not change result type")
_BROKEN = "connection lost"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a service sends; with a name, it is prepared under that once for each connection, and kept."""

    text: str
    name: str = ""


ORDER_BY_ID = Statement("select * from orders where id = $1", "order_by_id")
ORDER_FOR_UPDATE = Statement("select * from orders where id = $1 for update", "order_for_update")
ORDERS_OF_USER = Statement(
    "select * from orders where tenant_id = $1 and user_id = $2 order by created_at desc limit 20", "orders_of_user"
)
ITEMS_OF_ORDER = Statement("select * from order_items where order_id = $1", "items_of_order")
PAYMENT_BY_INTENT = Statement(
    "select * from payment_transactions where stripe_payment_intent_id = $1", "payment_by_intent"
)
ENTRIES_OF_ORDER = Statement(
    "select * from audit_logs where resource_type = 'order' and resource_id = $1 order by created_at desc limit 20",
    "entries_of_order",
)
EVENT_BY_ID = Statement("select * from events where id = $1 and deleted_at is null", "event_by_id")
TICKET_TYPES = Statement("select * from ticket_types where event_id = $1", "ticket_types")
USER_BY_ID = Statement("select * from users where id = $1 and deleted_at is null", "user_by_id")
PREPARED = (
    *(ORDER_BY_ID, ORDER_FOR_UPDATE, ORDERS_OF_USER, ITEMS_OF_ORDER, PAYMENT_BY_INTENT),
    *(ENTRIES_OF_ORDER, EVENT_BY_ID, TICKET_TYPES, USER_BY_ID),
)
INSERT_ORDER = Statement(
    "insert into orders (tenant_id, user_id, event_id, order_number, status, subtotal_cents, platform_fee_cents,"
    " processing_fee_cents, tax_cents, discount_cents, total_cents, ticket_quantity, currency, idempotency_key,"
    " expires_at, metadata) values ($1, $2, $3, $4, 'PENDING', $5, 100, 30, $6, 0, $7, $8, 'USD', $9,"
    " now() + interval '15 minutes', '{}') returning *"
)
INSERT_ORDER_OF_NO_TENANT = Statement(
    "insert into orders (user_id, event_id, order_number, subtotal_cents, tax_cents, total_cents, ticket_quantity)"
    " values ($1, $2, $3, $4, $5, $6, $7) returning *"
)
INSERT_ITEM = Statement(
    "insert into order_items (order_id, ticket_type_id, quantity, unit_price_cents, total_price_cents)"
    " values ($1, $2, $3, $4, $5) returning *"
)
INSERT_PAYMENT = Statement(
    "insert into payment_transactions (venue_id, user_id, event_id, amount, currency, status, platform_fee,"
    " venue_payout, stripe_payment_intent_id, idempotency_key, tenant_id, metadata)"
    " values ($1, $2, $3, $4, 'USD', 'pending', $5, $6, $7, $8, $9, '{}') returning *"
)
INSERT_ENTRY = Statement(
    "insert into audit_logs (user_id, action, resource_type, resource_id, ip_address, user_agent, metadata)"
    " values ($1, $2, 'order', $3, '192.0.2.7', 'service', '{}') returning id"
)
PAY_ORDER = Statement(
    "update orders set status = 'PAID', payment_intent_id = $2, updated_at = now() where id = $1 returning *"
)
CHANGE_ORDER = Statement("update orders set status = $2, updated_at = now() where id = $1 returning *")
CHANGE_PAYMENT = Statement("update payment_transactions set status = $2 where id = $1 returning *")


class Refused(Exception):
    """A statement that the server refused, or that was lost with its connection."""

    def __init__(self, statement: Statement, sqlstate: str, message: str) -> None:
        super().__init__(message)
        self.statement, self.sqlstate, self.message = statement, sqlstate, message

    @property
    def cached_plan(self) -> bool:
        """Tell whether it is what a prepared ``select *`` meets once its table has another column."""
        return (self.sqlstate, self.message) == _CACHED_PLAN


class Session:
    """One of the pool's connections; what it prepared is there until it is refused."""

    def __init__(self, url: Url, label: str) -> None:
        self.label = label
        self.refused_plans: Counter[tuple[str, str]] = Counter()  # by statement and connection
        self._url = url
        self._names: dict[str, str] = {}
        self._connections = 0
        self._connection: psycopg.Connection[Any] | None = None
        self.open()

    def open(self) -> None:
        """Connect, and prepare what a service prepares when it starts."""
        conninfo = self._url.with_parts(application_name=APPLICATION).conninfo
        self._connection = psycopg.connect(conninfo, autocommit=True)
        self._connections += 1
        self._names = {}
        for statement in PREPARED:
            self._prepare(statement)

    def close(self) -> None:
        """Leave."""
        if self._connection is not None:
            self._connection.close()

    def run(self, statement: Statement, *values: object) -> list[Row]:
        """Return the rows of a statement, as text.

        Raises:
            Refused: by the server, or the connection is lost.

        """
        given = [None if value is None else str(value).encode() for value in values]
        if statement.name:
            # The stub leaves out that a value may be null.
            result = self._pgconn.exec_prepared(self._names[statement.name].encode(), given)  # type: ignore[arg-type]  # as said above
        else:
            result = self._pgconn.exec_params(statement.text.encode(), given)
        return _rows(self._checked(statement, result))

    def one(self, statement: Statement, *values: object) -> Row:
        """Return the one row of a statement.

        Raises:
            Refused: as run(), or there is no such row.

        """
        rows = self.run(statement, *values)
        if not rows:
            raise Refused(statement, "", "no row, where one was acknowledged")
        return rows[0]

    def begin(self) -> None:
        """Begin a transaction."""
        self.run(Statement("begin"))

    def commit(self) -> None:
        """Commit it: once this returns, its writes are acknowledged."""
        self.run(Statement("commit"))

    def recover(self, refused: Refused) -> bool:
        """Come back from a refusal, and tell whether a service would send all of it again.

        As drivers do: what is in a transaction is rolled back, a lost connection opened anew, and a prepared statement
        whose table has got another shape is prepared again.
        """
        if self._pgconn.status != ConnStatus.OK:
            self.close()
            self.open()
            return False
        if self._pgconn.transaction_status != TransactionStatus.IDLE:
            self.run(Statement("rollback"))
        if refused.cached_plan:
            self.refused_plans[refused.statement.name, f"{self.label}.{self._connections}"] += 1
            self._prepare(refused.statement)
        return refused.cached_plan

    @property
    def _pgconn(self) -> PGconn:
        assert self._connection is not None  # noqa: S101 - opened when made
        return self._connection.pgconn

    def _prepare(self, statement: Statement) -> None:
        name = f"{statement.name}_{sum(self.refused_plans.values())}"
        self._checked(statement, self._pgconn.prepare(name.encode(), statement.text.encode()))
        self._names[statement.name] = name

    def _checked(self, statement: Statement, result: PGresult) -> PGresult:
        if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            return result
        if self._pgconn.status != ConnStatus.OK:
            raise Refused(statement, "", _BROKEN)
        state = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()
        raise Refused(statement, state, (result.error_field(DiagnosticField.MESSAGE_PRIMARY) or b"").decode())


def _rows(result: PGresult) -> list[Row]:
    names = [(result.fname(column) or b"").decode() for column in range(result.nfields)]
    return [
        {name: _text(result.get_value(row, column)) for column, name in enumerate(names)}
        for row in range(result.ntuples)
    ]


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
