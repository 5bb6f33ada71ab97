"""The step ledger: which steps of which revision were done or found, and what they replaced."""

from dataclasses import dataclass

from ttdb.postgres.connect import Connection, scalar


@dataclass(frozen=True, slots=True)
class Entry:
    """One step's line in the ledger."""

    outcome: str  # done | found | begun: a step without a transaction that is running, or was killed
    replaced: str | None  # the SQL that restores what the step replaced
    digest: str | None = None  # SHA-256 of the SQL that ran, 64 hex digits

    @property
    def finished(self) -> bool:
        """Tell whether the step came to its end."""
        return self.outcome != "begun"


Definitions = dict[tuple[str, str], str]


def exists(connection: Connection) -> bool:
    """Tell whether the database has a ledger: it comes with the first revision and goes with it."""
    # By name: to_regclass() is an error for a login that may not use the schema.
    return (
        scalar(
            connection,
            "select exists (select from pg_catalog.pg_class where relname = 'ledger'"
            " and relnamespace = (select oid from pg_catalog.pg_namespace where nspname = 'ttdb'))",
        )
        is True
    )


def read(connection: Connection) -> dict[tuple[str, str], Entry]:
    """Return every entry by (revision, step); empty without a ledger."""
    if not exists(connection):
        return {}
    rows = connection.execute("select revision, step, outcome, replaced, digest from ttdb.ledger order by recorded_at")
    return {(revision, step): Entry(*entry) for revision, step, *entry in rows}


def add(connection: Connection, revision: str, step: str, entry: Entry) -> None:
    """Record a step, where a ledger stands."""
    if exists(connection):
        connection.execute(
            "insert into ttdb.ledger (revision, step, outcome, replaced, digest) values (%s, %s, %s, %s, %s)"
            " on conflict (revision, step) do update set outcome = excluded.outcome, digest = excluded.digest,"
            " recorded_at = pg_catalog.clock_timestamp()",
            (revision, step, entry.outcome, entry.replaced, entry.digest),
        )


def remove(connection: Connection, revision: str, step: str) -> None:
    """Forget a step that was undone, where a ledger still stands."""
    if exists(connection):
        connection.execute("delete from ttdb.ledger where revision = %s and step = %s", (revision, step))


def definitions(connection: Connection, relations: tuple[str, ...], functions: tuple[str, ...]) -> Definitions:
    """Return how the server describes these tables and views, and these functions.

    Before the engine's own describing functions exist, that is nothing.
    """
    known: Definitions = {}
    if relations and _stands(connection, "ttdb.definitions_of(regclass[])"):
        rows = connection.execute(
            "select kind, identity, definition from ttdb.definitions_of(array("
            "select c::pg_catalog.regclass from (select pg_catalog.to_regclass(name)"
            " from pg_catalog.unnest(%s::text[]) as name) as t (c) where c is not null))",
            (list(relations),),
        )
        known |= {(kind, identity): definition for kind, identity, definition in rows}
    if functions and _stands(connection, "ttdb.definitions_of_functions(regprocedure[])"):
        rows = connection.execute(
            "select kind, identity, definition from ttdb.definitions_of_functions(array("
            "select f::pg_catalog.regprocedure from (select pg_catalog.to_regprocedure(name)"
            " from pg_catalog.unnest(%s::text[]) as name) as t (f) where f is not null))",
            (list(functions),),
        )
        known |= {(kind, identity): definition for kind, identity, definition in rows}
    return known


def managed(connection: Connection, found: Definitions) -> Definitions:
    """Return, of these definitions, those that the record of managed objects has."""
    rows = connection.execute("select kind, identity from ttdb.managed_objects")
    known = {(kind, identity) for kind, identity in rows}
    return {key: text for key, text in found.items() if key in known}


def manage(connection: Connection, revision: str, step: str, before: Definitions, after: Definitions) -> None:
    """Remember, of what a step touched, how it must look from now on; forget what is no more."""
    if scalar(connection, "select pg_catalog.to_regclass('ttdb.managed_objects') is not null") is not True:
        return
    changed = [(kind, name, text) for (kind, name), text in after.items() if before.get((kind, name)) != text]
    gone = [key for key in before if key not in after]
    with connection.cursor() as cursor:
        if changed:
            cursor.executemany(
                "insert into ttdb.managed_objects (kind, identity, definition, revision, step)"
                " values (%s, %s, %s, %s, %s) on conflict (kind, identity) do update"
                " set definition = excluded.definition, revision = excluded.revision, step = excluded.step",
                [(*change, revision, step) for change in changed],
            )
        if gone:
            cursor.executemany("delete from ttdb.managed_objects where kind = %s and identity = %s", gone)


def _stands(connection: Connection, function: str) -> bool:
    return scalar(connection, "select pg_catalog.to_regprocedure(%s) is not null", (function,)) is True
