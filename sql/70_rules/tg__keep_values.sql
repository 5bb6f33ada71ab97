-- Keeps what was written: a filled column takes no other value.
create or replace function ttdb.tg__keep_values() returns trigger
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
declare
    -- The arguments: the rule's name, and the columns.
    v_old constant pg_catalog.jsonb := pg_catalog.to_jsonb(old);
    v_new constant pg_catalog.jsonb := pg_catalog.to_jsonb(new);
    v_relation constant pg_catalog.regclass := coalesce(pg_catalog.pg_partition_root(tg_relid), tg_relid);
    v_column pg_catalog.text;
    v_schema pg_catalog.text;
    v_table pg_catalog.text;
begin
    select n.nspname, c.relname
    into v_schema, v_table
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = v_relation;

    foreach v_column in array tg_argv[1:] loop
        if not v_old operator(pg_catalog.?) v_column then
            raise exception '% has no column %', v_relation, v_column
                using errcode = 'TTCOL', hint = 'Run ttdb.keep_values() again with the column''s new name.';
        end if;
        if v_old ->> v_column is not null
            and v_new ->> v_column is not null
            and v_old -> v_column <> v_new -> v_column then
            raise exception '% of % is written once', v_column, v_table
                using errcode = 'check_violation',
                constraint = tg_argv[0],
                schema = v_schema,
                table = v_table,
                column = v_column,
                hint = 'Leave it as it is: what it says has happened.';
        end if;
    end loop;
    return new;
end;
$function$;

comment on function ttdb.tg__keep_values() is
'Trigger: refuses with 23514 another value for a filled column of ttdb.keep_values(). It may be emptied where the '
'table''s CHECKs allow that.';
revoke all on function ttdb.tg__keep_values() from public;
