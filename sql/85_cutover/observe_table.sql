-- Lets services that are observed see a relation whole.
create or replace function ttdb.observe_table(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_policy record;
    v_grants pg_catalog.text;
begin
    -- Nothing to do takes no lock.
    if ttdb.is_observed(relation) then
        return;
    end if;
    perform ttdb.unobserve_table(relation);

    for v_policy in
        select p.*
        from ttdb.observed_policies_for(relation) as p
    loop
        execute pg_catalog.format(
            'create policy %I on %s for %s to ttdb_observed', v_policy.policy, relation, v_policy.command
        )
            || coalesce(' using (' || v_policy.using_expression || ')', '')
            || coalesce(' with check (' || v_policy.check_expression || ')', '');
        execute pg_catalog.format(
            'comment on policy %I on %s is %L',
            v_policy.policy,
            relation,
            'While a service is observed: every row, and a record of those that are not its tenant''s.'
        );
    end loop;

    select pg_catalog.string_agg(g.privilege, ', ' order by g.privilege)
    into v_grants
    from ttdb.observed_grants_for(relation) as g;
    execute pg_catalog.format('grant %s on %s to ttdb_observed', v_grants, relation);
    grant execute on function ttdb.observe(regclass, text, text, boolean, uuid) to ttdb_observed;
    grant execute on function ttdb.record_observation(regclass, text, text, uuid) to ttdb_observed;
end;
$function$;

comment on function ttdb.observe_table(regclass) is
'Gives ttdb_observed a policy for each verb on a protected table, and privileges on any; ttdb.unobserve_table() takes '
'them back.';
revoke all on function ttdb.observe_table(regclass) from public;
