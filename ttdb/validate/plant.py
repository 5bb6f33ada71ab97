"""Rows to attack, where the database lacks them: planned in a transaction that rolls back, and planted for the run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import psycopg
from psycopg import sql

from ttdb.model.validation import Finding
from ttdb.postgres.connect import Connection, scalar
from ttdb.shape import CannotMake, ForeignKey, Made, Maker, Ownership, read_schema
from ttdb.validate.catalog import TABLES, Relation
from ttdb.validate.discover import Discovery
from ttdb.validate.discover.found import Hop
from ttdb.validate.ground import Ground
from ttdb.validate.search_paths import SearchPaths

_BEGIN = "begin;\n"
_TWO = 2  # an attacker and a victim
_WRITTEN = sql.SQL(
    "select s.relid::bigint from pg_catalog.pg_stat_xact_user_tables as s where s.n_tup_ins + s.n_tup_upd > 0"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows that give every table two tenants, in an order in which they can be inserted; and what refused."""

    rows: tuple[Made, ...] = ()
    tenants: tuple[str, ...] = ()
    refused: dict[int, str] = field(default_factory=dict)


def lacking(found: Discovery, ground: Ground) -> list[int]:
    """Return the tables that hold rows of fewer than two tenants; of partitions, where the whole does."""
    poor = {oid for oid, each in ground.holdings.items() if not each.error and len(each.tenants) < _TWO}
    return [oid for oid in poor if found.catalog.relations[oid].root not in set(ground.holdings) - poor]


def plan(connection: Connection, found: Discovery, ground: Ground, paths: SearchPaths) -> Plan:
    """Make the rows that lack, in a transaction that rolls back."""
    poor = lacking(found, ground)
    if not poor:
        return Plan()
    existing = {oid: {tenant: rows[0] for tenant, rows in each.rows.items()} for oid, each in ground.holdings.items()}
    refused: dict[int, str] = {}
    with connection.transaction(force_rollback=True):
        maker = Maker(connection, read_schema(connection), ownership(found), existing)
        connection.execute(paths.enter_to_write)
        tenants = list(ground.tenants[:_TWO])
        try:
            with_column = next(oid for oid in poor + list(ground.holdings) if oid in found.tenant_columns)
            tenants += [maker.new_tenant(with_column) for _ in range(_TWO - len(tenants))]
        except (CannotMake, StopIteration) as error:
            return Plan(refused=dict.fromkeys(poor, f"no tenant could be made: {error}"))
        for oid in poor:
            standing = ground.holdings[oid].tenants
            for tenant in [each for each in tenants if each not in standing][: _TWO - len(standing)]:
                try:
                    maker.attempt(oid, tenant)
                except CannotMake as error:
                    refused[oid] = str(error)
    return Plan(tuple(maker.made), tuple(tenants), refused)


def with_rows(finding: Finding, planned: Plan, found: Discovery) -> Finding:
    """Put the rows that a finding stands on, which are gone after the run, into the SQL that shows it."""
    if not planned.rows or not finding.evidence.startswith(_BEGIN):
        return finding
    named = {
        oid for oid, each in found.catalog.relations.items() if each.identifier.as_string(None) in finding.evidence
    }
    named |= {base for oid in named for base in found.catalog.bases.get(oid, ())}
    chosen = list(planned.rows) if finding.code.startswith("FNC") else _with_needs(planned, named)
    if not chosen:
        return finding
    lines = [
        _BEGIN.strip(),
        "set constraints all deferred;",
        *(f"{each.statement.as_string(None)};" for each in chosen),
    ]
    return replace(finding, evidence="\n".join([*lines, finding.evidence.removeprefix(_BEGIN)]))


def _with_needs(planned: Plan, named: set[int]) -> list[Made]:
    """Return the rows of the named tables, and those that they refer to, in the order of their making."""
    chosen: list[Made] = []
    wanted = {(oid, each.tenant) for each in planned.rows for oid in _oids(each) if oid in named}
    for each in reversed(planned.rows):
        if any((oid, each.tenant) in wanted for oid in _oids(each)):
            chosen.append(each)
            wanted.update(each.needs)
    return chosen[::-1]


def _oids(each: Made) -> list[int]:
    return [oid for oid in (each.table.oid, each.table.root) if oid is not None]


def ownership(found: Discovery) -> Ownership:
    """Say whose rows are whose, as discovery has it."""
    tables = {oid: name for oid, name in found.tenant_columns.items() if found.catalog.relations[oid].kind in TABLES}
    children = {oid: hops for oid, hops in found.paths.items() if not found.shared(oid)}
    links = {oid: (_link(hops[0]),) for oid, hops in children.items() if not hops[0].declared}
    return Ownership(tables, frozenset({*tables, *children}), links, tenants_table(found))


def _link(hop: Hop) -> ForeignKey:
    return ForeignKey(f"column {hop.columns[0]}", hop.parent, hop.columns, hop.parent_columns, deferrable=False)


def tenants_table(found: Discovery) -> int | None:
    """Return the table whose single key is the tenant: one that tenant columns refer to, else one of another name."""
    keyed = [oid for oid in found.tenant_columns if _is_key(found.catalog.relations[oid], found.tenant_columns[oid])]
    referred = {
        key.parent
        for key in found.catalog.foreign_keys
        if found.tenant_columns.get(key.child) is not None and key.child_columns == (found.tenant_columns[key.child],)
    }
    named = [oid for oid in keyed if oid in referred] or [
        oid for oid in keyed if found.tenant_columns[oid] != found.tenant_column
    ]
    return named[0] if named else None


def _is_key(relation: Relation, column: str) -> bool:
    return relation.kind in TABLES and relation.key == (column,)


@contextmanager
def planted(connection: Connection, planned: Plan, paths: SearchPaths) -> Iterator[str]:
    """Commit the planned rows for as long as the block lasts, and remove them again.

    Yields what went wrong in planting them, or nothing; then none was planted.
    """
    written: list[int] = []
    xid, refusal = "", ""
    if planned.rows:
        try:
            with connection.transaction():
                connection.execute("set constraints all deferred")
                connection.execute(paths.enter_to_write)
                for each in planned.rows:
                    connection.execute(each.statement)
                xid = str(scalar(connection, "select pg_catalog.pg_current_xact_id()::xid::text"))
                written = [row[0] for row in connection.execute(_WRITTEN)]
        except psycopg.Error as error:
            refusal = error.diag.message_primary or str(error)
    try:
        yield refusal
    finally:
        if written and not connection.broken:
            _remove(connection, planned, written, xid, paths)


def _remove(connection: Connection, planned: Plan, written: list[int], xid: str, paths: SearchPaths) -> None:
    """Delete what the planting transaction wrote; triggers stand aside where the login may tell them to."""
    names = {each.table.oid: each.table.identifier for each in planned.rows}
    later = {oid: place for place, each in enumerate(planned.rows) for oid in (each.table.oid,)}
    rows = connection.execute(
        "select c.oid::bigint, n.nspname, c.relname from pg_catalog.pg_class as c"
        " join pg_catalog.pg_namespace as n on n.oid = c.relnamespace where c.oid = any(%s::oid[])",
        (written,),
    ).fetchall()
    names |= {oid: sql.Identifier(schema, name) for oid, schema, name in rows}
    with connection.transaction():
        connection.execute(paths.enter_to_write)
        _run(connection, sql.SQL("set local session_replication_role = replica"))
        left = sorted(names, key=lambda oid: -later.get(oid, len(later)))
        for _ in range(len(left)):
            left = [oid for oid in left if not _run(connection, _delete(names[oid], xid))]
            if not left:
                return


def _delete(name: sql.Identifier, xid: str) -> sql.Composed:
    return sql.SQL("delete from {} as r where r.xmin = {}::xid").format(name, sql.Literal(xid))


def _run(connection: Connection, statement: sql.SQL | sql.Composed) -> bool:
    try:
        with connection.transaction():
            connection.execute(statement)
    except psycopg.Error:
        if connection.broken:
            raise
        return False
    return True
