"""Of many rows only some are looked through: what all of them show is found all the same, chance is no finding."""

from attack.test_units import HINTS
from support.databases import connect

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
