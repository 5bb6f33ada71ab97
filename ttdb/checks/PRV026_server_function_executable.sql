/*
code = "PRV026"
name = "server-function-executable"
severity = "error"
since = "0.1.0"
title = "An application role may call a function of the server that PostgreSQL keeps for administrators"
why = '''
PostgreSQL itself lets nobody but superusers call functions that read and write files, replication slots or the
server's configuration. Granted, they are past every policy.
'''
bad = '''
grant execute on function pg_catalog.pg_read_file(text) to example_app;
'''
fix = '''
revoke execute on function pg_catalog.pg_read_file(text) from example_app;
'''
*/
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

kept as (
    select
        p.*,
        coalesce(i.initprivs, acldefault('f', p.proowner)) as initial
    from pg_catalog.pg_proc as p
    left join pg_catalog.pg_init_privs as i
        on p.oid = i.objoid and i.classoid = 'pg_catalog.pg_proc'::regclass and i.objsubid = 0
    where
        p.proacl is not null
        and (
            p.oid < 16384
            -- an extension's, as that left them
            or i.privtype = 'e'
        )
)

select
    n.nspname::text as schema,
    roles.rolname::text as role,
    'functions of the server are open to the application' as cause,
    k.proname || '(' || pg_catalog.pg_get_function_identity_arguments(k.oid) || ')' as object,
    case
        when
            k.proname ~ (
                '^(pg_read|pg_ls_|pg_stat_file|lo_import|lo_export|pg_file|pg_logical|pg_replication|pg_create'
                || '|dblink_connect_u)'
            )
            then 'error'
        else 'warning'
    end as severity,
    format('%s may call %s', roles.rolname, k.oid::regprocedure) as detail,
    format('select 1 where has_function_privilege(%L, %s, ''execute'');', roles.rolname, k.oid) as evidence,
    format('revoke execute on function %s from %I, public;', k.oid::regprocedure, roles.rolname) as fix
from kept as k
inner join pg_catalog.pg_namespace as n on k.pronamespace = n.oid
cross join lateral aclexplode(k.proacl) as x
inner join roles on x.grantee = 0 or pg_catalog.pg_has_role(roles.oid, x.grantee, 'usage')
where
    x.grantee <> k.proowner
    and not exists (
        select from aclexplode(k.initial) as i
        where i.grantee in (0, x.grantee)
    )
order by object, role
