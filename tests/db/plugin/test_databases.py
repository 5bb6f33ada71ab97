"""The plugin's databases: one a test, at head or as a team's own command makes it, and gone afterwards."""

from pathlib import Path

import pytest
from support.project import run_pytest

from ttdb.config import Settings

_HEAD = """
import pytest


@pytest.mark.parametrize("number", range(4))
def test_own(number, ttdb_connection, ttdb_database, ttdb_server):
    assert ttdb_connection.info.dbname == ttdb_database.name
    assert ttdb_server.url.part("password") not in repr(ttdb_database)
    revisions = ttdb_connection.execute("select version_num from public.alembic_version").fetchall()
    assert any(revision.startswith("platform") for (revision,) in revisions)
    assert ttdb_connection.execute("select count(*) from public.tenants").fetchone() == (0,)
    ttdb_connection.execute("insert into public.tenants (name, slug) values ('only here', 'here')")
    others = "select datname from pg_database where datname ~ '^test_' and datname <> current_database()"
    assert ttdb_connection.execute(others).fetchall() == []
"""


def test_every_test_gets_a_database_at_head_in_any_order_and_process(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "test_head.py").write_text(_HEAD, encoding="utf-8")

    ran = run_pytest(tmp_path, settings, "-n", "2", "-p", "randomly")

    assert ran.outcomes == {"passed": 4}, ran.text


_SEEDED = """
def test_rows(ttdb_connection, assert_isolated):
    assert ttdb_connection.execute("select count(distinct tenant_id) > 1 from public.orders").fetchone() == (True,)
    report = assert_isolated(tables="public.orders")
    assert report.target.app_roles == ("ttdb_app",)


def test_signed_context(ttdb_connection, as_tenant):
    ttdb_connection.execute("select ttdb.create_context_key()")
    ttdb_connection.execute("select ttdb.require_signed_context(true)")
    (tenant,) = ttdb_connection.execute("select id from public.tenants limit 1").fetchone()
    with as_tenant(tenant) as connection:
        assert connection.execute("select ttdb.tenant_id()").fetchone() == (tenant,)
        assert connection.execute("select count(distinct tenant_id) from public.orders").fetchone() == (1,)
"""


def test_scenario_gives_rows_of_several_tenants_and_signed_contexts_are_believed(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "test_seeded.py").write_text(_SEEDED, encoding="utf-8")

    ran = run_pytest(tmp_path, settings, "--ttdb-scenario", "minimal")

    assert ran.outcomes == {"passed": 2}, ran.text


_OWN = """
import psycopg


def test_own_setup(ttdb_connection):
    assert ttdb_connection.execute("select to_regclass('orders') is not null, to_regnamespace('ttdb')").fetchone() == (
        True,
        None,
    )


def test_pool_of_the_service_begins_as_its_role(ttdb_database):
    with psycopg.connect(ttdb_database.url_as("shop_web")) as connection:
        assert connection.execute("select current_user::text").fetchone() == ("shop_web",)


def test_session_left_open_does_not_keep_the_database(ttdb_database):
    global left
    left = psycopg.connect(ttdb_database.url)


def test_that_database_is_gone(ttdb_connection):
    count = "select count(*) from pg_database where datname ~ '^test_'"
    assert ttdb_connection.execute(count).fetchone() == (1,)
    left.close()
"""


def test_setup_of_a_team_makes_the_database_and_sessions_left_open_do_not_keep_it(
    settings: Settings, project: Path
) -> None:
    (project / "test_own.py").write_text(_OWN, encoding="utf-8")

    ran = run_pytest(project, settings, "-p", "no:randomly")

    assert ran.outcomes == {"passed": 4}, ran.text


_ONE = "def test_one(ttdb_connection):\n    pass\n"


@pytest.mark.parametrize(
    ("setup", "told"),
    [
        (
            "echo applying $PGUSER; echo $DATABASE_URL; exit 3",
            "$DATABASE_URL; exit 3\n    applying postgres\n    postgresql://postgres:***@",
        ),
        ("true", "the setup command succeeded but made no table in the throwaway: true\nhint: Have it connect to"),
        ("kill -9 $$", "the setup command was ended by SIGKILL: kill -9 $$\nhint: Run it by hand"),
    ],
)
def test_failed_setup_is_told_without_a_traceback(settings: Settings, project: Path, setup: str, told: str) -> None:
    (project / "test_one.py").write_text(_ONE, encoding="utf-8")

    ran = run_pytest(project, settings, "--ttdb-setup", setup)

    assert ran.outcomes == {"error": 1}, ran.text
    assert told in ran.text
    assert "Traceback" not in ran.text
    assert "setup_command.py" not in ran.text


def test_missing_server_fails_the_tests_and_skips_none(settings: Settings, project: Path) -> None:
    (project / "test_one.py").write_text(_ONE, encoding="utf-8")

    ran = run_pytest(project, settings, TTDB_THROWAWAY="local", TTDB_LOCAL_BIN="/nowhere")

    assert ran.outcomes == {"error": 1}, ran.text
    assert "no throwaway server could be started: local: " in ran.text
    assert "\nhint: " in ran.text


def test_wrong_setting_fails_the_tests_with_the_right_one(settings: Settings, project: Path) -> None:
    (project / "test_one.py").write_text(_ONE, encoding="utf-8")
    (project / "ttdb.toml").write_text('tenant_setings = "app.shop_id"\n', encoding="utf-8")

    ran = run_pytest(project, settings)

    assert ran.outcomes == {"error": 1}, ran.text
    assert 'hint: Did you mean "tenant_setting"?' in ran.text


def test_package_is_imported_by_the_first_fixture_and_no_earlier(settings: Settings, project: Path) -> None:
    (project / "test_lazy.py").write_text(
        "import sys\n\n\ndef test_lazy():\n"
        "    assert {name for name in sys.modules if name.startswith(('ttdb', 'psycopg'))} == {\n"
        "        'ttdb', 'ttdb.pytest_plugin'\n    }\n",
        encoding="utf-8",
    )

    assert run_pytest(project, settings).outcomes == {"passed": 1}
