"""Measure what steps do: which locks they hold on what stood before, what they write anew, how long they take."""

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import psycopg

from ttdb.model.migration import Event, OnEvent
from ttdb.postgres.connect import PLAIN, connect
from ttdb.postgres.url import Url
from ttdb.workflows.rehearse.model import Lock, MeasuredStep

_POLL_S = 0.05
STRENGTH = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)


class Observer:
    """Watches one database from a session of its own: what others have not committed does not stand for it.

    Locks are read at the end of each transaction of a step, when it still has all of them, and now and then between:
    what runs without a transaction is seen if it takes longer than a moment.
    """

    def __init__(self, url: Url, on_event: OnEvent) -> None:
        self._connection = connect(url, application="ttdb observer", settings=PLAIN | {"search_path": ""})
        self._on_event = on_event
        self._alone = threading.Lock()
        self._standing = self._relations()
        self._held: dict[str, str] = {}
        self._files = self._standing
        self.steps: list[MeasuredStep] = []

    def before_commit(self) -> None:
        """Look, at the end of a transaction."""
        with self._alone:
            for relation, mode in self._connection.execute(_LOCKS, (list(self._standing),)):
                word = mode_name(mode)
                if relation not in self._held or STRENGTH.index(word) > STRENGTH.index(self._held[relation]):
                    self._held[relation] = word

    def __call__(self, event: Event) -> None:
        """Receive what happened: the end of a step is the end of its locks."""
        if event.kind == "step":
            self.steps.append(self._ended(event))
        self._on_event(event)

    def close(self) -> None:
        """End the session."""
        self._connection.close()

    def _ended(self, event: Event) -> MeasuredStep:
        files = self._relations()
        rewritten = [
            name
            for oid, (name, file) in files.items()
            if oid in self._standing and oid in self._files and file != self._files[oid][1]
        ]
        self._files = files
        with self._alone:
            held, self._held = self._held, {}
        facts = event.facts
        return MeasuredStep(
            revision=str(facts["revision"]),
            step=str(facts["step"]),
            outcome=str(facts["outcome"]),
            seconds=float(str(facts["seconds"])),
            locks=tuple(Lock(name, mode) for name, mode in sorted(held.items())),
            rewritten=tuple(sorted(rewritten)),
        )

    def _relations(self) -> Mapping[int, tuple[str, int]]:
        """Return the tables and views that stand, each with the file that its rows are in."""
        with self._alone:
            rows = self._connection.execute(_RELATIONS).fetchall()
        return {oid: (name, file) for oid, name, file in rows}


@contextmanager
def observing(url: Url, on_event: OnEvent) -> Iterator[Observer]:
    """Watch a database, all the while."""
    observer = Observer(url, on_event)
    end = threading.Event()

    def poll() -> None:
        while not end.wait(_POLL_S):
            with suppress(psycopg.Error):  # what is wrong with the server, the migration's own session says
                observer.before_commit()

    thread = threading.Thread(target=poll, name="ttdb observer", daemon=True)
    thread.start()
    try:
        yield observer
    finally:
        end.set()
        thread.join()
        observer.close()


def mode_name(mode: str) -> str:
    """Return a lock's mode as people write it: AccessExclusiveLock is ACCESS EXCLUSIVE."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", mode.removesuffix("Lock")).upper()


_LOCKS = """\
select l.relation::pg_catalog.regclass::text, l.mode
from pg_catalog.pg_locks as l
inner join pg_catalog.pg_stat_activity as a on a.pid = l.pid and a.backend_type = 'client backend'
where l.locktype = 'relation' and l.granted and l.mode <> 'AccessShareLock'
    and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
    and l.relation::bigint = any(%s::bigint[])
    and l.pid <> pg_catalog.pg_backend_pid()
"""
# The record that every step writes into is nobody else's.
_RELATIONS = """\
select c.oid::bigint, c.oid::pg_catalog.regclass::text, c.relfilenode::bigint
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'm', 'v')
    and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'ttdb_bootstrap')
    and (n.nspname, c.relname) not in (('ttdb', 'ledger'), ('ttdb', 'managed_objects'), ('public', 'alembic_version'))
"""
