"""Findings of one cause stand together, and under what is really at fault."""

from support.databases import connect

from ttdb.postgres.url import Url
from ttdb.validate import Hints, Request, validate

_DEFAULT = "do $$ begin execute format('alter database %I set app.org = %L', current_database(), {}); end $$"
_REQUEST = Request(Hints(app_roles=("example_app",)), families=("ISO", "RLS"))


def test_default_that_gives_each_session_a_tenant_is_the_one_cause_and_comes_first(example_url: Url) -> None:
    with connect(example_url) as connection:
        (org,) = connection.execute("select id::text from app.orgs order by id limit 1").fetchone() or ("",)
        connection.execute(_DEFAULT.format(f"'{org}'").encode())

    findings = [each for each in validate(example_url, _REQUEST).findings if each.code != "ISO000"]

    assert {each.code for each in findings} >= {"ISO001", "RLS008"}
    assert findings[0].cause == "the tenant setting has a default"
    rows_without = [each for each in findings if each.code == "ISO001"]
    assert {each.cause for each in rows_without} == {"the tenant setting has a default"}
    with connect(example_url) as connection:
        connection.execute(rows_without[0].fix.encode())
    assert [each.code for each in validate(example_url, _REQUEST).findings] == ["ISO000"]
