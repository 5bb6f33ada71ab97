"""The diseased schema has each disease of the live platform, and says so without its catalogue."""

from typing import LiteralString

import pytest
from fixtures import expected
from psycopg import errors, sql

from ttdb.postgres.connect import Connection, scalar

_KNOWN = expected.written_down(expected.DISEASED)
_TENANT_COLUMNS = """
select 'desk.' || c.relname
from pg_catalog.pg_class c
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relkind = 'r' and c.relnamespace = 'desk'::regnamespace
"""
_QUERIES: dict[str, LiteralString] = {
    "tenant_tables_without_rls": _TENANT_COLUMNS + " and not c.relrowsecurity",
    "tenant_tables_not_forced": _TENANT_COLUMNS + " and c.relrowsecurity and not c.relforcerowsecurity",
    "nullable_tenant_columns": _TENANT_COLUMNS + " and not a.attnotnull",
    "default_tenants": _TENANT_COLUMNS + " and d.adbin is not null",
    "unscoped_uniques": """
        select 'desk.' || t.relname || '.' || n.conname
        from pg_catalog.pg_constraint n
        join pg_catalog.pg_class t on t.oid = n.conrelid
        join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attname = 'tenant_id'
        where n.contype = 'u' and t.relnamespace = 'desk'::regnamespace and not a.attnum = any(n.conkey)
    """,
    "tenant_crossing_fks": """
        select 'desk.' || t.relname || '.' || n.conname
        from pg_catalog.pg_constraint n
        join pg_catalog.pg_class t on t.oid = n.conrelid
        join pg_catalog.pg_attribute a on a.attrelid = n.conrelid and a.attname = 'tenant_id'
        join pg_catalog.pg_attribute b on b.attrelid = n.confrelid and b.attname = 'tenant_id'
        where n.contype = 'f' and not a.attnum = any(n.conkey)
    """,
    "truncate_granted": """
        select 'desk.' || relname from pg_catalog.pg_class
        where relkind = 'r' and relnamespace = 'desk'::regnamespace
            and has_table_privilege('desk_service', oid, 'truncate')
    """,
    "definers_without_search_path": """
        select 'desk.' || proname from pg_catalog.pg_proc
        where pronamespace = 'desk'::regnamespace and prosecdef and proconfig is null
    """,
}


@pytest.fixture
def service(diseased: Connection) -> Connection:
    diseased.execute("set role desk_service")
    return diseased


@pytest.mark.parametrize("disease", _QUERIES)
def test_catalog_shows_the_disease(diseased: Connection, disease: str) -> None:
    found = sorted(row[0] for row in diseased.execute(_QUERIES[disease]).fetchall())

    assert found == list(_KNOWN[disease].objects)


@pytest.mark.parametrize("relation", _KNOWN["owner_rights_views"].objects)
def test_view_shows_both_tenants_without_any_context(service: Connection, relation: str) -> None:
    query = sql.SQL("select count(distinct tenant_id) from {}").format(sql.Identifier(*relation.split(".")))

    assert scalar(service, query) == 2


@pytest.mark.parametrize(
    ("setting", "value", "table"),
    [("app.current_user_role", "admin", "members"), ("app.is_system_user", "true", "payments")],
)
def test_policy_is_opened_by_a_setting(service: Connection, setting: str, value: str, table: str) -> None:
    query = sql.SQL("select count(distinct tenant_id) from desk.{}").format(sql.Identifier(table))
    before = scalar(service, query)
    service.execute("select set_config(%s, %s, true)", (setting, value))

    assert (before, scalar(service, query)) == (0, 2)


def test_policy_raises_without_context(service: Connection) -> None:
    with pytest.raises(errors.UndefinedObject):
        service.execute("select * from desk.invoices")


@pytest.mark.parametrize("policy", _KNOWN["policies_that_raise_when_empty"].objects)
def test_policy_raises_when_the_setting_is_empty(service: Connection, policy: str) -> None:
    service.execute("select set_config('app.current_tenant', '', true), set_config('app.current_user_id', '', true)")
    with pytest.raises(errors.InvalidTextRepresentation):
        service.execute(sql.SQL("select * from {}").format(sql.Identifier(*policy.split(".")[:2])))


@pytest.mark.parametrize(
    "write", ["update desk.members set phone = null", "delete from desk.members where tenant_id is null"]
)
def test_audit_trigger_blocks_the_write(diseased: Connection, write: LiteralString) -> None:
    with pytest.raises(errors.UndefinedColumn, match="activity_log"):
        diseased.execute(write)


def test_any_caller_finds_any_tenants_member(service: Connection) -> None:
    assert scalar(service, "select count(*) from desk.member_by_email('person1@south.example')") == 1
