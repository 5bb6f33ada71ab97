"""All catalog checks as one script for psql, for whoever has no Python where the database is."""

import json
from pathlib import Path

from pages.base import Head
from ttdb.migrate.literal import literal
from ttdb.validate import FATAL, Check, library
from ttdb.validate.runner import RELIED

PATH = "sql/validate_security.sql"
_PARTS = Path(__file__).parent / "sql"
_NOTE = """\
-- Written by docs/generate.py; do not edit. All of ttdb's catalog checks, run by psql alone:
--
--     psql -X -f sql/validate_security.sql "dbname=tickets"
--
-- It changes nothing: one read-only transaction, rolled back. The last line is "verdict: pass", and psql exits with 0;
-- or "verdict: fail", where an error or a warning was found, or "verdict: incomplete", where a check could not run:
-- psql exits with 3. The login is a superuser or a member of ttdb_operator. psql and server: 15 to 18.
--
-- It reads the catalog and the registry. These holes show only when somebody tries them, as ttdb validate does:
"""


def write(_head: Head) -> str:
    """Return the script: what the checks read, each check, and the verdict."""
    units = library()
    attacks = "\n".join(f"--     {each.unit.code} {each.unit.title}" for each in units.attacks)
    marks = ", ".join(literal(mark) for mark in FATAL)
    end = _part("validate_end").replace("{fatal}", f"array[{marks}]").replace("{checks}", str(len(units.checks)))
    checks = "\n".join(_check(check) for check in units.checks)
    relied = "\n".join(f"{statement} \\gset" for statement in RELIED)
    begin = _part("validate_begin").replace("{relied}", relied)
    return f"{_NOTE}{attacks}\n{begin}\n{checks}\n{end}"


def _check(check: Check) -> str:
    unit = check.unit
    about = {
        "code": unit.code,
        "severity": str(unit.severity),
        "cause": unit.title[0].lower() + unit.title[1:],
        "subsumed_by": list(unit.subsumed_by),
    }
    text = (
        _part("validate_check")
        .replace("{unit}", literal(json.dumps(about)))
        .replace("{code}", literal(unit.code))
        .replace("{query}", check.query)
    )
    return f"-- {unit.code} {unit.name}: {unit.title}\n{_conditional(check, text)}"


def _conditional(check: Check, text: str) -> str:
    """Run a check only where the server is new enough and what it reads is there."""
    wanted = [_present(name) for name in check.unit.requires]
    if check.unit.min_version:
        wanted.insert(0, f":SERVER_VERSION_NUM >= {check.unit.min_version}0000")
    if not wanted:
        return text
    return f"select {' and '.join(wanted)} as applies \\gset\n\\if :applies\n{text}\\endif\n"


def _present(name: str) -> str:
    kind = "procedure" if "(" in name else "class"
    return f"pg_catalog.to_reg{kind}({literal(name)}) is not null"


def _part(name: str) -> str:
    return (_PARTS / f"{name}.sql").read_text(encoding="utf-8")
