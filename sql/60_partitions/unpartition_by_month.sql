-- Ends the keeping of a table in months; no row goes with it.
create or replace function ttdb.unpartition_by_month(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_entry ttdb.partitioned_tables;
    v_default pg_catalog.regclass;
    v_forced pg_catalog.bool;
    v_holds pg_catalog.bool;
    v_key record;
    v_column record;
begin
    select p.* into v_entry from ttdb.partitioned_tables as p where p.relation = unpartition_by_month.relation;
    if not found then
        return;
    end if;
    select
        m.leaf,
        c.relforcerowsecurity
    into v_default, v_forced
    from ttdb.months_of(relation) as m
    inner join pg_catalog.pg_class as c on c.oid = m.leaf
    where m.state = 'default';

    if v_default is not null and v_entry.found is null then
        -- Under FORCE the owner would find it empty whatever it holds.
        if v_forced then
            execute pg_catalog.format('alter table %s no force row level security', v_default);
        end if;
        execute pg_catalog.format('select exists (select from %s)', v_default) into v_holds;
        if v_forced then
            execute pg_catalog.format('alter table %s force row level security', v_default);
        end if;
        if not v_holds then
            execute pg_catalog.format('drop table %s', v_default);
        end if;
    elsif v_default is not null then
        if pg_catalog.cardinality(v_entry.storage) > 0 then
            execute pg_catalog.format(
                'alter table %s reset (%s)',
                v_default,
                (
                    select pg_catalog.string_agg(pg_catalog.split_part(s.setting, '=', 1), ', ')
                    from pg_catalog.unnest(v_entry.storage) as s (setting)
                )
            );
        end if;
        if pg_catalog.cardinality(v_entry.found) > 0 then
            execute pg_catalog.format(
                'alter table %s set (%s)', v_default, pg_catalog.array_to_string(v_entry.found, ', ')
            );
        end if;
    end if;

    -- Retired months keep their rows, and give up the foreign keys that would keep what they name from being dropped.
    for v_key in
        select
            m.leaf,
            k.conname
        from ttdb.months_of(relation) as m
        inner join pg_catalog.pg_constraint as k on k.conrelid = m.leaf and k.contype = 'f' and k.conparentid = 0
        where m.state = 'retired'
    loop
        execute pg_catalog.format('alter table %s drop constraint %I', v_key.leaf, v_key.conname);
    end loop;
    -- So with the defaults that would keep our functions: nobody inserts into a retired month.
    for v_column in
        select distinct
            m.leaf,
            a.attname
        from ttdb.months_of(relation) as m
        inner join pg_catalog.pg_attrdef as e on e.adrelid = m.leaf
        inner join pg_catalog.pg_attribute as a
            on a.attrelid = e.adrelid and a.attnum = e.adnum and a.attgenerated = ''
        inner join pg_catalog.pg_depend as d
            on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
            and d.objid = e.oid
            and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        inner join pg_catalog.pg_proc as f on f.oid = d.refobjid
        where m.state = 'retired' and f.pronamespace = 'ttdb'::pg_catalog.regnamespace
    loop
        execute pg_catalog.format('alter table %s alter column %I drop default', v_column.leaf, v_column.attname);
    end loop;
    delete from ttdb.partitioned_tables as p where p.relation = unpartition_by_month.relation;
end;
$function$;

comment on function ttdb.unpartition_by_month(regclass) is
'Undoes ttdb.partition_by_month(): months stay attached, and so does a DEFAULT partition that holds rows; retired '
'months stand on without foreign keys, and without defaults that call ttdb''s functions.';
revoke all on function ttdb.unpartition_by_month(regclass) from public;
