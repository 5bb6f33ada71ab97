"""A platform whose tenant context is signed: it passes, and a broken verification is found and shown."""

import pytest
from attack.holes import shows_leak
from support.databases import connect

from ttdb.errors import TtdbError
from ttdb.model.validation import Verdict
from ttdb.postgres.url import Url
from ttdb.validate import Request, validate

_FUNCTION = """
create or replace function ttdb.verified_tenant_id() returns uuid
language plpgsql stable parallel safe security definer set search_path = '' set row_security = on
as $$
declare
    v_token text := current_setting(ttdb.tenant_setting(), true);
begin
    {body}
end
$$
"""
_BROKEN = {
    "unsigned": "return case when v_token ~ '^[0-9a-f-]{36}$' then v_token::uuid end;",
    "swapped within a token": (
        "return case when v_token ~ '^v1[.]' and v_token !~ '0{64}$'"
        " and split_part(v_token, '.', 4)::bigint > extract(epoch from now())"
        " then split_part(v_token, '.', 3)::uuid end;"
    ),
    "in a token that no key has signed": (
        "return case when v_token ~ '0{64}$' then split_part(v_token, '.', 3)::uuid end;"
    ),
    "in a token that has expired": (
        "return case when v_token ~ '^v1[.]' and v_token !~ '0{64}$'"
        " and split_part(v_token, '.', 4)::bigint < extract(epoch from now())"
        " then split_part(v_token, '.', 3)::uuid end;"
    ),
}


@pytest.fixture
def signed_url(seeded_url: Url) -> Url:
    sign(seeded_url)
    return seeded_url


def sign(url: Url) -> None:
    with connect(url) as connection:
        connection.execute("select ttdb.create_context_key()")
        connection.execute("select ttdb.require_signed_context(true)")


def test_signing_changes_no_finding_but_closes_a_channel(seeded_url: Url) -> None:
    honest = validate(seeded_url, Request())
    sign(seeded_url)
    signed = validate(seeded_url, Request())

    assert (honest.threat_model, signed.threat_model) == ("honest-context", "signed-context")
    (channels,) = [finding for finding in signed.findings if finding.code == "ISO000"]
    assert "unsigned session" not in channels.detail
    assert [each for each in signed.findings if each != channels] == [
        each for each in honest.findings if each.code != "ISO000"
    ]
    assert signed.unproven == honest.unproven
    assert signed.verdict is honest.verdict


def test_holes_are_found_on_a_signed_platform_too_and_no_token_is_shown(signed_url: Url) -> None:
    with connect(signed_url) as connection:
        connection.execute("create policy select_all on public.orders for select to ttdb_app using (true)")

    report = validate(signed_url, Request())

    (found,) = [finding for finding in report.findings if finding.code == "ISO003"]
    assert found.object == "public.orders"
    assert shows_leak(signed_url, found)
    assert "ttdb.sign_context('" in found.evidence
    assert "'v1." not in str(report)


@pytest.mark.parametrize("how", _BROKEN)
def test_broken_verification_is_found(signed_url: Url, how: str) -> None:
    with connect(signed_url) as connection:
        connection.execute(_FUNCTION.replace("{body}", _BROKEN[how]).encode())

    report = validate(signed_url, Request(families=("ISO", "MIG")))

    assert report.verdict is Verdict.FAIL
    found = [finding for finding in report.findings if finding.code == "ISO001"]
    assert "public.orders" in {finding.object for finding in found}
    assert all(f"when the tenant is {how}" in finding.detail for finding in found)
    assert all(shows_leak(signed_url, finding) for finding in found[:2])
    assert "ttdb.verified_tenant_id()" in {finding.object for finding in report.findings if finding.code == "MIG001"}


def test_validation_without_a_key_says_how_to_make_one(signed_url: Url) -> None:
    with connect(signed_url) as connection:
        connection.execute("select ttdb.retire_context_key(key_id) from ttdb.list_context_keys()")

    with pytest.raises(TtdbError, match="no key to sign") as refused:
        validate(signed_url, Request())
    assert "ttdb.create_context_key()" in str(refused.value.hint)
