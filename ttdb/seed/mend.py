"""Undo a bulk load that was killed: take away the rows that it wrote, and no others, and put back what it set aside."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from psycopg import errors as pg
from psycopg import sql

from ttdb.errors import PrivilegeMissing, TtdbError
from ttdb.postgres.connect import Connection, scalar
from ttdb.seed import aside
from ttdb.seed.session import OPERATOR, acting_as, may_become

_REGISTRY_OWNER = """
select pg_catalog.pg_get_userbyid(c.relowner) from pg_catalog.pg_class as c
where c.oid = 'ttdb.set_aside'::pg_catalog.regclass
"""
_TRIGGERS = """
select
    t.tgname,
    case t.tgenabled when 'A' then 'enable always' when 'R' then 'enable replica' else 'enable' end
from pg_catalog.pg_trigger as t
inner join pg_catalog.pg_proc as f on f.oid = t.tgfoid
where t.tgrelid = %s::pg_catalog.regclass and not t.tgisinternal and t.tgenabled <> 'D' and t.tgparentid = 0
    and f.pronamespace is distinct from pg_catalog.to_regnamespace('audit')
"""
_FORCED = "select relrowsecurity and relforcerowsecurity from pg_catalog.pg_class where oid = %s::pg_catalog.regclass"
_NEXT = "ttdb seed --repair"


def repair(connection: Connection) -> int:
    """Undo what an unfinished bulk load did, and return how much that was.

    Raises:
        PrivilegeMissing: there is such a load, and the login may not act as the tables' owner.
        TtdbError: rows of others, which came since, break a rule now: they refer to rows of the load.

    """
    if not aside.has_registry(connection):
        return 0
    owner = scalar(connection, _REGISTRY_OWNER)
    alone = scalar(connection, "select rolsuper from pg_catalog.pg_roles where rolname = current_user") is True
    reader = None if alone else next((role for role in (owner, OPERATOR) if may_become(connection, role)), None)
    if reader is None and not alone:
        return 0  # such a login made none, and cannot see any
    with acting_as(connection, reader):
        if not aside.remembered(connection):
            return 0
        if reader == OPERATOR:
            message = "a bulk load of this database was killed, and only the tables' owner can undo it"
            raise PrivilegeMissing(message, f"Have a member of {owner} run: {_NEXT}")
        connection.execute("lock table ttdb.set_aside in access exclusive mode")
        items = aside.remembered(connection)
        written = {relation: restore for relation, kind, restore in items if kind == aside.ROWS}
        _take_away(connection, written)
        _put_back(connection, [restore for _, kind, restore in items if kind != aside.ROWS])
        connection.execute("delete from ttdb.set_aside")
    return len(items)


def _take_away(connection: Connection, written: Mapping[str, str]) -> None:
    """Empty the tables; where somebody else wrote since, take away the load's own rows alone.

    Args:
        connection: a session in a transaction, whose role owns the tables.
        written: the transaction that wrote a table's rows, by table; empty where it did not end.

    """
    tables = sql.SQL(", ").join(map(sql.SQL, written))
    connection.execute(sql.SQL("lock table {} in access exclusive mode").format(tables))
    with _past_policies(connection, list(written)):
        if not any(_has_others(connection, table, by) for table, by in written.items()):
            connection.execute(sql.SQL("truncate {}").format(tables))
            return
        for table, by in written.items():
            if by:
                with _quiet(connection, table):
                    query = sql.SQL("delete from {} where xmin = {}::xid")
                    connection.execute(query.format(sql.SQL(table), sql.Literal(by)))


def _has_others(connection: Connection, table: str, by: str) -> bool:
    query = sql.SQL("select exists (select from {} where {}::xid is distinct from xmin)")
    return scalar(connection, query.format(sql.SQL(table), sql.Literal(by or None))) is True


@contextmanager
def _past_policies(connection: Connection, tables: Sequence[str]) -> Iterator[None]:
    """Let the owner see all rows, in this transaction only; nobody else gets at the tables meanwhile."""
    forced = [table for table in tables if scalar(connection, _FORCED, (table,))]
    for table in forced:
        aside.execute(connection, f"alter table {table} no force row level security")
    yield
    for table in forced:
        aside.execute(connection, f"alter table {table} force row level security")


@contextmanager
def _quiet(connection: Connection, table: str) -> Iterator[None]:
    """Let rows go without the triggers that guard them, but for those of the trail."""
    found = connection.execute(_TRIGGERS, (table,)).fetchall()
    change = sql.SQL("alter table {} {} trigger {}")
    for name, _ in found:
        connection.execute(change.format(sql.SQL(table), sql.SQL("disable"), sql.Identifier(name)))
    yield
    for name, enabled in found:
        connection.execute(change.format(sql.SQL(table), sql.SQL(enabled), sql.Identifier(name)))


def _put_back(connection: Connection, statements: Sequence[str]) -> None:
    try:
        for statement in statements:
            aside.execute(connection, statement)
    except pg.IntegrityError as error:
        message = f"rows that others wrote since a bulk load was killed do not fit once its own are gone: {error}"
        raise TtdbError(message, f"Mend those of {error.diag.table_name}, and run: {_NEXT}") from error
