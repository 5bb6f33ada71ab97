"""The live platform's catalogue, its expected findings and its rows, before any database is asked."""

from pathlib import Path

import pytest
from fixtures import catalogue, expected, legacy_rows


def test_catalogue_is_looked_for_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(catalogue.VARIABLE, str(tmp_path / "other.json"))

    assert catalogue.path() == tmp_path / "other.json"


def test_variable_is_none_that_the_settings_would_refuse() -> None:
    assert not catalogue.VARIABLE.startswith("TTDB_")


def test_written_list_is_what_the_catalogue_gives(legacy_catalogue: catalogue.Catalogue) -> None:
    computed = expected.computed(legacy_catalogue)
    written = expected.written_down(expected.LEGACY)

    assert {name: len(objects) for name, objects in computed.items()} == {d.name: d.count for d in written.values()}
    for disease in written.values():
        assert list(disease.objects) in ([], computed[disease.name]), disease.name


@pytest.mark.parametrize("file", [expected.LEGACY, expected.DISEASED], ids=lambda file: file.stem)
def test_written_counts_are_the_length_of_their_lists(file: Path) -> None:
    for disease in expected.written_down(file).values():
        if disease.objects:
            assert disease.count == len(set(disease.objects)), disease.name


def test_tenants_have_rows_in_every_table_with_a_tenant_column(legacy_catalogue: catalogue.Catalogue) -> None:
    assert set(catalogue.tenant_tables(legacy_catalogue)) <= set(legacy_rows.filled(legacy_catalogue))


def test_identifiers_are_the_same_every_time() -> None:
    assert legacy_rows.identifier("orders", legacy_rows.OWNERS[0]) == "8c3c11f3-6052-59e6-98a8-6faebea5f203"


def test_no_two_owners_share_an_identifier() -> None:
    owners = (*legacy_rows.OWNERS, legacy_rows.STRAY)

    assert len({legacy_rows.identifier("orders", owner) for owner in owners}) == len(owners)
