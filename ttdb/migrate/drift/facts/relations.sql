-- Schemas, tables, views, sequences: that they stand, whose they are, row security, and what a view shows.
with relations as (
    select
        c.*,
        c.oid::regclass::text as name,
        case c.relkind
            when 'r' then 'table' when 'p' then 'table' when 'v' then 'view'
            when 'm' then 'materialized view' when 'S' then 'sequence' else 'foreign table'
        end as word
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
        and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'ttdb_bootstrap')
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
        )
)

select
    'schema' as kind,
    quote_ident(n.nspname) as identity,
    'schema ' || quote_ident(n.nspname) as object,
    'stands'::text as definition, -- with a name in its place, the union would cut all of them at 63 letters
    format('create schema %I;', n.nspname) as make,
    format('drop schema %I;', n.nspname) as unmake
from pg_catalog.pg_namespace as n
where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'ttdb_bootstrap')

union all
select
    'owner',
    'schema ' || quote_ident(n.nspname),
    'schema ' || quote_ident(n.nspname),
    pg_get_userbyid(n.nspowner)::text,
    format('alter schema %I owner to %I;', n.nspname, pg_get_userbyid(n.nspowner)),
    null
from pg_catalog.pg_namespace as n
-- PostgreSQL's own, or whoever's the database is.
where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'ttdb_bootstrap', 'public')

union all
select
    'relation',
    r.name,
    r.name,
    concat_ws(
        ' ',
        case r.relpersistence when 'u' then 'unlogged' when 't' then 'temporary' end,
        r.word,
        'partitioned by ' || case when r.relkind = 'p' then pg_get_partkeydef(r.oid) end
    ),
    case
        when r.relkind in ('v', 'm') then null
        when r.relpersistence = 'p' then format('alter table %s set logged;', r.name)
    end,
    format('drop %s %s;', r.word, r.name)
from relations as r

union all
select
    'owner',
    r.name,
    r.name,
    pg_get_userbyid(r.relowner)::text,
    format('alter %s %s owner to %I;', r.word, r.name, pg_get_userbyid(r.relowner)),
    null
from relations as r

union all
select
    'row security',
    r.name,
    r.name,
    case when r.relrowsecurity then 'enabled' else 'disabled' end
    || case when r.relforcerowsecurity then ', forced' else ', not forced' end,
    format(
        'alter table %s %s row level security, %s row level security;',
        r.name,
        case when r.relrowsecurity then 'enable' else 'disable' end,
        case when r.relforcerowsecurity then 'force' else 'no force' end
    ),
    null
from relations as r
where r.relkind in ('r', 'p')

union all
select
    'view',
    r.name,
    r.name,
    concat_ws(' ', 'with (' || array_to_string(r.reloptions, ', ') || ')', pg_get_viewdef(r.oid)),
    format(
        'create or replace %s %s%s as%s',
        r.word,
        r.name,
        coalesce(' with (' || array_to_string(r.reloptions, ', ') || ')', ''),
        e'\n' || pg_get_viewdef(r.oid)
    ),
    null
from relations as r
where r.relkind in ('v', 'm')
