-- Notes the keys of the rows that are changed while a table's rows are being copied.

-- Definer because the application has no part in the notes: they hold keys of all tenants' rows.
create or replace function ttdb.tg__note_change() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
as $function$
declare
    v_names constant pg_catalog.text [] := tg_argv[2:];
    v_columns pg_catalog.text;
    v_values pg_catalog.text;
    v_same pg_catalog.text;
begin
    if tg_op = 'TRUNCATE' then
        raise exception 'truncate of % is refused while its rows are being copied', tg_relid::pg_catalog.regclass
            using errcode = 'TTCNV', hint = 'Let the upgrade or downgrade come to its end, or use DELETE.';
    end if;
    select
        pg_catalog.string_agg(pg_catalog.quote_ident(c.name), ', '),
        pg_catalog.string_agg(pg_catalog.format('($1).%I', c.name), ', '),
        pg_catalog.string_agg(pg_catalog.format('t.%1$I = ($1).%1$I', c.name), ' and ')
    into v_columns, v_values, v_same
    from pg_catalog.unnest(v_names) as c (name);
    if tg_op in ('UPDATE', 'DELETE') then
        -- Where there are foreign keys, a copy left behind would keep what it points at from being deleted.
        if tg_argv[1] <> '' then
            execute pg_catalog.format('delete from %s as t where %s', tg_argv[1], v_same) using old;
        end if;
        execute pg_catalog.format('insert into %s (%s) select %s', tg_argv[0], v_columns, v_values) using old;
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
        execute pg_catalog.format('insert into %s (%s) select %s', tg_argv[0], v_columns, v_values) using new;
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__note_change() is
'Enters the primary key of a changed row into the notes by which ttdb.copy_rows() follows; refuses TRUNCATE meanwhile.';
-- Without EXECUTE nobody can hang it on a table of his own and write into the notes of another.
revoke all on function ttdb.tg__note_change() from public;
