"""What a table's own indexes keep unique is held by key tables before these go, because none can be over all months.

The key tables are made and filled while the services' own unique keys stand, and those go once services write what is
wanted alone. On the way back they are built again, beside those who write, before the key tables go: so there is no
moment in which a value could come twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ttdb.migrate.literal import identifier, literal, qualified, text_array
from ttdb.migrate.naming import kebab
from ttdb.migrate.step import Step
from ttdb.migrate.steps.constraint import offenders_of
from ttdb.migrate.steps.expansion import Shape
from ttdb.migrate.steps.key_fill import keys_filled
from ttdb.migrate.steps.table import named_constraints

_TENANT = "tenant_id"


@dataclass(frozen=True, slots=True)
class Unique:
    """What is to be unique over all months of a table."""

    columns: tuple[str, ...]  # rows with a null among them are left out
    message: str  # what a person is told of a duplicate
    across_tenants: bool = False  # unique over all tenants: a provider makes the values at random


def held(shape: Shape, uniques: Sequence[Unique]) -> Iterator[Step]:
    """Yield the steps that make key tables of a table in use, and fill them; rows with one key stop it by name."""
    for unique in uniques:
        keys = f"{shape.relation}_{'_'.join(unique.columns)}_keys"
        yield _kept(shape, unique, keys)
        yield keys_filled(
            f"fill-{kebab(_constraint(shape, unique))}",
            shape.relation,
            keys,
            primary_key=shape.key,
            unique=unique.columns,
            entered=list(dict.fromkeys((_TENANT, *unique.columns, *shape.key, *shape.months))),
            offenders=_twice(shape, unique),
        )


def _kept(shape: Shape, unique: Unique, keys: str) -> Step:
    """Return the step that makes a key table and its triggers; the rows that stand are entered afterwards."""
    what = f"{literal(shape.relation)}, {text_array(unique.columns)}::pg_catalog.name[]"
    across = str(unique.across_tenants).lower()
    month = "".join(f", {literal(column)}" for column in shape.months)
    return Step(
        name=f"keep-{kebab(_constraint(shape, unique))}",
        up=(
            "select pg_catalog.set_config('ttdb.fills_later', 'on', true);",
            f"select ttdb.keep_unique({what}, {literal(unique.message)}, {across}{month});",
        ),
        down=(f"select ttdb.forget_unique({what});",),
        holds=f"select ttdb.is_kept_unique({what}, {across})",
        relations=(shape.relation, keys),
    )


def _constraint(shape: Shape, unique: Unique) -> str:
    """Return the name that the key table's own key gets."""
    return "_".join((shape.name, *(() if unique.across_tenants else (_TENANT,)), *unique.columns, "key"))


def _twice(shape: Shape, unique: Unique) -> str:
    columns = unique.columns if unique.across_tenants else (_TENANT, *unique.columns)
    listed = ", ".join(map(identifier, columns))
    return offenders_of(
        shape.relation,
        f"({listed}) in (\n    select {listed} from {qualified(shape.relation)} group by {listed}"
        " having pg_catalog.count(*) > 1\n)",
    )


def given_up(shape: Shape) -> Iterator[Step]:
    """Yield the steps that drop the table's own unique keys; undone, they build them again and give them their names.

    What stands in their place on the way back was recorded before they go; so the steps that restore it come first.
    """
    for name in shape.arrival.unique:
        yield _named_again(shape, name)
        yield _built_again(shape, name)
        yield _dropped(shape, name)


def _named_again(shape: Shape, name: str) -> Step:
    place = qualified(shape.relation)
    using = literal(f"alter table {place} add constraint %1$I unique using index %1$I%2$s;")
    about = literal(f"{chr(10)}comment on constraint %I on {place} is %L;")
    return Step(
        name=f"name-{kebab(name)}-again",
        up=(f"select {literal(f'{name} is a constraint again on the way back')};",),
        down=(),
        replaced=(
            f"select pg_catalog.format({using}, k.conname, case when k.condeferrable then ' deferrable' else '' end\n"
            "        || case when k.condeferred then ' initially deferred' else '' end)\n"
            f"    || coalesce(pg_catalog.format({about}, k.conname,\n"
            "        pg_catalog.obj_description(k.oid, 'pg_constraint')), '')\n"
            f"from pg_catalog.pg_constraint as k where k.conrelid = pg_catalog.to_regclass({literal(shape.relation)})\n"
            f"    and k.conname = {literal(name)} and k.contype = 'u'"
        ),
        holds="select true",
        always=True,
        relations=(shape.relation,),
    )


def _built_again(shape: Shape, name: str) -> Step:
    index = _index(shape, name)
    return Step(
        name=f"build-{kebab(name)}-again",
        up=(f"select {literal(f'{name} is built again on the way back')};",),
        down=(f"drop index concurrently if exists {index};",),  # what a killed run left is not valid
        replaced=(
            "select pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(i.indexrelid), '^CREATE UNIQUE INDEX',\n"
            "    'create unique index concurrently') || ';'\n"
            "from pg_catalog.pg_index as i\n"
            f"where i.indexrelid = pg_catalog.to_regclass({literal(index)}) and i.indisunique"
        ),
        holds="select true",
        always=True,
        relations=(shape.relation,),
        transaction=False,
    )


def _dropped(shape: Shape, name: str) -> Step:
    index = _index(shape, name)
    return Step(
        name=f"drop-{kebab(name)}",
        up=(
            f"alter table {qualified(shape.relation)} drop constraint if exists {identifier(name)};",
            f"drop index if exists {index};",
        ),
        down=(f"select {literal(f'{name} is built beside those who write')};",),
        holds=f"select pg_catalog.to_regclass({literal(index)}) is null",
        relations=(shape.relation,),
    )


def _index(shape: Shape, name: str) -> str:
    return f"{qualified(shape.relation.split('.', 1)[0])}.{identifier(name)}"


def over_all_rows(shape: Shape) -> str:
    """Return the select of the unique keys that cannot be over all months, and that nothing is known to stand for."""
    if not shape.months:
        return "select null, null, null where false"
    advice = "Name it in the table''s file, as one of [contract] unique, or drop it: no index can be over all months."
    known = ", ".join(literal(name) for name in (f"{shape.name}_former_key", *shape.arrival.unique))
    return (
        f"select {literal(shape.relation)}, pg_catalog.format('%s keeps values unique without %I',\n"
        f"        i.indexrelid::pg_catalog.regclass, {literal(shape.months[0])}), '{advice}'\n"
        "from pg_catalog.pg_index as i\n"
        "inner join pg_catalog.pg_class as c on c.oid = i.indexrelid\n"
        "inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid\n"
        f"    and a.attname = {literal(shape.months[0])}\n"
        f"where i.indrelid = pg_catalog.to_regclass({literal(shape.relation)}) and i.indisunique\n"
        "    and not i.indisprimary and a.attnum <> all(i.indkey::pg_catalog.int2[])\n"
        f"    and c.relname not in ({known})"
    )


def in_the_way(shape: Shape) -> str:
    """Return the select of what keeps the table from being converted, and that the contract stage does not settle.

    Asked before its first change: behind the retirement of old columns, only the conversion is left.
    """
    if not shape.months:
        return "select null, null, null where false"
    arrival = shape.arrival
    settled = (
        *(str(each.name) for each in named_constraints(shape.definition)),
        *(f"{shape.name}_must_be_complete", *arrival.opened, *arrival.unique),
    )
    return (
        f"select {literal(shape.relation)}, 'it cannot be in months: ' || u.reason, u.hint\n"
        f"from ttdb.unconvertible(pg_catalog.to_regclass({literal(shape.relation)}), {literal(shape.months[0])}) as u\n"
        # Foreign keys come to point at a key table; unique keys are asked of by name.
        "where u.place not in (6, 7)\n"
        f"    and (u.named is null or u.named not in ({', '.join(map(literal, settled))}))"
    )
