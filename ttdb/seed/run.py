"""Seed a database: read the scenario, fit it to the tables, write it in one transaction."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from ttdb.errors import UsageError
from ttdb.model import SeedReport
from ttdb.postgres.connect import Connection, scalar, translated
from ttdb.seed import catalog as catalogs
from ttdb.seed import own
from ttdb.seed import scenario as scenarios
from ttdb.seed.draw import Source
from ttdb.seed.load import write
from ttdb.seed.months import ensure_months
from ttdb.seed.plan import fit
from ttdb.seed.scenario import Scenario
from ttdb.seed.session import analyze, as_operator, settled
from ttdb.seed.world import World

_MOST = 10_000_000  # of one volume: all rows of a table are made in memory
_SETTING = "app.current_tenant_id"


@dataclass(frozen=True, slots=True)
class _Options:
    reset: bool
    append: bool
    database_name: str | None
    on_table: Callable[[str, int], None]


def seed(  # noqa: PLR0913 - each is a flag of the command
    connection: Connection,
    scenario: str = "minimal",
    *,
    tenants: int | None = None,
    orders: int | None = None,
    seed: int | None = None,
    reset: bool = False,
    append: bool = False,
    database_name: str | None = None,
    on_table: Callable[[str, int], None] = lambda _table, _rows: None,
) -> SeedReport:
    """Write a scenario's rows, all or none.

    Args:
        connection: a session, best in autocommit; its login is a member of ttdb_operator or past row-level security.
        scenario: a file of ``seeds/`` by its name.
        tenants: how many, instead of the scenario's number.
        orders: how many, instead of the scenario's number.
        seed: which of the endless worlds of this scenario; the scenario names a default.
        reset: first delete what earlier seeds made.
        append: add what is missing for these volumes, beside whatever is there.
        database_name: the database's name, told so that a reset may touch one that looks like a live one.
        on_table: called with each table's name and its number of rows before they are written.

    Raises:
        ScenarioInvalid: the scenario is unknown, wrong, or does not fit the database.
        UsageError: the database holds rows and neither reset nor append was given, or reset is not safe.
        PrivilegeMissing: the login may not write all tenants.

    """
    started = time.monotonic()
    if reset and append:
        raise UsageError("--reset and --append contradict each other", "Pass one of them.")
    found = scenarios.load(scenario)
    number = found.seed if seed is None else seed
    volumes = _volumes(found, {"tenants": tenants, "orders": orders})
    options = _Options(reset, append, database_name, on_table)
    with translated(f'seeding database "{connection.info.dbname}"'):
        world, rows, removed = _written(connection, found, Source(found.name, number), volumes, options)
        skipped = analyze(connection, [plan.catalog for plan in world.plans.values()])
        setting, signed = _tenant_setting(connection), _is_signed(connection)
    examples = _examples(found, world)
    return SeedReport(
        scenario=scenario,
        seed=number,
        rows=rows,
        removed=removed,
        seconds=time.monotonic() - started,
        examples=examples,
        act_as=_act_as(found, examples, setting, signed=signed),
        not_analyzed=skipped,
    )


def _written(
    connection: Connection, found: Scenario, source: Source, volumes: Mapping[str, int], options: _Options
) -> tuple[World, dict[str, int], dict[str, int]]:
    catalog = catalogs.read(connection, found.schema)
    plans = fit(found, catalog, connection.info.dbname)
    world = World(plans, source, volumes, found.pools, found.anchor)
    removed: dict[str, int] = {}
    tables = [plan.catalog for plan in plans.values()]
    with connection.transaction(), settled(connection), as_operator(connection, tables):
        standing = own.standing(connection, plans)
        if options.reset:
            own.refuse_unless_development(connection, standing, options.database_name)
        elif not options.append:
            own.refuse_occupied(standing, connection.info.dbname)
        ensure_months(connection, world)  # before the first row: what has rows of this transaction takes no partition
        if options.reset:
            removed = own.remove(connection, plans, catalog)
        rows = {}
        for name in plans:
            table = world.table(name)
            options.on_table(name, len(table))
            rows[name] = write(connection, table, only_missing=options.append)
    return world, rows, removed


def _volumes(found: Scenario, asked: Mapping[str, int | None]) -> dict[str, int]:
    volumes = dict(found.volumes)
    for name, number in asked.items():
        if number is None:
            continue
        if name not in volumes:
            message = f'scenario "{found.name}" has no volume "{name}"'
            raise UsageError(message, f"Its volumes are {', '.join(volumes)}.")
        if number < 0:
            message = f"--{name} must be 0 or more"
            raise UsageError(message)
        if number > _MOST:
            message = f"--{name} {number} is more than a seed can make"
            raise UsageError(message, f"Ask for at most {_MOST}.")
        volumes[name] = number
    if asked.get("tenants") == 0 and any(volumes.values()):
        wanted = [f"--{name} 0" for name, number in volumes.items() if number]
        raise UsageError("without tenants there can be no rows", f"Pass {' '.join(wanted)} as well, or tenants.")
    return volumes


def _examples(found: Scenario, world: World) -> dict[str, str]:
    """Take the first row of the last example table, and the rows of the others that it points at."""
    if not found.examples or not len(world.table(found.examples[-1])):
        return {}
    last = world.table(found.examples[-1])
    ids: dict[str, str] = {}
    for name in found.examples:
        plan = last.plan.catalog
        link = plan.links_to(name)
        column = plan.id_column if name == plan.name else link and link.columns[-1]
        value = last.column(column)[0] if column else None
        if isinstance(value, UUID):
            ids[name] = str(value)
    return ids


def _act_as(found: Scenario, examples: Mapping[str, str], setting: str, *, signed: bool) -> tuple[str, ...]:
    if not examples:
        return ()
    tenant, table = next(iter(examples.values())), found.examples[-1]
    role, value = "set local role ttdb_app;", f"'{tenant}'"
    if signed:
        value = f"ttdb.sign_context({value})"
    choose = f"select set_config('{setting}', {value}, true);"
    return (
        "begin;",
        *((choose, role) if signed else (role, choose)),  # services may not sign
        f"table {found.schema}.{table} limit 5;",
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
