-- What a service may do while it is observed, and not once it is enforced.
select
    o.relation::text as relation,
    array_agg(g.privilege order by g.privilege) as privileges,
    o.registered as recorded
from ttdb.observable() as o
cross join lateral ttdb.observed_grants_for(o.relation) as g
inner join pg_catalog.pg_class as c on c.oid = o.relation
inner join pg_catalog.pg_roles as r on r.rolname = %(login)s
where not exists (
    select
    from pg_catalog.aclexplode(c.relacl) as a
    where lower(a.privilege_type) = g.privilege
        and a.grantee is distinct from to_regrole('ttdb_observed')::oid
        and (a.grantee = 0 or a.grantee = to_regrole('ttdb_app')::oid or pg_has_role(r.oid, nullif(a.grantee, 0), 'usage'))
)
group by o.relation, o.registered, c.relkind
-- Whoever inserts by an identity column's default needs no privilege on its sequence.
having c.relkind <> 'S' or 'usage' = any(array_agg(g.privilege))
order by 1;
