/*
code = "PRV006"
name = "default-privileges-to-application"
severity = "warning"
since = "0.1.0"
title = "New tables, functions or schemas are granted to the application by default"
why = '''
A table is reachable from the moment it is created, before anyone has protected it; so is every new partition,
read past its parent's policies. A new function with its owner's rights may be called before anyone has reviewed it.
'''
bad = '''
alter default privileges for role example_owner in schema app grant select on tables to example_app;
'''
fix = '''
alter default privileges for role example_owner in schema app revoke select on tables from example_app;
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
    null::text as schema,
    roles.rolname::text as role,
    'default privileges of ' || d.defaclrole::regrole as object,
    format(
        'new %s of %s%s are granted to %s: %s',
        case d.defaclobjtype
            when 'r' then 'tables' when 'f' then 'functions' when 'n' then 'schemas' else 'sequences'
        end,
        d.defaclrole::regrole,
        coalesce(' in schema ' || n.nspname, ''),
        roles.rolname,
        string_agg(distinct x.privilege_type, ', ' order by x.privilege_type)
    ) as detail,
    format(
        'alter default privileges for role %s%s revoke %s on %s from %s;',
        d.defaclrole::regrole,
        coalesce(' in schema ' || quote_ident(n.nspname), ''),
        string_agg(distinct x.privilege_type, ', ' order by x.privilege_type),
        case d.defaclobjtype
            when 'r' then 'tables' when 'f' then 'functions' when 'n' then 'schemas' else 'sequences'
        end,
        string_agg(distinct case x.grantee when 0 then 'public' else x.grantee::regrole::text end, ', ')
    ) as fix
from pg_catalog.pg_default_acl as d
left join pg_catalog.pg_namespace as n on d.defaclnamespace = n.oid
cross join lateral aclexplode(d.defaclacl) as x
inner join roles on x.grantee = 0 or pg_catalog.pg_has_role(roles.oid, x.grantee, 'usage')
where
    x.grantee <> d.defaclrole
    and case d.defaclobjtype
        when 'r' then true
        when 'n' then x.privilege_type = 'CREATE'
        when 'S' then x.privilege_type = 'UPDATE'
        -- Functions are PUBLIC's by default: it matters where somebody took that away, for all or elsewhere.
        when 'f'
            then (n.nspname is not null or x.grantee <> 0) and exists (
                select from pg_catalog.pg_default_acl as other
                where
                    other.defaclobjtype = 'f'
                    and other.defaclnamespace = 0
                    and other.defaclrole = d.defaclrole
                    and not exists (
                        select from aclexplode(other.defaclacl) as o
                        where o.grantee = 0
                    )
            )
        else false
    end
    and (
        n.nspname is null
        or n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    )
group by d.defaclrole, d.defaclobjtype, n.nspname, roles.rolname
union all
-- The same by other means: what runs whenever something is created.
select
    null,
    granted.role,
    'event trigger ' || e.evtname,
    format('event trigger %I grants what is created to %s', e.evtname, granted.role),
    format('alter event trigger %I disable;', e.evtname)
from pg_catalog.pg_event_trigger as e
inner join pg_catalog.pg_proc as p on e.evtfoid = p.oid
inner join lateral (
    select min(roles.rolname::text) as role
    from roles
    where
        p.prosrc ~* '\mto\s+public\M'
        or exists (
            select from pg_catalog.pg_roles as g
            where
                pg_catalog.pg_has_role(roles.oid, g.oid, 'usage')
                and strpos(lower(p.prosrc), lower(g.rolname)) > 0
        )
) as granted on granted.role is not null
where
    e.evtenabled <> 'D'
    and e.evtevent = 'ddl_command_end'
    and p.prosrc ~* '\mgrant\M'
order by object, role
