"""What a pending step will cost here: its lock, the tables that stand and their sizes, scan or rewrite, how long."""

import re
from dataclasses import replace

from psycopg.rows import class_row

from ttdb.migrate.locks import lock_of
from ttdb.migrate.step import Step
from ttdb.model.migration import PlannedStep, TableSize
from ttdb.postgres.connect import Connection

# Bytes a second, on the slow side of what small servers do; a rehearsal tells better.
_SPEED = {"scan": 200 * 2**20, "build": 50 * 2**20, "rewrite": 30 * 2**20, "batches": 5 * 2**20}
# The server plans a prepared statement anew, but not where what it returns has become something else.
_NEW_RESULT = re.compile(r"\b(add|drop|rename)\s+column\b|\balter\s+column\b[^;]*\btype\b", re.IGNORECASE)
# The first that fits.
_WORK = (
    (r"\bindex concurrently\b|\bcreate (unique )?index\b|\breindex\b", "build"),
    (r"\bvalidate constraint\b", "scan"),
    (r"\badd (constraint \S+ )?(check|foreign key)\b(?![^;]*\bnot valid\b)|\bset not null\b", "scan"),
    (r"\badd column\b[^;]*\bdefault\b[^;]*\b(gen_random_uuid|clock_timestamp|random|nextval)\b", "rewrite"),
    (r"\balter column\b[^;]*\btype\b", "rewrite"),
)


def with_cost(connection: Connection, planned: PlannedStep, step: Step) -> PlannedStep:
    """Return a planned step with what it will cost; of one that is recorded already, nothing is asked."""
    tables = sizes(connection, step) if planned.state in ("pending", "conflict") else ()
    work = work_of(step)
    total = sum(table.bytes for table in tables)
    return replace(
        planned,
        lock=lock_of(step),
        work=work,
        tables=tables,
        seconds=round(total / _SPEED[work], 1) if work in _SPEED and total else 0.0,
        up=step.up,
        down=step.down,
        refuses_prepared=bool(tables) and _NEW_RESULT.search("\n".join(step.up)) is not None,
    )


def work_of(step: Step) -> str:
    """Return what a step does with the rows that stand: nothing, a scan, a build, a rewrite, batches."""
    if step.backfill is not None or step.copying is not None:
        return "batches"
    text = "\n".join(step.up).lower()
    return next((work for pattern, work in _WORK if re.search(pattern, text)), "catalog only")


def sizes(connection: Connection, step: Step) -> tuple[TableSize, ...]:
    """Return the tables of a step that stand, partitions with them."""
    with connection.cursor(row_factory=class_row(TableSize)) as cursor:
        return tuple(cursor.execute(_SIZES, (list(step.relations),)).fetchall())


_SIZES = """\
with wanted as (
    select distinct pg_catalog.to_regclass(name)::oid as oid, name
    from pg_catalog.unnest(%s::text[]) as name
    where pg_catalog.to_regclass(name) is not null
)
select w.name,
    coalesce(pg_catalog.sum(pg_catalog.pg_total_relation_size(c.oid)), 0)::bigint as bytes,
    coalesce(pg_catalog.sum(greatest(c.reltuples, 0)), 0)::bigint as rows
from wanted as w
inner join pg_catalog.pg_class as c
    on (c.oid = w.oid or c.oid in (select t.relid from pg_catalog.pg_partition_tree(w.oid) as t where t.isleaf))
    and c.relkind in ('r', 'm', 'p')
group by w.name
order by w.name
"""
