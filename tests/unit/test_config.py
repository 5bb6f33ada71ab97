"""Settings: a mistake in the file or the environment is named, with what to write instead."""

from pathlib import Path

import pytest

from ttdb import config
from ttdb.errors import ConfigInvalid, ConfigKeyUnknown


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()  # nothing above is read
    return tmp_path


@pytest.mark.parametrize("text", ["tool = 1", "[tool]\nttdb = 1"])
def test_project_file_without_a_table_is_refused(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigInvalid, match="is no table") as caught:
        config.load(start=folder)
    assert caught.value.hint == "Write [tool.ttdb] on a line of its own, and the settings below it."


@pytest.mark.parametrize("heading", ["[tool.ttdb]", "[ttdb]"])
def test_heading_in_own_file_is_told_to_go(folder: Path, heading: str) -> None:
    (folder / "ttdb.toml").write_text(f'{heading}\nthrowaway = "local"\n', encoding="utf-8")

    with pytest.raises(ConfigKeyUnknown) as caught:
        config.load(start=folder)
    assert caught.value.hint == "Leave the heading out: ttdb.toml holds the settings themselves."


def test_file_with_a_byte_order_mark_is_read(folder: Path) -> None:
    (folder / "ttdb.toml").write_text('throwaway = "local"\n', encoding="utf-8-sig")

    assert config.load(start=folder).throwaway == "local"


@pytest.mark.parametrize(("name", "heading"), [("ttdb.toml", "[[ignore]]"), ("pyproject.toml", "[[tool.ttdb.ignore]]")])
def test_ignore_without_reason_says_what_to_write_in_this_file(folder: Path, name: str, heading: str) -> None:
    (folder / name).write_text(f'{heading}\nkey = "RLS001:app.x"\nreason = " "\n', encoding="utf-8")

    with pytest.raises(ConfigInvalid, match="lacks its key or its reason") as caught:
        config.load(start=folder)
    assert caught.value.hint == f'Write {heading} with key = "CODE:object" and reason = "...".'


def test_list_in_a_variable_may_have_spaces(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTDB_APP_ROLES", "web, jobs,")

    assert config.load(start=folder).app_roles == ("web", "jobs")


def test_ignore_is_no_variable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTDB_IGNORE", "RLS001:app.x")

    with pytest.raises(ConfigInvalid, match="TTDB_IGNORE is no variable"):
        config.load(start=folder)


@pytest.mark.parametrize("text", ["50ms", "50", "1.5 s", "2min"])
def test_lock_timeout_is_a_time(folder: Path, text: str) -> None:
    assert config.load({"lock_timeout": text}, start=folder).lock_timeout == text


@pytest.mark.parametrize("text", ["abc", "-5", "1;drop", "", "99999999999d"])
def test_lock_timeout_that_is_no_time_is_refused(folder: Path, text: str) -> None:
    with pytest.raises(ConfigInvalid, match='setting "lock_timeout" in the command line'):
        config.load({"lock_timeout": text}, start=folder)


@pytest.mark.parametrize("text", ["0", "0s", "1us"])
def test_lock_timeout_that_waits_for_ever_is_refused(folder: Path, text: str) -> None:
    with pytest.raises(ConfigInvalid, match="a millisecond or more"):
        config.load({"lock_timeout": text}, start=folder)
