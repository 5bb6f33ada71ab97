"""Look for drift: fingerprint a database, make a reference at its revision, compare."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from alembic.script import Script, ScriptDirectory
from psycopg import sql

from ttdb.config import Settings
from ttdb.errors import UsageError
from ttdb.migrate import ledger, script
from ttdb.migrate.contracted import contractions
from ttdb.migrate.drift.beside import hung_beside, record_of
from ttdb.migrate.drift.compare import Given, compare
from ttdb.migrate.drift.facts import Fact, Facts, definitions_recorded, read
from ttdb.migrate.drift.lost import lost_steps
from ttdb.migrate.drift.once import told_once
from ttdb.migrate.drift.stage import changed_since_recorded, stage_of
from ttdb.migrate.foreign import of_others
from ttdb.migrate.session import reading
from ttdb.migrate.step import CONTRACT
from ttdb.migrate.upgrade import upgrade
from ttdb.model.migration import DriftReport, Event, OnEvent, silent
from ttdb.postgres.connect import Connection, connect, scalar
from ttdb.postgres.throwaway import in_memory, throwaway
from ttdb.postgres.url import Url

_MAJOR = 10000


def drift(url: Url, settings: Settings, on_event: OnEvent, *, say: Callable[[str], None]) -> DriftReport:
    """Compare a database's managed objects with what its revision makes in a throwaway; changes nothing.

    Args:
        url: the database.
        settings: where throwaway servers come from.
        on_event: told which database is looked at.
        say: told what is being done.

    Raises:
        UsageError: the database is at no revision.
        ThrowawayFailed: no server could be started for the reference.

    """
    scripts = script.directory()
    with reading(url, on_event, application="ttdb drift") as connection:
        heads = script.applied(connection, scripts)
        if not heads:
            message = f"database {connection.info.dbname} is at no revision"
            raise UsageError(message, 'Drift is counted from what ttdb made: run "ttdb upgrade" first.')
        present, before = _of_ttdb(read(connection), scripts), _stood_before(connection)
        name, major = connection.info.dbname, connection.info.server_version // _MAJOR
        recorded = definitions_recorded(connection)
        applied = script.down_path(scripts, heads, "base")
        stage = stage_of(connection, applied)
        changed = changed_since_recorded(connection, stage)
        record = record_of(connection, _standing(connection, applied))
    if stage.tables:
        say(f"tables in their expand stage are read from the upgrade's record: {', '.join(sorted(stage.tables))}")
    if stage.contracted:
        say("tables that are contracted are worded as the upgrade recorded them")
    with reference(settings, name, heads, say=say) as (facts, other):
        same = other == major
        expected = facts if same else worded(facts, recorded)
    if not same:
        say(
            f"the reference was PostgreSQL {other}, not {major}: functions and views are read from the upgrade's record"
        )
    wanted = stage.without(expected)
    compared = compare(*stage.worded(wanted, stage.without(present)), Given(stood_before=before))
    found = told_once(changed, compared)
    told = {(item.kind, item.identity) for item in (*changed, *compared)}
    more = [*hung_beside(wanted, present, record), *lost_steps(applied, present, record)]
    found += [item for item in more if (item.kind, item.identity) not in told]
    return DriftReport(
        heads=heads,
        facts=len(present),
        drifted=tuple(item for item in found if item.state != "unknown"),
        unknown=tuple(item for item in found if item.state == "unknown"),
    )


@contextmanager
def reference(
    settings: Settings, name: str, heads: tuple[str, ...], *, say: Callable[[str], None]
) -> Iterator[tuple[Facts, int]]:
    """Return the facts of a throwaway database at these revisions, and its server's major version."""
    with throwaway(in_memory(settings), on_talk=say) as server:
        url = server.url.with_parts(dbname=name)
        with connect(server.url, application="ttdb drift") as admin:
            if not scalar(admin, "select exists (select from pg_catalog.pg_database where datname = %s)", (name,)):
                admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        for head in heads:
            say(f"making the reference: {head}")
            upgrade(url, settings, head, _Progress(say))
        with reading(url, silent, application="ttdb drift") as connection:
            yield read(connection), connection.info.server_version // _MAJOR


def worded(expected: Facts, recorded: dict[tuple[str, str], str]) -> Facts:
    """Return the facts with functions and views as this database's own server words them."""
    changed = dict(expected)
    for key, definition in recorded.items():
        if key in expected:
            fact = expected[key]
            make = definition + ";" if fact.kind == "function" else fact.make
            changed[key] = type(fact)(*fact.key, fact.object, definition, make, fact.unmake)
    return changed


def _of_ttdb(facts: Facts, scripts: ScriptDirectory) -> Facts:
    """Return the facts without the lines of a project of its own, whose revisions use the engine's steps."""
    lines = {key: _revision(fact) for key, fact in facts.items() if fact.kind == "step"}
    others = of_others(set(lines.values()), scripts)
    return {key: fact for key, fact in facts.items() if lines.get(key) not in others}


def _revision(line: Fact) -> str:
    return line.identity if line.identity.startswith(CONTRACT) else line.identity.split(" ", 1)[0]


def _standing(connection: Connection, applied: Sequence[Script]) -> frozenset[str]:
    """Return what manages objects: revisions that are applied, and those of others of which a step is recorded."""
    own = {str(item.revision) for item in applied} | {item.revision for item in contractions(applied).values()}
    return frozenset(own | {revision for revision, _step in ledger.read(connection)})


def _stood_before(connection: Connection) -> frozenset[str]:
    """Return the tables that an upgrade found: what more they have is their owner's business."""
    outcomes = ledger.read(connection)
    return frozenset(
        relation
        for item in script.directory().walk_revisions()
        for step in script.steps(item)
        if (entry := outcomes.get((item.revision, step.name))) and entry.outcome == "found"
        for relation in step.relations
    )


class _Progress:
    """Says which revision the reference has come to."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._revision: object = None

    def __call__(self, event: Event) -> None:
        revision = event.facts.get("revision")
        if event.kind == "step" and revision != self._revision:
            self._revision = revision
            self._say(f"making the reference: {revision}")
