"""Tables that a way back leaves standing are their owner's again: nothing that it restored there is managed."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic.script import ScriptDirectory

from ttdb.migrate import ledger
from ttdb.migrate.script import directory, has_steps, steps
from ttdb.migrate.step import Step
from ttdb.postgres.connect import Connection


@contextmanager
def forgetting_left(connection: Connection, scripts: ScriptDirectory) -> Iterator[None]:
    """Run what is inside; where steps were undone, forget what is about tables that no recorded step is about."""
    before = set(ledger.read(connection))
    yield
    recorded = set(ledger.read(connection))
    if not ledger.parts(connection).managed_objects or (before <= recorded and not ledger.has_left(connection)):
        return
    # A step that an earlier run undid before it was killed counts too: so all that is not recorded is looked at.
    listed = list(_listed(scripts))
    managed = {relation for key, step in listed if key in recorded for relation in step.relations}
    undone = {relation for key, step in listed if key not in recorded for relation in step.relations}
    ledger.write(connection, [ledger.forget_left(sorted(undone - managed))])


def _listed(scripts: ScriptDirectory) -> Iterator[tuple[tuple[str, str], Step]]:
    """Yield the steps of a project's revisions and of ttdb's, each with what its line in the ledger is under."""
    own = {item.revision: item for item in (*directory().walk_revisions(), *scripts.walk_revisions())}
    for revision, item in own.items():
        for step in steps(item) if has_steps(item) else ():
            yield (revision, step.name), step
