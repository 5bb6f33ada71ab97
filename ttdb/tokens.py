"""Tokens that prove a tenant to the database: minted by a service, verified by ``ttdb.verified_tenant_id()``.

A token is one line of ASCII::

    v1.<key id>.<tenant>.<expiry>.<signature>

The key id is 1 to 32 lower-case letters and digits, the tenant a lower-case UUID, the expiry whole seconds since 1970,
and the signature the HMAC-SHA-256, in lower-case hex, of everything before the last dot, under the key's 32 bytes. A
service sets it where it would set the bare tenant: ``select set_config('app.current_tenant_id', token, true)``. It is a
bearer token: whoever reads it is the tenant until it expires, so let it live as long as a transaction may, no longer.

Imports nothing but the standard library: a service can have this file alone.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

LONGEST = timedelta(days=1)
_SECRET_BYTES = 32
_KEY_ID = re.compile(r"[a-z0-9]{1,32}")
_TOKEN = re.compile(
    r"(?P<signed>v1\.(?P<key_id>[a-z0-9]{1,32})"
    r"\.(?P<tenant>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"\.(?P<expiry>[0-9]{1,11}))\.(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of ``ttdb.create_context_key()``; its secret shows in no representation.

    Raises:
        ValueError: the id or the secret is malformed; the message shows neither.

    """

    key_id: str
    secret: str = field(repr=False)  # 64 hex digits

    def __post_init__(self) -> None:
        if not _KEY_ID.fullmatch(self.key_id):
            raise ValueError("a context key's id is 1 to 32 lower-case letters and digits")
        if not re.fullmatch(rf"[0-9a-fA-F]{{{_SECRET_BYTES * 2}}}", self.secret):
            raise ValueError(f"a context key's secret is {_SECRET_BYTES * 2} hex digits")


def mint(tenant: UUID | str, key: Key, ttl: timedelta = timedelta(minutes=1), *, at: datetime | None = None) -> str:
    """Return a token for a tenant.

    Args:
        tenant: whom the transaction will work for.
        key: one that stands in the database.
        ttl: how long the token may begin transactions; a day at most.
        at: the moment to count from, now unless given; with a time zone.

    Raises:
        ValueError: the tenant is no UUID, or the time is not between one second and a day.

    """
    if not timedelta(seconds=1) <= ttl <= LONGEST:
        raise ValueError(f"a token lives between one second and {LONGEST.days} day")
    owner = tenant if isinstance(tenant, UUID) else _uuid(tenant)
    expiry = int(((at or datetime.now(UTC)) + ttl).timestamp())
    signed = f"v1.{key.key_id}.{owner}.{expiry}"
    return f"{signed}.{_signature(signed, key)}"


def verify(token: str, keys: Iterable[Key], *, at: datetime | None = None) -> UUID | None:
    """Return the tenant of a token, by the same rules as the database; None for any token that it would refuse."""
    found = _TOKEN.fullmatch(token)
    if found is None or int(found["expiry"]) <= (at or datetime.now(UTC)).timestamp():
        return None
    for key in keys:
        if key.key_id == found["key_id"] and hmac.compare_digest(_signature(found["signed"], key), found["signature"]):
            return UUID(found["tenant"])
    return None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except (ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"tenant {text!r} is no UUID") from error


def _signature(signed: str, key: Key) -> str:
    return hmac.new(bytes.fromhex(key.secret), signed.encode(), hashlib.sha256).hexdigest()
