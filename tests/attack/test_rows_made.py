"""Tables without rows are attacked all the same: rows are made for it, and gone afterwards."""

import pytest
from attack.holes import shows_leak
from support.databases import connect

from ttdb.model.validation import Action, Reach, Severity, Verdict
from ttdb.postgres.url import Url
from ttdb.validate import Hints, Request, validate

_HINTS = Hints(app_roles=("example_app",), cross_tenant_roles=("example_worker",))
_EMPTY = "truncate app.orgs, app.customers, app.orders, app.order_items"


def rows(url: Url) -> list[tuple[str, int]]:
    with connect(url) as connection:
        tables = ("orgs", "customers", "orders", "order_items", "countries")
        return [(name, connection.execute(f"table app.{name}".encode()).rowcount) for name in tables]


def emptied(url: Url, *statements: str) -> Url:
    with connect(url) as connection:
        for statement in (_EMPTY, *statements):
            connection.execute(statement.encode())
    return url


def test_empty_sound_database_passes_and_stays_empty(example_url: Url) -> None:
    before = rows(emptied(example_url))

    report = validate(example_url, Request(_HINTS, disposable=True))

    assert report.verdict is Verdict.PASS, (report.findings, report.unproven)
    assert {cell.reach for cell in report.cells if cell.object == "app.orders"} == {Reach.OWN}
    assert rows(example_url) == before


@pytest.mark.parametrize(
    "hole",
    [
        "alter table app.order_items disable row level security",
        "alter policy insert_own_org on app.orders with check (true)",
    ],
)
def test_hole_in_an_empty_table_is_found(example_url: Url, hole: str) -> None:
    report = validate(emptied(example_url, hole), Request(_HINTS, disposable=True))

    assert report.verdict is Verdict.FAIL
    errors = [each for each in report.findings if each.severity is Severity.ERROR]
    assert {"ISO003", "ISO005"} & {each.code for each in errors}
    assert all(shows_leak(example_url, each) for each in errors)


def test_table_that_takes_no_row_is_unproven_with_what_refuses(example_url: Url) -> None:
    emptied(
        example_url,
        "alter table app.orders add constraint orders_are_closed check (total > 5 and total < 3)",
        "alter policy select_own_org on app.orders using (org_id = (select app.org()) and total >= 0)",
    )

    report = validate(example_url, Request(_HINTS, disposable=True))

    refused = {each.object: each.why for each in report.unproven}
    assert "orders_are_closed" in refused["app.orders"]
    assert report.verdict is Verdict.INCOMPLETE
    assert {cell.reach for cell in report.cells if (cell.object, cell.action) == ("app.orders", Action.READ)} == {
        Reach.UNPROVEN
    }


def test_key_of_a_form_of_its_own_is_no_obstacle(example_url: Url) -> None:
    with connect(example_url) as connection:
        connection.execute(
            "alter table app.orders add column code text unique check (code ~ '^ORD-[0-9]{4}$');"
            "update app.orders as o set code = 'ORD-' || 1000 + n.n"
            " from (select id, row_number() over (order by id) as n from app.orders) as n where n.id = o.id;"
            "alter table app.orders alter column code set not null;"
            "alter policy insert_own_org on app.orders with check (true)"
        )

    report = validate(example_url, Request(_HINTS))

    assert ("ISO005", "app.orders") in {(each.code, each.object) for each in report.findings}
