"""How a table that stands cannot be what a file decides: one select of (object, detail, advice) rows."""

from collections.abc import Iterator

from ttdb.migrate.decided import NULL_IT, Decided
from ttdb.migrate.literal import literal, text_array


def in_the_way(each: Decided) -> str | None:
    """Return the select of what is in the way of a table's decision, or None where nothing can be."""
    return "\nunion all\n".join(_parts(each)) or None


def _parts(each: Decided) -> Iterator[str]:
    if not each.apart:
        return
    yield from _lacking(each)
    if each.way is not None or any(settled.word != "stop" for settled in each.otherwise.values()):
        yield _KEYLESS.format(table=literal(each.table))
    nulled = [column for column, settled in each.otherwise.items() if settled.word == NULL_IT]
    if nulled:
        yield _REQUIRED.format(table=literal(each.table), columns=text_array(nulled))


def _lacking(each: Decided) -> Iterator[str]:
    """Yield the selects of columns that the file names, and that a table does not have."""
    here = [each.way.column] if each.way else []
    here += [each.column] if each.belongs == "own" else []
    here += [key.column for key in each.keys]
    wanted = {each.table: here}
    for way in (*([each.way] if each.way else []), *each.keys):
        wanted.setdefault(way.parent, []).append(way.parent_column)
    for table, columns in wanted.items():
        if columns:
            yield _LACKING.format(table=literal(table), columns=text_array(dict.fromkeys(columns)))


_LACKING = """\
select {table}, pg_catalog.format('it stands without the column %I', w.name),
    'Its rows cannot be given their tenants: rename the table out of the way, or add the column.'
from pg_catalog.unnest({columns}::pg_catalog.text[]) as w (name)
where pg_catalog.to_regclass({table}) is not null
    and not exists (select from pg_catalog.pg_attribute as a
        where a.attrelid = pg_catalog.to_regclass({table}) and a.attname = w.name and not a.attisdropped)"""

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
