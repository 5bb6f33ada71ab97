"""Which tables somebody means to take out of their expand stage, or back into it, and whether they can be."""

from collections.abc import Sequence

from alembic.script import Script

from ttdb.errors import UsageError
from ttdb.migrate import preflight, script
from ttdb.migrate.contracted import RETURNING, begun, contractions, refuse_without_retired
from ttdb.migrate.needed import Recorded, expanding
from ttdb.migrate.step import Contraction
from ttdb.postgres.connect import Connection


def standing_of(connection: Connection) -> list[Script]:
    """Return the revisions that the database has, the oldest first."""
    scripts = script.directory()
    return script.down_path(scripts, script.applied(connection, scripts), "base")[::-1]


def chosen_to_leave(
    connection: Connection, standing: Sequence[Script], recorded: Recorded, tables: Sequence[str]
) -> list[Contraction]:
    """Return the contractions of the tables that were named.

    Raises:
        UsageError: one of them has none, or cannot be contracted yet.

    """
    known, stage = contractions(standing), expanding(connection)
    chosen = _named(known, tables)
    for contraction in chosen:
        if contraction.relation not in stage and not has_begun(recorded, contraction):
            message = f"{contraction.relation} is not in its expand stage"
            raise UsageError(message, 'Run "ttdb contract" without a table: it lists those that are.')
        if (contraction.revision, RETURNING) in recorded:
            message = f"{contraction.relation} is on its way back into the expand stage, which was cut off"
            raise UsageError(message, f"End that first: ttdb contract {contraction.relation} --undo")
        if contraction.impossible:
            message = f"{contraction.relation} cannot leave its expand stage yet: {contraction.impossible}"
            raise UsageError(message, "Leave it out: it goes on serving both shapes.")
    if not any(has_begun(recorded, contraction) for contraction in known.values()) and preflight.unfinished(
        connection, standing
    ):
        raise UsageError("an upgrade of this database is unfinished", 'Run "ttdb upgrade" first.')
    return chosen


def chosen_to_return(
    connection: Connection, standing: Sequence[Script], recorded: Recorded, tables: Sequence[str]
) -> list[Contraction]:
    """Return the contractions to undo of the tables that were named.

    Raises:
        UsageError: one of them is not contracted, or was without what undoing it takes.

    """
    chosen = _named(contractions(standing), tables)
    for contraction in chosen:
        if contraction not in begun(recorded, {contraction.relation: contraction}):
            message = f"{contraction.relation} is not contracted in database {connection.info.dbname}"
            raise UsageError(message, 'Run "ttdb contract" without a table: it lists those that are.')
    refuse_without_retired(connection, chosen, recorded)
    return chosen


def _named(known: dict[str, Contraction], tables: Sequence[str]) -> list[Contraction]:
    found = []
    for name in dict.fromkeys(tables):
        full = name if "." in name else f"public.{name}"
        if full not in known:
            message = f"no revision of this database expands a table {full}"
            raise UsageError(message, 'Run "ttdb contract" without a table: it lists those that are expanded.')
        found.append(known[full])
    return [known[relation] for relation in known if known[relation] in found]


def has_begun(recorded: Recorded, contraction: Contraction) -> bool:
    """Tell whether a step of it is recorded."""
    return any(revision == contraction.revision for revision, _step in recorded)
