"""Which databases a reset takes for development databases."""

import pytest

from ttdb.seed.own import Standing, doubt

_OWN = (Standing("public.tenants", 4, 0),)


@pytest.mark.parametrize("name", ["test", "testdb", "tickets_dev", "Tickets-CI-4", "dev2", "ttdb"])
def test_name_of_a_development_database_is_known_anywhere(name: str) -> None:
    assert doubt("db.example.com", name, _OWN) is None


@pytest.mark.parametrize("name", ["tickets", "cinema", "contest", "device", "pacific_tickets", "democracy"])
def test_letters_within_a_word_make_no_development_database(name: str) -> None:
    assert doubt("db.example.com", name, _OWN) == "it is on db.example.com"
    assert doubt("localhost", name, _OWN) is None


@pytest.mark.parametrize("name", ["tickets_prod", "production", "LIVE", "prod_test"])
def test_name_of_a_live_database_is_believed_on_this_machine_too(name: str) -> None:
    assert doubt("127.0.0.1", name, _OWN) == "its name says the contrary"


@pytest.mark.parametrize("name", ["olive", "products", "deliveries"])
def test_letters_within_a_word_make_no_live_database(name: str) -> None:
    assert doubt("local socket", name, _OWN) is None


@pytest.mark.parametrize(
    ("host", "here"),
    [("localhost", True), ("127.0.0.1", True), ("/run/postgresql", True), ("localhost.example.com", False)],
)
def test_only_this_machine_is_near(host: str, here: bool) -> None:  # noqa: FBT001 - a parameter
    assert (doubt(host, "tickets", _OWN) is None) is here


def test_rows_of_others_are_named_first() -> None:
    found = (Standing("public.tenants", 4, 1),)

    assert doubt("localhost", "dev", found) == 'table "public.tenants" holds 1 row that the seed did not make'
