"""The matrix of role, object and action says what the attacks saw, and what they could not."""

from support.databases import connect

from ttdb.model.validation import Action, Cell, Reach
from ttdb.postgres.url import Url
from ttdb.validate import Hints, Request, validate

_ROLE = "example_app"
_FUNCTION = """
create function app.orders_of(p_org uuid) returns setof app.orders
language sql stable security definer set search_path = ''
as 'select * from app.orders where org_id = p_org';
grant execute on function app.orders_of(uuid) to example_app
"""


def cells(url: Url, *statements: str, families: tuple[str, ...] = ("ISO", "FNC")) -> dict[tuple[str, Action], Cell]:
    with connect(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())
    report = validate(url, Request(Hints(app_roles=(_ROLE,)), families=families))
    return {(cell.object, cell.action): cell for cell in report.cells if cell.role == _ROLE}


def reaches(found: dict[tuple[str, Action], Cell], name: str) -> list[str]:
    """Return what came of reading, inserting, updating and deleting."""
    return [str(found[name, action].reach) for action in Action if (name, action) in found]


def test_sound_database_lets_a_tenant_reach_its_own_rows_only(example_url: Url) -> None:
    found = cells(example_url)

    assert reaches(found, "app.orders") == ["own", "own", "own", "own"]
    assert reaches(found, "app.orgs") == ["own", "denied", "denied", "denied"]
    assert reaches(found, "app.countries") == ["shared", "denied", "denied", "denied"]
    assert reaches(found, "app.order_totals") == ["own", "denied", "denied", "denied"]


def test_leaks_name_the_attack_that_shows_them(example_url: Url) -> None:
    found = cells(example_url, "alter table app.orders disable row level security")

    assert reaches(found, "app.orders") == ["leaks", "leaks", "leaks", "leaks"]
    assert found["app.orders", Action.READ].why == "ISO003"
    assert found["app.orders", Action.INSERT].why == "ISO005"
    assert reaches(found, "app.customers") == ["own", "own", "own", "own"]


def test_one_open_command_leaks_alone(example_url: Url) -> None:
    found = cells(example_url, "alter policy insert_own_org on app.orders with check (true)")

    assert reaches(found, "app.orders") == ["own", "leaks", "own", "own"]


def test_table_without_rows_is_proven_by_its_like_or_not_at_all(example_url: Url) -> None:
    like = (
        "create table app.bills (like app.customers including all)",
        "alter table app.bills enable row level security",
        "alter table app.bills force row level security",
        "create policy select_own_org on app.bills for select to example_app using (org_id = (select app.org()))",
        "create policy insert_own_org on app.bills for insert to example_app with check (org_id = (select app.org()))",
        "create policy update_own_org on app.bills for update to example_app using (org_id = (select app.org()))",
        "create policy delete_own_org on app.bills for delete to example_app using (org_id = (select app.org()))",
        "create policy all_worker on app.bills to example_worker using (true)",
        "grant select, insert, update, delete on app.bills to example_app",
    )
    assert reaches(cells(example_url, *like), "app.bills") == ["own", "own", "own", "own"]

    other = "alter policy select_own_org on app.bills using (org_id = (select app.org()) and email <> '')"
    found = cells(example_url, other)
    assert set(reaches(found, "app.bills")) == {"unproven"}
    assert found["app.bills", Action.READ].why == "rows of two tenants are needed: the table has none"


def test_function_that_crosses_tenants_leaks_when_executed(example_url: Url) -> None:
    found = cells(example_url, _FUNCTION)

    assert found["app.orders_of(p_org uuid)", Action.EXECUTE].reach is Reach.LEAKS


def test_copies_in_an_open_table_leak_in_writing_too(example_url: Url) -> None:
    found = cells(
        example_url,
        "create table app.cache as select to_jsonb(c) as line from app.customers as c",
        "grant select, update on app.cache to example_app",
    )

    assert reaches(found, "app.cache") == ["leaks", "denied", "leaks", "denied"]


def test_what_no_attack_was_to_try_has_no_cell(example_url: Url) -> None:
    assert cells(example_url, families=("RLS",)) == {}
