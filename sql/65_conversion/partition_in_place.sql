-- Puts a partitioned table in the place of one that is in use, which becomes its only partition.
create or replace function ttdb.partition_in_place(relation regclass, key_column name) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
-- The foreign keys of an empty table are looked at: off, a policy that would filter its rows is an error.
set row_security = on
as $function$
declare
    v_class pg_catalog.pg_class;
    v_name pg_catalog.text;
    v_heap pg_catalog.text;
    v_key pg_catalog.pg_constraint;
    v_columns pg_catalog.name [];
    v_parent pg_catalog.regclass;
    v_piece record;
    v_inside pg_catalog.text [];
    v_roles pg_catalog.text [];
    v_outside pg_catalog.text [];
begin
    if ttdb.month_key_of(relation) = key_column then
        return;
    end if;
    execute pg_catalog.format('lock table %s in access exclusive mode', relation);
    perform ttdb.refuse_unconvertible(relation, key_column);
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = partition_in_place.relation;
    select
        pg_catalog.format('%I.%I', n.nspname, v_class.relname),
        pg_catalog.format('%I.%I', n.nspname, v_class.relname || '_whole')
    into v_name, v_heap
    from pg_catalog.pg_namespace as n
    where n.oid = v_class.relnamespace;
    select k.* into v_key from pg_catalog.pg_constraint as k where k.conrelid = v_class.oid and k.contype = 'p';
    select pg_catalog.array_agg(a.attname order by c.place)
    into v_columns
    from pg_catalog.unnest(v_key.conkey) with ordinality as c (attnum, place)
    inner join pg_catalog.pg_attribute as a on a.attrelid = v_class.oid and a.attnum = c.attnum;

    -- Said again under the old names, all of this comes to be the partitioned table's.
    select pg_catalog.array_agg(s.statement order by s.place)
    into v_inside
    from ttdb.statements_inside(relation, key_column) as s;
    select
        pg_catalog.array_agg(s.role order by s.place, s.statement),
        pg_catalog.array_agg(s.statement order by s.place, s.statement)
    into v_roles, v_outside
    from ttdb.statements_outside(relation) as s;

    -- A trigger of its own, of a name that its parent has, would keep it from being attached.
    for v_piece in
        select t.tgname
        from pg_catalog.pg_trigger as t
        where t.tgrelid = v_class.oid and not t.tgisinternal and (t.tgtype & 1) = 1
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_piece.tgname, relation);
    end loop;
    for v_piece in
        select
            n.nspname,
            s.stxname
        from pg_catalog.pg_statistic_ext as s
        inner join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace
        where s.stxrelid = v_class.oid
    loop
        execute pg_catalog.format('drop statistics %I.%I', v_piece.nspname, v_piece.stxname);
    end loop;
    execute pg_catalog.format(
        'alter table %1$s drop constraint %2$I, add constraint %2$I primary key using index %3$I',
        relation, v_key.conname, v_class.relname || '_months_key'
    );
    for v_piece in
        select
            i.indexrelid::pg_catalog.regclass as index,
            pg_catalog.left(c.relname::pg_catalog.text, 57) || '_whole' as name
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
        where i.indrelid = v_class.oid and c.relname <> v_class.relname || '_former_key'
    loop
        execute pg_catalog.format('alter index %s rename to %I', v_piece.index, v_piece.name);
    end loop;
    execute pg_catalog.format('alter table %s rename to %I', v_name, v_class.relname || '_whole');

    execute pg_catalog.format(
        'create table %s (like %s including all excluding indexes excluding identity excluding statistics) '
        'partition by range (%I)', v_name, v_heap, key_column
    )
    || coalesce(' tablespace ' || (
        select pg_catalog.quote_ident(s.spcname) from pg_catalog.pg_tablespace as s where s.oid = v_class.reltablespace
    ), '');
    v_parent := v_name::pg_catalog.regclass;
    perform ttdb.say_again(v_inside);
    insert into ttdb.converted_tables (relation, former_key, former_options, arrangement)
    values (
        v_parent,
        v_columns,
        coalesce(v_class.reloptions, '{}') || array(
            select 'toast.' || o.setting
            from pg_catalog.pg_class as c
            cross join lateral pg_catalog.unnest(c.reloptions) as o (setting)
            where c.oid = v_class.reltoastrelid
        ),
        'whole'
    );
    perform ttdb.copy_column_settings(v_parent, v_heap::pg_catalog.regclass);
    perform ttdb.take_over(v_parent, v_heap::pg_catalog.regclass);
    perform ttdb.say_again(v_outside, v_roles);
    perform ttdb.close_leaf(v_heap::pg_catalog.regclass, v_parent);
    execute pg_catalog.format(
        'alter table %s attach partition %s for values from (minvalue) to (maxvalue)', v_name, v_heap
    );
    execute pg_catalog.format(
        'comment on table %s is %L', v_heap, pg_catalog.format('All rows of %s, until they lie in months.', v_name)
    );
end;
$function$;

comment on function ttdb.partition_in_place(regclass, name) is
'Makes a partitioned table of the same name, columns, keys, security and triggers of a table in use, with that as its '
'only partition; no row moves. The index <table>_months_key, on its primary key and the column, must stand.';
revoke all on function ttdb.partition_in_place(regclass, name) from public;
