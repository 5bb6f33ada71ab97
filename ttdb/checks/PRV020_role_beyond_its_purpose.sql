/*
code = "PRV020"
name = "role-beyond-its-purpose"
severity = "warning"
since = "0.1.0"
title = "A role with narrow rights of its own has powers that make them moot"
why = '''
Grants and policies say what a job, an auditor or a definer may do; as a superuser, past the policies, as the owner of
tenants' tables, on the server itself or as another role that writes for all tenants, it may do more, or anything.
Nobody who reads its grants expects that. Of a role for all tenants that reads most tables past the policies, one more
policy that shows it every row tells nothing new.
'''
bad = '''
alter role example_worker bypassrls;
'''
fix = '''
alter role example_worker nobypassrls;
'''
*/
with tables as (
    select c.*
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    inner join pg_catalog.pg_class as c on t.relation = c.oid and not c.relispartition
),

owners as (
    select distinct
        o.oid,
        o.rolname
    from tables as c
    inner join pg_catalog.pg_roles as o on c.relowner = o.oid
    where
        not o.rolsuper
        and o.rolname <> all(
            string_to_array(pg_catalog.current_setting('ttdb.cross_tenant_roles'), ',')::name[]
        )
),

used as (
    -- Neither the application, which other checks are about, nor the tables' owners.
    select r.*
    from pg_catalog.pg_roles as r
    where
        r.oid <> 10
        and r.rolname <> all(
            string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')::name[]
            || string_to_array(pg_catalog.current_setting('ttdb.masked_roles'), ',')::name[]
            || string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')::name[]
        )
        and r.oid not in (select owners.oid from owners)
        and exists (
            select from pg_catalog.pg_policy as p
            where r.oid = any(p.polroles)
            union all
            select from pg_catalog.pg_class as c
            inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
            cross join lateral aclexplode(c.relacl) as x
            where
                x.grantee = r.oid
                and c.relowner <> r.oid
                and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
            union all
            -- a service's login, which is in the application's group as it was before it got past the policies; who
            -- makes roles is a member of those it made
            select from pg_catalog.pg_auth_members as m
            inner join pg_catalog.pg_roles as g on m.roleid = g.oid
            where
                m.member = r.oid
                and (r.rolsuper or (r.rolbypassrls and r.rolcanlogin and not r.rolcreaterole))
                and g.rolname = any(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')::name[])
                and not exists (
                    select from pg_catalog.pg_auth_members as o
                    inner join owners on o.roleid = owners.oid
                    where o.member = r.oid
                )
        )
),

-- Who is named by policies of tenants' tables, and what for.
rules as (
    select
        g.oid as role,
        x.granted,
        p.polcmd <> 'r' as writes,
        p.polcmd <> 'r' and x.opens = 'true' as writes_all
    from tables as c
    inner join pg_catalog.pg_policy as p on c.oid = p.polrelid
    cross join lateral unnest(p.polroles) as g (oid)
    cross join lateral (
        select
            coalesce(
                pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), pg_catalog.pg_get_expr(p.polqual, p.polrelid)
            ) as opens,
            bool_or(a.grantee = g.oid and a.privilege_type in ('INSERT', 'UPDATE', 'DELETE')) as granted
        from aclexplode(c.relacl) as a
    ) as x
),

powers as (
    select
        used.rolname,
        'is a superuser' as power,
        'role ' || used.rolname as object,
        format('alter role %I nosuperuser;', used.rolname) as fix,
        format('select 1 from pg_catalog.pg_roles where rolname = %L and rolsuper;', used.rolname) as evidence
    from used
    where used.rolsuper
    union all
    select
        used.rolname,
        'bypasses row level security, though its grants or policies say what it may see',
        'role ' || used.rolname,
        format('alter role %I nobypassrls;', used.rolname),
        format('select 1 from pg_catalog.pg_roles where rolname = %L and rolbypassrls;', used.rolname)
    from used
    where
        used.rolbypassrls
        and not used.rolsuper
        and (
            exists (
                select from pg_catalog.pg_policy as p
                where used.oid = any(p.polroles)
            )
            -- a login that nobody named as one for all tenants, as a worker or a backup is
            or (
                used.rolcanlogin
                and used.rolname <> all(
                    string_to_array(pg_catalog.current_setting('ttdb.cross_tenant_roles'), ',')::name[]
                )
            )
        )
        and not (
            used.rolname = any(string_to_array(pg_catalog.current_setting('ttdb.cross_tenant_roles'), ',')::name[])
            and not exists (
                select from pg_catalog.pg_policy as p
                where
                    used.oid = any(p.polroles)
                    and (
                        not p.polpermissive
                        or coalesce(pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'true') <> 'true'
                        or coalesce(pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), 'true') <> 'true'
                    )
            )
            and (
                select
                    2 * count(*) filter (
                        where exists (
                            select from pg_catalog.pg_policy as p
                            where p.polrelid = c.oid and used.oid = any(p.polroles)
                        )
                    ) < count(*)
                from tables as c
                where c.relrowsecurity and has_any_column_privilege(used.oid, c.oid, 'select')
            )
        )
    union all
    select
        used.rolname,
        'may make roles and grant itself others',
        'role ' || used.rolname,
        format('alter role %I nocreaterole;', used.rolname),
        format('select 1 from pg_catalog.pg_roles where rolname = %L and rolcreaterole;', used.rolname)
    from used
    where used.rolcreaterole and not used.rolsuper
    union all
    select
        used.rolname,
        format('has %s, though it is granted much less', g.rolname),
        'role ' || used.rolname,
        format('revoke %I from %I;', g.rolname, used.rolname),
        format('select 1 where pg_catalog.pg_has_role(%L, %L, ''member'');', used.rolname, g.rolname)
    from used
    inner join pg_catalog.pg_roles as g
        on
            g.rolname in ('pg_read_all_data', 'pg_write_all_data')
            and pg_catalog.pg_has_role(used.oid, g.oid, 'member')
    where
        not used.rolsuper
        and 2 * (
            select count(*)
            from tables as c
            where
                exists (
                    select from aclexplode(c.relacl) as x
                    where
                        x.grantee = used.oid
                        and x.privilege_type = case g.rolname when 'pg_read_all_data' then 'SELECT' else 'UPDATE' end
                )
        ) < (select count(*) from tables)
    union all
    select
        used.rolname,
        format('may become %s, which owns tenants'' tables', owners.rolname),
        'role ' || owners.rolname,
        format('revoke %I from %I;', owners.rolname, used.rolname),
        format('select 1 where pg_catalog.pg_has_role(%L, %L, ''member'');', used.rolname, owners.rolname)
    from used
    inner join owners on used.oid <> owners.oid and pg_catalog.pg_has_role(used.oid, owners.oid, 'member')
    where not used.rolsuper
    union all
    select
        used.rolname,
        format('has %s', g.rolname),
        'role ' || used.rolname,
        format('revoke %I from %I;', g.rolname, used.rolname),
        format('select 1 where pg_catalog.pg_has_role(%L, %L, ''member'');', used.rolname, g.rolname)
    from used
    inner join pg_catalog.pg_roles as g
        on
            g.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
            and pg_catalog.pg_has_role(used.oid, g.oid, 'member')
    where not used.rolsuper
    union all
    select
        used.rolname,
        format('may become %s, which writes rows of all tenants, and is to read only', g.rolname),
        'role ' || g.rolname,
        format('revoke %I from %I;', g.rolname, used.rolname),
        format('select 1 where pg_catalog.pg_has_role(%L, %L, ''member'');', used.rolname, g.rolname)
    from used
    inner join pg_catalog.pg_roles as g
        on used.oid <> g.oid and not g.rolsuper and pg_catalog.pg_has_role(used.oid, g.oid, 'member')
    where
        not used.rolsuper
        and g.rolname <> all(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')::name[])
        and used.oid in (select rules.role from rules)
        and used.oid not in (
            select rules.role from rules
            where rules.writes or rules.granted
        )
        and g.oid in (
            select rules.role from rules
            where rules.writes_all and rules.granted
        )
)

select
    null::text as schema,
    powers.object,
    powers.rolname::text as role,
    powers.evidence,
    powers.fix,
    format('%s is more than its grants say', powers.rolname) as cause,
    format('%s, whose rights are narrow by grants and policies, %s', powers.rolname, powers.power) as detail
from powers
order by powers.rolname, powers.power
