"""What migrations say: steps, conflicts, drift, months, and the events on the way."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something in the database that stands in an upgrade's way."""

    object: str
    detail: str
    advice: str
    constraint: str | None = None  # that its rows break


@dataclass(frozen=True, slots=True)
class MissingPrivilege:
    """A privilege that an upgrade needs and the login lacks."""

    what: str
    grant: str  # SQL for an admin to run


@dataclass(frozen=True, slots=True)
class TableSize:
    """How big a table is, its indexes and partitions with it."""

    name: str
    bytes: int
    rows: int  # the planner's estimate


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step, and what an upgrade would make of it here."""

    revision: str
    step: str
    # recorded: in the ledger | holds: stands already | pending | conflict | waits | undo | keep: on the way down
    state: str
    role: str
    transaction: bool
    relations: tuple[str, ...]
    conflicts: tuple[Conflict, ...] = ()
    lock: str = ""
    work: str = ""  # what it does with rows that stand: catalog only | scan | build | rewrite | batches
    tables: tuple[TableSize, ...] = ()  # those that stand
    seconds: float = 0.0  # about how long, from sizes
    up: tuple[str, ...] = ()  # its SQL
    down: tuple[str, ...] = ()  # what undoes it
    waits_for: tuple[str, ...] = ()  # the tables in their expand stage that it is passed over for
    refuses_prepared: bool = False  # a prepared "select *" of its tables, once on each connection

    @property
    def due(self) -> bool:
        """Tell whether an upgrade would take it."""
        return self.state not in {"recorded", "waits"}


@dataclass(frozen=True, slots=True)
class TableStage:
    """Where a table stands that was found in another shape, and what is known of who uses its old columns."""

    table: str
    # expanded: both shapes are served | opened: and the plan's words may be written | contracting: begun | contracted
    # | going back: into the expand stage
    stage: str
    columns: tuple[str, ...]  # of the services' own, which go, or went aside
    waiting: int  # steps that wait for it
    impossible: str  # why it cannot be contracted yet
    uses: tuple[str, ...] = ()  # what was seen using them
    unseen: tuple[str, ...] = ()  # what could not be looked at


@dataclass(frozen=True, slots=True)
class Weakened:
    """One registration that protects less than the revision that made it left it, or is gone."""

    detail: str
    mend: str  # the SQL that restores it


@dataclass(frozen=True, slots=True)
class Status:
    """Where a database stands."""

    target: str
    heads: tuple[str, ...]  # revisions the database records
    newest: tuple[str, ...]  # revisions that this ttdb has
    pending: tuple[tuple[str, int], ...]  # revision, number of its steps still to run
    conflicts: tuple[Conflict, ...]
    missing: tuple[MissingPrivilege, ...]
    lock_holders: tuple[str, ...]  # sessions with locks on tables
    next_command: str
    waiting: tuple[PlannedStep, ...] = ()  # passed over until tables are contracted
    stages: tuple[TableStage, ...] = ()  # of the tables that were found in another shape
    set_aside: int = 0  # indexes, foreign keys and tables' rows that a bulk load has not put back
    weakened: tuple[Weakened, ...] = ()  # registrations that are gone, or protect less than their revision left them


@dataclass(frozen=True, slots=True)
class Drift:
    """One managed thing that is not as the database's revision makes it, or an object that nobody manages."""

    state: str  # missing | changed | added: on a managed object | unknown: an object of its own
    kind: str
    identity: str
    expected: str | None
    found: str | None
    mend: str  # SQL, or a comment that says what to do


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What a look for drift found."""

    heads: tuple[str, ...]  # the revisions claimed
    facts: int  # how many things were looked at
    drifted: tuple[Drift, ...]
    unknown: tuple[Drift, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened while a command ran; ``facts`` are JSON values."""

    # target | bootstrap | step | retry | waiting | terminated | progress | violations | downgrade | month | finished
    kind: str
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Month:
    """A partition of a table that is kept in months, a retired month, or what waits in DEFAULT for one."""

    table: str
    leaf: str
    state: str  # attached | default | waiting: rows in DEFAULT | retired | other: attached, and no month
    month: date | None  # None for DEFAULT, other, and for what waits with a time that no month can be made for
    rows: int | None  # the planner's estimate, None before the first ANALYZE; of waiting ones counted
    bytes: int | None


@dataclass(frozen=True, slots=True)
class RetirableMonth:
    """A month, and whether it is past its table's retention."""

    table: str
    leaf: str
    month: date
    retention: str
    may_go: bool
    may_go_from: str  # a date; the last months may go in years that Python has no dates for


@dataclass(frozen=True, slots=True)
class MissingMonth:
    """A month that no partition of its table holds."""

    table: str
    month: date
    retired: bool  # it stands by itself, and is attached again instead of made

    @property
    def outcome(self) -> str:
        """Return what becomes of it."""
        return "attached again" if self.retired else "made"


OnEvent = Callable[[Event], None]


def silent(_event: Event) -> None:
    """Tell nobody."""
