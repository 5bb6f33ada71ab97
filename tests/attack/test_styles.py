"""Databases of many styles are understood without configuration: the sound passes, and what breaks it is found."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql
from support.databases import connect, fresh_database

from ttdb.config import Settings
from ttdb.model.validation import Severity, Verdict
from ttdb.postgres.throwaway import Throwaway, throwaway
from ttdb.postgres.url import Url
from ttdb.validate import Hints, Request, validate

_STYLES = tomllib.loads(Path(__file__).with_name("styles.toml").read_text(encoding="utf-8"))["style"]
_Style = dict[str, Any]


@pytest.fixture(scope="module")
def styles_server(settings: Settings) -> Iterator[Throwaway]:
    """Return a server on which no role of another test reaches anything."""
    with throwaway(settings) as server:
        yield server


def make(url: Url, style: _Style) -> None:
    """Make the roles and the database; each role that the style names may use all its tables."""
    with connect(url) as connection:
        for role, attributes in sorted(style["roles"].items(), key=lambda each: "in role" in each[1]):
            if not connection.execute("select from pg_roles where rolname = %s", (role,)).rowcount:
                connection.execute(f"create role {role} {attributes}".encode())
        connection.execute(style["make"].encode())
        users = style.get("to") or ", ".join(style["roles"])
        for table, expression in style["own"].items():
            schema = table.rpartition(".")[0] or "public"
            connection.execute(
                f"grant usage on schema {schema} to {users};"
                f" grant select, insert, update, delete on {table} to {users};"
                f" alter table {table} enable row level security; alter table {table} force row level security;"
                f" create policy own on {table} using ({expression}) with check ({expression})".encode()
            )
        connection.execute("grant usage on all sequences in schema public to public")


def drop_roles(server: Url, style: _Style) -> None:
    with connect(server) as connection:
        for role in style["roles"]:
            connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(role)))


@pytest.fixture(params=_STYLES, ids=lambda style: style["name"])
def styled(request: pytest.FixtureRequest, styles_server: Throwaway) -> Iterator[tuple[Url, _Style]]:
    with fresh_database(styles_server.url) as url:
        make(url, request.param)
        yield url, request.param
    drop_roles(styles_server.url, request.param)


def test_style_is_understood_and_its_hole_is_found(styled: tuple[Url, _Style]) -> None:
    url, style = styled
    report = validate(url, Request())

    assert report.target.tenant_column == style["column"]
    assert report.target.tenant_setting == style["setting"]
    assert sorted(report.target.app_roles) == sorted(style["app"])
    # That a policy raises an error without a tenant is a matter of style; nobody is shown anything.
    errors = [(each.code, each.object) for each in report.findings if each.severity is Severity.ERROR]
    assert errors == []
    assert report.unproven == ()
    assert report.verdict is Verdict.PASS

    with connect(url) as connection:
        connection.execute(style["broken"].encode())
    broken = validate(url, Request())

    assert style["object"] in {each.object for each in broken.findings if each.severity is not Severity.INFO}


def test_setting_that_opens_nothing_proves_nothing(styles_server: Throwaway) -> None:
    style = {**_STYLES[3], "own": {"members": "tenant = current_setting('ap' || 'p.secret', true)"}}
    with fresh_database(styles_server.url) as url:
        make(url, style)
        report = validate(url, Request(Hints(app_roles=("app",))))
    drop_roles(styles_server.url, style)

    assert report.verdict is Verdict.INCOMPLETE
    assert "sees none of its tenant's rows" in " ".join(each.why for each in report.unproven)


def test_tenants_without_people_who_ask_prove_nothing(styles_server: Throwaway) -> None:
    style = next(each for each in _STYLES if each["name"] == "the tenant of the user who asks")
    with fresh_database(styles_server.url) as url:
        make(url, style)
        with connect(url) as connection:
            connection.execute("delete from users")
        report = validate(url, Request())
    drop_roles(styles_server.url, style)

    assert report.verdict is Verdict.INCOMPLETE
    assert "put in rows of people, each of one tenant alone" in " ".join(each.why for each in report.unproven)


def test_tenants_by_login_are_unproven_and_no_alarm(styles_server: Throwaway) -> None:
    style = {
        "roles": {"north": "login", "south": "login"},
        "make": "create table things (id int primary key, tenant text not null);"
        "insert into things values (1, 'north'), (2, 'south')",
        "own": {"things": "tenant = current_user"},
    }
    with fresh_database(styles_server.url) as url:
        make(url, style)
        report = validate(url, Request())
    drop_roles(styles_server.url, style)

    assert [each.code for each in report.findings if each.severity is Severity.ERROR] == []
    assert report.verdict is Verdict.INCOMPLETE
    assert "by who has logged in" in " ".join(each.why for each in report.unproven)


def test_person_whom_another_tenant_names_too_has_not_changed(styles_server: Throwaway) -> None:
    """Who adds somebody to its own team sees that person, and does that person's team no harm."""
    own = "team_id = nullif(current_setting('app.team_id', true), '')::int"
    style = {
        "roles": {"teams": "login"},
        "make": "create table users (id int primary key, email text not null);"
        "create table team_members (team_id int not null, user_id int not null references users, notes text,"
        " primary key (team_id, user_id));"
        "insert into users values (11, 'ann@one.example'), (22, 'bob@two.example');"
        "insert into team_members values (1, 11), (2, 22)",
        "own": {
            "team_members": own,
            "users": f"exists (select from team_members as m where m.user_id = users.id and m.{own})",
        },
    }
    with fresh_database(styles_server.url) as url:
        make(url, style)
        with connect(url) as connection:
            connection.execute("revoke insert, update, delete on users from teams")
        report = validate(url, Request(disposable=True))
    drop_roles(styles_server.url, style)

    assert {each.code for each in report.findings if each.severity is Severity.ERROR} == {"ISO014"}
