"""The Python side of the signed context, without a database."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from ttdb.tokens import Key, mint, verify

A, B = UUID("11111111-1111-1111-1111-111111111111"), UUID("22222222-2222-2222-2222-222222222222")
KEY = Key("k1", "0f" * 32)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_token_has_the_documented_form() -> None:
    token = mint(A, KEY, timedelta(minutes=5), at=NOON)

    assert re.fullmatch(rf"v1\.k1\.{A}\.1767269100\.[0-9a-f]{{64}}", token)


def test_signature_is_the_hmac_of_a_known_vector() -> None:
    """Hold what openssl computed.

    printf %s v1.k1.1111….1767269100 | openssl dgst -sha256 -mac hmac -macopt hexkey:0f0f….
    """
    token = mint(A, KEY, timedelta(minutes=5), at=NOON)

    assert token.rsplit(".", 1)[1] == "4bea9fc77d077909ff682a3f74e7602d4b1120a7316c76cd1bb439ca23d577b7"


def test_token_names_its_tenant_until_it_expires() -> None:
    token = mint(str(A).upper(), KEY, timedelta(minutes=5), at=NOON)

    assert verify(token, [KEY], at=NOON) == A
    assert verify(token, [KEY], at=NOON + timedelta(seconds=299)) == A
    assert verify(token, [KEY], at=NOON + timedelta(seconds=300)) is None


def test_another_key_verifies_nothing() -> None:
    token = mint(A, KEY, at=NOON)

    assert verify(token, [Key("k1", "0e" * 32), Key("k2", "0f" * 32)], at=NOON) is None
    assert verify(token, [], at=NOON) is None


def test_every_changed_character_ends_the_token() -> None:
    token = mint(A, KEY, at=NOON)

    for position, letter in enumerate(token):
        changed = token[:position] + ("0" if letter != "0" else "1") + token[position + 1 :]
        assert verify(changed, [KEY], at=NOON) is None, changed


@pytest.mark.parametrize("tenant", ["", "acme", f"{A}0", None, 7])
def test_a_tenant_that_is_no_uuid_is_refused_by_its_name(tenant: object) -> None:
    with pytest.raises(ValueError, match=re.escape(f"tenant {tenant!r} is no UUID")):
        mint(tenant, KEY)  # type: ignore[arg-type]  # what an untyped service may pass


def test_tenants_cannot_be_swapped() -> None:
    assert verify(mint(A, KEY, at=NOON).replace(str(A), str(B)), [KEY], at=NOON) is None


@pytest.mark.parametrize("token", ["", "v1", str(A), "v1.k1..1.00", f"{mint(A, KEY)}\n", f" {mint(A, KEY)}"])
def test_malformed_tokens_name_nobody(token: str) -> None:
    assert verify(token, [KEY]) is None


@pytest.mark.parametrize("ttl", [timedelta(0), timedelta(seconds=-1), timedelta(days=1, seconds=1)])
def test_unreasonable_lifetimes_are_refused(ttl: timedelta) -> None:
    with pytest.raises(ValueError, match="between one second and 1 day"):
        mint(A, KEY, ttl)


def test_tenant_that_is_no_uuid_is_refused() -> None:
    with pytest.raises(ValueError, match="UUID"):
        mint("no tenant's", KEY)


@pytest.mark.parametrize(
    ("key_id", "secret"), [("K1", "0f" * 32), ("", "0f" * 32), ("k1", "hunter2"), ("k1", "zz" * 32)]
)
def test_malformed_key_is_refused_without_showing_it(key_id: str, secret: str) -> None:
    with pytest.raises(ValueError, match="a context key's") as refused:
        Key(key_id, secret)

    assert secret not in str(refused.value)


def test_secret_shows_in_no_representation() -> None:
    assert KEY.secret not in f"{KEY} {KEY!r}"
