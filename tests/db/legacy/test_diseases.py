"""The rebuilt live platform is ill as its facts say: shown on the database, not read from the catalogue."""

from typing import LiteralString

import psycopg
import pytest
from fixtures import expected
from fixtures.legacy_rows import OWNERS, STRAY, TENANTS, identifier
from psycopg import errors, sql

from ttdb.postgres.connect import Connection, scalar

_KNOWN = expected.written_down(expected.LEGACY)

_TENANT_COLUMNS = """
select 'public.' || c.relname
from pg_catalog.pg_class c
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
"""
_QUERIES: dict[str, LiteralString] = {
    "tenant_tables_without_rls": _TENANT_COLUMNS + " and not c.relrowsecurity",
    "tenant_tables_not_forced": _TENANT_COLUMNS + " and c.relrowsecurity and not c.relforcerowsecurity",
    "nullable_tenant_columns": _TENANT_COLUMNS + " and not a.attnotnull",
    "default_tenants": _TENANT_COLUMNS + " and pg_get_expr(d.adbin, d.adrelid) like '%00000000-0000%'",
    "no_index_leading_with_tenant": _TENANT_COLUMNS
    + " and not exists (select from pg_index x where x.indrelid = c.oid and x.indkey[0] = a.attnum)",
    "unscoped_uniques": """
        select 'public.' || t.relname || '.' || i.relname
        from pg_catalog.pg_index x
        join pg_catalog.pg_class i on i.oid = x.indexrelid
        join pg_catalog.pg_class t on t.oid = x.indrelid
        join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attname = 'tenant_id'
        where x.indisunique and not x.indisprimary and t.relnamespace = 'public'::regnamespace
            and not a.attnum = any(x.indkey::int2[])
    """,
    "tenant_crossing_fks": """
        select 'public.' || t.relname || '.' || n.conname
        from pg_catalog.pg_constraint n
        join pg_catalog.pg_class t on t.oid = n.conrelid
        join pg_catalog.pg_attribute a on a.attrelid = n.conrelid and a.attname = 'tenant_id'
        join pg_catalog.pg_attribute b on b.attrelid = n.confrelid and b.attname = 'tenant_id'
        where n.contype = 'f' and not a.attnum = any(n.conkey)
    """,
    "policies_opened_by_a_setting": """
        select 'public.' || tablename || '.' || policyname from pg_catalog.pg_policies
        where qual like '%app.current_user_role%'
    """,
    "write_blocking_triggers": """
        select 'public.' || g.tgrelid::regclass || '.' || g.tgname from pg_catalog.pg_trigger g
        where g.tgfoid = 'public.audit_trigger_function'::regproc and g.tgrelid <> 'public.tickets'::regclass
    """,
}


@pytest.fixture
def service(legacy: Connection) -> Connection:
    """Return a session that is held by the policies, as the superuser's is not."""
    legacy.execute("set role service_role")
    return legacy


@pytest.mark.parametrize("disease", _QUERIES)
def test_catalog_of_the_database_shows_the_disease(legacy: Connection, disease: str) -> None:
    found = sorted(row[0] for row in legacy.execute(_QUERIES[disease]).fetchall())

    assert found == list(_KNOWN[disease].objects)


def test_services_log_in_as_a_superuser(legacy: Connection) -> None:
    assert scalar(legacy, "select rolsuper from pg_catalog.pg_roles where rolname = session_user") is True


def test_service_role_may_truncate_every_table(legacy: Connection) -> None:
    count = scalar(
        legacy,
        "select count(*) from pg_catalog.pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        " and has_table_privilege('service_role', oid, 'truncate')",
    )

    assert count == _KNOWN["truncate_granted"].count


@pytest.mark.parametrize("table", ["users", "venues", "tickets"])
def test_session_that_says_admin_sees_all_tenants(service: Connection, table: str) -> None:
    query = sql.SQL("select count(distinct tenant_id) from public.{} where tenant_id::text = any(%s)")
    counted = query.format(sql.Identifier(table))
    service.execute("set local app.current_user_role = 'admin'")

    assert scalar(service, counted, (list(TENANTS),)) == 2


@pytest.mark.parametrize("policy", _KNOWN["policies_that_raise_when_unset"].objects)
def test_policy_raises_when_the_setting_was_never_made(service: Connection, policy: str) -> None:
    with pytest.raises(errors.UndefinedObject):
        _read(service, policy)


@pytest.mark.parametrize("policy", _KNOWN["policies_that_raise_when_empty"].objects)
def test_policy_raises_when_the_setting_is_empty(service: Connection, policy: str) -> None:
    service.execute("select set_config('app.current_tenant', '', true), set_config('app.current_user_id', '', true)")
    reach = _update if policy.endswith("_update_own") else _read
    with pytest.raises(errors.InvalidTextRepresentation):
        reach(service, policy)


@pytest.mark.parametrize(
    "write",
    [
        "insert into public.users (email, password_hash) values ('new@example.com', 'x')",
        "update public.users set city = 'Oslo'",
        "delete from public.users where tenant_id is null",
        """
        insert into public.venues (name, slug, email, address_line1, city, state_province, venue_type, max_capacity)
        values ('Hall', 'hall', 'hall@example.com', 'Street 1', 'Oslo', 'Oslo', 'hall', 10)
        """,
        "update public.tickets set user_id = public.uuid_generate_v4()",
    ],
)
def test_audit_trigger_blocks_the_write(legacy: Connection, write: LiteralString) -> None:
    with pytest.raises(errors.UndefinedColumn, match="audit_logs"):
        legacy.execute(write)


@pytest.mark.parametrize(
    "write",
    ["update public.venues set city = 'Oslo'", "update public.tickets set section = 'B'", "delete from public.tickets"],
)
def test_audit_trigger_lets_the_other_writes_pass(legacy: Connection, write: LiteralString) -> None:
    assert legacy.execute(write).rowcount == len((*OWNERS, STRAY))


def test_event_of_one_tenant_may_have_anothers_schedule(legacy: Connection) -> None:
    ours, theirs = identifier("events", OWNERS[0]), identifier("events", OWNERS[-1])

    moved = legacy.execute("update public.event_schedules set event_id = %s where event_id = %s", (theirs, ours))

    assert moved.rowcount == 1


def test_order_number_tells_one_tenant_of_anothers(legacy: Connection) -> None:
    with pytest.raises(errors.UniqueViolation):
        legacy.execute("update public.orders set order_number = 'same'")


def _read(connection: Connection, policy: str) -> psycopg.Cursor[tuple[object, ...]]:
    table = sql.Identifier(*policy.split(".")[:2])
    return connection.execute(sql.SQL("select * from {}").format(table))


def _update(connection: Connection, policy: str) -> psycopg.Cursor[tuple[object, ...]]:
    table = sql.Identifier(*policy.split(".")[:2])
    return connection.execute(sql.SQL("update {} set metadata = '{{}}'").format(table))
