-- Sessions of this database by login, application and address; the last only as far as one may see it.
select
    r.rolname::text as login,
    nullif(a.application_name, '') as application,
    host(a.client_addr) as client,
    count(*)::int as sessions
from pg_catalog.pg_stat_activity as a
inner join pg_catalog.pg_roles as r on r.oid = a.usesysid
where a.datname = current_database()
    and a.pid <> pg_backend_pid()
    and coalesce(a.backend_type, 'client backend') = 'client backend' -- hidden from who may not see
    and r.rolname <> all(%(people)s::text [])
group by r.rolname, a.application_name, a.client_addr
order by r.rolname, a.application_name, a.client_addr;
