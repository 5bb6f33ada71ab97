"""The step ledger: which steps of which revision were done or found, what they replaced, how what they made looks."""

import json
import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.rows import TupleRow

from ttdb.migrate.step import Step
from ttdb.postgres.connect import Connection, each, scalar

VOUCHED = "backup"  # stands for a revision in the lines that say what backup an upgrade or a downgrade could rely on


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


@dataclass(frozen=True, slots=True)
class Parts:
    """Which parts of the record stand: the first revision makes them one after the other."""

    ledger: bool
    managed_objects: bool
    definitions_of: bool
    definitions_of_functions: bool

    @property
    def complete(self) -> bool:
        """Tell whether all stand: an upgrade takes none away again."""
        return self.ledger and self.managed_objects and self.definitions_of and self.definitions_of_functions


Definitions = dict[tuple[str, str], str]
FOUND = "found "  # before the kind of what hung on a table already when ttdb put the first of its own there
_OWN = ("audit.", "masked.", "ttdb.")  # schemas in which nothing was before
HANGING = frozenset({"policy", "rule", "trigger"})
_TABLE = re.compile(r'(?:"(?:[^"]|"")+"|[^."]+)\.(?:"(?:[^"]|"")+"|[^."]+)')


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


def entry_of(connection: Connection, revision: str, step: str) -> Entry | None:
    """Return one step's entry, in a database that has a ledger."""
    row = connection.execute(
        "select outcome, replaced, digest from ttdb.ledger where revision = %s and step = %s", (revision, step)
    ).fetchone()
    return Entry(*row) if row else None


def parts(connection: Connection) -> Parts:
    """Return which parts of the record stand."""
    row = connection.execute(
        "select pg_catalog.to_regclass('ttdb.ledger') is not null,"
        " pg_catalog.to_regclass('ttdb.managed_objects') is not null,"
        " pg_catalog.to_regprocedure('ttdb.definitions_of(regclass[])') is not null,"
        " pg_catalog.to_regprocedure('ttdb.definitions_of_functions(regprocedure[])') is not null"
    ).fetchone()
    return Parts(*row or (False, False, False, False))


def progress(connection: Connection, revision: str, step: str) -> dict[str, Any] | None:
    """Return how far a step that runs in batches has come, or None where it has not begun."""
    found: dict[str, Any] | None = scalar(
        connection, "select progress from ttdb.ledger where revision = %s and step = %s", (revision, step)
    )
    return found


def set_progress(connection: Connection, revision: str, step: str, state: str) -> None:
    """Record how far a step has come, as JSON, in the transaction of its batch."""
    connection.execute(
        "update ttdb.ledger set progress = %s::jsonb where revision = %s and step = %s", (state, revision, step)
    )


def vouch(connection: Connection, what: str, facts: str) -> None:
    """Record, as JSON, what backup there was when the login began to change live data."""
    connection.execute(
        "insert into ttdb.ledger (revision, step, outcome, progress) values (%s, %s, 'done', %s::jsonb)",
        (VOUCHED, what, facts),
    )


def declare(connection: Connection, revision: str, step: str, facts: str) -> None:
    """Record, as JSON, what somebody declared before the steps that stand under this revision."""
    connection.execute(
        "insert into ttdb.ledger (revision, step, outcome, progress) values (%s, %s, 'done', %s::jsonb)",
        (revision, step, facts),
    )


def describing(standing: Parts, step: Step) -> list[sql.Composed]:
    """Return the queries of how the server describes what a step may change, to be read by ``described()``.

    Before the engine's own describing functions exist, there are none.
    """
    queries = []
    if step.relations and standing.definitions_of:
        queries.append(_OF_RELATIONS.format(sql.Literal(list(step.relations))))
    if step.functions and standing.definitions_of_functions:
        queries.append(_OF_FUNCTIONS.format(sql.Literal(list(step.functions))))
    return queries


def described(answers: Iterable[Sequence[TupleRow]]) -> Definitions:
    """Return the definitions that the queries of ``describing()`` were answered with."""
    return {(kind, identity): definition for rows in answers for kind, identity, definition in rows}


def note(revision: str, step: str, before: Definitions) -> sql.Composed:
    """Return the statement that notes with a step that has begun what stood before, and is not managed.

    After a kill that tells it from what the step had made by then.
    """
    listed = json.dumps([(*key, text) for key, text in before.items()])
    return _NOTE.format(*map(sql.Literal, (listed, revision, step)))


def note_undoing(revision: str, step: str) -> sql.Composed:
    """Return the statement that notes with a step that has begun that it is being undone.

    What it had made is managed until that is at its end: nothing else that stands after a kill is its own.
    """
    return _NOTE_UNDOING.format(sql.Literal(revision), sql.Literal(step))


def stood_before(connection: Connection, revision: str, step: str, found: Definitions) -> Definitions:
    """Return the definitions before a step that was killed, of those that are found now.

    What is managed is as it is: where it differs, that is drift. The rest is what was noted, or all where it was being
    undone. Where nothing was noted, it was an earlier ttdb: if on the way back, what the step had made is managed.
    """
    state = progress(connection, revision, step) or {}
    if state.get("undoing"):
        return found
    rows = connection.execute(
        "select kind, identity, (revision, step) = (%s, %s) and not pg_catalog.starts_with(kind, %s)"
        " from ttdb.managed_objects",
        (revision, step, FOUND),
    ).fetchall()
    known = {(kind, identity) for kind, identity, _own in rows}
    standing = {key: text for key, text in found.items() if key in known}
    noted = state.get("before")
    if noted is not None:
        return {(kind, identity): text for kind, identity, text in noted} | standing
    been_done = any(own for _kind, _identity, own in rows)
    return found if been_done else standing


def table_of(identity: str) -> str:
    """Return the table that a part is of: public.orders of public.orders.select_own_tenant."""
    found = _TABLE.match(identity)
    return found[0] if found else identity


def settled(connection: Connection) -> frozenset[str]:
    """Return the tables that a revision has put policies or triggers on, and not taken them off again."""
    rows = connection.execute(
        "select m.identity from ttdb.managed_objects as m"
        " inner join ttdb.ledger as l on l.revision = m.revision and l.step = m.step"
        " where m.kind in ('policy', 'trigger')"
    )
    return frozenset(table_of(identity) for (identity,) in rows)


def tables_given(before: Definitions, after: Definitions) -> frozenset[str]:
    """Return the tables that a step put policies or triggers on."""
    return frozenset(
        table_of(identity)
        for (kind, identity), text in after.items()
        if kind in ("policy", "trigger") and before.get((kind, identity)) != text
    )


def found(
    revision: str, step: str, before: Definitions, after: Definitions, settled: AbstractSet[str]
) -> list[sql.Composed]:
    """Return the statement that remembers what hung on tables before ttdb came, and hangs there still."""
    stood = [
        (FOUND + kind, identity, text)
        for (kind, identity), text in before.items()
        if kind in HANGING and after.get((kind, identity)) == text and table_of(identity) not in settled
        if not identity.startswith(_OWN)
    ]
    return [_MANAGE.format(*map(sql.Literal, (json.dumps(stood), revision, step)))] if stood else []


def add(revision: str, step: str, entry: Entry) -> sql.Composed:
    """Return the statement that records a step."""
    return _ADD.format(*map(sql.Literal, (revision, step, entry.outcome, entry.replaced, entry.digest)))


def remove(revision: str, step: str) -> sql.Composed:
    """Return the statement that forgets a step which was undone."""
    return _REMOVE.format(sql.Literal(revision), sql.Literal(step))


def manage(revision: str, step: str, before: Definitions, after: Definitions) -> list[sql.Composed]:
    """Return the statements that remember, of what a step touched, how it must look now, and forget what is no more."""
    changed = [(*key, text) for key, text in after.items() if before.get(key) != text]
    gone = [key for key in before if key not in after]
    statements = []
    if changed:
        statements.append(_MANAGE.format(sql.Literal(json.dumps(changed)), sql.Literal(revision), sql.Literal(step)))
    if gone:
        statements.append(_FORGET.format(sql.Literal(json.dumps(gone))))
    return statements


def forget_left(relations: Sequence[str]) -> sql.Composed:
    """Return the statement that forgets, of these tables, what steps that were undone left or restored.

    A table of which a row is some recorded step's stays as it is.
    """
    return _FORGET_LEFT.format(sql.Literal(list(relations)))


def has_left(connection: Connection) -> bool:
    """Tell whether something is remembered of a step that is not recorded: it was undone."""
    return scalar(connection, _HAS_LEFT) is True


def write(connection: Connection, statements: Sequence[sql.Composable]) -> None:
    """Run statements of the record, all in one go."""
    if statements:
        each(connection, *statements)


_OF_RELATIONS = sql.SQL(
    "select kind, identity, definition from ttdb.definitions_of(array("
    "select c::pg_catalog.regclass from (select pg_catalog.to_regclass(name)"
    " from pg_catalog.unnest({}::text[]) as name) as t (c) where c is not null))"
)
_OF_FUNCTIONS = sql.SQL(
    "select kind, identity, definition from ttdb.definitions_of_functions(array("
    "select f::pg_catalog.regprocedure from (select pg_catalog.to_regprocedure(name)"
    " from pg_catalog.unnest({}::text[]) as name) as t (f) where f is not null))"
)
_ADD = sql.SQL(
    "insert into ttdb.ledger as l (revision, step, outcome, replaced, digest) values ({}, {}, {}, {}, {})"
    " on conflict (revision, step) do update set outcome = excluded.outcome, digest = excluded.digest,"
    " progress = case when excluded.outcome = 'begun' then l.progress"
    " else nullif(l.progress - 'before' - 'undoing', '{{}}') end,"
    " recorded_at = pg_catalog.clock_timestamp()"
)
_NOTE = sql.SQL(
    "update ttdb.ledger as l set progress = pg_catalog.jsonb_build_object('before', ("
    "select coalesce(pg_catalog.jsonb_agg(b), '[]') from pg_catalog.jsonb_array_elements({}) as b"
    " where not exists ("
    "select from ttdb.managed_objects as m where m.kind = b ->> 0 and m.identity = b ->> 1)))"
    " where l.revision = {} and l.step = {}"
)
_NOTE_UNDOING = sql.SQL(
    "update ttdb.ledger set progress = pg_catalog.jsonb_build_object('undoing', true) where revision = {} and step = {}"
)
_REMOVE = sql.SQL("delete from ttdb.ledger where revision = {} and step = {}")
_MANAGE = sql.SQL(
    "insert into ttdb.managed_objects (kind, identity, definition, revision, step)"
    " select m ->> 0, m ->> 1, m ->> 2, {1}, {2} from pg_catalog.json_array_elements({0}) as m"
    " on conflict (kind, identity) do update"
    " set definition = excluded.definition, revision = excluded.revision, step = excluded.step"
)
_FORGET = sql.SQL(
    "delete from ttdb.managed_objects where (kind, identity) in"
    " (select p.word || (m ->> 0), m ->> 1 from pg_catalog.json_array_elements({}) as m"
    " cross join (values (''), ('found ')) as p (word))"
)
_HAS_LEFT = sql.SQL(
    "select exists (select from ttdb.managed_objects as m where not exists ("
    "select from ttdb.ledger as l where l.revision = m.revision and l.step = m.step))"
)
_FORGET_LEFT = sql.SQL(
    "delete from ttdb.managed_objects as m using pg_catalog.unnest({}::text[]) as t (name)"
    " where (m.identity = t.name or pg_catalog.starts_with(m.identity, t.name || '.')"
    " or (m.kind = 'index' and pg_catalog.substring(m.definition, ' ON (?:ONLY )?(.+?) USING ') = t.name))"
    # An index is named without its table: one of a recorded step is not among what the following looks for.
    " and not exists (select from ttdb.ledger as l where l.revision = m.revision and l.step = m.step)"
    " and not exists (select from ttdb.managed_objects as o"
    " inner join ttdb.ledger as l on l.revision = o.revision and l.step = o.step"
    " where (o.identity = t.name or pg_catalog.starts_with(o.identity, t.name || '.')))"
)
