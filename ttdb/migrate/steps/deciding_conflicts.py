"""How a table that stands cannot be what a file decides: one select of (object, detail, advice) rows."""

import re
from collections.abc import Iterator
from functools import cache

from ttdb.migrate.decided import NULL_IT, Decided
from ttdb.migrate.literal import literal, text_array
from ttdb.sqlfile import shipped


def in_the_way(each: Decided) -> str | None:
    """Return the select of what is in the way of a table's decision, or None where nothing can be."""
    return "\nunion all\n".join(_parts(each)) or None


def unmaskable(each: Decided) -> str:
    """Return the select of what keeps a table's columns from being masked as the file says."""
    masked = {"table": literal(each.table), "columns": text_array(each.mask), "masks": text_array(each.mask.values())}
    advice = f"Correct it in the tenancy file; known are {', '.join(_shipped_masks())}."
    unknown = _MASKLESS.format(**masked, known=text_array(_shipped_masks()), advice=literal(advice))
    return f"{unknown}\nunion all\n{_UNMASKABLE.format(**masked)}"


def column_stands(each: Decided) -> str:
    """Return the condition that the table has the tenant's column already."""
    return (
        "exists (select from pg_catalog.pg_attribute as a"
        f" where a.attrelid = pg_catalog.to_regclass({literal(each.table)})"
        f" and a.attname = {literal(each.column)} and not a.attisdropped)"
    )


def _parts(each: Decided) -> Iterator[str]:
    if not each.apart:
        return
    yield from _lacking(each)
    advice = _OWN_OTHER if each.belongs == "own" else _OTHER.format(table=each.table)
    yield _TYPE.format(table=literal(each.table), column=literal(each.column), advice=literal(advice))
    if each.way is not None:
        yield _UNLIKE.format(
            table=literal(each.table),
            column=literal(each.way.column),
            parent=literal(each.way.parent),
            there=literal(each.way.parent_column),
            fits="text" if each.as_text else "uuid",
            advice=literal("Take as_text out" if each.as_text else "Write as_text = true"),
        )
        yield _UNNAMED.format(table=literal(each.table), stands=column_stands(each), advice=literal(_AS_IT_IS))
    if each.way is not None or each.audit or any(settled.word != "stop" for settled in each.otherwise.values()):
        yield _KEYLESS.format(table=literal(each.table))
    nulled = [column for column, settled in each.otherwise.items() if settled.word == NULL_IT]
    if nulled:
        yield _REQUIRED.format(table=literal(each.table), columns=text_array(nulled))


@cache
def _shipped_masks() -> tuple[str, ...]:
    """Return the masks that ttdb brings, which do not stand yet on arrival."""
    texts = (path.read_text(encoding="utf-8") for path in shipped("sql").glob("*_mask/*.sql"))
    return ("plain", *sorted(name for text in texts for name in _MASK.findall(text)))


_MASK = re.compile(r"create or replace function masked\.(\w+)\(\w+ text, \w+ bytea, \w+ bytea\) returns text")


def _lacking(each: Decided) -> Iterator[str]:
    """Yield the selects of columns that the file names, and that a table does not have."""
    here = [each.way.column] if each.way else []
    here += [each.column] if each.belongs == "own" else []
    here += [*(key.column for key in each.keys), *each.mask, *each.excluded]
    wanted = {each.table: here}
    for way in (*([each.way] if each.way else []), *each.keys):
        wanted.setdefault(way.parent, []).append(way.parent_column)
    for table, columns in wanted.items():
        if columns:
            yield _LACKING.format(table=literal(table), columns=text_array(dict.fromkeys(columns)))


_LACKING = """\
select {table}, pg_catalog.format('it stands without the column %I', w.name),
    'Correct the name in the tenancy file, or add the column. A table that is another: rename it out of the way.'
from pg_catalog.unnest({columns}::pg_catalog.text[]) as w (name)
where pg_catalog.to_regclass({table}) is not null
    and not exists (select from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass({table}) and a.attname = w.name and not a.attisdropped)"""

_MASKLESS = """\
select {table}, pg_catalog.format('its column %I is to be masked by %s, and there is no such mask', m.name, m.mask),
    {advice}
from rows from (
    pg_catalog.unnest({columns}::pg_catalog.text[]), pg_catalog.unnest({masks}::pg_catalog.text[])
) as m (name, mask)
where m.mask <> all ({known}::pg_catalog.text[])
    and not exists (select from pg_catalog.pg_proc as p
        inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
        where n.nspname = 'masked' and p.proname = m.mask
            and pg_catalog.oidvectortypes(p.proargtypes) = 'text, bytea, bytea')"""

# What a mask can be given as text.
_UNMASKABLE = """\
select {table}, pg_catalog.format('its column %I is %s, and a mask takes text or an address', a.attname,
    pg_catalog.format_type(a.atttypid, a.atttypmod)),
    'Write plain for it in the tenancy file, or take it out: what is not listed is not shown.'
from rows from (
    pg_catalog.unnest({columns}::pg_catalog.text[]), pg_catalog.unnest({masks}::pg_catalog.text[])
) as m (name, mask)
inner join pg_catalog.pg_attribute as a
    on a.attrelid = pg_catalog.to_regclass({table}) and a.attname = m.name and not a.attisdropped
inner join pg_catalog.pg_type as t on t.oid = a.atttypid and t.typcategory not in ('S', 'I')
where m.mask <> 'plain'"""

_OTHER = (
    'Give ours another name below [tables."{table}"] in the tenancy file, column = "whose_tenant"; or rename the'
    " column out of the way."
)
_OWN_OTHER = "Name another column below it in the tenancy file, or make this one a uuid."
_AS_IT_IS = 'Write tenant = "own" and no through below it in the tenancy file, or give the table a uuid called id.'

# Who has been given a column of that name by a later release has it of another type, perhaps.
_TYPE = """\
select {table}, pg_catalog.format('its column %I is %s, and a tenant is a uuid', a.attname,
    pg_catalog.format_type(a.atttypid, a.atttypmod)), {advice}
from pg_catalog.pg_attribute as a
where a.attrelid = pg_catalog.to_regclass({table}) and a.attname = {column} and not a.attisdropped
    and a.atttypid <> 'pg_catalog.uuid'::pg_catalog.regtype"""

# Of another type than uuid, only what is said to hold one as text leads to a uuid.
_UNLIKE = """\
select {table}, pg_catalog.format('its column %I is %s, and %I of %s is a uuid', a.attname,
    pg_catalog.format_type(a.atttypid, a.atttypmod), {there}, {parent}), {advice} || ' below it in the tenancy file.'
from pg_catalog.pg_attribute as a
inner join pg_catalog.pg_attribute as p on p.attrelid = pg_catalog.to_regclass({parent}) and p.attname = {there}
    and not p.attisdropped and p.atttypid = 'pg_catalog.uuid'::pg_catalog.regtype
where a.attrelid = pg_catalog.to_regclass({table}) and a.attname = {column} and not a.attisdropped
    and case '{fits}' when 'uuid' then a.atttypid <> p.atttypid
        else a.atttypid = p.atttypid end"""

# What it held is noted by the row's id.
_UNNAMED = """\
select {table}, 'it has its tenant''s column already, and no uuid called id to note by what that held', {advice}
where {stands}
    and not exists (select from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass({table}) and a.attname = 'id' and not a.attisdropped
            and a.atttypid = 'pg_catalog.uuid'::pg_catalog.regtype)"""

_KEYLESS = """\
select {table}, 'it stands without a primary key, which its rows are gone along by',
    pg_catalog.format('Give it one: alter table %s add primary key (id);', {table})
where pg_catalog.to_regclass({table}) is not null
    and not exists (select from pg_catalog.pg_index as i
        where i.indrelid = pg_catalog.to_regclass({table}) and i.indisprimary)"""

_REQUIRED = """\
select {table}, pg_catalog.format('its column %I cannot be null, and the file says to null the reference', a.attname),
    'Write otherwise = "quarantine" for it in the tenancy file, or let the column be null.'
from pg_catalog.pg_attribute as a
where a.attrelid = pg_catalog.to_regclass({table}) and a.attname = any({columns}::pg_catalog.text[]) and a.attnotnull"""
