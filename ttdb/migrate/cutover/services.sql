-- The logins of services and how far each has come, by its memberships: they are what holds.
with groups as (
    select
        to_regrole('ttdb_app')::oid as app,
        to_regrole('ttdb_observed')::oid as observed,
        to_regrole('ttdb_operator')::oid as operator,
        to_regrole('ttdb_owner')::oid as owner
),

stages as (
    select
        r.oid,
        r.rolname::text as login,
        c.changed_at,
        c.changed_by::text as changed_by,
        case
            when r.rolsuper or r.rolbypassrls or not pg_has_role(r.oid, g.app, 'usage') then 'before'
            when coalesce(pg_has_role(r.oid, g.observed, 'usage'), false) then 'observed'
            else 'enforced'
        end as stage,
        c.stage as recorded
    from pg_catalog.pg_roles as r
    cross join groups as g
    left join ttdb.cutovers as c on c.login = r.rolname
    where c.login is not null
        or (
            r.rolcanlogin
            and not r.rolsuper
            and pg_has_role(r.oid, g.app, 'member')
            and not pg_has_role(r.oid, g.operator, 'member')
            and not pg_has_role(r.oid, g.owner, 'member')
        )
)

select
    s.login,
    s.stage,
    case when s.stage = s.recorded then s.changed_at end as since,
    case when s.stage = s.recorded then s.changed_by end as by,
    (
        select count(*)::int
        from pg_catalog.pg_stat_activity as a
        where a.usesysid = s.oid and a.datname = current_database()
    ) as sessions,
    array(select o.setting from ttdb.older_settings as o where o.login = s.login order by o.setting) as older_settings
from stages as s
where %(login)s::text is null or s.login = %(login)s
order by s.login;
