"""The corpora that the tools are measured on: a sound database each, and what breaks it in one way at a time."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from ttdb.postgres.connect import Connection, connect
from ttdb.postgres.url import Url

FOLDER = Path(__file__).parents[2] / "tests" / "attack" / "corpus"
_APPLICATION = "bench"


@dataclass(frozen=True, slots=True)
class Case:
    """One change to the sound database."""

    name: str
    harmful: bool
    make: str
    undo: str  # of what is the whole cluster's; the database itself is dropped
    objects: tuple[str, ...]  # what a finding has to name to be credited
    disposable: bool


@dataclass(frozen=True, slots=True)
class Corpus:
    """A sound database and its cases."""

    name: str
    setting: str
    app_roles: tuple[str, ...]
    masked_roles: tuple[str, ...]
    cross_tenant_roles: tuple[str, ...]
    cases: tuple[Case, ...]

    def sql(self, kind: str = "") -> bytes:
        """Return the SQL of its database, or of its roles."""
        return (FOLDER / f"{self.name}{kind}.sql").read_bytes()


def found() -> list[Corpus]:
    """Return every corpus that there is."""
    return [_read(path) for path in sorted(FOLDER.glob("*.toml"))]


def _read(path: Path) -> Corpus:
    given: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    hints = {name: tuple(given.get("hints", {}).get(name, ())) for name in ("app_roles", "masked_roles")}
    across = tuple(given.get("hints", {}).get("cross_tenant_roles", ()))
    disposable = bool(given.get("disposable", False))
    cases = [_case(each, disposable, harmful=kind == "hole") for kind in ("hole", "harmless") for each in given[kind]]
    return Corpus(path.stem, given["setting"], **hints, cross_tenant_roles=across, cases=tuple(cases))


def _case(given: dict[str, Any], disposable: bool, *, harmful: bool) -> Case:  # noqa: FBT001 - the corpus's default
    objects = given.get("object", ())
    named = (objects,) if isinstance(objects, str) else tuple(objects)
    runs = bool(given.get("disposable", disposable))
    return Case(given["name"], harmful, given["make"], given.get("undo", ""), named, runs)


def make_template(server: Url, corpus: Corpus) -> None:
    """Make the sound database."""
    with connect(server, application=_APPLICATION) as admin:
        admin.execute(corpus.sql("_roles"))
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(corpus.name)))
    with connect(server.with_parts(dbname=corpus.name), application=_APPLICATION) as connection:
        connection.execute(corpus.sql())


@contextmanager
def broken(server: Url, corpus: Corpus, case: Case | None) -> Iterator[Url]:
    """Clone the sound database and break it; None leaves it sound."""
    name = sql.Identifier(f"{corpus.name}_case")
    url = server.with_parts(dbname=f"{corpus.name}_case")
    with connect(server, application=_APPLICATION) as admin:
        admin.execute(sql.SQL("create database {} template {}").format(name, sql.Identifier(corpus.name)))
    try:
        if case is not None:
            _run(url, case.make)
        yield url
    finally:
        if case is not None:
            with suppress(psycopg.Error):
                _run(url, case.undo)
        with connect(server, application=_APPLICATION) as admin:
            admin.execute(sql.SQL("drop database {} with (force)").format(name))


def _run(url: Url, text: str) -> None:
    with connect(url, application=_APPLICATION) as connection:
        connection.execute("reset role")
        connection.execute(text.encode())


def schemas(connection: Connection) -> list[str]:
    """Return the schemas of the database's own tables."""
    rows = connection.execute(
        "select distinct n.nspname::text from pg_catalog.pg_class as c"
        " join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1"
    )
    return [name for (name,) in rows]
