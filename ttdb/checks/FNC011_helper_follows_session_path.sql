/*
code = "FNC011"
name = "helper-follows-session-path"
severity = "warning"
since = "0.1.0"
title = "A function on which policies rely finds its tables by the session's search_path"
why = '''
Policies, views, defaults and constraints run their functions with the rights and the path of whoever reads or writes. A
temporary table of the session's own, first on its path, then stands in for the table that the function means: the
session says itself who it is.
'''
bad = '''
create table app.staff (name name primary key);
grant select on app.staff to example_app;
create function app.is_staff() returns boolean language plpgsql stable as $$
begin
    return exists (select from staff where name = current_user);
end
$$;
create policy select_staff on app.orders for select to example_app using (app.is_staff());
'''
fix = '''
alter function app.is_staff() set search_path = app, pg_temp;
'''
*/
with unqualified as (
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
)

select
    n.nspname::text as schema,
    'functions on which policies rely follow the session''s path' as cause,
    p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' as object,
    format(
        '%s names %s without a schema and has no fixed search_path: %s',
        p.oid::regprocedure, string_agg(distinct u.relname, ', '), f.how
    ) as detail,
    format('alter function %s set search_path = %I, pg_temp;', p.oid::regprocedure, min(t.nspname)) as fix,
    (
        select case when count(*) > 0 then 'error' else 'warning' end
        from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
        inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
        where has_database_privilege(r.oid, current_database(), 'temporary')
    ) as severity,
    format(
        'select p.proconfig from pg_catalog.pg_proc as p where p.oid = %L::regprocedure'
        ' and not coalesce(array_to_string(p.proconfig, '' '') ~ ''search_path='', false);',
        p.oid::regprocedure
    ) as evidence
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.relied_functions')::jsonb) as f (function oid, how text)
inner join pg_catalog.pg_proc as p on f.function = p.oid and not p.prosecdef
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
inner join unqualified as u on p.oid = u.function
inner join pg_catalog.pg_namespace as t on u.relnamespace = t.oid
where
    f.how ~ 'policies|views'
    and not exists (
        select from unnest(p.proconfig) as c (setting)
        where c.setting like 'search_path=%'
    )
group by n.nspname, p.oid, p.proname, f.how
order by schema, object
