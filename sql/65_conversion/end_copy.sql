-- Drops what a copying of rows left: the old partitions after it, or the new ones of one that is given up.
create or replace function ttdb.end_copy(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_entry ttdb.converted_tables;
    v_leaf pg_catalog.regclass;
begin
    select c.* into v_entry from ttdb.converted_tables as c where c.relation = end_copy.relation;
    if not found then
        return;
    end if;
    if v_entry.wanted is not null then
        perform ttdb.stop_noting(relation);
        execute pg_catalog.format('drop table %s, %s', v_entry.staging, v_entry.changes);
    end if;
    foreach v_leaf in array v_entry.old_leaves loop
        if exists (
            select from pg_catalog.pg_class as c where c.oid = v_leaf and c.relkind = 'r' and not c.relispartition
        ) then
            execute pg_catalog.format('drop table %s', v_leaf);
        end if;
    end loop;
    update ttdb.converted_tables as c
    set
        wanted = null,
        staging = null,
        changes = null,
        last_key = null,
        copied = false,
        old_leaves = '{}'
    where c.relation = end_copy.relation;
end;
$function$;

comment on function ttdb.end_copy(regclass) is
'Drops the partitions whose rows lie in others by now, or those that a copying given up was filling.';
revoke all on function ttdb.end_copy(regclass) from public;
