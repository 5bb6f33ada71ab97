/*
code = "FNC018"
name = "definer-takes-protection-away"
severity = "warning"
since = "0.1.0"
title = "A function that the application may call takes protection away, or grants a role, with its owner's rights"
why = '''
It switches row security or a trigger off, drops a policy, makes one that is true for everyone, grants a role beyond the
policies, or alters roles that its caller names; and its owner may do so. That a name is quoted as %I holds nobody back
from naming the wrong one. What a function takes away and gives back in the same call is no finding, and none of whoever
has logged in.
'''
bad = '''
create function app.relax(p_table name) returns void language plpgsql security definer set search_path = '' as $$
begin
    execute format('alter table app.%I disable row level security', p_table);
end
$$;
'''
fix = '''
drop function app.relax(name);
'''
subsumed_by = ["FNC016"]
*/
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
