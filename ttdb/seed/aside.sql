-- What a bulk load sets aside of some tables, and the SQL that makes it again as it is; as pg_dump does it: an index of
-- a partitioned table on the parent alone, then on each partition under its own name, then attached.
with recursive wanted as (
    select w.oid::pg_catalog.oid as oid
    from pg_catalog.unnest(
        pg_catalog.string_to_array(pg_catalog.current_setting('ttdb.seed_tables'), ',')
    ) as w (oid)
),

foreign_keys as (
    select
        k.oid,
        k.conrelid as relation,
        k.conname,
        k.confrelid,
        k.conindid
    from pg_catalog.pg_constraint as k
    inner join wanted as w on k.conrelid = w.oid
    where k.contype = 'f' and k.conparentid = 0
),

roots as (
    select
        i.indexrelid,
        i.indrelid,
        u.oid as constraint_oid,
        u.conname
    from pg_catalog.pg_index as i
    inner join wanted as w on i.indrelid = w.oid
    inner join pg_catalog.pg_class as c on i.indexrelid = c.oid
    left join pg_catalog.pg_constraint as u on i.indexrelid = u.conindid and u.contype in ('p', 'u', 'x')
    where not i.indisprimary
        and not i.indisreplident
        and not i.indisexclusion
        and i.indisvalid
        and not c.relispartition
        -- What a foreign key of another table needs stays.
        and not exists (
            select
            from pg_catalog.pg_constraint as f
            where f.contype = 'f'
                and f.conindid = i.indexrelid
                and f.conparentid = 0
                and f.oid not in (select k.oid from foreign_keys as k)
        )
),

tree as (
    select
        r.indexrelid as root,
        r.indexrelid,
        null::pg_catalog.oid as parent,
        0 as depth
    from roots as r
    union all
    select
        t.root,
        h.inhrelid,
        h.inhparent,
        t.depth + 1
    from tree as t
    inner join pg_catalog.pg_inherits as h on t.indexrelid = h.inhparent
),

pieces as (
    select
        t.root,
        t.depth,
        c.relname,
        pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
        i.indrelid::pg_catalog.regclass::pg_catalog.text as relation,
        case
            when u.oid is not null
                then pg_catalog.format(
                    'alter table %s%s add constraint %I %s',
                    case when c.relkind = 'I' then 'only ' else '' end,
                    i.indrelid::pg_catalog.regclass,
                    u.conname,
                    pg_catalog.pg_get_constraintdef(u.oid)
                )
            else pg_catalog.pg_get_indexdef(i.indexrelid)
        end as made,
        case
            when t.parent is not null
                then pg_catalog.format(
                    'alter index %s attach partition %I.%I', t.parent::pg_catalog.regclass, n.nspname, c.relname
                )
        end as attached,
        case
            when c.reltablespace <> 0
                then (
                    select pg_catalog.format('alter index %I.%I set tablespace %I', n.nspname, c.relname, s.spcname)
                    from pg_catalog.pg_tablespace as s
                    where s.oid = c.reltablespace
                )
        end as placed,
        case
            when i.indisclustered
                then pg_catalog.format('alter table %s cluster on %I', i.indrelid::pg_catalog.regclass, c.relname)
        end as clustered,
        (
            select pg_catalog.string_agg(
                pg_catalog.format(
                    'alter index %I.%I alter column %s set statistics %s', n.nspname, c.relname, a.attnum, a.attstattarget
                ),
                '; ' order by a.attnum
            )
            from pg_catalog.pg_attribute as a
            where a.attrelid = i.indexrelid and a.attstattarget >= 0
        ) as counted,
        case
            when pg_catalog.obj_description(i.indexrelid, 'pg_class') is not null
                then pg_catalog.format(
                    'comment on index %I.%I is %L',
                    n.nspname,
                    c.relname,
                    pg_catalog.obj_description(i.indexrelid, 'pg_class')
                )
        end as described,
        case
            when pg_catalog.obj_description(u.oid, 'pg_constraint') is not null
                then pg_catalog.format(
                    'comment on constraint %I on %s is %L',
                    u.conname,
                    i.indrelid::pg_catalog.regclass,
                    pg_catalog.obj_description(u.oid, 'pg_constraint')
                )
        end as explained
    from tree as t
    inner join pg_catalog.pg_index as i on t.indexrelid = i.indexrelid
    inner join pg_catalog.pg_class as c on t.indexrelid = c.oid
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    left join pg_catalog.pg_constraint as u on t.indexrelid = u.conindid and u.contype in ('p', 'u')
)

select
    'index' as kind,
    r.indrelid as relation,
    coalesce(r.conname, c.relname)::pg_catalog.text as object,
    case
        when r.conname is not null
            then pg_catalog.format('alter table %s drop constraint %I', r.indrelid::pg_catalog.regclass, r.conname)
        else pg_catalog.format('drop index %s', r.indexrelid::pg_catalog.regclass)
    end as removed,
    (
        select pg_catalog.string_agg(
            pg_catalog.concat_ws('; ', p.made, p.attached, p.placed, p.clustered, p.counted, p.described, p.explained),
            '; ' order by p.depth, p.name
        )
        from pieces as p
        where p.root = r.indexrelid
    ) as restore
from roots as r
inner join pg_catalog.pg_class as c on r.indexrelid = c.oid

union all
select
    'foreign key',
    k.relation,
    k.conname::pg_catalog.text,
    pg_catalog.format('alter table %s drop constraint %I', k.relation::pg_catalog.regclass, k.conname),
    pg_catalog.concat_ws(
        '; ',
        pg_catalog.format(
            'alter table %s add constraint %I %s',
            k.relation::pg_catalog.regclass,
            k.conname,
            pg_catalog.pg_get_constraintdef(k.oid)
        ),
        case
            when pg_catalog.obj_description(k.oid, 'pg_constraint') is not null
                then pg_catalog.format(
                    'comment on constraint %I on %s is %L',
                    k.conname,
                    k.relation::pg_catalog.regclass,
                    pg_catalog.obj_description(k.oid, 'pg_constraint')
                )
        end
    )
from foreign_keys as k
order by kind, relation, object;
