/*
code = "PRV035"
name = "service-observed"
severity = "error"
since = "0.1.0"
title = "A service is observed: row-level security holds nothing back from it yet"
why = '''
"ttdb cutover observe" lets a login read and write every tenant's rows, as it could as a superuser, and records what
would be refused. That is a stage on its way, and no state to stay in.
'''
given = '''
do $$
begin
    if to_regrole('ttdb_observed') is null then
        create role ttdb_observed nologin noinherit;
    end if;
end
$$;
'''
bad = '''
grant ttdb_observed to example_app;
create policy observed on app.orders to ttdb_observed using (true);
'''
fix = '''
drop policy observed on app.orders;
revoke ttdb_observed from example_app;
'''
*/
select
    null::text as schema,
    r.rolname::text as role,
    'services are observed, and not yet held' as cause,
    'role ' || quote_ident(r.rolname) as object,
    format('%s is observed: policies for ttdb_observed let it read and write every tenant''s rows', r.rolname)
        as detail,
    format('select 1 where pg_catalog.pg_has_role(%L, ''ttdb_observed'', ''member'');', r.rolname) as evidence,
    format('-- ttdb cutover enforce %s', r.rolname) as fix
from pg_catalog.pg_roles as r
inner join pg_catalog.pg_auth_members as m on r.oid = m.member
where
    m.roleid = to_regrole('ttdb_observed')::oid
    and pg_catalog.pg_has_role(r.oid, m.roleid, 'usage')
    and not coalesce(pg_catalog.pg_has_role(r.oid, to_regrole('ttdb_operator')::oid, 'member'), false)
    and exists (
        select from pg_catalog.pg_policy as p
        where m.roleid = any(p.polroles)
    )
order by r.rolname
