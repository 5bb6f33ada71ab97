"""Where rows are kept that break a constraint, and what repaired ones held; and the way back from there."""

from ttdb.migrate.literal import identifier, literal, qualified
from ttdb.migrate.step import REASON, SINCE
from ttdb.migrate.steps.gentle import in_batches

_LONGEST = 63  # of a name


def repaired(relation: str) -> str:
    """Return the table in which is noted what rows held before they were repaired."""
    end = "_repaired"
    return f"ttdb.{relation.replace('.', '_')[: _LONGEST - len(end)]}{end}"


def quarantine_table(relation: str) -> str:
    """Return what makes the table of the rows that are taken out."""
    # Not LIKE: what must not be null there may be null here, where the column is gone or may be null by then.
    columns = (
        f"as select t.*, null::text as {REASON}, null::timestamptz as {SINCE} from {qualified(relation)} as t"
        f" with no data;\nalter table {qualified(f'{relation}_quarantine')} alter column {REASON} set not null,"
        f" alter column {SINCE} set not null, alter column {SINCE} set default pg_catalog.now()"
    )
    return _for_operators(
        relation, f"{relation}_quarantine", columns, f"Rows that were taken out of {relation}, for an operator to mend."
    )


def lacking(relation: str) -> str:
    """Return the query of the columns that a table got since its quarantine was made: name and type."""
    return _LACKING.format(relation=literal(relation), kept=literal(f"{relation}_quarantine"))


def completed(relation: str) -> str:
    """Return the statement that gives a quarantine which stood the columns that it lacks."""
    return _COMPLETED.format(lacking=lacking(relation), aside=qualified(f"{relation}_quarantine").replace("%", "%%"))


def moved(relation: str, name: str, broken: str) -> str:
    """Return the statement that takes rows out."""
    place = qualified(f"{relation}_quarantine")
    return (
        f"with moved as (delete from {qualified(relation)} as t where {broken} returning t.*)\n"
        f"insert into {place} select q.* from moved as m cross join lateral pg_catalog.jsonb_populate_record(\n"
        f"    null::{place}, pg_catalog.to_jsonb(m)\n"
        f"    || pg_catalog.jsonb_build_object('{REASON}', {literal(name)}, '{SINCE}', pg_catalog.now())\n"
        ") as q;"
    )


def repaired_table(relation: str) -> str:
    """Return what makes the table of what rows held."""
    columns = (
        "(rule text not null, key jsonb not null, found jsonb not null, given jsonb not null,"
        " repaired_at timestamptz not null default pg_catalog.now(), primary key (rule, key))"
    )
    return _for_operators(
        relation, repaired(relation), columns, f"What rows of {relation} held before they were repaired."
    )


def _for_operators(relation: str, aside: str, columns: str, about: str) -> str:
    """Return what makes a table aside: for operators alone, from its first instant, and forced where the other is."""
    shown = qualified(aside)
    return (
        f"create table {shown} {columns};\n"
        f"alter table {shown} enable row level security;\n"
        f"create policy all_operator on {shown} to ttdb_operator using (true) with check (true);\n"
        f"grant select, insert, update, delete on {shown} to ttdb_operator;\n"
        f"comment on table {shown} is {literal(about)};\n"
        f"comment on policy all_operator on {shown} is 'For operators alone: these rows may be any tenant''s.';\n"
        f"do $do$ begin\n    if ({_forced(relation)}) then\n"
        f"        alter table {shown} force row level security;\n    end if;\nend $do$;"
    )


def dropped_when_empty(relation: str, aside: str) -> str:
    """Return the statement that drops a table aside, unless rows lie in it: then it stays, beside the table itself."""
    shown, (schema, _) = qualified(aside), relation.split(".", 1)
    beside = f"    alter table {shown} set schema {identifier(schema)};\n" if not aside.startswith(f"{schema}.") else ""
    return (
        f"do $do$ begin\n    if pg_catalog.to_regclass({literal(aside)}) is null then\n        return;\n    end if;\n"
        f"    alter table {shown} no force row level security;\n"
        f"    if not exists (select from {shown}) then\n        drop table {shown};\n        return;\n    end if;\n"
        f"    if ({_forced(relation)}) then\n"
        f"        alter table {shown} force row level security;\n    end if;\n{beside}end $do$;"
    )


def _forced(relation: str) -> str:
    return (
        "select c.relrowsecurity and c.relforcerowsecurity from pg_catalog.pg_class as c"
        f" where c.oid = pg_catalog.to_regclass({literal(relation)})"
    )


def moved_back(relation: str, name: str) -> str:
    """Return the statement that puts the rows back, by the columns that both tables have; bears being run again.

    A row that a constraint refuses by now stays where it is: what it points at may be gone meanwhile.
    """
    place, aside = qualified(relation), qualified(f"{relation}_quarantine")
    return in_batches(
        _BACK_VARIABLES,
        _NEXT_BACK.format(
            become=_become_operator(relation, f"{relation}_quarantine"),
            relation=literal(relation),
            kept=literal(f"{relation}_quarantine"),
            place=place.replace("%", "%%"),
            aside=aside.replace("%", "%%"),
            from_=aside,
            name=literal(name),
            rows="{rows}",
        ),
        _MOVE_BACK,
        until="v_rows is null",
    )


def changed_back(relation: str, rule: str) -> str:
    """Return the statement that gives repaired rows back what they held, but where that was changed since.

    A row that a constraint refuses by then stays as it is, and what it held is kept: what it pointed at may be gone.
    """
    return _CHANGED_BACK.format(
        become=_become_operator(relation),
        relation=literal(relation),
        place=qualified(relation).replace("%", "%%"),
        kept=literal(repaired(relation)),
        aside=qualified(repaired(relation)),
        quoted=qualified(repaired(relation)).replace("%", "%%"),
        rule=literal(rule),
    )


def _become_operator(*relations: str) -> str:
    forced = " or ".join(f"({_forced(relation)})" for relation in relations)
    return (
        f"    if {forced} then\n"
        "        perform pg_catalog.set_config('role', 'ttdb_operator', true);\n"
        "        perform pg_catalog.set_config('row_security', 'on', true);\n    end if;\n"
    )


_LACKING = """\
select a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attnum
    from pg_catalog.pg_attribute as a
    where a.attrelid = pg_catalog.to_regclass({relation}) and a.attnum > 0 and not a.attisdropped
        and not exists (select from pg_catalog.pg_attribute as o
            where o.attrelid = pg_catalog.to_regclass({kept}) and o.attname = a.attname and not o.attisdropped)"""

_COMPLETED = """\
do $do$
declare
    v_column pg_catalog.text;
begin
    for v_column in
        select pg_catalog.format('%I %s', l.attname, l.type) from (
    {lacking}
        ) as l order by l.attnum
    loop
        execute pg_catalog.format('alter table {aside} add column %s', v_column);
    end loop;
end
$do$;"""

_BACK_VARIABLES = """\
    v_rows pg_catalog.tid[];
    v_row pg_catalog.tid;
    v_after pg_catalog.tid := '(0,0)';
    v_moved pg_catalog.bool := false;
    v_columns pg_catalog.text;
    v_move pg_catalog.text;"""

# What a row refers to may have come back in an earlier round. Rows in a circle come back together, where all of their
# batch do.
# Somebody may have dropped what is empty by hand: the rest of the way back is not to wait for that.
_NEXT_BACK = """\
        exit when pg_catalog.to_regclass({kept}) is null;
{become}\
        select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum) into v_columns
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_attribute as o on o.attname = a.attname
            and o.attrelid = pg_catalog.to_regclass({kept}) and not o.attisdropped
        where a.attrelid = pg_catalog.to_regclass({relation}) and a.attnum > 0
            and not a.attisdropped and a.attgenerated = '';
        v_move := pg_catalog.format(
            'with back as (delete from {aside} where ctid = any($1) returning *)'
            ' insert into {place} (%s) overriding system value select %s from back', v_columns, v_columns);
        select pg_catalog.array_agg(q.row order by q.row) into v_rows from (
            select t.ctid as row from {from_} as t where t.broken_constraint = {name} and t.ctid > v_after
            order by t.ctid limit {rows}
        ) as q;
        if v_rows is null and v_moved then
            v_after := '(0,0)';
            v_moved := false;
            continue;
        end if;"""

_MOVE_BACK = """\
            set constraints all immediate;
            begin
                execute v_move using v_rows;
                v_moved := true;
            exception when integrity_constraint_violation then
                foreach v_row in array v_rows loop
                    begin
                        execute v_move using array[v_row];
                        v_moved := true;
                    exception when integrity_constraint_violation then
                        null;
                    end;
                end loop;
            end;
            v_after := v_rows[pg_catalog.cardinality(v_rows)];"""

# Of the columns that were changed in some row; a trigger's too.
_CHANGED_BACK = """\
do $do$
declare
    v_sets pg_catalog.text;
    v_same pg_catalog.text;
    v_update pg_catalog.text;
    v_key pg_catalog.jsonb;
begin
    if pg_catalog.to_regclass({kept}) is null then
        return;
    end if;
    set constraints all immediate;
{become}
    select pg_catalog.string_agg(pg_catalog.format(
        '%1$I = case when f.given -> %2$L = pg_catalog.to_jsonb(t) -> %2$L'
        ' then (pg_catalog.jsonb_populate_record(null::{place}, f.found)).%1$I else t.%1$I end',
        a.attname, a.attname), ', ' order by a.attnum)
    into v_sets
    from pg_catalog.pg_attribute as a
    where a.attrelid = pg_catalog.to_regclass({relation}) and a.attnum > 0 and not a.attisdropped
        and a.attgenerated = '' and exists (
            select from {aside} as f
            where f.rule = {rule} and f.found -> a.attname::pg_catalog.text <> f.given -> a.attname::pg_catalog.text
        );
    select pg_catalog.string_agg(pg_catalog.format(
        't.%I = (f.key ->> %L)::%s', a.attname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)), ' and ')
    into v_same
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
    where i.indrelid = pg_catalog.to_regclass({relation}) and i.indisprimary;
    if v_sets is not null then
        v_update := pg_catalog.format(
            'update {place} as t set %s from {quoted} as f where f.rule = %L and %s', v_sets, {rule}, v_same);
        begin
            execute v_update;
        exception when integrity_constraint_violation then
            for v_key in select f.key from {aside} as f where f.rule = {rule} loop
                begin
                    execute v_update || ' and f.key = $1' using v_key;
                    delete from {aside} where rule = {rule} and key = v_key;
                exception when integrity_constraint_violation then
                    null;
                end;
            end loop;
            return;
        end;
    end if;
    delete from {aside} where rule = {rule};
end
$do$;"""


def cascades(relation: str) -> str:
    """Return the conflict that moving a row away would change or delete others'."""
    advice = "Choose a repair, or let the key refuse the delete for the time being: on delete restrict."
    return (
        f"select {literal(relation)}, pg_catalog.format(\n"
        "    'taking rows out would cascade to %s, by %I', k.conrelid::pg_catalog.regclass, k.conname),\n"
        f"    {literal(advice)}\n"
        "from pg_catalog.pg_constraint as k\n"
        f"where k.confrelid = pg_catalog.to_regclass({literal(relation)}) and k.contype = 'f'\n"
        "    and k.confdeltype in ('c', 'n', 'd')"
    )
