-- Writes into the trail that many rows were loaded at once.

-- Definer because nobody who changes an audited table may write the trail himself.
create or replace function audit.record_load(relation regclass, rows bigint, details jsonb) returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
as $function$
begin
    insert into audit.trail (
        tenant_id, relation, operation, new_row, login, role, transaction_id, application, client
    )
    select
        null,
        pg_catalog.format('%s.%s', n.nspname, c.relname),
        'LOAD',
        coalesce(record_load.details, '{}') || pg_catalog.jsonb_build_object('rows', record_load.rows),
        session_user,
        -- Inside a definer function current_user is its owner; the setting still holds what the session took.
        coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user),
        pg_catalog.pg_current_xact_id(),
        nullif(pg_catalog.current_setting('application_name'), ''),
        pg_catalog.inet_client_addr()
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = record_load.relation;
end;
$function$;

comment on function audit.record_load(regclass, bigint, jsonb) is
'Records a load of many rows: the table, how many, the login, the role and the transaction.';
revoke all on function audit.record_load(regclass, bigint, jsonb) from public;
-- Without EXECUTE nobody fills the trail with loads that never were.
grant execute on function audit.record_load(regclass, bigint, jsonb) to ttdb_owner;
