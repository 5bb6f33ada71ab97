"""One step of a revision: a short transaction, or none, that says what must hold afterwards."""

import hashlib
from dataclasses import dataclass

CONTRACT = "contract "  # before the table, it stands for a revision in the lines of the ledger that are about its end
REASON, SINCE = "broken_constraint", "quarantined_at"  # what a quarantine has beside the columns of its table


@dataclass(frozen=True, slots=True)
class Backfill:
    """What a step fills in batches, in terms of the row ``t``."""

    relation: str
    assignments: str
    where: str
    into: str | None = None  # the quarantine that the rows are moved to, instead of being changed
    reason: str = ""  # what is noted with them there
    kept: str | None = None  # the table that what rows held is noted in, with the reason, for the way back


@dataclass(frozen=True, slots=True)
class Written:
    """SQL that somebody wrote into a file, as a statement that the server can read without running it."""

    what: str  # of the table, in words: its rule so-and-so
    statement: str
    advice: str
    given: str  # a column that a step before it adds
    later: str = ""  # the statement as it is once that column stands


def few(statement: str, leaves: int | None = None) -> str:
    """Return a part of a copying that makes or drops so many partitions at a time; None: all."""
    return statement.replace("{leaves}", "null" if leaves is None else str(leaves))  # other braces are of arrays


@dataclass(frozen=True, slots=True)
class Copying:
    """How a table's rows come to lie in other partitions; each part bears being run again after a kill.

    ``begin`` and ``end`` run until they return true, each time a short transaction of the owner's, as is ``finish``.
    ``batch`` runs until it returns fewer rows than it was asked for, as whoever sees every row.
    """

    relation: str
    begin: str  # with {leaves} for how many partitions it may make
    batch: str  # with {rows} for how many it may copy
    finish: str
    end: str  # with {leaves} for how many partitions it may drop

    @property
    def statements(self) -> tuple[str, ...]:
        """Return what an empty table takes."""
        batch = self.batch.format(rows=1000)
        return few(self.begin), batch, batch, self.finish, few(self.end)


@dataclass(frozen=True, slots=True)
class Contraction:
    """How a table leaves its expand stage, once services write the wanted columns alone."""

    relation: str
    columns: tuple[str, ...]  # of the services' own, which go
    steps: tuple["Step", ...]
    computed: tuple[str, ...] = ()  # wanted columns that a trigger goes on computing: to generate them is a rewrite
    opening: tuple["Step", ...] = ()  # the first of them, which let services write the wanted words beforehand
    impossible: str = ""  # why it cannot be yet

    @property
    def revision(self) -> str:
        """Return what stands for a revision in the lines of the ledger that are about it."""
        return f"{CONTRACT}{self.relation}"

    @property
    def retiring(self) -> int:
        """Return the place of the step by which services lose their columns."""
        return next(place for place, step in enumerate(self.steps) if step.name.startswith("retire-"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change, and how to tell that it stands.

    All SQL is literal, without parameters: the same text runs online and is printed by ``--sql``.
    """

    name: str  # unique within its revision, in kebab-case
    up: tuple[str, ...]  # statements; without a transaction each runs on its own, and must bear being run again
    down: tuple[str, ...]  # undo ``up`` where the ledger says that it was done, not found
    holds: str  # one select that returns one boolean: what must hold afterwards
    always: bool = (
        False  # True to apply even where it holds: CREATE OR REPLACE of an object that stands in an older form
    )
    looks: bool = False  # True of one that changes nothing: what stops it is asked before an upgrade, whatever holds
    replaced: str | None = None  # one select of the SQL that restores the definition about to be replaced
    conflicts: str | None = None  # one select of (object, detail, advice) rows, run before an upgrade's first change
    bound: str | None = None  # one select of (object, detail, advice) rows that forbid to undo it, asked beforehand
    loses: str | None = None  # one select of sentences: what the shape before this step cannot hold
    relations: tuple[str, ...] = ()  # tables and views whose definitions the step may change, schema-qualified
    functions: tuple[
        str, ...
    ] = ()  # those whose definitions it may change, with argument types: ttdb.protect(regclass)
    role: str = "ttdb_owner"  # the group role that the step runs as
    transaction: bool = True  # False for CREATE INDEX CONCURRENTLY and its like
    offenders: str | None = None  # one select of the keys of rows that make the step impossible
    reads: tuple[str, ...] = ()  # further tables that it asks
    choices: str = ""  # what can be done about them, where that is more than what holds of any constraint
    written: tuple[Written, ...] = ()  # read before an upgrade's first change
    mends_offenders: bool = False  # True where steps before it settle them: they stop nothing beforehand
    backfill: Backfill | None = None  # what runs in batches instead of ``up``, without a transaction
    copying: Copying | None = None  # what runs in batches instead of ``up``, without a transaction
    copying_back: Copying | None = None  # and instead of ``down``
    filters_rows: bool = False  # True to run with row_security on: steps that go through policies on purpose
    prepares: str | None = None  # the step of its revision that it readies a standing table for; see ``needed``
    needed: str | None = None  # one select of one boolean: whether there is anything to do; else it is passed over
    stands: tuple[str, ...] = ()  # tables without any of which it is passed over, as where it is not ``needed``
    settles: tuple[str, ...] = ()  # steps of its revision whose conflicts it takes away before they run
    remade_for: str = ""  # the step of its revision that needs what it makes: before that one, made again if gone
    expands: str | None = None  # the table whose expand stage begins with it
    waits_for: tuple[str, ...] = ()  # tables of which none may be in its expand stage; see ``needed``
    contraction: "Contraction | None" = None  # what ends the expand stage of the table that it makes

    def undone_by(self, replaced: str | None) -> tuple[str, ...]:
        """Return what undoes it: what it replaced, where that was recorded; without a transaction, after ``down``."""
        if not replaced:
            return self.down
        return (replaced,) if self.transaction else (*self.down, replaced)

    @property
    def digest(self) -> str:
        """Return the SHA-256 of what ``up`` runs, as 64 hex digits."""
        return hashlib.sha256("\n".join(self.up).encode()).hexdigest()
