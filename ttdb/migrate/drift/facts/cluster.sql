-- Roles, memberships, default privileges, and settings: of ttdb's roles, and what of others reaches tenants.
with recursive ours as (
    select
        r.oid,
        quote_ident(r.rolname) as name
    from pg_catalog.pg_roles as r
    where r.rolname ~ '^ttdb_(owner|operator|app|worker|support|masker|definer|auditor)$'
),

-- The logins that reach a role of ttdb, through any chain of memberships.
reaching as (
    select
        o.name as via,
        o.oid
    from ours as o
    union
    select
        r.via,
        m.member
    from reaching as r
    inner join pg_catalog.pg_auth_members as m on m.roleid = r.oid
),

people as (
    select
        r.oid,
        quote_ident(r.rolname) as name,
        array_agg(distinct e.via) as via,
        r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolreplication as mighty
    from reaching as e
    inner join pg_catalog.pg_roles as r on r.oid = e.oid
    where not exists (select from ours as o where o.oid = r.oid)
    group by r.oid, r.rolname, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolreplication
),

memberships as (
    select
        g.rolname as group_name,
        m.member,
        quote_ident(u.rolname) as name,
        quote_ident(g.rolname) as role,
        m.admin_option,
        coalesce((to_jsonb(m) ->> 'inherit_option')::bool, u.rolinherit) as inherits
    from pg_catalog.pg_auth_members as m
    inner join pg_catalog.pg_roles as g on g.oid = m.roleid
    inner join pg_catalog.pg_roles as u on u.oid = m.member
    where m.roleid in (select o.oid from ours as o) or m.member in (select o.oid from ours as o)
),

settings as (
    select
        coalesce(r.rolname, '') as role,
        d.datname as database,
        split_part(c.line, '=', 1) as name,
        substr(c.line, strpos(c.line, '=') + 1) as value
    from pg_catalog.pg_db_role_setting as s
    left join pg_catalog.pg_roles as r on r.oid = s.setrole
    left join pg_catalog.pg_database as d on d.oid = s.setdatabase
    cross join lateral unnest(s.setconfig) as c (line)
    where (s.setdatabase = 0 or d.datname = current_database())
        and (s.setrole = 0 or s.setrole in (select p.oid from people as p) or s.setrole in (select o.oid from ours as o))
),

placed as (
    select
        s.*,
        concat_ws(
            ' ', 'role ' || quote_ident(nullif(s.role, '')), case when s.role <> '' and s.database is not null then 'in' end,
            case when s.database is not null then 'the database' end
        ) as place,
        case when s.role = '' then format('alter database %I', s.database)
            else concat_ws(' ', format('alter role %I', s.role), 'in database ' || quote_ident(s.database))
        end as alters
    from settings as s
)

select
    'role' as kind,
    quote_ident(r.rolname) as identity,
    'role ' || quote_ident(r.rolname) as object,
    concat_ws(
        ' ',
        case when r.rolcanlogin then 'login' else 'nologin' end,
        case when r.rolinherit then 'inherit' else 'noinherit' end,
        case when r.rolsuper then 'superuser' else 'nosuperuser' end,
        case when r.rolbypassrls then 'bypassrls' else 'nobypassrls' end,
        case when r.rolcreaterole then 'createrole' else 'nocreaterole' end,
        case when r.rolcreatedb then 'createdb' else 'nocreatedb' end,
        case when r.rolreplication then 'replication' else 'noreplication' end
    ) as definition,
    format(
        'alter role %I %s %s %s %s %s %s %s;', r.rolname,
        case when r.rolcanlogin then 'login' else 'nologin' end,
        case when r.rolinherit then 'inherit' else 'noinherit' end,
        case when r.rolsuper then 'superuser' else 'nosuperuser' end,
        case when r.rolbypassrls then 'bypassrls' else 'nobypassrls' end,
        case when r.rolcreaterole then 'createrole' else 'nocreaterole' end,
        case when r.rolcreatedb then 'createdb' else 'nocreatedb' end,
        case when r.rolreplication then 'replication' else 'noreplication' end
    ) as make,
    null as unmake
from pg_catalog.pg_roles as r
inner join ours as o on o.oid = r.oid

union all
-- Who works for the application can do no more than it.
select
    'role',
    p.name,
    'sessions',
    'a login of ' || array_to_string(p.via, ', ') || ' is superuser, or has BYPASSRLS, CREATEROLE or REPLICATION',
    null,
    format('alter role %s nosuperuser nobypassrls nocreaterole noreplication;', p.name)
from people as p
where p.mighty and p.via && array['ttdb_app', 'ttdb_worker', 'ttdb_support', 'ttdb_auditor']

union all
select
    'membership',
    m.name || ' in ' || m.role,
    case
        when m.member in (select o.oid from ours as o) or m.group_name in ('ttdb_masker', 'ttdb_definer')
            then 'role ' || m.role
        when m.group_name in ('ttdb_owner', 'ttdb_operator') and exists (
            select from people as p
            where p.oid = m.member and p.via && array['ttdb_app', 'ttdb_worker', 'ttdb_support', 'ttdb_auditor']
        ) then 'sessions'
        else 'login ' || m.name
    end,
    'member' || case when m.admin_option then ' with admin option' else '' end,
    format('grant %s to %s;', m.role, m.name),
    format('revoke %s from %s;', m.role, m.name)
from memberships as m

union all
select
    'membership inherits',
    m.name || ' in ' || m.role,
    'role ' || m.role,
    m.inherits::text,
    case when current_setting('server_version_num')::int4 >= 160000
        then format(
            'grant %s to %s with inherit %s;', m.role, m.name, case when m.inherits then 'true' else 'false' end
        )
    end,
    null
from memberships as m
where m.member in (select o.oid from ours as o)

union all
select
    'setting',
    s.place || ': ' || s.name,
    case
        when s.role in (select o.name from ours as o) then 'role ' || s.role
        -- What turns row security, names or triggers for whoever connects.
        when s.name in (
            'search_path', 'row_security', 'role', 'session_replication_role', 'session_authorization',
            'session_preload_libraries', 'local_preload_libraries', 'default_transaction_read_only',
            'standard_conforming_strings', 'check_function_bodies'
        ) or s.name ~ '[.]' then 'sessions'
        else 'login ' || s.place
    end,
    case when s.name ~ '[.]' then 'set' else s.value end, -- a name of one's own may hold a secret
    case when s.name !~ '[.]' then format('%s set %I to %L;', s.alters, s.name, s.value) end,
    format('%s reset %s;', s.alters, s.name)
from placed as s

union all
select
    'default privileges',
    concat_ws(
        ' ', quote_ident(pg_get_userbyid(d.defaclrole)), 'in ' || nullif(d.defaclnamespace, 0)::regnamespace::text,
        'on', k.word, 'to', coalesce(quote_ident(r.rolname), 'public')
    ),
    case when d.defaclrole in (select o.oid from ours as o)
        then 'role ' || quote_ident(pg_get_userbyid(d.defaclrole))
        else 'login ' || quote_ident(pg_get_userbyid(d.defaclrole))
    end,
    string_agg(lower(a.privilege_type), ', ' order by a.privilege_type collate "C"),
    format(
        'alter default privileges for role %I%s grant %s on %s to %s;', pg_get_userbyid(d.defaclrole),
        ' in schema ' || nullif(d.defaclnamespace, 0)::regnamespace::text,
        string_agg(lower(a.privilege_type), ', ' order by a.privilege_type collate "C"),
        k.word, coalesce(quote_ident(r.rolname), 'public')
    ),
    format(
        'alter default privileges for role %I%s revoke all on %s from %s;', pg_get_userbyid(d.defaclrole),
        ' in schema ' || nullif(d.defaclnamespace, 0)::regnamespace::text,
        k.word, coalesce(quote_ident(r.rolname), 'public')
    )
from pg_catalog.pg_default_acl as d
cross join lateral (
    select case d.defaclobjtype
        when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' else 'schemas'
    end
) as k (word)
cross join lateral aclexplode(d.defaclacl) as a
left join pg_catalog.pg_roles as r on r.oid = a.grantee
where a.grantee <> d.defaclrole
group by d.defaclrole, d.defaclnamespace, d.defaclobjtype, k.word, r.rolname

union all
select
    'event trigger',
    quote_ident(e.evtname),
    'event trigger ' || quote_ident(e.evtname),
    concat_ws(' ', e.evtevent, e.evtfoid::regproc, case when e.evtenabled = 'D' then 'disabled' end),
    format('alter event trigger %I enable;', e.evtname),
    format('drop event trigger %I;', e.evtname)
from pg_catalog.pg_event_trigger as e

union all
select
    'extension',
    quote_ident(e.extname),
    'extension ' || quote_ident(e.extname),
    'stands',
    format('create extension %I with schema %s;', e.extname, e.extnamespace::regnamespace),
    format('drop extension %I;', e.extname)
from pg_catalog.pg_extension as e
where e.extname <> 'plpgsql'
