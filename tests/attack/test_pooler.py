"""Behind a real PgBouncer: a pool that hands tenants on is caught, a sound one passes, and nothing is left in it."""

import json
import os
import shlex
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from support.databases import connect, fresh_login
from support.pooler import MISSING, PROGRAM, pgbouncer
from support.program import Ended, ttdb

from ttdb.errors import UsageError
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url
from ttdb.validate import Request, validate

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=MISSING)

_ROLES = ("--app-role", "example_app", "--cross-tenant-role", "example_worker")
_ENTER = """
create function app.enter(p_org uuid) returns void language plpgsql set search_path = '' as $$
begin
    perform pg_catalog.set_config('app.org', p_org::text, false);
end
$$;
"""
_RESET = {"server_reset_query": "DISCARD ALL"}
_ALWAYS = {"server_reset_query_always": "1"}
_NEVER = {"server_reset_query": ""}


@dataclass(frozen=True)
class _Pool:
    """A configuration, and what of it is found, by how the services set the tenant."""

    mode: str
    settings: dict[str, str]
    scope: str
    found: frozenset[str]
    hands_on: bool


POOLS = {
    "transactions, for a tenant of a transaction": _Pool(
        "transaction", {}, "transaction", frozenset({"SRV003"}), hands_on=True
    ),
    "transactions, for a tenant of the session": _Pool(
        "transaction", {}, "session", frozenset({"ISO022", "SRV003"}), hands_on=True
    ),
    "transactions, always reset, for a tenant of the session": _Pool(
        "transaction", _ALWAYS, "session", frozenset({"SRV002", "SRV003"}), hands_on=False
    ),
    "sessions, reset, for a tenant of the session": _Pool("session", _RESET, "session", frozenset(), hands_on=False),
    "sessions, reset, for a tenant of a transaction": _Pool(
        "session", _RESET, "transaction", frozenset(), hands_on=False
    ),
    "sessions, never reset, for a tenant of the session": _Pool(
        "session", _NEVER, "session", frozenset({"ISO022"}), hands_on=True
    ),
    "sessions, never reset, for a tenant of a transaction": _Pool(
        "session", _NEVER, "transaction", frozenset({"SRV002"}), hands_on=True
    ),
    "statements, for a tenant of a transaction": _Pool(
        "statement", {}, "transaction", frozenset({"SRV002", "SRV003"}), hands_on=True
    ),
}


@pytest.fixture
def service_url(server: Throwaway, example_url: Url) -> Iterator[Url]:
    """Return the database with the login of a service."""
    with fresh_login(server.url, member_of=("example_app",)) as (name, password):
        yield example_url.with_parts(user=name, password=password)


def _validate(url: Url, *arguments: str) -> tuple[Ended, dict[str, Any]]:
    ended = ttdb(
        "validate", "--url", url.uri(), *_ROLES, "--only", "ISO", "--only", "SRV", "--format", "json", *arguments
    )
    assert ended.out, ended.err
    return ended, json.loads(ended.out)


def _of_pooler(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["code"]: each for each in report["findings"] if each["object"].startswith("pooler ")}


def _left_in(pooled: Url) -> list[tuple[object, ...]]:
    """Return what clients of the pool find that ttdb uses, over enough of them to meet each connection."""
    found = []
    for _ in range(10):
        with psycopg.connect(pooled.conninfo, autocommit=True, prepare_threshold=None) as client:
            found += client.execute(
                "select p.name, null from pg_prepared_statements as p union all"
                " select null, c.value from current_setting('ttdb.pool_canary', true) as c (value) where c.value <> ''"
            ).fetchall()
    return found


@pytest.mark.parametrize("name", POOLS)
def test_pool_is_judged_by_what_it_does(name: str, example_url: Url, service_url: Url) -> None:
    pool = POOLS[name]

    with pgbouncer(service_url, pool.mode, **pool.settings) as pooled:
        ended, report = _validate(example_url, "--pooler", pooled.uri(), "--tenant-scope", pool.scope)
        left = _left_in(pooled)

    assert set(_of_pooler(report)) == pool.found, ended.err
    assert ended.code == ("ISO022" in pool.found), ended.err
    assert report["pool"]["mode"] == pool.mode
    assert report["pool"]["hands_on"] is pool.hands_on
    assert report["pool"]["product"].startswith("PgBouncer 1.")
    assert report["pool"]["scope"] == pool.scope
    assert left == []


def _run_by_psql(evidence: str, url: Url) -> str:
    """Run a script as its first line says; return what its last select shows."""
    head, _, script = evidence.partition("\n")
    command = shlex.split(head.removeprefix("-- "))
    command[command.index("THIS_FILE")] = "-"
    ended = subprocess.run(
        [*command, "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"],
        input=script,
        env={"PATH": os.environ["PATH"], "PGPASSWORD": url.part("password") or ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.splitlines()[-1] if ended.stdout else ""


def test_function_that_sets_the_session_tells_how_tenants_are_set(example_url: Url, service_url: Url) -> None:
    with connect(example_url) as connection:
        connection.execute(_ENTER)

    with pgbouncer(service_url, "transaction") as pooled:
        ended, report = _validate(example_url, "--pooler", pooled.uri())
        found = _of_pooler(report)["ISO022"]
        shown = _run_by_psql(found["evidence"], pooled)

    assert "function app.enter sets app.org for the session" in ended.err
    assert report["pool"]["scope"] == "session"
    assert shown == "a tenant of mine"
    assert found["role"] == service_url.part("user")
    assert str(service_url.part("password")) not in ended.out + ended.err

    with pgbouncer(service_url, "session") as pooled:
        _, report = _validate(example_url, "--pooler", pooled.uri())
        shown = _run_by_psql(found["evidence"].replace(found["object"].rpartition(":")[2], pooled.part("port")), pooled)

    assert not _of_pooler(report)
    assert shown == ""


@pytest.mark.parametrize(
    ("leave", "left"), [("set app.org = '{}'", "app.org"), ("set role example_app", "role")], ids=["tenant", "role"]
)
def test_new_client_that_finds_something_left_is_told(
    leave: str, left: str, example_url: Url, service_url: Url
) -> None:
    org = str(uuid.uuid4())

    with pgbouncer(service_url, "transaction") as pooled:
        with psycopg.connect(pooled.conninfo, autocommit=True) as service:
            service.execute(leave.format(org).encode())
        _, report = _validate(example_url, "--pooler", pooled.uri())
        found = _of_pooler(report)["ISO022"]
        shown = _run_by_psql(found["evidence"], pooled)

    assert report["pool"]["left"] == [left]
    assert f"a new client finds {left} set by another" in found["detail"]
    assert shown in (org, "example_app")
    assert org not in json.dumps(report)


def test_statement_of_a_session_tells_how_tenants_are_set(example_url: Url, service_url: Url) -> None:
    with pgbouncer(service_url, "session") as pooled, psycopg.connect(pooled.conninfo, autocommit=True) as service:
        service.execute("set app.org = 'somebody'")
        _, report = _validate(example_url, "--pooler", pooled.uri())

    assert report["pool"]["scope_known_by"] == "a statement of a session sets app.org for the session"
    assert not _of_pooler(report)


@pytest.mark.parametrize("mode", ["session", "transaction", "statement"])
def test_server_behind_a_pooler_is_attacked_itself(mode: str, example_url: Url) -> None:
    with pgbouncer(example_url, mode) as pooled:
        ended, report = _validate(pooled)
        left = _left_in(pooled)

    assert f"a pooler answers at 127.0.0.1:{pooled.part('port')}: the server behind it" in ended.err
    assert report["pool"]["mode"] == mode
    assert report["counts"]["error"] == 0
    assert left == []


def test_server_that_is_not_reached_is_asked_for(example_url: Url) -> None:
    server = example_url.with_parts(user="front", password="of the pooler alone")  # noqa: S106 - a test's
    behind = f"user={example_url.part('user')} password={example_url.part('password')}"

    with pgbouncer(server, "transaction", behind=behind) as pooled:
        ended = ttdb("validate", "--url", pooled.uri())
        left = _left_in(pooled)
        with psycopg.connect(pooled.conninfo) as client:
            state = client.execute(
                "select session_user = current_user, current_setting('search_path') <> '',"
                " current_setting('statement_timeout')"
            ).fetchone()
        with pytest.raises(UsageError, match="a pooler answers at"):
            validate(pooled, Request())

    database = example_url.part("dbname")
    assert ended.code == 2
    assert ended.out == ""
    assert f"--url postgresql://front@127.0.0.1:{example_url.part('port')}/{database}" in ended.err
    assert f"--pooler postgresql://front@127.0.0.1:{pooled.part('port')}/{database}" in ended.err
    assert "Traceback" not in ended.err
    assert "alone" not in ended.err
    assert (left, state) == ([], (True, True, "0"))


def test_full_pool_is_told(example_url: Url, service_url: Url) -> None:
    with (
        pgbouncer(service_url, "session", default_pool_size="1") as pooled,
        psycopg.connect(pooled.conninfo, autocommit=True) as service,
    ):
        service.execute("select 1")
        ended = ttdb("validate", "--url", example_url.uri(), "--pooler", pooled.uri())

    assert ended.code == 2
    assert f"the pooler at 127.0.0.1:{pooled.part('port')} had no connection to spare for 5 s" in ended.err


def test_pooler_that_is_none_or_another_databases_is_refused(server: Throwaway, example_url: Url) -> None:
    alone = ttdb("validate", "--pooler", example_url.uri())
    itself = ttdb("validate", "--url", example_url.uri(), "--pooler", example_url.uri())
    with pgbouncer(server.url, "transaction") as pooled:
        other = ttdb("validate", "--url", example_url.uri(), "--pooler", pooled.uri())

    assert (alone.code, itself.code, other.code) == (2, 2, 2)
    assert "--pooler stands before the database of --url" in alone.err
    assert "no pooler answers at" in itself.err
    assert "leads to another database than" in other.err


def test_repro_of_a_pooler_is_a_script_for_psql_and_a_test_that_tries_it_again(
    example_url: Url, service_url: Url, tmp_path: Path
) -> None:
    with pgbouncer(service_url, "transaction") as pooled:
        flags = ("--pooler", pooled.uri(), "--tenant-scope", "session", "--repro", str(tmp_path / "found"))
        _validate(example_url, *flags)
        script = next((tmp_path / "found").glob("iso022*.sql")).read_text()
        shown = _run_by_psql(script[script.index("-- psql") :], pooled)
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "0", "-k", "iso022", str(tmp_path / "found")],
            env={**os.environ, "REPRO_DATABASE_URL": example_url.uri(), "PGPASSWORD": str(pooled.part("password"))},
            capture_output=True,
            text=True,
            check=False,
        )

    assert shown == "a tenant of mine"
    assert "run as" not in script
    assert "1 failed" in ended.stdout, ended.stdout + ended.stderr
    assert "the pooler hands" not in ended.stderr
