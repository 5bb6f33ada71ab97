"""A table that stands in another shape is brought to the wanted one beside its own: expand, then contract.

Services go on reading and writing the columns they know while the wanted ones stand beside them. In this order, each a
step of its own, so that a killed run continues inside it and the way back undoes exactly what was done:

1. what was found and does harm is set aside: named triggers, and all policies, because permissive ones add up;
2. the missing columns are added, nullable and without default, so that no row is rewritten, with one trigger that
   gives them their values at each write, and writes back into the columns they come from where they are written;
3. the rows that stand are filled in batches, and old and new are reconciled: rows and sums per tenant;
4. constraints are added for new rows and validated for old ones, unique keys built beside, columns made NOT NULL by
   the proof of a validated CHECK;
5. the table counts as made, and whatever comes after it in the revision finds it.

A narrower status set, a NOT NULL that services would break, another type, months, and the end of the old columns wait
for the contract stage; the file of the table names each with its reason. Where no such table stands, nothing of this
is done, recorded or printed. While the rows are filled, row security is on and forced, so that PostgreSQL's own look
at a foreign key sees no row as the owner (who would not see its target's either), and the operator, who sees all,
looks instead; whoever is no superuser and was let in by a policy that was set aside waits until the table is protected.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import sqlalchemy as sa

from ttdb.migrate.arrival import Arrival
from ttdb.migrate.literal import identifier, literal, qualified
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Backfill, Step
from ttdb.migrate.steps import expansion
from ttdb.migrate.steps import expansion_access as access
from ttdb.migrate.steps import expansion_columns as columns
from ttdb.migrate.steps import expansion_found as found
from ttdb.migrate.steps import expansion_rows as filling
from ttdb.migrate.steps import expansion_rules as rules
from ttdb.migrate.steps.constraint import offenders_of_any
from ttdb.migrate.steps.contraction import contraction
from ttdb.migrate.steps.conversion import converted
from ttdb.migrate.steps.expansion import Shape
from ttdb.migrate.steps.key_table import carried_by_keys
from ttdb.migrate.steps.over_months import Unique
from ttdb.migrate.steps.table import differences, table
from ttdb.migrate.steps.verbs import kept_unique, partitioned_by_month

_OPERATOR = "ttdb_operator"


def expanded(definition: sa.Table, arrival: Arrival, *, unique: Sequence[Unique] = ()) -> tuple[Step, ...]:
    """Return the steps of ``table(definition)``, and those that bring one that stands there: ``*expanded(orders, a)``.

    What the standing table has in more columns stays. A varchar serves for text, a column that a trigger computes for
    a generated one. What it cannot be brought to stops the upgrade before its first change, as with ``table``.
    ``unique`` is what is to be unique over all months, as ``months_once_contracted`` has it: of a table that stands,
    key tables hold it before its own unique keys go.
    """
    made = table(definition)
    shape = Shape.of(definition, arrival)
    allowed = shape.allowed(arrival.nullable, shape.waiting)
    name = shape.relation
    holds = (
        f"{made.holds}\n    or ({expansion.trigger_stands(shape)}\n"
        f"    and not exists (\n{differences(definition, name, allowed)}\n))"
    )
    needed = (
        f"select pg_catalog.to_regclass({literal(name)}) is not null\n"
        f"    and exists (\n{differences(definition, name)}\n)"
    )
    steps = (
        _aside(shape, made.name),
        _columns(shape),
        _fill(shape),
        *_once_filled(_reconciled(shape)),
        *rules.unique(shape),
        *_once_filled(rules.constraints(shape)),
        *_once_filled(rules.not_null(shape)),
        _ready(shape),
    )
    return (
        *(replace(step, prepares=made.name, needed=needed) for step in steps),
        replace(made, holds=holds, contraction=contraction(shape, unique)),
    )


def once_contracted(step: Step, *relations: str) -> Step:
    """Return a step that is passed over, and stays pending, while one of these tables is in its expand stage.

    What services write then is theirs; a rule over it would refuse them.
    """
    waits_for = relations or step.relations
    return replace(step, needed=expansion.contracted(", ".join(map(literal, waits_for))), waits_for=waits_for)


def obeyed_beforehand(step: Step, name: str, offenders: str) -> tuple[Step, Step]:
    """Return a step written ``once_contracted``, after one that stops for the rows that it would refuse.

    They are named, by key, before the last of the tables that it waits for is changed. A table that was made whole
    never had such rows.

    Args:
        step: what refuses them.
        name: of the rule that they break, in kebab-case.
        offenders: one select of them, in words.

    """
    looked = Step(
        name=f"obeyed-{name}",
        up=(f"select {literal(f'{name} is obeyed')};",),
        down=(),
        holds=f"select not exists (\n{offenders}\n)",
        always=True,
        offenders=offenders,
        relations=step.waits_for,
        role=_OPERATOR,
        filters_rows=True,
        prepares=step.name,
        needed=f"{step.needed}\n    and {expansion.arrived(step.waits_for[0])}",
        waits_for=step.waits_for,
    )
    return looked, step


def months_once_contracted(
    relation: str, key: str, *, retention: str, referenced_by: str | None = None, unique: Sequence[Unique] = ()
) -> tuple[Step, ...]:
    """Return the steps that keep a table in months, and convert one that stood when it was expanded.

    ``*months_once_contracted("public.logs", "created_at", retention="7 years")`` takes the place of
    ``partitioned_by_month``, which is all of it where the table is made whole. The conversion waits until the table
    leaves its expand stage; the way back is that of ``converted``.

    Args:
        relation: schema-qualified table.
        key: the column that months go by.
        retention: how long a month is kept at least.
        referenced_by: the column of its primary key at which other tables point where it stands whole; a key table
            carries their foreign keys from then on. It is protected with ``definer="select"`` then.
        unique: what key tables hold, because no index can be over all months; so protected too, and named to
            ``expanded`` as well.

    """
    held = (
        kept_unique(relation, each.columns, message=each.message, across_tenants=each.across_tenants) for each in unique
    )
    carried = carried_by_keys(relation, referenced_by, key) if referenced_by else ()
    kept = once_contracted(partitioned_by_month(relation, retention=retention), relation)
    needed = f"{kept.needed}\n    and {expansion.arrived(relation)}"
    return (
        *(once_contracted(step, relation) for step in held),
        *(
            # What may not be null is the contract stage's to say, by key and before anything is changed.
            replace(step, prepares=kept.name, needed=needed, waits_for=(relation,), mends_offenders=True)
            for step in (*carried, *converted(relation, key, retention=retention))
        ),
        kept,
    )


def _once_filled(steps: Iterable[Step]) -> Iterator[Step]:
    """Let offenders be looked for when a step runs only: before the rows are filled, they are not what they will be."""
    return (replace(step, mends_offenders=True) for step in steps)


def _aside(shape: Shape, made: str) -> Step:
    return Step(
        name=f"aside-{kebab(shape.relation)}",
        up=access.set_aside(shape),
        down=(),
        replaced=access.put_back(shape),
        holds=access.is_aside(shape),
        conflicts=expansion.hopeless(shape),
        settles=(made, f"protect-{kebab(shape.relation)}"),
        relations=(shape.relation,),
    )


def _columns(shape: Shape) -> Step:
    """Return the step that adds what is missing, and keeps it; rows that will break a CHECK stop it beforehand."""
    return Step(
        name=f"columns-{kebab(shape.relation)}",
        up=columns.add_columns(shape),
        down=(),
        replaced=columns.drop_columns(shape),
        holds=f"select {expansion.trigger_stands(shape)} and not exists (\n{columns.missing(shape)}\n)",
        relations=(shape.relation, found.as_found(shape)),
        functions=(f"{expansion.function(shape)}()", f"{found.found_function(shape)}()"),
        offenders=_broken_beforehand(shape),
        expands=shape.relation,
    )


def _fill(shape: Shape) -> Step:
    assignments, where, must = filling.filling(shape)
    place = qualified(shape.relation)
    return Step(
        name=f"fill-{kebab(shape.relation)}",
        up=(f"update {place} as t set {assignments} where {where};",),
        down=found.give_back(shape),
        holds=f"select not exists (select from {place} as t where {must})",
        relations=(shape.relation,),
        transaction=False,
        backfill=Backfill(shape.relation, assignments, where),
        role=_OPERATOR,
        filters_rows=True,
    )


def _reconciled(shape: Shape) -> tuple[Step, ...]:
    unequal = filling.unequal(shape)
    if unequal is None:
        return ()
    return (
        Step(
            name=f"reconcile-{kebab(shape.relation)}",
            up=("select 'old and new columns are equal, counted and added up for each tenant';",),
            down=(),
            holds=f"select not exists (\n{unequal}\n)",
            always=True,
            offenders=unequal,
            relations=(shape.relation,),
            role=_OPERATOR,
            filters_rows=True,
        ),
    )


def _ready(shape: Shape) -> Step:
    return Step(
        name=f"ready-{kebab(shape.relation)}",
        up=access.give_up(shape),
        down=(),
        replaced=access.take_again(shape),
        holds=(
            "select not exists (select from pg_catalog.pg_policy as p"
            f" where p.polrelid = pg_catalog.to_regclass({literal(shape.relation)})"
            f" and p.polname in ({literal(expansion.MEANWHILE)}, {literal(expansion.AS_FOUND)}))"
        ),
        relations=(shape.relation,),
    )


def _broken_beforehand(shape: Shape) -> str:
    """Return the select of the rows that will break a CHECK, or lack a value, once they are what they will be."""
    broken: list[tuple[str, str]] = [
        (str(rule.name), f"({expansion.condition(rule)}) is false") for rule in shape.constraints(sa.CheckConstraint)
    ]
    broken += [(f"{name} must not be null", f"t.{identifier(name)} is null") for name in shape.required]
    asked = " ".join(how for _, how in broken)
    names = [column.name for column in shape.definition.columns if re.search(rf"\b{column.name}\b", asked)]
    return offenders_of_any(shape.relation, broken, filling.as_they_will_be(shape, names))
