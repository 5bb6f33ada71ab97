-- The roles whose rights go past the tenants' policies: a function that one of them owns and that can be led astray, or
-- made to run its caller's SQL, gives these away.
select r.rolname::text as role
from pg_catalog.pg_roles as r
where
    r.rolsuper
    or r.rolbypassrls
    or exists (
        select from pg_catalog.pg_class as c
        where c.relowner = r.oid and c.relrowsecurity
    )
    or exists (
        select
        from pg_catalog.pg_policy as p
        cross join lateral unnest(p.polroles) as g (oid)
        where
            p.polpermissive
            and p.polcmd in ('r', '*')
            and pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true'
            and g.oid <> 0
            and pg_catalog.pg_has_role(r.oid, g.oid, 'usage')
    )
