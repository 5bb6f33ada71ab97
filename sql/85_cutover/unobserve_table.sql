-- Takes off a relation what lets services that are observed see it whole.
create or replace function ttdb.unobserve_table(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_policy pg_catalog.name;
begin
    for v_policy in
        select p.polname
        from pg_catalog.pg_policy as p
        where p.polrelid = unobserve_table.relation
            and p.polroles = array[pg_catalog.to_regrole('ttdb_observed')::pg_catalog.oid]
    loop
        execute pg_catalog.format('drop policy %I on %s', v_policy, relation);
    end loop;
    if exists (
        select
        from pg_catalog.pg_class as c
        cross join lateral pg_catalog.aclexplode(c.relacl) as a
        where c.oid = unobserve_table.relation
            and a.grantee = pg_catalog.to_regrole('ttdb_observed')::pg_catalog.oid
    ) then
        execute pg_catalog.format('revoke all on %s from ttdb_observed', relation);
    end if;
end;
$function$;

comment on function ttdb.unobserve_table(regclass) is
'Drops what ttdb.observe_table() made on a relation, whether it is still registered or not.';
revoke all on function ttdb.unobserve_table(regclass) from public;
