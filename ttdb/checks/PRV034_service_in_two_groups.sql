/*
code = "PRV034"
name = "service-in-two-groups"
severity = "error"
since = "0.1.0"
title = "A login that was made for a service may become those who own, repair or see past tenants"
why = '''
"ttdb roles add" made it for one group. A login that is among the operators besides is taken for one of them by whoever
looks at memberships alone; yet it is what the service logs in as, and SET ROLE takes it past every policy.
'''
given = '''
create schema if not exists ttdb;
create table ttdb.ledger (revision text, step text, outcome text);
do $$
begin
    if to_regrole('ttdb_operator') is null then
        create role ttdb_operator nologin noinherit;
    end if;
end
$$;
create role example_orders login noinherit;
comment on role example_orders is 'service, in ttdb_app; made by ttdb roles add';
'''
bad = '''
grant ttdb_operator to example_orders;
'''
fix = '''
revoke ttdb_operator from example_orders;
'''
requires = ["ttdb.ledger"]
*/
select
    null::text as schema,
    r.rolname::text as role,
    'services may become operators' as cause,
    'role ' || r.rolname as object,
    format('%s was made for a service, and may become %s', r.rolname, string_agg(g.rolname, ', ' order by g.rolname))
        as detail,
    string_agg(format('revoke %I from %I;', g.rolname, r.rolname), ' ' order by g.rolname) as fix,
    format('select 1 where pg_catalog.pg_has_role(%L, %L, ''member'');', r.rolname, min(g.rolname::text)) as evidence
from pg_catalog.pg_roles as r
inner join pg_catalog.pg_roles as g
    on
        g.rolname in ('ttdb_owner', 'ttdb_operator', 'ttdb_definer', 'ttdb_masker')
        and pg_catalog.pg_has_role(r.oid, g.oid, 'member')
where
    r.rolcanlogin
    and not r.rolsuper
    and pg_catalog.shobj_description(r.oid, 'pg_authid') like 'service, in ttdb%; made by ttdb roles add'
group by r.oid, r.rolname
order by r.rolname
