-- Every role that is not PostgreSQL's own, and what it may do to which relations.
select
    r.rolname::text as name,
    r.rolsuper as superuser,
    r.rolbypassrls as bypasses,
    r.rolcanlogin as login,
    r.oid = 10 as bootstrap,
    array(
        select m.rolname::text
        from pg_catalog.pg_roles as m
        where m.oid <> r.oid and not r.rolsuper and pg_catalog.pg_has_role(r.oid, m.oid, 'MEMBER')
    ) as may_become,
    pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER') as reachable
from pg_catalog.pg_roles as r
where r.rolname !~ '^pg_'
order by r.rolname
