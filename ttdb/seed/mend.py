"""Undo a bulk load that was killed: take away the rows that it wrote, and no others, and put back what it set aside."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import sleep
from typing import LiteralString

from psycopg import errors as pg
from psycopg import sql

from ttdb.errors import PrivilegeMissing, TtdbError
from ttdb.postgres.connect import Connection, scalar
from ttdb.seed import aside
from ttdb.seed.progress import OnNote
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
# Foreign keys of tables that the load did not fill to those that it did: which, and how rows of both are matched.
_POINTING = """
select
    k.conrelid::pg_catalog.regclass::text,
    l.name,
    (
        select pg_catalog.string_agg(pg_catalog.format('c.%%I = p.%%I', mine.attname, its.attname), ' and ')
        from unnest(k.conkey, k.confkey) as pair (mine, its)
        inner join pg_catalog.pg_attribute as mine on mine.attrelid = k.conrelid and mine.attnum = pair.mine
        inner join pg_catalog.pg_attribute as its on its.attrelid = k.confrelid and its.attnum = pair.its
    )
from pg_catalog.unnest(%(tables)s::text[]) as l (name)
inner join pg_catalog.pg_constraint as k on k.confrelid = l.name::pg_catalog.regclass
where k.contype = 'f' and k.conparentid = 0 and not exists (
    select from pg_catalog.unnest(%(tables)s::text[]) as o (name)
    cross join pg_catalog.pg_partition_tree(o.name::pg_catalog.regclass) as t
    where t.relid = k.conrelid or o.name::pg_catalog.regclass = k.conrelid
)
order by 1, 2
"""
_HOLDERS = """
select pg_catalog.string_agg(distinct pg_catalog.format('pid %%s (%%s, %%s)', a.pid, a.usename, a.state), ', ')
from pg_catalog.pg_locks as l
inner join pg_catalog.pg_stat_activity as a on a.pid = l.pid
where l.relation = any(
    select t.relid from pg_catalog.unnest(%s::text[]) as o (name)
    cross join pg_catalog.pg_partition_tree(o.name::pg_catalog.regclass) as t
    union all select o.name::pg_catalog.regclass from pg_catalog.unnest(%s::text[]) as o (name)
) and l.granted and a.pid <> pg_catalog.pg_backend_pid()
"""
_PATIENCE_S = 5
_PAUSE_S = 1.0
_NEXT = "ttdb seed --repair"


def repaired(connection: Connection, on_note: OnNote) -> None:
    """Undo what an unfinished bulk load did, and say so."""
    if count := repair(connection):
        on_note(f"a bulk load of this database had been killed: its rows are gone, {count} things are as before it")


def repair(connection: Connection, *, asked: bool = False) -> int:
    """Undo what an unfinished bulk load did, and return how much that was.

    Args:
        connection: a session outside any transaction.
        asked: somebody asks for just this: then a login that cannot see whether there is such a load is refused.

    Raises:
        PrivilegeMissing: there is such a load, and the login may not act as the tables' owner.
        TtdbError: rows of others, which came since, refer to rows of the load or break a rule without them; or other
            sessions keep its tables.

    """
    if not aside.has_registry(connection):
        return 0
    owner = scalar(connection, _REGISTRY_OWNER)
    alone = scalar(connection, "select rolsuper from pg_catalog.pg_roles where rolname = current_user") is True
    reader = None if alone else next((role for role in (owner, OPERATOR) if may_become(connection, role)), None)
    if reader is None and not alone:
        if asked:
            message = f'login "{connection.info.user}" cannot see whether a bulk load of this database was killed'
            raise PrivilegeMissing(message, f"Have a member of {owner} run: {_NEXT}")
        return 0  # such a login made none, and cannot see any
    with acting_as(connection, reader):
        if not aside.remembered(connection):
            return 0
        if reader == OPERATOR:
            message = "a bulk load of this database was killed, and only the tables' owner can undo it"
            raise PrivilegeMissing(message, f"Have a member of {owner} run: {_NEXT}")
        connection.execute("lock table ttdb.set_aside in access exclusive mode")
        items = aside.remembered(connection)
        written = {relation: restore for relation, name, restore in items if aside.is_of_rows(name, restore)}
        _take_away(connection, written)
        _put_back(connection, [restore for _, name, restore in items if not aside.is_of_rows(name, restore)])
        connection.execute("delete from ttdb.set_aside")
    return len(items)


def _take_away(connection: Connection, written: Mapping[str, str]) -> None:
    """Empty the tables; where somebody else wrote since, or refers to them, take away the load's own rows alone.

    Args:
        connection: a session in a transaction, whose role owns the tables.
        written: the transaction that wrote a table's rows, by table; empty where it did not end.

    """
    tables = sql.SQL(", ").join(map(sql.SQL, written))
    lock(connection, list(written), "tables of the load that was killed", _NEXT)
    pointing = connection.execute(_POINTING, {"tables": list(written)}).fetchall()
    with _past_policies(connection, list(written)):
        for table, loaded, match in pointing:
            _refuse_pointing(connection, table, loaded, match, written[loaded])
        if not pointing and not any(_has_others(connection, table, by) for table, by in written.items()):
            connection.execute(sql.SQL("truncate {}").format(tables))
            return
        for table, by in written.items():
            if by:
                with _quiet(connection, table):
                    query = sql.SQL("delete from {} where xmin = {}::xid")
                    connection.execute(query.format(sql.SQL(table), sql.Literal(by)))
                    connection.execute("set constraints all immediate")  # a table with checks to come takes no ALTER


def lock(  # noqa: PLR0913 - each is a fact of the lock
    connection: Connection,
    tables: Sequence[str],
    which: str,
    following: str,
    *,
    tries: int = 1,
    mode: LiteralString = "access exclusive",
) -> None:
    """Lock tables for a load, or for its repair; everybody who wants them waits meanwhile, so it is soon given up.

    Args:
        connection: a session in a transaction, whose role owns the tables.
        tables: as the server writes their names.
        which: what tables they are, in words.
        following: the command that is to be run then.
        tries: how often they are asked for, a second apart.
        mode: of the lock.

    Raises:
        TtdbError: other sessions keep them; the message names these.

    """
    for left in reversed(range(tries)):
        try:
            _lock_soon(connection, tables, mode)
        except (pg.LockNotAvailable, pg.DeadlockDetected) as error:
            if not left:
                holders = scalar(connection, _HOLDERS, (list(tables), list(tables)))
                message = f"{which} are in use: {holders or 'by a session that has just ended'}"
                raise TtdbError(message, f"Wait until these have ended, or end them, and run: {following}") from error
            sleep(_PAUSE_S)
        else:
            return


def _lock_soon(connection: Connection, tables: Sequence[str], mode: LiteralString) -> None:
    names = sql.SQL(", ").join(map(sql.SQL, tables))
    with connection.transaction():
        connection.execute(f"set local lock_timeout = '{_PATIENCE_S}s'")
        connection.execute(sql.SQL("lock table {} in " + mode + " mode").format(names))
        connection.execute("set local lock_timeout = 0")  # a parent of theirs is waited for


def _refuse_pointing(connection: Connection, table: str, loaded: str, match: str, by: str) -> None:
    """Refuse to take away rows that rows of a table refer to which the load did not fill: these would go too.

    Raises:
        TtdbError: there are such rows.

    """
    query = sql.SQL("select pg_catalog.count(*) from {} as c inner join {} as p on {} where p.xmin = {}::xid")
    connection.execute("set local row_security = off")  # what a policy hides is an error, and not none
    found = scalar(connection, query.format(sql.SQL(table), sql.SQL(loaded), sql.SQL(match), sql.Literal(by or None)))
    connection.execute("set local row_security = on")
    if found:
        rows = "1 row refers" if found == 1 else f"{found} rows refer"
        named = loaded.replace('"', "")
        message = f"{table}: {rows} to rows of {named} that the load wrote which was killed"
        raise TtdbError(message, f"Delete them, or let them refer to others, and run: {_NEXT}")


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
