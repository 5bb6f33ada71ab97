/*
code = "OBJ003"
name = "system-data-through-owner"
severity = "warning"
since = "0.1.0"
title = "A view or function shows what the server keeps for administrators"
why = '''
Statistics hold samples of every tenant's values, the activity and statement views other sessions' queries with their
literals, a replication slot every row that was written; a large object is no table's, so no policy is asked. Verifiers
of passwords are guessed against at leisure, and the server's files hold all there is. A view reads the tables below
them with its owner's rights, a definer function everything.
'''
bad = '''
create view app.samples as select s.stavalues1::text as values from pg_catalog.pg_statistic as s;
grant select on app.samples to example_app;
'''
fix = '''
drop view app.samples;
'''
subsumed_by = ["ISO003", "FNC004", "MSK002"]
*/
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
