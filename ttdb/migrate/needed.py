"""Which steps of a revision a database takes: those that ready a standing table only where one stands that needs it."""

from collections.abc import Iterator, Mapping, Sequence

from psycopg import errors as pg
from psycopg import sql

from ttdb.migrate.ledger import Entry
from ttdb.migrate.step import Step
from ttdb.postgres.connect import Connection, scalar

Recorded = Mapping[tuple[str, str], Entry]


def taken(connection: Connection, revision: str, steps: Sequence[Step], recorded: Recorded) -> Iterator[Step]:
    """Yield the steps but those that have nothing to do, asked at their turn; these leave no trace in the ledger.

    Once the step that they ready a table for is recorded, none is begun any more: what is changed in the table from
    then on is no arrival.
    """
    answers: dict[str, bool] = {}

    def wanted(step: Step) -> bool:
        if step.needed is None or (revision, step.name) in recorded:
            return True
        target = recorded.get((revision, step.prepares or ""))
        if target is not None and target.finished:
            return False
        if step.needed not in answers:
            answers[step.needed] = _answer(connection, step.needed)
        return answers[step.needed]

    return filter(wanted, steps)


def _answer(connection: Connection, query: str) -> bool:
    """Ask; who may not even look into the schema has no table there to ready yet."""
    try:
        with connection.transaction():
            return scalar(connection, sql.SQL(query)) is True
    except pg.InsufficientPrivilege:
        return False
