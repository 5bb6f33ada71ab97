-- Makes a table's masked view say what the registry says.
create or replace function masked.rebuild(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_view pg_catalog.text;
    v_old pg_catalog.regclass;
    v_column pg_catalog.name;
    v_mask pg_catalog.text;
    v_definition constant pg_catalog.text := masked.definition_for(relation, false);
begin
    select pg_catalog.format('masked.%I', c.relname)
    into v_view
    from pg_catalog.pg_class as c
    where c.oid = rebuild.relation;

    -- Columns can only be added to a view at its end: it is made anew, in this one transaction.
    for v_old in
        select v.*
        from masked.views_of(relation) as v
    loop
        execute pg_catalog.format('drop view %s', v_old);
    end loop;

    for v_column in
        select a.attname
        from pg_catalog.pg_attribute as a
        cross join lateral pg_catalog.aclexplode(a.attacl) as g
        where a.attrelid = rebuild.relation
            and not a.attisdropped
            and g.grantee = 'ttdb_masker'::pg_catalog.regrole
    loop
        execute pg_catalog.format('revoke select (%I) on table %s from ttdb_masker', v_column, relation);
    end loop;

    if v_definition is null then
        return;
    end if;
    if pg_catalog.to_regclass(v_view) is not null then
        raise exception 'the name % is taken', v_view
            using errcode = 'TTMVN',
            hint = pg_catalog.format('It is not a view of %s: rename one of the two.', relation);
    end if;

    for v_column in
        select p.column_name
        from ttdb.personal_columns as p
        inner join pg_catalog.pg_attribute as a on a.attrelid = p.relation and a.attname = p.column_name
        where p.relation = rebuild.relation and a.attnum > 0 and not a.attisdropped
    loop
        execute pg_catalog.format('grant select (%I) on table %s to ttdb_masker', v_column, relation);
    end loop;

    -- No security_barrier: row security on the table filters rows, and a barrier would mask rows that LIMIT drops.
    execute pg_catalog.format('create view %s as %s', v_view, v_definition);
    execute pg_catalog.format('comment on view %s is %L', v_view, pg_catalog.format(
        'What support sees of %s: decided columns only, personal ones masked.', relation
    ));
    for v_column, v_mask in
        select
            p.column_name,
            p.mask
        from ttdb.personal_columns as p
        inner join pg_catalog.pg_attribute as a on a.attrelid = p.relation and a.attname = p.column_name
        where p.relation = rebuild.relation and a.attnum > 0 and not a.attisdropped
    loop
        execute pg_catalog.format('comment on column %s.%I is %L', v_view, v_column, case
            when v_mask = 'plain' then 'as the table holds it'
            else pg_catalog.format('masked by masked.%I()', v_mask)
        end);
    end loop;
    execute pg_catalog.format('revoke all on table %s from public', v_view);
    execute pg_catalog.format('grant select on table %s to ttdb_support', v_view);
    execute pg_catalog.format('alter view %s owner to ttdb_masker', v_view);
end;
$function$;

comment on function masked.rebuild(regclass) is
'Drops a table''s masked view and, where columns are decided, makes it again, with the grants that it needs.';
revoke all on function masked.rebuild(regclass) from public;
