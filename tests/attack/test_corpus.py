"""A foreign database, broken in one way at a time: each hole is found and shown, no harmless variant is flagged."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from attack.holes import shows_leak
from psycopg import sql
from psycopg.pq import ExecStatus
from support.databases import connect, fresh_database

from ttdb.model import Finding, Severity, Verdict
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url
from ttdb.validate import Hints, Request, validate

_HERE = Path(__file__).parent / "corpus"
_TEMPLATE = "template_desk"
_CORPUS = tomllib.loads((_HERE / "desk.toml").read_text())
_HINTS = Hints(
    app_roles=tuple(_CORPUS["hints"]["app_roles"]), cross_tenant_roles=tuple(_CORPUS["hints"]["cross_tenant_roles"])
)
_Case = dict[str, Any]


@pytest.fixture(scope="session")
def desk_template(server: Throwaway) -> str:
    """Return the name of the sound helpdesk, that nobody connects to."""
    with connect(server.url) as admin:
        admin.execute((_HERE / "desk_roles.sql").read_text().encode())
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(_TEMPLATE)))
    with connect(server.url.with_parts(dbname=_TEMPLATE)) as connection:
        connection.execute((_HERE / "desk.sql").read_text().encode())
    return _TEMPLATE


@pytest.fixture
def desk_url(server: Throwaway, desk_template: str) -> Iterator[Url]:
    """Return a sound helpdesk of the test's own."""
    with fresh_database(server.url, template=desk_template) as url:
        yield url


def _leaks(url: Url, case: _Case) -> bool:
    """Run the exploit as its role and tenant, and roll it back; a refusal is no leak."""
    with connect(url) as connection, connection.transaction(force_rollback=True):
        role, tenant = case.get("as", _CORPUS["as"]), case.get("tenant", _CORPUS["tenant"])
        connection.execute(sql.SQL("set local session authorization {}").format(sql.Identifier(role)))
        if tenant:
            connection.execute("select set_config(%s, %s, true)", (_CORPUS["setting"], tenant))
        try:
            rows = _last_rows(connection.execute(case["exploit"].encode()))
            if "check" in case:
                connection.execute("set local session authorization default")
                rows = _last_rows(connection.execute(case["check"].encode()))
        except psycopg.Error:
            return False
        return rows > 0


def _last_rows(cursor: psycopg.Cursor[Any]) -> int:
    rows = 0
    while True:
        if cursor.pgresult is not None and cursor.pgresult.status == ExecStatus.TUPLES_OK:
            rows = cursor.rowcount
        if not cursor.nextset():
            return rows


@contextmanager
def _broken(url: Url, case: _Case) -> Iterator[None]:
    with connect(url) as connection:
        connection.execute(case["make"].encode())
    try:
        yield
    finally:
        with connect(url) as connection:
            connection.execute("reset role")
            connection.execute(case.get("undo", "").encode())


def _flagged(url: Url, case: _Case) -> list[Finding]:
    report = validate(url, Request(hints=_HINTS, disposable=case.get("disposable", False)))
    return [finding for finding in report.findings if finding.severity is not Severity.INFO]


def _ids(case: _Case) -> str:
    return str(case["name"])


def test_sound_database_passes(desk_url: Url) -> None:
    report = validate(desk_url, Request(hints=_HINTS))

    assert [finding.code for finding in report.findings] == ["ISO000"]
    assert report.unproven == ()
    assert report.verdict is Verdict.PASS


def test_sound_database_passes_when_nothing_is_named(desk_url: Url) -> None:
    report = validate(desk_url, Request())

    assert set(report.target.app_roles) >= {"desk_api", "desk_report"}
    assert report.target.tenant_setting == "app.org"
    flagged = [each for each in report.findings if each.severity is not Severity.INFO]
    assert not [each for each in flagged if each.object.startswith(("desk.", "billing.", "private."))]


@pytest.mark.parametrize("case", _CORPUS["hole"], ids=_ids)
def test_hole_is_found_named_and_shown(case: _Case, desk_url: Url) -> None:
    objects = [case["object"]] if isinstance(case["object"], str) else case["object"]
    if "exploit" in case:
        assert not _leaks(desk_url, case), "the exploit works on the sound database"
    with _broken(desk_url, case):
        if "exploit" in case:
            assert _leaks(desk_url, case), "the exploit does not work on the broken database"
        flagged = _flagged(desk_url, case)
        found = [finding for finding in flagged if finding.object in objects]

        assert found, [(finding.code, finding.object) for finding in flagged]
        if "severity" in case:
            assert case["severity"] in [finding.severity for finding in found]
        errors = [finding for finding in flagged if finding.severity is Severity.ERROR]
        assert all(shows_leak(desk_url, finding) for finding in errors)


@pytest.mark.parametrize("case", _CORPUS["harmless"], ids=_ids)
def test_harmless_variant_is_not_flagged(case: _Case, desk_url: Url) -> None:
    with _broken(desk_url, case):
        assert "exploit" not in case or not _leaks(desk_url, case)
        assert _flagged(desk_url, case) == []
