-- The name of the setting that says which tenant a transaction works for.
create or replace function ttdb.tenant_setting() returns text
language sql
immutable
parallel safe
security invoker
return 'app.current_tenant_id'::text;

comment on function ttdb.tenant_setting() is
'The setting that holds the tenant: set_config(ttdb.tenant_setting(), id, true) inside each transaction.';
-- PUBLIC keeps EXECUTE: policies and column defaults call it as whoever runs the query, and it tells nothing.
