-- The policies that keep a protected table's tenants apart.
create or replace function ttdb.policies_for(
    tenant_column name, app text[], worker text[], definer text[], leaf boolean
)
returns table (policy name, command text, role name, using_expression text, check_expression text)
language sql
immutable
parallel safe
security invoker
begin atomic
    -- Written as the server itself would print it, so that ttdb.is_protected() can compare.
    with own as (
        select
            '(' || pg_catalog.quote_ident(policies_for.tenant_column)
            || ' = ( SELECT ttdb.tenant_id() AS tenant_id))' as tenant
    )

    select distinct
        (a.verb || '_own_tenant')::name as policy,
        a.verb as command,
        'ttdb_app'::name as role,
        case when a.verb <> 'insert' then o.tenant end as using_expression,
        case when a.verb in ('insert', 'update') then o.tenant end as check_expression
    from pg_catalog.unnest(policies_for.app) as a (verb)
    cross join own as o
    where not policies_for.leaf

    union all
    select distinct
        (w.verb || w.suffix)::name as policy,
        w.verb as command,
        w.role,
        case when w.verb <> 'insert' then 'true' end as using_expression,
        case when w.verb in ('insert', 'update') then 'true' end as check_expression
    from (
        select
            k.verb,
            '_worker' as suffix,
            'ttdb_worker'::name as role
        from pg_catalog.unnest(policies_for.worker) as k (verb)
        union all
        select
            d.verb,
            '_definer' as suffix,
            'ttdb_definer'::name as role
        from pg_catalog.unnest(policies_for.definer) as d (verb)
    ) as w
    where not policies_for.leaf

    union all
    select
        'select_masker'::name as policy, -- the columns named throughout: so the server prints them the same for ever
        'select' as command,
        'ttdb_masker'::name as role,
        o.tenant as using_expression,
        null as check_expression
    from own as o
    where not policies_for.leaf

    union all
    select
        'all_operator'::name as policy,
        'all' as command,
        'ttdb_operator'::name as role,
        'true' as using_expression,
        'true' as check_expression;
end;

comment on function ttdb.policies_for(name, text[], text[], text[], boolean) is
'The policies of a protected table, or of one of its partitions: those carry the operator''s alone.';
revoke all on function ttdb.policies_for(name, text[], text[], text[], boolean) from public;
