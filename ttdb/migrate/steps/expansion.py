"""What an expansion is about: the wanted table, what stands, what is kept between them, what cannot be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa

from ttdb.migrate.arrival import Added, Arrival, Given
from ttdb.migrate.literal import identifier, literal
from ttdb.migrate.steps.table import Allowed, differences, named_constraints

MEANWHILE, AS_FOUND = "all_operator_meanwhile", "all_as_found"
KEEP, FOUND = "_040_keep_both", "zz_900_keep_found"  # before all others of the table, and after them
FOLLOW = "_040_follow"  # in the first one's place, after the contract stage
GIVES_BACK = "pg_catalog.current_setting('ttdb.gives_back', true) = 'on' and current_user = 'ttdb_operator'"
_Kind = TypeVar("_Kind", bound=sa.Constraint)


@dataclass(frozen=True, slots=True)
class Shape:
    """The wanted table, and what is known of the one that stands."""

    definition: sa.Table
    relation: str
    added: dict[str, Added]
    given: dict[str, Given]
    arrival: Arrival
    contracting: bool = False  # True to be asked for what waits for the contract stage, instead of all the rest

    @classmethod
    def of(cls, definition: sa.Table, arrival: Arrival) -> "Shape":
        """Return it; a required column with a default is given that where the file says nothing else."""
        primary = set(_key(definition))
        given = {
            column.name: Given(str(column.server_default.arg), f"t.{identifier(column.name)} is null")
            for column in definition.columns
            if not column.nullable
            and column.name not in {*primary, *arrival.nullable}
            and isinstance(column.server_default, sa.DefaultClause)
        }
        given |= arrival.given
        added = dict(arrival.added)
        return cls(
            definition,
            f"{definition.schema or 'public'}.{definition.name}",
            added,
            {name: about for name, about in given.items() if name not in added},
            arrival,
        )

    @property
    def name(self) -> str:
        """Return the table's name without its schema."""
        return str(self.definition.name)

    @property
    def required(self) -> list[str]:
        """Return the columns that may not be null."""
        free, later = set(self.key), self.arrival.nullable
        return [
            column.name
            for column in self.definition.columns
            if not column.nullable and column.name not in free and (column.name in later) is self.contracting
        ]

    def constraints(self, kind: type[_Kind]) -> list[_Kind]:
        """Return the named constraints of a kind that are made in this stage."""
        named = named_constraints(self.definition)
        return [
            each for each in named if isinstance(each, kind) and (str(each.name) in self.waiting) is self.contracting
        ]

    @property
    def waiting(self) -> tuple[str, ...]:
        """Return the constraints that wait for the contract stage: what services are not known to obey."""
        checks = [
            str(each.name)
            for each in named_constraints(self.definition)
            if isinstance(each, sa.CheckConstraint) and str(each.name) not in self.arrival.rules
        ]
        return (*checks, *self.arrival.later)

    @property
    def key(self) -> list[str]:
        """Return the columns of the primary key that stands: without the one that months will go by."""
        return _key(self.definition)

    @property
    def retired(self) -> list[str]:
        """Return the services' own columns, which the wanted ones stand for."""
        own = [old for about in self.added.values() for old in (*about.back, *about.of)]
        own += [*(name for name in self.given if name not in self.definition.columns), *self.arrival.retired]
        return list(dict.fromkeys(own))

    @property
    def months(self) -> list[str]:
        """Return the column that months will go by, where the table is to be in months."""
        return [column.name for column in self.definition.primary_key.columns if column.name not in self.key]

    def allowed(self, nullable: Iterable[str], constraints: Iterable[str]) -> Allowed:
        """Return what the table may lack: these, and what its file says of types and months."""
        return Allowed(tuple(nullable), tuple(constraints), tuple(self.arrival.typed), bool(self.arrival.whole))

    def keyed(self, names: Sequence[str]) -> bool:
        """Tell whether these columns hold the primary key, so that no two rows have them the same."""
        return set(self.key) <= set(names)


def _key(definition: sa.Table) -> list[str]:
    parts = str(definition.dialect_options["postgresql"]["partition_by"] or "")
    return [column.name for column in definition.primary_key.columns if f"({column.name})" not in parts]


def condition(rule: sa.CheckConstraint) -> str:
    """Return what a CHECK asks."""
    return str(rule.sqltext)


def target(key: sa.ForeignKeyConstraint) -> str:
    """Return the table that a foreign key points at."""
    return str(key.elements[0].target_fullname.rsplit(".", 1)[0])


def function(shape: Shape) -> str:
    """Return the name of the trigger function that keeps both shapes."""
    return _keeper(shape.relation)


def _keeper(relation: str) -> str:
    return f"ttdb.tg_{relation.replace('.', '_')}__keep_both"


def arrived(relation: str) -> str:
    """Return the condition that the table was expanded, whether it has left that stage or not: its function stays."""
    return f"pg_catalog.to_regprocedure({literal(_keeper(relation) + '()')}) is not null"


def trigger_stands(shape: Shape) -> str:
    """Return the condition that the table is in its expand stage."""
    return (
        "exists (select from pg_catalog.pg_trigger as g\n"
        f"    where g.tgrelid = pg_catalog.to_regclass({literal(shape.relation)}) and g.tgname = {literal(KEEP)}\n"
        f"        and g.tgfoid = pg_catalog.to_regprocedure({literal(function(shape) + '()')}) and g.tgenabled = 'O')"
    )


def contracted(names: str) -> str:
    """Return the select that tells that none of these tables is in its expand stage."""
    return (
        "select not exists (select from pg_catalog.pg_trigger as g\n"
        f"    where g.tgname = {literal(KEEP)}\n"
        "        and g.tgrelid in (select pg_catalog.to_regclass(n)"
        f" from pg_catalog.unnest(array[{names}]) as n))"
    )


def trigger_function(name: str, body: str) -> str:
    """Return the statement that makes a trigger function, whose row is ``t``."""
    return (
        f"create function {name}() returns trigger\nlanguage plpgsql\nvolatile\nparallel unsafe\nsecurity invoker\n"
        f"set search_path = ''\nas $function$\ndeclare\n    t alias for new;\n    o alias for old;\nbegin\n"
        f"{body}    return new;\nend;\n$function$;"
    )


def hopeless(shape: Shape) -> str:
    """Return the select of what an expansion cannot bring the standing table to."""
    allowed = shape.allowed((column.name for column in shape.definition.columns), _all_but_primary(shape))
    valued = {*shape.added, *shape.given}
    fillable = {column.name for column in shape.definition.columns if column.name in valued or column.nullable} | set(
        shape.arrival.nullable
    )
    names = ", ".join(map(literal, sorted(fillable))) or "null"
    return (
        f"select * from (\n{differences(shape.definition, shape.relation, allowed)}\n) as d (object, detail, advice)\n"
        f"where not exists (select from pg_catalog.unnest(array[{names}]) as f (name)\n"
        "    where d.detail like pg_catalog.format('column %I %% is missing', f.name))"
    )


def _all_but_primary(shape: Shape) -> tuple[str, ...]:
    primary = shape.definition.primary_key.name
    return tuple(str(each.name) for each in named_constraints(shape.definition) if each.name != primary)
