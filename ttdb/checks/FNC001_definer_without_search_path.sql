/*
code = "FNC001"
name = "definer-without-search-path"
severity = "warning"
since = "0.1.0"
title = "A definer function that the application may call has no fixed search_path"
why = '''
It runs with its owner's rights and finds names by its caller's path: an object in a temporary schema stands
in for the one that was meant. It is an error where such a name is seen and its owner passes row security or has tables
under it: what stands in runs code of the caller's as that owner. It is said for information where the caller can create
nothing, temporary tables included.
'''
bad = '''
create function app.title_of(p_org uuid) returns text
language plpgsql stable security definer as $$
begin
    return (select title from app.orgs where id = p_org and p_org = app.org());
end
$$;
'''
fix = '''
alter function app.title_of(uuid) set search_path = '';
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
