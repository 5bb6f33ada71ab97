"""How one table is filled: whose rows they are, and what they refer to."""

from dataclasses import dataclass

from ttdb.shape import Table
from ttdb.shape.generated import is_constant


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key, or a column that is named after another table and has its key's type."""

    name: str
    columns: tuple[str, ...]
    parent: int
    parent_columns: tuple[str, ...]
    declared: bool
    needed: bool  # one null column would leave it out, and none may be null
    deferrable: bool
    named_by: tuple[tuple[str, str], ...] = ()  # columns that the parent's row names this one by, with the parent's


@dataclass(frozen=True, slots=True)
class Plan:
    """How one table is filled."""

    table: Table
    tenant: str | None  # the column that holds the tenant
    is_tenants: bool  # its key is what tenant columns hold
    owned: bool  # its rows belong to tenants, by a column of their own or through what they refer to
    references: tuple[Reference, ...]
    late: frozenset[str] = frozenset()  # references that are null at first, and set when their parent has rows
    promised: frozenset[str] = frozenset()  # references to rows that come later, and whose keys are known before
    impossible: str | None = None  # the foreign key that closes a circle in which none may wait

    @property
    def given(self) -> frozenset[str]:
        """The columns that hold what the tenant and the parents say.

        A column that may not be null has a value of its own where the reference beside it is left out.
        """
        names = {name for each in self.references for name in each.columns if each.needed or not must(self.table, name)}
        return frozenset(names | ({self.tenant} if self.tenant else set()))


def must(table: Table, name: str) -> bool:
    """Say whether a column may not be null."""
    column = table.column(name)
    return column is not None and (column.not_null or is_constant(column))
