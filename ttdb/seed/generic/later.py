"""Set the references that had to wait, because tables refer to each other in a circle."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from psycopg import sql

from ttdb.postgres.connect import Connection
from ttdb.seed.draw import Source
from ttdb.seed.generic.parents import Kept, Line
from ttdb.seed.generic.plan import Plan, Reference
from ttdb.shape import Schema, Table
from ttdb.shape.ask import Asker, Refusal
from ttdb.shape.filling import filling

_AT_ONCE = 2000
_EVEN = 2**32
_WITHOUT = 8  # one row in so many stays without


def key_of(table: Table) -> tuple[str, ...]:
    """Return the columns that tell a table's rows apart and are never null."""
    keys = [key for key in table.keys if not key.excludes and not key.partial and key.columns]
    for key in sorted(keys, key=lambda key: (not key.primary, len(key.columns))):
        if all((column := table.column(name)) is not None and column.not_null for name in key.columns):
            return key.columns
    return ()


def referred_columns(plan: Plan, plans: Sequence[Plan]) -> tuple[str, ...]:
    """Return the columns of a table that are needed later: that others refer to, and its key if it is changed then."""
    names = {
        name for each in plans for reference in each.references if reference.parent == plan.table.oid
        for name in (*reference.parent_columns, *(other for _, other in reference.named_by))
    }  # fmt: skip
    if plan.late:
        names |= set(key_of(plan.table))
    return tuple(column.name for column in plan.table.columns if column.name in names)


def set_late(
    connection: Connection, schema: Schema, plans: Sequence[Plan], kept: Mapping[int, Kept], source: Source
) -> dict[str, str]:
    """Set each reference that waited in most of its rows; return those that were refused, which stay null, and why."""
    refused: dict[str, str] = {}
    for plan in plans:
        for reference in plan.references:
            if reference.name in plan.late and plan.table.oid in kept and key_of(plan.table):
                rest = filling(Asker(connection), schema, plan.table)
                late = _Late(connection, plan, reference, kept[plan.table.oid], kept[reference.parent], source, rest)
                if why := late.set():
                    refused[f"{plan.table}.{reference.name}"] = why
    return refused


@dataclass(frozen=True, slots=True)
class _Late:
    """One reference that waited."""

    connection: Connection
    plan: Plan
    reference: Reference
    own: Kept
    parent: Kept
    source: Source
    rest: Mapping[str, object]  # values of domains that are not null, without which no value can be read

    def set(self) -> str | None:
        """Set it; return what refused that."""
        pairs = list(zip(self.reference.columns, self.reference.parent_columns, strict=True))
        fixed = [(name, other) for name, other in pairs if self._is_fixed(name)]
        changed = [(name, other) for name, other in pairs if not self._is_fixed(name)]
        names = [name for name, _ in changed]
        known = {other: name for name, other in fixed if name in self.own.columns and other in self.parent.columns}
        for tenant in self.own.tenants() if changed else ():
            lines = self._lines(tenant, [other for _, other in changed], known)
            for start in range(0, len(lines), _AT_ONCE):
                key = key_of(self.plan.table)
                answer = Asker(self.connection).run(
                    _update(self.plan.table, self.rest, key, names, lines[start : start + _AT_ONCE])
                )
                if isinstance(answer, Refusal):
                    return answer.constraint or answer.message
        return None

    def _lines(self, tenant: int | None, partners: Sequence[str], known: Mapping[str, str]) -> list[Line]:
        """Return for most of a tenant's rows the key, and what they refer to.

        Args:
            tenant: whose rows.
            partners: the parent's columns that the reference's own are set to.
            known: the parent's columns that must agree with one that the row has already.

        """
        own, parents = self.own.of(tenant), self.parent.of(tenant) or self.parent.of(None)
        if not parents:
            return []
        whose = tenant if self.parent.of(tenant) else None
        own_places = self.own.places(list(known.values()))
        places, theirs = self.own.places(key_of(self.plan.table)), self.parent.places(partners)
        stream = self.source.stream(f"{self.plan.table}/{self.reference.name}")
        chances = stream.below(np.arange(len(own)), _EVEN).tolist()
        found: list[Line] = []
        for line, chance in zip(own, chances, strict=True):
            told = tuple(line[place] for place in own_places)
            able = self.parent.matching(whose, list(known), told) if known else parents
            if able and chance % _WITHOUT:
                other = able[chance * len(able) // _EVEN]
                found.append((*(line[place] for place in places), *(other[place] for place in theirs)))
        return found

    def _is_fixed(self, name: str) -> bool:
        """Say whether the column was set at once: it is the tenant's, of the key, or another reference has it too."""
        at_once = [each for each in self.plan.references if each.name not in self.plan.late]
        return name in (self.plan.tenant, *key_of(self.plan.table)) or any(name in each.columns for each in at_once)


def _update(
    table: Table, rest: Mapping[str, object], key: Sequence[str], names: Sequence[str], values: Sequence[Line]
) -> sql.Composed:
    columns = [*key, *names]
    arrays: list[Any] = [sql.Literal([line[place] for line in values]) for place in range(len(columns))]
    return sql.SQL("update {} as r set {} from (select {} from unnest({}) as v ({})) as n where {}").format(
        table.identifier,
        sql.SQL(", ").join(
            sql.SQL("{} = n.{}").format(sql.Identifier(name), sql.Identifier(f"v{place}"))
            for place, name in enumerate(names, len(key))
        ),
        sql.SQL(", ").join(
            sql.SQL(
                "(pg_catalog.jsonb_populate_record(null::{}, {}::jsonb || pg_catalog.jsonb_build_object({}, v.{})))"
                ".{} as {}"
            ).format(
                table.identifier,
                sql.Literal(json.dumps(dict(rest))),
                sql.Literal(name),
                sql.Identifier(f"v{place}"),
                sql.Identifier(name),
                sql.Identifier(f"v{place}"),
            )
            for place, name in enumerate(columns)
        ),
        sql.SQL(", ").join(sql.SQL("{}::text[]").format(array) for array in arrays),
        sql.SQL(", ").join(sql.Identifier(f"v{place}") for place in range(len(columns))),
        sql.SQL(" and ").join(
            sql.SQL("r.{} = n.{}").format(sql.Identifier(name), sql.Identifier(f"v{place}"))
            for place, name in enumerate(key)
        ),
    )
