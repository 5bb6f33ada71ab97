"""The SQL that adds the wanted columns, and the trigger that keeps them equal to what services write."""

from collections.abc import Sequence

import sqlalchemy as sa

from ttdb.migrate.arrival import NOTHING, Added
from ttdb.migrate.literal import identifier, literal, qualified
from ttdb.migrate.steps.expansion import FOUND, GIVES_BACK, KEEP, Shape, function, trigger_function
from ttdb.migrate.steps.expansion_found import as_found, found_function, found_kept
from ttdb.migrate.steps.table import type_of


def add_columns(shape: Shape) -> tuple[str, ...]:
    """Return the statements that add the wanted columns that do not stand, and keep all of them from then on."""
    place = qualified(shape.relation)
    columns = {column.name: column for column in shape.definition.columns}
    adds = [f"add column if not exists {identifier(name)} {_full_type(column)}" for name, column in columns.items()]
    about = (
        f"comment on column {place}.{identifier(name)} is {literal(columns[name].comment or '')};"
        for name in shape.added
        if columns[name].comment
    )
    keep = function(shape)
    # Who writes what is wanted knows nothing of these.
    adds += [f"alter column {identifier(name)} set default {value}" for name, value in shape.arrival.spare.items()]
    made = [
        f"alter table {place}\n    {(',' + chr(10) + '    ').join(adds)};",
        *about,
        trigger_function(keep, _kept(shape)),
        f"revoke all on function {keep}() from public;",
        f"comment on function {keep}() is 'keeps what services write and what is wanted the same';",
        f"create trigger {KEEP} before insert or update on {place} for each row execute function {keep}();",
        f"comment on trigger {KEEP} on {place} is 'keeps what services write and what is wanted the same';",
    ]
    return (*made, *found_kept(shape))


def drop_columns(shape: Shape) -> str:
    """Return the select of the SQL that undoes ``add_columns``."""
    place = qualified(shape.relation)
    lines = [
        f"drop trigger {KEEP} on {place};",
        f"drop function {function(shape)}();",
        f"drop trigger if exists {FOUND} on {place};",
        f"drop function {found_function(shape)}();",
        f"drop table {as_found(shape)};",
        *(f"alter table {place} alter column {identifier(name)} drop default;" for name in shape.arrival.spare),
    ]
    return (
        f"select {literal(chr(10).join(lines))} || coalesce((\n"
        f"    select pg_catalog.string_agg(pg_catalog.format(E'\\nalter table %s drop column %I;',"
        f" {literal(place)}, m.name), '')\n    from (\n{missing(shape)}\n    ) as m\n), '')"
    )


def missing(shape: Shape) -> str:
    """Return the select of the wanted columns that do not stand."""
    names = ", ".join(literal(column.name) for column in shape.definition.columns)
    return (
        f"    select w.name from pg_catalog.unnest(array[{names}]) as w (name)\n"
        "    where not exists (select from pg_catalog.pg_attribute as a\n"
        f"        where a.attrelid = pg_catalog.to_regclass({literal(shape.relation)}) and a.attname = w.name\n"
        "            and not a.attisdropped)"
    )


def nullable(shape: Shape, names: Sequence[str]) -> str:
    """Return the select of those of these columns that may be null."""
    return (
        "    select a.attname as name from pg_catalog.pg_attribute as a\n"
        f"    where a.attrelid = pg_catalog.to_regclass({literal(shape.relation)}) and not a.attnotnull\n"
        f"        and a.attname in ({', '.join(map(literal, names))}) and not a.attisdropped"
    )


def nullable_again(shape: Shape, names: Sequence[str], proof: str, known: str) -> str:
    """Return the select of the SQL that undoes NOT NULL, and brings back the CHECK that proved it."""
    place = qualified(shape.relation)
    back = f"alter table {place} add constraint {identifier(proof)} check ({known}) not valid;"
    return (
        f"select {literal(back)} || coalesce((\n"
        f"    select pg_catalog.string_agg(pg_catalog.format(E'\\nalter table %s alter column %I drop not null;',"
        f" {literal(place)}, n.name), '')\n    from (\n{nullable(shape, names)}\n    ) as n\n), '')"
    )


def _full_type(column: sa.Column[object]) -> str:
    collation = getattr(column.type, "collation", None)
    return type_of(column) + (f" collate pg_catalog.{identifier(collation)}" if collation else "")


def _kept(shape: Shape) -> str:
    """Return what the trigger does: a value that was left out is made, one that was written is written back."""
    lines = [f"    if {GIVES_BACK} then\n        return new;\n    end if;\n"]
    lines += [
        f"    if {about.unset} then\n        t.{identifier(name)} := {about.value};\n    end if;\n"
        for name, about in shape.given.items()
    ]
    lines += [_added(identifier(name), about) for name, about in shape.added.items()]
    return "".join(lines)


def _added(name: str, about: Added) -> str:
    if about.follows:
        return f"    t.{name} := {about.value};\n"
    if about.value == NOTHING:
        return ""
    sources = (*about.of, *about.back)
    make = f"        t.{name} := {about.value};\n"
    if not sources:
        return f"    if t.{name} is null then\n{make}    end if;\n"
    moved = " or ".join(f"t.{identifier(old)} is distinct from o.{identifier(old)}" for old in sources)
    back = "".join(f"        t.{identifier(old)} := {value};\n" for old, value in about.back.items())
    written = f"    elsif t.{name} is distinct from ({about.value}) then\n{back}" if back else ""
    # A row that is not filled yet has nothing to write back: it is filled by whoever changes it first.
    left = f"t.{name} is not distinct from o.{name} and (t.{name} is null or {moved})"
    return (
        f"    if tg_op = 'INSERT' and t.{name} is null\n        or tg_op = 'UPDATE' and {left} then\n"
        f"{make}{written}    end if;\n"
    )
