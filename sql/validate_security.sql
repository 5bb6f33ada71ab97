-- Written by docs/generate.py; do not edit. All of ttdb's catalog checks, run by psql alone:
--
--     psql -X -f sql/validate_security.sql "dbname=tickets"
--
-- It changes nothing: one read-only transaction, rolled back. The last line is "verdict: pass", and psql exits with 0;
-- or "verdict: fail", where an error or a warning was found, or "verdict: incomplete", where a check could not run:
-- psql exits with 3. The login is a superuser or a member of ttdb_operator. psql and server: 15 to 18.
--
-- It reads the catalog and the registry. These holes show only when somebody tries them, as ttdb validate does:
--     AUD003 A change to an audited table leaves no row in the trail
--     AUD004 A trigger refuses writes because it names a column, table or function that does not exist
--     AUD005 A change by the application leaves nothing in the trail that records others
--     AUD006 The application may change, remove or forge what the trail records
--     AUD007 What the trail records does not tell who did it or whose it is, or lets the doer say so himself
--     AUD008 The trail keeps a secret whole
--     AUD009 A function lets the application remove or change what the trail records
--     AUD010 What a cascade or another trigger changes is not recorded
--     AUD011 The trail records that a row was changed, and leaves the amount or state out that was
--     AUD012 A function changes rows that a trail records, and the trail has nothing of it
--     AUD014 A role may fire the trail's function from a table of its own, and so forge records
--     FNC004 A function with its owner's rights gives a session of one tenant what belongs to another
--     FNC015 A function lets the application set what only its owner may set
--     FNC016 A function with its owner's rights runs SQL that its caller writes
--     FNC019 A role fires a trigger's function from a table of its own, and so changes rows of another tenant
--     ISO001 A session without a valid tenant sees tenants' rows
--     ISO002 A session without a valid tenant gets an error where it should see no rows
--     ISO003 A session of one tenant reads rows of another
--     ISO004 A setting that any session can set opens other tenants' rows
--     ISO005 A session of one tenant changes rows of another
--     ISO006 An application role may become one that is beyond the policies
--     ISO007 A policy admits another tenant's row, to a command that need not read it or with a value no row has yet
--     ISO008 What a tenant writes to its own rows changes another tenant's, through a trigger or a rule
--     ISO010 Some tenants read rows of others
--     ISO011 What a session of one tenant is told changes with rows of another
--     ISO012 What a session of one tenant writes changes rows of another
--     ISO013 A copy of another tenant's data is in what a session of one tenant reads
--     ISO014 A row that a session makes for itself opens rows of another tenant
--     ISO020 Row level security does not hold for a table's owner, as whom a view or a function shows its rows
--     ISO021 A function leaves a tenant, or its rows, in the session
--     ISO022 The pooler hands one client's tenant to the next
--     ISO023 Another tenant's row opens to whoever sets a setting to its number, which can be guessed
--     ISO024 What one tenant queues makes a job write for another
--     ISO025 What a row says makes the session another tenant's
--     MSK002 A masked role reads a raw personal value
--     MSK003 A masked role is shown a value that was planted in a personal column
--     MSK004 A masked role can confirm a guess of a masked value
--     MSK005 A masked role may read a raw personal column, or become a role that may
--     MSK006 A function gives a masked role a raw personal value
--     MSK007 A generated column tells what another holds that a role may not read
--     OBJ005 A trigger or a function sends values of tenants' rows in a notification, which any session may listen to
--     OBJ006 The catalog, which every session reads, holds a tenant's value
--     OBJ007 The application writes SQL that a function with more rights will run
--     SRV002 The pooler's mode does not fit the way the services set their tenant
--     SRV003 Named prepared statements fail behind the pooler
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
select pg_catalog.set_config('ttdb.relied_functions', coalesce(pg_catalog.json_agg(q)::text, '[]'), true) from (-- The functions on which others' work rests, and how: called by policies, triggers, views, defaults, constraints, indexes,
-- event triggers, through operators and casts too; and those that such a function, or one with its owner's rights, calls.
with recursive seeds as (
    select
        'pg_catalog.pg_policy'::regclass::oid as classid,
        oid as objid,
        'policies call it' as how
    from pg_catalog.pg_policy
    union all
    select
        'pg_catalog.pg_trigger'::regclass,
        oid,
        'triggers run it'
    from pg_catalog.pg_trigger
    where not tgisinternal
    union all
    select
        'pg_catalog.pg_rewrite'::regclass,
        oid,
        'views and rules call it'
    from pg_catalog.pg_rewrite
    where oid >= 16384
    union all
    select
        'pg_catalog.pg_attrdef'::regclass,
        oid,
        'defaults call it'
    from pg_catalog.pg_attrdef
    union all
    select
        'pg_catalog.pg_constraint'::regclass,
        oid,
        'constraints call it'
    from pg_catalog.pg_constraint
    where contype in ('c', 'x') and oid >= 16384
    union all
    select
        'pg_catalog.pg_class'::regclass,
        oid,
        'indexes call it'
    from pg_catalog.pg_class
    where relkind in ('i', 'I') and oid >= 16384
    union all
    select
        'pg_catalog.pg_event_trigger'::regclass,
        oid,
        'event triggers run it'
    from pg_catalog.pg_event_trigger
),

reached as (
    select * from seeds
    union
    select
        d.refclassid,
        d.refobjid,
        reached.how
    from reached
    inner join pg_catalog.pg_depend as d on reached.classid = d.classid and reached.objid = d.objid
    where
        d.refclassid in (
            'pg_catalog.pg_proc'::regclass,
            'pg_catalog.pg_operator'::regclass,
            'pg_catalog.pg_opclass'::regclass,
            'pg_catalog.pg_opfamily'::regclass
        )
        and d.deptype in ('n', 'a', 'i')
),

own as (
    select
        p.oid,
        p.proname,
        p.prosecdef,
        coalesce(p.prosrc, '') as body
    from pg_catalog.pg_proc as p
    where
        p.oid >= 16384
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        )
),

direct as (
    select
        own.oid,
        reached.how
    from reached
    inner join own on reached.objid = own.oid
    where reached.classid = 'pg_catalog.pg_proc'::regclass
)

select
    direct.oid::bigint as function,
    string_agg(distinct direct.how, ', ' order by direct.how) as how
from direct
group by direct.oid
union all
select
    called.oid::bigint,
    min('called by ' || caller.proname)
from own as caller
inner join own as called on caller.oid <> called.oid and strpos(caller.body, called.proname || '(') > 0
where
    (caller.prosecdef or caller.oid in (select direct.oid from direct))
    and called.oid not in (select direct.oid from direct)
group by called.oid
) as q \gset
select pg_catalog.set_config('ttdb.relied_schemas', coalesce(pg_catalog.string_agg(q.schema, ',' order by q.schema), ''), true) from (-- The schemas on which the tenants' separation rests: of their tables, of views over them, of functions that others rely
-- on or that run with their owner's rights, of the types of their columns.
select distinct n.nspname::text as schema
from pg_catalog.pg_namespace as n
inner join (
    select c.relnamespace as namespace
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    inner join pg_catalog.pg_class as c on t.relation = c.oid
    union all
    select c.relnamespace
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
    inner join pg_catalog.pg_class as c on t.relation = c.oid
    union all
    select v.relnamespace
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    inner join pg_catalog.pg_depend as d
        on
            d.refclassid = 'pg_catalog.pg_class'::regclass
            and t.relation = d.refobjid
            and d.classid = 'pg_catalog.pg_rewrite'::regclass
    inner join pg_catalog.pg_rewrite as w on d.objid = w.oid
    inner join pg_catalog.pg_class as v on w.ev_class = v.oid
    union all
    select p.pronamespace
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.relied_functions')::jsonb) as f (function oid)
    inner join pg_catalog.pg_proc as p on f.function = p.oid
    union all
    select p.pronamespace
    from pg_catalog.pg_proc as p
    where
        p.prosecdef
        and p.oid >= 16384
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        )
    union all
    select y.typnamespace
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    inner join pg_catalog.pg_attribute as a on t.relation = a.attrelid and a.attnum > 0
    inner join pg_catalog.pg_type as y on a.atttypid = y.oid
) as relied on n.oid = relied.namespace
where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
) as q \gset
select pg_catalog.set_config('ttdb.powerful_roles', coalesce(pg_catalog.string_agg(q.role, ',' order by q.role), ''), true) from (-- The roles whose rights go past the tenants' policies: a function that one of them owns and that can be led astray, or
-- made to run its caller's SQL, gives these away.
select r.rolname::text as role
from pg_catalog.pg_roles as r
where
    r.rolsuper
    or r.rolbypassrls
    or exists (
        select from pg_catalog.pg_class as c
        where c.relowner = r.oid and c.relrowsecurity
    )
    or exists (
        select
        from pg_catalog.pg_policy as p
        cross join lateral unnest(p.polroles) as g (oid)
        where
            p.polpermissive
            and p.polcmd in ('r', '*')
            and pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true'
            and g.oid <> 0
            and pg_catalog.pg_has_role(r.oid, g.oid, 'usage')
    )
) as q \gset

-- What is found is kept in a setting of this transaction: the script makes no object, not even a temporary one.
select pg_catalog.set_config('ttdb.findings', '[]', true) as findings \gset

-- The checks. One that fails is reported as unproven, and the others go on.
\set ON_ERROR_ROLLBACK on
\set ON_ERROR_STOP off

-- AUD001 audit-trigger-missing: An audited table has no working audit trigger
select pg_catalog.to_regclass('ttdb.audited_tables') is not null as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "AUD001", "severity": "error", "cause": "an audited table has no working audit trigger", "subsumed_by": ["AUD003"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    n.nspname::text as schema,
    c.relname::text as object,
    'audited tables are changed without a record' as cause,
    format('%I.%I is registered as audited, but no enabled trigger records its changes', n.nspname, c.relname)
        as detail,
    format(
        'select tgname, tgenabled from pg_catalog.pg_trigger where tgrelid = %L::regclass and not tgisinternal;',
        c.oid::regclass
    ) as evidence,
    format('select audit.enable(%L);', c.oid::regclass) as fix
from ttdb.audited_tables as a
cross join
    lateral (
        select a.relation::oid as oid
        union
        select p.relid::oid from pg_catalog.pg_partition_tree(a.relation) as p
    ) as tree
inner join pg_catalog.pg_class as c on tree.oid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where (
    select coalesce(bit_or(t.tgtype), 0) & 28
    from pg_catalog.pg_trigger as t
    inner join pg_catalog.pg_proc as f on t.tgfoid = f.oid
    where t.tgrelid = c.oid and t.tgenabled in ('O', 'A') and f.pronamespace = 'audit'::regnamespace
) <> 28 -- insert, delete and update
order by n.nspname, c.relname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'AUD001', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- AUD002 trigger-writes-missing-column: A trigger writes to a table or column that does not exist
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "AUD002", "severity": "error", "cause": "a trigger writes to a table or column that does not exist", "subsumed_by": ["AUD004"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with inserts as (
    select
        f.oid as function,
        m.parts[1] as target,
        regexp_split_to_array(lower(regexp_replace(m.parts[2], '[\s"]', '', 'g')), ',') as names
    from pg_catalog.pg_proc as f
    cross join
        lateral regexp_matches(
            f.prosrc, 'insert\s+into\s+([a-z_0-9."]+)\s*\(([a-z_0-9\s,"]+)\)', 'gi'
        ) as m (parts)
    where f.prorettype = 'trigger'::regtype and f.pronamespace <> 'pg_catalog'::regnamespace
),

resolved as (
    select
        i.function,
        i.target,
        i.names,
        coalesce(
            to_regclass(i.target),
            case when strpos(i.target, '.') = 0 then to_regclass(format('%I.%s', n.nspname, i.target)) end,
            case when strpos(i.target, '.') = 0 then to_regclass(format('public.%s', i.target)) end
        ) as relation
    from inserts as i
    inner join pg_catalog.pg_proc as f on i.function = f.oid
    inner join pg_catalog.pg_namespace as n on f.pronamespace = n.oid
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    'triggers refuse writes: they name what does not exist' as cause,
    format(
        'trigger %s writes to %s of %s, which %s',
        string_agg(distinct t.tgname::text, ', '),
        coalesce('column ' || string_agg(distinct missing.name, ', '), 'columns'),
        r.target,
        case when r.relation is null then 'does not exist' else 'has no such column' end
    ) as detail,
    format('select prosrc from pg_catalog.pg_proc where oid = %L::regprocedure;', r.function::regprocedure) as evidence
from resolved as r
inner join pg_catalog.pg_trigger as t on r.function = t.tgfoid and not t.tgisinternal and t.tgenabled <> 'D'
inner join pg_catalog.pg_class as c on t.tgrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
left join lateral (
    select u.name
    from unnest(r.names) as u (name)
    where r.relation is not null and not exists (
        select from pg_catalog.pg_attribute as a
        where a.attrelid = r.relation and a.attname = u.name::name and not a.attisdropped
    )
) as missing on true
where r.relation is null or missing.name is not null
group by n.nspname, c.relname, r.target, r.relation, r.function
order by n.nspname, c.relname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'AUD002', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- AUD013 trail-function-writes-nothing: A trigger that is called as one of a trail writes nothing
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "AUD013", "severity": "error", "cause": "a trigger that is called as one of a trail writes nothing", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with emptied as (
    select
        f.oid,
        n.nspname,
        format('%I(%s)', f.proname, pg_catalog.pg_get_function_identity_arguments(f.oid)) as signature,
        array_agg(distinct t.tgrelid::regclass::text) as tables
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as k (relation oid)
    inner join pg_catalog.pg_trigger as t on k.relation = t.tgrelid and not t.tgisinternal and t.tgenabled <> 'D'
    inner join pg_catalog.pg_proc as f on t.tgfoid = f.oid
    inner join pg_catalog.pg_language as l on f.prolang = l.oid and l.lanname = 'plpgsql'
    inner join pg_catalog.pg_namespace as n on f.pronamespace = n.oid
    where
        -- After the change: before it, a function that returns nothing refuses it.
        (t.tgtype & 2) = 0
        and concat_ws(' ', n.nspname, f.proname, t.tgname)
        ~* '(audit|trail|histor|journal|(^|[ _])(change)?log(ged|ger)?([ _]|$))'
        and regexp_replace(f.prosrc, '--[^\n]*|/\*.*?\*/', ' ', 'g')
        !~* '\m(insert|update|delete|merge|perform|execute|call|copy|select|raise)\M|:='
    group by f.oid, n.nspname, f.proname
)

select
    e.nspname::text as schema,
    e.signature as object,
    'functions of the trail write nothing' as cause,
    format(
        '%I.%s is called after each change of %s%s, and does nothing',
        e.nspname, e.signature, array_to_string(e.tables[1:5], ', '),
        case when cardinality(e.tables) > 5 then ' and ' || cardinality(e.tables) - 5 || ' more' else '' end
    ) as detail,
    format('select p.prosrc from pg_catalog.pg_proc as p where p.oid = %L::regprocedure;', e.oid::regprocedure)
        as evidence
from emptied as e
order by e.nspname, e.signature
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'AUD013', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- CON001 tenant-rows-without-tenant-column: A table holds tenants' rows, has no tenant column, and nothing restricts who reads them
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "CON001", "severity": "error", "cause": "a table holds tenants'' rows, has no tenant column, and nothing restricts who reads them", "subsumed_by": ["ISO003"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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

select
    n.nspname::text as schema,
    c.relname::text as object,
    reach.role,
    'tables with tenants'' rows have no tenant column and no row level security' as cause,
    case when reach.role is null then 'info' else 'error' end as severity,
    format('table %I.%I holds tenants'' rows, but has no tenant column', n.nspname, c.relname) as detail,
    format('select 1 from pg_catalog.pg_class where oid = %L::regclass and not relrowsecurity;', c.oid::regclass)
        as evidence
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
inner join pg_catalog.pg_class as c on t.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
left join lateral (
    select min(roles.rolname)::text as role
    from roles
    where has_schema_privilege(roles.oid, n.oid, 'usage') and has_any_column_privilege(roles.oid, c.oid, 'select')
) as reach on true
where not c.relrowsecurity
order by n.nspname, c.relname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'CON001', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- CON002 tenant-column-nullable: A tenant column may be null
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "CON002", "severity": "warning", "cause": "a tenant column may be null", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with policies as (
    select
        p.polrelid,
        p.polroles,
        p.polpermissive,
        p.polcmd,
        pg_catalog.pg_get_expr(p.polqual, p.polrelid) as qual,
        pg_catalog.pg_get_expr(coalesce(p.polwithcheck, p.polqual), p.polrelid) as written
    from pg_catalog.pg_policy as p
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    'tenant columns may be null' as cause,
    case
        -- No session of the application can leave the tenant out of a row that it cannot write.
        when not exists (
            select
            from unnest(string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')) as u (name)
            inner join pg_catalog.pg_roles as r on r.rolname = u.name::name
            where
                has_schema_privilege(r.oid, n.oid, 'usage')
                and has_any_column_privilege(r.oid, c.oid, 'insert, update')
        ) then 'info'
        -- Rows of nobody are shared by design, and every policy by which a row is written compares the tenant: a null
        -- is equal to nothing.
        when
            c.relrowsecurity
            and not exists (
                select
                from unnest(string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')) as u (name)
                inner join pg_catalog.pg_roles as r on r.rolname = u.name::name
                where r.rolsuper or r.rolbypassrls or (not c.relforcerowsecurity and r.oid = c.relowner)
            )
            and exists (
                select
                from policies as p
                where
                    p.polrelid = c.oid and p.polcmd in ('r', '*')
                    and p.qual ~* format('\m%s"?\)? is null', t.tenant_column)
            )
            and not exists (
                select
                from policies as p
                where
                    p.polrelid = c.oid and p.polcmd in ('a', 'w', '*') and p.polpermissive
                    and (
                        p.written is null
                        or p.written !~* format('\m%1$s"?\)?(::[a-z ]+)? = | = \(*"?%1$s\M', t.tenant_column)
                        or p.written
                        ~* format('\m(or|coalesce|case)\M|\m%1$s"?\)? is (null|not distinct)', t.tenant_column)
                    )
                    and exists (
                        select
                        from unnest(string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')) as u (name)
                        inner join pg_catalog.pg_roles as r on r.rolname = u.name::name
                        cross join unnest(p.polroles) as g (oid)
                        where g.oid = 0 or pg_catalog.pg_has_role(r.oid, g.oid, 'usage')
                    )
            ) then 'info'
        else 'warning'
    end as severity,
    format('column %I of %I.%I may be null', t.tenant_column, n.nspname, c.relname) as detail,
    format('alter table %s alter column %I set not null;', c.oid::regclass, t.tenant_column) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and not c.relispartition
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid and t.tenant_column = a.attname
where not a.attnotnull and n.nspname not in ('ttdb', 'audit')
order by n.nspname, c.relname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'CON002', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- CON003 unique-across-tenants: A unique key spans all tenants
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "CON003", "severity": "warning", "cause": "a unique key spans all tenants", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    n.nspname::text as schema,
    format('%s.%s', c.relname, x.relname) as object,
    case when declared.relation is null then 'warning' else 'info' end as severity,
    case
        when declared.relation is null then 'unique keys span all tenants'
        else 'unique keys span all tenants, declared to be made at random'
    end as cause,
    case
        when own.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])
            then
                format(
                    'exclusion %s of %I.%I holds the tenant column %I, but not for being equal',
                    x.relname, n.nspname, c.relname, t.tenant_column
                )
        else format(
            'unique key %s of %I.%I does not hold the tenant column %I',
            x.relname, n.nspname, c.relname, t.tenant_column
        )
    end as detail,
    case
        when own.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])
            then
                format(
                    'select pg_catalog.pg_get_constraintdef(k.oid) from pg_catalog.pg_constraint as k'
                    ' where k.conindid = %L::regclass;',
                    x.oid::regclass
                )
        else format(
            'select pg_catalog.pg_get_indexdef(i.indexrelid) from pg_catalog.pg_index as i'
            ' inner join pg_catalog.pg_attribute as a on i.indrelid = a.attrelid and a.attname = %L'
            ' where i.indexrelid = %L::regclass and a.attnum <> all((i.indkey::int2[])[0:i.indnkeyatts - 1]);',
            t.tenant_column, x.oid::regclass
        )
    end as evidence,
    case
        when rule.contype in ('p', 'u')
            then
                format(
                    E'-- let the key hold the tenant:\ncreate unique index concurrently on %s (%I, %s);\n'
                    'alter table %s drop constraint %I;',
                    c.oid::regclass, t.tenant_column, columns.listed, c.oid::regclass, rule.conname
                )
        when rule.contype = 'x'
            then
                format(
                    E'-- made again with %I with =:\nalter table %s drop constraint %I;',
                    t.tenant_column, c.oid::regclass, rule.conname
                )
        else format(E'-- made again with %I first:\ndrop index concurrently %s;', t.tenant_column, x.oid::regclass)
    end as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_index as i on c.oid = i.indrelid and (i.indisunique or i.indisexclusion)
inner join pg_catalog.pg_class as x on i.indexrelid = x.oid
left join pg_catalog.pg_constraint as rule
    on x.oid = rule.conindid and c.oid = rule.conrelid and rule.contype in ('p', 'u', 'x')
inner join pg_catalog.pg_attribute as own on c.oid = own.attrelid and t.tenant_column = own.attname
left join
    jsonb_to_recordset(pg_catalog.current_setting('ttdb.declared_keys')::jsonb) as declared (relation oid)
    on c.oid = declared.relation and i.indisprimary
cross join
    lateral (
        select string_agg(quote_ident(a.attname), ', ' order by e.place) as listed
        from unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) with ordinality as e (attnum, place)
        inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid and e.attnum = a.attnum
    ) as columns
left join pg_catalog.pg_constraint as ex on i.indexrelid = ex.conindid and ex.contype = 'x' and c.oid = ex.conrelid
where
    (
        own.attnum <> all((i.indkey::int2[])[0:i.indnkeyatts - 1])
        -- An exclusion holds tenants apart where it compares them for being equal.
        or exists (
            select
            from unnest(ex.conkey, ex.conexclop) as e (attnum, operator)
            inner join pg_catalog.pg_operator as o on e.operator = o.oid
            where e.attnum = own.attnum and o.oprname <> '='
        )
    )
    -- Of a partition, what it does not have from its parent; one of a list of tenants holds few.
    and not (
        c.relispartition
        and (
            exists (
                select from pg_catalog.pg_inherits as h
                where x.oid = h.inhrelid
            )
            or exists (
                select
                from pg_catalog.pg_partition_ancestors(c.oid) as up
                inner join pg_catalog.pg_partitioned_table as parted on up.relid = parted.partrelid
                inner join pg_catalog.pg_attribute as a on up.relid = a.attrelid and a.attnum = any(parted.partattrs)
                where parted.partstrat = 'l' and a.attname = t.tenant_column
            )
        )
    )
    -- In an expression the tenant counts where it stands whole: tenant / 1000 is shared by many.
    and not (
        strpos(coalesce(pg_catalog.pg_get_expr(i.indexprs, c.oid), ''), t.tenant_column) > 0
        and pg_catalog.pg_get_expr(i.indexprs, c.oid) !~ format(
            '%1$s[)"]*(::\w+)?[)]* *(/|%%|>>|&|-)|%2$s"?\("?\(?%1$s',
            t.tenant_column,
            '(left|right|substr\w*|mod|div|trunc|round|length|hash\w*|abs|sign)'
        )
    )
    -- Who only reads a table is refused nothing by its keys; one that nobody may read may be written by functions.
    and coalesce((
        select
            bool_or(has_any_column_privilege(r.oid, way.oid, 'insert, update'))
            or (
                not bool_or(has_any_column_privilege(r.oid, way.oid, 'select'))
                and (
                    c.relname !~ '^\w+$'
                    or exists (
                        select from pg_catalog.pg_proc as p
                        where
                            p.oid >= 16384
                            and coalesce(p.prosrc, '') || coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), '')
                            ~* format('\m%s\M', c.relname)
                    )
                )
            )
        from
            unnest(
                string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')
                || string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')
            ) as a (name)
        inner join pg_catalog.pg_roles as r on r.rolname = a.name::name
        cross join
            lateral (
                select c.oid
                union
                select up.relid from pg_catalog.pg_partition_ancestors(c.oid) as up
            ) as way
    ), true)
    -- The tenants' own table: its keys are the tenants' public names, but for those that a tenant may try out.
    and not exists (
        select from pg_catalog.pg_index as k
        where
            k.indrelid = c.oid
            and k.indisprimary
            and k.indnkeyatts = 1
            and k.indkey[0] = own.attnum
            and not exists (
                select from pg_catalog.pg_attribute as a
                cross join unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as u (name)
                inner join pg_catalog.pg_roles as r on r.rolname = u.name::name
                where
                    a.attrelid = c.oid
                    and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])
                    and a.attname
                    !~ '(^|_)((user|host)?name|slug|handle|alias|key|(sub)?domain|fqdn|host|code|ur[il]|path|title)$'
                    and has_column_privilege(r.oid, c.oid, a.attnum, 'update')
            )
    )
    and not exists (
        select
        from pg_catalog.pg_attribute as a
        left join pg_catalog.pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
        where
            a.attrelid = c.oid
            and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])
            and (
                (a.atttypid = 'uuid'::regtype and i.indisprimary)
                or a.attidentity <> ''
                or pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~ 'nextval|random|uuid'
            )
    )
order by 1, 2
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'CON003', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- CON004 foreign-key-across-tenants: A foreign key may point to another tenant's row
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "CON004", "severity": "warning", "cause": "a foreign key may point to another tenant''s row", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with tenant_tables as (
    select
        t.relation,
        t.tenant_column,
        a.attnum
    from
        jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
            as t (relation oid, tenant_column name)
    inner join pg_catalog.pg_attribute as a on t.relation = a.attrelid and t.tenant_column = a.attname
)

select
    'foreign keys cross tenants' as cause,
    n.nspname::text as schema,
    format('%s.%s', c.relname, k.conname) as object,
    format(
        'foreign key %s of %I.%I to %s does not carry the tenant',
        k.conname,
        n.nspname,
        c.relname,
        k.confrelid::regclass
    ) as detail,
    format(
        'select pg_catalog.pg_get_constraintdef(k.oid) from pg_catalog.pg_constraint as k'
        ' where k.conrelid = %L::regclass and k.conname = %L;',
        k.conrelid::regclass, k.conname
    ) as evidence,
    format(
        E'-- let both sides hold the tenant, over a unique key of %3$s (%6$I, %5$s):\n'
        'alter table %1$s add foreign key (%7$I, %4$s) references %3$s (%6$I, %5$s) not valid;\n'
        'alter table %1$s drop constraint %2$I;',
        k.conrelid::regclass,
        k.conname,
        k.confrelid::regclass,
        (
            select string_agg(quote_ident(a.attname), ', ' order by e.place)
            from unnest(k.conkey) with ordinality as e (attnum, place)
            inner join pg_catalog.pg_attribute as a on k.conrelid = a.attrelid and e.attnum = a.attnum
        ),
        (
            select string_agg(quote_ident(a.attname), ', ' order by e.place)
            from unnest(k.confkey) with ordinality as e (attnum, place)
            inner join pg_catalog.pg_attribute as a on k.confrelid = a.attrelid and e.attnum = a.attnum
        ),
        other.tenant_column,
        own.tenant_column
    ) as fix
from pg_catalog.pg_constraint as k
inner join tenant_tables as own on k.conrelid = own.relation
inner join tenant_tables as other on k.confrelid = other.relation
inner join pg_catalog.pg_class as c on k.conrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where
    k.contype = 'f'
    and k.conparentid = 0
    and not exists (
        select
        from unnest(k.conkey, k.confkey) as pair (own_column, other_column)
        where pair.other_column = other.attnum and (pair.own_column = own.attnum or pair.other_column = all(k.confkey))
    )
order by 1, 2
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'CON004', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- CON005 constraint-not-valid: A constraint was never validated
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "CON005", "severity": "info", "cause": "a constraint was never validated", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    n.nspname::text as schema,
    format('%s.%s', c.relname, k.conname) as object,
    format('constraint %s of %I.%I is not validated', k.conname, n.nspname, c.relname) as detail,
    format('alter table %s validate constraint %I;', c.oid::regclass, k.conname) as fix
from pg_catalog.pg_constraint as k
inner join pg_catalog.pg_class as c on k.conrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where
    not k.convalidated
    and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.protected_schemas'), ','))
order by 1, 2
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'CON005', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- CON006 tenant-column-has-constant-default: A tenant column defaults to one fixed tenant
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "CON006", "severity": "warning", "cause": "a tenant column defaults to one fixed tenant", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    n.nspname::text as schema,
    c.relname::text as object,
    'tenant columns default to one fixed tenant' as cause,
    format(
        'column %I of %I.%I defaults to %s',
        t.tenant_column, n.nspname, c.relname, pg_catalog.pg_get_expr(d.adbin, d.adrelid)
    ) as detail,
    format('alter table %s alter column %I drop default;', c.oid::regclass, t.tenant_column) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and not c.relispartition
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid and t.tenant_column = a.attname
inner join pg_catalog.pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
where pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~ '^(''|[0-9])'
order by n.nspname, c.relname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'CON006', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- CON007 constraint-switched-off: A foreign key or a deferrable unique constraint is not enforced: its triggers are disabled
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "CON007", "severity": "error", "cause": "a foreign key or a deferrable unique constraint is not enforced: its triggers are disabled", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with tenant_tables as (
    select t.relation
    from
        jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
            as t (relation oid, tenant_column name)
    union
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
)

select
    'constraints are switched off' as cause,
    off.fix,
    n.nspname::text as schema,
    format('%s.%s', c.relname, k.conname) as object,
    format('constraint %I of %I.%I is not enforced: %s', k.conname, n.nspname, c.relname, off.detail) as detail,
    format(
        'select tgname, tgrelid::regclass, tgenabled from pg_catalog.pg_trigger'
        ' where tgisinternal and tgenabled in (''D'', ''R'') and tgconstraint = (select k.oid'
        ' from pg_catalog.pg_constraint as k where k.conrelid = %L::regclass and k.conname = %L);',
        c.oid::regclass, k.conname
    ) as evidence
from pg_catalog.pg_constraint as k
inner join pg_catalog.pg_class as c on k.conrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join lateral (
    select
        string_agg(
            format(
                '%I on %s is %s',
                g.tgname,
                g.tgrelid::regclass,
                case g.tgenabled when 'D' then 'disabled' else 'for replicas only' end
            ),
            ', ' order by g.tgname
        ) as detail,
        -- By name: "enable trigger all" would also weaken what is enabled always.
        string_agg(
            format('alter table %s enable trigger %I;', g.tgrelid::regclass, g.tgname), E'\n' order by g.tgname
        ) as fix
    from pg_catalog.pg_trigger as g
    where g.tgconstraint = k.oid and g.tgisinternal and g.tgenabled in ('D', 'R')
) as off on off.fix is not null
where k.conrelid in (select t.relation from tenant_tables as t)
order by 2, 3
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'CON007', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- CON008 table-unlogged: A registered table, or what ttdb records itself, is not in the write-ahead log
select pg_catalog.to_regclass('ttdb.tenant_tables') is not null as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "CON008", "severity": "warning", "cause": "a registered table, or what ttdb records itself, is not in the write-ahead log", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with tables as (
    select piece.relid::oid as oid
    from ttdb.tenant_tables as t
    cross join lateral pg_catalog.pg_partition_tree(t.relation) as piece
    union
    select t.relation::oid
    from ttdb.tenant_tables as t
    union
    select c.oid
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    where n.nspname in ('ttdb', 'audit', 'masked')
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    'tables would be empty after a crash' as cause,
    format('table %I.%I is unlogged: after a crash it is empty', n.nspname, c.relname) as detail,
    format(
        'select c.oid from pg_catalog.pg_class as c where c.relpersistence = ''u'' and c.oid = %L::regclass;',
        c.oid::regclass
    ) as evidence,
    format('alter table %s set logged;', c.oid::regclass) as fix
from tables as t
inner join pg_catalog.pg_class as c on t.oid = c.oid and c.relkind = 'r' and c.relpersistence = 'u'
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
order by n.nspname, c.relname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'CON008', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- FNC001 definer-without-search-path: A definer function that the application may call has no fixed search_path
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "FNC001", "severity": "warning", "cause": "a definer function that the application may call has no fixed search_path", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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
    p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' as object,
    format('definer function %s has no fixed search_path, and %s may call it', p.oid::regprocedure, roles.rolname)
        as detail,
    -- An empty path would break a body that names tables without their schema.
    format('alter function %s set search_path = %s;', p.oid::regprocedure, coalesce(
        nullif(pg_catalog.concat_ws(', ', u.path, w.path), '') || ', pg_temp', ''''''
    ))
        as fix,
    format(
        'select p.oid::regprocedure, p.proconfig from pg_catalog.pg_proc as p where p.oid = %L::regprocedure'
        ' and p.prosecdef and not coalesce(array_to_string(p.proconfig, '' '') ~ ''search_path='', false);',
        p.oid::regprocedure
    ) as evidence,
    case
        when
            (
                (u.path is not null and has_database_privilege(roles.oid, current_database(), 'temporary'))
                -- Functions are not looked for in a temporary schema.
                or (
                    coalesce(u.path, w.path) is not null
                    and (
                        has_database_privilege(roles.oid, current_database(), 'create')
                        or exists (
                            select from pg_catalog.pg_namespace as s
                            where
                                s.nspname !~ '^pg_'
                                and has_schema_privilege(roles.oid, s.oid, 'create')
                                and has_schema_privilege(owner.oid, s.oid, 'usage')
                        )
                    )
                )
            )
            and owner.rolname::text = any(string_to_array(pg_catalog.current_setting('ttdb.powerful_roles'), ','))
            then 'error'
        -- Where nothing can be put into anybody's path, nothing stands in: until somebody grants it.
        when
            not has_database_privilege(roles.oid, current_database(), 'temporary, create')
            and not exists (
                select from pg_catalog.pg_namespace as s
                where s.nspname !~ '^pg_' and has_schema_privilege(roles.oid, s.oid, 'create')
            )
            then 'info'
        else 'warning'
    end as severity
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
inner join pg_catalog.pg_roles as owner on p.proowner = owner.oid
cross join
    lateral (
        -- The schemas of tables that it names without them.
        select string_agg(distinct quote_ident(t.nspname), ', ') as path
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as t on c.relnamespace = t.oid
        where
            c.relkind in ('r', 'p', 'v', 'm', 'f')
            and t.nspname !~ '^(pg_|information_schema$)'
            and c.relname ~ '^[a-z_][a-z_0-9]*$'
            and p.prosrc ~* format('\m(from|join|into|update|only|using)\s+%s\M(?!\s*[.(])', c.relname)
    ) as u
cross join
    lateral (
        -- Further schemas, of functions that it calls so.
        select string_agg(distinct quote_ident(t.nspname), ', ') as path
        from pg_catalog.pg_proc as f
        inner join pg_catalog.pg_namespace as t on f.pronamespace = t.oid
        where
            t.nspname !~ '^(pg_|information_schema$)'
            and strpos(coalesce(u.path, ''), quote_ident(t.nspname)) = 0
            and f.oid <> p.oid
            and f.proname ~ '^[a-z_][a-z_0-9]*$'
            and p.prosrc ~* format('(^|[^.\w"])%s\s*[(]', f.proname)
    ) as w
inner join roles
    on
        (has_schema_privilege(roles.oid, n.oid, 'usage') and has_function_privilege(roles.oid, p.oid, 'execute'))
        -- What a trigger runs needs no privilege of whoever fires it.
        or exists (
            select from pg_catalog.pg_trigger as t
            where
                p.oid = t.tgfoid
                and t.tgenabled <> 'D'
                and (
                    has_any_column_privilege(roles.oid, t.tgrelid, 'insert, update')
                    or has_table_privilege(roles.oid, t.tgrelid, 'delete')
                )
        )
where
    p.prosecdef
    and p.prosqlbody is null
    -- What says a constant looks nothing up.
    and p.prosrc !~* '^\s*select\s+(''[^'']*''|[0-9.]+|true|false|null)(\s+as\s+\w+)?\s*;?\s*$'
    and n.nspname not in ('pg_catalog', 'information_schema')
    and not exists (
        select from unnest(p.proconfig) as c (setting)
        where c.setting like 'search_path=%'
    )
    and not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
order by n.nspname, p.proname, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'FNC001', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- FNC002 view-with-owner-rights: A view reads tables of tenants with its owner's rights, and the owner sees all
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "FNC002", "severity": "warning", "cause": "a view reads tables of tenants with its owner''s rights, and the owner sees all", "subsumed_by": ["ISO003"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with recursive roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

reads as (
    select
        w.ev_class as view,
        d.refobjid as base
    from pg_catalog.pg_rewrite as w
    inner join pg_catalog.pg_depend as d
        on
            d.classid = 'pg_catalog.pg_rewrite'::regclass
            and w.oid = d.objid
            and d.refclassid = 'pg_catalog.pg_class'::regclass
            and w.ev_class <> d.refobjid
    union
    select
        reads.view,
        d.refobjid
    from reads
    -- A view on the way that reads with its reader's rights does so here too.
    inner join pg_catalog.pg_class as b
        on
            reads.base = b.oid
            and not coalesce(b.reloptions::text ~* 'security_invoker=(t|y|on|1)', false)
    inner join pg_catalog.pg_rewrite as w on reads.base = w.ev_class
    inner join pg_catalog.pg_depend as d
        on
            d.classid = 'pg_catalog.pg_rewrite'::regclass
            and w.oid = d.objid
            and d.refclassid = 'pg_catalog.pg_class'::regclass
            and w.ev_class <> d.refobjid
)

select distinct
    n.nspname::text as schema,
    v.relname::text as object,
    roles.rolname::text as role,
    'a view reads with its owner''s rights' as cause,
    format('view %I.%I reads as %s, whom no policy holds', n.nspname, v.relname, o.rolname) as detail,
    format('alter view %s set (security_invoker = true);', v.oid::regclass) as fix
from pg_catalog.pg_class as v
inner join pg_catalog.pg_namespace as n on v.relnamespace = n.oid
inner join reads on v.oid = reads.view
inner join
    jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
    on reads.base = t.relation
inner join pg_catalog.pg_class as b on t.relation = b.oid and b.relrowsecurity
inner join pg_catalog.pg_roles as o on v.relowner = o.oid
inner join
    roles
    on has_schema_privilege(roles.oid, n.oid, 'usage') and has_any_column_privilege(roles.oid, v.oid, 'select')
where
    v.relkind = 'v'
    and not coalesce(v.reloptions::text ~* 'security_invoker=(t|y|on|1)', false)
    and (
        o.rolsuper
        or o.rolbypassrls
        or (not b.relforcerowsecurity and pg_catalog.pg_has_role(o.oid, b.relowner, 'usage'))
        -- or a policy opens it whole to the owner
        or (
            exists (
                select from pg_catalog.pg_policy as p
                where
                    p.polrelid = b.oid
                    and p.polpermissive
                    and p.polcmd in ('r', '*')
                    and pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true'
                    and exists (
                        select from unnest(p.polroles) as g (oid)
                        where g.oid = 0 or pg_catalog.pg_has_role(o.oid, g.oid, 'usage')
                    )
            )
            and not exists (
                select from pg_catalog.pg_policy as p
                where p.polrelid = b.oid and not p.polpermissive and p.polcmd in ('r', '*')
            )
        )
    )
    and pg_catalog.pg_get_viewdef(v.oid) !~ 'current_setting|current_user|session_user'
    and not exists (
        select
        from pg_catalog.pg_rewrite as w
        inner join pg_catalog.pg_depend as d on d.classid = 'pg_catalog.pg_rewrite'::regclass and w.oid = d.objid
        inner join pg_catalog.pg_proc as f
            on d.refclassid = 'pg_catalog.pg_proc'::regclass and d.refobjid = f.oid
        where w.ev_class = v.oid and f.pronamespace <> 'pg_catalog'::regnamespace
    )
order by 1, 2, 3
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'FNC002', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- FNC003 materialized-view-readable: A materialized view of tenants' rows is readable by the application
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "FNC003", "severity": "warning", "cause": "a materialized view of tenants'' rows is readable by the application", "subsumed_by": ["ISO003"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with recursive roles as (
    select
        r.oid,
        r.rolname
    from
        unnest(
            string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')
            || string_to_array(pg_catalog.current_setting('ttdb.masked_roles'), ',')
        ) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

reads as (
    select
        w.ev_class as view,
        d.refobjid as base
    from pg_catalog.pg_rewrite as w
    inner join pg_catalog.pg_depend as d
        on
            d.classid = 'pg_catalog.pg_rewrite'::regclass
            and w.oid = d.objid
            and d.refclassid = 'pg_catalog.pg_class'::regclass
            and w.ev_class <> d.refobjid
    union
    select
        reads.view,
        d.refobjid
    from reads
    inner join pg_catalog.pg_rewrite as w on reads.base = w.ev_class
    inner join pg_catalog.pg_depend as d
        on
            d.classid = 'pg_catalog.pg_rewrite'::regclass
            and w.oid = d.objid
            and d.refclassid = 'pg_catalog.pg_class'::regclass
            and w.ev_class <> d.refobjid
)

select distinct
    n.nspname::text as schema,
    v.relname::text as object,
    roles.rolname::text as role,
    'a materialized view holds all tenants'' rows' as cause,
    format('materialized view %I.%I holds rows of all tenants and has no policies', n.nspname, v.relname) as detail,
    format('revoke select on %s from %I, public;', v.oid::regclass, roles.rolname) as fix
from pg_catalog.pg_class as v
inner join pg_catalog.pg_namespace as n on v.relnamespace = n.oid
inner join reads on v.oid = reads.view
inner join
    jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
    on reads.base = t.relation
inner join pg_catalog.pg_class as b on t.relation = b.oid and b.relrowsecurity
inner join pg_catalog.pg_roles as o on v.relowner = o.oid
inner join
    roles
    on has_schema_privilege(roles.oid, n.oid, 'usage') and has_any_column_privilege(roles.oid, v.oid, 'select')
where
    v.relkind = 'm'
order by 1, 2, 3
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'FNC003', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- FNC005 trigger-copies-to-shared-table: A trigger or rule writes tenants' rows to a table that every tenant reads
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "FNC005", "severity": "warning", "cause": "a trigger or rule writes tenants'' rows to a table that every tenant reads", "subsumed_by": ["ISO003"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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

sources as (
    select t.relation
    from
        jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
            as t (relation oid, tenant_column name)
),

writes as (
    select
        w.ev_class as source,
        d.refobjid as target,
        'rule ' || w.rulename as by_what
    from pg_catalog.pg_rewrite as w
    inner join pg_catalog.pg_depend as d
        on
            d.classid = 'pg_catalog.pg_rewrite'::regclass
            and w.oid = d.objid
            and d.refclassid = 'pg_catalog.pg_class'::regclass
            and w.ev_class <> d.refobjid
    where w.ev_type <> '1'
    union
    select
        t.tgrelid,
        coalesce(to_regclass(m.parts[1]), to_regclass(format('%I.%s', n.nspname, m.parts[1])))::oid,
        'trigger ' || t.tgname
    from pg_catalog.pg_trigger as t
    inner join pg_catalog.pg_proc as f on t.tgfoid = f.oid
    inner join pg_catalog.pg_class as c on t.tgrelid = c.oid
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    cross join
        lateral regexp_matches(
            f.prosrc, 'insert\s+into\s+([a-z_][a-z_0-9]*(?:\.[a-z_][a-z_0-9]*)?)', 'gi'
        ) as m (parts)
    where not t.tgisinternal and t.tgenabled <> 'D'
)

select distinct
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    'triggers and rules copy tenants'' rows to tables without protection' as cause,
    format(
        '%s of %s writes to %I.%I, which %s may read and no policy holds',
        writes.by_what, writes.source::regclass, n.nspname, c.relname, roles.rolname
    ) as detail,
    format('select 1 from pg_catalog.pg_class where oid = %L::regclass and not relrowsecurity;', c.oid::regclass)
        as evidence
from writes
inner join sources on writes.source = sources.relation
inner join pg_catalog.pg_class as c on writes.target = c.oid and c.relkind in ('r', 'p') and not c.relrowsecurity
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles
    on has_any_column_privilege(roles.oid, c.oid, 'select') and has_schema_privilege(roles.oid, n.oid, 'usage')
where c.oid not in (select s.relation from sources as s)
order by 1, 2, 3
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'FNC005', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- FNC006 view-without-barrier: A view with its owner's rights holds rows to the tenant, but has no security barrier
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "FNC006", "severity": "error", "cause": "a view with its owner''s rights holds rows to the tenant, but has no security barrier", "subsumed_by": ["ISO003"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with recursive roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

reads as (
    select
        w.ev_class as view,
        d.refobjid as base
    from pg_catalog.pg_rewrite as w
    inner join pg_catalog.pg_depend as d
        on
            d.classid = 'pg_catalog.pg_rewrite'::regclass
            and w.oid = d.objid
            and d.refclassid = 'pg_catalog.pg_class'::regclass
            and w.ev_class <> d.refobjid
    union
    select
        reads.view,
        d.refobjid
    from reads
    -- A view on the way that reads with its reader's rights does so here too.
    inner join pg_catalog.pg_class as b
        on
            reads.base = b.oid
            and not coalesce(b.reloptions::text ~* 'security_invoker=(t|y|on|1)', false)
    inner join pg_catalog.pg_rewrite as w on reads.base = w.ev_class
    inner join pg_catalog.pg_depend as d
        on
            d.classid = 'pg_catalog.pg_rewrite'::regclass
            and w.oid = d.objid
            and d.refclassid = 'pg_catalog.pg_class'::regclass
            and w.ev_class <> d.refobjid
)

select distinct
    n.nspname::text as schema,
    v.relname::text as object,
    roles.rolname::text as role,
    'a view holds rows to the tenant without a barrier' as cause,
    format('view %I.%I filters rows that %s reads unheld, and has no security_barrier', n.nspname, v.relname, o.rolname)
        as detail,
    format('alter view %s set (security_barrier = true);', v.oid::regclass) as fix,
    format(
        'select c.reloptions from pg_catalog.pg_class as c where c.oid = %L::regclass and not coalesce('
        'c.reloptions::text ~* ''security_barrier=(t|y|on|1)'', false);',
        v.oid::regclass
    ) as evidence
from pg_catalog.pg_class as v
inner join pg_catalog.pg_namespace as n on v.relnamespace = n.oid
inner join reads on v.oid = reads.view
inner join
    jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
    on reads.base = t.relation
inner join pg_catalog.pg_class as b on t.relation = b.oid and b.relrowsecurity
inner join pg_catalog.pg_roles as o on v.relowner = o.oid
inner join
    roles
    on has_schema_privilege(roles.oid, n.oid, 'usage') and has_any_column_privilege(roles.oid, v.oid, 'select')
where
    v.relkind = 'v'
    and not coalesce(v.reloptions::text ~* 'security_invoker=(t|y|on|1)', false)
    and (
        o.rolsuper
        or o.rolbypassrls
        -- A materialized view holds the rows of all, and nothing but the view that reads it holds its readers.
        or exists (
            select
            from reads as r
            inner join pg_catalog.pg_class as m on r.base = m.oid and m.relkind = 'm'
            inner join reads as held on m.oid = held.view
            where r.view = v.oid and held.base = t.relation
        )
        or (not b.relforcerowsecurity and pg_catalog.pg_has_role(o.oid, b.relowner, 'usage'))
        -- A policy opens everything to the owner, and none takes it back. Where there is one, a comparison with what is
        -- asked once, (select app.org()), goes before the reader's conditions; a function of each row does not.
        or exists (
            select
            from pg_catalog.pg_policy as p
            cross join lateral unnest(p.polroles) as g (oid)
            where
                p.polrelid = b.oid
                and p.polcmd in ('r', '*')
                and (g.oid = 0 or pg_catalog.pg_has_role(o.oid, g.oid, 'usage'))
            having
                bool_or(p.polpermissive and pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true')
                and bool_and(p.polpermissive)
                and regexp_replace(
                    substring(pg_catalog.pg_get_viewdef(v.oid) from '(?i) where (.*)'),
                    '\(\s*select\s+[\w."]+\([^()]*(\([^()]*\)[^()]*)*\)(\s+as\s+\w+)?\)',
                    '',
                    'gi'
                ) ~* '[\w"]\s*\('
        )
    )
    and not coalesce(v.reloptions::text ~* 'security_barrier=(t|y|on|1)', false)
    and pg_catalog.pg_get_viewdef(v.oid) ~* ' where '
    and (
        pg_catalog.pg_get_viewdef(v.oid) ~ 'current_setting|current_user|session_user'
        or exists (
            select
            from pg_catalog.pg_rewrite as w
            inner join pg_catalog.pg_depend as d on d.classid = 'pg_catalog.pg_rewrite'::regclass and w.oid = d.objid
            inner join pg_catalog.pg_proc as f
                on d.refclassid = 'pg_catalog.pg_proc'::regclass and d.refobjid = f.oid
            where w.ev_class = v.oid and f.pronamespace <> 'pg_catalog'::regnamespace
        )
    )
order by 1, 2, 3
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'FNC006', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- FNC007 resolver-open: A function that finds a tenant before there is one is open to every session, or tells more than the tenant
select pg_catalog.to_regclass('ttdb.resolvers') is not null as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "FNC007", "severity": "error", "cause": "a function that finds a tenant before there is one is open to every session, or tells more than the tenant", "subsumed_by": ["FNC004"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'FNC007', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- FNC008 rule-swallows-writes: A rule makes writes to a table of tenants' rows do nothing
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "FNC008", "severity": "error", "cause": "a rule makes writes to a table of tenants'' rows do nothing", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    'rules swallow writes' as cause,
    n.nspname::text as schema,
    c.relname::text as object,
    case when pg_catalog.pg_get_userbyid(c.relowner) = 'ttdb_owner' then 'error' else 'warning' end as severity,
    format(
        'rule %I makes %s to %I.%I do nothing%s',
        r.rulename,
        case r.ev_type when '2' then 'updates' when '3' then 'inserts' else 'deletes' end,
        n.nspname,
        c.relname,
        case when r.ev_qual::text <> '<>' then ' where its condition holds' else '' end
    ) as detail,
    format(
        'select pg_catalog.pg_get_ruledef(oid) from pg_catalog.pg_rewrite where ev_class = %L::regclass'
        ' and rulename = %L;',
        c.oid::regclass, r.rulename
    ) as evidence,
    format('drop rule %I on %s;', r.rulename, c.oid::regclass) as fix
from (
    select t.relation
    from
        jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
            as t (relation oid, tenant_column name)
    union
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
) as t
inner join pg_catalog.pg_class as c on t.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_rewrite as r on c.oid = r.ev_class
where
    r.ev_type in ('2', '3', '4')
    and r.is_instead
    and pg_catalog.pg_get_ruledef(r.oid) like '%DO INSTEAD NOTHING;'
    and r.ev_enabled in ('O', 'A')
order by 2, 3
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'FNC008', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- FNC010 definer-path-led-astray: A function with its owner's rights finds names where its caller can put others
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "FNC010", "severity": "warning", "cause": "a function with its owner''s rights finds names where its caller can put others", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

definers as (
    select
        p.*,
        n.nspname,
        owner.rolname::text = any(string_to_array(pg_catalog.current_setting('ttdb.powerful_roles'), ',')) as powerful,
        array(
            select btrim(e.name, ' "')
            from regexp_split_to_table(split_part(c.setting, '=', 2), ',') with ordinality as e (name, place)
            order by e.place
        ) as path
    from pg_catalog.pg_proc as p
    inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
    inner join pg_catalog.pg_roles as owner on p.proowner = owner.oid
    cross join unnest(p.proconfig) as c (setting)
    where p.prosecdef and p.prosqlbody is null and p.oid >= 16384 and c.setting like 'search_path=%'
),

unqualified as (
    -- Tables and views that a body names without their schema, those that it makes by WITH apart.
    select distinct
        p.oid as function,
        c.relname,
        c.relnamespace
    from pg_catalog.pg_proc as p
    cross join
        lateral regexp_matches(
            regexp_replace(p.prosrc, '--[^\n]*|/\*.*?\*/', ' ', 'g'),
            '\m(?:from|join|into|update|only|using)\s+([a-z_][a-z_0-9]*)\M(?!\s*[.(])', 'gi'
        ) as m (parts)
    inner join pg_catalog.pg_class as c
        on c.relname = lower(m.parts[1])::name and c.relkind in ('r', 'p', 'v', 'm', 'f')
    where
        p.oid >= 16384
        and p.prosqlbody is null
        and p.prosrc !~* format('\m%s\s+as\s*(not\s+materialized\s*|materialized\s*)?\(', c.relname)
),

-- Functions that a body calls without their schema.
called as (
    select distinct
        d.oid as function,
        f.pronamespace as namespace
    from definers as d
    cross join
        lateral regexp_matches(
            regexp_replace(d.prosrc, '--[^\n]*|/\*.*?\*/|''[^'']*''', ' ', 'g'), '(?:^|[^.\w"])([a-z_]\w*)\s*\(', 'gi'
        ) as m (parts)
    inner join pg_catalog.pg_proc as f on lower(m.parts[1])::name = f.proname and d.oid <> f.oid
),

callable as (
    select
        d.oid as function,
        roles.oid as role
    from definers as d
    cross join roles
    where
        has_schema_privilege(roles.oid, d.pronamespace, 'usage') and has_function_privilege(roles.oid, d.oid, 'execute')
    union
    select
        t.tgfoid,
        roles.oid
    from pg_catalog.pg_trigger as t
    inner join roles on
        has_any_column_privilege(roles.oid, t.tgrelid, 'insert, update')
        or has_table_privilege(roles.oid, t.tgrelid, 'delete')
)

select
    why.fix,
    d.nspname::text as schema,
    roles.rolname::text as role,
    'functions with their owner''s rights can be led astray' as cause,
    d.proname || '(' || pg_catalog.pg_get_function_identity_arguments(d.oid) || ')' as object,
    format('%s runs as %s and looks in %s', d.oid::regprocedure, d.proowner::regrole, why.what) as detail,
    format(
        'select p.oid::regprocedure, p.proconfig from pg_catalog.pg_proc as p where p.oid = %L::regprocedure'
        ' and p.prosecdef and p.proconfig = %L;',
        d.oid::regprocedure, d.proconfig
    ) as evidence,
    case when d.powerful and why.certain then 'error' else 'warning' end as severity
from definers as d
inner join callable on d.oid = callable.function
inner join roles on callable.role = roles.oid
cross join
    lateral (
        select
            format('schema %I, where %s may create', n.nspname, creator.rolname) as what,
            exists(
                select
                from (
                    select u.relnamespace as namespace
                    from unqualified as u
                    where u.function = d.oid
                    union all
                    select called.namespace
                    from called
                    where called.function = d.oid
                ) as u
                inner join pg_catalog.pg_namespace as t on u.namespace = t.oid
                -- The server's own names come first unless the path says otherwise.
                where array_position(d.path, t.nspname::text) > e.place
            ) as certain,
            format('revoke create on schema %I from %I;', n.nspname, creator.rolname) as fix
        from unnest(d.path) with ordinality as e (name, place)
        inner join pg_catalog.pg_namespace as n on n.nspname = e.name::name and n.nspname !~ '^pg_'
        inner join roles as creator on has_schema_privilege(creator.oid, n.oid, 'create') and d.proowner <> creator.oid
        union all
        select
            format('temporary schemas for %I before %I', u.relname, n.nspname) as what,
            has_database_privilege(roles.oid, current_database(), 'temporary') as certain,
            format('alter function %s set search_path = %s, pg_temp;', d.oid::regprocedure, (
                select string_agg(quote_ident(e.name), ', ' order by e.place)
                from unnest(d.path) with ordinality as e (name, place)
                where e.name <> 'pg_temp'
            )) as fix
        from unqualified as u
        inner join pg_catalog.pg_namespace as n on u.relnamespace = n.oid
        where
            u.function = d.oid
            and n.nspname::text = any(d.path)
            and coalesce(array_position(d.path, 'pg_temp') < array_position(d.path, n.nspname::text), true)
    ) as why
order by schema, object, role
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'FNC010', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- FNC011 helper-follows-session-path: A function on which policies rely finds its tables by the session's search_path
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "FNC011", "severity": "warning", "cause": "a function on which policies rely finds its tables by the session''s search_path", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with unqualified as (
    -- Tables and views that a body names without their schema, those that it makes by WITH apart.
    select distinct
        p.oid as function,
        c.relname,
        c.relnamespace
    from pg_catalog.pg_proc as p
    cross join
        lateral regexp_matches(
            regexp_replace(p.prosrc, '--[^\n]*|/\*.*?\*/', ' ', 'g'),
            '\m(?:from|join|into|update|only|using)\s+([a-z_][a-z_0-9]*)\M(?!\s*[.(])', 'gi'
        ) as m (parts)
    inner join pg_catalog.pg_class as c
        on c.relname = lower(m.parts[1])::name and c.relkind in ('r', 'p', 'v', 'm', 'f')
    where
        p.oid >= 16384
        and p.prosqlbody is null
        and p.prosrc !~* format('\m%s\s+as\s*(not\s+materialized\s*|materialized\s*)?\(', c.relname)
)

select
    n.nspname::text as schema,
    'functions on which policies rely follow the session''s path' as cause,
    p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' as object,
    format(
        '%s names %s without a schema and has no fixed search_path: %s',
        p.oid::regprocedure, string_agg(distinct u.relname, ', '), f.how
    ) as detail,
    format('alter function %s set search_path = %I, pg_temp;', p.oid::regprocedure, min(t.nspname)) as fix,
    (
        select case when count(*) > 0 then 'error' else 'warning' end
        from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
        inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
        where has_database_privilege(r.oid, current_database(), 'temporary')
    ) as severity,
    format(
        'select p.proconfig from pg_catalog.pg_proc as p where p.oid = %L::regprocedure'
        ' and not coalesce(array_to_string(p.proconfig, '' '') ~ ''search_path='', false);',
        p.oid::regprocedure
    ) as evidence
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.relied_functions')::jsonb) as f (function oid, how text)
inner join pg_catalog.pg_proc as p on f.function = p.oid and not p.prosecdef
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
inner join unqualified as u on p.oid = u.function
inner join pg_catalog.pg_namespace as t on u.relnamespace = t.oid
where
    f.how ~ 'policies|views'
    and not exists (
        select from unnest(p.proconfig) as c (setting)
        where c.setting like 'search_path=%'
    )
group by n.nspname, p.oid, p.proname, f.how
order by schema, object
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'FNC011', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- FNC012 leakproof-that-tells: A function marked leakproof tells what it was given
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "FNC012", "severity": "warning", "cause": "a function marked leakproof tells what it was given", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

marked as (
    select
        p.oid,
        p.proname,
        p.pronamespace,
        lower(regexp_replace(
            coalesce(p.prosrc, '') || coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), ''),
            '--[^\n]*|''[^'']*''',
            ' ',
            'g'
        )) as body
    from pg_catalog.pg_proc as p
    inner join pg_catalog.pg_language as l on p.prolang = l.oid
    where
        p.proleakproof
        and p.pronargs > 0
        and p.oid >= 16384
        and l.lanname not in ('c', 'internal')
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        )
)

select
    n.nspname::text as schema,
    roles.rolname::text as role,
    'functions are marked leakproof, and are not' as cause,
    m.proname || '(' || pg_catalog.pg_get_function_identity_arguments(m.oid) || ')' as object,
    format('%s is marked leakproof, and %s', m.oid::regprocedure, why.what) as detail,
    format('select 1 from pg_catalog.pg_proc where oid = %s and proleakproof;', m.oid) as evidence,
    case when why.what ~ '^calls' then 'warning' else 'error' end as severity,
    format('alter function %s not leakproof;', m.oid::regprocedure) as fix
from marked as m
inner join pg_catalog.pg_namespace as n on m.pronamespace = n.oid
inner join
    roles
    on has_schema_privilege(roles.oid, n.oid, 'usage') and has_function_privilege(roles.oid, m.oid, 'execute')
cross join
    lateral (
        select min(c.parts[1]) as name
        from regexp_matches(m.body, '([a-z_][a-z_0-9]*)\s*\(', 'g') as c (parts)
        where
            c.parts[1] not in ('current_setting', 'nullif', 'coalesce')
            and exists (
                select from pg_catalog.pg_proc as f
                where f.proname = c.parts[1]::name and f.oid <> m.oid and f.pronargs > 0
            )
            and not exists (
                select from pg_catalog.pg_proc as f
                where f.proname = c.parts[1]::name and f.proleakproof
            )
    ) as called
cross join
    lateral (values (
        case
            when m.body ~ '\m(raise|insert|update|delete|notify|execute|perform|set_config|pg_notify)\M'
                then 'raises, writes or runs something'
            when m.body ~ '::|\mcast\s*\(|[/%]' then 'casts or divides, which fails with the value in its message'
            else 'calls ' || called.name || ', which is not leakproof'
        end
    )) as why (what)
where why.what is not null
union all
select
    'pg_catalog' as schema,
    roles.rolname::text as role,
    'functions are marked leakproof, and are not' as cause,
    p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' as object,
    format('%s is PostgreSQL''s own, which does not mark it leakproof: somebody did', p.oid::regprocedure)
        as detail,
    format('select 1 from pg_catalog.pg_proc where oid = %s and proleakproof;', p.oid) as evidence,
    'warning' as severity,
    format('alter function %s not leakproof;', p.oid::regprocedure) as fix
from pg_catalog.pg_proc as p
inner join roles on has_function_privilege(roles.oid, p.oid, 'execute')
where
    p.proleakproof
    and p.oid < 16384
    and p.pronargs > 0
    -- what PostgreSQL 15 to 18 mark: comparisons, casts that cannot fail, and hashes
    and p.proname !~ '(eq|ne|lt|le|gt|ge|cmp|larger|smaller)(text|name|int4)?$'
    and p.proname not in (
        'bool', 'bytea', 'crc32', 'crc32c', 'float4', 'float8', 'int4', 'int8', 'interval', 'macaddr8', 'md5', 'name',
        'numeric', 'sha224', 'sha256', 'sha384', 'sha512', 'starts_with', 'text', 'uuid_extract_timestamp',
        'uuid_extract_version', 'varchar'
    )
order by schema, object, role
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'FNC012', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- FNC013 definer-builds-sql: A function with its owner's rights builds SQL from what its caller gives
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "FNC013", "severity": "warning", "cause": "a function with its owner''s rights builds SQL from what its caller gives", "subsumed_by": ["FNC004", "FNC016"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

definers as (
    select
        p.*,
        n.nspname,
        -- without comments
        regexp_replace(
            p.prosrc,
            '(\m[eE]''(?:[^''\\]|\\.|'''')*''|''(?:[^'']|'''')*''|"[^"]*")|--[^\n]*|/[*](?:[^*]|[*](?!/))*[*]/',
            '\1 ',
            'g'
        ) as body,
        case
            when p.prorettype = 'trigger'::regtype then '(?:new|old)\.[a-z_][a-z_0-9]*'
            else (
                select string_agg(a.name, '|')
                from unnest(p.proargnames, p.proargtypes::oid[]) as a (name, type)
                where
                    a.name ~ '^[a-z_][a-z_0-9]*$'
                    and a.type in (
                        'text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'json'::regtype, 'jsonb'::regtype,
                        -- a function of the caller's choice
                        'regproc'::regtype, 'regprocedure'::regtype
                    )
            )
        end as given
    from pg_catalog.pg_proc as p
    inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
    inner join pg_catalog.pg_language as l on p.prolang = l.oid
    where
        p.prosecdef
        and p.oid >= 16384
        and (
            (l.lanname = 'plpgsql' and p.prosrc ~* '\mexecute\M')
            or p.prosrc ~* '\m(dblink\w*|query_to_xml\w*|crosstab|ts_stat)\s*\('
        )
),

-- Whether format() quotes all that it is given is told by its template: said in its name, before literals are blanked.
templates as (
    select
        d.oid,
        regexp_replace(
            regexp_replace(
                d.body,
                '\mformat\s*\(\s*(?:''(?:[^''%]|''''|%%|%(?:[0-9]+[$])?-?[0-9]*[IL])*''\s*(?:\|\|)?\s*)+(?=[,)])',
                'format_quoted(''''',
                'gi'
            ),
            '\mformat\s*\(\s*(?=(?:''(?:[^'']|'''')*''\s*(?:\|\|)?\s*)*''(?:[^'']|'''')*%(?:[0-9]+[$])?-?[0-9]*s)',
            'format_as_it_is(',
            'gi'
        ) as body
    from definers as d
),

blanked as (
    select
        t.oid,
        regexp_replace(
            t.body,
            '\m[eE]''(?:[^''\\]|\\.|'''')*''|''(?:[^'']|'''')*''|[$][a-z_]*[$](?:[^$]|[$][0-9])*[$][a-z_]*[$]',
            '''''',
            'gi'
        ) as body
    from templates as t
),

unquoted as (
    select
        d.*,
        -- what is quoted, and what USING binds, is data
        regexp_replace(
            regexp_replace(
                b.body,
                '\m(?:format_quoted|quote_literal|quote_ident|quote_nullable)\s*'
                '\((?:[^()]|\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\))*\)',
                '''''',
                'gi'
            ),
            '\musing\M(?:(?!\m(?:loop|execute)\M)[^;])*',
            '',
            'gi'
        ) as data_free
    from definers as d
    inner join blanked as b on d.oid = b.oid
),

built as (
    select distinct
        d.oid,
        d.nspname,
        d.proname,
        d.pronamespace,
        d.prorettype
    from unquoted as d
    cross join lateral regexp_split_to_table(d.data_free, ';|\m(?:loop|then|else)\M', 'i') as s (statement)
    where
        (
            s.statement ~* ('\|\|\s*(?:' || d.given || ')\M(?!\s*[(.])')
            -- The whole statement is what was given.
            or s.statement ~* ('(?:\mexecute|:=)\s*\(*(?:' || d.given || ')\M(?!\s*[(.])')
            -- What fires on DDL is given the statement that a session wrote.
            or (d.prorettype = 'event_trigger'::regtype and s.statement ~* '\|\|\s*current_query\s*\(')
            or (s.statement ~* '\mformat_as_it_is\s*\(' and s.statement ~* ('\m(?:' || d.given || ')\M'))
            -- These run a text as it is.
            or s.statement ~* (
                '\m(?:dblink|dblink_exec|dblink_open|dblink_send_query|query_to_xml\w*|crosstab|ts_stat)\s*\('
                '(?:[^(),]+,\s*)?(?:' || d.given || ')\s*[,)]'
            )
        )
        and (
            -- dblink runs a text elsewhere, as whom it logs in as there: often here, and as the function's owner.
            s.statement ~* '\mexecute\M|\m(dblink(_exec|_open|_send_query)?|query_to_xml\w*|crosstab|ts_stat)\s*\('
            or d.data_free ~* (
                '\mexecute\s+'
                || coalesce(
                    substring(s.statement from '([a-zA-Z_][a-zA-Z_0-9]*)(?:\s+(?:text|varchar))?\s*:?='), '[.]'
                )
                || '\M'
            )
        )
)

select
    b.nspname::text as schema,
    roles.rolname::text as role,
    'functions with their owner''s rights run what their callers give' as cause,
    b.proname || '(' || pg_catalog.pg_get_function_identity_arguments(b.oid) || ')' as object,
    format('%s builds a statement from what %s gives, and runs it as its owner', b.oid::regprocedure, roles.rolname)
        as detail
from built as b
inner join roles
    on
        (
            b.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
            and has_schema_privilege(roles.oid, b.pronamespace, 'usage')
            and has_function_privilege(roles.oid, b.oid, 'execute')
        )
        or exists (
            select from pg_catalog.pg_trigger as t
            where t.tgfoid = b.oid and has_any_column_privilege(roles.oid, t.tgrelid, 'insert, update')
        )
        -- or writes the table through a function
        or exists (
            select
            from pg_catalog.pg_trigger as t
            inner join pg_catalog.pg_class as c on t.tgrelid = c.oid
            inner join pg_catalog.pg_proc as w
                on
                    w.prosecdef
                    and w.oid >= 16384
                    and coalesce(w.prosrc, '') || coalesce(pg_catalog.pg_get_function_sqlbody(w.oid), '')
                    ~* ('\m(insert\s+into|update)\s+(\w+\.)?' || c.relname || '\M')
            where
                t.tgfoid = b.oid
                and c.relname ~ '^\w+$'
                and has_function_privilege(roles.oid, w.oid, 'execute')
                and has_schema_privilege(roles.oid, w.pronamespace, 'usage')
        )
        or (
            exists (
                select from pg_catalog.pg_event_trigger as e
                where e.evtfoid = b.oid and e.evtenabled <> 'D'
            )
            and (
                has_database_privilege(roles.oid, current_database(), 'temporary')
                or exists (
                    select from pg_catalog.pg_namespace as n
                    where n.oid >= 16384 and has_schema_privilege(roles.oid, n.oid, 'create')
                )
            )
        )
order by schema, object, role
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'FNC013', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- FNC014 immutable-that-varies: A function on which policies rely is said to be immutable, and reads who the session is
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "FNC014", "severity": "error", "cause": "a function on which policies rely is said to be immutable, and reads who the session is", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'FNC014', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- FNC018 definer-takes-protection-away: A function that the application may call takes protection away, or grants a role, with its owner's rights
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "FNC018", "severity": "warning", "cause": "a function that the application may call takes protection away, or grants a role, with its owner''s rights", "subsumed_by": ["FNC016"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

definers as (
    select
        p.*,
        n.nspname,
        o.rolsuper or o.rolcreaterole as rules_roles,
        o.rolsuper or exists (
            select
            from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
            inner join pg_catalog.pg_class as c on t.relation = c.oid
            where pg_catalog.pg_has_role(o.oid, c.relowner, 'usage')
        ) as owns_tables,
        -- without comments, and what it only says
        regexp_replace(
            regexp_replace(
                concat_ws(' ', p.prosrc, pg_catalog.pg_get_function_sqlbody(p.oid)),
                '(\m[eE]''(?:[^''\\]|\\.|'''')*''|''(?:[^'']|'''')*''|"[^"]*")|--[^\n]*|/[*](?:[^*]|[*](?!/))*[*]/',
                '\1 ',
                'g'
            ),
            '\mraise\M[^;]*;',
            '',
            'gi'
        ) as body
    from pg_catalog.pg_proc as p
    inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
    inner join pg_catalog.pg_language as l on p.prolang = l.oid
    inner join pg_catalog.pg_roles as o on p.proowner = o.oid
    where
        p.prosecdef
        and p.oid >= 16384
        and l.lanname in ('sql', 'plpgsql')
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        )
),

weakening as (
    select
        d.*,
        case
            when not d.owns_tables then null
            when
                d.body ~* '\malter\s+table\M[^;]*\m(disable|no\s+force)\s+row\s+level'
                and d.body !~* '\m(enable|(?<!no\s)force)\s+row\s+level'
                then 'switches row level security off'
            when
                d.body ~* '\malter\s+table\M[^;]*\mdisable\s+trigger\M' and d.body !~* '\menable\s+trigger\M'
                then 'switches triggers off'
            when d.body ~* '\mdrop\s+policy\M' and d.body !~* '\mcreate\s+policy\M' then 'drops a policy'
            when d.body ~* '\mdrop\s+trigger\M' and d.body !~* '\mcreate\s+trigger\M' then 'drops a trigger'
            when
                exists (
                    select
                    from
                        regexp_matches(
                            d.body, '\mcreate\s+policy\M([^;]*?)\m(?:using|check)\s*\(\s*true\s*\)', 'gi'
                        ) as m (parts)
                    where
                        coalesce(substring(m.parts[1] from '(?i)\mto\s+"?([\w%]+)'), 'public') = any(
                            string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',') || 'public'::text
                        )
                )
                then 'makes a policy that is true for everyone'
        end as of_tables,
        case
            when not d.rules_roles then null
            when
                d.body ~* '\m(alter|create)\s+(role|user)\M[^;]*\m(superuser|bypassrls|createrole|replication)\M'
                or d.body ~* '\malter\s+(role|user)\s+%'
                then 'alters roles'
            when
                exists (
                    select from regexp_matches(d.body, '\mgrant\s+"?(\w+|%[Is])"?\s+to\M', 'gi') as g (names)
                    where g.names[1] <> all(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ','))
                )
                then 'grants a role'
        end as of_roles
    from definers as d
    where d.body !~* '\m(session_user|pg_has_role)\M'
)

select
    w.nspname::text as schema,
    roles.rolname::text as role,
    'functions take protection away with their owner''s rights' as cause,
    w.proname || '(' || pg_catalog.pg_get_function_identity_arguments(w.oid) || ')' as object,
    format(
        '%s, which %s may call, %s as its owner',
        w.oid::regprocedure, roles.rolname, coalesce(w.of_tables, w.of_roles)
    ) as detail,
    format('select p.prosrc from pg_catalog.pg_proc as p where p.oid = %L::regprocedure;', w.oid::regprocedure)
        as evidence
from weakening as w
inner join roles
    on
        (
            w.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
            and has_schema_privilege(roles.oid, w.pronamespace, 'usage')
            and has_function_privilege(roles.oid, w.oid, 'execute')
        )
        or exists (
            select from pg_catalog.pg_trigger as t
            where
                t.tgfoid = w.oid
                and (
                    has_any_column_privilege(roles.oid, t.tgrelid, 'insert, update')
                    or has_table_privilege(roles.oid, t.tgrelid, 'delete')
                )
        )
where coalesce(w.of_tables, w.of_roles) is not null
order by schema, object, role
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'FNC018', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- IDX001 tenant-column-unindexed: No index leads with the tenant column
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "IDX001", "severity": "info", "cause": "no index leads with the tenant column", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    n.nspname::text as schema,
    c.relname::text as object,
    'no index leads with the tenant column' as cause,
    format('no index of %I.%I leads with %I', n.nspname, c.relname, t.tenant_column) as detail,
    format('create index concurrently on %s (%I);', c.oid::regclass, t.tenant_column) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and not c.relispartition
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid and t.tenant_column = a.attname
where
    n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.protected_schemas'), ','))
    and not exists (
        select from pg_catalog.pg_index as i
        where i.indrelid = c.oid and i.indkey[0] = a.attnum and i.indisvalid
    )
    and not exists (
        select
        from jsonb_to_recordset(pg_catalog.current_setting('ttdb.declared_keys')::jsonb) as declared (relation oid)
        where declared.relation = c.oid
    )
order by 1, 2
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'IDX001', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- IDX002 foreign-key-unindexed: A foreign key has no index on its own side
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "IDX002", "severity": "info", "cause": "a foreign key has no index on its own side", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    'foreign keys have no index' as cause,
    n.nspname::text as schema,
    format('%s.%s', c.relname, k.conname) as object,
    format('foreign key %s of %I.%I has no index', k.conname, n.nspname, c.relname) as detail,
    format('create index concurrently on %s (%s);', c.oid::regclass, columns.listed) as fix
from pg_catalog.pg_constraint as k
inner join pg_catalog.pg_class as c on k.conrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
cross join
    lateral (
        select string_agg(quote_ident(a.attname), ', ' order by e.place) as listed
        from unnest(k.conkey) with ordinality as e (attnum, place)
        inner join pg_catalog.pg_attribute as a on k.conrelid = a.attrelid and e.attnum = a.attnum
    ) as columns
where
    k.contype = 'f'
    and k.conparentid = 0
    and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.protected_schemas'), ','))
    and not exists (
        select
        from pg_catalog.pg_index as i
        where
            i.indrelid = k.conrelid
            and i.indisvalid
            and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
    )
order by 1, 2
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'IDX002', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- IDX003 index-invalid: An index is invalid
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "IDX003", "severity": "info", "cause": "an index is invalid", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    n.nspname::text as schema,
    c.relname::text as object,
    format('index %I.%I of %s is invalid', n.nspname, c.relname, i.indrelid::regclass) as detail,
    format('reindex index concurrently %s;', c.oid::regclass) as fix
from pg_catalog.pg_index as i
inner join pg_catalog.pg_class as c on i.indexrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where not i.indisvalid and c.relkind = 'i' and n.nspname !~ '^pg_'
order by 1, 2
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'IDX003', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- MIG001 managed-object-changed: An object is not as the database's revision left it
select pg_catalog.to_regclass('ttdb.managed_objects') is not null and pg_catalog.to_regprocedure('ttdb.definitions_of(regclass[])') is not null and pg_catalog.to_regprocedure('ttdb.definitions_in(text[])') is not null as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "MIG001", "severity": "error", "cause": "an object is not as the database''s revision left it", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with managed as (
    select
        m.kind,
        m.identity,
        m.definition,
        m.revision
    from ttdb.managed_objects as m
    where
        m.kind <> 'registration' -- MIG003's: it may say more than its revision left, and no less
        and m.kind !~ '^found ' -- its owner's own, there before ttdb came
),

tables as (
    select distinct c.oid
    from managed as m
    inner join pg_catalog.pg_class as c
        on
            -- Of a table that stood before, parts alone are managed: public.orders.orders_pkey is one of public.orders.
            c.oid = to_regclass(
                case
                    when m.identity !~ '[(]'
                        then substring(m.identity from '^((?:"(?:[^"]|"")+"|[^."]+)[.](?:"(?:[^"]|"")+"|[^."]+))')
                end
            )
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
),

present as (
    select
        d.kind,
        d.identity,
        d.definition
    from ttdb.definitions_of(array(select t.oid::regclass from tables as t)) as d
    union all
    select
        d.kind,
        d.identity,
        d.definition
    from ttdb.definitions_in(
        array(
            select distinct n.nspname::text
            from managed as m
            inner join
                pg_catalog.pg_proc as p
                on p.oid = to_regprocedure(case when m.identity ~ '[(]' then m.identity end)
            inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
            where m.kind = 'function'
        )
    ) as d
)

select
    null::text as schema,
    m.identity as object,
    -- A login may hold narrower grants of its own: who may do what is judged by its reach, in the other families.
    case when m.kind = 'grants' then 'info' else 'error' end as severity,
    format('managed objects are %s', case when p.definition is null then 'missing' else 'changed' end) as cause,
    format(
        '%s %s %s, which revision %s left as: %s',
        m.kind,
        m.identity,
        case when p.definition is null then 'is missing' else 'was changed' end,
        m.revision,
        left(regexp_replace(m.definition, '\s+', ' ', 'g'), 120)
    ) as detail,
    format(
        'begin; set local search_path = ''''; '
        'select m.kind, m.identity from ttdb.managed_objects as m where m.kind = %1$L and m.identity = %2$L'
        ' and not exists (select from (select * from ttdb.definitions_of(array('
        'select c.oid::regclass from pg_catalog.pg_class as c where c.relnamespace = %3$L::regnamespace))'
        ' union all select * from ttdb.definitions_in(array[%3$L])) as d'
        ' where d.kind = m.kind and d.identity = m.identity and d.definition = m.definition);'
        ' rollback;',
        m.kind,
        m.identity,
        split_part(m.identity, '.', 1)
    ) as evidence
from managed as m
left join present as p on m.kind = p.kind and m.identity = p.identity
where p.definition is distinct from m.definition
order by m.kind, m.identity
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'MIG001', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- MIG002 policy-of-no-revision: A policy for the application that no revision made stands on a table whose policies are managed
select pg_catalog.to_regclass('ttdb.managed_objects') is not null as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "MIG002", "severity": "warning", "cause": "a policy for the application that no revision made stands on a table whose policies are managed", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with managed as (
    select m.identity
    from ttdb.managed_objects as m
    where m.kind = 'policy'
),

policies as (
    select
        p.oid,
        p.polname,
        p.polroles,
        p.polrelid::regclass::text as relation,
        coalesce(pg_catalog.pg_partition_root(p.polrelid), p.polrelid)::oid as root,
        format('%s.%s', p.polrelid::regclass, pg_catalog.quote_ident(p.polname)) as identity
    from pg_catalog.pg_policy as p
    where p.polpermissive
),

tables as (
    select distinct p.root
    from policies as p
    inner join managed as m on p.identity = m.identity
)

select
    null::text as schema,
    p.relation as object,
    'policies were added that no revision made' as cause,
    min(a.name) as role,
    format(
        'policy %I lets rows through to %s beside those of the revision',
        p.polname,
        string_agg(a.name, ', ' order by a.name)
    ) as detail,
    format('drop policy %I on %s;', p.polname, p.relation) as fix
from policies as p
inner join tables as t on p.root = t.root
left join managed as m on p.identity = m.identity
inner join unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    on exists (
        select
        from unnest(p.polroles) as listed (oid)
        inner join pg_catalog.pg_roles as r on r.rolname = a.name::name
        where listed.oid = 0 or pg_catalog.pg_has_role(r.oid, nullif(listed.oid, 0), 'usage')
    )
where m.identity is null
group by p.oid, p.polname, p.relation
order by p.relation, p.polname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'MIG002', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- MIG003 registration-weakened: What a revision registered of a table or function is gone, or protects less
select pg_catalog.to_regprocedure('ttdb.weakened_registrations()') is not null as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "MIG003", "severity": "error", "cause": "what a revision registered of a table or function is gone, or protects less", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    null::text as schema,
    w.identity as object,
    'registrations are gone, or protect less than their revision left them' as cause,
    w.detail,
    w.mend as fix,
    format('select * from ttdb.weakened_registrations() as w where w.identity = %L;', w.identity) as evidence
from ttdb.weakened_registrations() as w
order by w.identity
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'MIG003', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- MIG004 record-incomplete: Part of the record that ttdb keeps of this database is gone, or empty
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "MIG004", "severity": "error", "cause": "part of the record that ttdb keeps of this database is gone, or empty", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with parts as (
    select
        p.name,
        -- By name: to_regclass() is an error for a login that may not use the schema.
        exists(
            select from pg_catalog.pg_class as c
            inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
            where n.nspname = 'ttdb' and c.relname = p.name and c.relkind = 'r'
            union all
            select from pg_catalog.pg_proc as f
            inner join pg_catalog.pg_namespace as n on f.pronamespace = n.oid
            where n.nspname = 'ttdb' and f.proname = p.name
        ) as stands,
        (
            select pg_catalog.pg_relation_size(c.oid)
            from pg_catalog.pg_class as c
            inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
            where n.nspname = 'ttdb' and c.relname = p.name and c.relkind = 'r'
        ) as size
    from (
        values ('ledger'), ('managed_objects'), ('definitions_of'), ('definitions_in'), ('definitions_of_functions')
    ) as p (name)
)

select
    p.name as object,
    'ttdb' as schema,
    'what ttdb recorded of the database is incomplete' as cause,
    'restore it from a backup: ttdb drift says meanwhile what else was changed' as fix,
    'select n.nspname, c.relname from pg_catalog.pg_class as c inner join pg_catalog.pg_namespace as n'
    ' on n.oid = c.relnamespace where n.nspname = ''ttdb'' union all select n.nspname, f.proname from'
    ' pg_catalog.pg_proc as f inner join pg_catalog.pg_namespace as n on n.oid = f.pronamespace'
    ' where n.nspname = ''ttdb'';' as evidence,
    format(
        'ttdb.%s is %s, though the rest of the record stands', p.name, case when p.stands then 'empty' else 'gone' end
    ) as detail
from parts as p
where
    (not p.stands or p.size = 0)
    and exists (
        select from parts as o
        where o.stands and coalesce(o.size, 1) > 0
    )
order by p.name
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'MIG004', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- MSK001 raw-column-granted: A masked role may read a raw personal column
select pg_catalog.to_regclass('ttdb.personal_columns') is not null as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "MSK001", "severity": "error", "cause": "a masked role may read a raw personal column", "subsumed_by": ["MSK002"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.masked_roles'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format('%s may read raw personal columns', roles.rolname) as cause,
    format(
        '%s may read %s of %I.%I',
        roles.rolname,
        string_agg(p.column_name, ', ' order by p.column_name),
        n.nspname,
        c.relname
    ) as detail,
    format(
        'select column_name from ttdb.personal_columns where relation = %1$L::regclass and mask <> ''plain'''
        ' and has_column_privilege(%2$L, relation, column_name, ''select'');',
        c.oid::regclass, roles.rolname
    ) as evidence,
    format('revoke select on %s from %I;', c.oid::regclass, roles.rolname) as fix
from ttdb.personal_columns as p
inner join pg_catalog.pg_class as c on p.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid and p.column_name = a.attname and not a.attisdropped
inner join roles
    on
        has_schema_privilege(roles.oid, n.oid, 'usage') and has_column_privilege(roles.oid, c.oid, a.attnum, 'select')
where p.mask <> 'plain'
group by n.nspname, c.relname, c.oid, roles.rolname
order by n.nspname, c.relname, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'MSK001', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- NAM001 tenant-column-named-otherwise: A tenant column has another name than the rest
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "NAM001", "severity": "info", "cause": "a tenant column has another name than the rest", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with tenant_tables as (
    select
        t.relation,
        t.tenant_column,
        count(*) over (partition by t.tenant_column) as used
    from
        jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
            as t (relation oid, tenant_column name)
    inner join pg_catalog.pg_class as c on t.relation = c.oid and not c.relispartition
    -- The tenants' own table names its key as tables do.
    where not exists (
        select
        from pg_catalog.pg_index as k
        inner join pg_catalog.pg_attribute as a on k.indrelid = a.attrelid and a.attname = t.tenant_column
        where k.indrelid = t.relation and k.indisprimary and k.indnkeyatts = 1 and k.indkey[0] = a.attnum
    )
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    format('the tenant column of %I.%I is %I', n.nspname, c.relname, t.tenant_column) as detail
from tenant_tables as t
inner join pg_catalog.pg_class as c on t.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where t.used < (select max(o.used) from tenant_tables as o)
order by 1, 2
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'NAM001', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- OBJ001 publication-of-tenants-rows: A publication sends tenants' rows past their policies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "OBJ001", "severity": "warning", "cause": "a publication sends tenants'' rows past their policies", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with tables as (
    select
        t.relation,
        t.tenant_column::text as tenant_column
    from
        jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
            as t (relation oid, tenant_column name)
    union all
    -- What has its tenant by its parent has no column to filter by: any filter may be meant so.
    select
        t.relation,
        null
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
),

published as (
    select
        p.oid,
        p.pubname,
        p.pubowner,
        p.puballtables,
        t.relation
    from pg_catalog.pg_publication as p
    inner join tables as t
        on
            p.puballtables
            or exists (
                select from pg_catalog.pg_publication_rel as r
                where
                    r.prpubid = p.oid
                    and r.prrelid = t.relation
                    and (
                        r.prqual is null
                        or pg_catalog.pg_get_expr(r.prqual, r.prrelid) !~ ('\m' || t.tenant_column || '\M')
                    )
            )
            or exists (
                select from pg_catalog.pg_publication_namespace as s
                inner join pg_catalog.pg_class as c on t.relation = c.oid and s.pnnspid = c.relnamespace
                where s.pnpubid = p.oid
            )
)

select
    null::text as schema,
    'publications send tenants'' rows' as cause,
    'publication ' || p.pubname as object,
    format(
        'publication %I sends rows of all tenants of %s%s, with no filter by the tenant',
        p.pubname,
        (array_agg(p.relation::regclass::text order by p.relation::regclass::text))[1],
        case when count(*) > 1 then format(' and %s more tables', count(*) - 1) else '' end
    ) as detail,
    format('select 1 from pg_catalog.pg_publication where pubname = %L;', p.pubname) as evidence,
    format('drop publication %I;', p.pubname) as fix
from published as p
group by p.pubname
order by p.pubname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'OBJ001', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- OBJ002 foreign-data-within-reach: An application role reaches another server's data, which no policy holds
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "OBJ002", "severity": "warning", "cause": "an application role reaches another server''s data, which no policy holds", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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

select
    null::text as schema,
    'server ' || s.srvname as object,
    roles.rolname::text as role,
    'other servers'' data are within reach' as cause,
    format('%s may use server %I, for which there is a user mapping', roles.rolname, s.srvname) as detail,
    format('select 1 where has_server_privilege(%L, %L, ''usage'');', roles.rolname, s.srvname) as evidence,
    format('revoke usage on foreign server %I from %I, public;', s.srvname, roles.rolname) as fix
from pg_catalog.pg_foreign_server as s
inner join roles on has_server_privilege(roles.oid, s.oid, 'usage')
where
    exists (
        select from pg_catalog.pg_user_mappings as m
        where m.srvid = s.oid and (m.umuser = 0 or pg_catalog.pg_has_role(roles.oid, m.umuser, 'usage'))
    )
union all
select
    n.nspname::text,
    c.relname::text,
    roles.rolname::text,
    'other servers'' data are within reach',
    format('%s may use foreign table %I.%I, which no policy holds', roles.rolname, n.nspname, c.relname),
    format('select 1 where has_any_column_privilege(%L, %L, ''select'');', roles.rolname, c.oid::regclass),
    format('revoke all on %s from %I, public;', c.oid::regclass, roles.rolname)
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles
    on
        has_schema_privilege(roles.oid, n.oid, 'usage')
        and has_any_column_privilege(roles.oid, c.oid, 'select, insert, update')
where
    c.relkind = 'f'
    and exists (
        select from pg_catalog.pg_attribute as a
        where
            a.attrelid = c.oid
            and a.attname::text in (
                select t.tenant_column::text
                from
                    jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
                        as t (relation oid, tenant_column name)
            )
    )
order by 1, 2, 3
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'OBJ002', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- OBJ003 system-data-through-owner: A view or function shows what the server keeps for administrators
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "OBJ003", "severity": "warning", "cause": "a view or function shows what the server keeps for administrators", "subsumed_by": ["ISO003", "FNC004", "MSK002"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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

select
    n.nspname::text as schema,
    v.relname::text as object,
    roles.rolname::text as role,
    'administrators'' data is shown' as cause,
    format('%I.%I shows %s what %s holds', n.nspname, v.relname, roles.rolname, b.names[1]) as detail,
    format('select 1 where has_any_column_privilege(%L, %L, ''select'');', roles.rolname, v.oid::regclass) as evidence,
    format('revoke select on %s from %I, public;', v.oid::regclass, roles.rolname) as fix
from pg_catalog.pg_class as v
inner join pg_catalog.pg_namespace as n on v.relnamespace = n.oid
-- The catalog records no dependency on what it is born with, so the definition is read.
cross join
    lateral regexp_matches(
        pg_catalog.pg_get_viewdef(v.oid),
        '\m(pg_statistic|pg_statistic_ext_data|pg_authid|pg_shadow|pg_largeobject|pg_user_mapping)\M'
    ) as b (names)
inner join roles
    on has_any_column_privilege(roles.oid, v.oid, 'select') and has_schema_privilege(roles.oid, n.oid, 'usage')
where
    v.relkind in ('v', 'm')
    and n.nspname not in ('pg_catalog', 'information_schema')
    and not coalesce(v.reloptions::text ~* 'security_invoker=(t|y|on|1)', false)
    and not has_any_column_privilege(roles.oid, 'pg_catalog.' || b.names[1], 'select')
union all
select
    null,
    format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
    roles.rolname::text,
    'administrators'' data is shown',
    format('%I.%I shows %s what its owner sees of %s', n.nspname, p.proname, roles.rolname, (
        regexp_match(
            p.text,
            '(pg_stat_activity|pg_stat_statements|pg_stats|pg_statistic|pg_stat_get_activity|pg_logical_slot_\w+'
            || '|lo_get|lo_open|loread|lo_export|lo_import|pg_largeobject|pg_authid|pg_shadow|pg_user_mappings?'
            || '|pg_read_file|pg_read_binary_file|pg_ls_dir)'
        )
    )[1]),
    format('select 1 where has_function_privilege(%L, %s::oid, ''execute'');', roles.rolname, p.oid),
    format('revoke execute on function %s from %I, public;', p.oid::regprocedure, roles.rolname)
from (
    select
        f.oid,
        f.pronamespace,
        f.proname,
        f.proowner,
        f.prosecdef,
        f.pronargs,
        f.text,
        -- Whether it looks at what it is asked for, or by whom; that nothing is asked for is no such question.
        regexp_replace(f.text, '\mif\s+\w+\s+is\s+null\s+then\s+return(\s+null)?\s*;\s*end\s+if\M', '', 'gi')
        ~* '\m(where|if|case|join|current_setting|current_user|session_user)\M' as asks
    from (
        select
            d.*,
            coalesce(d.prosrc, '') || coalesce(pg_catalog.pg_get_function_sqlbody(d.oid), '') as text
        from pg_catalog.pg_proc as d
    ) as f
    where f.prosecdef and f.prokind in ('f', 'p')
) as p
inner join
    pg_catalog.pg_namespace as n
    on p.pronamespace = n.oid and n.nspname not in ('pg_catalog', 'information_schema')
inner join pg_catalog.pg_roles as o on p.proowner = o.oid
inner join roles
    on has_function_privilege(roles.oid, p.oid, 'execute') and has_schema_privilege(roles.oid, n.oid, 'usage')
where
    (
        p.text ~ '\m(pg_stat_activity|pg_stat_statements|pg_stats|pg_statistic|pg_stat_get_activity)\M'
        and p.text ~* '\mquery\M|most_common|histogram|stavalues|\*'
        and (o.rolsuper or pg_catalog.pg_has_role(o.oid, 'pg_read_all_stats', 'usage'))
    )
    or (p.text ~ '\mpg_logical_slot_(get|peek)_(binary_)?changes\M' and (o.rolsuper or o.rolreplication))
    -- Whoever names a large object is given it, and nothing is asked.
    or (
        p.text ~ '\m(lo_get|lo_open|loread|lo_export|pg_largeobject)\M'
        and not p.asks
        and (
            o.rolsuper
            or exists (
                select from pg_catalog.pg_largeobject_metadata as m
                where m.lomowner = o.oid
            )
        )
    )
    -- What passwords are checked against, and how others are logged in to.
    or (
        p.text ~ '\m(pg_authid|pg_shadow|pg_user_mappings?)\M'
        and (
            p.text ~* '\m(rolpassword|passwd|umoptions)\M(?!\s+is\s)'
            or p.text ~* '(?<!\mexists\s*\(\s*)\mselect\s+(\w+\.)?\*\s+from\s'
        )
        and p.text !~* '\m(current_user|session_user)\M'
        and o.rolsuper
    )
    -- A file of the caller's choice.
    or (
        p.text ~* '\m(pg_read_file|pg_read_binary_file|pg_ls_dir|lo_import)\M\s*\((?!\s*''[^'']*''(::text)?\s*[,)])'
        and p.pronargs > 0
        and not p.asks
        and (o.rolsuper or pg_catalog.pg_has_role(o.oid, 'pg_read_server_files', 'usage'))
    )
order by schema, object, role
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'OBJ003', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- OBJ004 event-trigger-off: An event trigger is switched off, or does nothing
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "OBJ004", "severity": "warning", "cause": "an event trigger is switched off, or does nothing", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    null::text as schema,
    'event triggers are switched off' as cause,
    'event trigger ' || e.evtname as object,
    format(
        'event trigger %I, which runs %s at %s, %s',
        e.evtname,
        e.evtfoid::regproc,
        e.evtevent,
        case e.evtenabled when 'R' then 'fires on replicas only' else 'is disabled' end
    ) as detail,
    format('select 1 from pg_catalog.pg_event_trigger where evtname = %L and evtenabled in (''D'', ''R'');', e.evtname)
        as evidence,
    format('alter event trigger %I enable;', e.evtname) as fix
from pg_catalog.pg_event_trigger as e
where e.evtenabled in ('D', 'R')
union all
select
    null,
    'event triggers are switched off',
    'event trigger ' || e.evtname,
    format('event trigger %I runs %s at %s, which does nothing', e.evtname, e.evtfoid::regproc, e.evtevent),
    format('select p.prosrc from pg_catalog.pg_proc as p where p.oid = %L::regprocedure;', e.evtfoid::regprocedure),
    format('-- give %s its body back', e.evtfoid::regproc)
from pg_catalog.pg_event_trigger as e
inner join pg_catalog.pg_proc as p on e.evtfoid = p.oid
inner join pg_catalog.pg_language as l on p.prolang = l.oid and l.lanname = 'plpgsql'
where
    e.evtenabled not in ('D', 'R')
    and regexp_replace(p.prosrc, '--[^\n]*|/\*.*?\*/', ' ', 'g')
    !~* (
        '\m(insert|update|delete|merge|perform|execute|call|select|raise|alter|create|drop|grant|revoke|comment'
        || '|notify|refresh|truncate|analyze|set|reset|lock|copy|assert)\M|:='
    )
order by object
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'OBJ004', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- OBJ008 shared-rows-changeable: The application may change rows that are no tenant's, and that tenants' rows refer to
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "OBJ008", "severity": "warning", "cause": "the application may change rows that are no tenant''s, and that tenants'' rows refer to", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with owned as (
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    union
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
),

referred as (
    select distinct k.confrelid as relation
    from pg_catalog.pg_constraint as k
    inner join owned on k.conrelid = owned.relation
    where k.contype = 'f'
),

shared as (
    select
        c.oid,
        c.relname,
        c.relrowsecurity,
        n.nspname
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    where
        c.relkind in ('r', 'p')
        and c.oid not in (select owned.relation from owned)
        and (
            c.oid in (select referred.relation from referred)
            -- What such a list has beside it: the rates of a country, the prices of a plan.
            or exists (
                select from pg_catalog.pg_constraint as k
                inner join referred on k.confrelid = referred.relation
                where
                    k.contype = 'f'
                    and k.conrelid = c.oid
                    and referred.relation not in (select owned.relation from owned)
            )
        )
),

roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    shared.nspname::text as schema,
    shared.relname::text as object,
    'tables that are no tenant''s may be changed by the application' as cause,
    min(roles.rolname)::text as role,
    format(
        '%s may %s rows of %I.%I, which are no tenant''s and which tenants'' rows go by',
        string_agg(distinct roles.rolname, ', '),
        string_agg(distinct v.verb, ' and '),
        shared.nspname,
        shared.relname
    ) as detail,
    format(
        'revoke %s on %I.%I from %s;',
        string_agg(distinct v.verb, ', '),
        shared.nspname,
        shared.relname,
        string_agg(distinct quote_ident(roles.rolname), ', ')
    ) as fix,
    format(
        'select 1 where has_any_column_privilege(%1$L, %2$L, ''update'')'
        ' or has_table_privilege(%1$L, %2$L, ''delete'');',
        min(roles.rolname), shared.oid::regclass
    ) as evidence
from shared
cross join roles
cross join unnest(array['update', 'delete']) as v (verb)
where
    case
        when v.verb = 'update' then has_any_column_privilege(roles.oid, shared.oid, 'update')
        else has_table_privilege(roles.oid, shared.oid, 'delete')
    end
    -- Where policies hold, one that lets this role change every row.
    and (
        not shared.relrowsecurity
        or exists (
            select
            from pg_catalog.pg_policy as p
            cross join lateral unnest(p.polroles) as g (oid)
            where
                shared.oid = p.polrelid
                and p.polpermissive
                and p.polcmd::text in (case v.verb when 'update' then 'w' else 'd' end, '*')
                and pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true'
                and (g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage'))
        )
    )
    and not pg_catalog.pg_has_role(
        roles.oid, (
            select c.relowner from pg_catalog.pg_class as c
            where c.oid = shared.oid
        ), 'usage'
    )
group by shared.oid, shared.nspname, shared.relname
order by shared.nspname, shared.relname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'OBJ008', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- OBJ009 event-trigger-weakens: An event trigger takes protection away
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "OBJ009", "severity": "warning", "cause": "an event trigger takes protection away", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    null::text as schema,
    'event triggers take protection away' as cause,
    'event trigger ' || e.evtname as object,
    format('event trigger %I runs %s, which takes protection away', e.evtname, e.evtfoid::regproc) as detail,
    format('select 1 from pg_catalog.pg_event_trigger where evtname = %L and evtenabled <> ''D'';', e.evtname)
        as evidence,
    format('drop event trigger %I;', e.evtname) as fix
from pg_catalog.pg_event_trigger as e
inner join pg_catalog.pg_proc as p on e.evtfoid = p.oid
where
    e.evtenabled <> 'D'
    and (
        p.prosrc ~* (
            '\malter\s+(table|role|user)\M[^;]*'
            || '\m((disable|no\s+force)\s+row\s+level|disable\s+trigger|(?<!no)bypassrls)'
            || '|\mdrop\s+(policy|trigger)\M|\msession_replication_role\M'
        )
        or exists (
            select
            from
                regexp_matches(
                    p.prosrc, '\mcreate\s+policy\M([^;]*?)\m(?:using|check)\s*\(\s*true\s*\)', 'gi'
                ) as m (parts)
            where
                coalesce(substring(m.parts[1] from '(?i)\mto\s+"?([\w%]+)'), 'public') = any(
                    string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',') || 'public'::text
                )
        )
        -- What is made next is the application's own.
        or exists (
            select from regexp_matches(p.prosrc, '\mowner\s+to\s+"?(\w+)', 'gi') as o (names)
            where o.names[1] = any(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ','))
        )
    )
    -- A guard names these too, and refuses them.
    and p.prosrc !~* '\mraise\s+exception\M'
order by e.evtname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'OBJ009', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PAR001 partition-without-rls: A partition has row level security off
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PAR001", "severity": "error", "cause": "a partition has row level security off", "subsumed_by": ["ISO003"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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

select
    'a partition has row level security off' as cause,
    reach.role,
    n.nspname::text as schema,
    c.relname::text as object,
    case
        when reach.role is not null then 'error'
        when c.oid in (select p.polrelid from pg_catalog.pg_policy as p) then 'warning'
        else 'info'
    end as severity,
    format('partition %I.%I has row level security off', n.nspname, c.relname) as detail,
    format('select 1 from pg_catalog.pg_class where oid = %L::regclass and not relrowsecurity;', c.oid::regclass)
        as evidence,
    format(
        E'alter table %1$s enable row level security;\nalter table %1$s force row level security;', c.oid::regclass
    ) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and c.relispartition
inner join pg_catalog.pg_class as root on root.oid = pg_catalog.pg_partition_root(c.oid) and root.relrowsecurity
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
left join lateral (
    select min(roles.rolname)::text as role
    from roles
    where
        has_schema_privilege(roles.oid, n.oid, 'usage')
        and (
            has_any_column_privilege(roles.oid, c.oid, 'select, insert, update')
            or has_table_privilege(roles.oid, c.oid, 'delete')
        )
) as reach on true
where not c.relrowsecurity
order by 1, 2
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PAR001', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PAR002 partition-granted: An application role may use a partition directly
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PAR002", "severity": "warning", "cause": "an application role may use a partition directly", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PAR002', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PAR003 month-less-than-default: A month, or DEFAULT, lacks a protection that its table or the partitions beside it have
select pg_catalog.to_regclass('ttdb.partitioned_tables') is not null and pg_catalog.to_regclass('ttdb.managed_objects') is not null as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PAR003", "severity": "warning", "cause": "a month, or DEFAULT, lacks a protection that its table or the partitions beside it have", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with leaves as (
    select
        leaf.oid,
        leaf.relname,
        leaf.relnamespace,
        leaf.relforcerowsecurity,
        leaf.relowner,
        p.partrelid as root,
        p.partdefid as rest
    from ttdb.partitioned_tables as t
    inner join pg_catalog.pg_partitioned_table as p on p.partrelid = t.relation::oid
    inner join pg_catalog.pg_inherits as i on p.partrelid = i.inhparent
    inner join pg_catalog.pg_class as leaf on i.inhrelid = leaf.oid
),

-- Which triggers a partition must have: a clone of each of its table's that is of rows; of a statement's, which the
-- server does not clone, those that are at work on the table for TRUNCATE, on DEFAULT, or, for DEFAULT, on a month.
expected as (
    select
        l.oid,
        g.tgname,
        g.tgenabled,
        g.oid as parent,
        g.tgfoid,
        g.tgtype
    from leaves as l
    inner join pg_catalog.pg_trigger as g on l.root = g.tgrelid and not g.tgisinternal and g.tgtype & 1 = 1
    where g.tgenabled <> 'D'
    union
    select
        l.oid,
        g.tgname,
        g.tgenabled,
        null,
        g.tgfoid,
        g.tgtype
    from leaves as l
    inner join pg_catalog.pg_trigger as g on not g.tgisinternal and g.tgparentid = 0 and g.tgenabled <> 'D'
    where
        (l.rest <> l.oid and g.tgrelid = l.rest)
        or (g.tgrelid = l.root and g.tgtype & 33 = 32)
        -- Of a month's, those that DEFAULT still has: what a month has of its own is nothing that it lacks.
        or (
            l.rest = l.oid
            and g.tgrelid in (
                select o.oid from leaves as o
                where l.root = o.root
            )
            and g.tgname in (
                select d.tgname from pg_catalog.pg_trigger as d
                where l.oid = d.tgrelid
            )
        )
),

lacks as (
    select
        l.oid,
        'forced row security' as what,
        false as managed
    from leaves as l
    inner join pg_catalog.pg_class as rest on l.rest = rest.oid
    where rest.relforcerowsecurity and not l.relforcerowsecurity
    union
    select
        l.oid,
        'its table''s owner',
        false
    from leaves as l
    inner join pg_catalog.pg_class as root on l.root = root.oid
    where root.relowner <> l.relowner
    union
    select
        l.oid,
        format('policy %I', y.polname),
        false
    from leaves as l
    inner join pg_catalog.pg_policy as y on l.rest = y.polrelid
    where
        not exists (
            select from pg_catalog.pg_policy as o
            where
                o.polrelid = l.oid and o.polname = y.polname and o.polcmd = y.polcmd
                and o.polpermissive = y.polpermissive and o.polroles = y.polroles
        )
    union
    select
        l.oid,
        format('trigger %I', e.tgname),
        exists(
            select from ttdb.managed_objects as m
            where
                m.kind = 'trigger'
                and m.identity = any(
                    array[format('%s.%I', l.root::regclass, e.tgname), format('%s.%I', l.rest::regclass, e.tgname)]
                )
        )
    from expected as e
    inner join leaves as l on e.oid = l.oid
    where not exists (
        select from pg_catalog.pg_trigger as o
        where
            o.tgrelid = e.oid
            and (
                o.tgparentid = e.parent
                or (e.parent is null and o.tgname = e.tgname and o.tgfoid = e.tgfoid and o.tgtype = e.tgtype)
            )
            and o.tgenabled in (e.tgenabled, 'A')
    )
)

select
    'partitions lack what their table or those beside them have' as cause,
    n.nspname::text as schema,
    l.relname::text as object,
    case when k.managed then 'error' else 'warning' end as severity,
    format(
        'partition %I.%I of %s lacks, or has disabled: %s', n.nspname, l.relname, l.root::regclass, k.what
    ) as detail,
    format(
        'select c.relforcerowsecurity, t.tgname, t.tgenabled from pg_catalog.pg_class as c'
        ' left join pg_catalog.pg_trigger as t on t.tgrelid = c.oid and not t.tgisinternal where c.oid = %L::regclass;',
        l.oid::regclass
    ) as evidence,
    case
        when l.oid = l.rest then 'enable its triggers again as they are on the months beside it'
        else 'enable its triggers; or make it anew: detach and rename it, ttdb.ensure_partition(), move its rows'
    end as fix
from leaves as l
inner join lateral (
    select
        string_agg(s.what, ', ' order by s.what) as what,
        bool_or(s.managed) as managed
    from lacks as s
    where s.oid = l.oid
) as k on k.what is not null
inner join pg_catalog.pg_namespace as n on l.relnamespace = n.oid
order by 1, 2
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PAR003', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- PAR004 retired-month-granted: An application role may use a retired month
select pg_catalog.to_regclass('ttdb.partitioned_tables') is not null as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PAR004", "severity": "info", "cause": "an application role may use a retired month", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    'retired months are granted' as cause,
    n.nspname::text as schema,
    c.relname::text as object,
    r.rolname::text as role,
    case when c.relrowsecurity then 'info' else 'error' end as severity,
    format('%s may use the retired month %I.%I', r.rolname, n.nspname, c.relname) as detail,
    format('select has_any_column_privilege(%L, %L, ''select'');', r.rolname, c.oid::regclass) as evidence,
    format('revoke all on %s from %I;', c.oid::regclass, r.rolname) as fix
from ttdb.partitioned_tables as t
inner join pg_catalog.pg_class as p on p.oid = t.relation::oid
inner join pg_catalog.pg_class as c
    on
        p.relnamespace = c.relnamespace and c.relkind = 'r' and not c.relispartition
        and left(c.relname, -8) = p.relname and right(c.relname, 8) ~ '^_[0-9]{4}_(0[1-9]|1[0-2])$'
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
cross join
    unnest(
        string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')
        || string_to_array(pg_catalog.current_setting('ttdb.masked_roles'), ',')
    ) as a (name)
inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
where
    has_schema_privilege(r.oid, n.oid, 'usage')
    and has_any_column_privilege(r.oid, c.oid, 'select, insert, update')
    and not pg_catalog.pg_has_role(r.oid, c.relowner, 'usage')
order by 2, 3, 4
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PAR004', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- PAR005 rows-wait-in-default: The DEFAULT partition of a table that is kept in months holds rows
select pg_catalog.to_regclass('ttdb.partitioned_tables') is not null as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PAR005", "severity": "info", "cause": "the DEFAULT partition of a table that is kept in months holds rows", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    n.nspname::text as schema,
    c.relname::text as object,
    'rows wait in DEFAULT for a month' as cause,
    'ttdb partitions list says which months; ttdb partitions ensure --from ... --to ... makes them' as fix,
    format('about %s rows wait in %I.%I for a month of their own', c.reltuples::bigint, n.nspname, c.relname) as detail
from ttdb.partitioned_tables as t
inner join pg_catalog.pg_partitioned_table as p on p.partrelid = t.relation::oid
inner join pg_catalog.pg_class as c on p.partdefid = c.oid and c.reltuples > 0
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
order by 1, 2
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PAR005', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- PAR006 month-detached: A month stands beside its table, and was not retired
select pg_catalog.to_regclass('ttdb.partitioned_tables') is not null and pg_catalog.to_regprocedure('ttdb.tg__refuse_retired()') is not null as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PAR006", "severity": "warning", "cause": "a month stands beside its table, and was not retired", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    n.nspname::text as schema,
    c.relname::text as object,
    'months stand beside their tables' as cause,
    format('%I.%I is detached from %s, and was not retired', n.nspname, c.relname, t.relation) as detail,
    format(
        'select c.relispartition from pg_catalog.pg_class as c where c.oid = %L::regclass and not c.relispartition;',
        c.oid::regclass
    ) as evidence,
    format(
        'select ttdb.ensure_partition(%L, %L); -- which attaches it again',
        t.relation,
        replace(right(c.relname::text, 7), '_', '-') || '-01'
    ) as fix
from ttdb.partitioned_tables as t
inner join pg_catalog.pg_class as p on p.oid = t.relation::oid
inner join pg_catalog.pg_class as c
    on
        p.relnamespace = c.relnamespace and c.relkind = 'r' and not c.relispartition
        and left(c.relname, -8) = p.relname and right(c.relname, 8) ~ '^_[1-9][0-9]{3}_(0[1-9]|1[0-2])$'
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where
    not exists (
        select
        from pg_catalog.pg_trigger as g
        where
            g.tgrelid = c.oid
            and g.tgfoid = to_regprocedure('ttdb.tg__refuse_retired()')
            and g.tgenabled in ('O', 'A')
    )
order by n.nspname, c.relname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PAR006', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- PRV001 application-is-superuser: The application logs in as a superuser
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV001", "severity": "error", "cause": "the application logs in as a superuser", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    null::text as schema,
    r.rolname::text as role,
    'Give each service a login of its own that is no superuser: ttdb roles add SERVICE.' as fix,
    'role ' || r.rolname as object,
    format('role %s has SUPERUSER', r.rolname) as cause,
    format('%s, with which the application works, is a superuser: no policy, grant or mask holds it', r.rolname)
        as detail,
    format('select rolname from pg_catalog.pg_roles where rolname = %L and rolsuper;', r.rolname) as evidence
from
    unnest(
        string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')
        || string_to_array(pg_catalog.current_setting('ttdb.masked_roles'), ',')
    ) as a (name)
inner join pg_catalog.pg_roles as r on r.rolname = a.name::name
where r.rolsuper
order by r.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV001', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV002 application-bypasses-rls: The application logs in as a role that bypasses row level security
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV002", "severity": "error", "cause": "the application logs in as a role that bypasses row level security", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    null::text as schema,
    r.rolname::text as role,
    'role ' || r.rolname as object,
    format('role %s has BYPASSRLS', r.rolname) as cause,
    format('role %s bypasses every policy', r.rolname) as detail,
    format('select rolname from pg_catalog.pg_roles where rolname = %L and rolbypassrls;', r.rolname) as evidence,
    format('alter role %I nobypassrls;', r.rolname) as fix
from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
inner join pg_catalog.pg_roles as r on r.rolname = a.name::name
where r.rolbypassrls and not r.rolsuper
order by r.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV002', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV003 truncate-held: An application role may truncate a table of tenants
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV003", "severity": "error", "cause": "an application role may truncate a table of tenants", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

-- What triggers' functions do, without comments and without what they only say.
doing as (
    select
        f.oid,
        regexp_replace(
            regexp_replace(
                f.prosrc,
                '(\m[eE]''(?:[^''\\]|\\.|'''')*''|''(?:[^'']|'''')*''|"[^"]*")|--[^\n]*|/[*](?:[^*]|[*](?!/))*[*]/',
                '\1 ',
                'g'
            ),
            '\m[eE]''(?:[^''\\]|\\.|'''')*''|''(?:[^'']|'''')*''',
            '''''',
            'g'
        ) as code
    from pg_catalog.pg_proc as f
    inner join pg_catalog.pg_language as l on f.prolang = l.oid and l.lanname = 'plpgsql'
    where f.prorettype = 'pg_catalog.trigger'::regtype
),

-- The tables with a trigger that always fires and always raises: it lets nobody.
kept as (
    select t.tgrelid as relation
    from pg_catalog.pg_trigger as t
    inner join doing on t.tgfoid = doing.oid
    where
        t.tgtype & 32 = 32
        and t.tgenabled in ('O', 'A')
        and t.tgqual is null
        -- Nothing goes another way before it raises, and nothing catches that.
        and doing.code ~* (
            '^(?:(?!\m(?:if|case|loop|return|exit)\M).)*'
            || '\mraise\s+(?!(?:debug|log|info|notice|warning)\M)[\w'']'
        )
        and doing.code !~* '\mexception\s+when\M'
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    case
        when c.oid in (select kept.relation from kept) then 'info'
        when
            c.oid in (
                select t.relation
                from
                    jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
                        as t (relation oid, tenant_column name)
                union
                select t.relation
                from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
            )
            then 'error'
        else 'warning'
    end as severity,
    format('TRUNCATE is held by %s', roles.rolname) as cause,
    format('%s may truncate %I.%I', roles.rolname, n.nspname, c.relname) as detail,
    format('select 1 where has_table_privilege(%L, %L, ''truncate'');', roles.rolname, c.oid::regclass) as evidence,
    format('revoke truncate on %s from %I, public;', c.oid::regclass, roles.rolname) as fix
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join
    roles
    on has_table_privilege(roles.oid, c.oid, 'truncate') and has_schema_privilege(roles.oid, n.oid, 'usage')
where
    c.relkind in ('r', 'p')
    and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    and not pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage')
order by n.nspname, c.relname, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV003', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV004 application-owns-table: An application role owns a table of tenants
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV004", "severity": "error", "cause": "an application role owns a table of tenants", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

tables as (
    select c.*
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    inner join pg_catalog.pg_class as c on t.relation = c.oid
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    'error' as severity,
    format('tables are owned by %s', roles.rolname) as cause,
    format('%s owns %I.%I and can switch its protection off', roles.rolname, n.nspname, c.relname) as detail,
    format(
        'select 1 from pg_catalog.pg_class where oid = %L::regclass and relowner = %L::regrole;',
        c.oid::regclass,
        roles.oid::regrole
    ) as evidence,
    format(E'-- to a role that nobody logs in as:\nalter table %s owner to owner_role;', c.oid::regclass) as fix
from tables as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles on c.relowner = roles.oid
union all
-- One that policies are about, or that is to see all tenants, and owns a table as an exception.
select
    n.nspname::text,
    c.relname::text,
    o.rolname::text,
    'warning',
    format('tables are owned by %s', o.rolname),
    format('%s owns %I.%I, and other roles own most tables', o.rolname, n.nspname, c.relname),
    format(
        'select 1 from pg_catalog.pg_class where oid = %L::regclass and relowner = %L::regrole;', c.oid::regclass, o.oid
    ),
    format(E'-- to a role that nobody logs in as:\nalter table %s owner to owner_role;', c.oid::regclass)
from tables as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_roles as o on c.relowner = o.oid and not o.rolsuper
where
    o.oid not in (select roles.oid from roles)
    and exists ( -- one that nobody is or becomes does nothing with it
        select from pg_catalog.pg_roles as l
        where l.rolcanlogin and not l.rolsuper and pg_has_role(l.oid, o.oid, 'member')
    )
    and 2 * (
        select count(*) from tables as t
        where t.relowner = o.oid
    ) < (select count(*) from tables)
    and (
        o.rolname = any(string_to_array(pg_catalog.current_setting('ttdb.cross_tenant_roles'), ',')::name[])
        or exists (
            select from pg_catalog.pg_policy as p
            inner join tables as t on p.polrelid = t.oid
            where o.oid = any(p.polroles)
        )
    )
order by schema, object
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV004', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV005 application-creates-in-schema: An application role may create objects where others look for theirs
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV005", "severity": "warning", "cause": "an application role may create objects where others look for theirs", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

paths as (
    select
        format('on the path of %s', p.oid::regprocedure) as why,
        c.setting
    from pg_catalog.pg_proc as p
    cross join unnest(p.proconfig) as c (setting)
    where p.prosecdef
    union all
    select
        case s.setrole
            when 0 then 'on the path of the database' else format('on the path of %s', s.setrole::regrole)
        end,
        c.setting
    from pg_catalog.pg_db_role_setting as s
    cross join unnest(s.setconfig) as c (setting)
    where
        s.setdatabase in (0, (
            select d.oid from pg_catalog.pg_database as d
            where d.datname = current_database()
        ))
    union all
    select
        'on everybody''s path by default',
        'search_path=' || s.boot_val
    from pg_catalog.pg_settings as s
    where s.name = 'search_path'
),

places as (
    select
        btrim(e.name, ' "') as name,
        min(paths.why) as why
    from paths
    cross join regexp_split_to_table(split_part(paths.setting, '=', 2), ',') as e (name)
    where paths.setting like 'search_path=%'
    group by btrim(e.name, ' "')
    union all
    select
        s.name,
        'the tenants'' separation rests on what is there'
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ',')) as s (name)
)

select
    null::text as schema,
    roles.rolname::text as role,
    'schema ' || n.nspname as object,
    format('%s may create objects in schema %s: %s', roles.rolname, n.nspname, max(places.why)) as detail,
    format('select 1 where has_schema_privilege(%L, %L, ''create'');', roles.rolname, n.nspname) as evidence,
    format('revoke create on schema %I from %I, public;', n.nspname, roles.rolname) as fix
from places
inner join pg_catalog.pg_namespace as n on n.nspname = places.name::name
inner join roles on has_schema_privilege(roles.oid, n.oid, 'create')
where not pg_catalog.pg_has_role(roles.oid, n.nspowner, 'usage') and n.nspname !~ '^pg_'
group by n.nspname, roles.rolname
order by object, role
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV005', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV006 default-privileges-to-application: New tables, functions or schemas are granted to the application by default
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV006", "severity": "warning", "cause": "new tables, functions or schemas are granted to the application by default", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV006', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV007 application-has-server-powers: An application role has powers over the server or over other roles
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV007", "severity": "error", "cause": "an application role has powers over the server or over other roles", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

f as (
    select
        case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end as become,
        array[
            'CREATEROLE', 'REPLICATION', 'pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files',
            'pg_write_server_files', 'pg_execute_server_program', 'pg_create_subscription'
        ] as fatal
)

select
    null::text as schema,
    roles.rolname::text as role,
    'role ' || roles.rolname as object,
    format('%s has powers over the server', roles.rolname) as cause,
    format('%s has %s', roles.rolname, string_agg(p.power, ', ' order by p.power)) as detail,
    case
        when bool_and(p.power <> all(f.fatal)) then 'warning'
        else 'error'
    end as severity,
    format(
        'select r.rolname from pg_catalog.pg_roles as r'
        ' where pg_catalog.pg_has_role(%1$L, r.oid, ''member'') and not r.rolsuper'
        ' and (r.rolcreaterole or r.rolreplication or r.rolcreatedb or r.rolname ~ ''^pg_'');',
        roles.rolname
    ) as evidence,
    string_agg(
        case
            when p.power ~ '^pg_' then format('revoke %I from %I;', p.power, roles.rolname)
            else format('alter role %I no%s;', roles.rolname, lower(p.power))
        end, E'\n' order by p.power
    ) as fix
from roles
inner join pg_catalog.pg_roles as r on roles.oid = r.oid
cross join f
cross join
    lateral (
        select a.power
        from (
            values
            ('CREATEROLE', r.rolcreaterole), ('REPLICATION', r.rolreplication), ('CREATEDB', r.rolcreatedb)
        ) as a (power, held)
        where a.held
        union all
        select g.rolname::text
        from pg_catalog.pg_roles as g
        where
            g.rolname in (
                'pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files',
                'pg_execute_server_program', 'pg_create_subscription', 'pg_maintain',
                'pg_monitor', 'pg_read_all_stats', 'pg_read_all_settings', 'pg_stat_scan_tables',
                'pg_signal_backend', 'pg_signal_autovacuum_worker', 'pg_checkpoint', 'pg_use_reserved_connections'
            )
            and (
                pg_catalog.pg_has_role(roles.oid, g.oid, 'usage') or pg_catalog.pg_has_role(roles.oid, g.oid, f.become)
            )
    ) as p
group by roles.rolname
order by roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV007', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV008 trigger-held: An application role may create triggers on a table of tenants
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV008", "severity": "error", "cause": "an application role may create triggers on a table of tenants", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format('TRIGGER is held by %s', roles.rolname) as cause,
    format('%s may create triggers on %I.%I', roles.rolname, n.nspname, c.relname) as detail,
    format('select 1 where has_table_privilege(%L, %L, ''trigger'');', roles.rolname, c.oid::regclass) as evidence,
    format('revoke trigger on %s from %I, public;', c.oid::regclass, roles.rolname) as fix,
    case
        when
            c.oid in (
                select t.relation
                from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
                union
                select t.relation
                from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
            )
            then 'error'
        else 'warning'
    end as severity
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles on has_table_privilege(roles.oid, c.oid, 'trigger') and has_schema_privilege(roles.oid, n.oid, 'usage')
where
    c.relkind in ('r', 'p', 'v')
    and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    and not pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage')
order by n.nspname, c.relname, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV008', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV009 application-owns-schema: An application role owns a schema on which the tenants' separation rests, or the database
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV009", "severity": "error", "cause": "an application role owns a schema on which the tenants'' separation rests, or the database", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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
    'schema ' || n.nspname as object,
    'error' as severity,
    format('schemas are owned by %s', roles.rolname) as cause,
    format('%s owns schema %s and may drop whatever is in it', roles.rolname, n.nspname) as detail,
    format('select 1 where pg_catalog.pg_has_role(%L, %L, ''usage'');', roles.rolname, n.nspowner::regrole) as evidence,
    format(E'-- to a role that nobody logs in as:\nalter schema %I owner to owner_role;', n.nspname) as fix
from unnest(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ',')) as s (name)
inner join pg_catalog.pg_namespace as n on n.nspname = s.name::name
inner join roles on pg_catalog.pg_has_role(roles.oid, n.nspowner, 'usage')
-- Schema public belongs to whoever owns the database, by a role that has no members.
where n.nspowner <> 'pg_database_owner'::regrole
union all
select
    null::text,
    roles.rolname::text,
    'database',
    'error',
    format('the database is owned by %s', roles.rolname),
    format('%s owns database %s: it may drop it, and gives sessions their defaults', roles.rolname, d.datname),
    format('select 1 where pg_catalog.pg_has_role(%L, %L, ''usage'');', roles.rolname, d.datdba::regrole),
    format(E'-- to a role that nobody logs in as:\nalter database %I owner to owner_role;', d.datname)
from pg_catalog.pg_database as d
inner join roles on pg_catalog.pg_has_role(roles.oid, d.datdba, 'usage')
where d.datname = current_database()
order by 3, 2
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV009', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV010 application-owns-function: An application role owns a function on which the tenants' separation rests
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV010", "severity": "error", "cause": "an application role owns a function on which the tenants'' separation rests", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV010', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV011 system-data-readable: An application role may read a system catalog that holds tenants' values or secrets
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV011", "severity": "error", "cause": "an application role may read a system catalog that holds tenants'' values or secrets", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

granted as (
    select
        c.oid,
        0 as attnum,
        x.grantee
    from pg_catalog.pg_class as c
    cross join lateral aclexplode(c.relacl) as x
    where x.privilege_type = 'SELECT' and x.grantee <> c.relowner
    union all
    select
        a.attrelid,
        a.attnum,
        x.grantee
    from pg_catalog.pg_attribute as a
    cross join lateral aclexplode(a.attacl) as x
    where x.privilege_type = 'SELECT'
),

-- Those that are not as PostgreSQL came: open to all, or to its own monitoring roles.
kept as (
    select distinct
        c.oid,
        c.relname,
        g.grantee
    from granted as g
    inner join pg_catalog.pg_class as c on g.oid = c.oid
    where
        c.oid < 16384
        and c.relnamespace = 'pg_catalog'::regnamespace
        and not exists (
            select from pg_catalog.pg_init_privs as i
            cross join lateral aclexplode(i.initprivs) as x
            where
                i.objoid = g.oid
                and i.classoid = 'pg_catalog.pg_class'::regclass
                and i.objsubid in (0, g.attnum)
                and x.privilege_type = 'SELECT'
                and x.grantee in (0, g.grantee)
        )
)

select
    'pg_catalog' as schema,
    k.relname::text as object,
    roles.rolname::text as role,
    'system catalogs with tenants'' values or secrets are readable' as cause,
    case
        when
            k.relname in (
                'pg_statistic', 'pg_statistic_ext_data', 'pg_largeobject', 'pg_authid', 'pg_shadow', 'pg_user_mapping'
            )
            then 'error'
        else 'warning'
    end as severity,
    format('%s may read pg_catalog.%I, which PostgreSQL keeps for administrators', roles.rolname, k.relname) as detail,
    format('select 1 where has_any_column_privilege(%L, %L, ''select'');', roles.rolname, k.oid::regclass) as evidence,
    format('revoke select on pg_catalog.%I from %I, public;', k.relname, roles.rolname) as fix
from kept as k
inner join roles on k.grantee = 0 or pg_catalog.pg_has_role(roles.oid, k.grantee, 'usage')
order by k.relname, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV011', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV012 sequence-settable: An application role may set a sequence that tenants share
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV012", "severity": "warning", "cause": "an application role may set a sequence that tenants share", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format('sequences may be set by %s', roles.rolname) as cause,
    format('%s may set sequence %I.%I', roles.rolname, n.nspname, c.relname) as detail,
    -- One that gives a table its keys; what another is for, people know.
    case
        when exists (
            select
            from pg_catalog.pg_depend as d
            where
                (d.classid = 'pg_catalog.pg_attrdef'::regclass and d.refobjid = c.oid)
                or (
                    d.classid = 'pg_catalog.pg_class'::regclass
                    and d.objid = c.oid
                    and d.refclassid = 'pg_catalog.pg_class'::regclass
                    and d.deptype in ('a', 'i')
                )
        ) then 'error'
        else 'warning'
    end as severity,
    format('select 1 where has_sequence_privilege(%L, %L, ''update'');', roles.rolname, c.oid::regclass) as evidence,
    format('revoke update on sequence %s from %I, public;', c.oid::regclass, roles.rolname) as fix
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles
    on has_sequence_privilege(roles.oid, c.oid, 'update') and has_schema_privilege(roles.oid, n.oid, 'usage')
where
    c.relkind = 'S'
    and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    and not pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage')
union all
select
    null::text,
    format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
    roles.rolname::text,
    'sequences may be set through functions',
    format('%s may set sequence %s by calling %s', roles.rolname, s.named, p.oid::regprocedure),
    'warning',
    format('select 1 where has_function_privilege(%L, %s::oid, ''execute'');', roles.rolname, p.oid),
    format('revoke execute on function %s from %I, public;', p.oid::regprocedure, roles.rolname)
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
cross join
    lateral (
        select distinct to_regclass(m.found[1]) as named
        from regexp_matches(
            coalesce(p.prosrc, '') || coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), ''),
            '\msetval\s*\(\s*''([^'']+)''', 'gi'
        ) as m (found)
    ) as s
inner join roles
    on has_function_privilege(roles.oid, p.oid, 'execute') and has_schema_privilege(roles.oid, n.oid, 'usage')
where
    p.prosecdef
    and p.prokind in ('f', 'p')
    and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    and exists (
        select from pg_catalog.pg_class as c
        where
            c.oid = s.named
            and c.relkind = 'S'
            and has_sequence_privilege(p.proowner, c.oid, 'update')
            and not has_sequence_privilege(roles.oid, c.oid, 'update')
    )
order by schema, object, role
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV012', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV013 large-object-readable: An application role may read or change a large object
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV013", "severity": "error", "cause": "an application role may read or change a large object", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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
    'large objects are open to every tenant' as cause,
    'large object ' || m.oid as object,
    format('%s may read or change large object %s', roles.rolname, m.oid) as detail,
    format('select 1 from pg_catalog.pg_largeobject_metadata where oid = %s;', m.oid) as evidence,
    format('revoke all on large object %s from %I, public;', m.oid, roles.rolname) as fix
from pg_catalog.pg_largeobject_metadata as m
inner join roles
    on
        exists (
            select from aclexplode(coalesce(m.lomacl, acldefault('L', m.lomowner))) as x
            where x.grantee = 0 or pg_catalog.pg_has_role(roles.oid, x.grantee, 'usage')
        )
order by m.oid, roles.rolname
limit 100
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV013', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV014 parameter-settable: An application role may set a parameter that switches protection off
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV014", "severity": "error", "cause": "an application role may set a parameter that switches protection off", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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
    'parameter ' || p.parname as object,
    format('%s may set %s', roles.rolname, p.parname) as cause,
    format(
        '%s may %s %s',
        roles.rolname,
        case when has_parameter_privilege(roles.oid, p.parname, 'alter system') then 'alter system set' else 'set' end,
        p.parname
    ) as detail,
    format('select 1 where has_parameter_privilege(%L, %L, ''set, alter system'');', roles.rolname, p.parname)
        as evidence,
    format('revoke set, alter system on parameter %s from %I, public;', p.parname, roles.rolname) as fix
from pg_catalog.pg_parameter_acl as p
inner join roles on has_parameter_privilege(roles.oid, p.parname, 'set, alter system')
where
    has_parameter_privilege(roles.oid, p.parname, 'alter system')
    or p.parname in (
        'session_replication_role', 'lo_compat_privileges', 'session_preload_libraries', 'shared_preload_libraries',
        'dynamic_library_path', 'extension_control_path', 'allow_system_table_mods', 'event_triggers',
        'restrict_nonsystem_relation_kind', 'zero_damaged_pages', 'ignore_checksum_failure', 'row_security'
    )
    or p.parname like 'pgaudit.%'
order by p.parname, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV014', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV015 application-may-become-another: The application is a member of a role that is beyond the policies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV015", "severity": "error", "cause": "the application is a member of a role that is beyond the policies", "subsumed_by": ["ISO006"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select r.*
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

beyond as (
    select
        r.oid,
        r.rolname,
        case
            when r.rolsuper then 'is a superuser'
            when r.rolbypassrls then 'bypasses row level security'
            when
                r.rolname = any(
                    string_to_array(pg_catalog.current_setting('ttdb.cross_tenant_roles'), ',')::name[]
                )
                then 'is meant to see all tenants'
            else 'owns tenants'' tables'
        end as reason
    from pg_catalog.pg_roles as r
    where
        r.rolsuper
        or r.rolbypassrls
        or r.rolname = any(string_to_array(pg_catalog.current_setting('ttdb.cross_tenant_roles'), ',')::name[])
        or exists (
            select
            from
                jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
                    as t (relation oid, tenant_column name)
            inner join pg_catalog.pg_class as c on t.relation = c.oid
            where c.relowner = r.oid
        )
)

select
    null::text as schema,
    roles.rolname::text as role,
    'role ' || beyond.rolname as object,
    format('%s may become %s', roles.rolname, beyond.rolname) as cause,
    format('%s may become %s, which %s', roles.rolname, beyond.rolname, beyond.reason) as detail,
    format(
        'select ''may become'' where pg_catalog.pg_has_role(%L, %L, ''MEMBER'');', roles.rolname, beyond.rolname
    ) as evidence,
    format('revoke %I from %I;', beyond.rolname, roles.rolname) as fix
from roles
inner join beyond
    on
        roles.oid <> beyond.oid
        and (
            pg_catalog.pg_has_role(roles.oid, beyond.oid, 'usage')
            or pg_catalog.pg_has_role(roles.oid, beyond.oid, 'member with admin option')
            -- From 16 on a membership may be without SET, and then lends nothing.
            or pg_catalog.pg_has_role(
                roles.oid,
                beyond.oid,
                case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end
            )
        )
where beyond.rolname <> all(string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')::name[])
order by roles.rolname, beyond.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV015', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV020 role-beyond-its-purpose: A role with narrow rights of its own has powers that make them moot
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV020", "severity": "warning", "cause": "a role with narrow rights of its own has powers that make them moot", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV020', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV021 references-held: An application role may reference a table of tenants from a foreign key of its own
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV021", "severity": "error", "cause": "an application role may reference a table of tenants from a foreign key of its own", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format('REFERENCES is held by %s', roles.rolname) as cause,
    format('%s may make foreign keys to %I.%I', roles.rolname, n.nspname, c.relname) as detail,
    format('select 1 where has_any_column_privilege(%L, %L, ''references'');', roles.rolname, c.oid::regclass)
        as evidence,
    case
        when exists (
            select from pg_catalog.pg_namespace as s
            where s.nspname !~ '^pg_' and has_schema_privilege(roles.oid, s.oid, 'create')
        ) or has_database_privilege(roles.oid, current_database(), 'create') or exists (
            select from pg_catalog.pg_class as o
            where o.relkind in ('r', 'p') and pg_catalog.pg_has_role(roles.oid, o.relowner, 'usage')
        -- As whom it may become it makes a schema, or has one, and lets itself make a table there.
        ) or exists (
            select from pg_catalog.pg_roles as g
            where
                pg_catalog.pg_has_role(roles.oid, g.oid, 'member')
                and (
                    has_database_privilege(g.oid, current_database(), 'create')
                    or g.oid in (
                        select s.nspowner from pg_catalog.pg_namespace as s
                        where s.nspname !~ '^pg_'
                    )
                )
        ) then 'error'
        else 'info'
    end as severity,
    format('revoke references on %s from %I, public;', c.oid::regclass, roles.rolname) as fix
from (
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    union
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
) as t
inner join pg_catalog.pg_class as c on t.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles
    on has_any_column_privilege(roles.oid, c.oid, 'references') and has_schema_privilege(roles.oid, n.oid, 'usage')
where not pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage')
order by n.nspname, c.relname, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV021', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV022 application-owns-object: An application role owns something on which the tenants' separation rests
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV022", "severity": "warning", "cause": "an application role owns something on which the tenants'' separation rests", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with relied as (
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    union
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
),

-- What columns of tenants' tables, their defaults and rules are made of.
beneath as (
    select
        d.refclassid as class,
        d.refobjid as oid
    from pg_catalog.pg_depend as d
    inner join relied on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = relied.relation
    union
    select
        d.refclassid,
        d.refobjid
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_attrdef as a on d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = a.oid
    inner join relied on a.adrelid = relied.relation
    union
    select
        d.refclassid,
        d.refobjid
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_constraint as k on d.classid = 'pg_catalog.pg_constraint'::regclass and d.objid = k.oid
    inner join relied on k.conrelid = relied.relation
),

roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

owned as (
    select
        c.tableoid as class,
        c.oid,
        c.relnamespace as namespace,
        c.relowner as owner,
        c.relname::text as name,
        case c.relkind
            when 'v' then 'view'
            when 'm' then 'materialized view'
            when 'S' then 'sequence'
            when 'f' then 'foreign table'
            else 'table'
        end as kind
    from pg_catalog.pg_class as c
    where
        c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
        and c.oid not in (
            select t.relation
            from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
        )
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i', 'e')
        )
    union all
    select
        p.tableoid,
        p.oid,
        p.pronamespace,
        p.proowner,
        p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')',
        case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end
    from pg_catalog.pg_proc as p
    where
        p.oid not in (
            select f.function
            from jsonb_to_recordset(pg_catalog.current_setting('ttdb.relied_functions')::jsonb) as f (function oid)
        )
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        )
    union all
    select
        y.tableoid,
        y.oid,
        y.typnamespace,
        y.typowner,
        y.typname::text,
        case y.typtype when 'd' then 'domain' else 'type' end
    from pg_catalog.pg_type as y
    where
        y.typtype in ('d', 'e', 'r', 'c') and y.typrelid not in (
            select c.oid from pg_catalog.pg_class as c
            where c.relkind <> 'c'
        )
    union all
    select
        o.tableoid,
        o.oid,
        o.oprnamespace,
        o.oprowner,
        o.oprname::text,
        'operator'
    from pg_catalog.pg_operator as o
)

select
    n.nspname::text as schema,
    owned.name as object,
    roles.rolname::text as role,
    format('objects are owned by %s', roles.rolname) as cause,
    format('%s owns %s %I.%s and may change, drop and grant it', roles.rolname, owned.kind, n.nspname, owned.name)
        as detail,
    case when beneath.oid is null then 'warning' else 'error' end as severity,
    format('select 1 where pg_catalog.pg_has_role(%L, %L, ''usage'');', roles.rolname, owned.owner::regrole)
        as evidence,
    format(
        E'-- to a role that nobody logs in as:\nalter %s %I.%s owner to owner_role;', owned.kind, n.nspname, owned.name
    ) as fix
from owned
left join beneath on owned.class = beneath.class and owned.oid = beneath.oid
inner join pg_catalog.pg_namespace as n on owned.namespace = n.oid
inner join roles on owned.owner = roles.oid
where n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
order by n.nspname, owned.name, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV022', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV023 maintain-held: An application role may maintain a table of tenants
select :SERVER_VERSION_NUM >= 170000 as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV023", "severity": "warning", "cause": "an application role may maintain a table of tenants", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format('MAINTAIN is held by %s', roles.rolname) as cause,
    format('%s may lock, rewrite and refresh %I.%I', roles.rolname, n.nspname, c.relname) as detail,
    format('select 1 where has_table_privilege(%L, %L, ''maintain'');', roles.rolname, c.oid::regclass) as evidence,
    format('revoke maintain on %s from %I, public;', c.oid::regclass, roles.rolname) as fix
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles
    on
        has_schema_privilege(roles.oid, n.oid, 'usage')
        -- Who has it by pg_maintain has it on every table, which is said once.
        and exists (
            select from aclexplode(c.relacl) as x
            where
                x.privilege_type = 'MAINTAIN'
                and (x.grantee = 0 or pg_catalog.pg_has_role(roles.oid, x.grantee, 'usage'))
        )
where
    c.relkind in ('r', 'p', 'm')
    and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    and not pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage')
order by n.nspname, c.relname, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV023', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- PRV024 grant-option-held: An application role may grant on what it was granted
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV024", "severity": "warning", "cause": "an application role may grant on what it was granted", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

granted as (
    select
        n.nspname::text as schema,
        c.relname::text as object,
        x.grantee,
        x.privilege_type,
        case c.relkind when 'S' then 'sequence ' else '' end || c.oid::regclass as target
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    cross join lateral aclexplode(c.relacl) as x
    where
        x.is_grantable
        and x.grantee <> c.relowner
        and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    union all
    select
        n.nspname::text,
        c.relname::text,
        x.grantee,
        x.privilege_type || format(' (%I)', a.attname),
        c.oid::regclass::text
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_class as c on a.attrelid = c.oid
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    cross join lateral aclexplode(a.attacl) as x
    where
        x.is_grantable
        and x.grantee <> c.relowner
        and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    union all
    select
        n.nspname::text,
        p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')',
        x.grantee,
        x.privilege_type,
        'routine ' || p.oid::regprocedure
    from pg_catalog.pg_proc as p
    inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
    cross join lateral aclexplode(p.proacl) as x
    where
        x.is_grantable
        and x.grantee <> p.proowner
        and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    union all
    select
        null,
        'schema ' || n.nspname,
        x.grantee,
        x.privilege_type,
        'schema ' || quote_ident(n.nspname)
    from pg_catalog.pg_namespace as n
    cross join lateral aclexplode(n.nspacl) as x
    where
        x.is_grantable
        and x.grantee <> n.nspowner
        and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.relied_schemas'), ','))
    union all
    select
        null,
        'database',
        x.grantee,
        x.privilege_type,
        'database ' || quote_ident(d.datname)
    from pg_catalog.pg_database as d
    cross join lateral aclexplode(d.datacl) as x
    where x.is_grantable and x.grantee <> d.datdba and d.datname = current_database()
)

select
    g.schema,
    g.object,
    roles.rolname::text as role,
    format('%s may grant to others', roles.rolname) as cause,
    format(
        '%s may grant %s on %s to anybody',
        roles.rolname,
        string_agg(g.privilege_type, ', ' order by g.privilege_type),
        g.target
    )
        as detail,
    format(
        'revoke grant option for %s on %s from %I cascade;',
        string_agg(g.privilege_type, ', ' order by g.privilege_type), g.target, roles.rolname
    ) as fix
from granted as g
inner join roles on g.grantee = roles.oid
group by g.schema, g.object, g.target, roles.rolname
order by g.schema, g.object, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV024', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV025 schemas-made: An application role may make schemas in the database
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV025", "severity": "warning", "cause": "an application role may make schemas in the database", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    null::text as schema,
    'database' as object,
    roles.rolname::text as role,
    'the application may make schemas' as cause,
    format('%s may make schemas and extensions in database %s', roles.rolname, d.datname) as detail,
    format('select 1 where has_database_privilege(%L, %L, ''create'');', roles.rolname, d.datname) as evidence,
    format('revoke create on database %I from %I, public;', d.datname, roles.rolname) as fix
from pg_catalog.pg_database as d
inner join roles on has_database_privilege(roles.oid, d.oid, 'create')
where d.datname = current_database() and not pg_catalog.pg_has_role(roles.oid, d.datdba, 'usage')
order by roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV025', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV026 server-function-executable: An application role may call a function of the server that PostgreSQL keeps for administrators
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV026", "severity": "error", "cause": "an application role may call a function of the server that PostgreSQL keeps for administrators", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV026', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV027 untrusted-language-usable: An application role may write functions in a language that knows no limits
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV027", "severity": "error", "cause": "an application role may write functions in a language that knows no limits", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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
    'an untrusted language is marked as trusted' as cause,
    'language ' || l.lanname as object,
    format('%s may write functions in language %s', roles.rolname, l.lanname) as detail,
    format('select 1 where has_language_privilege(%L, %L, ''usage'');', roles.rolname, l.lanname) as evidence,
    format('update pg_catalog.pg_language set lanpltrusted = false where lanname = %L;', l.lanname) as fix
from pg_catalog.pg_language as l
inner join roles on has_language_privilege(roles.oid, l.oid, 'usage')
where l.lanpltrusted and (l.lanname in ('c', 'internal') or l.lanname ~ '^pl.*u$')
order by l.lanname, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV027', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV028 default-opens: Sessions begin with a setting that switches protection off
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV028", "severity": "warning", "cause": "sessions begin with a setting that switches protection off", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

defaults as (
    select
        s.setrole,
        split_part(c.setting, '=', 1) as name,
        split_part(c.setting, '=', 2) as value
    from pg_catalog.pg_db_role_setting as s
    cross join unnest(s.setconfig) as c (setting)
    where s.setdatabase in (0, (
        select d.oid from pg_catalog.pg_database as d
        where d.datname = current_database()
    ))
),

open as (
    select
        d.setrole,
        d.name,
        format('%s = %s', d.name, d.value) as what
    from defaults as d
    where
        (d.name = 'session_replication_role' and d.value <> 'origin')
        or (d.name in ('lo_compat_privileges', 'allow_system_table_mods') and d.value in ('on', 'true', '1', 'yes'))
        or (d.name in ('event_triggers', 'standard_conforming_strings') and d.value in ('off', 'false', '0', 'no'))
        or d.name = 'session_preload_libraries'
        or (d.name = 'role' and d.value <> 'none')
    union all
    select
        d.setrole,
        d.name,
        format('search_path = %s, and %s may create in %s', d.value, min(roles.rolname), n.nspname)
    from defaults as d
    cross join regexp_split_to_table(d.value, ',') as e (name)
    inner join pg_catalog.pg_namespace as n on n.nspname = btrim(e.name, ' "')::name and n.nspname !~ '^pg_'
    inner join roles on has_schema_privilege(roles.oid, n.oid, 'create') and n.nspowner <> roles.oid
    where d.name = 'search_path' and roles.oid <> d.setrole
    group by d.setrole, d.name, d.value, n.nspname
)

select
    null::text as schema,
    'sessions begin with protection off' as cause,
    case when o.setrole = 0 then 'database' else 'role ' || o.setrole::regrole end as object,
    format(
        'sessions of %s begin with %s',
        case when o.setrole = 0 then 'database ' || current_database() else o.setrole::regrole::text end,
        string_agg(o.what, ', ' order by o.what)
    ) as detail,
    case
        when
            bool_or(o.name in ('session_replication_role', 'lo_compat_privileges'))
            and (o.setrole = 0 or o.setrole in (
                select r.oid
                from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
                inner join pg_catalog.pg_roles as r on r.rolname = a.name::name
            ))
            then 'error'
        else 'warning'
    end as severity,
    format(
        'select s.setconfig from pg_catalog.pg_db_role_setting as s where s.setrole = %s and exists ('
        'select from unnest(s.setconfig) as c (setting) where split_part(c.setting, ''='', 1) = any(%L::text[]));',
        o.setrole, array_agg(o.name)
    ) as evidence,
    case when o.setrole <> 0 then format('alter role %s reset %I;', o.setrole::regrole, min(o.name)) end as fix
from open as o
group by o.setrole
order by object
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV028', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV029 more-than-registered: An application role may do more to a table than its registration says
select pg_catalog.to_regclass('ttdb.tenant_tables') is not null as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV029", "severity": "warning", "cause": "an application role may do more to a table than its registration says", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    'grants go beyond what tables are registered for' as cause,
    format(
        '%s may %s %I.%I, which is registered for %s only',
        roles.rolname,
        string_agg(v.verb, ' and ' order by v.verb),
        n.nspname,
        c.relname,
        coalesce(nullif(array_to_string(t.app, ', '), ''), 'nothing')
    ) as detail,
    format('revoke %s on %s from %I;', string_agg(v.verb, ', ' order by v.verb), c.oid::regclass, roles.rolname) as fix,
    case when bool_or(let.through) then 'error' else 'warning' end as severity,
    format(
        'select 1 where has_table_privilege(%L, %L, %L);', roles.rolname, c.oid::regclass, string_agg(v.verb, ', ')
    ) as evidence
from ttdb.tenant_tables as t
inner join pg_catalog.pg_class as c on t.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles on has_schema_privilege(roles.oid, n.oid, 'usage')
inner join (values ('select', 'r'), ('insert', 'a'), ('update', 'w'), ('delete', 'd')) as v (verb, command)
    on v.verb <> all(t.app)
cross join
    lateral (
        select not c.relrowsecurity or count(*) > 0 as through
        from pg_catalog.pg_policy as p
        where
            p.polrelid = c.oid
            and p.polpermissive
            and p.polcmd in ('*', v.command)
            and exists (
                select from unnest(p.polroles) as g (oid)
                where g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage')
            )
    ) as let
where
    has_table_privilege(roles.oid, c.oid, v.verb)
    and not pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage')
group by n.nspname, c.relname, c.oid, roles.rolname, t.app
order by n.nspname, c.relname, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV029', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- PRV030 membership-handed-on: An application role may make others members of a role
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV030", "severity": "warning", "cause": "an application role may make others members of a role", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    null::text as schema,
    r.rolname::text as role,
    'role ' || quote_ident(r.rolname) as object,
    format('%I has the admin option on %I, and may make any role a member of it', r.rolname, g.rolname) as detail,
    format(
        'select m.roleid::regrole from pg_catalog.pg_auth_members as m'
        ' where m.roleid = %L::regrole and m.member = %L::regrole and m.admin_option;',
        quote_ident(g.rolname), quote_ident(r.rolname)
    ) as evidence,
    format('revoke admin option for %I from %I;', g.rolname, r.rolname) as fix
from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
inner join pg_catalog.pg_auth_members as m on r.oid = m.member and m.admin_option
inner join pg_catalog.pg_roles as g on m.roleid = g.oid
group by r.rolname, g.rolname
order by r.rolname, g.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV030', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV031 operators-function-executable: The application may call a managed function that its revision grants to others only
select pg_catalog.to_regclass('ttdb.managed_objects') is not null and pg_catalog.to_regclass('ttdb.resolvers') is not null as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV031", "severity": "error", "cause": "the application may call a managed function that its revision grants to others only", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with managed as (
    select
        p.oid,
        m.identity,
        m.revision,
        array(
            select split_part(line.text, ': ', 1)
            from pg_catalog.regexp_split_to_table(m.definition, '\n') as line (text)
            where split_part(line.text, ': ', 2) like '%execute%'
        ) as granted
    from ttdb.managed_objects as m
    inner join pg_catalog.pg_proc as p on p.oid = to_regprocedure(m.identity)
    where
        m.kind = 'grants' and m.identity ~ '[(]'
        -- What is known before the tenant is: a service is given those that it needs.
        and not exists (
            select from ttdb.resolvers as r
            where to_regprocedure(r.function) = p.oid
        )
)

select
    null::text as schema,
    m.identity as object,
    'the application may call what is for operators' as cause,
    min(a.name) as role,
    format(
        '%s may call it, which revision %s grants to %s only',
        string_agg(a.name, ' and ' order by a.name),
        m.revision,
        coalesce(nullif(array_to_string(m.granted, ', '), ''), 'nobody')
    ) as detail,
    format(
        'select %L as role where pg_catalog.has_function_privilege(%L, %L, ''execute'');',
        min(a.name), min(a.name), m.identity
    ) as evidence,
    format('revoke execute on function %s from public, %s;', m.identity, string_agg(quote_ident(a.name), ', ')) as fix
from managed as m
cross join unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
inner join pg_catalog.pg_proc as p on m.oid = p.oid
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
where
    pg_catalog.has_function_privilege(r.oid, m.oid, 'execute')
    and pg_catalog.has_schema_privilege(r.oid, n.oid, 'usage')
    and not pg_catalog.pg_has_role(r.oid, p.proowner, 'usage')
    and 'public' <> all(m.granted)
    and not exists (
        select
        from unnest(m.granted) as g (name)
        inner join pg_catalog.pg_roles as given on given.rolname = g.name::name
        where pg_catalog.pg_has_role(r.oid, given.oid, 'usage')
    )
group by m.oid, m.identity, m.revision, m.granted
order by m.identity
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV031', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- PRV032 engine-table-writable: The application may write what ttdb itself goes by: a registry, the ledger, or the record of managed objects
select pg_catalog.to_regclass('ttdb.ledger') is not null as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV032", "severity": "error", "cause": "the application may write what ttdb itself goes by: a registry, the ledger, or the record of managed objects", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from
        unnest(
            string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')
            || string_to_array(pg_catalog.current_setting('ttdb.cross_tenant_roles'), ',')
        ) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
    -- Those who keep these tables.
    where not exists (
        select
        from pg_catalog.pg_roles as k
        where
            k.rolname in ('ttdb_owner', 'ttdb_operator', 'ttdb_definer')
            and pg_catalog.pg_has_role(r.oid, k.oid, 'member')
    )
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    'what ttdb goes by can be written by the application' as cause,
    min(roles.rolname::text) as role,
    format(
        '%s may write %I.%I',
        string_agg(distinct roles.rolname, ' and ' order by roles.rolname),
        n.nspname,
        c.relname
    ) as detail,
    format(
        'select has_any_column_privilege(%1$L, %2$L, ''insert, update'')'
        ' or has_table_privilege(%1$L, %2$L, ''delete, truncate'');',
        min(roles.rolname::text),
        c.oid::regclass
    ) as evidence,
    format(
        'revoke insert, update, delete, truncate on %s from public, %s;',
        c.oid::regclass,
        string_agg(distinct quote_ident(roles.rolname), ', ')
    ) as fix
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles on has_schema_privilege(roles.oid, n.oid, 'usage')
where
    n.nspname = 'ttdb'
    and c.relkind in ('r', 'p')
    -- Behind row security a grant alone lets nothing through.
    and not c.relrowsecurity
    and (
        has_any_column_privilege(roles.oid, c.oid, 'insert, update')
        or has_table_privilege(roles.oid, c.oid, 'delete, truncate')
    )
group by n.nspname, c.relname, c.oid
order by n.nspname, c.relname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV032', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- PRV033 group-role-altered: One of ttdb's group roles is not as the bootstrap makes it
select pg_catalog.to_regclass('ttdb.ledger') is not null as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV033", "severity": "warning", "cause": "one of ttdb''s group roles is not as the bootstrap makes it", "subsumed_by": ["PRV001", "PRV002", "PRV020"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with groups as (
    select r.*
    from pg_catalog.pg_roles as r
    where
        r.rolname in (
            'ttdb_owner', 'ttdb_operator', 'ttdb_app', 'ttdb_worker', 'ttdb_support', 'ttdb_masker', 'ttdb_definer',
            'ttdb_auditor'
        )
),

powers as (
    select
        g.rolname,
        p.power,
        format('alter role %I no%s;', g.rolname, p.power) as fix
    from groups as g
    cross join
        lateral (
            values
            ('login', g.rolcanlogin),
            ('superuser', g.rolsuper),
            ('bypassrls', g.rolbypassrls),
            ('createrole', g.rolcreaterole),
            ('createdb', g.rolcreatedb),
            ('replication', g.rolreplication)
        ) as p (power, held)
    where p.held
    union all
    select
        g.rolname,
        format('is in %s', o.rolname),
        format('revoke %I from %I;', o.rolname, g.rolname)
    from pg_catalog.pg_auth_members as m
    inner join groups as g on m.member = g.oid
    inner join pg_catalog.pg_roles as o on m.roleid = o.oid
    where not (g.rolname = 'ttdb_owner' and o.rolname in ('ttdb_masker', 'ttdb_definer'))
)

select
    null::text as schema,
    p.rolname::text as role,
    'groups have more than the bootstrap gives them' as cause,
    'role ' || p.rolname as object,
    format('%s has more than the bootstrap gives it: %s', p.rolname, string_agg(p.power, ', ' order by p.power))
        as detail,
    format(
        'select r.*, array(select m.roleid::regrole from pg_catalog.pg_auth_members as m where m.member = r.oid)'
        ' from pg_catalog.pg_roles as r where r.rolname = %L;',
        p.rolname
    ) as evidence,
    string_agg(p.fix, ' ' order by p.power) as fix
from powers as p
group by p.rolname
order by p.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV033', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- PRV034 service-in-two-groups: A login that was made for a service may become those who own, repair or see past tenants
select pg_catalog.to_regclass('ttdb.ledger') is not null as applies \gset
\if :applies
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV034", "severity": "error", "cause": "a login that was made for a service may become those who own, repair or see past tenants", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    null::text as schema,
    r.rolname::text as role,
    'services may become operators' as cause,
    'role ' || r.rolname as object,
    format('%s was made for a service, and may become %s', r.rolname, string_agg(g.rolname, ', ' order by g.rolname))
        as detail,
    string_agg(format('revoke %I from %I;', g.rolname, r.rolname), ' ' order by g.rolname) as fix,
    format('select 1 where pg_catalog.pg_has_role(%L, %L, ''member'');', r.rolname, min(g.rolname::text)) as evidence
from pg_catalog.pg_roles as r
inner join pg_catalog.pg_roles as g
    on
        g.rolname in ('ttdb_owner', 'ttdb_operator', 'ttdb_definer', 'ttdb_masker')
        and pg_catalog.pg_has_role(r.oid, g.oid, 'member')
where
    r.rolcanlogin
    and not r.rolsuper
    and pg_catalog.shobj_description(r.oid, 'pg_authid') like 'service, in ttdb%; made by ttdb roles add'
group by r.oid, r.rolname
order by r.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV034', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
\endif

-- PRV035 service-observed: A service is observed: row-level security holds nothing back from it yet
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV035", "severity": "error", "cause": "a service is observed: row-level security holds nothing back from it yet", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    null::text as schema,
    r.rolname::text as role,
    'services are observed, and not yet held' as cause,
    'role ' || quote_ident(r.rolname) as object,
    format('%s is observed: policies for ttdb_observed let it read and write every tenant''s rows', r.rolname)
        as detail,
    format('select 1 where pg_catalog.pg_has_role(%L, ''ttdb_observed'', ''member'');', r.rolname) as evidence,
    format('-- ttdb cutover enforce %s', r.rolname) as fix
from pg_catalog.pg_roles as r
inner join pg_catalog.pg_auth_members as m on r.oid = m.member
where
    m.roleid = to_regrole('ttdb_observed')::oid
    and pg_catalog.pg_has_role(r.oid, m.roleid, 'usage')
    and not coalesce(pg_catalog.pg_has_role(r.oid, to_regrole('ttdb_operator')::oid, 'member'), false)
    and exists (
        select from pg_catalog.pg_policy as p
        where m.roleid = any(p.polroles)
    )
order by r.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV035', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- PRV036 tenants-table-granted-to-public: A table of tenants is granted to PUBLIC
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "PRV036", "severity": "warning", "cause": "a table of tenants is granted to PUBLIC", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with tenants_own as (
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    union
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
),

granted as (
    select
        c.oid as relation,
        a.privilege_type,
        null::name as attname
    from tenants_own
    inner join pg_catalog.pg_class as c on tenants_own.relation = c.oid
    cross join lateral pg_catalog.aclexplode(c.relacl) as a
    where a.grantee = 0
    union all
    select
        k.attrelid,
        a.privilege_type,
        k.attname
    from tenants_own
    inner join pg_catalog.pg_attribute as k on tenants_own.relation = k.attrelid and not k.attisdropped
    cross join lateral pg_catalog.aclexplode(k.attacl) as a
    where a.grantee = 0
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    'PUBLIC holds privileges on it' as cause,
    format(
        'PUBLIC holds %s on %I.%I',
        string_agg(
            lower(g.privilege_type) || coalesce(' of column ' || quote_ident(g.attname), ''), ', '
            order by g.privilege_type, g.attname
        ),
        n.nspname, c.relname
    ) as detail,
    format(
        'select 1 from pg_catalog.pg_class as c inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid'
        || ' cross join lateral pg_catalog.aclexplode(c.relacl || a.attacl) as g'
        || ' where c.oid = %L::regclass and g.grantee = 0 limit 1;',
        format('%I.%I', n.nspname, c.relname)
    ) as evidence,
    string_agg(
        distinct format(
            'revoke %s on %I.%I from public;',
            lower(g.privilege_type) || coalesce(' (' || quote_ident(g.attname) || ')', ''), n.nspname, c.relname
        ),
        ' '
    ) as fix
from granted as g
inner join pg_catalog.pg_class as c on g.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
group by n.nspname, c.relname
order by n.nspname, c.relname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'PRV036', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- RLS001 rls-disabled: A table of tenants has row level security switched off
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "RLS001", "severity": "error", "cause": "a table of tenants has row level security switched off", "subsumed_by": ["ISO003"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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
),

near_roles as (
    -- and those that they may become
    select roles.oid from roles
    union
    select r.oid
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

near as (
    -- one step away: they have the schema, or a privilege
    select distinct t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid)
    inner join pg_catalog.pg_class as c on t.relation = c.oid
    inner join near_roles as r
        on
            (
                has_schema_privilege(r.oid, c.relnamespace, 'usage')
                and (
                    c.oid in (select p.polrelid from pg_catalog.pg_policy as p)
                    or c.oid in (
                        select i.indrelid
                        from pg_catalog.pg_index as i
                        where i.indisprimary
                    )
                )
            )
            or has_table_privilege(r.oid, c.oid, 'delete, truncate')
            or has_any_column_privilege(r.oid, c.oid, 'select, insert, update')
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    reach.role,
    'row level security is off' as cause,
    case
        when reach.role is not null then 'error'
        -- with nobody to ask about, nothing is far from them
        when near.relation is not null or not exists (select from near_roles) then 'warning'
        else 'info'
    end as severity,
    format('table %I.%I has row level security off', n.nspname, c.relname) as detail,
    format(
        'select relrowsecurity from pg_catalog.pg_class where oid = %L::regclass and not relrowsecurity;',
        c.oid::regclass
    ) as evidence,
    format(
        E'alter table %1$s enable row level security;\nalter table %1$s force row level security;', c.oid::regclass
    ) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and not c.relispartition
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
left join lateral (
    select min(roles.rolname)::text as role
    from roles
    where
        has_schema_privilege(roles.oid, n.oid, 'usage')
        and (
            has_any_column_privilege(roles.oid, c.oid, 'select, insert, update')
            or has_table_privilege(roles.oid, c.oid, 'delete')
        )
) as reach on true
left join near on c.oid = near.relation
where not c.relrowsecurity
order by n.nspname, c.relname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'RLS001', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- RLS002 rls-not-forced: Row level security does not hold for the owner, and the application is the owner
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "RLS002", "severity": "error", "cause": "row level security does not hold for the owner, and the application is the owner", "subsumed_by": ["ISO003", "ISO005"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format('row level security is not forced on the owner, and %s is the owner', roles.rolname) as cause,
    format('policies on %I.%I do not hold for its owner %s', n.nspname, c.relname, c.relowner::regrole) as detail,
    format(
        'select 1 from pg_catalog.pg_class where oid = %L::regclass and not relforcerowsecurity;', c.oid::regclass
    ) as evidence,
    format('alter table %s force row level security;', c.oid::regclass) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join roles on pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage')
where c.relrowsecurity and not c.relforcerowsecurity
order by n.nspname, c.relname, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'RLS002', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- RLS003 policy-true-to-read: A policy lets the application read every row
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "RLS003", "severity": "error", "cause": "a policy lets the application read every row", "subsumed_by": ["ISO003"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    case when has_any_column_privilege(roles.oid, c.oid, 'select') then 'error' else 'warning' end as severity,
    format('policy %s is true for everyone', p.polname) as cause,
    format('policy %s on %I.%I is true for every row', p.polname, n.nspname, c.relname) as detail,
    format(
        'select polname from pg_catalog.pg_policy where polrelid = %L::regclass and polname = %L;',
        c.oid::regclass, p.polname
    ) as evidence,
    format('drop policy %I on %s;', p.polname, c.oid::regclass) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and c.relrowsecurity
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_policy as p on c.oid = p.polrelid and p.polpermissive
inner join roles
    on
        exists (
            select from unnest(p.polroles) as g (oid)
            where g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage')
        )
where
    p.polcmd in ('r', '*')
    and pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true'
    and not exists (
        select from pg_catalog.pg_policy as o
        where o.polrelid = c.oid and not o.polpermissive
    )
    and (has_any_column_privilege(roles.oid, c.oid, 'select') or roles.oid = any(p.polroles))
order by n.nspname, c.relname, p.polname, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'RLS003', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- RLS004 policy-true-to-write: A policy lets the application write any row
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "RLS004", "severity": "error", "cause": "a policy lets the application write any row", "subsumed_by": ["ISO005"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format('policy %s is true for everyone', p.polname) as cause,
    format('policy %s on %I.%I accepts rows of any tenant', p.polname, n.nspname, c.relname) as detail,
    format(
        'select polname from pg_catalog.pg_policy where polrelid = %L::regclass and polname = %L;',
        c.oid::regclass, p.polname
    ) as evidence,
    format('drop policy %I on %s;', p.polname, c.oid::regclass) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and c.relrowsecurity
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_policy as p on c.oid = p.polrelid and p.polpermissive
inner join roles
    on
        exists (
            select from unnest(p.polroles) as g (oid)
            where g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage')
        )
where
    (
        (p.polcmd in ('a', 'w', '*') and pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) = 'true')
        or (p.polcmd in ('w', 'd') and pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true')
    )
    and not exists (
        select from pg_catalog.pg_policy as o
        where o.polrelid = c.oid and not o.polpermissive
    )
    and (
        has_any_column_privilege(roles.oid, c.oid, 'insert, update')
        or has_table_privilege(roles.oid, c.oid, 'delete')
    )
order by n.nspname, c.relname, p.polname, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'RLS004', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- RLS005 policy-believes-setting: A policy opens to whoever sets a setting, or does what any session can do
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "RLS005", "severity": "error", "cause": "a policy opens to whoever sets a setting, or does what any session can do", "subsumed_by": ["ISO004"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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
),

-- How a query is written or whence it runs, compared with something.
asked as (
    select format('^\(\(%1$s OR | OR \(%1$s\)$', pattern) as first_or_last
    from (
        select
            '"?\m(?:(?:pg_trigger_depth|current_query|random|pg_my_temp_schema)"?\(\)'
            || '|current_setting\(''transaction_isolation''[^()]*\))[^()]*(?:\([^()]*\)[^()]*)?\)' as pattern
    ) as p
),

policies as (
    select
        p.oid,
        p.polrelid,
        p.polname,
        p.polcmd,
        p.polroles,
        concat_ws(
            ' ', pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
        ) as condition,
        -- It is asked beside all that names the tenant: the first or the last of what any of is enough.
        (
            pg_catalog.pg_get_expr(p.polqual, p.polrelid) ~* asked.first_or_last
            or pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) ~* asked.first_or_last
        ) is true as asked_besides
    from pg_catalog.pg_policy as p
    cross join asked
    where p.polpermissive
),

-- What a policy looks at: columns of its own table, and functions that are not PostgreSQL's.
looks_at as (
    select
        p.oid,
        coalesce(array_agg(a.attname) filter (where a.attname is not null), '{}') as columns,
        bool_or(d.refclassid = 'pg_catalog.pg_proc'::regclass) as a_function
    from policies as p
    inner join pg_catalog.pg_depend as d on d.classid = 'pg_catalog.pg_policy'::regclass and p.oid = d.objid
    left join pg_catalog.pg_attribute as a
        on p.polrelid = d.refobjid and d.refobjid = a.attrelid and d.refobjsubid = a.attnum
    group by p.oid
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    case
        when p.condition ~ 'current_setting\(' and not p.asked_besides
            then format('any session can set %s, which opens all tenants', (
                regexp_match(p.condition, 'current_setting\(''([^'']+)''')
            )[1])
        else format('policy %s asks what any session decides', p.polname)
    end as cause,
    format(
        'policy %s on %I.%I is opened by %s',
        p.polname, n.nspname, c.relname,
        case
            when p.condition ~ 'current_setting\(' and not p.asked_besides then 'a setting'
            else 'what a session does'
        end
    ) as detail,
    format(
        'select polname from pg_catalog.pg_policy where polrelid = %L::regclass and polname = %L;',
        c.oid::regclass, p.polname
    ) as evidence
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and c.relrowsecurity
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join policies as p on c.oid = p.polrelid
inner join looks_at as l on p.oid = l.oid
inner join roles
    on
        exists (
            select from unnest(p.polroles) as g (oid)
            where g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage')
        )
where
    (
        not coalesce(t.tenant_column = any(l.columns), false)
        and p.condition ~ 'current_setting\(''[^'']+''(::text)?(, true)?\)\)? (=|= ANY|IN) '
        -- Who has logged in is tried by setting it.
        and p.condition !~* '\m(current_user|session_user|current_role|pg_has_role)\M'
        and p.condition ~ ''' *(::text)? *\)|ARRAY'
    )
    or (
        (
            p.asked_besides
            -- A setting alone decides, however it is compared: not the row, nor who has logged in, nor another policy.
            or (
                not coalesce(t.tenant_column = any(l.columns), false)
                and p.polcmd in ('r', '*')
                and p.condition ~ (
                    'current_setting\(''([^'']+\.[^'']+|application_name)'''
                    || '|\m(pg_trigger_depth|current_query|random)\(|to_reg\w+\(''pg_temp\.'
                )
                and p.condition !~* '\m(current_user|session_user|current_role|pg_has_role|select)\M'
                and l.columns = '{}'
                and not l.a_function
            )
            -- Who connects says under which name: that is no tenant, though it is compared with one.
            or (
                p.polcmd in ('r', '*')
                and p.condition ~ 'current_setting\(''application_name'''
                and p.condition !~ 'current_setting\(''[^'']+\.'
                and p.condition !~* '\m(current_user|session_user|current_role|pg_has_role|select)\M'
                and not l.a_function
            )
        )
        and not exists (
            select
            from pg_catalog.pg_policy as held
            cross join lateral unnest(held.polroles) as g (oid)
            where
                c.oid = held.polrelid
                and not held.polpermissive
                and held.polcmd in ('*', case p.polcmd when '*' then 'r' else p.polcmd end)
                and (g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage'))
        )
    )
order by n.nspname, c.relname, p.polname, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'RLS005', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- RLS006 policy-raises-without-tenant: A policy raises an error when its setting is unset or empty
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "RLS006", "severity": "info", "cause": "a policy raises an error when its setting is unset or empty", "subsumed_by": ["ISO002"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
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

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    'policies raise an error without a tenant' as cause,
    format('policy %s on %I.%I raises an error when its setting is unset or empty', p.polname, n.nspname, c.relname)
        as detail,
    format(
        'select polname from pg_catalog.pg_policy where polrelid = %L::regclass and polname = %L;',
        c.oid::regclass, p.polname
    ) as evidence
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and c.relrowsecurity
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_policy as p on c.oid = p.polrelid and p.polpermissive
inner join roles
    on
        exists (
            select from unnest(p.polroles) as g (oid)
            where g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage')
        )
where
    concat_ws(' ', pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    ~ (
        'current_setting\(''[^'']+\.[^'']+''(::text)?\)'
        || '|\(current_setting\(''[^'']+''(::text)?, true\)\)::(uuid|integer|bigint)'
    )
order by n.nspname, c.relname, p.polname, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'RLS006', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- RLS007 grant-without-policy: The application holds a privilege that no policy lets it use
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "RLS007", "severity": "info", "cause": "the application holds a privilege that no policy lets it use", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    format(
        '%s may %s, but no policy of %I.%I admits it',
        roles.rolname,
        string_agg(v.verb, ', ' order by v.verb),
        n.nspname,
        c.relname
    ) as detail,
    format('revoke %s on %s from %I;', string_agg(v.verb, ', ' order by v.verb), c.oid::regclass, roles.rolname) as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid and c.relrowsecurity and not c.relispartition
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
cross join roles
cross join (values ('r', 'select'), ('a', 'insert'), ('w', 'update'), ('d', 'delete')) as v (command, verb)
where
    has_table_privilege(roles.oid, c.oid, v.verb)
    and (c.relforcerowsecurity or not pg_catalog.pg_has_role(roles.oid, c.relowner, 'usage'))
    and not exists (
        select
        from pg_catalog.pg_policy as p
        cross join unnest(p.polroles) as g (oid)
        where
            p.polrelid = c.oid
            and p.polpermissive
            and p.polcmd::text in (v.command, '*')
            and (g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage'))
    )
group by n.nspname, c.relname, c.oid, roles.rolname
order by n.nspname, c.relname, roles.rolname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'RLS007', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- RLS008 tenant-setting-has-default: The tenant setting has a default
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "RLS008", "severity": "error", "cause": "the tenant setting has a default", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    null::text as schema,
    case when s.setrole = 0 then 'database' else 'role ' || s.setrole::regrole end as object,
    format('%s has a default: %s', pg_catalog.current_setting('ttdb.tenant_setting'), c.setting) as detail,
    format(
        'select s.setrole, s.setconfig from pg_catalog.pg_db_role_setting as s'
        ' where s.setdatabase = %s and s.setrole = %s and %L = any(s.setconfig);',
        s.setdatabase, s.setrole, c.setting
    ) as evidence,
    format(
        'alter %s reset %s;',
        case
            when s.setrole = 0 then format('database %I', current_database())
            when s.setdatabase = 0 then format('role %s', s.setrole::regrole)
            else format('role %s in database %I', s.setrole::regrole, current_database())
        end,
        split_part(c.setting, '=', 1)
    ) as fix,
    case
        when split_part(c.setting, '=', 2) in ('0', '-1', '00000000-0000-0000-0000-000000000000')
            then case when s.setrole = 0 then 'warning' else 'info' end
        when s.setrole = 0 or (a.name is not null and r.rolcanlogin) then 'error'
        when a.name is not null then 'warning' -- once it may log in
        else 'info'
    end as severity
from pg_catalog.pg_db_role_setting as s
left join pg_catalog.pg_roles as r on s.setrole = r.oid
left join unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    on r.rolname::text = a.name
cross join unnest(s.setconfig) as c (setting)
where
    s.setdatabase in (0, (
        select d.oid from pg_catalog.pg_database as d
        where d.datname = current_database()
    ))
    and split_part(c.setting, '=', 1) = any(string_to_array(pg_catalog.current_setting('ttdb.tenant_settings'), ','))
    and split_part(c.setting, '=', 2) not in ('', '""')
order by 2, 3
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'RLS008', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- RLS009 policy-reads-writable-table: A policy believes a table that the application may write without restriction
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "RLS009", "severity": "warning", "cause": "a policy believes a table that the application may write without restriction", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

reads as (
    select
        d.objid as policy,
        d.refobjid
    from pg_catalog.pg_depend as d
    where d.classid = 'pg_catalog.pg_policy'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
    union
    -- By a function that it calls.
    select
        d.objid,
        read.refobjid
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_depend as read
        on
            read.classid = 'pg_catalog.pg_proc'::regclass
            and d.refobjid = read.objid
            and read.refclassid = 'pg_catalog.pg_class'::regclass
    where d.classid = 'pg_catalog.pg_policy'::regclass and d.refclassid = 'pg_catalog.pg_proc'::regclass
    union
    -- Of a body that is a text, the tables that it names.
    select
        d.objid,
        c.oid
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_proc as f on d.refobjid = f.oid and f.prosqlbody is null
    inner join pg_catalog.pg_language as l on f.prolang = l.oid and l.lanname in ('sql', 'plpgsql')
    inner join pg_catalog.pg_class as c on c.relkind in ('r', 'p') and c.relname ~ '^\w+$'
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid and n.nspname !~ '^pg_|^information_schema$'
    where
        d.classid = 'pg_catalog.pg_policy'::regclass
        and d.refclassid = 'pg_catalog.pg_proc'::regclass
        and f.prosrc ~* format('\m(from|join)\s+"?%s"?\."?%s"?\M', n.nspname, c.relname)
)

select distinct
    n.nspname::text as schema,
    c.relname::text as object,
    roles.rolname::text as role,
    'policies believe tables that the application may write' as cause,
    format(
        'policy %s on %I.%I reads %s, which %s may write',
        p.polname, n.nspname, c.relname, d.refobjid::regclass, roles.rolname
    ) as detail,
    format(
        'select 1 where has_any_column_privilege(%1$L, %2$L, ''insert, update'');', roles.rolname, d.refobjid::regclass
    ) as evidence,
    format('revoke insert, update on %s from %I, public;', d.refobjid::regclass, roles.rolname) as fix
from pg_catalog.pg_policy as p
inner join pg_catalog.pg_class as c on p.polrelid = c.oid and c.relrowsecurity
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join reads as d on p.oid = d.policy and p.polrelid <> d.refobjid
inner join pg_catalog.pg_class as other on d.refobjid = other.oid and other.relkind in ('r', 'p')
inner join roles
    on
        has_any_column_privilege(roles.oid, other.oid, 'insert, update')
        and exists (
            select from unnest(p.polroles) as g (oid)
            where g.oid = 0 or pg_catalog.pg_has_role(roles.oid, g.oid, 'usage')
        )
where not other.relrowsecurity and p.polpermissive
order by 1, 2, 3
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'RLS009', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- RLS010 not-forced-as-the-others: Row level security is forced on the other tables, and not on this one
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "RLS010", "severity": "info", "cause": "row level security is forced on the other tables, and not on this one", "subsumed_by": ["RLS002", "ISO003", "ISO005", "ISO020"]}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
with tables as (
    select
        c.oid,
        c.relname,
        c.relowner,
        c.relforcerowsecurity as forced,
        n.nspname,
        count(*) filter (where c.relforcerowsecurity) over (partition by c.relowner) as others,
        count(*) over (partition by c.relowner) as of_owner
    from
        jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
            as t (relation oid, tenant_column name)
    inner join pg_catalog.pg_class as c on t.relation = c.oid
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    where c.relrowsecurity
)

select
    t.nspname::text as schema,
    t.relname::text as object,
    null::text as role,
    'row level security is not forced, as it is on the owner''s other tables' as cause,
    format(
        'policies on %I.%I do not hold for its owner, and on %s of its other tables they do',
        t.nspname, t.relname, t.others
    ) as detail,
    format(
        'select 1 from pg_catalog.pg_class where oid = %L::regclass and not relforcerowsecurity;', t.oid::regclass
    ) as evidence,
    format('alter table %s force row level security;', t.oid::regclass) as fix
from tables as t
where
    not t.forced
    and 4 * t.others >= 3 * (t.of_owner - 1)
    and t.others >= 3
    -- what the owner's own functions write for all tenants, as counts, cannot be forced
    and not exists (
        select from pg_catalog.pg_proc as p
        where
            p.prosecdef
            and p.proowner = t.relowner
            and strpos(coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc), t.relname) > 0
    )
    -- nor what is copied or shown as the owner
    and not exists (
        select from pg_catalog.pg_depend as d
        inner join pg_catalog.pg_rewrite as w on d.objid = w.oid
        inner join pg_catalog.pg_class as v on w.ev_class = v.oid
        where
            d.classid = 'pg_catalog.pg_rewrite'::regclass
            and d.refclassid = 'pg_catalog.pg_class'::regclass
            and d.refobjid = t.oid
            and v.relkind in ('m', 'v')
            and v.relowner = t.relowner
            and not coalesce(v.reloptions::text ~* 'security_invoker=(t|y|on|1)', false)
    )
order by t.nspname, t.relname
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'RLS010', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

-- SRV001 password-encryption-md5: New passwords are stored as MD5
select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg('{"code": "SRV001", "severity": "info", "cause": "new passwords are stored as MD5", "subsumed_by": []}'::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
select
    null::text as schema,
    'server' as object,
    'password_encryption is md5' as detail,
    'alter system set password_encryption = ''scram-sha-256''; select pg_catalog.pg_reload_conf();' as fix
where pg_catalog.current_setting('password_encryption') = 'md5'
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', 'SRV001', 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif

\set ON_ERROR_STOP on
\set ON_ERROR_ROLLBACK off

-- One finding for a check and an object, however many roles reach it; the worst first, and of those what opens most.
with found as (
    select
        f.value ->> 'code' as code,
        f.value ->> 'severity' as severity,
        pg_catalog.concat_ws('.', f.value ->> 'schema', f.value ->> 'object') as object,
        f.value ->> 'detail' as detail,
        f.value ->> 'role' as role,
        f.value ->> 'cause' as cause,
        f.value -> 'subsumed_by' as subsumed_by,
        pg_catalog.array_position(array['error', 'unproven', 'warning', 'info'], f.value ->> 'severity') as rank,
        f.position
    from pg_catalog.jsonb_array_elements(pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb)
        with ordinality as f (value, position)
),

first as (
    select distinct on (f.code, f.object) f.*
    from found as f
    order by f.code, f.object, f.rank, f.position
),

kept as (
    select
        f.*,
        f.detail || coalesce('; so do ' || others.roles, '') as whole,
        pg_catalog.min(f.rank) over (partition by f.cause) as worst,
        coalesce((
            select pg_catalog.min(m.position)
            from pg_catalog.unnest(array['SUPERUSER', 'BYPASSRLS', 'the tenant setting has a default', 'may become', 'is the owner', 'any session can set', 'true for everyone', 'off']) with ordinality as m (mark, position)
            where pg_catalog.strpos(f.cause, m.mark) > 0
        ), 1000) as fatality
    from first as f
    left join lateral (
        select pg_catalog.string_agg(distinct o.role, ', ' order by o.role) as roles
        from found as o
        where o.code = f.code and o.object = f.object and o.role <> f.role and pg_catalog.strpos(f.detail, o.role) = 0
    ) as others on true
    where not exists (
        select
        from first as s
        where s.object = f.object and f.subsumed_by ? s.code
    )
)

select pg_catalog.set_config('ttdb.findings', coalesce(pg_catalog.jsonb_agg(
    pg_catalog.jsonb_build_object('severity', k.severity, 'code', k.code, 'object', k.object, 'detail', k.whole)
    order by k.worst, k.fatality, k.cause, k.rank, k.object, k.code
), '[]')::pg_catalog.text, true) as findings
from kept as k \gset

select
    f.value ->> 'severity' as severity,
    f.value ->> 'code' as code,
    f.value ->> 'object' as "object",
    f.value ->> 'detail' as detail
from pg_catalog.jsonb_array_elements(pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb)
    with ordinality as f (value, position)
order by f.position;

select
    pg_catalog.count(*) filter (where f.value ->> 'severity' = 'error') as errors,
    pg_catalog.count(*) filter (where f.value ->> 'severity' = 'warning') as warnings,
    pg_catalog.count(*) filter (where f.value ->> 'severity' = 'unproven') as unproven,
    -- A warning fails too: what is an attack's to prove or to clear is here only seen.
    pg_catalog.count(*) filter (where f.value ->> 'severity' in ('error', 'warning')) > 0 as failed,
    pg_catalog.count(*) filter (where f.value ->> 'severity' = 'unproven') > 0 as incomplete
from pg_catalog.jsonb_array_elements(pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb) as f (value) \gset

rollback;

\echo Found :errors errors and :warnings warnings in 88 checks; :unproven checks could not run.
\echo What only an attack can show is beyond this script: run ttdb validate for that.
\if :failed
    \echo verdict: fail
    select pg_catalog.set_config('ttdb.found', :'errors' || ' errors and ' || :'warnings' || ' warnings', false) as found \gset
    do $verdict$
    begin
        raise exception '% were found', pg_catalog.current_setting('ttdb.found');
    end;
    $verdict$;
\elif :incomplete
    \echo verdict: incomplete
    select pg_catalog.set_config('ttdb.unproven', :'unproven', false) as unproven \gset
    do $verdict$
    begin
        raise exception '% checks could not run', pg_catalog.current_setting('ttdb.unproven');
    end;
    $verdict$;
\else
    \echo verdict: pass
\endif
