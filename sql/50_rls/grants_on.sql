-- What the group roles may do with a table and the sequences of its columns now, in the shape of ttdb.grants_for().
create or replace function ttdb.grants_on(relation regclass)
returns table (object regclass, role name, privilege text, grantable boolean)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        c.oid::pg_catalog.regclass,
        r.rolname,
        pg_catalog.lower(a.privilege_type),
        a.is_grantable
    from pg_catalog.pg_class as c
    cross join lateral pg_catalog.aclexplode(c.relacl) as a
    inner join pg_catalog.pg_roles as r
        on r.oid = a.grantee
        and r.rolname in ('ttdb_app', 'ttdb_worker', 'ttdb_definer', 'ttdb_operator', 'ttdb_support')
    where c.oid = grants_on.relation
        or (
            c.relkind = 'S'
            and c.oid in (
                select s.objid
                from pg_catalog.pg_depend as s
                where s.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    and s.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    and s.refobjid = grants_on.relation
                    and s.refobjsubid > 0
                    and s.deptype in ('a', 'i')
            )
        );
$function$;

comment on function ttdb.grants_on(regclass) is
'What ttdb_app, ttdb_worker, ttdb_definer, ttdb_support and ttdb_operator may do with a table and its sequences.';
revoke all on function ttdb.grants_on(regclass) from public;
