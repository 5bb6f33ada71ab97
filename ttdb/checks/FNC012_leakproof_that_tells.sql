/*
code = "FNC012"
name = "leakproof-that-tells"
severity = "warning"
since = "0.1.0"
title = "A function marked leakproof tells what it was given"
why = '''
Leakproof functions are tried on rows before the policies are. One that raises, writes, casts or calls what is not
leakproof itself tells other tenants' values: in a message, a notice or a setting. It is a warning where it only calls
what may do so, and of a function of PostgreSQL's own that was marked since: who wrote it did not promise that it tells
nothing.
'''
bad = '''
create function app.as_number(p_text text) returns integer
language sql immutable leakproof as 'select p_text::integer';
'''
fix = '''
alter function app.as_number(text) not leakproof;
'''
*/
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
