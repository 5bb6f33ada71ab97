"""Findings as files that anybody can run: each as SQL that shows it, and as a test that fails while it stands."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ttdb.errors import UsageError
from ttdb.model.validation import Finding, Pool, ValidationReport, ValidationTarget
from ttdb.postgres.url import Url
from ttdb.report.validation.group import line
from ttdb.report.validation.markdown import code, escaped

MARKER = ".ttdb-repro"  # lists what was written, so that the next run removes that and nothing else
VARIABLE = "REPRO_DATABASE_URL"
_WRITTEN = re.compile(r"[a-z0-9_]+\.(sql|py)|README\.md")
_TEMPLATES = Path(__file__).with_name("repro_files")
# Their evidence is a statement that fails: reading without a tenant, a write that a broken trigger refuses.
_FAILING = ("AUD004", "ISO002")
# Their evidence shows the text that is at fault, which stands there in some form when mended, or takes two clients of
# a pooler: what judges is the check.
_JUDGED = ("AUD001", "AUD002", "ISO022", "MIG001", "PRV013", "RLS003", "RLS004", "RLS005", "RLS006", "RLS009")
# No state of the database: what PostgreSQL is, and an entry of the settings.
_TOLD = ("ISO000", "MIG000")


@dataclass(frozen=True, slots=True)
class _Repro:
    """One finding and the names of its files."""

    finding: Finding
    stem: str

    @property
    def sql(self) -> str:
        """Return the name of the script."""
        return f"{self.stem}.sql"

    @property
    def test(self) -> str:
        """Return the name of the test."""
        return f"test_{self.stem}.py"

    @property
    def judged(self) -> bool:
        """Tell whether validation is asked again, where no statement tells by itself."""
        return self.finding.code in _JUDGED or not self.finding.evidence


def require_own(folder: Path) -> None:
    """Refuse a folder that cannot be written, or with files that are not of an earlier run.

    Raises:
        UsageError: it is not empty and not ours, is a file, is in a folder that does not exist, or is not writable.

    """
    hint = "Name a new folder, an empty one, or one that --repro wrote."
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--repro {folder} is no folder", hint)
    if not folder.exists() and not folder.parent.is_dir():
        raise UsageError(f"--repro {folder}: there is no folder {folder.parent}", hint)
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise UsageError(f"--repro {folder} has files of somebody else's", hint)
    try:  # on a read-only disk, say, nothing else tells, to root least of all
        tempfile.TemporaryFile(dir=folder if folder.is_dir() else folder.parent).close()
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(
        f"--repro {folder} cannot be written: {error.strerror or error}", "Name a folder that you may write."
    )


def write(report: ValidationReport, folder: Path) -> int:
    """Write the files of all findings, in place of an earlier run's; return how many findings.

    Those that the baseline knows are among them: they stand as well. One that is read from the catalog, without a
    statement that shows it, is a test alone.

    Raises:
        UsageError: the folder is not ours, or cannot be written.

    """
    require_own(folder)
    listed = (*report.findings, *report.known)
    repros = [_Repro(each, _stem(each)) for each in listed if each.code not in _TOLD]
    files = dict(_files(report, repros, [each for each in listed if each.code in _TOLD]))
    try:
        folder.mkdir(exist_ok=True)
        _clear(folder)
        (folder / MARKER).write_text("\n".join(sorted(files)) + "\n", encoding="utf-8")
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(folder, error) from error
    return len(repros)


def _clear(folder: Path) -> None:
    marker = folder / MARKER
    for name in marker.read_text(encoding="utf-8").splitlines() if marker.is_file() else ():
        if _WRITTEN.fullmatch(name):  # a plain name: never a path out of the folder
            (folder / name).unlink(missing_ok=True)


def _stem(finding: Finding) -> str:
    """Return a name that is safe on every file system, readable, and the same in each run."""
    readable = re.sub(r"[^a-z0-9]+", "_", f"{finding.code}_{finding.object}".lower()).strip("_")[:60].rstrip("_")
    return f"{readable}_{sha256(finding.key.encode()).hexdigest()[:8]}"


def _files(report: ValidationReport, repros: list[_Repro], without: list[Finding]) -> Iterator[tuple[str, str]]:
    yield "README.md", _index(repros, without)
    fixtures = (_TEMPLATES / "conftest.py.txt").read_text(encoding="utf-8")
    flags = _assumed(report.target) + _pooler(report.pool)
    yield "conftest.py", fixtures.replace("_ASSUMED = ()", f"_ASSUMED = {flags!a}")
    for repro in repros:
        if repro.finding.evidence:
            yield repro.sql, _script(repro.finding)
        yield repro.test, _test(repro)


def _assumed(target: ValidationTarget) -> tuple[str, ...]:
    """Return the flags that make the next validation assume what this one did."""
    flags: list[str] = []
    for flag, values in (
        ("--app-role", target.app_roles),
        ("--masked-role", target.masked_roles),
        ("--cross-tenant-role", target.cross_tenant_roles),
        ("--tenant-setting", [target.tenant_setting]),
        ("--tenant-column", [target.tenant_column]),
        ("--trail", target.trails),
    ):
        for value in values:
            flags += [f"{flag}={value}"] if value else []
    return tuple(flags)


def _pooler(pool: Pool | None) -> tuple[str, ...]:
    """Return the flags that try the same pooler again; the password comes from PGPASSWORD or .pgpass."""
    if pool is None:
        return ()
    host, _, port = pool.place.rpartition(":")
    url = Url("").with_parts(host=host, port=port, dbname=pool.database, user=pool.login)
    return (f"--pooler={url.uri()}", f"--tenant-scope={pool.scope}")


def _script(finding: Finding) -> str:
    """Return the evidence below a comment that says what it shows; no name in it can end the comment."""
    said = {
        "": f"{finding.severity} {finding.code} {finding.name}: {finding.object}",
        "what": finding.detail,
        "cause": finding.cause,
        "key": finding.key,
        "run as": 'an administrator, as in: psql --no-psqlrc --file THIS_FILE "$REPRO_DATABASE_URL"',
    }
    if finding.evidence.startswith("-- psql "):
        del said["run as"]  # it says so itself
    head = [f"-- {f'{name}: ' if name else ''}{line(text)}" for name, text in said.items()]
    fix = [f"-- fix: {line(each)}" for each in finding.fix.splitlines()]
    return "\n".join([*head, *fix, "", finding.evidence.rstrip(), ""])


def _test(repro: _Repro) -> str:
    finding = repro.finding
    about = ascii(line(f"{finding.severity} {finding.code} {finding.object}: {finding.detail}"))
    key = [f"KEY = {finding.key!a}"] if repro.judged else []
    shown = f"{repro.sql} shows it" if finding.evidence else "the catalog shows it"
    lines = [f"# Fails while the finding stands; {shown}.", "", *key, f"ABOUT = {about}", "", ""]
    if finding.code in _FAILING:
        lines += [f"def test_{repro.stem}(refused):", f'    assert refused("{repro.sql}") is None, ABOUT']
    elif repro.judged:
        lines += [f"def test_{repro.stem}(found):", f'    assert KEY not in found("{finding.code[:3]}"), ABOUT']
    else:
        lines += [f"def test_{repro.stem}(shown):", f'    assert shown("{repro.sql}") == [], ABOUT']
    return "\n".join([*lines, ""])


def _index(repros: list[_Repro], without: list[Finding]) -> str:
    about = (
        f"`{VARIABLE}=postgresql://ADMIN@HOST/DATABASE pytest` in this folder fails for each finding that still stands."
        " The login must be a superuser: the scripts act as the attacked roles. Each script rolls back."
    )
    rows = [
        f"| {each.finding.severity} | {each.finding.code} | {escaped(each.finding.object)} |"
        f" {f'[SQL]({each.sql})' if each.finding.evidence else 'catalog'} | [test]({each.test}) |"
        for each in repros
    ]
    table = ["| severity | code | object | SQL | test |", "| --- | --- | --- | --- | --- |", *rows]
    parts = ["# Findings to run", about, "\n".join(table)]
    if without:
        parts.append("Nothing to run for:")
        parts.append("\n".join(f"- {each.code} {code(each.object)}: {escaped(each.detail)}" for each in without))
    return "\n\n".join([*parts, ""])
