"""What is proposed for a table, and what it rests on. Frozen, and free of behaviour."""

from dataclasses import dataclass, field
from enum import StrEnum


class Belongs(StrEnum):
    """How a table's rows belong to tenants; the words of the file."""

    OWN = "own"  # a column of its own names the tenant
    PARENT = "parent"  # another table's row, that a column names, has the tenant
    GLOBAL = "global"  # to nobody: every tenant reads it
    NOBODY = "nobody"  # to nobody: no tenant reads it
    UNDECIDED = "undecided"


LEADING = (Belongs.OWN, Belongs.PARENT)  # what gives a row its tenant


class Ground(StrEnum):
    """Why a column is believed to name a row of another table, the surest first."""

    FOREIGN_KEY = "foreign key"
    NAME_AND_VALUES = "name and values"
    VALUES = "values"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Way:
    """One way from a table's row to the row of another that has a tenant."""

    columns: tuple[str, ...]
    parent: int  # the other table's oid
    parent_columns: tuple[str, ...]
    ground: Ground
    constraint: str | None = None  # the foreign key's name
    as_text: bool = False  # the column is text that holds a uuid
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Count:
    """What a table's rows say about a way, or about a column of their own."""

    rows: int
    without: int  # rows whose column is null
    orphans: int  # rows whose column names no row

    @property
    def lost(self) -> int:
        """How many rows find no tenant."""
        return self.without + self.orphans


@dataclass(frozen=True, slots=True)
class Rule:
    """A CHECK that the data obeys, or almost."""

    name: str
    expression: str
    broken: int
    rows: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for one table."""

    oid: int
    table: str
    belongs: Belongs
    column: str | None = None  # of its own
    way: Way | None = None
    through: str | None = None  # the way, as the file has it
    count: Count | None = None
    others: tuple[str, ...] = ()  # other ways, and how many rows they give another tenant
    notes: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = field(default=())
