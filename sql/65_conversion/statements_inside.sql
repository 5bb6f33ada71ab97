-- The keys, indexes and foreign keys of a table, as a partitioned one of its name would have them.
create or replace function ttdb.statements_inside(relation regclass, key_column name)
returns table (place text, statement text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    with keys as (
        select
            k.oid,
            k.conname,
            k.contype,
            k.conindid,
            k.conkey
        from pg_catalog.pg_constraint as k
        where k.conrelid = statements_inside.relation and k.contype in ('p', 'u', 'f')
    )

    select
        '1' || k.conname,
        pg_catalog.format(
            'alter table %s add constraint %I %s', statements_inside.relation, k.conname,
            case k.contype
                when 'p'
                    then (
                        select pg_catalog.format(
                            'primary key (%s, %I)',
                            pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by c.place),
                            statements_inside.key_column
                        )
                        from pg_catalog.unnest(k.conkey) with ordinality as c (attnum, place)
                        inner join pg_catalog.pg_attribute as a
                            on a.attrelid = statements_inside.relation and a.attnum = c.attnum
                    )
                else pg_catalog.pg_get_constraintdef(k.oid)
            end
        )
    from keys as k
    union all
    select
        '2' || c.relname,
        pg_catalog.pg_get_indexdef(i.indexrelid)
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
    inner join pg_catalog.pg_class as t on t.oid = i.indrelid
    where i.indrelid = statements_inside.relation
        and not exists (select from keys as k where k.contype <> 'f' and k.conindid = i.indexrelid)
        and c.relname not in (t.relname || '_former_key', t.relname || '_months_key')
    union all
    select
        '3' || c.relname,
        pg_catalog.format('comment on index %I.%I is %L', n.nspname, c.relname, d.description)
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
    inner join pg_catalog.pg_class as t
        on t.oid = i.indrelid and c.relname not in (t.relname || '_former_key', t.relname || '_months_key')
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    inner join pg_catalog.pg_description as d
        on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objsubid = 0
    where i.indrelid = statements_inside.relation
    union all
    select
        '3' || k.conname,
        pg_catalog.format(
            'comment on constraint %I on %s is %L', k.conname, statements_inside.relation, d.description
        )
    from keys as k
    inner join pg_catalog.pg_description as d
        on d.objoid = k.oid and d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass;
$function$;

comment on function ttdb.statements_inside(regclass, name) is
'The statements that give a table of the same name the keys, indexes and foreign keys of this one; its primary key '
'with the partition key.';
revoke all on function ttdb.statements_inside(regclass, name) from public;
