-- Takes our policies and the group roles' grants off one table, without its partitions.
create or replace function ttdb.undress(relation regclass, tenant_column name) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_policy pg_catalog.name;
    v_object pg_catalog.regclass;
    v_role pg_catalog.name;
begin
    for v_policy in
        select p.policy
        from ttdb.policies_on(relation) as p
        inner join ttdb.policies_for(
            tenant_column,
            array['select', 'insert', 'update', 'delete'],
            array['select', 'insert', 'update', 'delete'],
            array['select', 'insert', 'update', 'delete'],
            false
        ) as o on o.policy = p.policy
    loop
        execute pg_catalog.format('drop policy %I on %s', v_policy, relation);
    end loop;

    for v_object, v_role in
        select distinct
            g.object,
            g.role
        from ttdb.grants_on(relation) as g
    loop
        -- GRANT and REVOKE take a sequence as a table, too.
        execute pg_catalog.format('revoke all on table %s from %I', v_object, v_role);
    end loop;
end;
$function$;

comment on function ttdb.undress(regclass, name) is
'Drops the policies of ttdb.protect() from a table and revokes what the group roles may do with it.';
revoke all on function ttdb.undress(regclass, name) from public;
