-- Ends the keeping of columns unique over all partitions.
create or replace function ttdb.forget_unique(relation regclass, columns name[]) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_keys pg_catalog.regclass;
    v_trigger record;
begin
    select u.keys
    into v_keys
    from ttdb.unique_keys as u
    where u.relation = forget_unique.relation and u.columns = forget_unique.columns;
    if not found then
        return;
    end if;
    for v_trigger in
        select
            t.tgname,
            t.tgrelid::pg_catalog.regclass as relation
        from pg_catalog.pg_trigger as t
        where t.tgrelid in (select r.relation from ttdb.tree_of(forget_unique.relation) as r)
            and t.tgparentid = 0
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__keep_unique()')
            and t.tgname in (
                '_200_add_key_' || pg_catalog.array_to_string(columns, '_'),
                '_200_change_key_' || pg_catalog.array_to_string(columns, '_'),
                '_200_drop_key_' || pg_catalog.array_to_string(columns, '_'),
                '_200_empty_keys_' || pg_catalog.array_to_string(columns, '_')
            )
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_trigger.tgname, v_trigger.relation);
    end loop;
    if exists (select from pg_catalog.pg_class as c where c.oid = v_keys) then
        perform ttdb.unprotect(v_keys);
        execute pg_catalog.format('drop table %s', v_keys);
    end if;
    delete from ttdb.unique_keys as u where u.keys = v_keys;
end;
$function$;

comment on function ttdb.forget_unique(regclass, name[]) is
'Undoes ttdb.keep_unique(): drops its triggers and its key table.';
revoke all on function ttdb.forget_unique(regclass, name[]) from public;
