"""The rebuilt live platform is the one in the catalogue."""

from fixtures import catalogue, legacy_rows
from fixtures.observed import expected, observed
from psycopg import sql

from ttdb.postgres.connect import Connection, scalar


def test_each_table_is_the_catalogues(legacy: Connection, legacy_catalogue: catalogue.Catalogue) -> None:
    found, wanted = observed(legacy)["tables"], expected(legacy_catalogue)["tables"]

    assert found.keys() == wanted.keys()
    for name, table in wanted.items():
        assert found[name] == table, name


def test_counts_are_the_known_ones(legacy: Connection) -> None:
    tables = observed(legacy)["tables"].values()

    assert len(tables) == 177
    assert {part: sum(len(table[part]) for table in tables) for part in ("indexes", "policies", "fks", "checks")} == {
        "indexes": 809,
        "policies": 16,
        "fks": 57,
        "checks": 52,
    }


def test_each_row_refers_to_one_that_exists(legacy: Connection, legacy_catalogue: catalogue.Catalogue) -> None:
    for name, table in catalogue.tables(legacy_catalogue).items():
        for key in table["fks"]:
            orphans = sql.SQL(
                "select count(*) from public.{} c where c.{column} is not null"
                " and not exists (select from public.{} p where p.{} = c.{column})"
            ).format(
                sql.Identifier(name),
                sql.Identifier(key["ref_table"]),
                sql.Identifier(key["ref_columns"][0]),
                column=sql.Identifier(key["columns"][0]),
            )
            assert scalar(legacy, orphans) == 0, key["name"]


def test_both_tenants_have_rows_in_each_tenant_table(legacy: Connection, legacy_catalogue: catalogue.Catalogue) -> None:
    for name in catalogue.tenant_tables(legacy_catalogue):
        tenants = sql.SQL("select array_agg(distinct tenant_id::text) from public.{} where tenant_id::text = any(%s)")
        found = scalar(legacy, tenants.format(sql.Identifier(name)), (list(legacy_rows.TENANTS),))

        assert sorted(found) == sorted(legacy_rows.TENANTS), name


def test_tables_without_tenant_column_hold_rows_too(legacy: Connection, legacy_catalogue: catalogue.Catalogue) -> None:
    for name in catalogue.rows_of_tenants_without_column(legacy_catalogue):
        rows = scalar(legacy, sql.SQL("select count(*) from public.{}").format(sql.Identifier(name)))

        assert rows == len(legacy_rows.OWNERS), name


def test_some_rows_have_no_tenant(legacy: Connection) -> None:
    assert scalar(legacy, "select count(*) from public.users where tenant_id is null") == 1
    assert scalar(legacy, "select count(*) from public.orders o where tenant_id not in (select id from tenants)") == 1
