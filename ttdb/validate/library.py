"""All checks and attacks that ship with ttdb, found by their file names."""

import ast
import difflib
import importlib.util
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ttdb.errors import CheckFileInvalid, UsageError
from ttdb.model.validation import Severity, Unproven
from ttdb.validate.hole import Hole
from ttdb.validate.unit import FAMILIES, Unit, parse

if TYPE_CHECKING:
    from ttdb.validate.world import World

_CHECKS = Path(__file__).parents[1] / "checks"
_ATTACKS = Path(__file__).parent / "attacks"
_HEADER = re.compile(r"\s*/\*(?P<header>.*?)\*/(?P<body>.*)", re.DOTALL)

# What the judge reports by itself has a page like any other finding.
OWN = (
    Unit(
        code="ISO000",
        name="declared-channels",
        severity=Severity.INFO,
        since="0.1.0",
        title="What tenants can infer from each other by PostgreSQL's own design",
        why=(
            "Tenants share a server: cluster statistics and relation sizes, plan estimates, timing, sequence gaps and"
            " the existence of server-made random keys depend on all of them; and a session whose context is not"
            " signed chooses its tenant. It is said once, so that nobody takes a pass for more than it is."
        ),
        bad="-- nothing: it holds for every shared schema",
        fix="-- nothing; a tenant who must not infer even this needs a database of its own",
        path=Path("ISO000"),
    ),
    Unit(
        code="MIG000",
        name="unused-ignore",
        severity=Severity.WARNING,
        since="0.1.0",
        title="An ignore matches no finding",
        why="What it accepted is gone or has another key; left in place it would accept the next one unseen.",
        bad='-- [[tool.ttdb.ignore]] with key = "RLS001:app.dropped"',
        fix="-- remove the entry",
        path=Path("MIG000"),
    ),
)

Result = Hole | Unproven


@dataclass(frozen=True, slots=True)
class Check:
    """A unit whose body is one select."""

    unit: Unit
    query: str


@dataclass(frozen=True, slots=True)
class Attack:
    """A unit whose body is a function that acts on a world."""

    unit: Unit
    run: Callable[["World"], Iterator[Result]]


@dataclass(frozen=True, slots=True)
class Library:
    """Checks and attacks, by code."""

    checks: tuple[Check, ...]
    attacks: tuple[Attack, ...]

    @property
    def units(self) -> tuple[Unit, ...]:
        """Return every header, by code."""
        both: list[Check | Attack] = [*self.checks, *self.attacks]
        return tuple(sorted((*OWN, *(each.unit for each in both)), key=lambda unit: unit.code))

    def only(self, families: Iterable[str]) -> "Library":
        """Return the part of the given families; all when none is given.

        Raises:
            UsageError: there is no such family.

        """
        wanted = [family.upper() for family in families]
        for family in wanted:
            if family not in FAMILIES:
                raise UsageError(f"unknown family {family}", f"The families are {', '.join(FAMILIES)}.")
        if not wanted:
            return self
        return Library(
            tuple(check for check in self.checks if check.unit.family in wanted),
            tuple(attack for attack in self.attacks if attack.unit.family in wanted),
        )

    def find(self, code: str) -> Unit:
        """Return the unit with this code or name.

        Raises:
            UsageError: there is none; the hint names the nearest.

        """
        known = {key: unit for unit in self.units for key in (unit.code, unit.name)}
        found = known.get(code.upper()) or known.get(code.lower())
        if found is not None:
            return found
        near = difflib.get_close_matches(code.upper(), [unit.code for unit in self.units], n=3, cutoff=0.6)
        near += difflib.get_close_matches(code.lower(), [unit.name for unit in self.units], n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near[:3])}?" if near else 'Run "ttdb explain" for the list.'
        raise UsageError(f"unknown check {code}", hint)


@cache
def library() -> Library:
    """Return everything that ships, read once."""
    return load(_CHECKS, _ATTACKS)


def load(checks: Path, attacks: Path) -> Library:
    """Read all units of two folders.

    Raises:
        CheckFileInvalid: a header is wrong, or a code or a name is used twice.

    """
    found = Library(
        tuple(_check(path) for path in sorted(checks.glob("*.sql"))),
        tuple(_attack(path) for path in sorted(attacks.glob("[A-Z]*.py"))),
    )
    _require_unique(found.units)
    return found


def _check(path: Path) -> Check:
    match = _HEADER.fullmatch(path.read_text(encoding="utf-8"))
    if match is None:
        raise CheckFileInvalid(f"{path.name}: the file does not open with a comment that holds its header")
    query = match["body"].strip().rstrip(";")
    if not query:
        raise CheckFileInvalid(f"{path.name}: there is no query below the header")
    return Check(parse(match["header"], path), query)


def _attack(path: Path) -> Attack:
    spec = importlib.util.spec_from_file_location(f"ttdb.validate.attacks.{path.stem}", path)
    if spec is None or spec.loader is None:  # a path that ends in .py always has a loader
        raise CheckFileInvalid(f"{path.name}: the module cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # Python keeps no docstrings with -OO; to read the source takes longer.
    header = module.__doc__ or ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    if header is None:
        raise CheckFileInvalid(f"{path.name}: the module has no docstring that holds its header")
    unit = parse(inspect.cleandoc(header), path)
    run = getattr(module, "attack", None)
    if not callable(run):
        raise CheckFileInvalid(f"{path.name}: the module has no function attack(world)")
    return Attack(unit, run)


def _require_unique(units: tuple[Unit, ...]) -> None:
    for attribute in ("code", "name"):
        seen: dict[str, Unit] = {}
        for unit in units:
            value = getattr(unit, attribute)
            if value in seen:
                raise CheckFileInvalid(f"{unit.path.name}: {seen[value].path.name} has the {attribute} {value} already")
            seen[value] = unit
