-- Every relation outside the system's schemas, with its columns and its key.
select
    c.oid::bigint as oid,
    n.nspname::text as schema,
    c.relname::text as name,
    c.relkind::text as kind,
    c.relrowsecurity as enabled,
    c.relforcerowsecurity as forced,
    case
        -- A parent's own number is set by a manual ANALYZE alone.
        when c.relkind = 'p' then (
            with recursive below (oid) as (
                select i.inhrelid
                from pg_catalog.pg_inherits as i
                where i.inhparent = c.oid
                union all
                select i.inhrelid
                from pg_catalog.pg_inherits as i
                inner join below as b on i.inhparent = b.oid
            )

            select coalesce(sum(greatest(l.reltuples, 0)), 0)::bigint
            from below as b
            inner join pg_catalog.pg_class as l on b.oid = l.oid
            where l.relkind <> 'p'
        )
        else c.reltuples::bigint
    end as estimated_rows,
    case when c.relispartition then pg_catalog.pg_partition_root(c.oid)::oid::bigint end as root,
    pg_catalog.pg_get_userbyid(c.relowner)::text as owner,
    coalesce(c.reloptions::text ~* 'security_invoker=(t|y|on|1)', false) as invoker,
    coalesce((
        select array_agg(a.attname::text order by a.attnum)
        from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.attnum = any(best.indkey)
    ), '{}') as key,
    coalesce((
        select
            json_agg(json_build_object(
                'name', a.attname,
                -- Of a domain what it is a domain of.
                'type', pg_catalog.format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid), null),
                'category', t.typcategory,
                'not_null', a.attnotnull,
                'computed', a.attgenerated <> '' or a.attidentity = 'a',
                'unique', exists (
                    select from pg_catalog.pg_index as i
                    where
                        i.indrelid = c.oid
                        and i.indisunique
                        and (
                            a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])
                            or strpos(coalesce(pg_catalog.pg_get_expr(i.indexprs, c.oid), ''), a.attname) > 0
                        )
                )
            ) order by a.attnum)
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_type as t on a.atttypid = t.oid
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ), '[]') as columns
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
left join lateral (
    select (i.indkey::int2[])[0:i.indnkeyatts - 1] as indkey -- without what it only includes
    from pg_catalog.pg_index as i
    where i.indrelid = c.oid and i.indisunique and i.indexprs is null and i.indpred is null
    order by i.indisprimary desc, i.indexrelid asc
    limit 1
) as best on true
where
    c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname not in ('pg_catalog', 'information_schema')
    and n.nspname !~ '^pg_(toast|temp)'
    and not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
order by n.nspname, c.relname
