-- Gives a new table what ANALYZE is told of each column of another: LIKE copies none of that.
create or replace function ttdb.copy_column_settings(copy regclass, relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_statement pg_catalog.text;
begin
    for v_statement in
        select pg_catalog.format('alter table %s alter column %I %s', copy_column_settings.copy, a.attname, s.setting)
        from pg_catalog.pg_attribute as a
        cross join lateral (
            -- Before version 17 the server's own target is -1, since then NULL.
            values
            ('set statistics ' || case when a.attstattarget >= 0 then a.attstattarget end),
            -- By name: a server may keep options of its own there.
            ('set (' || (
                select pg_catalog.string_agg(o.setting, ', ')
                from pg_catalog.unnest(a.attoptions) as o (setting)
                where o.setting like 'n_distinct%'
            ) || ')')
        ) as s (setting)
        where a.attrelid = copy_column_settings.relation
            and a.attnum > 0
            and not a.attisdropped
            and s.setting is not null
    loop
        execute v_statement;
    end loop;
end;
$function$;

comment on function ttdb.copy_column_settings(regclass, regclass) is
'Gives the columns of a table the statistics targets and numbers of distinct values that are set on those of another.';
revoke all on function ttdb.copy_column_settings(regclass, regclass) from public;
