-- Who may do what on which object: a line for each grantee, columns with it; what an owner may is his by right.
with objects as (
    select
        c.oid::regclass::text as object,
        case when c.relkind = 'S' then 'sequence' else 'table' end || ' ' || c.oid::regclass::text as place,
        c.relowner as owner,
        coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner)) as acl,
        c.relnamespace as namespace,
        'pg_catalog.pg_class'::regclass as class,
        c.oid
    from pg_catalog.pg_class as c
    where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')

    union all
    select
        p.oid::regprocedure::text,
        case p.prokind when 'p' then 'procedure ' else 'function ' end || p.oid::regprocedure::text,
        p.proowner,
        coalesce(p.proacl, acldefault('f', p.proowner)),
        p.pronamespace,
        'pg_catalog.pg_proc'::regclass,
        p.oid
    from pg_catalog.pg_proc as p

    union all
    select
        'schema ' || quote_ident(n.nspname),
        'schema ' || quote_ident(n.nspname),
        n.nspowner,
        coalesce(n.nspacl, acldefault('n', n.nspowner)),
        n.oid,
        'pg_catalog.pg_namespace'::regclass,
        n.oid
    from pg_catalog.pg_namespace as n
),

-- Other logins connect to a database, and make temporary tables there, as its owner likes.
on_database as (
    select
        'database' as object,
        'database ' || quote_ident(d.datname) as place,
        a.grantee,
        '' as name,
        a.privilege_type as privilege,
        a.is_grantable
    from pg_catalog.pg_database as d
    cross join lateral aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) as a
    where d.datname = current_database()
        and a.grantee <> d.datdba
        and (a.privilege_type = 'CREATE' or pg_get_userbyid(a.grantee) ~ '^ttdb_')
),

granted as (
    select
        o.object,
        o.place,
        o.owner,
        a.grantee,
        '' as name,
        a.privilege_type as privilege,
        a.is_grantable
    from objects as o
    inner join pg_catalog.pg_namespace as n on n.oid = o.namespace
    cross join lateral aclexplode(o.acl) as a
    where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'ttdb_bootstrap')
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = o.class and d.objid = o.oid and d.deptype = 'e'
        )
        and (o.class <> 'pg_catalog.pg_namespace'::regclass or n.nspname <> 'public' or a.grantee <> n.nspowner)

    union all
    select
        c.oid::regclass::text,
        'table ' || c.oid::regclass::text,
        c.relowner,
        a.grantee,
        quote_ident(t.attname),
        a.privilege_type,
        a.is_grantable
    from pg_catalog.pg_attribute as t
    inner join pg_catalog.pg_class as c on c.oid = t.attrelid
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    cross join lateral aclexplode(t.attacl) as a
    where not t.attisdropped
        and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'ttdb_bootstrap')

    union all
    select
        d.object,
        d.place,
        0::oid,
        d.grantee,
        d.name,
        d.privilege,
        d.is_grantable
    from on_database as d
),

by_verb as (
    select
        g.object,
        g.place,
        coalesce(quote_ident(r.rolname), 'public') as grantee,
        lower(g.privilege)
        || coalesce(' (' || nullif(string_agg(g.name, ', ' order by g.name collate "C") filter (where g.name <> ''), '') || ')', '')
            as verb,
        g.is_grantable
    from granted as g
    left join pg_catalog.pg_roles as r on r.oid = g.grantee
    where g.grantee <> g.owner
        and g.grantee is distinct from to_regrole('ttdb_observed')::oid -- while services are observed
    group by g.object, g.place, r.rolname, g.privilege, g.is_grantable, g.name = ''
),

by_grantee as (
    select
        v.object,
        v.place,
        v.grantee,
        string_agg(v.verb, ', ' order by v.verb collate "C") filter (where not v.is_grantable) as plain,
        string_agg(v.verb, ', ' order by v.verb collate "C") filter (where v.is_grantable) as grantable
    from by_verb as v
    group by v.object, v.place, v.grantee
)

select
    'grants' as kind,
    g.object || ' to ' || g.grantee as identity,
    g.object,
    concat_ws('; ', g.plain, g.grantable || ' with grant option') as definition,
    concat_ws(
        ' ',
        format('revoke all on %s from %s;', g.place, g.grantee),
        format('grant %s on %s to %s;', g.plain, g.place, g.grantee) || case when g.plain is null then null else '' end,
        'grant ' || g.grantable || format(' on %s to %s with grant option;', g.place, g.grantee)
    ) as make,
    format('revoke all on %s from %s;', g.place, g.grantee) as unmake
from by_grantee as g
