"""What an upgrade does to a database that stands, as one script for psql: for review, and to be run."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from alembic.script import Script, ScriptDirectory

from pages.base import Head
from ttdb.config import Settings
from ttdb.migrate import script
from ttdb.migrate.courtesy import Courtesy
from ttdb.migrate.literal import literal
from ttdb.migrate.lock import KEY
from ttdb.migrate.locks import lock_of
from ttdb.migrate.offline import array, settings_of
from ttdb.migrate.privileges import ROLES
from ttdb.migrate.step import Step

PATH = "sql/apply_security_enhancements.sql"
_PARTS = Path(__file__).parent / "sql"
_NOTE = """\
-- Written by docs/generate.py; do not edit. What ttdb upgrade does to a database, empty or not, step by step, by psql:
--
--     psql -X -f sql/apply_security_enhancements.sql "dbname=tickets"
--
-- The bootstrap comes first, run by an admin; ttdb bootstrap prints it for a database. The login of this script is a
-- member of ttdb_owner and ttdb_operator. psql and server: 15 to 18.
--
-- - It begins by looking: where a step's way is not free, it names each conflict and stops before the first change.
-- - Each step is a short transaction of its own, or none where CONCURRENTLY forbids one. What holds already is recorded
--   as found and left alone; what the ledger has is skipped. Stopped at any point, a second run continues.
-- - A step that gets no lock within {timeout} stops the script: run it again. ttdb upgrade tries again by itself.
-- - Where the database already is at the newest revision, nothing happens.
--
-- {count} steps:
{contents}
"""


def write(_head: Head) -> str:
    """Return the script: the checks beforehand, every step of every revision, and what was done."""
    scripts = script.directory()
    path = script.up_path(scripts, (), "heads")
    listed = [(item.revision, step) for item in path for step in _steps(item)]
    timeout = Courtesy().lock_timeout
    contents = "\n".join(f"--     {item.revision}: {item.doc}" for item in path)
    begin = (
        _part("apply_begin")
        .replace("{roles}", f"array[{', '.join(map(literal, ROLES))}]")
        .replace("{lock}", str(KEY))
        .replace("{timeout}", timeout)
    )
    return "\n".join(
        [
            _NOTE.format(timeout=timeout, count=len(listed), contents=contents),
            begin,
            *(_promise(revision, step) for revision, step in listed),
            _part("apply_conflicts"),
            *(_revision(scripts, path, item) for item in path),
            _part("apply_end").replace("{months_ahead}", str(Settings().months_ahead)),
        ]
    )


def _steps(item: Script) -> list[Step]:
    """Return a revision's steps without those that bring a standing table of another shape to this one: batches."""
    return [step for step in script.steps(item) if not step.prepares]


def _promise(revision: str, step: Step) -> str:
    """Return the row that says what a step promises."""
    values = [
        *(literal(value) for value in (revision, step.name, step.role)),
        *(str(value).lower() for value in (step.filters_rows, not step.transaction, step.always)),
        _quoted(step.holds),
        _quoted(step.conflicts),
        _quoted(step.replaced),
        literal(step.digest),
        array(step.relations),
        array(step.functions),
    ]
    return f"insert into pg_temp.steps overriding user value values ({', '.join(values)});"


def _revision(scripts: ScriptDirectory, path: Sequence[Script], item: Script) -> str:
    steps = _steps(item)
    parts = [_step(item.revision, step, f"{number} of {len(steps)}") for number, step in enumerate(steps, 1)]
    before = [other.revision for other in path if _follows(scripts, item, other)]
    after = [other.revision for other in path if _follows(scripts, other, item)]
    reached = f"select pg_temp.reached({literal(item.revision)}, {array(before)}, {array(after)}) as reached \\gset\n"
    return f"-- {item.revision}: {item.doc}\n\n" + "\n".join([*parts, reached])


def _follows(scripts: ScriptDirectory, later: Script, earlier: Script) -> bool:
    return later is not earlier and earlier in script.up_path(scripts, (), later.revision)


def _step(revision: str, step: Step, number: str) -> str:
    about = f"-- {revision}, {number}: {step.name}\n-- as {step.role}{_on(step.relations)}; lock: {lock_of(step)}\n"
    names = f"{literal(revision)}, {literal(step.name)}"
    look = f"select * from pg_temp.look({names}) \\gset\n"
    record = (
        f"\\if :to_record\nselect pg_temp.record({names}) as outcome \\gset\n"
        f"\\echo {revision} {step.name}: :outcome\n\\endif\n"
    )
    body = "\n".join(step.up)
    if step.transaction:
        return f"{about}begin;\n{look}\\if :to_run\n{settings_of(step)}\n{body}\n\\endif\n{record}commit;\n"
    # CONCURRENTLY waits long, and blocks nobody.
    return (
        f"{about}begin;\n{look}commit;\n\\if :to_run\nset role {step.role};\nset lock_timeout = 0;\n{body}\n"
        f"set lock_timeout = {literal(Courtesy().lock_timeout)};\nset role ttdb_owner;\n\\endif\n"
        f"begin;\n{record}commit;\n"
    )


def _on(relations: Iterable[str]) -> str:
    names = ", ".join(relations)
    return f", on {names}" if names else ""


def _quoted(text: str | None) -> str:
    return "null" if text is None else f"$query${text}$query$"


def _part(name: str) -> str:
    return (_PARTS / f"{name}.sql").read_text(encoding="utf-8")
