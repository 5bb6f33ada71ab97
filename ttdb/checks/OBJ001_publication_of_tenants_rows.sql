/*
code = "OBJ001"
name = "publication-of-tenants-rows"
severity = "warning"
since = "0.1.0"
title = "A publication sends tenants' rows past their policies"
why = '''
Row level security does not apply to replication: whoever may subscribe receives every tenant's changes, unless the
publication itself filters rows by the tenant. A filter by something else leaves all tenants in it.
'''
bad = '''
create publication orders_out for table app.orders;
'''
fix = '''
drop publication orders_out;
'''
*/
with tables as (
    select
        t.relation,
        t.tenant_column::text as tenant_column
    from
        jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb)
            as t (relation oid, tenant_column name)
    union all
    -- What has its tenant by its parent has no column to filter by: any filter may be meant so.
    select
        t.relation,
        null
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_children')::jsonb) as t (relation oid)
),

published as (
    select
        p.oid,
        p.pubname,
        p.pubowner,
        p.puballtables,
        t.relation
    from pg_catalog.pg_publication as p
    inner join tables as t
        on
            p.puballtables
            or exists (
                select from pg_catalog.pg_publication_rel as r
                where
                    r.prpubid = p.oid
                    and r.prrelid = t.relation
                    and (
                        r.prqual is null
                        or pg_catalog.pg_get_expr(r.prqual, r.prrelid) !~ ('\m' || t.tenant_column || '\M')
                    )
            )
            or exists (
                select from pg_catalog.pg_publication_namespace as s
                inner join pg_catalog.pg_class as c on t.relation = c.oid and s.pnnspid = c.relnamespace
                where s.pnpubid = p.oid
            )
)

select
    null::text as schema,
    'publications send tenants'' rows' as cause,
    'publication ' || p.pubname as object,
    format(
        'publication %I sends rows of all tenants of %s%s, with no filter by the tenant',
        p.pubname,
        (array_agg(p.relation::regclass::text order by p.relation::regclass::text))[1],
        case when count(*) > 1 then format(' and %s more tables', count(*) - 1) else '' end
    ) as detail,
    format('select 1 from pg_catalog.pg_publication where pubname = %L;', p.pubname) as evidence,
    format('drop publication %I;', p.pubname) as fix
from published as p
group by p.pubname
order by p.pubname
