-- Whether services that are observed see a relation whole.
create or replace function ttdb.is_observed(relation regclass) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        not exists (
            select
                p.policy,
                p.command,
                p.using_expression,
                p.check_expression
            from ttdb.observed_policies_for(is_observed.relation) as p
            except
            select
                p.polname,
                case p.polcmd
                    when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
                end,
                pg_catalog.pg_get_expr(p.polqual, p.polrelid),
                pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
            from pg_catalog.pg_policy as p
            where p.polrelid = is_observed.relation
                and p.polroles = array[pg_catalog.to_regrole('ttdb_observed')::pg_catalog.oid]
        )
        and not exists (
            select g.privilege from ttdb.observed_grants_for(is_observed.relation) as g
            except
            select pg_catalog.lower(a.privilege_type)
            from pg_catalog.pg_class as c
            cross join lateral pg_catalog.aclexplode(c.relacl) as a
            where c.oid = is_observed.relation
                and a.grantee = pg_catalog.to_regrole('ttdb_observed')::pg_catalog.oid
        );
$function$;

comment on function ttdb.is_observed(regclass) is
'Whether a relation has the policies and grants of ttdb.observe_table().';
revoke all on function ttdb.is_observed(regclass) from public;
