"""Who still uses a table's old columns, as far as the server can tell."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from psycopg import errors as pg
from psycopg import sql

from ttdb.migrate.in_text import Named
from ttdb.migrate.step import Contraction
from ttdb.postgres.connect import Connection, scalar

_QUERY = Path(__file__).with_suffix(".sql")
# What the server does not show, and therefore somebody has to vouch for.
_PAUSE_S = 0.05  # between two looks
UNSEEN = (
    "prepared statements of other sessions, statements that were not sent yet, and what reads all columns without"
    " naming one (select *) are not visible"
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen of a table's old columns being used, and what could not be looked at."""

    uses: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()


def evidence(connection: Connection, contraction: Contraction, *, seconds: float = 0.0) -> Evidence:
    """Look at what depends on the columns, at function bodies, sessions and statistics of statements.

    A session shows its last statement alone, which after a transaction is its end: with ``seconds``, sessions are
    looked at again and again for so long.
    """
    if not contraction.columns:
        return Evidence((), (UNSEEN,))
    table = contraction.relation.split(".", 1)[1]
    oid = scalar(connection, "select pg_catalog.to_regclass(%s)::pg_catalog.oid", (contraction.relation,))
    named: dict[str, object] = {"relation": oid, "columns": list(contraction.columns), "table": table}
    columns = _named(connection, table, named)
    named["pattern"] = _pattern(columns)
    text = _QUERY.read_text(encoding="utf-8")
    unseen = [UNSEEN]
    with connection.transaction():
        connection.execute("set local role none")  # the login may see what others run, which the group role may not
        uses = _seen(connection, text, named, columns, seconds)
        if scalar(connection, _HIDDEN):
            unseen.append("this login may not see what other sessions run: have an admin grant it pg_read_all_stats")
    place = scalar(
        connection,
        "select pg_catalog.format('%I.%I', n.nspname, 'pg_stat_statements') from pg_catalog.pg_extension as e"
        " inner join pg_catalog.pg_namespace as n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'",
    )
    if place is None:
        unseen.append("pg_stat_statements is not installed: which statements ran is not known")
    else:
        uses += _statements(connection, place, named, columns, unseen)
    return Evidence(tuple(uses), tuple(unseen))


def _seen(connection: Connection, text: str, named: dict[str, object], columns: Named, seconds: float) -> list[str]:
    """Return what is seen; of a session that is seen often, the first time."""
    found: dict[str, str] = {}
    end = time.monotonic() + seconds
    while True:
        for who, use, statement in connection.execute(sql.SQL(text), named):
            if statement is None or columns.by(statement):
                found.setdefault(who, use)
        if time.monotonic() >= end:
            return sorted(found.values())
        connection.execute("select pg_catalog.pg_stat_clear_snapshot(), pg_catalog.pg_sleep(%s)", (_PAUSE_S,))


def _named(connection: Connection, table: str, named: dict[str, object]) -> Named:
    rows = connection.execute(_COLUMNS, named).fetchall()
    return Named(table, {name: keyword for name, keyword, _ in rows}, {name: others for name, _, others in rows})


def _pattern(columns: Named) -> str:
    """Return the regular expression of a text that names one of them; a keyword only where it is no keyword."""
    return "|".join(
        f'"{name}"|[.]{name}\\M' if keyword else f"\\m{name}\\M" for name, keyword in columns.keywords.items()
    )


def _statements(
    connection: Connection, place: str, named: dict[str, object], columns: Named, unseen: list[str]
) -> list[str]:
    try:
        with connection.transaction():
            connection.execute("set local role none")
            rows = connection.execute(
                sql.SQL(_STATEMENTS.format(place=place, before=_BEFORE, no_use=_NO_USE)), named
            ).fetchall()
    except (pg.InsufficientPrivilege, pg.ObjectNotInPrerequisiteState):
        unseen.append("pg_stat_statements may not be read: which statements ran is not known")
        return []
    calls: Counter[str] = Counter()
    for role, times, statement in rows:
        calls[role] += times if columns.by(statement) else 0
    return [
        f"{times} calls of a statement of {role} since the statistics were reset: once services have moved,"
        f" select {place}_reset()"
        for role, times in calls.items()
        if times
    ]


_COLUMNS = """\
select
    c.name,
    exists (select from pg_catalog.pg_get_keywords() as k where k.word = c.name and k.catcode <> 'U'),
    array(
        select o.relname::pg_catalog.text
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_class as o on o.oid = a.attrelid
        inner join pg_catalog.pg_namespace as n on n.oid = o.relnamespace
        where a.attname = c.name and not a.attisdropped and o.oid <> %(relation)s::pg_catalog.oid
            and o.relkind in ('r', 'p', 'v', 'm') and not o.relispartition
            and n.nspname not in ('pg_catalog', 'information_schema')
    )
from pg_catalog.unnest(%(columns)s::pg_catalog.text[]) as c (name)
"""
_HIDDEN = """\
select exists (
    select from pg_catalog.pg_stat_activity as s
    where s.datname = pg_catalog.current_database() and s.query = '<insufficient privilege>'
)"""
_BEFORE = r"^([[:space:](]|--[^\n]*\n|/[*]([^*]|[*]+[^*/])*[*]+/)+"  # the first word: parentheses, comments
# Statements that change or look at the table's shape, and those of people: no service is stopped by what they name.
_NO_USE = (
    "^(alter|drop|comment|grant|revoke|vacuum|analyze|reindex|cluster|lock|truncate|explain|do"
    "|create[[:space:]]+(or[[:space:]]+replace[[:space:]]+)?(materialized[[:space:]]+)?view|create"
    r"(?!.*\mas[[:space:]]+([(]|select|with|table|values)))"
)
_STATEMENTS = """\
select pg_catalog.pg_get_userbyid(s.userid), s.calls, s.query
from {place} as s
where s.dbid = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
    and s.query ~* ('\\m' || %(table)s || '\\M') and s.query ~* %(pattern)s
    and pg_catalog.regexp_replace(s.query, '{before}', '') !~* '{no_use}'
    and s.userid not in (select r.oid from pg_catalog.pg_roles as r where pg_catalog.starts_with(r.rolname, 'ttdb_'))
order by 1
"""
