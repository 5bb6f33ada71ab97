"""What an engineer wants next: rows that belong together, and how to act as their tenant."""

from collections.abc import Mapping
from uuid import UUID

from psycopg import sql

from ttdb.postgres.connect import Connection, scalar
from ttdb.seed.columns import Ids
from ttdb.seed.load import identifier
from ttdb.seed.scenario import Scenario
from ttdb.seed.world import Span, World

_SETTING = "app.current_tenant_id"


def examples(connection: Connection, scenario: Scenario, world: World) -> dict[str, str]:
    """Take the first row of the last example table, and the rows of the others that it points at.

    As they stand: of a database that has grown, they may not be what this run would make.
    """
    name = scenario.examples[-1] if scenario.examples else None
    if name is None or not world.size(base := world.base(name)):
        return {}
    window = world.window(Span(base, 0, 1))
    table, plan = window.table(name), world.plans[name].catalog
    made = table.column(plan.id_column or "")
    if not len(made) or not isinstance(made, Ids):
        return {}
    links = {other: plan.links_to(other) for other in scenario.examples if other != name}
    columns = {other: link.columns[-1] for other, link in links.items() if link} | {name: plan.id_column or ""}
    high, low = made.values[0].tolist()
    query = sql.SQL("select {columns} from {table} as t where t.{id} = %s").format(
        columns=sql.SQL(", ").join(sql.SQL("t.{}::text").format(sql.Identifier(each)) for each in columns.values()),
        table=identifier(plan),
        id=sql.Identifier(plan.id_column or ""),
    )
    row = connection.execute(query, (UUID(int=high << 64 | low),)).fetchone() or ()
    found = dict(zip(columns, row, strict=False))
    return {other: found[other] for other in scenario.examples if found.get(other) is not None}


def act_as(connection: Connection, scenario: Scenario, found: Mapping[str, str]) -> tuple[str, ...]:
    """Return SQL lines that act as the examples' tenant."""
    if not found:
        return ()
    signed = _is_signed(connection)
    tenant, table = next(iter(found.values())), scenario.examples[-1]
    role, value = "set local role ttdb_app;", f"'{tenant}'"
    if signed:
        value = f"ttdb.sign_context({value})"
    choose = f"select set_config('{_tenant_setting(connection)}', {value}, true);"
    return (
        "begin;",
        *((choose, role) if signed else (role, choose)),  # services may not sign
        f"table {scenario.schema}.{table} limit 5;",
        "rollback;",
    )


def _tenant_setting(connection: Connection) -> str:
    if scalar(connection, "select pg_catalog.to_regprocedure('ttdb.tenant_setting()') is null"):
        return _SETTING
    return str(scalar(connection, "select ttdb.tenant_setting()"))


def _is_signed(connection: Connection) -> bool:
    if scalar(connection, "select pg_catalog.to_regprocedure('ttdb.context_is_signed()') is null"):
        return False
    return scalar(connection, "select ttdb.context_is_signed()") is True
