"""Which decisions no steps can carry out, though the table and its columns are there."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ttdb.shape import Schema, Table
from ttdb.tenancy.file import Decision, Decisions
from ttdb.tenancy.keys import is_pointable, names_one, primary_key
from ttdb.tenancy.model import LEADING, Belongs
from ttdb.tenancy.possible import tenants_key, tenants_of
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

    Raises:
        UsageError: the table of tenants is not there, or no uuid names its rows.

    """

    def __init__(self, schema: Schema, tables: Mapping[str, Table], decisions: Decisions) -> None:
        self._schema, self._tables = schema, tables
        self._tenants, self._column = decisions.tenants, decisions.column
        self._key = tenants_key(schema, tenants_of(tables, decisions), decisions.tenants_column)
        self._decided = {each.table: each for each in decisions.tables}

    def refusal(self, decision: Decision) -> Refusal | None:
        """Return why a decision on a table that is there cannot be carried out."""
        table = self._tables[decision.table]
        if decision.belongs is not Belongs.GLOBAL and any(map(_FOLDED.search, (table.schema, table.name))):
            what = "has a name with capital letters, spaces or dots, which the steps cannot take"
            return Refusal(
                what, "Rename it, or its schema, in lower case and without spaces first: alter … rename to …"
            )
        if decision.belongs not in LEADING:
            return None
        if decision.table == self._tenants:
            wrong = self._of_tenants(table, decision)
        elif decision.belongs is Belongs.OWN:
            wrong = self._of_own(table, decision.column or "")
        else:
            wrong = self._of_parent(table, decision)
        return wrong or self._of_its_key(table, decision)

    def key_to_make(self, decision: Decision) -> tuple[str, ...] | None:
        """Return what a foreign key of a table will point at, where the revision has to make that a key of the other.

        Of a decision that was not refused: then the columns name one row, and so they do with the tenant.
        """
        way = parsed(decision.through or "") if decision.belongs is Belongs.PARENT else None
        if way is None or self._as_text(decision, way):
            return None
        parent, tenant = self._tables[way.parent], self._tenant_of(self._decided[way.parent])
        wanted, key = (tenant, *sorted({*way.there} - {tenant})), primary_key(parent) or ()
        has_one = way.parent != self._tenants and tenant not in key and {tenant, *key} == {*wanted}
        return None if has_one or is_pointable(parent, wanted) else wanted

    def _of_tenants(self, table: Table, decision: Decision) -> Refusal | None:
        """Return why the tenants' own block does not name them by what a session's tenant is."""
        if decision.belongs is Belongs.OWN and decision.column == self._key:
            return None
        column = table.column(decision.column or "")
        kind = self._schema.types[column.type].name if column else ""
        if decision.belongs is Belongs.PARENT:
            what = "has the tenants, which go through nothing"
        elif column is None:
            what = f"has no column {decision.column}"
        elif kind != "uuid":
            what = f"names its tenants by {column.name}, a {kind}, and not by a uuid"
        else:
            what = f"names its tenants by {column.name}, which may be null or is no key of it"
        return Refusal(what, f'Write tenant = "own" and column = "{self._key}", the uuid that names a tenant.')

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
        return self._of_way(decision, way, parent)

    def _of_its_key(self, table: Table, decision: Decision) -> Refusal | None:
        """Return why the steps that give a table its tenant, or the trail of its changes, could not name its rows."""
        given = decision.table != self._tenants and not table.partitioned
        if primary_key(table) is not None or not (given or decision.audit):
            return None
        return Refusal("has no primary key", f"Give it one first: alter table {table} add primary key (…);")

    def _of_way(self, decision: Decision, way: Through, decided: Decision) -> Refusal | None:
        """Return why a way leads to no one row, or why no foreign key could keep the two together."""
        parent, tenant, as_text = self._tables[way.parent], self._tenant_of(decided), self._as_text(decision, way)
        for here, there in [] if as_text else list(zip(way.here, way.there, strict=False)):
            if there == tenant and (way.parent == self._tenants or here != self._column):
                hint = f'Write tenant = "own" and column = "{here}", instead of through.'
                return Refusal(f"has its tenant in {here}: it goes through nothing", hint)
        through = f"goes through {', '.join(way.there)} of {parent}, which is no key of it"
        if not names_one(parent, way.there):
            return Refusal(through, self._instead(decision.table, parent, way.there))
        if parent.partitioned and not as_text and not is_pointable(parent, (tenant, *way.there)):
            hint = self._instead(decision.table, parent, tuple(dict.fromkeys((tenant, *way.there))))
            return Refusal(f"{through} together with its tenant", hint)
        return None

    def _instead(self, name: str, parent: Table, columns: Sequence[str]) -> str:
        """Return what can be done where a table goes through columns that are no key."""
        own = f'a column {self._column}, fill it, and write tenant = "own"'
        if {*parent.divided_by} <= {*columns}:
            return f"Give {parent} one first, unique ({', '.join(columns)}), or give {name} {own}."
        divided = ", ".join(each or "an expression" for each in parent.divided_by)
        return f"Give {name} {own}: {parent} is partitioned by {divided}, without which it can have no key."

    def _as_text(self, decision: Decision, way: Through) -> bool:
        parent = self._tables[way.parent]
        return names_as_text(self._schema, self._tables[decision.table], way.here, parent, way.there)

    def _tenant_of(self, decided: Decision) -> str:
        """Return the column that has, or will have, the tenant of a table's rows."""
        if decided.table == self._tenants:
            return self._key
        return decided.column if decided.belongs is Belongs.OWN and decided.column else self._column
