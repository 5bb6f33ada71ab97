/*
code = "RLS010"
name = "not-forced-as-the-others"
severity = "info"
since = "0.1.0"
title = "Row level security is forced on the other tables, and not on this one"
why = '''
Policies do not hold for a table's owner unless they are forced. Where the owner's tables are forced, one that is not
is an oversight: whoever comes to act as the owner, by a grant or a job, sees every tenant in this one. Not of a table
that the owner's own definer functions name: they may have to see all of it.
'''
bad = '''
alter table app.orders no force row level security;
'''
fix = '''
alter table app.orders force row level security;
'''
subsumed_by = ["RLS002", "ISO003", "ISO005", "ISO020"]
*/
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
