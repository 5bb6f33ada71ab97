/*
code = "FNC010"
name = "definer-path-led-astray"
severity = "warning"
since = "0.1.0"
title = "A function with its owner's rights finds names where its caller can put others"
why = '''
Its search_path is fixed, but a schema on it is one in which an application role may create; or it names tables without
their schema and pg_temp is not last on its path, so that the caller's temporary tables come first. It is an error where
its owner passes row security or has tables under it: what stands in runs code of the caller's as that owner.
'''
bad = '''
create function app.titles() returns bigint
language plpgsql stable security definer set search_path = app as $$
begin
    return (select count(*) from orgs where id = app.org());
end
$$;
'''
fix = '''
alter function app.titles() set search_path = app, pg_temp;
'''
*/
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

definers as (
    select
        p.*,
        n.nspname,
        owner.rolname::text = any(string_to_array(pg_catalog.current_setting('ttdb.powerful_roles'), ',')) as powerful,
        array(
            select btrim(e.name, ' "')
            from regexp_split_to_table(split_part(c.setting, '=', 2), ',') with ordinality as e (name, place)
            order by e.place
        ) as path
    from pg_catalog.pg_proc as p
    inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
    inner join pg_catalog.pg_roles as owner on p.proowner = owner.oid
    cross join unnest(p.proconfig) as c (setting)
    where p.prosecdef and p.prosqlbody is null and p.oid >= 16384 and c.setting like 'search_path=%'
),

unqualified as (
    -- Tables and views that a body names without their schema, those that it makes by WITH apart.
    select distinct
        p.oid as function,
        c.relname,
        c.relnamespace
    from pg_catalog.pg_proc as p
    cross join
        lateral regexp_matches(
            regexp_replace(p.prosrc, '--[^\n]*|/\*.*?\*/', ' ', 'g'),
            '\m(?:from|join|into|update|only|using)\s+([a-z_][a-z_0-9]*)\M(?!\s*[.(])', 'gi'
        ) as m (parts)
    inner join pg_catalog.pg_class as c
        on c.relname = lower(m.parts[1])::name and c.relkind in ('r', 'p', 'v', 'm', 'f')
    where
        p.oid >= 16384
        and p.prosqlbody is null
        and p.prosrc !~* format('\m%s\s+as\s*(not\s+materialized\s*|materialized\s*)?\(', c.relname)
),

-- Functions that a body calls without their schema.
called as (
    select distinct
        d.oid as function,
        f.pronamespace as namespace
    from definers as d
    cross join
        lateral regexp_matches(
            regexp_replace(d.prosrc, '--[^\n]*|/\*.*?\*/|''[^'']*''', ' ', 'g'), '(?:^|[^.\w"])([a-z_]\w*)\s*\(', 'gi'
        ) as m (parts)
    inner join pg_catalog.pg_proc as f on lower(m.parts[1])::name = f.proname and d.oid <> f.oid
),

callable as (
    select
        d.oid as function,
        roles.oid as role
    from definers as d
    cross join roles
    where
        has_schema_privilege(roles.oid, d.pronamespace, 'usage') and has_function_privilege(roles.oid, d.oid, 'execute')
    union
    select
        t.tgfoid,
        roles.oid
    from pg_catalog.pg_trigger as t
    inner join roles on
        has_any_column_privilege(roles.oid, t.tgrelid, 'insert, update')
        or has_table_privilege(roles.oid, t.tgrelid, 'delete')
)

select
    why.fix,
    d.nspname::text as schema,
    roles.rolname::text as role,
    'functions with their owner''s rights can be led astray' as cause,
    d.proname || '(' || pg_catalog.pg_get_function_identity_arguments(d.oid) || ')' as object,
    format('%s runs as %s and looks in %s', d.oid::regprocedure, d.proowner::regrole, why.what) as detail,
    format(
        'select p.oid::regprocedure, p.proconfig from pg_catalog.pg_proc as p where p.oid = %L::regprocedure'
        ' and p.prosecdef and p.proconfig = %L;',
        d.oid::regprocedure, d.proconfig
    ) as evidence,
    case when d.powerful and why.certain then 'error' else 'warning' end as severity
from definers as d
inner join callable on d.oid = callable.function
inner join roles on callable.role = roles.oid
cross join
    lateral (
        select
            format('schema %I, where %s may create', n.nspname, creator.rolname) as what,
            exists(
                select
                from (
                    select u.relnamespace as namespace
                    from unqualified as u
                    where u.function = d.oid
                    union all
                    select called.namespace
                    from called
                    where called.function = d.oid
                ) as u
                inner join pg_catalog.pg_namespace as t on u.namespace = t.oid
                -- The server's own names come first unless the path says otherwise.
                where array_position(d.path, t.nspname::text) > e.place
            ) as certain,
            format('revoke create on schema %I from %I;', n.nspname, creator.rolname) as fix
        from unnest(d.path) with ordinality as e (name, place)
        inner join pg_catalog.pg_namespace as n on n.nspname = e.name::name and n.nspname !~ '^pg_'
        inner join roles as creator on has_schema_privilege(creator.oid, n.oid, 'create') and d.proowner <> creator.oid
        union all
        select
            format('temporary schemas for %I before %I', u.relname, n.nspname) as what,
            has_database_privilege(roles.oid, current_database(), 'temporary') as certain,
            format('alter function %s set search_path = %s, pg_temp;', d.oid::regprocedure, (
                select string_agg(quote_ident(e.name), ', ' order by e.place)
                from unnest(d.path) with ordinality as e (name, place)
                where e.name <> 'pg_temp'
            )) as fix
        from unqualified as u
        inner join pg_catalog.pg_namespace as n on u.relnamespace = n.oid
        where
            u.function = d.oid
            and n.nspname::text = any(d.path)
            and coalesce(array_position(d.path, 'pg_temp') < array_position(d.path, n.nspname::text), true)
    ) as why
order by schema, object, role
