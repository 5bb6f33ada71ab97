"""Every column of the platform's tables is masked, plain, or hidden for a reason; every table is audited."""

from support.databases import connect

from ttdb.postgres.url import Url
from ttdb.seed.scenario import load

TABLES = tuple(sorted(load("minimal").tables))

# What support does not see at all, and why. A column that is neither here nor in the registry fails the test below.
HIDDEN = {
    "tenants.settings": "free-form: a tenant may keep anything in it",
    "users.password_hash": "a secret",
    "users.search_name": "written from the name by the server, in lower case: a mask of the name would not hide it",
    "orders.payment_intent_id": "who has it can ask the provider about the payment",
    "orders.idempotency_key": "the client's own, of no use to support",
    "orders.metadata": "free-form: a service may write anything into it",
    "order_items.metadata": "free-form: a service may write anything into it",
    "tickets.code": "a secret: it opens the gate",
    "payment_transactions.payment_intent_id": "who has it can ask the provider about the payment",
    "payment_transactions.idempotency_key": "the client's own, of no use to support",
    "payment_transactions.metadata": "free-form: a service may write anything into it",
    "audit_logs.metadata": "free-form: a service may write anything into it",
    "notification_history.metadata": "free-form: a service may write anything into it",
    "event_logs.payload": "free-form: a service may write anything into it",
}
NOT_AUDITED = {"event_logs": "identifiers and figures, nothing of money, persons or authority"}
# What the trail keeps no value of.
SECRETS = {"users": ["password_hash"], "tickets": ["code"]}

_COLUMNS = """
select c.relname, a.attname, p.mask, pg_catalog.col_description(c.oid, a.attnum)
from pg_catalog.pg_class as c
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join ttdb.personal_columns as p on p.relation = c.oid and p.column_name = a.attname
where c.relnamespace = 'public'::regnamespace and c.relname = any(%s)
"""


def _decisions(url: Url) -> dict[str, tuple[str | None, str]]:
    """Return the mask of each column, if any, and its comment."""
    with connect(url) as connection:
        rows = connection.execute(_COLUMNS, (list(TABLES),)).fetchall()
    return {f"{table}.{column}": (mask, comment or "") for table, column, mask, comment in rows}


def test_every_column_is_masked_or_plain_or_hidden_for_a_reason(engine_url: Url) -> None:
    decided = _decisions(engine_url)

    assert len(TABLES) == 13
    assert {name for name, (mask, _) in decided.items() if mask is None} == HIDDEN.keys()


def test_no_column_that_its_comment_calls_personal_or_free_form_is_plain(engine_url: Url) -> None:
    telling = ("personal", "secret", "may name people", "own notes", "own choices")
    plain = {
        name
        for name, (mask, comment) in _decisions(engine_url).items()
        if mask == "plain" and any(word in comment for word in telling)
    }

    assert plain == set()


def test_no_column_that_can_hold_documents_is_shown(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        shown = connection.execute(
            "select p.relation::text, p.column_name from ttdb.personal_columns as p join pg_catalog.pg_attribute as a"
            " on a.attrelid = p.relation and a.attname = p.column_name where a.atttypid in ('json'::regtype,"
            " 'jsonb'::regtype, 'bytea'::regtype, 'xml'::regtype)"
        ).fetchall()

    assert shown == []


def test_every_table_is_audited_or_not_for_a_reason(engine_url: Url) -> None:
    with connect(engine_url) as connection:
        rows = connection.execute(
            "select c.relname, a.excluded::text[] from pg_catalog.pg_class as c"
            " left join ttdb.audited_tables as a on a.relation = c.oid and audit.is_enabled(c.oid)"
            " where c.relnamespace = 'public'::regnamespace and c.relname = any(%s)",
            (list(TABLES),),
        ).fetchall()
    excluded: dict[str, list[str] | None] = dict(rows)

    assert {table for table in TABLES if excluded[table] is None} == NOT_AUDITED.keys()
    assert {table: columns for table, columns in excluded.items() if columns} == SECRETS
