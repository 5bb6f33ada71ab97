/*
code = "PRV033"
name = "group-role-altered"
severity = "warning"
since = "0.1.0"
title = "One of ttdb's group roles is not as the bootstrap makes it"
why = '''
The groups own objects and hold policies, and that is all: none logs in, none has powers on the server, and none is in
another, but for the owner, who may become those that functions and masked views run as. A group that has more hands
it to every login in it, in every database of the cluster.
'''
given = '''
create schema if not exists ttdb;
create table ttdb.ledger (revision text, step text, outcome text);
do $$
begin
    if to_regrole('ttdb_auditor') is null then
        create role ttdb_auditor nologin noinherit;
    end if;
end
$$;
'''
bad = '''
alter role ttdb_auditor createrole;
'''
fix = '''
alter role ttdb_auditor nocreaterole;
'''
requires = ["ttdb.ledger"]
subsumed_by = ["PRV001", "PRV002", "PRV020"]
*/
with groups as (
    select r.*
    from pg_catalog.pg_roles as r
    where
        r.rolname in (
            'ttdb_owner', 'ttdb_operator', 'ttdb_app', 'ttdb_worker', 'ttdb_support', 'ttdb_masker', 'ttdb_definer',
            'ttdb_auditor'
        )
),

powers as (
    select
        g.rolname,
        p.power,
        format('alter role %I no%s;', g.rolname, p.power) as fix
    from groups as g
    cross join
        lateral (
            values
            ('login', g.rolcanlogin),
            ('superuser', g.rolsuper),
            ('bypassrls', g.rolbypassrls),
            ('createrole', g.rolcreaterole),
            ('createdb', g.rolcreatedb),
            ('replication', g.rolreplication)
        ) as p (power, held)
    where p.held
    union all
    select
        g.rolname,
        format('is in %s', o.rolname),
        format('revoke %I from %I;', o.rolname, g.rolname)
    from pg_catalog.pg_auth_members as m
    inner join groups as g on m.member = g.oid
    inner join pg_catalog.pg_roles as o on m.roleid = o.oid
    where not (g.rolname = 'ttdb_owner' and o.rolname in ('ttdb_masker', 'ttdb_definer'))
)

select
    null::text as schema,
    p.rolname::text as role,
    'groups have more than the bootstrap gives them' as cause,
    'role ' || p.rolname as object,
    format('%s has more than the bootstrap gives it: %s', p.rolname, string_agg(p.power, ', ' order by p.power))
        as detail,
    format(
        'select r.*, array(select m.roleid::regrole from pg_catalog.pg_auth_members as m where m.member = r.oid)'
        ' from pg_catalog.pg_roles as r where r.rolname = %L;',
        p.rolname
    ) as evidence,
    string_agg(p.fix, ' ' order by p.power) as fix
from powers as p
group by p.rolname
order by p.rolname
