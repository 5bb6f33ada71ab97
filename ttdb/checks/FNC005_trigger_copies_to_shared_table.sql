/*
code = "FNC005"
name = "trigger-copies-to-shared-table"
severity = "warning"
since = "0.1.0"
title = "A trigger or rule writes tenants' rows to a table that every tenant reads"
why = '''
What is inserted into a protected table also goes to one that the application may read and that nothing protects.
'''
bad = '''
create table app.feed (line text);
grant select on app.feed to example_app;
create rule feed as on insert to app.orders do also insert into app.feed values (new.note);
'''
fix = '''
drop rule feed on app.orders;
drop table app.feed;
'''
subsumed_by = ["ISO003"]
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
