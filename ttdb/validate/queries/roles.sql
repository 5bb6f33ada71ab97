-- Every role that is not PostgreSQL's own, whose rights it has, and which roles a session of it may become: by SET ROLE,
-- or by granting itself a role that it administers. From 16 on a membership may be without SET, or without inheritance.
with recursive members as (
    select
        m.member,
        m.roleid,
        m.admin_option as admin,
        coalesce((to_jsonb(m) ->> 'set_option')::boolean, true) as settable,
        coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, r.rolinherit) as inherited
    from pg_catalog.pg_auth_members as m
    inner join pg_catalog.pg_roles as r on m.member = r.oid
),

reached as (
    select
        r.oid as role,
        r.oid as other,
        true as is_current
    from pg_catalog.pg_roles as r
    union
    select
        reached.role,
        m.roleid,
        m.admin or (reached.is_current and m.settable)
    from reached
    inner join members as m on reached.other = m.member
    where m.admin or m.inherited or (reached.is_current and m.settable)
)

select
    r.rolname::text as name,
    r.rolsuper as superuser,
    r.rolbypassrls as bypasses,
    r.rolcanlogin as login,
    r.oid = 10 as bootstrap,
    array(
        select m.rolname::text
        from pg_catalog.pg_roles as m
        where m.oid <> r.oid and not r.rolsuper and pg_catalog.pg_has_role(r.oid, m.oid, 'USAGE')
    ) as inherits,
    array(
        select m.rolname::text
        from pg_catalog.pg_roles as m
        where
            m.oid <> r.oid
            and not r.rolsuper
            and m.oid in (
                select reached.other from reached
                where reached.role = r.oid
            )
    ) as may_become,
    pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER') as reachable
from pg_catalog.pg_roles as r
where r.rolname !~ '^pg_'
order by r.rolname
