"""What an engineer wants next: rows that belong together, and how to act as their tenant."""

from collections.abc import Mapping
from uuid import UUID

from ttdb.postgres.connect import Connection, scalar
from ttdb.seed.columns import Ids
from ttdb.seed.scenario import Scenario
from ttdb.seed.world import Span, World

_SETTING = "app.current_tenant_id"


def examples(scenario: Scenario, world: World) -> dict[str, str]:
    """Take the first row of the last example table, and the rows of the others that it points at."""
    if not scenario.examples:
        return {}
    name = scenario.examples[-1]
    base = world.base(name)
    window = world.window(Span(base, 0, min(1, world.size(base))))
    last = window.table(name)
    if not len(last):
        return {}
    ids: dict[str, str] = {}
    for name in scenario.examples:
        plan = last.plan.catalog
        link = plan.links_to(name)
        column = plan.id_column if name == plan.name else link and link.columns[-1]
        values = last.column(column) if column else None
        if isinstance(values, Ids):
            high, low = values.values[0].tolist()
            ids[name] = str(UUID(int=high << 64 | low))
    return ids


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
