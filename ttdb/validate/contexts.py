"""What sessions set: an honest one of a tenant, and those that are nobody's."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.validate.catalog import Relation
from ttdb.validate.discover import Discovery
from ttdb.validate.discover.claims import claims_of, stem, surely_json
from ttdb.validate.discover.people import columns_of
from ttdb.validate.ground import Ground
from ttdb.validate.outcomes import run
from ttdb.validate.signing import Minted, is_tenant, signed, swapped

_KEYS, _PEOPLE = ("uuid", "bigint", "integer", "smallint"), 3
_MALFORMED, _UNKNOWN = "no tenant's", "0f0f0f0f-dead-4bad-8bad-0f0f0f0f0f0f"


class Contexts:
    """Makes the settings that attacks act with; where tenants must be signed, of tokens that the overseer mints."""

    def __init__(self, found: Discovery, ground: Ground, overseer: Connection) -> None:
        self._found = found
        self._ground = ground
        self._overseer = overseer
        self._tokens: dict[str, Minted] = {}
        self._persons: dict[tuple[str, str], str | None] = {}
        self._asking: dict[tuple[str, str], dict[str | None, str]] = {}  # by setting and tenant, under each key
        self._who_asks: dict[tuple[str, str | None], list[tuple[int, str]]] = {}
        foreign = [name for name in found.tenant_settings if name != found.registry.tenant_setting]
        may_be = {name: claims_of(found.catalog, name, found.tenant_names) for name in foreign}
        self._claims = {name: keys for name, keys in may_be.items() if keys.tenant}
        self._as_json = {name: surely_json(found.catalog, name) for name in self._claims}

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

    @property
    def doubtful(self) -> Mapping[str, bool]:
        """Return the tenant settings that may be read as JSON, and whether they are taken to be so."""
        return dict(self._as_json)

    def take_as(self, setting: str, *, as_json: bool) -> None:
        """Write a setting as JSON from now on, or as the bare tenant."""
        self._as_json[setting] = as_json

    def people(self, setting: str, tenant: str) -> list[dict[str | None, str]]:
        """Return who may ask for a tenant by a setting that says so, under each key of its document or by itself."""
        keys: Sequence[str | None] = self.tenant_keys(setting) or (None,)
        known: dict[str | None, list[str]] = {}
        for key in keys:
            for oid, column in self._asked_by(setting, key):
                known.setdefault(key, []).extend(self._members(oid, column, tenant))
        most = max(map(len, known.values()), default=0)
        return [{key: each[min(place, len(each) - 1)] for key, each in known.items() if each} for place in range(most)]

    def says_who_asks(self, setting: str) -> bool:
        """Tell whether policies look the tenant up by somebody whom a setting names."""
        keys: Sequence[str | None] = self.tenant_keys(setting) or (None,)
        return any(self._asked_by(setting, key) for key in keys)

    def ask_as(self, setting: str, tenant: str, person: dict[str | None, str] | None) -> None:
        """Write a tenant as somebody of it from now on, or as itself."""
        if person is None:
            self._asking.pop((setting, tenant), None)
        else:
            self._asking[setting, tenant] = person

    def is_somebody(self, setting: str, value: str) -> bool:
        """Tell whether a value is somebody who may ask, where a setting says who does."""
        if not any(name == setting for name, _ in self._asking):
            return False
        known = self._asked_by(setting, None)
        columns = [(self._found.catalog.relations[oid], name) for oid, name in known]
        return bool(columns) and self._is_others(columns, "", value)

    def tenant_keys(self, setting: str) -> tuple[str, ...]:
        """Return the keys of a setting that is written as JSON which hold the tenant; none where it is not."""
        return self._claims[setting].tenant if self._as_json.get(setting) else ()

    def widened(self, settings: Mapping[str, str], setting: str, value: str) -> dict[str, str]:
        """Return settings in which one has another value; where it holds claims, these are added to the honest ones."""
        if not self.tenant_keys(setting):
            return {**settings, setting: value}
        added = object_in(value)
        if added is None:
            return {**settings, setting: self._written(setting, value)}
        return {**settings, setting: json.dumps(_merged(object_in(settings.get(setting, "")) or {}, added))}

    def _written(self, setting: str, value: str) -> str:
        """Write a tenant as the setting has it: by itself, or as a claim in JSON, at the top and a level below."""
        asking = self._asking.get((setting, value), {})
        if not self._as_json.get(setting):
            return asking.get(None, value)
        keys = self._claims[setting]
        claims = dict.fromkeys(keys.tenant, value) | self._people(value, keys.others)
        claims |= {key: person for key, person in asking.items() if key is not None}
        return json.dumps({**dict.fromkeys(keys.objects, claims), **claims})

    def person(self, setting: str, tenant: str) -> str | None:
        """Return somebody who is a tenant's alone, for a setting that is called as a column which says who; or None."""
        if setting in self._found.tenant_settings:
            return None
        called = setting.rpartition(".")[2].removeprefix("current_")
        return self._people(tenant, [called]).get(called)

    def _people(self, tenant: str, keys: Sequence[str]) -> dict[str, str]:
        """Return who asks, for the keys that are called as a column: somebody who is this tenant's alone."""
        if tenant not in self._ground.tenants:
            return {}
        known = {key: self._person(tenant, stem(key)) for key in keys}
        return {key: person for key, person in known.items() if person is not None}

    def _person(self, tenant: str, called: str) -> str | None:
        if (tenant, called) not in self._persons:
            columns = [each for oid in self._ground.holdings for each in self._called(oid, called)]
            rows = ((self._ground.holdings[relation.oid].rows.get(tenant, ()), name) for relation, name in columns)
            values = dict.fromkeys(str(row[name]) for own, name in rows for row in own if row.get(name) is not None)
            alone = (value for value in list(values)[:_PEOPLE] if not self._is_others(columns, tenant, value))
            self._persons[tenant, called] = next(alone, None)
        return self._persons[tenant, called]

    def _asked_by(self, setting: str, key: str | None) -> list[tuple[int, str]]:
        """Return the tables, and their columns, in which policies look for who asks."""
        if (setting, key) not in self._who_asks:
            found = columns_of(self._found.catalog, self._found.tenant_columns, setting, key)
            self._who_asks[setting, key] = found
        return self._who_asks[setting, key]

    def _members(self, oid: int, column: str, tenant: str) -> list[str]:
        """Return whom a few of a tenant's rows name in a column, and no other tenant's rows there."""
        relation, holding = self._found.catalog.relations[oid], self._ground.holdings.get(oid)
        rows = holding.rows.get(tenant, ()) if holding is not None else ()
        named = dict.fromkeys(str(row[column]) for row in rows if row.get(column) is not None)
        return [each for each in named if not self._is_others([(relation, column)], tenant, each)]

    def _called(self, oid: int, called: str) -> Iterator[tuple[Relation, str]]:
        """Return the columns of a table with the tenant in it that are called so, and by which rows are told apart."""
        relation, tenant = self._found.catalog.relations[oid], self._found.tenant_columns.get(oid)
        for each in relation.columns:
            if tenant not in (None, each.name) and stem(each.name) == called and (each.unique or each.type in _KEYS):
                yield relation, each.name

    def _is_others(self, columns: Sequence[tuple[Relation, str]], tenant: str, value: str) -> bool:
        """Tell whether another tenant has a value, too, which a few rows of each do not say."""
        form = sql.SQL("(select 1 from {} as r where r.{}::text = {} and r.{}::text <> {} limit 1)")
        asked = [
            form.format(
                relation.identifier,
                sql.Identifier(name),
                sql.Literal(value),
                sql.Identifier(self._found.tenant_columns[relation.oid]),
                sql.Literal(tenant),
            )
            for relation, name in columns
        ]
        outcome = run(self._overseer, sql.SQL(" union all ").join(asked))
        return not outcome.done or outcome.count > 0

    def _token(self, tenant: str) -> Minted:
        if tenant not in self._tokens:
            self._tokens[tenant] = self._mint(signed(tenant))
        return self._tokens[tenant]

    def _mint(self, expression: sql.Composed) -> Minted:
        return Minted.by(self._overseer, expression)


def object_in(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a text is, or None."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return both objects as one: the other's values win, and objects within are merged too."""
    return {
        **one,
        **{
            name: _merged(one[name], value) if isinstance(value, dict) and isinstance(one.get(name), dict) else value
            for name, value in other.items()
        },
    }
