"""Findings as files: safe names, text that stays text, and no folder of somebody else's touched."""

import ast
import re
from pathlib import Path

import pytest
from support.reports import HOSTILE, finding, hostile, report

from ttdb.errors import UsageError
from ttdb.report import repro

_SAFE = re.compile(r"[a-z0-9_]{1,90}\.(sql|py)")


def written(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_each_finding_has_a_script_a_test_and_a_line_in_the_index(tmp_path: Path) -> None:
    count = repro.write(report(finding(), known=(finding("RLS001"),)), tmp_path / "new")
    names = written(tmp_path / "new")
    index = (tmp_path / "new" / "README.md").read_text(encoding="utf-8")

    assert count == 2
    assert len([name for name in names if name.endswith(".sql")]) == 2
    assert len([name for name in names if name.startswith("test_")]) == 2
    assert all(f"({name})" in index for name in names if name.endswith(".sql") or name.startswith("test_"))


def test_finding_that_is_read_from_the_catalog_is_a_test_that_asks_validation_again(tmp_path: Path) -> None:
    count = repro.write(report(finding("CON001", evidence="")), tmp_path)
    (test,) = tmp_path.glob("test_*.py")

    assert count == 1
    assert not list(tmp_path.glob("*.sql"))
    assert 'assert KEY not in found("CON"), ABOUT' in test.read_text(encoding="utf-8")
    assert f"({test.name})" in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_what_holds_for_every_database_is_listed_only(tmp_path: Path) -> None:
    assert repro.write(report(finding("ISO000", "database", evidence="")), tmp_path) == 0
    assert not list(tmp_path.glob("test_*.py"))
    assert "ISO000 `database`" in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_folder_that_cannot_be_written_is_refused_before_the_run() -> None:
    with pytest.raises(UsageError, match="--repro /proc/findings cannot be written: ") as refused:  # root neither
        repro.require_own(Path("/proc/findings"))

    assert refused.value.hint == "Name a folder that you may write."


def test_files_have_the_same_names_in_each_run(tmp_path: Path) -> None:
    repro.write(report(finding(), finding(role="jobs")), tmp_path / "one")
    repro.write(report(finding(role="jobs"), finding()), tmp_path / "two")

    assert written(tmp_path / "one") == written(tmp_path / "two")


def test_names_of_files_are_safe_whatever_objects_are_called(tmp_path: Path) -> None:
    repro.write(hostile(), tmp_path / "new")
    names = written(tmp_path / "new") - {"README.md", repro.MARKER}

    assert [name for name in names if not _SAFE.fullmatch(name)] == []
    assert len(names) == 1 + 2 * 2 * len(HOSTILE)
    assert written(tmp_path) == {"new"}


def test_comment_of_a_script_cannot_be_left(tmp_path: Path) -> None:
    repro.write(report(*(finding(name=name, cause=name, fix=name, evidence="select 1;") for name in HOSTILE)), tmp_path)

    for script in tmp_path.glob("*.sql"):
        lines = [line for line in script.read_text(encoding="utf-8").splitlines() if line]
        assert [line for line in lines if not line.startswith("-- ")] == ["select 1;"]


def test_test_is_python_that_asserts_once(tmp_path: Path) -> None:
    repro.write(hostile(), tmp_path)

    for test in tmp_path.glob("test_*.py"):
        (function,) = [
            each for each in ast.parse(test.read_text(encoding="utf-8")).body if isinstance(each, ast.FunctionDef)
        ]
        assert [type(each) for each in function.body] == [ast.Assert]
        assert test.read_text(encoding="utf-8").isascii()


def test_second_run_replaces_its_own_files_and_leaves_others(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    repro.write(report(finding()), folder)
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    repro.write(report(finding("RLS001")), folder)

    assert [name for name in written(folder) if "iso003" in name] == []
    assert (folder / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_marker_cannot_name_a_file_elsewhere(tmp_path: Path) -> None:
    folder, mine = tmp_path / "new", tmp_path / "mine.txt"
    repro.write(report(finding()), folder)
    mine.write_text("mine", encoding="utf-8")
    (folder / repro.MARKER).write_text(f"../mine.txt\n{mine}\n..\n.\n", encoding="utf-8")
    repro.write(report(finding()), folder)

    assert mine.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("place", "message"),
    [("full", "has files of somebody else's"), ("full/file", "is no folder"), ("a/b/c", "there is no folder")],
)
def test_folder_that_is_not_its_own_is_refused(place: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine", encoding="utf-8")

    with pytest.raises(UsageError, match=message) as refused:
        repro.write(report(finding()), tmp_path / place)

    assert refused.value.hint
    assert written(tmp_path / "full") == {"file"}


def test_empty_folder_is_taken(tmp_path: Path) -> None:
    assert repro.write(report(finding()), tmp_path) == 1
