/*
code = "PRV010"
name = "application-owns-function"
severity = "error"
since = "0.1.0"
title = "An application role owns a function on which the tenants' separation rests"
why = '''
Its owner may replace its body or its settings: a policy that calls it then says what he likes, and a trigger that runs
it does what he likes with the rights of whoever writes. So do a default, a constraint, an index or another function
that call it, once somebody else writes or calls.
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
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    roles.rolname::text as role,
    'functions on which others rely are owned by the application' as cause,
    p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' as object,
    case when f.how ~ 'policies|triggers|views' then 'error' else 'warning' end as severity,
    format('%s owns %s: %s', roles.rolname, p.oid::regprocedure, f.how) as detail,
    format(
        'select 1 from pg_catalog.pg_proc where oid = %L::regprocedure'
        ' and pg_catalog.pg_has_role(%L, proowner, ''usage'');',
        p.oid::regprocedure, roles.rolname
    ) as evidence,
    format(E'-- to a role that nobody logs in as:\nalter routine %s owner to owner_role;', p.oid::regprocedure) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.relied_functions')::jsonb) as f (function oid, how text)
inner join pg_catalog.pg_proc as p on f.function = p.oid
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
inner join roles on pg_catalog.pg_has_role(roles.oid, p.proowner, 'usage')
order by n.nspname, p.proname, roles.rolname
