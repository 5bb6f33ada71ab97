/*
code = "PRV010"
name = "application-owns-function"
severity = "error"
since = "0.1.0"
title = "An application role owns a function on which the tenants' separation rests"
why = '''
Its owner may replace its body or its settings: a policy that calls it then says what he likes, and a trigger that runs
it does what he likes with the rights of whoever writes.
'''
bad = '''
alter function app.org() owner to example_app;
'''
fix = '''
alter function app.org() owner to example_owner;
'''
*/
with roles as (
    select
        r.oid,
        r.rolname
    from
        unnest(
            string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')
            || string_to_array(pg_catalog.current_setting('ttdb.masked_roles'), ',')
        ) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)
,

used as (
    select
        d.refobjid as function,
        'policies call it' as how
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_policy'::regclass and d.refclassid = 'pg_catalog.pg_proc'::regclass
    union
    select
        t.tgfoid,
        'triggers run it'
    from pg_catalog.pg_trigger as t
    where not t.tgisinternal
    union
    select
        d.refobjid,
        'views call it'
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_rewrite'::regclass and d.refclassid = 'pg_catalog.pg_proc'::regclass
)

select
    n.nspname::text as schema,
    roles.rolname::text as role,
    'functions on which policies rest are owned by the application' as cause,
    p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' as object,
    format('%s owns %s: %s', roles.rolname, p.oid::regprocedure, string_agg(distinct used.how, ', ')) as detail,
    format(
        'select 1 from pg_catalog.pg_proc where oid = %L::regprocedure'
        ' and pg_catalog.pg_has_role(%L, proowner, ''usage'');',
        p.oid::regprocedure, roles.rolname
    ) as evidence
from used
inner join pg_catalog.pg_proc as p on used.function = p.oid and p.pronamespace <> 'pg_catalog'::regnamespace
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
inner join roles on pg_catalog.pg_has_role(roles.oid, p.proowner, 'usage')
group by n.nspname, p.oid, p.proname, roles.rolname
order by n.nspname, p.proname, roles.rolname
