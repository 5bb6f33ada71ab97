"""A table in use is made partitioned: one moment for the exchange, and its rows copied into months behind it."""

from collections.abc import Sequence
from dataclasses import replace

from ttdb.errors import UsageError
from ttdb.migrate.literal import identifier, literal, qualified, text_array
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Copying, Step
from ttdb.migrate.steps.constraint import offenders_of
from ttdb.migrate.steps.index import index

_STORAGE = (
    "autovacuum_vacuum_scale_factor=0.05",
    "autovacuum_vacuum_insert_scale_factor=0.05",
    "autovacuum_analyze_scale_factor=0.02",
)


def converted(
    relation: str,
    key: str,
    *,
    retention: str,
    primary_key: Sequence[str] = ("id",),
    storage: Sequence[str] = _STORAGE,
) -> tuple[Step, ...]:
    """Return the steps that keep a table in use in months from now on: ``*converted("public.orders", "created_at")``.

    Its rows are read and written all the time. First a partitioned table takes its place, with the same columns,
    indexes, foreign keys, security and triggers, and the table itself as its only partition, to which nobody has a way
    but through it. Then its rows are copied into months, in batches, and what changes meanwhile again; in one moment
    the months take the partition's place. The way back does the same in reverse, and no row is lost either way.

    Args:
        relation: schema-qualified table.
        key: a ``timestamptz`` column, which joins the primary key.
        retention: how long a month is kept at least: ``"7 years"``.
        primary_key: the columns of the primary key as it is.
        storage: settings of each month.

    Raises:
        UsageError: the partition key is part of the primary key already.

    """
    if key in primary_key:
        message = f"primary key of {relation} holds {key} already"
        raise UsageError(message, "Name the columns that the key has without it: primary_key=[...].")
    return (
        _possible(relation, key),
        *_known(relation, key),
        *_keys(relation, key, primary_key),
        _in_place(relation, key),
        _months(relation, retention, storage),
        _analyzed(relation),
    )


def _possible(relation: str, key: str) -> Step:
    place = literal(relation)
    return Step(
        name=f"convertible-{kebab(relation)}",
        up=(f"select ttdb.refuse_unconvertible({place}, {literal(key)});",),
        down=("select true;",),
        holds="select true",
        always=True,
    )


def _known(relation: str, key: str) -> tuple[Step, ...]:
    """Return the steps that make the partition key not null, without a scan under a strong lock."""
    table = relation.split(".", 1)[1]
    place, column = qualified(relation), identifier(key)
    rule = f"{table}_{key}_must_be_known"
    name = identifier(rule)
    oid = f"pg_catalog.to_regclass({literal(relation)})"
    required = (
        "select from pg_catalog.pg_attribute as a"
        f" where a.attrelid = {oid} and a.attname = {literal(key)} and a.attnotnull"
    )
    standing = f"select from pg_catalog.pg_constraint as k where k.conrelid = {oid} and k.conname = {literal(rule)}"
    offenders = offenders_of(relation, f"t.{column} is null")
    required_by = f"key-of-{kebab(relation)}-is-required"
    return (
        Step(
            name=f"key-of-{kebab(relation)}-must-be-known",
            up=(f"alter table {place} add constraint {name} check ({column} is not null) not valid;",),
            down=(f"alter table {place} drop constraint if exists {name};",),
            holds=f"select exists ({required}) or exists ({standing})",
            relations=(relation,),
            offenders=offenders,
            remade_for=required_by,
        ),
        Step(
            name=f"key-of-{kebab(relation)}-is-known",
            up=(f"alter table {place} validate constraint {name};",),
            down=(),
            holds=f"select exists ({required}) or exists ({standing} and k.convalidated)",
            relations=(relation,),
            remade_for=required_by,
        ),
        Step(
            name=required_by,
            up=(
                f"alter table {place} alter column {column} set not null;",
                f"alter table {place} drop constraint if exists {name};",
            ),
            down=(f"alter table {place} alter column {column} drop not null;",),
            holds=f"select exists ({required})",
            relations=(relation,),
        ),
    )


def _keys(relation: str, key: str, primary_key: Sequence[str]) -> tuple[Step, ...]:
    """Return the steps that build the indexes of the key to be, and of the key to come back to."""
    table = relation.split(".", 1)[1]
    columns = ", ".join(identifier(column) for column in primary_key)
    keys = (
        index(
            f"{table}_months_key",
            relation,
            f"({columns}, {identifier(key)})",
            comment="the primary key of a table in months",
            unique=True,
        ),
        index(f"{table}_former_key", relation, f"({columns})", comment="the primary key, on the way back", unique=True),
    )
    return tuple(replace(each, remade_for=_converting(relation)) for each in keys)


def _converting(relation: str) -> str:
    return f"convert-{kebab(relation)}"


def _in_place(relation: str, key: str) -> Step:
    place = literal(relation)
    return Step(
        name=_converting(relation),
        up=(f"select ttdb.partition_in_place({place}, {literal(key)});",),
        down=(f"select ttdb.unpartition_in_place({place});",),
        holds=f"select ttdb.month_key_of({place}) = {literal(key)}",
        relations=(relation, f"{relation}_whole"),
    )


def _months(relation: str, retention: str, storage: Sequence[str]) -> Step:
    place = literal(relation)
    there = _copying(relation, "months", text_array(storage), f", {literal(retention)}")
    back = _copying(relation, "whole", literal("{}"), "")
    return Step(
        name=f"months-of-{kebab(relation)}",
        up=there.statements,
        down=back.statements,
        holds=f"select ttdb.is_partitioned_by_month({place}, {literal(retention)})",
        relations=(relation, f"{relation}_whole", f"{relation}_default"),
        transaction=False,
        copying=there,
        copying_back=back,
    )


def _copying(relation: str, wanted: str, storage: str, retention: str) -> Copying:
    what = f"{literal(relation)}, {literal(wanted)}"
    return Copying(
        relation=relation,
        begin=f"select ttdb.begin_copy({what}, {storage}, {{leaves}});",
        batch=f"select ttdb.copy_rows({what}, {{rows}});",
        finish=f"select ttdb.finish_copy({what}{retention});",
        end=f"select ttdb.end_copy({literal(relation)}, {{leaves}});",
    )


def _analyzed(relation: str) -> Step:
    return Step(
        name=f"analyze-{kebab(relation)}",
        up=(f"analyze {qualified(relation)};",),  # autovacuum never does: it has no rows of its own
        down=(),
        holds="select true",
        always=True,
        transaction=False,
    )
