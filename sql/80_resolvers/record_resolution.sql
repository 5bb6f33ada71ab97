-- Writes into the trail that a resolver was asked.
create or replace function audit.record_resolution(resolver text, tenants uuid[]) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    -- What was asked for is personal or secret, and stays out; each tenant found gets its own row.
    insert into audit.trail (
        tenant_id, relation, operation, new_row, login, role, transaction_id, application, client
    )
    select
        t.id,
        record_resolution.resolver,
        'RESOLVE',
        pg_catalog.jsonb_build_object('found', pg_catalog.cardinality(record_resolution.tenants)),
        session_user,
        coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user),
        pg_catalog.pg_current_xact_id(),
        nullif(pg_catalog.current_setting('application_name'), ''),
        pg_catalog.inet_client_addr()
    from pg_catalog.unnest(coalesce(nullif(record_resolution.tenants, '{}'), array[null::pg_catalog.uuid])) as t (id);

    -- The caller may roll the row back; this line stays.
    raise log 'ttdb: % asked % and was told % tenants', session_user, resolver, pg_catalog.cardinality(tenants);
end;
$function$;

comment on function audit.record_resolution(text, uuid[]) is
'Records in the trail, and in the server''s log, who asked a resolver and how many tenants it found.';
revoke all on function audit.record_resolution(text, uuid[]) from public;
-- Without EXECUTE nobody fills the trail with questions that nobody asked.
grant execute on function audit.record_resolution(text, uuid[]) to ttdb_definer;
