"""Whom validation takes for the application, when nothing is named."""

from collections.abc import Iterator

import pytest
from support.databases import connect, fresh_database

from ttdb.errors import UsageError
from ttdb.model.validation import Severity, Verdict
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url
from ttdb.validate import Hints, Request, validate


@pytest.fixture
def alone_url(own_server: Throwaway) -> Iterator[Url]:
    """Return a database of one table with two tenants, in a cluster whose only login is the superuser."""
    with fresh_database(own_server.url) as url:
        with connect(url) as connection:
            connection.execute(
                "create role web login; create role jobs; create role job_1 login in role jobs;"
                " create table notes (id int primary key, tenant_id int not null, body text);"
                " insert into notes values (1, 1, 'a'), (2, 2, 'b');"
                " create table tags (id int primary key, tenant_id int not null);"
                " insert into tags values (1, 1), (2, 2);"
            )
            for table in ("notes", "tags"):
                connection.execute(
                    f"alter table {table} enable row level security;"
                    f" create policy own on {table} to web"
                    " using (tenant_id = nullif(current_setting('app.tenant', true), '')::int);"
                    f" create policy every on {table} to jobs using (true);"
                    f" grant select on {table} to web, jobs".encode()
                )
        yield url


def test_login_of_a_cross_tenant_group_is_no_application(alone_url: Url) -> None:
    report = validate(alone_url, Request())

    assert report.target.app_roles == ("web",)
    assert report.verdict is Verdict.PASS


_SECOND = """
create policy group_read on notes for select to web
using (tenant_id = any (string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::int[]))
"""


@pytest.mark.parametrize("named", [True, False])
def test_second_setting_opens_tenants_where_the_first_is_named(alone_url: Url, named: bool) -> None:  # noqa: FBT001 - a parameter
    with connect(alone_url) as connection:
        connection.execute(_SECOND.encode())

    hints = Hints(tenant_setting="app.tenant") if named else Hints()
    report = validate(alone_url, Request(hints=hints))

    opened = {(each.code, each.object) for each in report.findings if each.severity is Severity.ERROR}
    assert opened == ({("ISO004", "public.notes")} if named else set())


def test_application_that_bypasses_policies_is_still_the_application(alone_url: Url) -> None:
    with connect(alone_url) as connection:
        connection.execute("alter role web bypassrls")

    report = validate(alone_url, Request())

    assert {("PRV002", "role web"), ("ISO003", "public.notes")} <= {
        (each.code, each.object) for each in report.findings
    }


def test_only_login_that_writes_is_the_application_though_it_bypasses(alone_url: Url) -> None:
    with connect(alone_url) as connection:
        connection.execute("create role loader login bypassrls")
        connection.execute("grant select, insert, update, delete on notes, tags to loader")

    report = validate(alone_url, Request())

    assert set(report.target.app_roles) == {"web", "loader"}
    assert ("PRV002", "role loader") in {(each.code, each.object) for each in report.findings}


def test_login_that_bypasses_and_writes_besides_the_application_is_for_all_tenants(alone_url: Url) -> None:
    with connect(alone_url) as connection:
        connection.execute("create role loader login bypassrls; grant insert on notes to web")
        connection.execute("grant select, insert, update, delete on notes, tags to loader")

    report = validate(alone_url, Request())

    assert report.target.app_roles == ("web",)


def test_policy_that_opens_a_shared_table_to_a_role_makes_it_no_role_of_all_tenants(alone_url: Url) -> None:
    with connect(alone_url) as connection:
        connection.execute(
            "create role visitor; grant visitor to web; create table plans (plan text primary key);"
            "insert into plans values ('free'), ('gold'); alter table plans enable row level security;"
            "create policy all_may on plans for select to visitor using (true); grant select on plans to visitor"
        )

    report = validate(alone_url, Request())

    assert "visitor" not in report.target.cross_tenant_roles
    assert "ISO006" not in {finding.code for finding in report.findings if finding.severity is not Severity.INFO}


@pytest.mark.parametrize("verbs", ["select, update", "select, insert"])
def test_login_for_one_table_of_all_tenants_is_a_job_unless_it_fills_it(alone_url: Url, verbs: str) -> None:
    with connect(alone_url) as connection:
        connection.execute(
            f"create role forms login; grant {verbs} on notes to forms;"
            " create policy forms on notes to forms using (true) with check (true)".encode()
        )

    report = validate(alone_url, Request())

    leaks = {each.object for each in report.findings if each.role == "forms" and each.severity is Severity.ERROR}
    assert leaks == ({"public.notes"} if "insert" in verbs else set())
    assert ("forms" in report.target.cross_tenant_roles) == ("insert" not in verbs)


def test_application_that_owns_one_of_many_tables_is_still_the_application(alone_url: Url) -> None:
    with connect(alone_url) as connection:
        connection.execute(
            "create role api login; grant select on tags to api; create policy api on tags to api"
            " using (tenant_id = nullif(current_setting('app.tenant', true), '')::int);"
            "create table owned (id int primary key, tenant_id int not null); alter table owned owner to web;"
            "insert into owned values (1, 1), (2, 2); alter table owned enable row level security;"
            "alter table owned force row level security; create policy own on owned"
            " using (tenant_id = nullif(current_setting('app.tenant', true), '')::int)"
        )

    report = validate(alone_url, Request())

    assert set(report.target.app_roles) == {"web", "api"}
    assert "PRV004" in {each.code for each in report.findings}


def test_masked_role_with_some_raw_columns_is_still_masked(alone_url: Url) -> None:
    with connect(alone_url) as connection:
        connection.execute(
            "alter table notes add email text; update notes set email = 'ann' || id || '@people.example';"
            "create role support login; create view notes_masked with (security_barrier) as"
            " select id, tenant_id, '***'::text as email from notes"
            " where tenant_id = nullif(current_setting('app.tenant', true), '')::int;"
            "grant select on notes_masked to support;"
            "grant select (tenant_id, email) on notes to support; create policy support on notes for select to support"
            " using (tenant_id = nullif(current_setting('app.tenant', true), '')::int)"
        )

    report = validate(alone_url, Request())

    assert report.target.app_roles == ("web",)
    assert {"MSK001", "MSK002"} & {each.code for each in report.findings}


MASKED_DESK = (
    "alter table notes add email text; update notes set email = 'ann' || id || '@people.example';"
    "create role desk login; create view notes_masked with (security_barrier) as"
    " select id, tenant_id, '***'::text as email from notes{held}; grant select on notes_masked to desk;"
    "grant select (id, tenant_id) on tags to desk"
)
HELD = " where tenant_id = nullif(current_setting('app.tenant', true), '')::int"


def test_masked_role_that_bypasses_policies_is_still_masked(alone_url: Url) -> None:
    with connect(alone_url) as connection:
        connection.execute(MASKED_DESK.format(held=HELD).encode())
        connection.execute("alter role desk bypassrls")

    report = validate(alone_url, Request())

    assert report.target.masked_roles == ("desk",)
    assert ("PRV002", "role desk") in {(each.code, each.object) for each in report.findings}


def test_role_that_bypasses_policies_and_reads_masks_of_all_tenants_is_meant_to(alone_url: Url) -> None:
    with connect(alone_url) as connection:
        connection.execute(MASKED_DESK.format(held="").encode())
        connection.execute("alter role desk bypassrls")

    report = validate(alone_url, Request())

    assert report.target.masked_roles == ()
    assert "desk" in report.target.cross_tenant_roles
    assert report.verdict is Verdict.PASS


def test_masked_role_that_reads_a_raw_column_and_some_of_other_tables_is_still_masked(alone_url: Url) -> None:
    with connect(alone_url) as connection:
        connection.execute(MASKED_DESK.format(held=HELD).encode())
        connection.execute(
            "grant select (tenant_id, email) on notes to desk; create policy desk on notes for select to desk"
            " using (tenant_id = nullif(current_setting('app.tenant', true), '')::int)"
        )

    report = validate(alone_url, Request())

    assert report.target.masked_roles == ("desk",)
    assert {"MSK001", "MSK002"} & {each.code for each in report.findings}


def test_login_of_the_application_that_may_read_the_whole_trail_is_still_the_application(alone_url: Url) -> None:
    with connect(alone_url) as connection:
        connection.execute(
            "create role api login in role web; create table audit_log (id int primary key, tenant_id int not null,"
            " line text); insert into audit_log values (1, 1, 'one wrote'), (2, 2, 'two wrote');"
            "alter table audit_log enable row level security; grant select on audit_log to api;"
            "create policy look on audit_log for select to api using (true)"
        )

    report = validate(alone_url, Request())

    assert "api" in report.target.app_roles
    assert "api" not in report.target.cross_tenant_roles
    assert "public.audit_log" in {each.object for each in report.findings if each.severity is Severity.ERROR}


def test_database_without_tenants_is_incomplete(own_server: Throwaway) -> None:
    with fresh_database(own_server.url) as url:
        report = validate(url, Request())

    assert report.verdict is Verdict.INCOMPLETE
    assert "no tenant column was found: name it with --tenant-column" in [each.why for each in report.unproven]


def test_setting_that_nothing_reads_is_refused_and_those_that_are_read_are_named(alone_url: Url) -> None:
    with pytest.raises(UsageError, match=r'no policy, view or function reads setting "app\.tenat"') as refused:
        validate(alone_url, Request(hints=Hints(tenant_setting="app.tenat")))

    assert refused.value.hint == "They read: app.tenant."


def test_trail_that_is_no_table_is_refused(alone_url: Url) -> None:
    with pytest.raises(UsageError, match=r'trail "log\.nothing" does not exist'):
        validate(alone_url, Request(hints=Hints(trails=("log.nothing",))))


def test_table_that_is_named_a_trail_is_one_and_what_writes_it_is_asked_for(alone_url: Url) -> None:
    with connect(alone_url) as connection:
        connection.execute("create schema log; create table log.lines (id int primary key, line text)")
        connection.execute("grant usage on schema log to web; grant delete on log.lines to web")
    said: list[str] = []

    report = validate(alone_url, Request(hints=Hints(trails=("log.lines",))), say=said.append)

    assert report.target.trails == ("log.lines",)
    assert ("AUD006", "log.lines") in {(each.code, each.object) for each in report.findings}
    assert "log.lines" in {each.object for each in report.unproven}
    assert not any("--trail" in line for line in said)


def test_no_trail_is_said(alone_url: Url) -> None:
    said: list[str] = []

    validate(alone_url, Request(), say=said.append)

    assert "no audit trail was found (--trail to correct)" in said
