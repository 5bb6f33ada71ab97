/*
code = "FNC014"
name = "immutable-that-varies"
severity = "error"
since = "0.1.0"
title = "A function on which policies rely is said to be immutable, and reads who the session is"
why = '''
The server may compute an immutable function once, when it plans, and keep the answer in the plan: a prepared statement
that a pooler or a driver uses again for the next tenant then serves the tenant for whom it was planned.
'''
bad = '''
create or replace function app.org() returns uuid language sql immutable
return nullif(pg_catalog.current_setting('app.org', true), '')::uuid;
'''
fix = '''
alter function app.org() stable;
'''
*/
select
    n.nspname::text as schema,
    'functions that tell the tenant are said to be immutable' as cause,
    p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' as object,
    format('%s is immutable, and reads %s: %s', p.oid::regprocedure, min(m.parts[1]), f.how) as detail,
    format(
        'select p.oid::regprocedure from pg_catalog.pg_proc as p'
        ' where p.oid = %L::regprocedure and p.provolatile = ''i'';',
        p.oid::regprocedure
    ) as evidence,
    format('alter function %s stable;', p.oid::regprocedure) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.relied_functions')::jsonb) as f (function oid, how text)
inner join pg_catalog.pg_proc as p on f.function = p.oid and p.provolatile = 'i'
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
cross join
    lateral regexp_matches(
        coalesce(p.prosrc, '') || coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), ''),
        '\m(current_setting|current_user|session_user|current_role)\M', 'gi'
    ) as m (parts)
where f.how ~ 'policies|views'
group by n.nspname, p.oid, p.proname, f.how
order by schema, object
