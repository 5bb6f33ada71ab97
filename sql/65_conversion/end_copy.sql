-- Drops what a copying of rows left: the old partitions after it, or the new ones of one that is given up.
create or replace function ttdb.end_copy(relation regclass, leaves integer default null) returns boolean
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_entry ttdb.converted_tables;
    v_leaves pg_catalog.regclass [];
    v_leaf pg_catalog.regclass;
begin
    select c.* into v_entry from ttdb.converted_tables as c where c.relation = end_copy.relation;
    if not found then
        return true;
    end if;
    if v_entry.wanted is not null then
        -- From here on nothing follows what changes: who begins again, begins with new partitions.
        perform ttdb.stop_noting(relation);
        update ttdb.converted_tables as c
        set
            wanted = null,
            ready = false,
            last_key = null,
            copied = false
        where c.relation = end_copy.relation;
    end if;
    -- With a partition go its foreign keys, for which the tables that they point at are locked: few at a time.
    select coalesce(pg_catalog.array_agg(c.oid::pg_catalog.regclass order by c.oid), '{}')
    into v_leaves
    from pg_catalog.pg_class as c
    where c.relkind = 'r'
        and (
            (c.oid = any(v_entry.old_leaves) and not c.relispartition)
            or exists (
                select from pg_catalog.pg_inherits as i where i.inhparent = v_entry.staging and i.inhrelid = c.oid
            )
        );
    foreach v_leaf in array v_leaves[:coalesce(leaves, pg_catalog.cardinality(v_leaves))] loop
        execute pg_catalog.format('drop table %s', v_leaf);
    end loop;
    if pg_catalog.cardinality(v_leaves) > leaves then
        return false;
    end if;
    if v_entry.staging is not null then
        execute pg_catalog.format('drop table %s, %s', v_entry.staging, v_entry.changes);
    end if;
    update ttdb.converted_tables as c
    set
        staging = null,
        changes = null,
        months = '{}',
        old_leaves = '{}'
    where c.relation = end_copy.relation;
    return true;
end;
$function$;

comment on function ttdb.end_copy(regclass, integer) is
'Drops so many of the partitions whose rows lie in others by now, or that a copying given up was filling; true when '
'none is left.';
revoke all on function ttdb.end_copy(regclass, integer) from public;
