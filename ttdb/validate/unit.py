"""The header of a check or an attack: read, validated, refused at load when anything is missing."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ttdb.errors import CheckFileInvalid
from ttdb.model.validation import Severity

FAMILIES = {
    "ISO": "attacks on isolation",
    "RLS": "row level security policies",
    "PRV": "roles and privileges",
    "FNC": "functions and views",
    "AUD": "the audit trail",
    "MSK": "masking",
    "CON": "constraints",
    "IDX": "indexes",
    "PAR": "partitions",
    "MIG": "revision and drift",
    "NAM": "names",
    "OBJ": "objects outside tables",
    "SRV": "the server",
}
_GIVEN = Path(__file__).parent / "given"  # what several stand on
_CODE = re.compile(r"[A-Z]{3}[0-9]{3}")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_NEEDED = ("code", "name", "severity", "since", "title", "why", "bad", "fix")
_LISTS = ("subsumed_by", "requires")
_OTHERS = ("stands_on", "given", "min_version", "slow", *_LISTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What every check and attack says about itself; its body is SQL, or a function in its module."""

    code: str
    name: str
    severity: Severity
    since: str
    title: str
    why: str
    bad: str  # SQL that makes the mistake
    fix: str  # SQL that mends it
    path: Path
    given: str = ""  # SQL that ``bad`` stands on
    subsumed_by: tuple[str, ...] = ()  # a finding of these codes on the same object replaces this one
    requires: tuple[str, ...] = ()  # relations without which there is nothing to check
    slow: bool = False  # it is begun before the others, as two may run at a time
    min_version: int = 0  # the first server version that has what the check reads

    @property
    def family(self) -> str:
        """Return the three letters of the code."""
        return self.code[:3]


def parse(header: str, path: Path) -> Unit:
    """Read a TOML header.

    Raises:
        CheckFileInvalid: it is no TOML, lacks a field, has an unknown one, or contradicts the file's name.

    """
    try:
        fields = tomllib.loads(header)
    except tomllib.TOMLDecodeError as error:
        raise CheckFileInvalid(f"{path.name}: the header is not valid TOML: {error}") from error
    _require_fields(fields, path)
    _require_types(fields, path)
    unit = Unit(
        **{name: fields[name].strip() for name in _NEEDED if name != "severity"},
        severity=Severity(fields["severity"]),
        path=path,
        given="\n".join(filter(None, (_stood_on(fields, path), fields.get("given", "").strip()))),
        min_version=fields.get("min_version", 0),
        slow=fields.get("slow", False),
        subsumed_by=tuple(fields.get("subsumed_by", ())),
        requires=tuple(fields.get("requires", ())),
    )
    _require_agreement(unit)
    return unit


def _stood_on(fields: dict[str, Any], path: Path) -> str:
    """Return the SQL of the file in ``given/`` that a header names."""
    name = fields.get("stands_on")
    if name is None:
        return ""
    known = {file.stem: file for file in _GIVEN.glob("*.sql")}
    if name not in known:
        message = f"{path.name}: the header stands on {name}, which is no file of {_GIVEN.name}/"
        raise CheckFileInvalid(message, f"The files are {', '.join(sorted(known))}.")
    return known[name].read_text(encoding="utf-8").strip()


def _require_fields(fields: dict[str, Any], path: Path) -> None:
    lacking = [name for name in _NEEDED if name not in fields]
    if lacking:
        raise CheckFileInvalid(f"{path.name}: the header lacks {', '.join(lacking)}")
    unknown = sorted(set(fields) - {*_NEEDED, *_OTHERS})
    if unknown:
        raise CheckFileInvalid(
            f"{path.name}: the header has the unknown field {', '.join(unknown)}",
            f"The fields are {', '.join((*_NEEDED, *_OTHERS))}.",
        )


def _require_types(fields: dict[str, Any], path: Path) -> None:
    for name, value in fields.items():
        if name in _LISTS:
            right = isinstance(value, list) and all(isinstance(item, str) for item in value)
        elif name == "slow":
            right = isinstance(value, bool)
        elif name == "min_version":
            right = isinstance(value, int)
        else:
            right = isinstance(value, str) and bool(value.strip())
        if not right:
            raise CheckFileInvalid(f"{path.name}: the header's {name} is empty or of the wrong type")
    if fields["severity"] not in list(Severity):
        raise CheckFileInvalid(f"{path.name}: the severity must be one of {', '.join(Severity)}")


def _require_agreement(unit: Unit) -> None:
    if not _CODE.fullmatch(unit.code) or unit.family not in FAMILIES:
        raise CheckFileInvalid(
            f"{unit.path.name}: the code {unit.code} is not a family and three digits",
            f"The families are {', '.join(FAMILIES)}.",
        )
    if not _NAME.fullmatch(unit.name):
        raise CheckFileInvalid(f"{unit.path.name}: the name {unit.name} is not in kebab-case")
    expected = f"{unit.code}_{unit.name.replace('-', '_')}{unit.path.suffix}"
    if unit.path.name != expected:
        raise CheckFileInvalid(f"{unit.path.name}: its header calls for the file name {expected}")
