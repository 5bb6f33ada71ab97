-- Makes the table that is to become a partition, beside its parent and not yet part of it.
create or replace function ttdb.make_leaf(relation regclass, leaf_name text, storage text[]) returns regclass
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_leaf pg_catalog.text;
    v_tablespace pg_catalog.name;
begin
    select
        pg_catalog.format('%I.%I', n.nspname, make_leaf.leaf_name),
        s.spcname
    into v_leaf, v_tablespace
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join pg_catalog.pg_tablespace as s on s.oid = c.reltablespace
    where c.oid = make_leaf.relation;

    -- Not PARTITION OF, which locks everybody out of the parent; and no identity: a partition takes the parent's.
    execute pg_catalog.format(
        'create table %s (like %s including all excluding identity)', v_leaf, relation
    )
    || case
        when pg_catalog.cardinality(storage) > 0
            then pg_catalog.format(' with (%s)', pg_catalog.array_to_string(storage, ', '))
        else ''
    end
    || coalesce(' tablespace ' || pg_catalog.quote_ident(v_tablespace), '');
    perform ttdb.copy_column_settings(v_leaf::pg_catalog.regclass, relation);
    return v_leaf::pg_catalog.regclass;
end;
$function$;

comment on function ttdb.make_leaf(regclass, text, text[]) is
'Makes a table with the columns, defaults, checks, indexes, statistics and comments of another, beside it.';
revoke all on function ttdb.make_leaf(regclass, text, text[]) from public;
