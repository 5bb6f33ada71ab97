"""Rows that break a constraint to come: counted, and named by key, before anything is changed."""

import csv
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import errors as pg
from psycopg import sql

from ttdb.errors import Conflicts, PrivilegeMissing, UsageError
from ttdb.migrate.literal import identifier
from ttdb.migrate.step import Step
from ttdb.model.migration import Conflict, Event, OnEvent
from ttdb.postgres.connect import Connection, scalar

_SHOWN = 5
_UNSEEN = """
select n.name
from pg_catalog.unnest(%s::pg_catalog.text[]) as n (name)
inner join pg_catalog.pg_class as c on c.oid = pg_catalog.to_regclass(n.name)
where c.relrowsecurity and c.relforcerowsecurity
    and not exists (
        select from pg_catalog.pg_roles as r where r.rolname = session_user and (r.rolsuper or r.rolbypassrls)
    )
    and not exists (
        select from pg_catalog.pg_policy as p
        where p.polrelid = c.oid and p.polcmd in ('r', '*') and p.polpermissive
            and pg_catalog.to_regrole('ttdb_operator')::pg_catalog.oid = any(p.polroles)
    )
order by 1
"""
_UNKNOWN_YET = (
    *(pg.UndefinedTable, pg.UndefinedColumn, pg.UndefinedFunction, pg.InvalidSchemaName, pg.UndefinedObject),
    *(pg.InsufficientPrivilege, pg.InvalidParameterValue),  # the latter for a role that the bootstrap has yet to make
    pg.DatatypeMismatch,  # a column of another type than is wanted, which is a conflict of its own
)


def conflict(connection: Connection, step: Step, *, now: bool = False) -> tuple[Conflict, ...]:
    """Return the conflict that a step's offenders are, or nothing where there are none, or no telling yet.

    Raises:
        PrivilegeMissing: ``now`` is the last time to look, and the login may not.

    """
    if step.offenders is None:
        return ()
    try:
        with connection.transaction(force_rollback=True):  # which also gives back the role
            see_all(connection, step.relations[0], *step.reads)
            query = sql.SQL(step.offenders)
            count = scalar(connection, sql.SQL("select pg_catalog.count(*) from ({}) as o").format(query))
            if not count:
                return ()
            some = connection.execute(sql.SQL("{} order by 1 limit {}").format(query, _SHOWN)).fetchall()
    except _UNKNOWN_YET as error:  # a step before it makes what it is about
        if now and step.looks and isinstance(error, pg.InsufficientPrivilege):
            raise _unlooked(connection, step, error) from error
        return ()
    rows = "1 row breaks" if count == 1 else f"{count} rows break"
    keys = "; ".join(key for (key,) in some) + ("; ..." if count > len(some) else "")
    advice = step.choices or "Mend them, or let the revision repair or quarantine them; --violations FILE lists all."
    constraint = _constraint(step)
    return (Conflict(step.relations[0], f"{rows} {constraint}: {keys}", advice, constraint),)


def refuse(connection: Connection, step: Step) -> None:
    """Stop a step whose rows break what it promises.

    Raises:
        Conflicts: with the rows.

    """
    found = conflict(connection, step, now=True)
    if found:
        raise Conflicts(
            f"{found[0].object}: {found[0].detail}", found, "Mend them, and run the command again: it continues."
        )


def _unlooked(connection: Connection, step: Step, error: pg.Error) -> PrivilegeMissing:
    login = identifier(str(scalar(connection, "select session_user")))
    hint = (
        f"Have an admin run: alter role {login} inherit; and from PostgreSQL 16 on: grant ttdb_owner, ttdb_operator to"
        f" {login} with inherit true;"
    )
    what = f"{step.relations[0]}: its rows cannot be looked at: {error.diag.message_primary}"
    return PrivilegeMissing(what, hint)


@contextmanager
def written(connection: Connection, steps: Iterable[Step], file: Path | None, on_event: OnEvent) -> Iterator[None]:
    """List the rows that stop these steps, where a file was named for them.

    Raises:
        UsageError: no file can be written there; nothing was looked at yet.

    """
    if file is not None and (file.is_dir() or not file.parent.is_dir()):
        raise _unwritable(file, "it is a folder" if file.is_dir() else f"there is no folder {file.parent}")
    try:
        yield
    except Conflicts as stopped:
        if file is not None:
            found = [each for each in stopped.conflicts if isinstance(each, Conflict)]
            on_event(Event("violations", {"file": str(file), "rows": write(connection, steps, file, found)}))
        raise


def write(
    connection: Connection, steps: Iterable[Step], path: Path, stopped: Collection[Conflict] | None = None
) -> int:
    """Write every offender of these steps as CSV, and return how many there are.

    Where all that ``stopped`` the upgrade are constraints, only rows that break those. Of steps that mend theirs,
    only those on tables at which it stopped.

    Raises:
        UsageError: the file cannot be written.

    """
    asking = [step for step in steps if step.offenders]
    # What is looked for once rows are filled is not what they will be before that.
    rows = sorted(
        set(_all(connection, [step for step in asking if not step.mends_offenders and _named(step, stopped)]))
        or set(_all(connection, [step for step in asking if step.mends_offenders and _is_at(step, stopped)]))
    )
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("table", "constraint", "key"))
            writer.writerows(rows)
    except OSError as error:
        raise _unwritable(path, str(error.strerror)) from error
    return len(rows)


def _named(step: Step, stopped: Collection[Conflict] | None) -> bool:
    if stopped is None or any(each.constraint is None for each in stopped):
        return True
    return (step.relations[0], _constraint(step)) in {(each.object, each.constraint) for each in stopped}


def _is_at(step: Step, stopped: Collection[Conflict] | None) -> bool:
    return stopped is None or any(each.object == step.relations[0] for each in stopped)


def _unwritable(path: Path, why: str) -> UsageError:
    message = f"{path} cannot be written: {why}"
    return UsageError(message, "Name a file in a folder that you may write, with --violations FILE.")


def _all(connection: Connection, steps: Iterable[Step]) -> Iterator[tuple[str, str, str]]:
    for step in steps:
        if step.offenders is None:
            continue
        try:
            with connection.transaction(force_rollback=True):
                see_all(connection, step.relations[0], *step.reads)
                keys = connection.execute(sql.SQL(step.offenders)).fetchall()
        except _UNKNOWN_YET:
            continue
        yield from ((step.relations[0], _constraint(step), key) for (key,) in keys)


def see_all(connection: Connection, relation: str, *others: str) -> None:
    """Become who sees every row of a table, and of others, in the transaction that is open.

    That is the operator where row security is forced, else the owner; of several of which it is forced on some, the
    login itself, which is a member of both.

    A login that no policy holds looks itself, and so does any before the bootstrap has made those roles and handed
    them the tables: where a policy hides rows from it, that is an error.
    """
    itself = scalar(
        connection,
        "select pg_catalog.to_regrole('ttdb_operator') is null or exists (select from pg_catalog.pg_roles as r"
        " where r.rolname = session_user and (r.rolsuper or r.rolbypassrls))",
    )
    if itself:
        connection.execute("set local role none; set local row_security = off")
        return
    forced = {
        found
        for (found,) in connection.execute(
            "select c.relrowsecurity and c.relforcerowsecurity from pg_catalog.pg_class as c"
            " where c.oid = any(array(select pg_catalog.to_regclass(n) from pg_catalog.unnest(%s::text[]) as n))",
            ([relation, *others],),
        )
    }
    role, rows = ("ttdb_operator", "on") if forced == {True} else ("ttdb_owner", "off")
    if len(forced) > 1:
        # Where no policy shows an operator the rows of one of them, to read it is an error.
        hidden = connection.execute(_UNSEEN, ([relation, *others],)).fetchall()
        role, rows = "none", "off" if hidden else "on"
    connection.execute(sql.SQL("set local role {}; set local row_security = {}").format(sql.SQL(role), sql.SQL(rows)))


def unseen(connection: Connection, steps: Iterable[Step]) -> list[str]:
    """Return the tables whose rows this login cannot look at yet: row security is forced, and none of ours holds it."""
    asking = [step for step in steps if step.offenders and not step.mends_offenders]
    relations = sorted({name for step in asking for name in (step.relations[0], *step.reads)})
    return [name for (name,) in connection.execute(_UNSEEN, (relations,))]


def _constraint(step: Step) -> str:
    return step.name.split("-", 1)[1].replace("-", "_")
