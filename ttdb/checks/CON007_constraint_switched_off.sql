/*
code = "CON007"
name = "constraint-switched-off"
severity = "error"
since = "0.1.0"
title = "A foreign key or a deferrable unique constraint is not enforced: its triggers are disabled"
why = '''
The constraint stands in the catalog as valid, but the server's own triggers that keep it are disabled, as "disable
trigger all" does and a restore of data alone can leave. Rows may then name another tenant's rows, or none at all.
'''
bad = '''
alter table app.order_items disable trigger all;
'''
fix = '''
alter table app.order_items enable trigger all;
'''
*/
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
