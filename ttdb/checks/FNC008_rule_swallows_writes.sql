/*
code = "FNC008"
name = "rule-swallows-writes"
severity = "error"
since = "0.1.0"
title = "A rule makes writes to a table of tenants' rows do nothing"
why = '''
The write reports success and no row is touched, so no trigger sees it and nothing is recorded. It also swallows what
foreign keys and triggers do for others: a cascade leaves orphans, a counter or a key stands still. On a table of
ttdb_owner's, whose constraints and triggers a revision manages, these are thereby off: an error. Elsewhere it may be
meant, and is a warning.
'''
bad = '''
create rule keep as on update to app.orders do instead nothing;
'''
fix = '''
drop rule keep on app.orders;
'''
*/
select
    'rules swallow writes' as cause,
    n.nspname::text as schema,
    c.relname::text as object,
    case when pg_catalog.pg_get_userbyid(c.relowner) = 'ttdb_owner' then 'error' else 'warning' end as severity,
    format(
        'rule %I makes %s to %I.%I do nothing%s',
        r.rulename,
        case r.ev_type when '2' then 'updates' when '3' then 'inserts' else 'deletes' end,
        n.nspname,
        c.relname,
        case when r.ev_qual::text <> '<>' then ' where its condition holds' else '' end
    ) as detail,
    format(
        'select pg_catalog.pg_get_ruledef(oid) from pg_catalog.pg_rewrite where ev_class = %L::regclass'
        ' and rulename = %L;',
        c.oid::regclass, r.rulename
    ) as evidence,
    format('drop rule %I on %s;', r.rulename, c.oid::regclass) as fix
from (
    select t.relation
    from
        jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
            as t (relation oid, tenant_column name)
    union
    select t.relation
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
) as t
inner join pg_catalog.pg_class as c on t.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_rewrite as r on c.oid = r.ev_class
where
    r.ev_type in ('2', '3', '4')
    and r.is_instead
    and pg_catalog.pg_get_ruledef(r.oid) like '%DO INSTEAD NOTHING;'
    and r.ev_enabled in ('O', 'A')
order by 2, 3
