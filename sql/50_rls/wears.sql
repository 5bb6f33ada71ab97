-- Whether one table, without its partitions, is protected exactly as it should be.
create or replace function ttdb.wears(
    relation regclass, tenant_column name, app text[], worker text[], definer text[], leaf boolean
) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        exists (
            select
            from pg_catalog.pg_class as c
            where c.oid = wears.relation and c.relrowsecurity and c.relforcerowsecurity
        )
        and not exists (
            select * from ttdb.policies_for(wears.tenant_column, wears.app, wears.worker, wears.definer, wears.leaf)
            except
            select p.policy, p.command, p.role, p.using_expression, p.check_expression
            from ttdb.policies_on(wears.relation) as p
            where p.permissive
        )
        -- One more permissive policy would widen ours; a restrictive one only narrows them.
        and not exists (
            select p.policy, p.command, p.role, p.using_expression, p.check_expression
            from ttdb.policies_on(wears.relation) as p
            where p.permissive
            except
            select * from ttdb.policies_for(wears.tenant_column, wears.app, wears.worker, wears.definer, wears.leaf)
        )
        and not exists (
            select * from ttdb.grants_for(wears.relation, wears.app, wears.worker, wears.definer, wears.leaf)
            except
            select g.object, g.role, g.privilege from ttdb.grants_on(wears.relation) as g
        )
        and not exists (
            select g.object, g.role, g.privilege from ttdb.grants_on(wears.relation) as g
            except
            select * from ttdb.grants_for(wears.relation, wears.app, wears.worker, wears.definer, wears.leaf)
        );
$function$;

comment on function ttdb.wears(regclass, name, text[], text[], text[], boolean) is
'Whether a table has row security forced, and exactly the policies and grants of ttdb.protect().';
revoke all on function ttdb.wears(regclass, name, text[], text[], text[], boolean) from public;
