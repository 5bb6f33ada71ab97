"""ttdb tenancy plan and check, as a DBA runs them."""

import json
import tomllib
from pathlib import Path

import pytest
from support.databases import connect
from support.program import ttdb

from ttdb.postgres.url import Url

_SHOP = Path(__file__).parents[1] / "db" / "tenancy" / "shop.sql"


@pytest.fixture
def shop(empty_url: Url) -> str:
    with connect(empty_url) as connection:
        connection.execute(_SHOP.read_bytes())
    return empty_url.conninfo


def test_plan_is_written_decided_and_checked(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "tenancy.toml"

    made = ttdb("tenancy", "plan", "--url", shop, "--output", str(file))
    checked = ttdb("tenancy", "check", str(file), "--url", shop, "--format", "json")

    assert (made.code, made.out) == (0, "")  # the answer is in the file
    assert f"wrote {file}" in made.err
    assert "rows without a tenant: public.users, 1" in made.err
    assert f"ttdb tenancy check {file}" in made.err
    assert checked.code == 1
    open_tables = {each["table"] for each in json.loads(checked.out)["open"]}
    assert open_tables == {
        *("public.transfers", "public.countries", "public.reviews"),
        *("public.users", "public.orders", "public.shipments"),
    }


def test_plan_made_again_keeps_what_was_decided_and_who_may_lose_rights(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "tenancy.toml"
    decided = (
        'tenants = "public.tenants"\ncolumn = "tenant_id"\n\n[losing]\nreports = "reads the warehouse"  # since May\n\n'
        '[tables."public.countries"]\ntenant = "nobody"  # ours\nworker = "select"\n'
    )
    file.write_text(decided, encoding="utf-8")

    made = ttdb("tenancy", "plan", "--url", shop, "--output", str(file))

    assert made.code == 0, made.err
    text = file.read_text(encoding="utf-8")
    assert '[losing]\nreports = "reads the warehouse"  # since May\n' in text
    assert '[tables."public.countries"]\ntenant = "nobody"  # ours\nworker = "select"\n' in text
    assert tomllib.loads(text)["tables"]["public.orders"]["tenant"] == "own"


def test_plan_without_a_file_is_the_answer(shop: str) -> None:
    made = ttdb("tenancy", "plan", "--url", shop)

    assert made.code == 0
    assert made.out.startswith("# How the rows")
    assert '[tables."public.orders"]' in made.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan", "--tenants", "public.clubs"), 'error: there is no table "public.clubs"'),
        (("plan", "--output", "/nowhere/tenancy.toml"), "error: cannot write /nowhere/tenancy.toml"),
        (("check", "/nowhere/tenancy.toml"), "error: cannot read /nowhere/tenancy.toml"),
    ],
)
def test_mistake_is_named(shop: str, arguments: tuple[str, ...], said: str) -> None:
    ended = ttdb("tenancy", *arguments, "--url", shop)

    assert ended.code == 2
    assert said in ended.err
    assert "hint: " in ended.err
    assert "Traceback" not in ended.err


def test_decided_file_becomes_a_revision_that_is_not_written_over(shop: str, tmp_path: Path) -> None:
    file, output = tmp_path / "tenancy.toml", tmp_path / "0002_tenants.py"
    ttdb("tenancy", "plan", "--url", shop, "--output", str(file))
    line = ("tenancy", "revision", str(file), "--url", shop, "--name", "shop_0002", "--after", "shop_0001")

    made, again = (ttdb(*line, "--output", str(output)) for _ in range(2))

    text = output.read_text(encoding="utf-8")
    compile(text, str(output), "exec")
    assert made.code == 0
    assert 'revision = "shop_0002"\ndown_revision = "shop_0001"' in text
    assert '*tenant_given("public.order_items", tenants="public.tenants", parent="public.orders"' in text
    assert 'closed("public.countries")' in text  # undecided
    assert (again.code, output.read_text(encoding="utf-8")) == (2, text)
    assert f"error: {output} stands already" in again.err


def test_check_of_a_file_that_names_what_is_not_there_could_not_run(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "tenancy.toml"
    ttdb("tenancy", "plan", "--url", shop, "--output", str(file))
    text = file.read_text(encoding="utf-8")
    hints = {
        ('[tables."public.messages"]', '[tables."public.mesages"]'): 'Did you mean "public.messages"? If not, take',
        ('tenants = "public.tenants"', 'tenants = "public.tenantz"'): 'did you mean "public.tenants"?',
    }
    for (right, wrong), hint in hints.items():
        assert right in text
        file.write_text(text.replace(right, wrong), encoding="utf-8")

        ended = ttdb("tenancy", "check", str(file), "--url", shop)

        assert ended.code == 2
        assert hint in ended.out + ended.err
