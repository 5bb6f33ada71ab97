-- Functions, and the types that a schema may add: domains and enums.
with functions as (
    select
        p.*,
        p.oid::regprocedure::text as name,
        case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end as word
    from pg_catalog.pg_proc as p
    inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'ttdb_bootstrap')
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        )
)

select
    'function' as kind,
    f.name as identity,
    f.name as object,
    case when f.prokind = 'a' then 'aggregate' else pg_get_functiondef(f.oid) end as definition,
    case when f.prokind <> 'a' then pg_get_functiondef(f.oid) || ';' end as make,
    format('drop %s %s;', f.word, f.name) as unmake
from functions as f

union all
select
    'owner',
    f.name,
    f.name,
    pg_get_userbyid(f.proowner)::text,
    format('alter %s %s owner to %I;', f.word, f.name, pg_get_userbyid(f.proowner)),
    null
from functions as f

union all
select
    'type',
    t.oid::regtype::text,
    t.oid::regtype::text,
    case t.typtype
        when 'e' then 'enum ' || (
            select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)
            from pg_catalog.pg_enum as e
            where e.enumtypid = t.oid
        )
        else concat_ws(
            ' ',
            'domain', format_type(t.typbasetype, t.typtypmod), case when t.typnotnull then 'not null' end,
            (
                select string_agg(pg_get_constraintdef(k.oid), ' ' order by k.conname)
                from pg_catalog.pg_constraint as k
                where k.contypid = t.oid and k.contype <> 'n'
            )
        )
    end,
    null,
    format('drop type %s;', t.oid::regtype)
from pg_catalog.pg_type as t
inner join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
where t.typtype in ('d', 'e')
    and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'ttdb_bootstrap')
    and not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_type'::regclass and d.objid = t.oid and d.deptype = 'e'
    )
