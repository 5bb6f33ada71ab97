/*
code = "FNC007"
name = "resolver-open"
severity = "error"
since = "0.1.0"
title = "A function that finds a tenant before there is one is open to every session, or tells more than the tenant"
why = '''
A resolver answers without a tenant: whose e-mail address, whose payment is this? Granted to PUBLIC or to the
services' group, a session of one tenant asks it about every other; returning more than tenants, it shows their rows.
Granted to the one service that needs it, it is a narrow channel, and only noted.
'''
given = '''
create schema if not exists ttdb;
create table ttdb.resolvers (function text primary key, finds text not null);
create function app.org_of(p_email text) returns uuid
language sql stable security definer set search_path = ''
as 'select org_id from app.customers where email = p_email';
revoke all on function app.org_of(text) from public;
insert into ttdb.resolvers values ('app.org_of(text)', 'the org of a customer');
'''
bad = '''
grant execute on function app.org_of(text) to public;
'''
fix = '''
revoke execute on function app.org_of(text) from public;
'''
requires = ["ttdb.resolvers"]
subsumed_by = ["FNC004"]
*/
with resolvers as (
    select
        p.*,
        n.nspname,
        r.finds,
        p.oid::regprocedure::text as signature,
        p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' as object
    from ttdb.resolvers as r
    inner join pg_catalog.pg_proc as p on p.oid = to_regprocedure(r.function)
    inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
),

app as (
    select
        r.oid,
        r.rolname,
        r.rolcanlogin
    from
        unnest(
            string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')
            || string_to_array(pg_catalog.current_setting('ttdb.masked_roles'), ',')
        ) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name
),

granted as (
    select
        r.signature,
        a.grantee,
        coalesce(g.rolname::text, 'public') as grantee_name,
        coalesce(g.rolcanlogin, false) as is_login
    from resolvers as r
    cross join lateral aclexplode(coalesce(r.proacl, acldefault('f', r.proowner))) as a
    left join pg_catalog.pg_roles as g on a.grantee = g.oid
    where
        a.privilege_type = 'EXECUTE'
        and a.grantee <> r.proowner
        -- groups through which no service comes, as the operators', are nobody's channel
        and (
            a.grantee = 0
            or g.rolcanlogin
            or exists (
                select from app
                where pg_catalog.pg_has_role(app.oid, a.grantee, 'usage')
            )
        )
)

select
    r.nspname::text as schema,
    r.object,
    g.grantee_name as role,
    case when g.is_login then 'info' else 'error' end as severity,
    case
        when g.is_login then 'declared resolvers'
        else 'resolvers are open to every session'
    end as cause,
    case
        when g.is_login
            then format('%s may ask %s for %s: a declared narrow channel', g.grantee_name, r.signature, r.finds)
        else format('%s may ask %s for %s', g.grantee_name, r.signature, r.finds)
    end as detail,
    format(
        'select p.oid::regprocedure, a.grantee::regrole from pg_catalog.pg_proc as p'
        ' cross join lateral aclexplode(coalesce(p.proacl, acldefault(''f'', p.proowner))) as a'
        ' where p.oid = %L::regprocedure and a.grantee = %s;',
        r.signature,
        g.grantee
    ) as evidence,
    format(
        'revoke execute on function %s from %s;',
        r.signature,
        case when g.grantee = 0 then 'public' else quote_ident(g.grantee_name) end
    ) as fix
from resolvers as r
inner join granted as g on r.signature = g.signature

union all
select
    r.nspname::text,
    r.object,
    null,
    'error',
    'resolvers tell more than the tenant',
    format('%s is declared to find a tenant, and returns %s', r.signature, pg_catalog.pg_get_function_result(r.oid)),
    format('select pg_catalog.pg_get_function_result(%L::regprocedure);', r.signature),
    format('drop function %s; -- and make one that returns uuid or setof uuid', r.signature)
from resolvers as r
where r.prokind <> 'f' or r.prorettype <> 'uuid'::regtype or r.proargmodes is not null

union all
select
    r.nspname::text,
    r.object,
    null,
    'error',
    'resolvers do not run as their own role',
    format(
        '%s is declared to find a tenant, and runs as %s',
        r.signature,
        case when r.prosecdef then pg_catalog.pg_get_userbyid(r.proowner)::text else 'whoever calls it' end
    ),
    format(
        'select p.prosecdef, p.proowner::regrole from pg_catalog.pg_proc as p where p.oid = %L::regprocedure;',
        r.signature
    ),
    format('alter function %s owner to ttdb_definer; alter function %1$s security definer;', r.signature)
from resolvers as r
where
    not r.prosecdef
    -- where ttdb manages the database: elsewhere its roles may be missing
    or (
        r.proowner <> to_regrole('ttdb_definer')
        and to_regclass('ttdb.ledger') is not null
    )
order by 1, 2, 3
