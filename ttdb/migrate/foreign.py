"""Projects of their own, whose revisions use the engine's steps: what of the ledger is theirs, whose database it is."""

from collections.abc import Collection

from alembic.script import ScriptDirectory

from ttdb.migrate import ledger
from ttdb.migrate.preflight import recorded_of
from ttdb.migrate.script import steps
from ttdb.migrate.step import CONTRACT
from ttdb.postgres.connect import Connection, scalar


def of_others(revisions: Collection[str], scripts: ScriptDirectory) -> set[str]:
    """Return those that are not ttdb's, of what stands for a revision in lines of the ledger."""
    own = {ledger.VOUCHED, *(item.revision for item in scripts.walk_revisions())}
    return {name for name in revisions if name not in own and not name.startswith(CONTRACT)}


def is_of_others(connection: Connection, scripts: ScriptDirectory) -> bool:
    """Tell whether the platform is to stay out: another project's steps ran here, and it is not."""
    revisions = {revision for revision, _step in recorded_of(connection)}
    if not of_others(revisions, scripts):
        return False
    platform = [item for item in scripts.walk_revisions() if "platform" in item.branch_labels]
    if revisions & {item.revision for item in platform}:
        return False
    tables = {step.expands for item in platform for step in steps(item) if step.expands}
    return not _stand(connection, tables)


def _stand(connection: Connection, tables: Collection[str]) -> bool:
    # By name: to_regclass() is an error for a login that may not use the schema.
    found = scalar(
        connection,
        "select pg_catalog.count(*) from pg_catalog.pg_class as c"
        " inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
        " where pg_catalog.format('%%s.%%s', n.nspname, c.relname) = any(%s) and c.relkind in ('r', 'p')",
        (sorted(tables),),
    )
    return bool(found == len(tables))
