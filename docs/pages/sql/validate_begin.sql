\set ON_ERROR_STOP on
\set QUIET on
\set VERBOSITY terse
\pset pager off
\pset footer off
\pset null ''

begin transaction isolation level repeatable read, read only;
set local search_path = '';
set local lock_timeout = '5s';
set local statement_timeout = '60s';

do $ready$
declare
    v_can_become constant pg_catalog.text := case
        when pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 160000 then 'SET'
        else 'MEMBER'
    end;
begin
    if pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 150000 then
        raise exception 'PostgreSQL % is not supported: 15 to 18 are', pg_catalog.current_setting('server_version');
    end if;
    if not exists (
        select
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'ttdb' and c.relname = 'tenant_tables'
    ) then
        raise exception 'database % has no engine of ttdb: run ttdb upgrade first', pg_catalog.current_database();
    end if;
    if not (select r.rolsuper from pg_catalog.pg_roles as r where r.rolname = session_user) then
        if not pg_catalog.pg_has_role(session_user, 'ttdb_operator', v_can_become) then
            raise exception 'login % may not read the registry: have an admin run: grant ttdb_operator to %;',
                session_user, pg_catalog.quote_ident(session_user);
        end if;
        perform pg_catalog.set_config('role', 'ttdb_operator', true);
    end if;
end;
$ready$;

select
    pg_catalog.current_database() as "database",
    session_user as login,
    pg_catalog.current_setting('server_version') as server;

-- Every table and partition outside the system's schemas, with the column that holds its tenant: as registered, else by
-- the name that most registered tables use.
with registered as (
    select
        t.relation::pg_catalog.oid as oid,
        t.tenant_column
    from ttdb.tenant_tables as t
),

usual as (
    select coalesce(pg_catalog.mode() within group (order by r.tenant_column), 'tenant_id') as name
    from registered as r
),

tables as (
    select
        c.oid,
        n.nspname,
        c.relname,
        a.attname
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    cross join usual as u
    left join registered as r
        on r.oid = case when c.relispartition then pg_catalog.pg_partition_root(c.oid)::pg_catalog.oid else c.oid end
    left join pg_catalog.pg_attribute as a
        on a.attrelid = c.oid and a.attname = coalesce(r.tenant_column, u.name) and a.attnum > 0 and not a.attisdropped
    where c.relkind in ('r', 'p')
        and n.nspname not in ('pg_catalog', 'information_schema')
        and n.nspname !~ '^pg_(toast|temp)'
        and not exists (
            select
            from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
        )
),

held as (
    select
        t.oid,
        t.nspname,
        t.attname
    from tables as t
    where t.attname is not null
    union
    -- The table of tenants itself: its key is what tenant columns point at.
    select
        p.oid,
        p.nspname,
        a.attname
    from tables as t
    inner join pg_catalog.pg_attribute as own on own.attrelid = t.oid and own.attname = t.attname
    inner join pg_catalog.pg_constraint as k on k.conrelid = t.oid and k.contype = 'f' and k.conkey = array[own.attnum]
    inner join tables as p on p.oid = k.confrelid and p.attname is null
    inner join pg_catalog.pg_attribute as a on a.attrelid = p.oid and a.attnum = k.confkey[1]
)

select
    pg_catalog.set_config('ttdb.tenant_tables', coalesce(pg_catalog.jsonb_agg(
        pg_catalog.jsonb_build_object('relation', h.oid::pg_catalog.int8, 'tenant_column', h.attname)
    ), '[]')::pg_catalog.text, true) as tenant_tables,
    pg_catalog.set_config('ttdb.protected_schemas', coalesce(pg_catalog.string_agg(distinct h.nspname, ',')
        filter (where h.nspname not in ('ttdb', 'audit', 'masked')), ''), true) as protected_schemas
from held as h \gset

-- Tables without a tenant column whose rows belong to tenants through their parents: by foreign keys, or by a column
-- that is named after a tenants' table and has its key's type.
with recursive held as (
    select t.relation
    from pg_catalog.jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::pg_catalog.jsonb)
        as t (relation pg_catalog.oid)
),

edges as (
    select
        k.conrelid as child,
        k.confrelid as parent
    from pg_catalog.pg_constraint as k
    where k.contype = 'f' and k.conrelid <> k.confrelid
        and not exists (
            select
            from pg_catalog.pg_attribute as a
            where a.attrelid = k.conrelid and a.attnum = any(k.conkey)
                and a.attname in ('created_by', 'updated_by', 'modified_by', 'deleted_by')
        )
    union
    select
        a.attrelid,
        p.oid
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_class as c on c.oid = a.attrelid and c.relkind in ('r', 'p')
    inner join pg_catalog.pg_class as p
        on p.relkind in ('r', 'p') and not p.relispartition and p.relname::pg_catalog.text = any(array[
            pg_catalog.left(a.attname, -3),
            pg_catalog.left(a.attname, -3) || 's',
            pg_catalog.left(a.attname, -3) || 'es',
            pg_catalog.regexp_replace(pg_catalog.left(a.attname, -3), 'y$', 'ies')
        ])
    inner join held as h on h.relation = p.oid
    inner join pg_catalog.pg_index as i on i.indrelid = p.oid and i.indisprimary and i.indnkeyatts = 1
    inner join pg_catalog.pg_attribute as key
        on key.attrelid = p.oid and key.attnum = i.indkey[0] and key.atttypid = a.atttypid
    where a.attname like '%\_id' and a.attnum > 0 and not a.attisdropped
),

reached (child, hops) as (
    select
        e.child,
        1
    from edges as e
    inner join held as h on h.relation = e.parent
    union
    select
        e.child,
        r.hops + 1
    from edges as e
    inner join reached as r on r.child = e.parent and r.hops < 4
)

select pg_catalog.set_config('ttdb.tenant_children', coalesce(pg_catalog.jsonb_agg(
    distinct pg_catalog.jsonb_build_object('relation', c.oid::pg_catalog.int8)
), '[]')::pg_catalog.text, true) as tenant_children
from reached as r
inner join pg_catalog.pg_class as c on c.oid = r.child
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname not in ('pg_catalog', 'information_schema')
    and n.nspname !~ '^pg_(toast|temp)'
    and not exists (select from held as h where h.relation = r.child) \gset

-- Keys over all tenants whose values, as ttdb.keep_unique() was told, a provider makes at random.
select pg_catalog.to_regclass('ttdb.unique_keys') is not null as keeps_keys \gset
\if :keeps_keys
    select pg_catalog.set_config('ttdb.declared_keys', coalesce(pg_catalog.jsonb_agg(
        pg_catalog.jsonb_build_object('relation', u.keys::pg_catalog.oid::pg_catalog.int8) order by u.keys
    ), '[]')::pg_catalog.text, true) as declared_keys
    from ttdb.unique_keys as u
    where u.across_tenants \gset
\else
    select pg_catalog.set_config('ttdb.declared_keys', '[]', true) as declared_keys \gset
\endif

-- Who is who: services log in as members of ttdb_app; a superuser is a member only where somebody granted it.
with services as (
    select r.rolname
    from pg_catalog.pg_roles as r
    where r.rolcanlogin
        and case
            when r.rolsuper then exists (
                select
                from pg_catalog.pg_auth_members as m
                where m.member = r.oid and m.roleid = pg_catalog.to_regrole('ttdb_app')
            )
            else pg_catalog.pg_has_role(r.oid, 'ttdb_app', 'MEMBER')
                and not pg_catalog.pg_has_role(r.oid, 'ttdb_operator', 'MEMBER')
                and not pg_catalog.pg_has_role(r.oid, 'ttdb_owner', 'MEMBER')
        end
)

select
    pg_catalog.set_config('ttdb.app_roles', pg_catalog.concat_ws(',', 'ttdb_app', (
        select pg_catalog.string_agg(s.rolname, ',' order by s.rolname)
        from services as s
    )), true) as app_roles,
    pg_catalog.set_config('ttdb.masked_roles', 'ttdb_support', true) as masked_roles,
    pg_catalog.set_config('ttdb.cross_tenant_roles', 'ttdb_operator,ttdb_worker,ttdb_definer,ttdb_auditor', true)
        as cross_tenant_roles,
    pg_catalog.set_config('ttdb.attackers', pg_catalog.concat_ws(',', 'ttdb_app', 'ttdb_support', (
        select pg_catalog.string_agg(distinct r.rolname, ',' order by r.rolname)
        from services as s
        inner join pg_catalog.pg_roles as r on pg_catalog.pg_has_role(s.rolname, r.oid, 'MEMBER')
        where not r.rolsuper
            and r.rolname !~ '^pg_'
            and r.rolname not in (
                'ttdb_app', 'ttdb_support', 'ttdb_operator', 'ttdb_worker', 'ttdb_definer', 'ttdb_auditor'
            )
    )), true) as attackers,
    pg_catalog.set_config('ttdb.tenant_setting', ttdb.tenant_setting(), true) as tenant_setting,
    pg_catalog.set_config('ttdb.tenant_settings', ttdb.tenant_setting(), true) as tenant_settings \gset

-- What the separation of tenants rests on: functions that others rely on, and schemas.
{relied}

-- What is found is kept in a setting of this transaction: the script makes no object, not even a temporary one.
select pg_catalog.set_config('ttdb.findings', '[]', true) as findings \gset

-- The checks. One that fails is reported as unproven, and the others go on.
\set ON_ERROR_ROLLBACK on
\set ON_ERROR_STOP off
