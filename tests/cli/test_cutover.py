"""ttdb cutover: what it answers, its exit codes, and what an error says to type next."""

import json
from collections.abc import Iterator

import pytest
from psycopg import sql
from support.databases import connect, fresh_database, fresh_login
from support.platform import A, fill
from support.program import Ended, ttdb
from support.services import Service, in_tenant, new_service

from ttdb.config import Settings
from ttdb.migrate.upgrade import upgrade
from ttdb.postgres.connect import scalar
from ttdb.postgres.throwaway import Throwaway, throwaway
from ttdb.postgres.url import Url

ORDERS = "select count(*) from public.orders"


@pytest.fixture(scope="module")
def place(settings: Settings) -> Iterator[Throwaway]:
    with throwaway(settings) as server:
        upgrade(server.url, Settings())
        with connect(server.url) as admin:
            fill(admin)
        yield server


@pytest.fixture
def service(place: Throwaway) -> Iterator[Service]:
    with new_service(place.url) as made:
        yield made


def cutover(*arguments: str, url: Url) -> Ended:
    return ttdb("cutover", *arguments, "--url", url.uri())


def refused(ended: Ended, message: str, hint: str) -> None:
    assert ended.code == 2, ended
    assert f"error: {message}" in ended.err
    assert f"hint: {hint}" in ended.err
    assert ended.out == ""


def test_a_way_down_names_that_a_service_is_observed_and_undoes_nothing(service: Service) -> None:
    service.observe()
    standing = "select count(*) from ttdb.ledger"
    with connect(service.admin) as admin:
        steps = scalar(admin, standing)

        ended = ttdb("downgrade", "base", "--url", service.admin.uri(), "--disposable")

        assert ended.code == 1, ended
        assert "conflict  ttdb_observed  services are observed, tables: " in ended.out
        assert 'Run "ttdb cutover status", and enforce each or take it back.' in ended.out
        assert "error: 1 conflict stands in the way; nothing was changed" in ended.err
        assert scalar(admin, standing) == steps
    service.back()


def test_a_service_on_its_way(service: Service) -> None:
    name, url = service.name, service.admin
    with service.session("orders 2.0") as session:
        observed = cutover("observe", name, url=url)
        assert observed.code == 0, observed
        assert observed.out.splitlines()[:2] == [
            f"{name}: enforced -> observed",
            "it may do now, and not once it is enforced (*: not recorded, for no policy is asked):",
        ]
        assert "  delete, update on public.audit_logs" in observed.out.splitlines()

        clean = cutover("report", name, url=url)
        assert (clean.code, clean.out.splitlines()[-1]) == (0, "0 kinds of refusals, in 0 transactions")

        for _ in range(2):
            session.execute(ORDERS)
        with session.transaction():
            in_tenant(session, A)
            session.execute("update public.orders set metadata = '{}'")
        told = cutover("report", name, "--since", "1h", url=url)
        assert told.code == 1, told
        lines = told.out.splitlines()
        assert lines[0].startswith(f"{name}  observed, since ")
        assert lines[1].startswith("public.orders  select: no tenant is set; row not there; 2 transactions, ")
        assert lines[1].endswith("; orders 2.0")
        assert lines[-1] == "2 kinds of refusals, in 3 transactions"
        later = cutover("report", name, "--since", "2100-01-01", url=url)
        assert later.code == 0, later

        facts = json.loads(cutover("report", name, "--format", "json", url=url).out)
        assert facts["schema"] == "ttdb.cutover/1"
        assert facts["service"]["refusals"] == 3
        assert {(item["verb"], item["reason"], item["transactions"]) for item in facts["refusals"]} == {
            ("select", "no_tenant", 2),
            ("update", "other_tenant", 1),
        }

        status = cutover("status", "--except", "postgres", url=url)
        assert status.code == 0, status
        assert f"  {name}  orders 2.0 from 127.0.0.1  1 session  held by nothing yet: observed" in status.out
        assert status.out.splitlines()[-1] == "every session is held by a policy, or observed"

        enforced = cutover("enforce", name, url=url)
        assert (enforced.code, enforced.out) == (0, f"{name}: observed -> enforced\n")
        assert scalar(session, ORDERS) == 0
    assert cutover("back", name, url=url).out.splitlines()[0] == f"{name}: enforced -> observed"
    assert cutover("back", name, "--format", "json", url=url).code == 0
    assert cutover("status", url=url).code == 0


def test_who_is_connected_as_a_superuser_is_named(service: Service) -> None:
    with connect(service.admin.with_parts(application_name="old orders")), service.session():
        told = cutover("status", url=service.admin)
        facts = json.loads(cutover("status", "--format", "json", url=service.admin).out)

    assert told.code == 1, told
    lines = told.out.splitlines()
    assert lines[1] == "  postgres  old orders from 127.0.0.1  1 session  held by nothing: superuser"
    assert f"  {service.name}  orders from 127.0.0.1  1 session  held by its tenant" in lines
    assert f"  {service.name}  enforced, 1 session" in lines
    assert lines[-1] == "1 session that no policy holds: postgres"
    assert [item["login"] for item in facts["connected"] if not item["held"]] == ["postgres"]


def test_logins_beyond_policies_are_named(place: Throwaway) -> None:
    with (
        fresh_login(place.url, attributes="bypassrls") as (name, password),
        connect(place.url.with_parts(user=name, password=password)),
    ):
        told = cutover("status", "--except", "postgres", url=place.url)

    assert told.code == 1, told
    assert told.out.splitlines()[1].endswith("  held by nothing: BYPASSRLS")


def test_without_the_right_to_see_others_that_is_said(service: Service) -> None:
    with fresh_login(service.admin, member_of=("ttdb_owner", "ttdb_operator")) as (name, password), service.session():
        blind = cutover("status", url=service.admin.with_parts(user=name, password=password))
        with connect(service.admin) as admin:
            admin.execute(sql.SQL("grant pg_read_all_stats to {}").format(sql.Identifier(name)))
        seeing = cutover("status", url=service.admin.with_parts(user=name, password=password))

    said = "others' addresses are hidden: have an admin run: grant pg_read_all_stats to LOGIN;"
    assert said in blind.out
    assert f"  {service.name}  orders  1 session  held by its tenant" in blind.out
    assert said not in seeing.out
    assert f"  {service.name}  orders from 127.0.0.1  1 session  held by its tenant" in seeing.out


def test_what_cannot_be_is_refused_with_what_to_type(service: Service) -> None:
    url = service.admin
    refused(
        cutover("observe", "nobody", url=url),
        'role "nobody" does not exist',
        'Run "ttdb roles add nobody" for a login of the service\'s own.',
    )
    refused(
        cutover("enforce", "postgres", url=url),
        '"postgres" is a superuser: no policy holds it, and nothing of it can be observed',
        'Run "ttdb roles add SERVICE" for a login of its own',
    )
    refused(cutover("observe", "ttdb_app", url=url), 'role "ttdb_app" is no login', "Name what the service logs in as.")
    refused(cutover("report", "nobody", url=url), '"nobody" is no service\'s login here', "Services that log in by")
    refused(cutover("report", service.name, "--since", "soon", url=url), '"soon" is no time', "Write how long ago")
    assert cutover("observe", url=url).code == 2
    with fresh_database(url) as empty:
        refused(cutover("status", url=empty), f"database {empty.part('dbname')} has no cut-overs", "Name the database")


def test_a_stranger_is_told_what_to_be_granted(service: Service) -> None:
    with fresh_login(service.admin) as (name, password):
        stranger = service.admin.with_parts(user=name, password=password)
        for arguments in (("observe", service.name), ("status",), ("report", service.name)):
            ended = cutover(*arguments, url=stranger)
            assert ended.code == 2, ended
            assert f"hint: Have an admin run: grant ttdb_owner, ttdb_operator to {name};" in ended.err


def test_settings_of_older_names(service: Service) -> None:
    read = cutover("settings", service.name, "--read", "app.current_tenant", url=service.admin)
    assert (read.code, read.out) == (0, f"{service.name}: older settings read: app.current_tenant\n")
    assert "reads app.current_tenant" in cutover("status", url=service.admin).out
    facts = json.loads(cutover("settings", service.name, "--format", "json", url=service.admin).out)
    assert facts == {
        "schema": "ttdb.cutover/1",
        "login": service.name,
        "older_settings": ["app.current_tenant"],
    }
    ignored = cutover("settings", service.name, "--ignore", "app.current_tenant", url=service.admin)
    assert (ignored.code, ignored.out) == (0, f"{service.name}: no older setting is read\n")
    refused(
        cutover("settings", service.name, "--read", "search_path", url=service.admin),
        "search_path is no older name of the tenant's setting",
        "Name one with a prefix and a point, as app.current_tenant.",
    )
