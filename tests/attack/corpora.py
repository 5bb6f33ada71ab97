"""A corpus: a sound database, and cases that break it or leave it sound, one at a time."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import ExecStatus
from support.databases import connect

from ttdb.model.validation import Finding, Severity, ValidationReport
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url
from ttdb.validate import Hints, Request, validate

_FOLDER = Path(__file__).parent / "corpus"
Case = dict[str, Any]


class Corpus:
    """The files NAME.sql, NAME_roles.sql and NAME.toml."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.template = f"template_{name}"

    @cached_property
    def content(self) -> dict[str, Any]:
        """Return the cases, and who acts for which tenant."""
        return tomllib.loads((_FOLDER / f"{self.name}.toml").read_text())

    @property
    def hints(self) -> Hints:
        """Return what a user would name."""
        named: dict[str, Any] = self.content["hints"]
        app, masked, cross = (tuple(named.get(f"{kind}_roles", ())) for kind in ("app", "masked", "cross_tenant"))
        setting: str | None = named.get("tenant_setting")
        return Hints(app_roles=app, masked_roles=masked, cross_tenant_roles=cross, tenant_setting=setting)

    def create(self, server: Throwaway) -> str:
        """Make the roles and the sound database, that nobody connects to; return its name."""
        with connect(server.url) as admin:
            admin.execute((_FOLDER / f"{self.name}_roles.sql").read_text().encode())
            admin.execute(sql.SQL("create database {}").format(sql.Identifier(self.template)))
        with connect(server.url.with_parts(dbname=self.template)) as connection:
            connection.execute((_FOLDER / f"{self.name}.sql").read_text().encode())
        return self.template

    def leaks(self, url: Url, case: Case) -> bool:
        """Run the exploit as its role and tenant, and roll it back; a refusal is no leak."""
        with connect(url) as connection, connection.transaction(force_rollback=True):
            role, tenant = case.get("as", self.content["as"]), case.get("tenant", self.content["tenant"])
            connection.execute(sql.SQL("set local session authorization {}").format(sql.Identifier(role)))
            if tenant:
                connection.execute("select set_config(%s, %s, true)", (self.content["setting"], tenant))
            try:
                rows = _last_rows(connection.execute(case["exploit"].encode()))
                if "check" in case:
                    connection.execute("set local session authorization default")
                    rows = _last_rows(connection.execute(case["check"].encode()))
            except psycopg.Error:
                return False
            return rows > 0

    @property
    def disposable(self) -> bool:
        """Tell whether the cases are attacked as on a database that may be harmed, unless one says otherwise."""
        return bool(self.content.get("disposable", False))

    def report(self, url: Url, case: Case) -> ValidationReport:
        """Return what validation says."""
        disposable = bool(case.get("disposable", self.disposable))
        return validate(url, Request(hints=self.hints, disposable=disposable))


def flagged(report: ValidationReport) -> list[Finding]:
    """Return what it finds above info."""
    return [finding for finding in report.findings if finding.severity is not Severity.INFO]


def corpora() -> list[Corpus]:
    """Return every corpus there is, by its name."""
    return [Corpus(path.stem) for path in sorted(_FOLDER.glob("*.toml"))]


@contextmanager
def broken(url: Url, case: Case) -> Iterator[None]:
    """Make the case, and undo what of it is the whole cluster's."""
    with connect(url) as connection:
        connection.execute(case["make"].encode())
    try:
        yield
    finally:
        with connect(url) as connection:
            connection.execute("reset role")
            connection.execute(case.get("undo", "").encode())


def exists_here(url: Url, case: Case) -> bool:
    """Tell whether the server has what the case is made of."""
    with connect(url) as connection:
        return connection.info.server_version // 10000 >= int(case.get("since", 0))


def _last_rows(cursor: psycopg.Cursor[Any]) -> int:
    rows = 0
    while True:
        if cursor.pgresult is not None and cursor.pgresult.status == ExecStatus.TUPLES_OK:
            rows = cursor.rowcount
        if not cursor.nextset():
            return rows
