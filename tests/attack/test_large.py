"""Of many rows only some are looked through: what all of them show is found all the same, chance is no finding."""

import pytest
from attack.test_units import HINTS
from support.databases import connect

from ttdb.model.validation import Severity
from ttdb.postgres.url import Url
from ttdb.validate import Request, library, validate

_ROWS = """
insert into app.people (org_id, email)
select o.id, 'person' || n || '@' || left(o.id::text, 1) || '.example'
from app.orgs as o, generate_series(1, 3000) as n;
analyze app.people
"""


def test_raw_values_are_found_among_many_rows(example_url: Url) -> None:
    unit = next(attack.unit for attack in library().attacks if attack.unit.code == "MSK002")
    with connect(example_url) as connection:
        for statements in (
            unit.given,
            unit.fix,
            "grant usage on schema masked to example_support; grant select on masked.people to example_support",
            _ROWS,
        ):
            connection.execute((statements or "").encode())
        sound = _found(example_url)
        connection.execute(unit.bad.encode())

    assert sound == []
    assert _found(example_url) == ["masked.people"]


def _found(url: Url) -> list[str]:
    report = validate(url, Request(hints=HINTS, families=("MSK",)))
    return [each.object for each in report.findings if each.code == "MSK002"]


# More than what is searched whole for canaries, sampled for copies, and searched for values that a write gave away.
_MANY = """
insert into app.customers (org_id, email)
select o.id, 'person' || n || '@' || left(o.id::text, 1) || '.example'
from (select id from app.orgs order by id limit 2) as o, generate_series(1, 130000) as n;
analyze app.customers
"""
_HOLES = """
create policy everyone on app.customers for select using (true);
create table app.mailing as select email from app.customers;
grant select on app.mailing to example_app
"""


@pytest.mark.parametrize("disposable", [False, True], ids=["in place", "disposable"])
def test_a_quarter_of_a_million_rows_hide_nothing(example_url: Url, disposable: bool) -> None:  # noqa: FBT001 - a parameter of the test
    request = Request(hints=HINTS, disposable=disposable)
    with connect(example_url) as connection:
        connection.execute(_MANY.encode())
        sound = validate(example_url, request)
        connection.execute(_HOLES.encode())

    found = [each.object for each in validate(example_url, request).findings if each.severity is Severity.ERROR]

    assert [each for each in sound.findings if each.severity is not Severity.INFO] == []
    assert sound.unproven == ()
    assert {"app.customers", "app.mailing"} <= set(found)
