"""Which decisions no steps can carry out, though the table and its columns are there."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ttdb.shape import Schema, Table
from ttdb.tenancy.file import Decision, Decisions
from ttdb.tenancy.model import LEADING, Belongs
from ttdb.tenancy.through import Through, parsed
from ttdb.tenancy.ways import names_as_text

_FOLDED = re.compile(r'[A-Z\s."]')  # what the server reads otherwise where a name is not quoted


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a table cannot be decided on so, to be read after its name, and what can be instead."""

    what: str
    hint: str


class Limits:
    """Holds decisions against what the steps of a revision can do.

    Args:
        schema: the database that the file is about.
        tables: its tables by name.
        decisions: the file.

    """

    def __init__(self, schema: Schema, tables: Mapping[str, Table], decisions: Decisions) -> None:
        self._schema, self._tables = schema, tables
        self._tenants, self._column = decisions.tenants, decisions.column
        self._decided = {each.table: each for each in decisions.tables}

    def refusal(self, decision: Decision) -> Refusal | None:
        """Return why a decision on a table that is there cannot be carried out."""
        table = self._tables[decision.table]
        if decision.belongs is not Belongs.GLOBAL and any(map(_FOLDED.search, (table.schema, table.name))):
            what = "has a name with capital letters, spaces or dots, which the steps cannot take"
            return Refusal(
                what, "Rename it, or its schema, in lower case and without spaces first: alter … rename to …"
            )
        if decision.belongs is Belongs.OWN and decision.table != self._tenants:
            return self._of_own(table, decision.column or "")
        if decision.belongs is Belongs.PARENT:
            return self._of_parent(table, decision)
        return None

    def _of_own(self, table: Table, name: str) -> Refusal | None:
        column = table.column(name)
        if column is None:
            return Refusal(f"has no column {name}", "Name the column that says whose a row is.")
        kind = self._schema.types[column.type].name
        if kind != "uuid":
            what = f"has its tenant in {name}, a {kind}, and a tenant's id is a uuid"
            return Refusal(what, 'Convert the column first, or write tenant = "parent" and through.')
        if table.partitioned and not column.not_null:
            what = f"is partitioned, and its {name} may be null"
            return Refusal(what, f"Fill {name} and set it not null first: the steps do so on plain tables alone.")
        return None

    def _of_parent(self, table: Table, decision: Decision) -> Refusal | None:
        if table.partitioned:
            hint = f'Add a column {self._column}, fill it, set it not null, and write tenant = "own".'
            return Refusal("is partitioned, and cannot be given the tenant of another table's row", hint)
        standing = table.column(self._column)
        kind = self._schema.types[standing.type].name if standing else "uuid"
        if kind != "uuid":
            what = f"has a column {self._column} already, a {kind}, where its tenant would be"
            return Refusal(what, "Write another name for column at the top of the file.")
        way = parsed(decision.through or "")
        parent = self._decided.get(way.parent) if way else None
        if way is None or parent is None or parent.table not in self._tables or parent.belongs not in LEADING:
            return None
        return self._of_way(table, way, parent)

    def _of_way(self, table: Table, way: Through, decided: Decision) -> Refusal | None:
        """Return why no foreign key could keep the row with its parent's tenant."""
        parent = self._tables[way.parent]
        if names_as_text(self._schema, table, way.here, parent, way.there):
            return None
        tenant = decided.column if decided.belongs is Belongs.OWN and decided.column else self._column
        for here, there in zip(way.here, way.there, strict=False):
            if there == tenant and (way.parent == self._tenants or here != self._column):
                hint = f'Write tenant = "own" and column = "{here}", instead of through.'
                return Refusal(f"has its tenant in {here}: it goes through nothing", hint)
        if not self._is_key(parent, tenant, way.there):
            columns = ", ".join(dict.fromkeys((tenant, *way.there)))
            what = f"goes through {', '.join(way.there)} of {parent}, which is no key of it together with its tenant"
            return Refusal(what, f"Give {parent} one first: unique ({columns}).")
        return None

    def _is_key(self, parent: Table, tenant: str, there: Sequence[str]) -> bool:
        """Tell whether a foreign key can point at these columns, once the parent has its tenant."""
        wanted = {tenant, *there}
        standing = [key for key in parent.keys if not (key.partial or key.deferrable or key.excludes)]
        if any(set(key.columns) == wanted for key in standing):
            return True
        given = str(parent) != self._tenants and not parent.partitioned
        return given and any(key.primary and {tenant, *key.columns} == wanted for key in standing)
