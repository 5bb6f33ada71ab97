"""Copy a table's rows into other partitions while it is in use: begin, batches, the moment of exchange, the end."""

from dataclasses import dataclass, field
from functools import partial

from psycopg import sql

from ttdb.migrate.backfill import sees_all
from ttdb.migrate.batches import Batches
from ttdb.migrate.courtesy import Courtesy, with_retries
from ttdb.migrate.step import Copying, Step, few
from ttdb.model.migration import OnEvent
from ttdb.postgres.connect import Connection, scalar

_LEAVES = 2  # are made or dropped in one transaction, which locks the tables that their foreign keys point at


def copy(  # noqa: PLR0913, PLR0917 - as the runner's other ways of running a step
    connection: Connection, revision: str, step: Step, what: Copying, courtesy: Courtesy, on_event: OnEvent
) -> None:
    """Run a copying to its end, from where an earlier run was killed.

    Raises:
        LockNotObtained: a part was refused its locks in all attempts; a second run continues.

    """
    pointed_at = [name for (name,) in connection.execute(_POINTED_AT, (what.relation,))]
    briefly = partial(_in_a_moment, connection, revision, step, (what.relation, *pointed_at), courtesy, on_event)
    while not briefly(few(what.begin, _LEAVES)):
        pass
    work = _Work(connection, revision, sees_all(connection, step, what.relation), courtesy, on_event, what=what)
    work.expect(what.relation)
    work.run()
    briefly(what.finish)
    while not briefly(few(what.end, _LEAVES)):
        pass


@dataclass
class _Work(Batches):
    """One copying on its way; how far it has come is recorded beside the rows."""

    what: Copying = field(kw_only=True)

    def batch(self, rows: int) -> None:
        """Copy the next rows, or what changed since."""
        statement = sql.SQL(self.what.batch).format(rows=sql.Literal(rows))
        (self.last,) = self.connection.execute(statement).fetchone() or (0,)

    def after(self) -> None:
        """Count the batch, which is committed."""
        self.rows += self.last
        self.seen += self.last


def _in_a_moment(  # noqa: PLR0913, PLR0917 - each is a fact of the attempt
    connection: Connection,
    revision: str,
    step: Step,
    relations: tuple[str, ...],
    courtesy: Courtesy,
    on_event: OnEvent,
    statement: str,
) -> bool:
    answer: list[bool] = []

    def attempt() -> str:
        timeout = sql.Literal(courtesy.lock_timeout)
        with connection.transaction():
            connection.execute(
                sql.SQL("set local role ttdb_owner; set local lock_timeout = {timeout}").format(timeout=timeout)
            )
            answer.append(scalar(connection, sql.SQL(statement)) is True)
        return "done"

    with_retries(
        attempt,
        connection=connection,
        courtesy=courtesy,
        on_event=on_event,
        what={"revision": revision, "step": step.name},
        relations=relations,
    )
    return answer[-1]


# A foreign key that is made or dropped locks the table that it points at, too.
_POINTED_AT = """\
select distinct pg_catalog.format('%%I.%%I', n.nspname, c.relname)
from pg_catalog.pg_constraint as k
inner join pg_catalog.pg_class as c on c.oid = k.confrelid
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where k.conrelid = pg_catalog.to_regclass(%s) and k.contype = 'f'
order by 1
"""
