"""Which steps a database takes: what readies a standing table where one needs it, what services would break later."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from psycopg import errors as pg
from psycopg import sql

from ttdb.migrate.ledger import Entry
from ttdb.migrate.step import Step
from ttdb.migrate.steps.expansion import KEEP
from ttdb.postgres.connect import Connection, scalar

Recorded = Mapping[tuple[str, str], Entry]
_EXPANDING = sql.SQL(
    "select pg_catalog.format('%s.%s', n.nspname, c.relname) from pg_catalog.pg_trigger as g"
    " inner join pg_catalog.pg_class as c on c.oid = g.tgrelid"
    " inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace where g.tgname = {} and not c.relispartition"
)


def taken(connection: Connection, revision: str, steps: Sequence[Step], recorded: Recorded) -> Iterator[Step]:
    """Yield the steps but those that have nothing to do, asked at their turn; these leave no trace in the ledger.

    Once the step that they ready a table for is recorded, none is begun any more: what is changed in the table from
    then on is no arrival.
    """
    answers: dict[str, bool] = {}
    standing = _standing(connection, {name for step in steps for name in step.stands})

    def wanted(step: Step) -> bool:
        if (revision, step.name) in recorded or (step.needed is None and not step.stands):
            return True
        target = recorded.get((revision, step.prepares or ""))
        if (target is not None and target.finished) or not standing.issuperset(step.stands):
            return False
        if step.needed is None:
            return True
        if step.needed not in answers:
            answers[step.needed] = _answer(connection, step.needed)
        return answers[step.needed]

    return filter(wanted, steps)


def expanding(connection: Connection) -> frozenset[str]:
    """Return the tables that are in their expand stage, for whose end some steps wait."""
    return frozenset(name for (name,) in connection.execute(_EXPANDING.format(KEEP)))


def waiting_for(step: Step, expanding: AbstractSet[str]) -> tuple[str, ...]:
    """Return those of these tables that a step waits for."""
    return tuple(relation for relation in step.waits_for if relation in expanding)


def _standing(connection: Connection, names: AbstractSet[str]) -> frozenset[str]:
    """Return those of these tables that stand, asked all at once: where none does, nothing more is asked."""
    if not names:
        return frozenset()
    # By name: to_regclass() is an error for a login that may not use the schema.
    found = connection.execute(
        "select w.name from pg_catalog.unnest(%s::pg_catalog.text[]) as w (name)"
        " inner join pg_catalog.pg_namespace as n on n.nspname = pg_catalog.split_part(w.name, '.', 1)"
        " inner join pg_catalog.pg_class as c on c.relnamespace = n.oid"
        " and c.relname = pg_catalog.split_part(w.name, '.', 2) and c.relkind in ('r', 'p')",
        (sorted(names),),
    )
    return frozenset(name for (name,) in found)


def _answer(connection: Connection, query: str) -> bool:
    """Ask; who may not even look into the schema has no table there to ready yet."""
    try:
        with connection.transaction():
            return scalar(connection, sql.SQL(query)) is True
    except pg.InsufficientPrivilege:
        return False
