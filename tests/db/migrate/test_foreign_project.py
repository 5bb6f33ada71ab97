"""Somebody else's Alembic project uses the engine's steps, exactly as the how-to says."""

import re
from pathlib import Path

import pytest
from support.alembic_project import Project
from support.catalog import catalog
from support.databases import connect
from support.migrating import SETTINGS, Place

from ttdb.config import Settings
from ttdb.migrate.drift import drift
from ttdb.migrate.status import status
from ttdb.migrate.upgrade import upgrade
from ttdb.model.migration import silent

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "use-steps-in-your-alembic-project.md"

_STOPS = """
from ttdb.migrate.steps import sql, upgrade_and_downgrade

revision = "shop_0001"
down_revision = None
STEPS = [
    sql("kept", up="create table public.kept (n int);", down="drop table public.kept;", holds="select true"),
    sql("stops", up="select 1 / 0;", down="select 1;", holds="select false"),
]
upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
"""
_OF_BEFORE = """
revision = "legacy_0001"
down_revision = None


def upgrade() -> None:
    raise NotImplementedError
"""
_MADE = """
from ttdb.migrate.steps import check, sql, upgrade_and_downgrade


def made(name, down):
    holds = f"select pg_catalog.to_regclass('public.{name}') is not null"
    return sql(name, up=f"create table public.{name} (n int);", down=down, holds=holds)


revision = "shop_0001"
down_revision = "legacy_0001"
STEPS = [made("stops", "select 1 / 0;"), made("kept", "drop table public.kept;"), *CHECKS]
upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
"""
_STOPS_ON_THE_WAY_BACK = _MADE.replace("*CHECKS", "")
_STOPS_BELOW_A_CHECK = _MADE.replace(
    "*CHECKS", "*check('public.stops', 'stops_n_must_be_positive', 'n > 0', comment='n must be positive')"
)
_FILLED_BEFORE_A_CHECK = """
from ttdb.migrate.steps import backfill, check, sql, upgrade_and_downgrade

stands = "select exists (select from pg_catalog.pg_attribute where attrelid = pg_catalog.to_regclass('public.visits')"
revision = "shop_0001"
down_revision = None
STEPS = [
    sql("place", up="alter table public.visits add place text;", down="STOP", holds=f"{stands} and attname = 'place')"),
    backfill("public.visits", set="place = 'hall'", where="t.place is null"),
    *check("public.visits", "visits_place_must_be_known", "place is not null", comment="where was it?"),
    *check("public.visits", "visits_n_must_be_positive", "n > 0", comment="n must be positive"),
]
upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
"""
_FROM_PYTHON = """
from alembic import command
from alembic.config import Config

command.downgrade(Config("alembic.ini"), "base")
"""


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [str(block) for block in found]


def shop(place: Place, folder: Path) -> Project:
    """Return a project with invoices that stand in its database, its revision not yet run."""
    upgrade(place.migrator, SETTINGS, "engine@head")
    with connect(place.admin) as admin:
        admin.execute("set role ttdb_owner")
        admin.execute(
            "create table public.invoices (id bigint primary key, tenant_id uuid not null, total numeric,"
            " created_at timestamptz)"
        )
        admin.execute(
            "insert into public.invoices select n, pg_catalog.gen_random_uuid(), n - 3,"
            " timestamptz '2026-03-05 12:00+00' + n * interval '20 days' from generate_series(1, 5) as n"
        )
    env, revision = blocks("python")
    project = Project(folder, env, place.migrator)
    project.add("shop_0002", revision)
    return project


def test_project_of_its_own_goes_up_and_down_by_the_how_to(place: Place, tmp_path: Path) -> None:
    project = shop(place, tmp_path)
    up, current, down = blocks("bash")[0].splitlines()

    project.run(up)
    with connect(place.admin) as admin:
        parts = admin.execute(
            "select tableoid::regclass::text, count(*)::int, min(total)::int from public.invoices group by 1 order by 1"
        ).fetchall()
        admin.execute("set role ttdb_owner")
        assert admin.execute("select ttdb.is_protected('public.invoices')").fetchone() == (True,)
    assert [(name.split(".")[-1], count) for name, count, _ in parts] == [
        ("invoices_2026_03", 1),
        ("invoices_2026_04", 1),
        ("invoices_2026_05", 2),
        ("invoices_2026_06", 1),
    ]
    assert min(total for _, _, total in parts) == 0
    assert "shop_0002 (head)" in project.run(current)

    project.run(down)
    with connect(place.admin) as admin:
        assert admin.execute(
            "select relkind::text from pg_class where oid = 'public.invoices'::regclass"
        ).fetchone() == ("r",)
        assert admin.execute("select count(*) from public.invoices").fetchone() == (5,)
        assert admin.execute("select version_num from public.alembic_version").fetchone() == ("engine_0010",)


def test_steps_of_a_project_of_its_own_are_no_drift_and_what_is_added_to_its_tables_is(
    place: Place, tmp_path: Path, settings: Settings
) -> None:
    shop(place, tmp_path).run("alembic upgrade head")
    clean = drift(place.admin, settings, silent, say=lambda _text: None)
    with connect(place.admin) as admin:
        admin.execute("create policy anybody on public.invoices using (true)")
    damaged = drift(place.admin, settings, silent, say=lambda _text: None)

    assert clean.drifted == ()
    assert [(item.state, item.identity) for item in damaged.drifted] == [("added", "public.invoices.anybody")]


def test_table_is_its_owner_s_again_once_the_revision_that_protected_it_is_undone(
    place: Place, tmp_path: Path, settings: Settings
) -> None:
    project = shop(place, tmp_path)
    project.run("alembic upgrade head")
    project.run("alembic downgrade base")
    with connect(place.admin) as admin:
        left = admin.execute(
            "select kind, identity from ttdb.managed_objects where identity ~ '^public.invoices'"
        ).fetchall()
        admin.execute("create function public.touch() returns trigger language plpgsql as 'begin return new; end'")
        admin.execute("create trigger touch before update on public.invoices for each row execute function touch()")

    assert left == []
    assert drift(place.admin, settings, silent, say=lambda _text: None).drifted == ()


def test_what_a_downgrade_left_that_was_killed_at_its_very_end_goes_with_the_next(place: Place, tmp_path: Path) -> None:
    project = shop(place, tmp_path)
    project.run("alembic upgrade head")
    ours = "from ttdb.managed_objects where identity ~ '^public.invoices'"
    with connect(place.admin) as admin:
        admin.execute(f"create table public.remembered as select * {ours}")
        project.run("alembic downgrade base")
        # As it is where the last step was undone, and nothing came after it.
        admin.execute("insert into ttdb.managed_objects table public.remembered")
        project.run("alembic current")
        assert admin.execute(f"select count(*) > 0 {ours}").fetchone() == (True,)

        project.run("alembic downgrade base")

        assert admin.execute(f"select count(*) {ours}").fetchone() == (0,)


def test_status_keeps_the_platform_out_of_a_project_of_its_own(place: Place, tmp_path: Path) -> None:
    project = shop(place, tmp_path)
    project.run("alembic upgrade head")
    done = status(place.migrator, silent)
    with connect(place.admin) as admin:
        admin.execute("update public.alembic_version set version_num = 'engine_0009'")
        admin.execute("delete from ttdb.ledger where revision = 'engine_0010'")
    behind = status(place.migrator, silent)

    assert (done.newest, done.pending) == (("engine_0010",), ())
    assert done.next_command.startswith("ttdb validate")
    assert [revision for revision, _count in behind.pending] == ["engine_0010"]
    assert behind.next_command == "ttdb upgrade engine@head"


@pytest.mark.parametrize("back", ["alembic downgrade base", "back"])
def test_what_was_begun_of_a_revision_is_undone_by_the_way_back(place: Place, tmp_path: Path, back: str) -> None:
    upgrade(place.migrator, SETTINGS, "engine@head")
    project = Project(tmp_path, blocks("python")[0], place.migrator)
    project.add("shop_0001", _STOPS)
    (tmp_path / "back.py").write_text(_FROM_PYTHON, encoding="utf-8")
    before = catalog(place.admin)

    stopped = project.try_("alembic upgrade head")
    with connect(place.admin) as admin:
        begun = admin.execute("select step from ttdb.ledger where revision = 'shop_0001'").fetchall()
    said = project.run(back)

    assert "division by zero" in stopped.stderr
    assert begun == [("kept",)]
    assert "undoing what was begun of shop_0001" in said
    with connect(place.admin) as admin:
        assert admin.execute("select to_regclass('public.kept')").fetchone() == (None,)
        assert admin.execute("select count(*) from ttdb.ledger where revision = 'shop_0001'").fetchone() == (0,)
        admin.execute("drop table public.shop_version")  # Alembic's own
    assert catalog(place.admin) == before


def test_what_stands_in_the_way_of_what_a_stopped_downgrade_undid_is_told_before_anything_changes(
    place: Place, tmp_path: Path
) -> None:
    upgrade(place.migrator, SETTINGS, "engine@head")
    project = Project(tmp_path, blocks("python")[0], place.migrator)
    project.add("legacy_0001", _OF_BEFORE)
    project.run("alembic stamp legacy_0001")
    project.add("shop_0001", _STOPS_BELOW_A_CHECK)
    project.run("alembic upgrade shop")
    project.try_("alembic downgrade -1")
    with connect(place.admin) as admin:
        admin.execute("insert into public.stops values (-1)")
    half = catalog(place.admin)

    refused = project.try_("alembic upgrade head")

    assert "1 conflict stands in the way; nothing was changed" in refused.stderr
    assert catalog(place.admin) == half


def test_rows_that_a_fill_is_yet_to_settle_stand_in_nobody_s_way(place: Place, tmp_path: Path) -> None:
    upgrade(place.migrator, SETTINGS, "engine@head")
    with connect(place.admin) as admin:
        admin.execute("set role ttdb_owner; create table public.visits (id int primary key, n int)")
        admin.execute("insert into public.visits values (1, 1)")
    project = Project(tmp_path, blocks("python")[0], place.migrator)
    project.add("shop_0001", _FILLED_BEFORE_A_CHECK.replace("STOP", "select 1 / 0;"))
    project.run("alembic upgrade head")
    project.try_("alembic downgrade -1")  # stops where nothing keeps rows without a place out any more
    with connect(place.admin) as admin:
        admin.execute("insert into public.visits values (2, 0)")
        refused = project.try_("alembic -x violations=rows.csv upgrade head")
        admin.execute("update public.visits set n = 2 where n = 0")
        project.run("alembic upgrade head")
        places = admin.execute("select place, count(*)::int from public.visits group by 1").fetchall()

    assert "ttdb.errors.Conflicts: 1 conflict stands in the way; nothing was changed\n" in refused.stderr
    assert "public.visits: 1 row breaks visits_n_must_be_positive: id=2." in refused.stderr
    assert "alembic -x violations=FILE lists all" in refused.stderr
    assert "rows that stop it: 1, listed in rows.csv" in refused.stdout
    assert (tmp_path / "rows.csv").read_text(encoding="utf-8").splitlines() == [
        "table,constraint,key",
        "public.visits,visits_n_must_be_positive,id=2",
    ]
    assert places == [("hall", 2)]


def test_project_of_its_own_is_refused_where_the_engine_is_missing(place: Place, tmp_path: Path) -> None:
    project = Project(tmp_path, blocks("python")[0], place.migrator)
    project.add("shop_0001", _STOPS)

    refused = project.try_("alembic upgrade head")

    assert refused.returncode == 1
    assert 'does not stand in this database\nRun "ttdb upgrade engine@head" first.' in refused.stderr


def test_project_with_revisions_from_before_it_used_steps_goes_down_and_up(place: Place, tmp_path: Path) -> None:
    upgrade(place.migrator, SETTINGS, "engine@head")
    project = Project(tmp_path, blocks("python")[0], place.migrator)
    project.add("legacy_0001", _OF_BEFORE)
    project.add("shop_0001", _STOPS_ON_THE_WAY_BACK.replace("select 1 / 0;", "drop table public.stops;"))
    refused = project.try_("alembic upgrade head")
    project.run("alembic stamp legacy_0001")
    before = catalog(place.admin)
    project.run("alembic upgrade head")

    project.run("alembic downgrade -1")

    assert "UsageError: revision legacy_0001 lists no STEPS\nWrite what it changes as steps;" in refused.stderr
    assert catalog(place.admin) == before
    project.run("alembic upgrade head")


def test_what_a_stopped_downgrade_undid_is_brought_back_by_an_upgrade(place: Place, tmp_path: Path) -> None:
    upgrade(place.migrator, SETTINGS, "engine@head")
    project = Project(tmp_path, blocks("python")[0], place.migrator)
    project.add("legacy_0001", _OF_BEFORE)
    project.run("alembic stamp legacy_0001")
    project.add("shop_0001", _STOPS_ON_THE_WAY_BACK)
    project.run("alembic upgrade shop")
    before = catalog(place.admin)

    stopped = project.try_("alembic downgrade -1")
    said = project.run("alembic current")
    half = catalog(place.admin)
    mended = project.run("alembic upgrade head")

    assert "division by zero" in stopped.stderr
    assert "shop_0001 (head)" in said
    assert half != before  # nothing but an upgrade mends it
    assert mended == "applying what is missing of shop_0001\n"
    assert catalog(place.admin) == before
    with connect(place.admin) as admin:
        assert admin.execute("select step from ttdb.ledger where revision = 'shop_0001' order by 1").fetchall() == [
            ("kept",),
            ("stops",),
        ]
    assert project.run("alembic upgrade head") == ""
