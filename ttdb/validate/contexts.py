"""What sessions set: an honest one of a tenant, and those that are nobody's."""

import json
from collections.abc import Mapping
from functools import cached_property

from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.validate.discover import Discovery
from ttdb.validate.discover.settings import claims_of
from ttdb.validate.ground import Ground
from ttdb.validate.signing import Minted, is_tenant, signed, swapped

_MALFORMED, _UNKNOWN = "no tenant's", "0f0f0f0f-dead-4bad-8bad-0f0f0f0f0f0f"


class Contexts:
    """Makes the settings that attacks act with; where tenants must be signed, of tokens that the overseer mints."""

    def __init__(self, found: Discovery, ground: Ground, overseer: Connection) -> None:
        self._found = found
        self._ground = ground
        self._overseer = overseer
        self._tokens: dict[str, Minted] = {}
        self._claims: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def of(self, tenant: str | None) -> dict[str, str]:
        """Return the settings of an honest session of a tenant; without one, none.

        Raises:
            PrivilegeMissing: tenants must be signed here, and the login may not sign.
            TtdbError: tenants must be signed here, and there is no key.

        """
        if tenant is None:
            return {}
        return self._set(self._token(tenant) if self._found.registry.signed and is_tenant(tenant) else tenant)

    @cached_property
    def nobodies(self) -> Mapping[str, dict[str, str]]:
        """Return the settings of sessions that are nobody's, by how they are."""
        settings = (*self._found.tenant_settings, *self._found.other_settings)
        nobodies: dict[str, dict[str, str]] = {
            "unset": {},
            "empty": dict.fromkeys(settings, ""),
            "malformed": self._set(_MALFORMED),
            "unknown": self.of(_UNKNOWN),
        }
        tenants = [tenant for tenant in self._ground.tenants if is_tenant(tenant)]
        if self._found.registry.signed and len(tenants) > 1:
            own, other = tenants[:2]
            unsigned, _, _signature = self._token(other).rpartition(".")
            nobodies |= {
                "unsigned": self._set(other),
                "swapped within a token": self._set(self._mint(swapped(own, other))),
                "in a token that no key has signed": self._set(f"{unsigned}.{'0' * 64}"),
                "in a token that has expired": self._set(self._mint(signed(other, "-1 hour"))),
            }
        return nobodies

    def _set(self, value: str) -> dict[str, str]:
        return {name: self._written(name, value) for name in self._found.tenant_settings}

    def _written(self, setting: str, value: str) -> str:
        """Write a tenant as the setting has it: by itself, or as a claim in JSON, at the top and a level below."""
        if setting not in self._claims:
            self._claims[setting] = claims_of(self._found.catalog, setting)
        keys, others = self._claims[setting]
        if not keys:
            return value
        claims = dict.fromkeys(keys, value)
        return json.dumps({**dict.fromkeys(others, claims), **claims})

    def _token(self, tenant: str) -> Minted:
        if tenant not in self._tokens:
            self._tokens[tenant] = self._mint(signed(tenant))
        return self._tokens[tenant]

    def _mint(self, expression: sql.Composed) -> Minted:
        return Minted.by(self._overseer, expression)
