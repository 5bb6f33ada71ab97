/*
code = "FNC002"
name = "view-with-owner-rights"
severity = "warning"
since = "0.1.0"
title = "A view reads tables of tenants with its owner's rights, and the owner sees all"
why = '''
Policies apply to the view's owner, not to its reader. An owner whom they do not hold shows every tenant's
rows, unless the view itself restricts them.
'''
bad = '''
create view app.order_notes as select id, note from app.orders; grant select on app.order_notes to example_app;
'''
fix = '''
alter view app.order_notes set (security_invoker = true);
'''
subsumed_by = ["ISO003"]
*/
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
