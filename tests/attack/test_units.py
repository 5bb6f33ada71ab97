"""Every check and attack: nothing on the sound database, its finding after ``bad``, nothing after ``fix``."""

import re
from collections.abc import Iterator

import pytest
from support.databases import connect

from ttdb.model.validation import Finding
from ttdb.postgres.connect import Connection
from ttdb.postgres.url import Url
from ttdb.validate import Hints, Request, Unit, library, validate
from ttdb.validate.discover import discover
from ttdb.validate.library import Check
from ttdb.validate.runner import run_checks

HINTS = Hints(app_roles=("example_app",), masked_roles=("example_support",), cross_tenant_roles=("example_worker",))
_CHECKS = {check.unit.code: check for check in library().checks}
_VERBS = {"alter", "create", "drop", "grant", "revoke"}
# What these find is in a pooler's configuration: see test_pooler.py.
_OF_POOLERS = {"ISO022", "SRV002", "SRV003"}
_ATTACKS = {attack.unit.code: attack for attack in library().attacks if attack.unit.bad}


def _found_by(connection: Connection, check: Check) -> list[Finding]:
    found = discover(connection, HINTS)
    results = list(run_checks(connection, [check], found))
    assert all(isinstance(result, Finding) for result in results), results
    return [result for result in results if isinstance(result, Finding)]


@pytest.fixture
def undone(example_url: Url) -> Iterator[Connection]:
    with connect(example_url) as connection:
        connection.execute("begin")
        yield connection
        connection.execute("rollback")


@pytest.mark.parametrize("code", sorted(_CHECKS))
def test_check_finds_its_bad_and_accepts_its_fix(code: str, undone: Connection) -> None:
    check = _CHECKS[code]
    if undone.info.server_version // 10000 < check.unit.min_version:
        pytest.skip(f"from PostgreSQL {check.unit.min_version} on")
    if check.unit.given:
        undone.execute(check.unit.given.encode())

    assert _found_by(undone, check) == []

    undone.execute(check.unit.bad.encode())
    found = _found_by(undone, check)

    assert found
    assert {finding.code for finding in found} == {code}
    assert all(finding.object and finding.detail and finding.cause for finding in found)

    if all(map(_is_sql, found)):
        with undone.transaction(force_rollback=True):
            for finding in found:
                undone.execute(finding.fix.replace(" concurrently", "").encode())

            assert _found_by(undone, check) == []

    undone.execute(check.unit.fix.encode())

    assert _found_by(undone, check) == []


def _is_sql(finding: Finding) -> bool:
    """Tell whether a fix runs as it stands and can be undone: who is to own something, only people know."""
    lines = [line for line in finding.fix.splitlines() if not line.startswith("--")]
    return bool(lines) and lines[0].split()[0] in _VERBS and not re.search("owner_role|alter system", finding.fix)


def _codes(url: Url, unit: Unit) -> set[str]:
    report = validate(url, Request(hints=HINTS, families=(unit.family,), disposable=True))
    return {finding.code for finding in report.findings if finding.severity != "info"}


@pytest.mark.parametrize("code", sorted(set(_ATTACKS) - {"AUD003", "MSK002", *_OF_POOLERS}))
def test_attack_finds_its_bad_and_accepts_its_fix(code: str, example_url: Url) -> None:
    unit = _ATTACKS[code].unit
    with connect(example_url) as connection:
        connection.execute(unit.given.encode())

        assert _codes(example_url, unit) == set()

        connection.execute(unit.bad.encode())
        try:
            assert code in _codes(example_url, unit)
        finally:
            connection.execute(unit.fix.encode())

        assert _codes(example_url, unit) == set()
