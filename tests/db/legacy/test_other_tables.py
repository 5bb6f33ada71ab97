"""The live platform's tables beside the twelve are given their tenants, or closed, and all comes back."""

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fixtures.catalogue import Catalogue, column, tables
from fixtures.legacy_rows import OWNERS, TENANTS, identifier
from fixtures.validated import run_ttdb, validate
from psycopg import errors as pg
from psycopg import sql
from support.catalog import catalog
from support.databases import connect, fresh_database

from ttdb.config import Settings
from ttdb.migrate import script
from ttdb.migrate.decided import File, decided
from ttdb.migrate.step import Step
from ttdb.migrate.upgrade import downgrade, upgrade
from ttdb.model.migration import Event
from ttdb.postgres.connect import Connection
from ttdb.postgres.throwaway import Throwaway
from ttdb.postgres.url import Url

pytestmark = pytest.mark.timeout(1200)  # more than a thousand steps before the first

FILE = decided().tables
CLOSED = sorted(each.table for each in FILE.values() if each.belongs in ("nobody", "undecided"))
SHARED = sorted(each.table for each in FILE.values() if each.belongs == "global")
APART = sorted(each.table for each in FILE.values() if each.apart)
GIVEN = sorted(each.table for each in FILE.values() if each.belongs == "parent")
VERBS = "select, insert, update, delete, truncate, references, trigger"
NOBODYS = "99999999-9999-4999-8999-999999999999"


@dataclass
class Story:
    """The platform at head, with what it was."""

    url: Url
    found: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def story(alone: Throwaway, arrived: str, legacy_catalogue: Catalogue) -> Iterator[Story]:
    with fresh_database(alone.url, template=arrived) as url:
        rows = contents(url, legacy_catalogue)
        ended = run_ttdb("upgrade", "--url", url.uri(), "--disposable")
        assert ended.returncode == 0, ended.stderr
        yield Story(url, rows)


@pytest.fixture
def service(story: Story) -> Iterator[Connection]:
    """Return a session as the services', a superuser's, in a transaction that is rolled back."""
    with connect(story.url) as connection, connection.transaction(force_rollback=True):
        yield connection


def contents(url: Url, legacy_catalogue: Catalogue) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all tables, whole."""
    with connect(url) as admin:
        query = sql.SQL("select to_jsonb(t) from public.{} as t order by t::text")
        return {
            name: [row for (row,) in admin.execute(query.format(sql.Identifier(name)))]
            for name in sorted(tables(legacy_catalogue))
        }


def held(connection: Connection, role: str, table: str, verbs: str = VERBS) -> bool:
    row = connection.execute("select has_table_privilege(%s, %s, %s)", (role, table, verbs)).fetchone()
    return row is not None and row[0] is True


def as_tenant(connection: Connection, tenant: str) -> None:
    connection.execute("set local role ttdb_app")
    connection.execute("select set_config('app.current_tenant_id', %s, true)", (tenant,))


def place(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))


def tenants_of(connection: Connection, table: str) -> list[str | None]:
    query = sql.SQL("select distinct tenant_id::text from {} order by 1")
    return [tenant for (tenant,) in connection.execute(query.format(place(table)))]


def test_file_decides_on_every_table_of_the_platform(legacy_catalogue: Catalogue) -> None:
    described = {
        name for item in script.directory().walk_revisions() for step in script.steps(item) for name in step.relations
    }

    assert {f"public.{name}" for name in tables(legacy_catalogue)} - described == set()
    assert len(FILE) == 165


def test_validate_finds_no_error_in_any_table_for_any_role(story: Story) -> None:
    for roles in ((), ("--app-role", "ttdb_app", "--app-role", "service_role")):
        report = validate(story.url, *roles).report

        errors = [item["key"] for item in report["findings"] if item["severity"] == "error"]
        assert errors == []
        truncating = [item["object"] for item in report["findings"] if item["code"] in ("PRV003", "RLS001", "RLS006")]
        assert truncating == []


@pytest.mark.parametrize("role", ["ttdb_app", "ttdb_worker", "service_role"])
def test_table_that_is_nobodys_or_undecided_is_closed(service: Connection, role: str) -> None:
    closed = [table for table in CLOSED if role != "ttdb_worker" or not FILE[table].worker]
    assert len(closed) > 9
    assert [table for table in closed if held(service, role, table)] == []


def test_job_does_with_what_is_nobodys_what_the_file_says_and_no_more(service: Connection) -> None:
    worked = {table: each.worker for table, each in FILE.items() if each.worker}
    assert len(worked) == 30
    for table, verbs in worked.items():
        assert all(held(service, "ttdb_worker", table, verb) for verb in verbs.split(", ")), table
        others = ", ".join(verb for verb in VERBS.split(", ") if verb not in verbs)
        assert not held(service, "ttdb_worker", table, others), table


def test_no_role_of_services_may_do_anything_to_all_tenants_rows_at_once(
    service: Connection, legacy_catalogue: Catalogue
) -> None:
    everything = [f"public.{name}" for name in tables(legacy_catalogue)]

    assert [name for name in everything if held(service, "service_role", name)] == []
    assert [name for name in everything if held(service, "ttdb_app", name, "truncate, references, trigger")] == []
    loose = service.execute(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
        " and relname <> 'alembic_version' and not (relrowsecurity and relforcerowsecurity)"
    ).fetchall()
    assert loose == []


def test_shared_table_is_read_by_every_tenant_and_written_by_none(service: Connection) -> None:
    for table in SHARED:
        assert held(service, "ttdb_app", table, "select")
        assert not held(service, "ttdb_app", table, "insert, update, delete")
    as_tenant(service, TENANTS[0])
    rows = service.execute("select count(*) from public.event_categories").fetchone()
    assert rows == (len(OWNERS),)


def test_each_tenant_sees_its_own_rows_alone(service: Connection) -> None:
    whole = {table: tenants_of(service, table) for table in APART}
    for tenant in TENANTS:
        with service.transaction(force_rollback=True):
            as_tenant(service, tenant)
            for table in APART:
                assert tenants_of(service, table) == [each for each in whole[table] if each == tenant], table
    with service.transaction(force_rollback=True):
        service.execute("set local role ttdb_app")
        assert [table for table in APART if tenants_of(service, table)] == []


def test_every_row_has_the_tenant_that_it_was_made_for(story: Story, service: Connection) -> None:
    """The fixture makes a row of each owner, and each owner is of one tenant."""
    assert len(GIVEN) > 90
    for table in GIVEN:
        assert tenants_of(service, table) == list(TENANTS), table
    by_id = sql.SQL("select tenant_id::text from {} where id::text = %s")
    for table in GIVEN:
        name = table.split(".")[1]
        if "id" in story.found[name][0]:
            for owner in OWNERS:
                row = service.execute(by_id.format(place(table)), (identifier(name, owner),)).fetchone()
                assert row is None or row == (owner.tenant,), table


def test_row_of_a_tenant_that_is_none_is_given_the_one_it_belongs_to(service: Connection) -> None:
    """The platform's default names a tenant that does not exist."""
    assert tenants_of(service, "public.event_schedules") == list(TENANTS)
    assert tenants_of(service, "public.payment_refunds") == list(TENANTS)


def test_filling_changes_nothing_else(story: Story, legacy_catalogue: Catalogue) -> None:
    now = contents(story.url, legacy_catalogue)

    for table in FILE:
        name = table.split(".")[1]
        kept = [{key: value for key, value in row.items() if key != "tenant_id"} for row in now[name]]
        before = [{key: value for key, value in row.items() if key != "tenant_id"} for row in story.found[name]]
        assert sorted(map(json.dumps, kept)) == sorted(map(json.dumps, before)), name


def test_row_is_written_again_as_services_write_it_and_finds_its_tenant(story: Story, service: Connection) -> None:
    written = 0
    for table in APART:
        name = table.split(".")[1]
        for row in story.found[name][:1]:
            given = {key: value for key, value in row.items() if key != "tenant_id" or FILE[table].belongs == "own"}
            with suppress(pg.ForeignKeyViolation), service.transaction(force_rollback=True):
                tenant = tenants_of(service, table)
                service.execute(sql.SQL("delete from {}").format(place(table)))
                again = insert(service, table, given)
                assert again in tenant, table
                written += 1
    assert written > 100


def insert(connection: Connection, table: str, row: dict[str, Any]) -> str | None:
    """Insert a row of these columns, and return its tenant."""
    names = sql.SQL(", ").join(map(sql.Identifier, row))
    query = sql.SQL(
        "insert into {t} ({names}) select {names} from jsonb_populate_record(null::{t}, %s) returning tenant_id::text"
    ).format(t=place(table), names=names)
    made = connection.execute(query, (json.dumps(row),)).fetchone()
    assert made is not None
    return made[0] if made[0] is None else str(made[0])


def insert_as(connection: Connection, tenant: str, row: dict[str, Any]) -> None:
    with connection.transaction():
        as_tenant(connection, tenant)
        insert(connection, "public.venue_integrations", row)


def test_row_that_leads_nowhere_is_written_too_and_seen_by_nobody(
    story: Story, service: Connection, legacy_catalogue: Catalogue
) -> None:
    """A column without a foreign key may name what is not there, or not yet: that worked on arrival."""
    tried = 0
    for table in GIVEN:
        each, name = FILE[table], table.split(".")[1]
        assert each.way is not None
        kind = column(tables(legacy_catalogue)[name], each.way.column)
        if each.keys or kind is None or each.way.column == "id" or name == "notification_preferences":
            continue
        row = {key: value for key, value in story.found[name][0].items() if key != "tenant_id"}
        with service.transaction(force_rollback=True), suppress(pg.ForeignKeyViolation):
            service.execute(sql.SQL("delete from {}").format(place(table)))
            assert insert(service, table, row | {each.way.column: NOBODYS}) is None, table
            tried += 1
            if held(service, "ttdb_app", table, "select"):
                as_tenant(service, TENANTS[0])
                assert tenants_of(service, table) == []
    assert tried > 50


def test_session_can_write_neither_anothers_row_nor_one_of_nobody(service: Connection) -> None:
    row = {"venue_id": identifier("venues", OWNERS[-1]), "integration_type": "x", "config_data": {}}
    for tenant, whose in ((TENANTS[0], TENANTS[1]), (None, None)):
        with pytest.raises((pg.InsufficientPrivilege, pg.ForeignKeyViolation)):
            insert_as(service, tenant or "", row | ({"tenant_id": whose} if whose else {}))


def test_no_row_can_belong_to_another_tenants(service: Connection) -> None:
    """The foreign key that stood asks only that the other row is there."""
    row = {"venue_id": identifier("venues", OWNERS[-1]), "integration_type": "x", "config_data": {}}
    with pytest.raises(pg.ForeignKeyViolation, match="venue_integrations_tenant_id"):
        insert_as(service, TENANTS[0], row)


@pytest.mark.timeout(1800)  # a process for each step
def test_way_up_and_way_back_end_where_they_should_whatever_kills_them(
    alone: Throwaway, arrived: str, story: Story, legacy_catalogue: Catalogue
) -> None:
    """Killed after each step of one table, and continued."""
    with fresh_database(alone.url, template=arrived) as url:
        with connect(url) as admin:
            admin.execute("grant update (id) on public.event_metadata to service_role with grant option")
            admin.execute("grant select on public.venue_integrations to public")
        found, rows = catalog(url), contents(url, legacy_catalogue)

        ups = kills(lambda: upgrade(url, Settings(), on_event=die))
        assert but_months(catalog(url)) == but_months(catalog(story.url))  # for all that others might do more
        downs = kills(lambda: downgrade(url, Settings(), "base", on_event=die))
        assert run_ttdb("bootstrap", "--undo", "--url", url.uri()).returncode == 0

        assert ups == downs == sum(step_of_sampled(step.name) for step in steps() if not step.needed)
        assert contents(url, legacy_catalogue) == rows
        # Alembic's table stays, empty.
        assert [line for line in catalog(url) if "alembic_version" not in line] == found


def but_months(lines: list[str]) -> list[str]:
    """Leave out what the command makes at its end."""
    return [line for line in lines if not re.search(r"event_logs_2\d\d\d", line)]


SAMPLED = "event-metadata"  # with a tenant of its own, that some rows are given by their parent


def steps() -> list[Step]:
    return [step for item in script.directory().walk_revisions() for step in script.steps(item)]


def step_of_sampled(name: str) -> bool:
    return SAMPLED in name


def die(event: Event) -> None:
    """Die as kill -9 would have it, right after a step of this table is committed."""
    if event.kind == "step" and step_of_sampled(str(event.facts["step"])):
        os.kill(os.getpid(), signal.SIGKILL)


def kills(run: Callable[[], object]) -> int:
    """Run to the end, in a process after each that was killed; return how many were."""
    count = 0
    while killed(run):
        count += 1
    return count


def killed(run: Callable[[], object]) -> bool:
    child = os.fork()
    if child == 0:
        try:
            run()
        except BaseException:  # noqa: BLE001 - a forked child must end here, whatever happens
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL)
    return status == signal.SIGKILL


def test_table_made_later_under_such_a_name_is_somebodys_own(engine_url: Url) -> None:
    with connect(engine_url) as admin:
        admin.execute("create table public.alerts (id uuid primary key); alter table public.alerts owner to ttdb_owner")
        upgrade(engine_url, Settings())
        row = admin.execute("select relrowsecurity from pg_class where relname = 'alerts'").fetchone()

    assert row == (False,)


def test_table_without_the_column_that_leads_to_its_tenant_stops_it_by_name(alone: Throwaway, arrived: str) -> None:
    with fresh_database(alone.url, template=arrived) as url:
        with connect(url) as admin:
            admin.execute("alter table public.scans rename column ticket_id to what")
        before = catalog(url)

        ended = run_ttdb("upgrade", "--url", url.uri(), "--disposable")

        assert ended.returncode == 1
        assert "conflict  public.scans  it stands without the column ticket_id\n" in ended.stdout
        assert catalog(url) == before


# A reviewer and a schedule of the other tenant's.
CROSSING = (
    """
    update public.manual_review_queue as q set assigned_to = u.id from public.venues as v, public.users as u
    where v.id = q.venue_id
        and u.email = (select min(email) from public.users as o where o.tenant_id <> v.tenant_id)
    """,
    """
    update public.event_pricing as p set schedule_id = s.id
    from public.events as e, public.event_schedules as s, public.events as o
    where e.id = p.event_id and o.id = s.event_id and o.tenant_id <> e.tenant_id
    """,
)
SAID = {
    "public.manual_review_queue": 'otherwise = {assigned_to = "null the reference"}',
    "public.event_pricing": 'otherwise = {schedule_id = "quarantine"}',
}


@pytest.fixture
def crossing(alone: Throwaway, arrived: str) -> Iterator[Url]:
    """Return the live platform with rows that point across tenants."""
    with fresh_database(alone.url, template=arrived) as url:
        with connect(url) as admin:
            admin.execute("set session_replication_role = replica")
            assert [admin.execute(statement.encode()).rowcount > 0 for statement in CROSSING] == [True, True]
        yield url


def test_rows_across_tenants_stop_the_upgrade_by_key_before_it_changes_anything(crossing: Url, tmp_path: Path) -> None:
    before = catalog(crossing)

    ended = run_ttdb("upgrade", "--url", crossing.uri(), "--disposable", "--violations", str(tmp_path / "rows.csv"))
    planned = run_ttdb("upgrade", "--plan", "--url", crossing.uri())

    assert (ended.returncode, planned.returncode) == (1, 1)
    for said in (ended.stdout, planned.stdout):
        assert re.search(r"public\.manual_review_queue .*assigned_to names no row of its tenant in public\.users", said)
        assert re.search(r"public\.event_pricing .*schedule_id names no row of its tenant", said)
        assert "id=" in said
    listed = (tmp_path / "rows.csv").read_text(encoding="utf-8").splitlines()
    assert {line.split(",")[0] for line in listed[1:]} == set(SAID)
    assert catalog(crossing) == before


def test_rows_across_tenants_are_mended_as_the_file_says_and_come_back(
    crossing: Url, legacy_catalogue: Catalogue, decisions: Callable[[dict[str, str]], None]
) -> None:
    found, rows = catalog(crossing), contents(crossing, legacy_catalogue)
    decisions(SAID)

    upgrade(crossing, Settings())

    with connect(crossing) as admin:
        nulled = admin.execute("select count(*) from public.manual_review_queue where assigned_to is null").fetchone()
        aside = admin.execute("select count(*) from public.event_pricing_quarantine").fetchone()
        open_ones = admin.execute("select conname from pg_constraint where not convalidated").fetchall()
    assert (nulled, aside) == ((len(OWNERS),), (len(OWNERS),))
    assert open_ones == []
    report = validate(crossing, "--app-role", "ttdb_app").report
    assert [item["key"] for item in report["findings"] if item["severity"] == "error"] == []
    downgrade(crossing, Settings(), "base")
    assert run_ttdb("bootstrap", "--undo", "--url", crossing.uri()).returncode == 0
    assert contents(crossing, legacy_catalogue) == rows
    assert [line for line in catalog(crossing) if "alembic_version" not in line] == found


@pytest.fixture
def decisions(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], None]]:
    """Return how to run the revision by the platform's file with more said of some tables."""
    module = script.directory().get_revision("platform_0015").module
    steps: list[Step] = module.STEPS
    shipped, text = list(steps), Path("migrations/tenancy.toml").read_text(encoding="utf-8")

    def decide(said: dict[str, str]) -> None:
        changed = text
        for table, line in said.items():
            changed = changed.replace(f'[tables."{table}"]\n', f'[tables."{table}"]\n{line}\n')
        (tmp_path / "tenancy.toml").write_text(changed, encoding="utf-8")
        steps[:] = module.steps_of(File(tmp_path / "tenancy.toml"))

    yield decide
    steps[:] = shipped
