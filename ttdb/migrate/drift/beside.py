"""What hangs on tables that no reference has: an upgrade's record says what it made there, and what it found."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ttdb.migrate.drift.compare import as_of
from ttdb.migrate.drift.facts import Fact, Facts, Key
from ttdb.migrate.ledger import FOUND, HANGING, table_of
from ttdb.model.migration import Drift
from ttdb.postgres.connect import Connection

_PROTECTION = frozenset({"policy", "trigger", "rls", "view"})
_BOUND = re.compile(r" (?:FOR VALUES .*|DEFAULT)$", re.DOTALL)
_STATE = re.compile(r" \((?:disabled|replica|always)\)$")


@dataclass(frozen=True, slots=True)
class Record:
    """What upgrades recorded of the steps that made something, and of policies, rules and triggers."""

    tables: frozenset[str] = frozenset()  # that a revision protects
    made: frozenset[Key] = frozenset()
    found: Mapping[Key, str] = field(default_factory=dict)  # and how it was
    steps: frozenset[tuple[str, str]] = frozenset()  # by revision and name


def record_of(connection: Connection) -> Record:
    """Return what the upgrades of this database recorded."""
    rows = connection.execute("select kind, identity, definition, revision, step from ttdb.managed_objects").fetchall()
    return Record(
        frozenset(table_of(identity) for kind, identity, *_ in rows if kind in _PROTECTION),
        frozenset((kind, identity) for kind, identity, *_ in rows if kind in HANGING),
        {(kind.removeprefix(FOUND), identity): text for kind, identity, text, *_ in rows if kind.startswith(FOUND)},
        frozenset((revision, step) for *_, revision, step in rows),
    )


def hung_beside(expected: Facts, present: Facts, record: Record) -> Iterator[Drift]:
    """Yield what neither reference nor record has: added to a table that is protected, else nobody's to judge."""
    for key, fact in present.items():
        if fact.kind not in HANGING or key in expected or key in record.made or _of_its_table(fact, present):
            continue
        protected = fact.object in record.tables or _parent(fact, present) in record.tables
        was = record.found.get(key)
        if was is None:
            state, mend = ("added", fact.unmake or "") if protected else ("unknown", "")
            yield Drift(state, *key, None, fact.definition, mend)
        elif protected and _plain(was) != _plain(fact.definition):
            yield Drift("changed", *key, _plain(was), _plain(fact.definition), _put_back(fact, was))


def _of_its_table(fact: Fact, present: Facts) -> bool:
    """Tell whether a partition has it because its table has."""
    parent = _parent(fact, present)
    if parent is None:
        return False
    copied = as_of(fact, fact.object, parent)
    model = present.get(copied.key)
    return model is not None and (fact.kind != "policy" or model.definition == copied.definition)


def _parent(fact: Fact, present: Facts) -> str | None:
    attached = present.get(("parent", fact.object))
    return _BOUND.sub("", attached.definition) if attached else None


def _plain(definition: str) -> str:
    """Return a definition without what the record and a fingerprint word in their own ways."""
    return _STATE.sub("", definition).removeprefix("as ").replace('"', "")


def _put_back(fact: Fact, was: str) -> str:
    plain = _STATE.sub("", was)
    if fact.kind != "policy":
        return f"{fact.unmake} {plain.removesuffix(';')};"
    return f"{fact.unmake} {(fact.make or '').removesuffix(fact.definition + ';')}as {plain};"
