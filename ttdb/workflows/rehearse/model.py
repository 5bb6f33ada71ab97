"""What a rehearsal is asked for, and what it tells. Frozen, and free of behaviour."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ttdb.errors import UsageError
from ttdb.model.migration import Conflict, PlannedStep, TableSize
from ttdb.model.validation import ValidationReport, Verdict

_AMOUNT = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<percent>%?)")


class Data(StrEnum):
    """Which rows the copy has."""

    SAMPLE = "sample"
    FULL = "full"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Amount:
    """How many rows of each table a sample takes, before the parents of those come along."""

    rows: int | None = 1000
    percent: float | None = None  # of the table's rows, instead

    def __str__(self) -> str:
        return f"{self.rows} rows" if self.percent is None else f"{self.percent:g} %"

    @classmethod
    def parse(cls, text: str) -> "Amount":
        """Read a number of rows, as 1000, or a part of each table, as 5%.

        Raises:
            UsageError: it is neither.

        """
        found = _AMOUNT.fullmatch(text.replace(" ", ""))
        number = float(found["number"]) if found else 0.0
        if found and found["percent"] and 0 < number <= 100:  # noqa: PLR2004 - all of a table
            return cls(None, number)
        if found and not found["percent"] and number >= 1 and number == int(number):
            return cls(int(number))
        message = f'"{text}" is no amount of rows'
        raise UsageError(message, "Write --sample 1000 for rows of each table, or --sample 5% for a part of it.")


@dataclass(frozen=True, slots=True)
class Source:
    """The live database, as a rehearsal found it."""

    target: str
    version: str
    heads: tuple[str, ...]
    plan: tuple[PlannedStep, ...]  # of its way to head, with its own sizes


@dataclass(frozen=True, slots=True)
class Copy:
    """The copy that was rehearsed on."""

    server: str  # which throwaway, and why
    version: str
    data: Data
    sample: str | None  # how much of each table, of a sample
    rows: int
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that a step held on a table or view that stood before."""

    relation: str
    mode: str  # as ACCESS EXCLUSIVE


@dataclass(frozen=True, slots=True)
class MeasuredStep:
    """What a step took on the copy."""

    revision: str
    step: str
    outcome: str  # done | found | undone | kept
    seconds: float
    locks: tuple[Lock, ...]  # the strongest on each relation, ACCESS SHARE left out
    rewritten: tuple[str, ...]  # tables whose rows were written anew


@dataclass(frozen=True, slots=True)
class ComparedStep:
    """A step as planned on the live database, beside what it took on the copy."""

    revision: str
    step: str
    state: str  # as planned: pending | holds | conflict
    transaction: bool
    planned_lock: str
    planned_work: str
    planned_seconds: float
    tables: tuple[TableSize, ...]  # of the live database
    measured: MeasuredStep | None  # None where the rehearsal did not come to it
    live_seconds: float | None  # what was measured, for the live tables' sizes
    surprises: tuple[str, ...]  # where it did more than was planned


@dataclass(frozen=True, slots=True)
class Phase:
    """One part of a rehearsal."""

    name: str
    outcome: str  # done | failed
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that would go wrong on the live database too."""

    phase: str
    what: str
    hint: str = ""
    revision: str | None = None
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """All that a rehearsal found."""

    verdict: Verdict
    source: Source
    copy: Copy | None  # None where there was nothing to rehearse
    phases: tuple[Phase, ...]
    steps: tuple[ComparedStep, ...]
    back: tuple[MeasuredStep, ...]  # the way down, as measured
    offenders: Mapping[str, tuple[Conflict, ...]]  # what stands in the way: on the live database, and on the copy
    troubles: tuple[Trouble, ...]
    validation: ValidationReport | None
    overhead_s: float  # what a step takes that does nothing with rows, from the steps measured
    duration_s: float
