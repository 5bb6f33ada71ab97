"""The file that decides on the platform's other tables."""

from pathlib import Path

import pytest

from ttdb.migrate.decided import Decided, File, decided
from ttdb.migrate.steps import as_decided
from ttdb.tenancy import read


def file(tmp_path: Path, text: str) -> File:
    path = tmp_path / "tenancy.toml"
    path.write_text(f'tenants = "public.tenants"\ncolumn = "tenant_id"\n{text}', encoding="utf-8")
    return File(path)


def test_tables_come_after_those_that_they_lead_to(tmp_path: Path) -> None:
    made = file(
        tmp_path,
        '[tables."public.a"]\ntenant = "parent"\nthrough = "b_id -> public.b.id"\n'
        '[tables."public.b"]\ntenant = "parent"\nthrough = "v_id -> public.venues.id"\n',
    )

    assert [each.table for each in made.ordered] == ["public.b", "public.a"]
    assert made.chain(made.tables["public.a"]) == ("public.a", "public.b", "public.venues")
    a = [step for step in as_decided(made) if step.relations == ("public.a",)]
    assert [step.stands for step in a[:2]] == [("public.a",), ("public.a", "public.b", "public.venues")]


def test_word_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"public\.a is everybodys; known are global, nobody, own, parent, undecided"):
        file(tmp_path, '[tables."public.a"]\ntenant = "everybodys"\n')


def test_what_is_not_known_of_a_table_leaves_it_closed(tmp_path: Path) -> None:
    made = file(tmp_path, '[tables."public.a"]\ntenant = "undecided"\n')

    assert made.tables == {"public.a": Decided("public.a", "undecided")}
    assert [step.name for step in as_decided(made)] == ["close-public-a", "tables-decided"]


def test_platforms_file_is_one_that_the_command_reads() -> None:
    shipped = read(Path(__file__).parents[3] / "migrations" / "tenancy.toml")

    assert {each.table: str(each.belongs) for each in shipped.tables} == {
        name: each.belongs for name, each in decided().tables.items()
    }
