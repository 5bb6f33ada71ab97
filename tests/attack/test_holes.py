"""Holes made by hand: each is found, named, and its evidence shows the leak when it is run."""

from dataclasses import dataclass, replace

import pytest
from attack.holes import shows_leak
from attack.test_units import HINTS
from support.databases import connect

from ttdb.model.validation import Verdict
from ttdb.postgres.url import Url
from ttdb.validate import Request, validate

_REQUEST = Request(hints=HINTS)


@dataclass(frozen=True)
class _Hole:
    make: str
    object: str
    code: str
    undo: str = ""  # where the change is the whole cluster's


HOLES = {
    "row security off": _Hole("alter table app.orders disable row level security", "app.orders", "ISO003"),
    "not forced, owner as application": _Hole(
        "alter table app.orders no force row level security; alter table app.orders owner to example_app",
        "app.orders",
        "ISO003",
    ),
    "using (true)": _Hole("create policy select_all on app.orders for select using (true)", "app.orders", "ISO003"),
    "with check (true)": _Hole("alter policy insert_own_org on app.orders with check (true)", "app.orders", "ISO005"),
    "view with owner's rights": _Hole(
        "create view app.notes as select id, note from app.orders; grant select on app.notes to example_app",
        "app.notes",
        "ISO003",
    ),
    "materialized view": _Hole(
        "create materialized view app.notes as select org_id, note from app.orders;"
        " grant select on app.notes to example_app",
        "app.notes",
        "ISO003",
    ),
    "BYPASSRLS": _Hole(
        "alter role example_app bypassrls", "app.orders", "ISO003", undo="alter role example_app nobypassrls"
    ),
    "opened by a setting": _Hole(
        "alter policy select_own_org on app.orders using"
        " (org_id = app.org() or current_setting('app.is_system_user', true) = 'true')",
        "app.orders",
        "ISO004",
    ),
    "opened when the setting is empty": _Hole(
        "alter policy select_own_org on app.orders using"
        " (org_id = app.org() or coalesce(current_setting('app.org', true), '') = '')",
        "app.orders",
        "ISO001",
    ),
    "copy without protection": _Hole(
        "create table app.backup as table app.orders; grant select on app.backup to example_app",
        "app.backup",
        "ISO003",
    ),
    "copy in JSON, without a tenant column": _Hole(
        "create table app.cache as select to_jsonb(o) as body from app.orders as o;"
        " grant select on app.cache to example_app",
        "app.cache",
        "ISO003",
    ),
    "child without a tenant column": _Hole(
        "create table app.labels (id int primary key, order_id uuid references app.orders (id));"
        " insert into app.labels select row_number() over (), id from app.orders;"
        " grant select on app.labels to example_app",
        "app.labels",
        "ISO003",
    ),
    "update of any row": _Hole(
        "create policy see on app.orders for select using (true);"
        " alter policy update_own_org on app.orders using (true)",
        "app.orders",
        "ISO005",
    ),
    "membership in a cross-tenant role": _Hole(
        "grant example_worker to example_app",
        "role example_worker",
        "ISO006",
        undo="revoke example_worker from example_app",
    ),
}


@pytest.mark.parametrize("name", HOLES)
def test_hole_is_found_named_and_shown(name: str, example_url: Url) -> None:
    hole = HOLES[name]
    with connect(example_url) as connection:
        connection.execute(hole.make.encode())
    try:
        report = validate(example_url, _REQUEST)
        found = [finding for finding in report.findings if (finding.code, finding.object) == (hole.code, hole.object)]

        assert report.verdict is Verdict.FAIL
        assert len(found) == 1, [(finding.code, finding.object) for finding in report.findings]
        assert found[0].cause
        assert shows_leak(example_url, found[0]), found[0].evidence
    finally:
        with connect(example_url) as connection:
            connection.execute(hole.undo.encode())


def test_sound_database_passes_without_errors_or_warnings(example_url: Url) -> None:
    report = validate(example_url, _REQUEST)

    assert [finding.code for finding in report.findings] == ["ISO000"]
    assert report.unproven == ()
    assert report.verdict is Verdict.PASS


@pytest.mark.parametrize("disposable", [True, False])
def test_an_attack_in_place_says_what_it_leaves_out(example_url: Url, disposable: bool) -> None:  # noqa: FBT001 - a parameter
    (channels,) = validate(example_url, replace(_REQUEST, disposable=disposable)).findings

    assert ("attack a copy by --clone" in channels.detail) is not disposable


def test_roles_column_and_setting_are_detected(example_url: Url) -> None:
    report = validate(example_url, Request())

    assert report.target.tenant_column == "org_id"
    assert report.target.tenant_setting == "app.org"
    assert "example_app" in report.target.app_roles


def test_nothing_is_left_behind(example_url: Url) -> None:
    # What autovacuum counts may change at any moment, by itself.
    fingerprint = (
        "select md5(string_agg(t::text, ',' order by t::text)) from"
        " (select o.*, o.xmin from app.orders as o) as t union all"
        " select md5(string_agg((to_jsonb(c)"
        " - '{relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid}'::text[])::text,"
        " ',' order by c.oid))"
        " from pg_catalog.pg_class as c where c.relkind <> 't'"
    )
    with connect(example_url) as connection:
        before = connection.execute(fingerprint.encode()).fetchall()
        validate(example_url, _REQUEST)

        assert connection.execute(fingerprint.encode()).fetchall() == before


def test_empty_tables_leave_the_verdict_incomplete(example_url: Url) -> None:
    with connect(example_url) as connection:
        connection.execute("truncate app.orgs cascade")

    report = validate(example_url, _REQUEST)

    assert report.verdict is Verdict.INCOMPLETE
    assert {each.object for each in report.unproven} >= {"app.orders", "app.customers"}
