"""Headers of checks and attacks: complete, unique, and refused at load when they are not."""

from pathlib import Path

import pytest

from ttdb.errors import CheckFileInvalid, UsageError
from ttdb.validate import library
from ttdb.validate.library import load

_HEADER = """
code = "RLS901"
name = "made-up"
severity = "error"
since = "0.1.0"
title = "A made-up check"
why = "For the test."
bad = "select 1;"
fix = "select 2;"
"""
_QUERY = "select null::text as schema, 'x' as object, 'y' as detail"


def _write(folder: Path, *, header: str = _HEADER, query: str = _QUERY, name: str = "RLS901_made_up.sql") -> None:
    (folder / name).write_text(f"/*{header}*/\n{query}\n")


def test_every_unit_has_its_page() -> None:
    for unit in library().units:
        assert library().find(unit.code) is unit
        assert library().find(unit.name) is unit
        assert unit.title
        assert unit.why


def test_subsuming_codes_exist() -> None:
    known = {unit.code for unit in library().units}

    assert {code for unit in library().units for code in unit.subsumed_by} <= known


def test_sound_check_loads(tmp_path: Path) -> None:
    _write(tmp_path)

    assert [check.unit.code for check in load(tmp_path, tmp_path).checks] == ["RLS901"]


def test_what_several_stand_on_comes_before_what_is_given(tmp_path: Path) -> None:
    _write(tmp_path, header=f'{_HEADER}stands_on = "trail"\ngiven = "select 3;"\n')

    (check,) = load(tmp_path, tmp_path).checks

    assert check.unit.given.startswith("create table app.changes")
    assert check.unit.given.endswith(";\nselect 3;")


@pytest.mark.parametrize("field", ["code", "name", "severity", "since", "title", "why", "bad", "fix"])
def test_header_without_a_field_is_refused(field: str, tmp_path: Path) -> None:
    lines = [line for line in _HEADER.splitlines() if not line.startswith(f"{field} ")]
    _write(tmp_path, header="\n".join(lines) + "\n")

    with pytest.raises(CheckFileInvalid, match=f"lacks {field}"):
        load(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("code = ", "not valid TOML"),
        (_HEADER + 'colour = "red"\n', "unknown field colour"),
        (_HEADER.replace('"error"', '"fatal"'), "severity must be one of"),
        (_HEADER.replace("RLS901", "XXX901"), "not a family and three digits"),
        (_HEADER.replace("made-up", "Made_Up"), "not in kebab-case"),
        (_HEADER.replace("RLS901", "RLS902"), "calls for the file name RLS902_made_up.sql"),
        (_HEADER.replace('"For the test."', '""'), "why is empty"),
        (_HEADER + 'requires = "ttdb.x"\n', "requires is empty or of the wrong type"),
        (_HEADER + 'stands_on = "trial"\n', "stands on trial, which is no file of given/"),
    ],
)
def test_wrong_header_is_refused(header: str, message: str, tmp_path: Path) -> None:
    _write(tmp_path, header=header)

    with pytest.raises(CheckFileInvalid, match=message):
        load(tmp_path, tmp_path)


def test_file_without_a_header_is_refused(tmp_path: Path) -> None:
    (tmp_path / "RLS901_made_up.sql").write_text(_QUERY)

    with pytest.raises(CheckFileInvalid, match="does not open with a comment"):
        load(tmp_path, tmp_path)


def test_header_without_a_query_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, query="")

    with pytest.raises(CheckFileInvalid, match="no query"):
        load(tmp_path, tmp_path)


def test_reused_name_is_refused(tmp_path: Path) -> None:
    _write(tmp_path)
    _write(tmp_path, header=_HEADER.replace("RLS901", "RLS902"), name="RLS902_made_up.sql")

    with pytest.raises(CheckFileInvalid, match="has the name made-up already"):
        load(tmp_path, tmp_path)


def test_attack_without_its_function_is_refused(tmp_path: Path) -> None:
    header = _HEADER.replace("RLS901", "ISO901")
    (tmp_path / "ISO901_made_up.py").write_text(f"'''{header}'''\n")

    with pytest.raises(CheckFileInvalid, match="no function attack"):
        load(tmp_path, tmp_path)


def test_unknown_code_suggests_near_ones() -> None:
    with pytest.raises(UsageError) as raised:
        library().find("RLS0001")

    assert "RLS001" in str(raised.value.hint)


def test_unknown_family_names_the_families() -> None:
    with pytest.raises(UsageError) as raised:
        library().only(["RSL"])

    assert "RLS" in str(raised.value.hint)
