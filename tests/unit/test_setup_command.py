"""A setup command's environment leads to the throwaway and nowhere else; what it prints is shown without passwords."""

import sys
from pathlib import Path

import pytest

from ttdb.errors import SetupFailed
from ttdb.postgres.throwaway.base import loopback_url
from ttdb.workflows.setup_command import environment_for, run_setup

URL = loopback_url("127.0.0.1", 5499, "hunter2").with_parts(dbname="shop")


def test_every_variable_that_leads_to_a_database_leads_to_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGSERVICE", "PGHOSTADDR", "PGOPTIONS", "PGPASSFILE", "PGSERVICEFILE", "PGHOST", "DATABASE_URL"):
        monkeypatch.setenv(name, "live")
    monkeypatch.setenv("PGADMIN_THEME", "dark")

    found = {name: value for name, value in environment_for(URL).items() if name.startswith(("PG", "TTDB", "DATABASE"))}

    assert found == {
        "DATABASE_URL": "postgresql://postgres:hunter2@127.0.0.1:5499/shop",
        "TTDB_DATABASE_URL": "postgresql://postgres:hunter2@127.0.0.1:5499/shop",
        "PGHOST": "127.0.0.1",
        "PGPORT": "5499",
        "PGUSER": "postgres",
        "PGPASSWORD": "hunter2",
        "PGDATABASE": "shop",
        "PGSSLMODE": "disable",
        "PGADMIN_THEME": "dark",
    }


def test_programs_of_an_environment_that_is_not_activated_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    with pytest.raises(SetupFailed) as failed:
        run_setup("command -v python; exit 1", URL, cwd=tmp_path, here=True, say=lambda _: None)

    assert failed.value.message.endswith(f"\n    {Path(sys.executable).parent / 'python'}")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("no-such-program", "exited with 127"),
        ("kill -TERM $$", "was ended by SIGTERM"),
        ("printf 'pass %s\\n' $PGPASSWORD; exit 1", "exited with 1"),
        ("printf '\\377\\n'; exit 1", "exited with 1"),
        ("cat; exit 4", "exited with 4"),  # asks nobody: its input is empty
    ],
)
def test_failure_is_told_without_the_password(command: str, told: str) -> None:
    said: list[str] = []

    with pytest.raises(SetupFailed) as failed:
        run_setup(command, URL, say=said.append)

    assert said == [f"running the setup command: {command}"]
    assert failed.value.message.startswith(f"the setup command {told}: {command}")
    assert "hunter2" not in failed.value.message


def test_what_it_leaves_in_the_background_is_ended(tmp_path: Path) -> None:
    with pytest.raises(SetupFailed):
        run_setup("(sleep 2; touch late) & exit 1", URL, cwd=tmp_path, say=lambda _: None)
    with pytest.raises(SetupFailed):
        run_setup("sleep 3; exit 1", URL, cwd=tmp_path, say=lambda _: None)

    assert list(tmp_path.iterdir()) == []
