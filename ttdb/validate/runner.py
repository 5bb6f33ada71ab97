"""Run the catalog checks: one read-only, repeatable-read transaction, nothing on the search path, rolled back."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from ttdb.errors import CheckFileInvalid
from ttdb.model.validation import Finding, Severity, Unproven
from ttdb.postgres.connect import Connection
from ttdb.validate.discover import Discovery
from ttdb.validate.hole import Hole
from ttdb.validate.library import Check
from ttdb.validate.queries import query

_COLUMNS = {"schema", "object", "detail", "role", "cause", "evidence", "severity", "fix"}


# What the separation of tenants rests on, worked out by the server from the facts that are set already.
RELIED: tuple[LiteralString, ...] = tuple(
    f"select pg_catalog.set_config('ttdb.{name}', coalesce({form}, '{empty}'), true) from ({query(name)}) as q"  # noqa: S608 - our own
    for name, form, empty in (
        ("relied_functions", "pg_catalog.json_agg(q)::text", "[]"),
        ("relied_schemas", "pg_catalog.string_agg(q.schema, ',' order by q.schema)", ""),
        ("powerful_roles", "pg_catalog.string_agg(q.role, ',' order by q.role)", ""),
    )
)


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """Hold one read-only view of the database."""
    connection.execute("begin transaction isolation level repeatable read, read only")
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("rollback")


def applicable(connection: Connection, checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return the checks that have something to read in this database."""
    listed = tuple(checks)
    present = _present(connection, {name for check in listed for name in check.unit.requires})
    major = connection.info.server_version // 10000
    return tuple(
        check for check in listed if major >= check.unit.min_version and present.issuperset(check.unit.requires)
    )


def run_checks(connection: Connection, checks: Iterable[Check], found: Discovery) -> Iterator[Finding | Unproven]:
    """Run checks in the transaction that is open; the settings they read are local to it."""
    for name, value in facts(found).items():
        connection.execute("select pg_catalog.set_config(%s, %s, true)", (f"ttdb.{name}", value))
    connection.execute("select pg_catalog.set_config('search_path', '', true)")
    for statement in RELIED:
        connection.execute(statement)
    for check in applicable(connection, checks):
        yield from _run(connection, check)


def facts(found: Discovery) -> dict[str, str]:
    """Return what Python knows and the catalog does not, as the settings that checks read."""
    tables = [
        {"relation": oid, "tenant_column": column}
        for oid, column in found.tenant_columns.items()
        if found.catalog.relations[oid].kind in ("r", "p")
    ]
    return {
        "protected_schemas": ",".join(found.protected_schemas),
        "tenant_tables": json.dumps(tables),
        "tenant_children": json.dumps([{"relation": oid} for oid in found.paths]),
        "declared_keys": json.dumps([{"relation": oid} for oid in found.registry.declared_keys]),
        "tenant_setting": found.tenant_settings[0] if found.tenant_settings else "",
        "tenant_settings": ",".join(found.tenant_settings),
        "app_roles": ",".join(found.roles.app),
        "masked_roles": ",".join(found.roles.masked),
        "attackers": ",".join(found.attackers),
        "cross_tenant_roles": ",".join(found.roles.cross_tenant),
    }


def _present(connection: Connection, names: set[str]) -> set[str]:
    rows = connection.execute(
        "select n from unnest(%s::text[]) as n where case when strpos(n, '(') > 0"
        " then pg_catalog.to_regprocedure(n) is not null else pg_catalog.to_regclass(n) is not null end",
        (sorted(names),),
    )
    return {row[0] for row in rows}


def _run(connection: Connection, check: Check) -> Iterator[Finding | Unproven]:
    connection.execute("savepoint one_check")
    try:
        with connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(check.query.encode()).fetchall()
    except psycopg.Error as error:
        if connection.broken:
            raise
        connection.execute("rollback to one_check")
        yield Unproven(f"check {check.unit.code}", f"it failed: {error.diag.message_primary or error.sqlstate}")
        return
    connection.execute("release one_check")
    for row in rows:
        yield _hole(check, row).finding(check.unit)


def _hole(check: Check, row: Mapping[str, Any]) -> Hole:
    unknown = sorted(set(row) - _COLUMNS)
    if unknown or not {"schema", "object", "detail"} <= set(row):
        raise CheckFileInvalid(
            f"check {check.unit.code} returns {', '.join(row)}",
            "A check returns schema, object and detail, and may return role, cause, evidence, fix and severity.",
        )
    schema, rest = row["schema"], {name: row[name] for name in _COLUMNS - {"schema", "object"} if row.get(name)}
    if "severity" in rest:
        rest["severity"] = Severity(rest["severity"])
    return Hole(object=f"{schema}.{row['object']}" if schema else str(row["object"]), **rest)
