"""What functions name without a schema is found as the application's sessions find it."""

import pytest
from psycopg import sql
from support.databases import connect

from ttdb.model.validation import ValidationReport
from ttdb.postgres.url import Url
from ttdb.validate import Hints, Request, validate

_HINTS = Hints(app_roles=("example_app",))
_TRIGGER = """
create table app.order_notes (org_id uuid not null references app.orgs, note text);
alter table app.order_notes enable row level security, force row level security;
create policy own on app.order_notes to example_app using (org_id = app.org()) with check (org_id = app.org());
grant select, insert on app.order_notes to example_app;
create function app.tg__note() returns trigger language plpgsql as $$
begin
    insert into order_notes values (new.org_id, 'changed');
    return null;
end
$$;
create trigger note after insert or update on app.orders for each row execute function app.tg__note();
"""
_FUNCTION = """
create function app.orders_of(p_org uuid) returns setof app.orders language sql stable security definer
as 'select * from app.orders where id in (select o.id from orders as o where o.org_id = p_org)';
grant execute on function app.orders_of(uuid) to example_app;
"""
_OF_DATABASE = "alter database {} set search_path = app, public"
_OF_ROLE = "alter role example_app in database {} set search_path = app, public"


def _report(url: Url, *statements: str) -> ValidationReport:
    with connect(url) as connection:
        connection.execute("set check_function_bodies = off")
        for statement in statements:
            connection.execute(sql.SQL(statement).format(sql.Identifier(connection.info.dbname)))
    return validate(url, Request(_HINTS, families=("ISO", "FNC", "AUD"), disposable=True))


def _said(report: ValidationReport) -> set[tuple[str, str]]:
    return {(each.code, each.object) for each in report.findings if each.code.startswith(("ISO0", "FNC004", "AUD004"))}


@pytest.mark.parametrize("path", [_OF_DATABASE, _OF_ROLE])
def test_trigger_that_finds_a_table_by_the_path_is_sound(example_url: Url, path: str) -> None:
    report = _report(example_url, path, _TRIGGER)

    assert _said(report) <= {("ISO000", "database")}
    assert not report.unproven


def test_trigger_that_finds_no_table_refuses_writes(example_url: Url) -> None:
    assert ("AUD004", "app.orders") in _said(_report(example_url, _TRIGGER))


def test_function_that_finds_others_rows_by_the_path_crosses(example_url: Url) -> None:
    assert ("FNC004", "app.orders_of(p_org uuid)") in _said(_report(example_url, _OF_ROLE, _FUNCTION))


@pytest.mark.parametrize("role", ["example_app", "example_worker"])
def test_one_who_sees_everything_looks_into_no_schema_where_a_trap_may_be(example_url: Url, role: str) -> None:
    trap = f"grant create on schema app to {role}"
    report = _report(example_url, _OF_ROLE, _TRIGGER, trap)

    assert ("AUD004", "app.orders") not in _said(report)
    assert any(each.object == "app.orders" and "without a schema" in each.why for each in report.unproven)
