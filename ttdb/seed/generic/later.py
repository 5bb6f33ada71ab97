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
        pairs = zip(self.reference.columns, self.reference.parent_columns, strict=True)
        changed = [(name, other) for name, other in pairs if not self._is_fixed(name)]
        names = [name for name, _ in changed]
        for tenant in self.own.tenants() if changed else ():
            lines = self._lines(tenant, [other for _, other in changed])
            for start in range(0, len(lines), _AT_ONCE):
                key = key_of(self.plan.table)
                answer = Asker(self.connection).run(
                    _update(self.plan.table, self.rest, key, names, lines[start : start + _AT_ONCE])
                )
                if isinstance(answer, Refusal):
                    return answer.constraint or answer.message
        return None

    def _lines(self, tenant: int | None, partners: Sequence[str]) -> list[Line]:
        """Return for most of a tenant's rows the key, and what they refer to."""
        own, parents = self.own.of(tenant), self.parent.of(tenant) or self.parent.of(None)
        if not parents:
            return []
        places, theirs = self.own.places(key_of(self.plan.table)), self.parent.places(partners)
        stream = self.source.stream(f"{self.plan.table}/{self.reference.name}")
        chances = stream.below(np.arange(len(own)), _EVEN).tolist()
        drawn = [parents[chance * len(parents) // _EVEN] for chance in chances]
        return [
            (*(line[place] for place in places), *(other[place] for place in theirs))
            for line, other, chance in zip(own, drawn, chances, strict=True)
            if chance % _WITHOUT
        ]

    def _is_fixed(self, name: str) -> bool:
        """Say whether the column was set at once: it is the tenant's, or another reference has it too."""
        at_once = [each for each in self.plan.references if each.name not in self.plan.late]
        return name == self.plan.tenant or any(name in each.columns for each in at_once)


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
