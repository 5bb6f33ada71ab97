"""A decided tenancy file, written as the steps of a revision: one line for each thing that becomes of a table."""

import json
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from ttdb.errors import UsageError
from ttdb.shape import Schema, Table
from ttdb.tenancy.file import Decision, Decisions
from ttdb.tenancy.keys import in_an_index, primary_key
from ttdb.tenancy.limits import Limits
from ttdb.tenancy.model import LEADING, Belongs
from ttdb.tenancy.possible import platform_tables, refuse_own_tables, tenants_key, tenants_of
from ttdb.tenancy.through import Through, parsed
from ttdb.tenancy.ways import names_as_text

_USUAL = "tenant_id"
_LONGEST = 63  # of a name


def revision(schema: Schema, decisions: Decisions, *, name: str, after: str | None = None) -> str:
    """Return the revision's text, parents before the tables that go through them.

    Args:
        schema: the database that the file is about.
        decisions: the file.
        name: of the revision.
        after: the revision before it.

    Raises:
        UsageError: a table is not there or is ttdb's own; no uuid names a tenant; a way cannot be read, leads to a
            table without a tenant, or in a circle; or no steps can do what is decided.

    """
    return _Writer(schema, decisions).page(name, after)


class _Writer:
    def __init__(self, schema: Schema, decisions: Decisions) -> None:
        refuse_own_tables(schema, decisions)
        self._schema = schema
        self._tables = {str(table): table for table in platform_tables(schema)}
        self._tenants, self._column = decisions.tenants, decisions.column
        self._tenants_key = tenants_key(schema, tenants_of(self._tables, decisions), decisions.tenants_column)
        self._decided = {each.table: each for each in decisions.tables}
        missing = sorted(self._decided.keys() - self._tables.keys())
        if missing:
            message = f"{missing[0]} is in the file, and not in the database"
            raise UsageError(message, "Run: ttdb tenancy check FILE --url …")
        self._limits = Limits(schema, self._tables, decisions)

    def page(self, name: str, after: str | None) -> str:
        decided = self._ordered()
        self._refuse_what_cannot_be(decided)
        # A protected table hides its rows from who fills the tables that go through it: so all are filled before.
        lines = [line for each in decided for line in (*self._given(each), *self._ruled(each))]
        lines += [line for each in decided for line in self._kept(each)]
        used = {line.removeprefix("*").split("(", 1)[0] for line in lines if not line.startswith("#")}
        return _PAGE.format(
            words=", ".join(sorted({*used, "upgrade_and_downgrade"})),
            name=_text(name),
            after=_text(after) if after else "None",
            steps="\n".join(f"    {line}" if line.startswith("#") else f"    {line}," for line in lines),
        )

    def _ordered(self) -> list[Decision]:
        """Return the tables, each after the one that it goes through."""
        before: dict[str, set[str]] = {name: set() for name in sorted(self._decided)}
        for name, each in self._decided.items():
            if each.belongs is Belongs.PARENT:
                parent = self._way(each).parent
                if parent not in self._decided or self._decided[parent].belongs not in LEADING:
                    message = f"{name} goes through {parent}, which has no tenant in the file"
                    raise UsageError(message, "Decide that table first: own or parent.")
                before[name].add(parent)
        try:
            return [self._decided[name] for name in TopologicalSorter(before).static_order()]
        except CycleError as error:
            circle = ", ".join(sorted(set(error.args[1])))
            message = f"these tables go through each other: {circle}"
            raise UsageError(message, "Give one of them a column of its own.") from error

    def _refuse_what_cannot_be(self, decided: Sequence[Decision]) -> None:
        for each in decided:
            refused = self._limits.refusal(each)
            if refused is not None:
                raise UsageError(f"{each.table} {refused.what}", refused.hint)

    def _way(self, decision: Decision) -> Through:
        way = parsed(decision.through or "")
        if way is None or len(way.here) != len(way.there):
            message = f'{decision.table}: through = "{decision.through}" cannot be read'
            raise UsageError(message, 'Write through = "COLUMN -> SCHEMA.TABLE.COLUMN".')
        return way

    def _given(self, decision: Decision) -> Iterator[str]:
        """Yield what gives a table's rows their tenant, and foreign keys something to point at."""
        if decision.belongs not in LEADING:
            return
        if decision.table != self._tenants and self._tables[decision.table].partitioned:
            yield f"# {decision.table} is partitioned: each row names its tenant, and no key says that there is one"
        elif decision.table != self._tenants:
            yield f"*tenant_given({', '.join(self._facts(decision))})"
        yield from self._pointed_at(self._tables[decision.table])

    def _pointed_at(self, table: Table) -> Iterator[str]:
        """Yield the unique indexes that tables which go through this one need, beside those that it has or is given."""
        through = (
            each
            for each in self._decided.values()
            if each.belongs is Belongs.PARENT and self._way(each).parent == str(table)
        )
        for columns in sorted({key for each in through if (key := self._limits.key_to_make(each)) is not None}):
            name = "_".join((table.name, *columns))[: _LONGEST - len("_key")] + "_key"
            listed = ", ".join(in_an_index(table, each) for each in columns)
            comment = f"a row by its tenant and {' and '.join(columns[1:])}"
            facts = ", ".join(map(_text, (name, str(table), f"({listed})")))
            yield f"index({facts}, comment={_text(comment)}, unique=True)"

    @staticmethod
    def _ruled(decision: Decision) -> Iterator[str]:
        """Yield the rules that a table's rows obey."""
        table = _text(decision.table)
        for name, rule in decision.checks:
            comment = _text(name.replace("_", " "))
            yield f"*check({table}, {_text(name)}, {_text(rule)}, comment={comment})"

    def _kept(self, decision: Decision) -> Iterator[str]:
        """Yield who may do what with a table's rows, and what is kept of that."""
        table = _text(decision.table)
        if decision.belongs in (Belongs.UNDECIDED, Belongs.NOBODY):
            yield f"closed({table})"
        elif decision.belongs is Belongs.GLOBAL:
            yield f"# {decision.table} is global: grant what services may do there"
        elif decision.table == self._tenants:
            yield f'protected({table}, tenant_column={_text(decision.column or "")}, app="select")'
        else:
            yield f"protected({', '.join([table, *_named('tenant_column', self._column_of(decision))])})"
        if decision.belongs in LEADING and decision.audit:
            names = ", ".join(map(_text, decision.excluded))
            yield f"audited({table}, exclude=[{names}])" if names else f"audited({table})"
        if decision.belongs in LEADING and decision.mask:
            masks = ", ".join(f"{column}={_text(mask)}" for column, mask in decision.mask.items())
            yield f"masked_columns({table}, {masks})"

    def _facts(self, decision: Decision) -> Iterator[str]:
        """Yield the arguments of ``tenant_given``, without those that are as usual."""
        table = self._tables[decision.table]
        yield _text(decision.table)
        yield f"tenants={_text(self._tenants)}"
        if decision.belongs is Belongs.PARENT:
            way = self._way(decision)
            parent = self._tables[way.parent]
            yield f"parent={_text(way.parent)}"
            yield f"by={json.dumps(dict(zip(way.here, way.there, strict=True)))}"
            yield from _named("parent_column", self._column_of(self._decided[way.parent]))
            if names_as_text(self._schema, table, way.here, parent, way.there):
                yield "as_text=True"
        yield from _named("tenant_column", self._column_of(decision))
        yield from _named("tenants_key", self._tenants_key, "id")
        key = primary_key(table) or ()
        if key != ("id",):
            yield f"key={json.dumps(list(key))}"

    def _column_of(self, decision: Decision) -> str:
        """Return the column that will hold a table's tenant."""
        return decision.column or self._column if decision.belongs is Belongs.OWN else self._column


_PAGE = '''\
"""Give tables that stand their tenants."""

from ttdb.migrate.steps import {words}

revision = {name}
down_revision = {after}
branch_labels = None
depends_on = None

STEPS = [
{steps}
]

upgrade, downgrade = upgrade_and_downgrade(revision, STEPS)
'''


def _named(word: str, value: str, usual: str = _USUAL) -> list[str]:
    return [] if value == usual else [f"{word}={_text(value)}"]


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
