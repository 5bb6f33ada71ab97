/*
code = "FNC006"
name = "view-without-barrier"
severity = "error"
since = "0.1.0"
title = "A view with its owner's rights holds rows to the tenant, but has no security barrier"
why = '''
The reader's own conditions may be tried before the view's: a function of his, or a cast that fails, is then given
every tenant's values and tells them.
'''
bad = '''
create view app.own_notes as select id, note from app.orders where org_id = (select app.org());
grant select on app.own_notes to example_app;
'''
fix = '''
alter view app.own_notes set (security_barrier = true);
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
