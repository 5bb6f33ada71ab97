"""A password in the URL appears nowhere: output, errors, tracebacks, process title, reports."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.databases import connect
from support.program import ttdb

from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url
from ttdb.secrets import masked, masked_argument

SECRET = "hunter2%40%2Fx"  # noqa: S105 - the word that must not appear; with an encoded @ and /
PLAIN = "hunter2"


def with_secret(server: Throwaway) -> str:
    """Return a URL whose login's password is the word that must not appear."""
    with connect(server.url) as admin:
        admin.execute("drop role if exists careless")
        admin.execute("create role careless login superuser password 'hunter2@/x'")
    url = server.url.with_parts(user="careless", password="hunter2@/x")  # noqa: S106 - the word that must not appear
    assert SECRET in url.uri()
    return url.uri()


@pytest.mark.parametrize(
    "command",
    [
        ("status", "--verbose"),
        ("status", "--format", "json"),
        ("upgrade", "--verbose"),
        ("upgrade", "--plan", "--format", "json"),
        ("downgrade", "base", "--verbose"),
        ("bootstrap", "--verbose"),
        ("validate", "--verbose", "--format", "json"),
        ("seed", "minimal", "--verbose"),
        ("seed", "no-such-scenario", "--verbose"),
    ],
)
def test_password_is_in_no_output(own_server: Throwaway, command: tuple[str, ...]) -> None:
    ended = ttdb(*command, "--url", with_secret(own_server))

    assert PLAIN not in ended.out + ended.err
    assert "careless" in ended.out + ended.err


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{SECRET}@127.0.0.1:1/db",
        f"postgresql://me:{SECRET}@no-such-host.invalid/db",
        f"postgresql://me@127.0.0.1:1/db?password={SECRET}",
        f"host=127.0.0.1 port=1 user=me password={SECRET}",
        f"host=127.0.0.1 port=1 user=me password = '{SECRET} and more'",
        f"postgresql://me:{SECRET}@127.0.0.1:1/db?nonsense=1",
        f"postgresql://me:{SECRET}@127.0.0.1:port/db",
        f"postgresql://me:{PLAIN}/x@127.0.0.1/db",
        f"postgresql://me:{PLAIN}@x@127.0.0.1/db",
        f"postgresql://me:{PLAIN}%zz@127.0.0.1/db",
    ],
)
def test_password_is_in_no_error(url: str) -> None:
    ended = ttdb("status", "--verbose", "--url", url)

    assert ended.code == 2
    assert PLAIN not in ended.out + ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("validate", f"postgresql://me:{SECRET}@127.0.0.1:1/db"),
        (f"postgresql://me:{SECRET}@127.0.0.1:1/db", "status"),
        ("validate", "--format", f"postgresql://me:{SECRET}@127.0.0.1:1/db"),
        ("status", f"--url postgresql://me:{PLAIN} x@127.0.0.1:1/db"),
        ("upgrade", "no-such-revision", "--verbose", "--url", f"postgresql://me:{SECRET}@127.0.0.1:1/db"),
        ("upgrade", f"postgresql://me:{PLAIN}@127.0.0.1:1/db", "--verbose", "--url", "postgresql://127.0.0.1:1/db"),
    ],
)
def test_password_in_the_wrong_place_is_in_no_usage_error(arguments: tuple[str, ...]) -> None:
    ended = ttdb(*arguments)

    assert ended.code == 2
    assert PLAIN not in ended.out + ended.err


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc here: ps is not asked on this system")
def test_password_is_gone_from_the_process_title(own_server: Throwaway) -> None:
    url = with_secret(own_server)
    with connect(own_server.url) as blocker:
        blocker.execute("select pg_catalog.pg_advisory_lock(%s)", (0x74746462,))  # upgrade waits for it: time to look
        program = subprocess.Popen(
            [sys.executable, "-m", "ttdb", "upgrade", "--url", url],
            stderr=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if not name.startswith(("TTDB_", "PG"))},
        )
        try:
            titles = [_title(program.pid) for _ in range(30) if not time.sleep(0.1)]  # type: ignore[func-returns-value]  # sleeps between looks
        finally:
            program.kill()
            program.wait()

    assert any("ttdb upgrade --url postgresql://careless:***@" in title for title in titles)
    assert not any(PLAIN in title for title in titles[5:])


def _title(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def test_url_is_shown_without_its_password() -> None:
    url = Url.parse(f"postgresql://me:{SECRET}@db.example.com:5433/tickets")

    assert str(url) == "postgresql://me:***@db.example.com:5433/tickets"
    assert SECRET not in repr(url)


@pytest.mark.parametrize(
    "text",
    [
        f"dsn=postgresql://me:{PLAIN}@h/db failed",
        f"password={PLAIN} host=h",
        f"sslpassword='{PLAIN} x'",
        f"postgres://u:{PLAIN}@a,b/db",
        f"postgres://u:half/{PLAIN}@h/db",
        f"postgres://u:half@{PLAIN}@h/db",
    ],
)
def test_masking_finds_passwords_in_running_text(text: str) -> None:
    assert PLAIN not in masked(text)


@pytest.mark.parametrize(
    "argument",
    [
        f"postgresql://me:half {PLAIN}@h/db",
        f"--url=postgresql://me:half/{PLAIN} x@h/db",
        f"host=h password=half\\ {PLAIN}",
        f"host=h password='half {PLAIN}'",
    ],
)
def test_masking_finds_passwords_with_spaces_in_an_argument(argument: str) -> None:
    assert PLAIN not in masked_argument(argument)
