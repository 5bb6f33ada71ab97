"""Who holds locks on tables: named by pid, user, age and query, never by a value that stands in the query."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from ttdb.postgres.connect import Connection, scalar

_SHOWN = 80
_LITERAL = re.compile(
    r"""(?P<quoted>[eEbBxX]?'(?:[^'\\]|''|\\.)*(?:'|$))   # cut off, it has no closing quote
      | (?P<dollar>\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|$))
      | (?P<number>(?<![\w$."])\d[\w.]*)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Blocker:
    """A transaction of another session; what the login may not see of it is None."""

    pid: int
    transaction: str  # the virtual one: two of one session differ
    user: str | None
    state: str | None
    age: float | None  # seconds since the transaction began
    query: str | None

    def __str__(self) -> str:
        age = None if self.age is None else f"open for {self.age:.1f} s"
        query = None if self.query is None else without_literals(self.query)[:_SHOWN]
        parts = (f"pid {self.pid}", self.user, self.state, age, query)
        return ", ".join(part for part in parts if part)


def without_literals(query: str) -> str:
    """Return a query with its strings and numbers replaced: they may be a person's."""
    return " ".join(_LITERAL.sub("?", query).split())


def holders(connection: Connection, relations: Sequence[str] | None = None) -> list[Blocker]:
    """Return who holds locks on these tables and what is below them, or on any; oldest transaction first.

    As the login: it may have pg_read_all_stats and see what others run, which the group role does not. pg_locks shows
    everybody who holds what.
    """
    with connection.transaction(force_rollback=True):  # which gives the role back to who asks within a transaction
        # The login may have no right to the schema, and a name can then not be resolved.
        oids = None if relations is None else scalar(connection, _OIDS, (list(relations),))
        connection.execute("set local role none")
        with connection.cursor(row_factory=class_row(Blocker)) as cursor:
            return cursor.execute(_HOLDERS, {"relations": oids}).fetchall()


def anybody(connection: Connection, relations: Sequence[str]) -> bool:
    """Tell whether another session holds a lock on these tables or what is below them: mostly nobody does."""
    return bool(scalar(connection, _ANYBODY, {"names": list(relations)}))


def vacuumed(connection: Connection, relations: Sequence[str]) -> list[str]:
    """Return which of these tables, and of those below them, another session vacuums, or analyzes; as SQL names.

    Those that belong to who asks, and may be locked by him. In pg_locks everybody sees this mode.
    """
    return list(scalar(connection, _VACUUMED, {"names": list(relations)}))


def waited_for(connection: Connection, relations: Sequence[str], older_than: float) -> list[Blocker]:
    """Return the transactions that CONCURRENTLY waits for, as far as the login sees their age.

    Those are all that have an old snapshot, and of these tables who changes their rows, or keeps out whoever would
    change them otherwise.
    """
    with connection.transaction():
        oids = scalar(connection, _OIDS, (list(relations),))
        connection.execute("set local role none")
        with connection.cursor(row_factory=class_row(Blocker)) as cursor:
            return cursor.execute(_WAITED_FOR, {"relations": oids, "older_than": older_than}).fetchall()


def named(blockers: Iterable[Blocker], at_most: int = 3) -> list[str]:
    """Return the first of them in words."""
    return [str(blocker) for blocker in blockers][:at_most]


# pg_stat_activity hides a stranger's columns; what is null of him is not known. Of a standby's or a prepared
# transaction there is no pid.
_OIDS = (
    "select coalesce(pg_catalog.array_agg(pg_catalog.to_regclass(name)::oid::bigint), '{}')"
    " from pg_catalog.unnest(%s::text[]) as name where pg_catalog.to_regclass(name) is not null"
)
_ANYBODY = """\
with recursive wanted (oid) as (
    select pg_catalog.to_regclass(name)::oid from pg_catalog.unnest(%(names)s::text[]) as name
    union
    select i.inhrelid from wanted as w inner join pg_catalog.pg_inherits as i on i.inhparent = w.oid
)
select exists (
    select
    from pg_catalog.pg_locks as l
    inner join wanted as w on w.oid = l.relation
    where l.locktype = 'relation' and l.granted and l.pid is distinct from pg_catalog.pg_backend_pid()
)
"""
_VACUUMED = """\
with recursive wanted (oid) as (
    select pg_catalog.to_regclass(name)::oid from pg_catalog.unnest(%(names)s::text[]) as name
    union
    select i.inhrelid from wanted as w inner join pg_catalog.pg_inherits as i on i.inhparent = w.oid
)
select coalesce(pg_catalog.array_agg(c.oid::regclass::text order by c.oid), '{}')
from wanted as w
inner join pg_catalog.pg_class as c on c.oid = w.oid
where c.relkind = 'r' and pg_catalog.pg_has_role(c.relowner, 'usage')
    and exists (
        select from pg_catalog.pg_locks as l
        where l.locktype = 'relation' and l.relation = c.oid and l.granted and l.mode = 'ShareUpdateExclusiveLock'
            and l.pid is distinct from pg_catalog.pg_backend_pid()
            and l.database in (select d.oid from pg_catalog.pg_database as d where d.datname = current_catalog)
    )
"""
_HOLDERS = """\
with recursive wanted (oid) as (
    select oid::oid from pg_catalog.unnest(%(relations)s::bigint[]) as oid
    union
    select i.inhrelid from wanted as w inner join pg_catalog.pg_inherits as i on i.inhparent = w.oid
)
select a.pid, coalesce(l.transaction, '') as transaction, a.usename::text as user, a.state,
    extract(epoch from pg_catalog.clock_timestamp() - a.xact_start)::float8 as age, a.query
from pg_catalog.pg_stat_activity as a
inner join (
    select l.pid, pg_catalog.min(l.virtualtransaction) as transaction
    from pg_catalog.pg_locks as l
    where l.locktype = 'relation' and l.granted
        and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
        and case when %(relations)s::bigint[] is null then l.relation >= 16384  -- beyond PostgreSQL's own
            else l.relation in (select w.oid from wanted as w) end
    group by l.pid
) as l on l.pid = a.pid
where a.pid <> pg_catalog.pg_backend_pid() and a.backend_type is distinct from 'autovacuum worker'
order by a.xact_start, a.pid
"""

_WAITED_FOR = """\
select a.pid, '' as transaction, a.usename::text as user, a.state,
    extract(epoch from pg_catalog.clock_timestamp() - a.xact_start)::float8 as age, a.query
from pg_catalog.pg_stat_activity as a
where a.datname = pg_catalog.current_database() and a.pid <> pg_catalog.pg_backend_pid()
    and (a.backend_xmin is not null or exists (
        select from pg_catalog.pg_locks as l
        where l.pid = a.pid and l.granted and l.locktype = 'relation' and l.relation = any(%(relations)s::bigint[])
            and l.database = a.datid and l.mode not in ('AccessShareLock', 'RowShareLock')
    ))
    and a.xact_start < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => %(older_than)s)
order by a.xact_start
"""
