-- Puts row security, policies and grants on one table, without its partitions.
create or replace function ttdb.dress(
    relation regclass, tenant_column name, app text[], worker text[], definer text[], leaf boolean
) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_policy record;
    v_grant record;
begin
    execute pg_catalog.format(
        'alter table %s enable row level security, force row level security', relation
    );
    perform ttdb.undress(relation, tenant_column);

    for v_policy in
        select p.*
        from ttdb.policies_for(tenant_column, app, worker, definer, leaf) as p
    loop
        execute pg_catalog.format('create policy %I on %s for %s to %I', v_policy.policy, relation, v_policy.command, v_policy.role)
            || coalesce(' using (' || v_policy.using_expression || ')', '')
            || coalesce(' with check (' || v_policy.check_expression || ')', '');
        execute pg_catalog.format('comment on policy %I on %s is %L', v_policy.policy, relation, case v_policy.role
            when 'ttdb_app' then 'Services reach the rows of their tenant only.'
            when 'ttdb_worker' then 'Jobs across tenants, for this verb only.'
            when 'ttdb_definer' then 'Functions that keep rules across rows and tenants, for this verb only.'
            when 'ttdb_masker' then 'Masked views show the rows of the reader''s tenant only.'
            else 'Operators see and repair across tenants; validation and dumps need it on every partition.'
        end);
    end loop;

    for v_grant in
        select
            g.object,
            g.role,
            pg_catalog.string_agg(g.privilege, ', ' order by g.privilege) as privileges
        from ttdb.grants_for(relation, app, worker, definer, leaf) as g
        group by g.object, g.role
    loop
        execute pg_catalog.format(
            'grant %s on %s %s to %I',
            v_grant.privileges,
            case when v_grant.object = relation then 'table' else 'sequence' end,
            v_grant.object,
            v_grant.role
        );
    end loop;
end;
$function$;

comment on function ttdb.dress(regclass, name, text[], text[], text[], boolean) is
'Gives a table forced row security, and exactly the policies and grants of ttdb.protect().';
revoke all on function ttdb.dress(regclass, name, text[], text[], text[], boolean) from public;
