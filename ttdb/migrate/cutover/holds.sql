-- What decides which rows these logins see.
with groups as (
    select
        to_regrole('ttdb_app')::oid as app,
        to_regrole('ttdb_observed')::oid as observed,
        to_regrole('ttdb_operator')::oid as operator,
        to_regrole('ttdb_worker')::oid as worker
),

owners as (
    select distinct c.relowner as oid
    from ttdb.tenant_tables as t
    inner join pg_catalog.pg_class as c on c.oid = t.relation
)

select
    r.rolname::text as login,
    case
        when r.rolsuper then 'nothing: superuser'
        when r.rolbypassrls then 'nothing: BYPASSRLS'
        when exists (select from owners as o where pg_has_role(r.oid, o.oid, 'usage')) then 'nothing: owns the tables'
        when coalesce(pg_has_role(r.oid, g.observed, 'usage'), false) then 'nothing yet: observed'
        when pg_has_role(r.oid, g.operator, 'usage') then 'policies for operators'
        when pg_has_role(r.oid, g.worker, 'usage') then 'policies for workers'
        when pg_has_role(r.oid, g.app, 'usage') then 'its tenant'
        else 'no privileges on tenants'' rows'
    end as held_by
from pg_catalog.pg_roles as r
cross join groups as g
where r.rolname = any(%(logins)s::text []);
