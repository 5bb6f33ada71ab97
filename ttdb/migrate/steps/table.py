"""Tables as steps: written with SQLAlchemy, created whole, compared column by column where one stands already."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable, SetColumnComment, SetConstraintComment, SetTableComment

from ttdb.migrate.literal import literal, qualified
from ttdb.migrate.step import Step

_DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here


def table(definition: sa.Table) -> Step:
    """Return a step that creates a table with its keys, checks, foreign keys and comments.

    A table that stands already holds when it is partitioned alike, has every column, of the same type and nullability,
    and every named constraint, validated; its further columns are its own business.
    """
    name = f"{definition.schema or 'public'}.{definition.name}"
    return Step(
        name=f"table-{definition.name.replace('_', '-')}",
        up=(_create(definition),),
        down=(f"drop table {qualified(name)};",),
        holds=f"select pg_catalog.to_regclass({literal(name)}) is not null\n"
        f"    and not exists (\n{differences(definition, name)}\n)",
        conflicts=differences(definition, name),
        loses=rows_lost(name),
        relations=(name,),
    )


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a table may still lack while the services that it was made for write it."""

    nullable: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    types: tuple[str, ...] = ()  # columns that keep the type they stand with
    unpartitioned: bool = False  # True where it stands whole, and is partitioned later


def type_of(column: sa.Column[Any]) -> str:
    """Return a column's type as pg_catalog.format_type writes it."""
    written = str(column.type.compile(dialect=_DIALECT)).lower().replace(", ", ",")
    return written.split(" collate ", 1)[0]


def rows_lost(name: str) -> str:
    """Return the select that says how many rows go with a table."""
    return (
        f"select pg_catalog.format('%s rows of %s', pg_catalog.count(*), {literal(name)})\n"
        f"from {qualified(name)}\nhaving pg_catalog.count(*) > 0"
    )


def _create(definition: sa.Table) -> str:
    parts: list[sa.DDLElement] = [CreateTable(definition)]
    if definition.comment:
        parts.append(SetTableComment(definition))
    parts += [SetColumnComment(column) for column in definition.columns if column.comment]
    parts += [SetConstraintComment(constraint) for constraint in named_constraints(definition) if constraint.comment]
    return "\n".join(str(part.compile(dialect=_DIALECT)).strip() + ";" for part in parts)


def named_constraints(definition: sa.Table) -> list[sa.Constraint]:
    """Return the constraints that have a name, in its order."""
    return sorted((c for c in definition.constraints if c.name), key=lambda constraint: str(constraint.name))


def differences(definition: sa.Table, name: str, allowed: Allowed | None = None) -> str:
    """Return the select of (object, detail, advice): what a standing table lacks, most fundamental first.

    With ``allowed``, less is asked: a varchar serves for text, a column that a trigger computes for a generated one.
    """
    free = allowed.nullable if allowed else ()
    columns = ",\n        ".join(
        f"({number}, {literal(c.name)}, {literal(type_of(c))}, {_boolean(not c.nullable and c.name not in free)},"
        f" {_boolean(c.computed is not None and allowed is None)})"
        for number, c in enumerate(definition.columns)
    )
    parts = definition.dialect_options["postgresql"]["partition_by"]
    wanted = [str(constraint.name) for constraint in named_constraints(definition)]
    constraints = ", ".join(literal(name) for name in wanted if allowed is None or name not in allowed.constraints)
    kept = ", ".join(map(literal, allowed.types)) if allowed else ""
    return _DIFFERENCES.format(
        columns=columns,
        name=literal(name),
        shown=literal(qualified(name)),
        constraints=constraints,
        parts=literal(str(parts or "")),
        serves=(_VARCHAR if allowed else "") + (f"\n            and w.name not in ({kept})" if kept else ""),
        whole=" and p.standing <> ''" if allowed and allowed.unpartitioned else "",
    )


def _boolean(value: bool) -> str:  # noqa: FBT001 - a value to write, not a switch
    return str(value).lower()


_VARCHAR = "\n            and not (w.type = 'text' and pg_catalog.starts_with(s.type, 'character varying'))"
_DIFFERENCES = """\
    with wanted (position, name, type, required, generated) as (
        values
        {columns}
    ), standing as (
        select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            a.attgenerated <> '' as generated
        from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass({name}) and a.attnum > 0 and not a.attisdropped
    ), partitioned (wanted, standing) as (
        select {parts}, coalesce(pg_catalog.replace(pg_catalog.pg_get_partkeydef(c.oid), '"', ''), '')
        from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass({name})
    ), differences (position, detail, advice) as (
        select -1, case when p.wanted = '' then pg_catalog.format('it stands, but is partitioned by %s', p.standing)
            else pg_catalog.format('it stands, but is not partitioned by %s', p.wanted) end,
            pg_catalog.format('Move it, with its indexes, to a schema of its own, and copy its rows afterwards:'
                ' create schema before_ttdb; alter table %s set schema before_ttdb;', {shown})
        from partitioned as p where p.wanted <> p.standing{whole}
        union all
        select w.position, pg_catalog.format('column %I %s is missing', w.name, w.type),
            pg_catalog.format('Add and fill it: alter table %s add column %I %s.', {shown}, w.name, w.type)
        from wanted as w where not exists (select from standing as s where s.name = w.name)
        union all
        select w.position, pg_catalog.format('column %I is %s, not %s', w.name, s.type, w.type),
            pg_catalog.format('Convert it to %s, or rename it out of the way.', w.type)
        from wanted as w join standing as s on s.name = w.name and s.type <> w.type{serves}
        union all
        select w.position, pg_catalog.format('column %I may be null', w.name),
            pg_catalog.format('Fill it, then: alter table %s alter column %I set not null.', {shown}, w.name)
        from wanted as w join standing as s on s.name = w.name and w.required and not s.required
        union all
        select w.position, pg_catalog.format('column %I is not generated', w.name),
            'Rename it out of the way, and add the one that sql/schema.sql shows.'
        from wanted as w join standing as s on s.name = w.name and w.generated and not s.generated
        union all
        select 1000, pg_catalog.format('constraint %I is missing or not validated', c.name),
            'Add it NOT VALID, mend the rows that break it, then validate it.'
        from pg_catalog.unnest(array[{constraints}]::text[]) as c (name)
        where not exists (
            select from pg_catalog.pg_constraint as k
            where k.conrelid = pg_catalog.to_regclass({name}) and k.conname = c.name and k.convalidated
        )
    )
    select {name}, d.detail, d.advice
    from differences as d
    where pg_catalog.to_regclass({name}) is not null
    order by d.position, d.detail"""
