"""A raw value in every column that support must not know, looked for in everything that support can read."""

from psycopg import errors as pg
from psycopg import sql
from support.databases import acting_as, connect

from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url

TENANT = "select tenant_id from public.payment_transactions group by 1 order by count(*) desc, 1 limit 1"
# By mask, or by type for columns that are not shown: what the table's own rules let in, and chance does not make.
CANARIES = {
    "email": "canary.{0}@raw.example",
    "phone": "+1999{1:010}",
    "name": "Canary {0} Raw",
    "ip": "198.51.100.{1}",
    "redacted": "canary {0} raw",
    "jsonb": '{{"note": ["canary {0} raw"]}}',
    "text": "canary-{0}-raw",
}
_DIGITS = "payment_transactions.card_last4"  # four of them: too few for a canary that chance does not make
_MUST_NOT_KNOW = """
select c.relname, a.attname, a.attgenerated <> '', coalesce(p.mask, pg_catalog.format_type(a.atttypid, null))
from ttdb.tenant_tables as t
join pg_catalog.pg_class as c on c.oid = t.relation
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join ttdb.personal_columns as p on p.relation = c.oid and p.column_name = a.attname
where c.relnamespace = 'public'::regnamespace and p.mask is distinct from 'plain'
    and pg_catalog.format_type(a.atttypid, null) in ('text', 'inet', 'jsonb')
order by 3, 1, 2
"""
# A rule may tie a column to others, as a reason to a failure: a row that has a value already can have another.
_CANARY = """
update {table} set {column} = %s where (tableoid, ctid) = (
    select r.tableoid, r.ctid from {table} as r
    where r.{owner} = %s order by r.{column} is null, r.tableoid, r.ctid limit 1
)
"""
_READABLE = """
select n.nspname, c.relname, array(
    select a.attname::text from pg_catalog.pg_attribute as a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        and pg_catalog.has_column_privilege('ttdb_support', c.oid, a.attnum, 'select')
    order by a.attnum
)
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and pg_catalog.has_schema_privilege('ttdb_support', n.oid, 'usage')
    and pg_catalog.has_any_column_privilege('ttdb_support', c.oid, 'select')
order by 1, 2
"""


def _plant(connection: Connection) -> tuple[str, dict[str, str]]:
    """Write a canary into each column, in one of a tenant's rows; return the tenant and what stands where."""
    row = connection.execute(sql.SQL(TENANT)).fetchone()
    assert row is not None
    planted = {}
    columns = connection.execute(_MUST_NOT_KNOW).fetchall()
    for number, (table, column, generated, kind) in enumerate(columns, start=1):
        name = f"{table}.{column}"
        if generated:
            planted[name] = _made_of(connection, table, column)
            continue
        value = "4711" if name == _DIGITS else CANARIES[kind].format(f"{table}.{column}".replace("_", "."), number)
        written = connection.execute(
            sql.SQL(_CANARY).format(
                table=sql.Identifier("public", table),
                column=sql.Identifier(column),
                owner=sql.Identifier("id" if table == "tenants" else "tenant_id"),
            ),
            (value, row[0]),
        )
        assert written.rowcount == 1, name
        planted[name] = value
    connection.execute("analyze")  # statistics hold raw values too
    return str(row[0]), planted


def _made_of(connection: Connection, table: str, column: str) -> str:
    """Return what the server has written into a generated column from a canary."""
    query = sql.SQL("select {column} from {table} where {column} like '%canary%' limit 1").format(
        table=sql.Identifier("public", table), column=sql.Identifier(column)
    )
    row = connection.execute(query).fetchone()
    assert row is not None, f"{table}.{column} is made of no canary"
    return str(row[0])


def _lines(connection: Connection, schema: str, name: str, columns: list[str]) -> list[str]:
    query = sql.SQL("select (row({}))::text from {} as r").format(
        sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(column)) for column in columns),
        sql.Identifier(schema, name),
    )
    try:
        with connection.transaction():
            return [line for (line,) in connection.execute(query).fetchall()]
    except pg.InsufficientPrivilege:  # a view of the server's whose function support may not call
        return []


def _spellings(value: str) -> tuple[str, ...]:
    """Return a value as it is and as a careless encoder would hide it."""
    raw = value.strip('{}"').encode()
    return (value.lower().strip("{}"), raw.hex())


def test_support_reads_no_raw_value_of_a_column_it_must_not_know(seeded_url: Url) -> None:
    with connect(seeded_url) as connection:
        tenant, planted = _plant(connection)
        readable = connection.execute(_READABLE).fetchall()
        with acting_as(connection, "ttdb_support", tenant):
            seen = {(schema, name): _lines(connection, schema, name, columns) for schema, name, columns in readable}

    assert len(planted) > 25
    assert {name for schema, name in seen if schema == "masked" and not seen[schema, name]} == set()
    text = "\n".join(line.lower() for lines in seen.values() for line in lines)
    found = {name for name, value in planted.items() if name != _DIGITS and any(s in text for s in _spellings(value))}
    assert found == set()
    masked_payments = seen["masked", "payment_transactions"]
    assert masked_payments
    assert not any("4711" in line.split(",") for line in masked_payments)


def test_canaries_are_seen_by_who_may_know(seeded_url: Url) -> None:
    with connect(seeded_url) as connection:
        tenant, planted = _plant(connection)
        unseen = set()
        with acting_as(connection, "ttdb_operator", tenant):
            for name, value in planted.items():
                table, column = name.split(".")
                query = sql.SQL("select count(*) from {} as r where r.{}::text like %s").format(
                    sql.Identifier("public", table), sql.Identifier(column)
                )
                if connection.execute(query, (f"%{value.strip('{}')}%",)).fetchone() != (1,) and name != _DIGITS:
                    unseen.add(name)

    assert unseen == set()
