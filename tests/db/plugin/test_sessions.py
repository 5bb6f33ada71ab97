"""``as_tenant`` and ``assert_isolated``: what they do, and what they say when it cannot be."""

from pathlib import Path

from support.project import run_pytest

from ttdb.config import Settings

_SESSIONS = """
import pytest

COUNT = "select count(*) from orders"
INSERT = "insert into orders (shop_id) values ('north')"


def test_role_without_login_works_for_the_tenant_and_commits(as_tenant, ttdb_connection):
    with as_tenant("north", role="shop_web") as connection:
        who = connection.execute("select session_user::text, current_user::text, current_setting('app.shop_id')")
        assert who.fetchone() == ("shop_web", "shop_web", "north")
        connection.execute(INSERT)
    assert ttdb_connection.execute(COUNT).fetchone() == (1,)


def test_role_of_the_application_is_found(as_tenant):
    with as_tenant("north") as connection:
        assert connection.execute("select current_user::text").fetchone() == ("shop_web",)


def test_rollback_undoes(as_tenant, ttdb_connection):
    with as_tenant("north", rollback=True) as connection:
        connection.execute(INSERT)
    assert ttdb_connection.execute(COUNT).fetchone() == (0,)


def test_what_raises_undoes(as_tenant, ttdb_connection):
    with pytest.raises(ZeroDivisionError), as_tenant("north") as connection:
        connection.execute(INSERT)
        1 / 0
    assert ttdb_connection.execute(COUNT).fetchone() == (0,)


def test_two_tenants_at_once_and_nobody(as_tenant):
    with as_tenant("north") as connection:
        connection.execute(INSERT)
    with as_tenant("north") as north, as_tenant("south") as south, as_tenant(None) as nobody:
        assert [each.execute(COUNT).fetchone() for each in (north, south, nobody)] == [(1,), (0,), (0,)]
        assert nobody.execute("select current_setting('app.shop_id', true)").fetchone() == (None,)


def test_further_settings(as_tenant):
    with as_tenant("north", settings={"app.user": "ann"}) as connection:
        assert connection.execute("select current_setting('app.user')").fetchone() == ("ann",)


def test_role_cannot_become_another(as_tenant):
    with pytest.raises(Exception, match="permission denied to set role"), as_tenant("north") as connection:
        connection.execute("set local role shop_jobs")


def test_unknown_role(as_tenant):
    with as_tenant("north", role="shop_wbe"):
        pass


def test_unknown_setting(as_tenant):
    with as_tenant("north", settings={"undotted": "x"}):
        pass
"""


def test_sessions_act_as_a_role_for_a_tenant(settings: Settings, project: Path) -> None:
    (project / "test_sessions.py").write_text(_SESSIONS, encoding="utf-8")

    ran = run_pytest(project, settings)

    assert ran.outcomes == {"passed": 7, "failed": 2}, ran.text
    unknown = 'Failed: role "shop_wbe" does not exist\nE       hint: The roles are postgres, shop_jobs, shop_web.\n'
    assert f'>       with as_tenant("north", role="shop_wbe"):\nE       {unknown}' in ran.text
    assert 'Failed: setting "undotted" cannot be set by a session\nE       hint: Name a custom setting' in ran.text
    assert "pytest_plugin.py" not in ran.text


_ISOLATED = """
import pytest

LEAK = "create view totals as select shop_id, note from refunds; grant select on totals to shop_web"


@pytest.fixture
def rows(as_tenant):
    for shop in ("north", "south"):
        with as_tenant(shop) as connection:
            for table in ("orders", "refunds"):
                connection.execute(f"insert into {table} (shop_id, note) values ('{shop}', 'of 1 {shop} alone')")


def test_sound(rows, assert_isolated):
    report = assert_isolated()
    assert (report.verdict, report.target.app_roles) == ("pass", ("shop_web",))
    assert report.probes > 20


def test_leak(rows, assert_isolated, ttdb_connection):
    ttdb_connection.execute(LEAK)
    with pytest.raises(AssertionError) as failed:
        assert_isolated(app_roles="shop_web")
    text = str(failed.value)
    assert text.startswith("tenants are not isolated in database test_")
    shown = text.partition("shown by:\\n")[2].partition("    fix:")[0]
    *act, undo = [line.strip() for line in shown.splitlines()]
    for statement in act:
        seen = ttdb_connection.execute(statement)
    assert seen.fetchall() == [("south",)]
    ttdb_connection.execute(undo)
    assert "key: ISO003:public.totals:shop_web" in text
    assert "  attacked as shop_web\\n  the tenant comes from setting app.shop_id\\n" in text


def test_other_tables_alone(rows, assert_isolated, ttdb_connection):
    ttdb_connection.execute(LEAK)
    assert_isolated(tables=["public.orders", "refunds"])


def test_other_families_alone(rows, assert_isolated, ttdb_connection):
    ttdb_connection.execute(LEAK)
    assert_isolated(only="MSK")


def test_accepted(rows, assert_isolated, ttdb_connection):
    ttdb_connection.execute(LEAK)
    assert_isolated(ignore={"ISO003:public.totals:shop_web": "totals are public"})


def test_accepted_in_vain(rows, assert_isolated):
    with pytest.raises(AssertionError, match="the ignore of ISO003:public.gone matches no finding"):
        assert_isolated(ignore={"ISO003:public.gone": "totals were public"})


def test_without_rows_some_are_made(assert_isolated, ttdb_connection):
    assert assert_isolated().verdict == "pass"
    ttdb_connection.execute(LEAK)
    with pytest.raises(AssertionError, match="key: ISO003:public.totals:shop_web"):
        assert_isolated()


def test_where_no_rows_can_be_made_nothing_is_proven(assert_isolated, ttdb_connection):
    ttdb_connection.execute("alter table refunds add constraint closed check (false)")
    # Protected otherwise than orders, which would prove it too.
    ttdb_connection.execute("create policy noted on refunds as restrictive using (note is not null)")
    with pytest.raises(AssertionError) as failed:
        assert_isolated()
    assert "unproven: rows of two tenants could not be made" in str(failed.value)
    assert "public.refunds" in str(failed.value)
    assert "put rows of two tenants into each table" in str(failed.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tables": ["public.ordres"]},
        {"app_roles": ["shop_wbe"]},
        {"only": ["XYZ"]},
        {"ignore": {"ISO003:public.totals": " "}},
        {"fail_on": "fatal"},
        {"tenant_column": "nowhere"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_wrong(wrong, assert_isolated):
    assert_isolated(**wrong)
"""


def test_isolation_is_asserted_with_evidence_and_nothing_is_skipped(settings: Settings, project: Path) -> None:
    (project / "test_isolated.py").write_text(_ISOLATED, encoding="utf-8")

    ran = run_pytest(project, settings)

    assert ran.outcomes == {"passed": 8, "failed": 6}, ran.text
    for told in (
        'Failed: table "public.ordres" does not exist',
        'Failed: role "shop_wbe" does not exist',
        "Failed: unknown family XYZ",
        "Failed: the ignore of ISO003:public.totals lacks its reason",
        'Failed: unknown severity "fatal"',
        "Failed: no table has a column nowhere",
    ):
        assert f"E       {told}\nE       hint: " in ran.text, told
    assert "pytest_plugin.py" not in ran.text
