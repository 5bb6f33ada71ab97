-- Every table and partition outside the system's schemas, with what decides on the rows that it takes.
select
    c.oid::bigint as oid,
    n.nspname::text as schema,
    c.relname::text as name,
    c.relkind = 'p' as partitioned,
    case when c.relispartition then pg_catalog.pg_partition_root(c.oid)::oid::bigint end as root,
    case when c.relispartition then (select i.inhparent from pg_catalog.pg_inherits as i where i.inhrelid = c.oid) end::bigint
        as above,
    pg_catalog.pg_get_partition_constraintdef(c.oid) as bound,
    pg_catalog.pg_get_expr(c.relpartbound, c.oid) as part,
    array(
        select a.attname::text
        from pg_catalog.pg_partitioned_table as p
        cross join unnest(p.partattrs::int2[]) with ordinality as u (attnum, position)
        left join pg_catalog.pg_attribute as a on a.attrelid = p.partrelid and u.attnum = a.attnum
        where p.partrelid = c.oid
        order by u.position
    ) as divided_by,
    coalesce((
        select
            json_agg(json_build_object(
                'name', a.attname,
                'type', a.atttypid::bigint,
                'modifier', a.atttypmod,
                'not_null', a.attnotnull,
                'expression', case when a.attgenerated <> '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
                'identity', a.attidentity <> '',
                'default', a.atthasdef and a.attgenerated = '',
                'default_varies', coalesce(
                    -- a call, or a word that means one, outside of quoted text and of a cast's (10, 2)
                    regexp_replace(
                        pg_catalog.pg_get_expr(d.adbin, d.adrelid),
                        '(''[^'']*''|::[\w ."]+(\(\d+(,\d+)?\))?)', '', 'g'
                    ) ~* '(\w\(|\m(current_\w+|localtime|localtimestamp|session_user|user)\M)', false
                )
            ) order by a.attnum)
        from pg_catalog.pg_attribute as a
        left join pg_catalog.pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ), '[]') as columns,
    coalesce((
        select
            json_agg(json_build_object(
                'name', k.conname,
                'expression', pg_catalog.pg_get_expr(k.conbin, k.conrelid),
                'columns', array(
                    select a.attname
                    from pg_catalog.pg_attribute as a
                    where a.attrelid = k.conrelid and a.attnum = any(k.conkey)
                    order by a.attnum
                )
            ) order by k.conname)
        from pg_catalog.pg_constraint as k
        where k.conrelid = c.oid and k.contype = 'c'
    ), '[]') as rules,
    coalesce((
        select
            json_agg(json_build_object(
                'name', r.relname,
                'excludes', i.indisexclusion,
                'primary', i.indisprimary,
                'partial', i.indpred is not null,
                'predicate', pg_catalog.pg_get_expr(i.indpred, c.oid),
                'deferrable', not i.indimmediate,
                'valid', i.indisvalid,
                'nulls_are_equal', i.indnullsnotdistinct,
                'expressions', array(
                    select pg_catalog.pg_get_indexdef(i.indexrelid, n, false)
                    from generate_series(1, i.indnkeyatts) as n
                ),
                'columns', array(
                    select a.attname
                    from pg_catalog.pg_attribute as a
                    where
                        a.attrelid = c.oid
                        and a.attnum > 0
                        and not a.attisdropped
                        and (
                            a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])
                            or strpos(coalesce(pg_catalog.pg_get_expr(i.indexprs, c.oid), ''), a.attname) > 0
                        )
                    order by a.attnum
                )
            ) order by r.relname)
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as r on i.indexrelid = r.oid
        where i.indrelid = c.oid and (i.indisunique or i.indisexclusion)
    ), '[]') as keys,
    coalesce((
        select
            json_agg(json_build_object(
                'name', k.conname,
                'parent', k.confrelid::bigint,
                'deferrable', k.condeferrable,
                'columns', array(
                    select a.attname
                    from unnest(k.conkey) with ordinality as u (attnum, position)
                    inner join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and u.attnum = a.attnum
                    order by u.position
                ),
                'parent_columns', array(
                    select a.attname
                    from unnest(k.confkey) with ordinality as u (attnum, position)
                    inner join pg_catalog.pg_attribute as a on a.attrelid = k.confrelid and u.attnum = a.attnum
                    order by u.position
                )
            ) order by k.conname)
        from pg_catalog.pg_constraint as k
        where
            k.conrelid = c.oid
            and k.contype = 'f'
            -- to each partition of a partitioned parent there is one more, whose parent is of the same table
            and not exists (
                select from pg_catalog.pg_constraint as above
                where above.oid = k.conparentid and above.conrelid = k.conrelid
            )
    ), '[]') as foreign_keys,
    coalesce((
        select json_agg(p.prosrc order by g.tgname)
        from pg_catalog.pg_trigger as g
        inner join pg_catalog.pg_proc as p on g.tgfoid = p.oid
        where g.tgrelid = c.oid and not g.tgisinternal and g.tgenabled <> 'D' and g.tgtype & 4 = 4
    ), '[]') as triggers
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where
    c.relkind in ('r', 'p')
    and c.relpersistence <> 't'
    and n.nspname not in ('pg_catalog', 'information_schema')
    and not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
order by n.nspname, c.relname
