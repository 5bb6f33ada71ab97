/*
code = "PAR002"
name = "partition-granted"
severity = "warning"
since = "0.1.0"
title = "An application role may use a partition directly"
why = '''
Access belongs to the parent, where the policies are. A grant on a partition opens a second way, which has to
be protected by itself. Where it is, by policies like the parent's own that are forced, and gives no more than the
grants on the parent do, or where no policy lets the role see anything, it is said for information.
'''
given = '''
create table app.events (
    id uuid not null default gen_random_uuid(),
    org_id uuid not null references app.orgs on delete cascade,
    at timestamptz not null,
    primary key (org_id, id, at)
) partition by range (at);
alter table app.events enable row level security;
alter table app.events force row level security;
create table app.events_default partition of app.events default;
alter table app.events_default enable row level security;
'''
bad = '''
grant select on app.events_default to example_app;
'''
fix = '''
revoke select on app.events_default from example_app;
'''
*/
with roles as (
    select
        r.oid,
        r.rolname,
        r.rolbypassrls
    from
        unnest(
            string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')
            || string_to_array(pg_catalog.current_setting('ttdb.masked_roles'), ',')
        ) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

policies as (
    -- A subquery names the table whose policy it is in.
    select
        p.*,
        replace(pg_catalog.pg_get_expr(p.polqual, p.polrelid), format('%I.', c.relname), '') as opens,
        replace(
            pg_catalog.pg_get_expr(coalesce(p.polwithcheck, p.polqual), p.polrelid), format('%I.', c.relname), ''
        ) as takes
    from pg_catalog.pg_policy as p
    inner join pg_catalog.pg_class as c on p.polrelid = c.oid
),

-- What a policy says of each command, for whom it is said: by a role's own name, by a group's or to everybody.
rules as (
    select
        roles.oid as role,
        p.polrelid,
        p.polpermissive,
        jsonb_build_array(
            p.polpermissive, d.command, case when d.command <> 'a' then p.opens end,
            case when d.command in ('a', 'w') then p.takes end
        ) as rule
    from policies as p
    inner join roles
        on
            exists (
                select from unnest(p.polroles) as g (oid)
                where g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage')
            )
    inner join
        (values ('r'), ('a'), ('w'), ('d')) as d (command)
        on p.polcmd::text in (d.command, '*')
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    case
        when
            c.relforcerowsecurity
            and not roles.rolbypassrls
            -- No policy lets the role see or write a row there.
            and not exists (
                select from rules as r
                where r.role = roles.oid and r.polrelid = c.oid and r.polpermissive
            )
            then 'info'
        when
            c.relforcerowsecurity
            and top.relrowsecurity
            -- What opens the partition opens the parent, and what holds the parent holds the partition.
            and not exists (
                select r.rule from rules as r
                where r.role = roles.oid and r.polrelid = c.oid and r.polpermissive
                except
                select r.rule from rules as r
                where r.role = roles.oid and r.polrelid = top.oid
            )
            and not exists (
                select r.rule from rules as r
                where r.role = roles.oid and r.polrelid = top.oid and not r.polpermissive
                except
                select r.rule from rules as r
                where r.role = roles.oid and r.polrelid = c.oid
            )
            and not exists (
                select
                from pg_catalog.pg_attribute as a
                cross join unnest(array['select', 'insert', 'update']) as d (deed)
                where
                    a.attrelid = c.oid
                    and a.attnum > 0
                    and not a.attisdropped
                    and has_column_privilege(roles.oid, c.oid, a.attname, d.deed)
                    and not has_column_privilege(roles.oid, top.oid, a.attname, d.deed)
            )
            and (
                has_table_privilege(roles.oid, top.oid, 'delete') or not has_table_privilege(roles.oid, c.oid, 'delete')
            )
            then 'info'
        else 'warning'
    end as severity,
    format('%s may use partition %I.%I directly', roles.rolname, n.nspname, c.relname) as detail,
    format('revoke all on %s from %I;', c.oid::regclass, roles.rolname) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and c.relispartition and c.relrowsecurity
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles
    on
        has_schema_privilege(roles.oid, n.oid, 'usage')
        and has_any_column_privilege(roles.oid, c.oid, 'select, insert, update')
inner join pg_catalog.pg_class as top on pg_catalog.pg_partition_root(c.oid)::oid = top.oid
where not pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage')
order by 1, 2, 3
