"""``ttdb validate`` tells the truth about the live platform, and about the small schema with its diseases."""

import dataclasses

import pytest
from fixtures import catalogue
from fixtures.expected import DISEASED, LEGACY, Disease, written_down
from fixtures.validated import Validated, validate
from support.catalog import catalog as catalog_of
from support.catalog import roles

from ttdb.postgres.url import Url

# Which checks and attacks report which disease; any one of them will do.
_CODES: dict[str, tuple[str, ...]] = {
    "tenant_tables_without_rls": ("ISO003", "RLS001"),
    "rows_without_tenant_column": ("ISO003", "ISO013", "CON001"),
    "rows_without_tenant_column_otherwise": ("ISO003", "ISO013", "CON001"),
    "policies_opened_by_a_setting": ("ISO004", "RLS005"),
    "policies_that_raise_when_unset": ("ISO002", "RLS006"),
    "policies_that_raise_when_empty": ("ISO002", "RLS006"),
    "write_blocking_triggers": ("AUD002", "AUD004"),
    "latent_blocking_triggers": ("AUD002",),
    "nullable_tenant_columns": ("CON002",),
    "unscoped_uniques": ("CON003",),
    "tenant_crossing_fks": ("CON004",),
    "owner_rights_views": ("ISO003", "FNC002", "FNC003"),
}
_SUPERUSER, _TRUNCATE = ("PRV001",), ("PRV003",)
# An attack shows what a table's policies or triggers do together, so it names the table and not each of them.
_BY_TABLE = (
    "policies_opened_by_a_setting",
    "policies_that_raise_when_unset",
    "policies_that_raise_when_empty",
    "write_blocking_triggers",
)
_SECONDS = 60
_LEGACY = written_down(LEGACY)
_DISEASED = written_down(DISEASED)


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """One run, and the database before and after it."""

    validated: Validated
    login: str
    before: list[str]
    after: list[str]


def _run(url: Url) -> Run:
    before = catalog_of(url) + roles(url)
    validated = validate(url)
    return Run(validated, str(url.part("user")), before, catalog_of(url) + roles(url))


@pytest.fixture(scope="module")
def legacy_run(legacy_alone_url: Url) -> Run:
    return _run(legacy_alone_url)


@pytest.fixture(scope="module")
def diseased_run(diseased_alone_url: Url) -> Run:
    return _run(diseased_alone_url)


def test_live_platform_fails_within_a_minute(legacy_run: Run) -> None:
    assert legacy_run.validated.report["verdict"] == "fail"
    assert legacy_run.validated.exit_code == 1
    assert legacy_run.validated.seconds <= _SECONDS


def test_validation_leaves_the_live_platform_as_it_was(legacy_run: Run) -> None:
    assert legacy_run.after == legacy_run.before


def test_application_is_said_to_log_in_as_a_superuser(legacy_run: Run) -> None:
    found = legacy_run.validated.findings(_SUPERUSER)
    of_login = [finding for finding in found if legacy_run.login in (finding["object"], finding.get("role"))]

    assert [finding["severity"] for finding in of_login] == ["error"]


@pytest.mark.parametrize("disease", [_LEGACY[name] for name in _CODES if name in _LEGACY], ids=lambda each: each.name)
def test_disease_of_the_live_platform_is_found_in_each_object(legacy_run: Run, disease: Disease) -> None:
    _assert_found(legacy_run.validated, disease)


@pytest.mark.parametrize(
    "disease", [_DISEASED[name] for name in _CODES if name in _DISEASED], ids=lambda each: each.name
)
def test_disease_of_the_small_schema_is_found_in_each_object(diseased_run: Run, disease: Disease) -> None:
    _assert_found(diseased_run.validated, disease)


def test_table_of_nobody_in_the_small_schema_is_left_in_peace(diseased_run: Run) -> None:
    errors = [finding for finding in diseased_run.validated.report["findings"] if finding["severity"] == "error"]

    assert "desk.plans" not in {finding["object"] for finding in errors}


def test_truncate_is_found_on_each_table_with_rows_of_tenants(
    legacy_run: Run, legacy_catalogue: catalogue.Catalogue
) -> None:
    names = catalogue.tenant_tables(legacy_catalogue) + catalogue.reached_by_table_names(legacy_catalogue)
    found = {finding["object"] for finding in legacy_run.validated.findings(_TRUNCATE)}

    assert sorted({f"public.{name}" for name in names} - found) == []


def test_truncate_is_found_in_the_small_schema(diseased_run: Run) -> None:
    found = {finding["object"] for finding in diseased_run.validated.findings(_TRUNCATE)}

    assert set(_DISEASED["truncate_granted"].objects) - found <= {"desk.plans"}


def _assert_found(validated: Validated, disease: Disease) -> None:
    codes = _CODES[disease.name]
    found = validated.reports_table if disease.name in _BY_TABLE else validated.reports
    missed = [ill for ill in disease.objects if not found(codes, ill)]

    assert not missed, f"{len(missed)} of {disease.count}"
