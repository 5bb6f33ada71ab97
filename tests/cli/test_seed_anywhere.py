"""The same rows whatever else is installed: what a seed writes comes from frozen words, never from Faker."""

from pathlib import Path

import pytest
from support.databases import connect
from support.program import ttdb
from support.seeding import MINIMAL

from ttdb.postgres.url import Url
from ttdb.seed import digest

_BROKEN = "raise RuntimeError('Faker was imported')\n"


@pytest.fixture
def without_faker(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which importing Faker is an error."""
    package = tmp_path / "faker"
    package.mkdir()
    (package / "__init__.py").write_text(_BROKEN, encoding="utf-8")
    return {"PYTHONPATH": str(tmp_path)}


def test_scenario_has_its_golden_rows_where_faker_cannot_be_imported(
    engine_url: Url, without_faker: dict[str, str]
) -> None:
    ended = ttdb("seed", "minimal", "--url", engine_url.uri(), env=without_faker)

    assert ended.code == 0, ended.err
    with connect(engine_url) as connection:
        assert digest(connection, "minimal")["*"] == MINIMAL


def test_frozen_words_of_other_languages_need_no_faker(engine_url: Url, without_faker: dict[str, str]) -> None:
    ended = ttdb("seed", "demo", "--orders", "30", "--url", engine_url.uri(), env=without_faker)

    assert ended.code == 0, ended.err


def test_schema_without_a_scenario_needs_no_faker(empty_url: Url, without_faker: dict[str, str]) -> None:
    with connect(empty_url) as connection:
        connection.execute("create table public.people (id int primary key, first_name text, company text, mail text)")
    ended = ttdb("seed", "generic", "--rows", "20", "--url", empty_url.uri(), env=without_faker)

    assert ended.code == 0, ended.err
