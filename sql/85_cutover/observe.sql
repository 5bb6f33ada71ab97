-- What the policies for ttdb_observed ask of a row that is not the tenant's own: true, and recorded once.

-- Inlined into each plan: a transaction that reads many rows of others pays a search in a short text for each.
-- ttdb.observe('public.orders', 'select', 'hidden', false, '2222…') = true
create or replace function ttdb.observe(
    relation regclass, verb text, effect text, without_tenant boolean, row_tenant uuid
) returns boolean
language sql
volatile
parallel unsafe
security invoker
return case
    when pg_catalog.strpos(
        pg_catalog.current_setting('ttdb.observed', true),
        ' ' || relation::pg_catalog.oid::text || '/' || verb || case when without_tenant then '-' else '+' end
    ) > 0 then true
    else ttdb.record_observation(relation, verb, effect, row_tenant)
end;

comment on function ttdb.observe(regclass, text, text, boolean, uuid) is
'True; calls ttdb.record_observation() for the first row of a transaction, table, verb and reason.';
-- ttdb.observe_table() grants it to ttdb_observed while somebody is observed.
revoke all on function ttdb.observe(regclass, text, text, boolean, uuid) from public;
