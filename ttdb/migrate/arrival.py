"""How the rows of a table that stands become those of a table that is wanted: data, one TOML file a table."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ttdb.sqlfile import shipped

_KEYS = {"aside", "times", "rules", "added", "given", "later", "nullable", "typed", "whole", "spare", "contract"}
NOTHING = "null"
_ADDED, _GIVEN, _CONTRACT = {"value", "back", "follows", "of"}, {"value", "unset"}, {"columns", "checks", "unique"}


@dataclass(frozen=True, slots=True)
class Added:
    """A column that the standing table lacks."""

    value: str = NOTHING  # what it holds, in terms of the row ``t``
    back: Mapping[str, str] = field(default_factory=dict)  # what each column it comes from holds, where it is written
    of: tuple[str, ...] = ()  # columns that it comes from, and that are not written back into
    follows: bool = False  # True where it is computed at each write, and never written by itself


@dataclass(frozen=True, slots=True)
class Given:
    """A column that stands, and that some rows have no value in; of the services' own, one that others leave out."""

    value: str  # in terms of the row ``t``
    unset: str  # a condition on the row ``t``


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known of a table as it was found, and of the services that go on writing it so."""

    aside: tuple[str, ...] = ()  # triggers that are taken off
    times: tuple[str, ...] = ()  # columns that a trigger sets at each change, which a backfill is not
    added: Mapping[str, Added] = field(default_factory=dict)
    given: Mapping[str, Given] = field(default_factory=dict)
    rules: tuple[str, ...] = ()  # the CHECKs that services obey already; the others wait
    later: Mapping[str, str] = field(default_factory=dict)  # keys that wait, with why
    nullable: Mapping[str, str] = field(default_factory=dict)  # columns that services leave null, with why
    typed: Mapping[str, str] = field(default_factory=dict)  # columns that keep their type for now, with why
    whole: str = ""  # why it cannot be partitioned yet, where it is to be
    spare: Mapping[str, str] = field(default_factory=dict)  # defaults of required columns that the plan does not know
    retired: tuple[
        str, ...
    ] = ()  # columns that go with the others of the services' own, though nothing comes from them
    opened: tuple[str, ...] = ()  # CHECKs of the services' own that refuse the plan's words
    unique: tuple[str, ...] = ()  # unique keys of the services' own that no table in months can have


def arrival(table: str) -> Arrival:
    """Return what ``migrations/expand/<table>.toml`` says."""
    return read_arrival(shipped("migrations") / "expand" / f"{table}.toml")


def read_arrival(file: Path) -> Arrival:
    """Read the file of a table.

    Raises:
        ValueError: it says something that is not known; a mistake in a revision, not a user's.

    """
    words: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    _check(file, "", words, _KEYS)
    for column, about in words.get("added", {}).items():
        _check(file, f"added.{column}.", about, _ADDED)
    for column, about in words.get("given", {}).items():
        _check(file, f"given.{column}.", about, _GIVEN)
    _check(file, "contract.", words.get("contract", {}), _CONTRACT)
    return Arrival(
        aside=tuple(words.get("aside", ())),
        times=tuple(words.get("times", ())),
        rules=tuple(words.get("rules", ())),
        added={
            column: Added(**about | {"of": tuple(about.get("of", ()))})
            for column, about in words.get("added", {}).items()
        },
        given={
            column: Given(about["value"], about.get("unset", f"t.{column} is null"))
            for column, about in words.get("given", {}).items()
        },
        later=words.get("later", {}),
        nullable=words.get("nullable", {}),
        typed=words.get("typed", {}),
        whole=words.get("whole", ""),
        spare=words.get("spare", {}),
        retired=tuple(words.get("contract", {}).get("columns", ())),
        opened=tuple(words.get("contract", {}).get("checks", ())),
        unique=tuple(words.get("contract", {}).get("unique", ())),
    )


def _check(file: Path, place: str, words: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(words) - known)
    if unknown:
        message = f"{file}: {place}{unknown[0]} is unknown; known are {', '.join(sorted(known))}"
        raise ValueError(message)
