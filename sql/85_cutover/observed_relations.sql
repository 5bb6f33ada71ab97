-- What still lets services that are observed see it whole.
create or replace function ttdb.observed_relations()
returns table (relation regclass)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select p.polrelid::pg_catalog.regclass
    from pg_catalog.pg_policy as p
    where p.polroles = array[pg_catalog.to_regrole('ttdb_observed')::pg_catalog.oid]

    union
    select c.oid::pg_catalog.regclass
    from pg_catalog.pg_class as c
    cross join lateral pg_catalog.aclexplode(c.relacl) as a
    where a.grantee = pg_catalog.to_regrole('ttdb_observed')::pg_catalog.oid;
$function$;

comment on function ttdb.observed_relations() is
'Relations with a policy or a privilege for ttdb_observed; none while nobody is observed.';
revoke all on function ttdb.observed_relations() from public;
