-- The tenant that this transaction works for, as every policy reads it.
create or replace function ttdb.tenant_id() returns uuid
language sql
stable
parallel safe
security invoker
-- The pattern comes first: a malformed value must give no rows, not an error. No SET clause: it must inline.
return case
    when
        pg_catalog.current_setting(ttdb.tenant_setting(), true)
        ~ '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$'
        then pg_catalog.current_setting(ttdb.tenant_setting(), true)::uuid
end;

comment on function ttdb.tenant_id() is
'The current tenant; NULL, and never an error, when the setting is unset, empty or malformed.';
-- PUBLIC keeps EXECUTE: policies and column defaults call it as whoever runs the query.
