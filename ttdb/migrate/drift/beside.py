"""What hangs on tables that no reference has: an upgrade's record says what it made there, and what it found."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from ttdb.migrate.drift.compare import as_of, parent_of
from ttdb.migrate.drift.facts import Fact, Facts, Key
from ttdb.migrate.drift.mend import mend_of
from ttdb.migrate.ledger import FOUND, HANGING, table_of
from ttdb.model.migration import Drift
from ttdb.postgres.connect import Connection

_PROTECTION = frozenset({"policy", "trigger", "rls", "view"})
_STATES = {"disable": " (disabled)", "enable replica": " (replica)", "enable always": " (always)"}


@dataclass(frozen=True, slots=True)
class Record:
    """What upgrades recorded of the steps that made something, and of policies, rules and triggers."""

    tables: frozenset[str] = frozenset()  # that a revision protects
    made: frozenset[Key] = frozenset()
    found: Mapping[Key, str] = field(default_factory=dict)  # and how it was
    steps: frozenset[tuple[str, str]] = frozenset()  # by revision and name
    about: frozenset[tuple[str, str]] = frozenset()  # what of them is left: by revision and table


def record_of(connection: Connection, applied: Collection[str]) -> Record:
    """Return what the upgrades of this database recorded; a revision that is not applied protects no table any more."""
    rows = connection.execute("select kind, identity, definition, revision, step from ttdb.managed_objects").fetchall()
    return Record(
        frozenset(
            table_of(identity) for kind, identity, _, revision, _ in rows if kind in _PROTECTION and revision in applied
        ),
        frozenset((kind, identity) for kind, identity, *_ in rows if kind in HANGING),
        {(kind.removeprefix(FOUND), identity): text for kind, identity, text, *_ in rows if kind.startswith(FOUND)},
        frozenset((revision, step) for *_, revision, step in rows),
        frozenset((revision, table_of(identity)) for _, identity, _, revision, _ in rows),
    )


def hung_beside(expected: Facts, present: Facts, record: Record) -> Iterator[Drift]:
    """Yield what neither reference nor record has: added to a table that is protected, else nobody's to judge."""
    for key, fact in present.items():
        if fact.kind not in HANGING or key in expected or key in record.made or _of_its_table(fact, present):
            continue
        protected = fact.object in record.tables or parent_of(fact, present) in record.tables
        was = record.found.get(key)
        if was is None:
            state, mend = ("added", fact.unmake or "") if protected else ("unknown", "")
            yield Drift(state, *key, None, fact.definition, mend)
        elif protected and not _same(fact.kind, was, now := _in_the_record_s_words(fact, present)):
            yield Drift("changed", *key, was, now, mend_of(*key, was, now))


def _of_its_table(fact: Fact, present: Facts) -> bool:
    """Tell whether a partition has it because its table has."""
    parent = parent_of(fact, present)
    if parent is None:
        return False
    copied = as_of(fact, fact.object, parent)
    model = present.get(copied.key)
    return model is not None and (fact.kind != "policy" or model.definition == copied.definition)


def _in_the_record_s_words(fact: Fact, present: Facts) -> str:
    state = present.get(("trigger state", fact.identity)) if fact.kind == "trigger" else None
    return fact.definition.removeprefix("as ") + (_STATES.get(state.definition, "") if state else "")


def _same(kind: str, was: str, now: str) -> bool:
    """Tell whether it is as it was; of a policy's roles, the record quotes none."""
    return was == now or (kind == "policy" and was.replace('"', "") == now.replace('"', ""))
