-- The policies by which services that are observed see a protected table whole.
create or replace function ttdb.observed_policies_for(relation regclass)
returns table (policy name, command text, using_expression text, check_expression text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    -- Written as the server itself would print it, so that ttdb.is_observed() can compare.
    with wanted as (
        select
            v.verb,
            pg_catalog.quote_ident(t.tenant_column) as tenant,
            v.verb = any(t.app) as permitted
        from ttdb.tenant_tables as t
        cross join pg_catalog.unnest(array['select', 'insert', 'update', 'delete']) as v (verb)
        where t.relation = observed_policies_for.relation
    ),

    -- The tenant's own rows first: they cost what they cost without us, and are no observation.
    expressions as (
        select
            w.verb,
            e.effect,
            case when w.permitted then '((' || w.tenant || ' = ( SELECT ttdb.tenant_id() AS tenant_id)) OR ' else '' end
            || pg_catalog.format(
                'ttdb.observe(%L::regclass, %L::text, %L::text, (( SELECT ttdb.tenant_id() AS tenant_id) IS NULL), %s)',
                observed_policies_for.relation,
                w.verb,
                e.effect,
                w.tenant
            )
            || case when w.permitted then ')' else '' end as expression
        from wanted as w
        cross join (values ('hidden'), ('error')) as e (effect)
    )

    select
        (h.verb || '_observed')::pg_catalog.name,
        h.verb,
        case when h.verb <> 'insert' then h.expression end,
        case when h.verb in ('insert', 'update') then e.expression end
    from expressions as h
    inner join expressions as e on e.verb = h.verb and e.effect = 'error'
    where h.effect = 'hidden';
$function$;

comment on function ttdb.observed_policies_for(regclass) is
'One policy for each verb; none where the table is not registered.';
revoke all on function ttdb.observed_policies_for(regclass) from public;
