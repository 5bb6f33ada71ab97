"""How a table that stands cannot be what a file decides: one select of (object, detail, advice) rows."""

from collections.abc import Iterator

from ttdb.migrate.decided import NULL_IT, Decided
from ttdb.migrate.literal import literal, text_array


def in_the_way(each: Decided) -> str | None:
    """Return the select of what is in the way of a table's decision, or None where nothing can be."""
    return "\nunion all\n".join(_parts(each)) or None


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
    for name, rule in each.checks:
        yield _MISNAMED.format(
            table=literal(each.table), name=literal(name), rule=literal(rule), given=literal(each.column)
        )


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

# A rule's names are its words that are no key word, type, function, schema, literal, field, collation or argument's
# name, and stand in no quotes. What is written otherwise than in ASCII is left to the server.
_MISNAMED = """\
select {table}, pg_catalog.format('its rule %s names %s, which is no column of it', {name}, w.name),
    'Mend the rule below it in the tenancy file.'
from (
    select distinct m.found[1] as name
    from pg_catalog.regexp_replace(
        {rule},
        '\\me''(\\\\.|[^''\\\\]|'''')*''|(\\m[bxn]|\\mu&)?''([^'']|'''')*''|\\$(\\w*)\\$.*?\\$\\4\\$|"[^"]*"|--[^\n]*|/\\*.*?\\*/',
        ' 0 ', 'gi'
    ) as plain (text)
    cross join pg_catalog.regexp_replace(
        plain.text, '\\mextract\\s*\\(\\s*\\w+\\s+from\\M|\\mcollate\\s+[\\w.]+|\\m\\w+\\s*=>', ' ', 'gi'
    ) as bare (text)
    cross join pg_catalog.regexp_matches(
        bare.text, '(?<![\\w$:.])([a-z_][\\w$]*)(?![\\w$])(?!\\s*[.(])', 'gi'
    ) as m (found)
) as w
where pg_catalog.to_regclass({table}) is not null
    and pg_catalog.octet_length({rule}) = pg_catalog.length({rule})
    and pg_catalog.lower(w.name) <> {given} -- which comes with the decision
    and not exists (select from pg_catalog.pg_type as t where t.typname = pg_catalog.lower(w.name))
    and not exists (select from pg_catalog.pg_get_keywords() as k where k.word = pg_catalog.lower(w.name))
    and not exists (select from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass({table}) and a.attname = pg_catalog.lower(w.name)
            and not a.attisdropped)"""

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
