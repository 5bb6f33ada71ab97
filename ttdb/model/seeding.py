"""What a seed says."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


def anywhere(scenario: str) -> str:
    """Return what names the same scenario in any folder: one of one's own is a file."""
    return str(Path(scenario).resolve()) if scenario.endswith(".toml") else scenario


@dataclass(frozen=True, slots=True)
class SeedReport:
    """What a seed wrote, and where to go on."""

    scenario: str
    seed: int
    rows: Mapping[str, int]  # written, by table, in the order of writing
    removed: Mapping[str, int]  # deleted before, by table
    seconds: float
    examples: Mapping[str, str]  # the id of a row of each of the scenario's example tables; they belong together
    act_as: tuple[str, ...]  # SQL lines that act as the example's tenant
    not_analyzed: tuple[str, ...]  # tables whose statistics this login may not refresh
    mode: str = "in place"  # or bulk: indexes, foreign keys and triggers were set aside meanwhile
    jobs: int = 1
    exceptions: Mapping[str, str] = field(default_factory=dict)  # tables with fewer rows than asked for, and why
    left_empty: tuple[str, ...] = ()  # those of them that hold no row, of anybody's
    left_alone: Mapping[str, str] = field(default_factory=dict)  # tables that are not for seeds, and why
    tenant_column: str | None = None  # that a generic seed takes for the tenant's
    tenants_table: str | None = None  # and whose rows it takes for the tenants
    dumped: str | None = None  # the folder that the rows went to instead

    def kept(self) -> dict[str, Any]:
        """Return what is kept of it, for commands in other folders: a scenario of one's own has its whole path."""
        return asdict(self) | {"scenario": anywhere(self.scenario)}


@dataclass(frozen=True, slots=True)
class SeedProgress:
    """How far a seed is."""

    doing: str
    rows: int
    expected: int  # about
