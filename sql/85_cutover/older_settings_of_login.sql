-- The older settings that are read for the login: a constant for each, that ttdb.read_older_setting() replaces.

-- Stable, not immutable: so it is inlined, and whoever keeps a plan learns that it was replaced.
create or replace function ttdb.older_settings_of_login() returns text[]
language sql
stable
parallel safe
security invoker
return null::text[];

comment on function ttdb.older_settings_of_login() is
'NULL unless ttdb.read_older_setting() named the login; changed by it and by ttdb.ignore_older_setting().';
-- PUBLIC keeps EXECUTE: ttdb.tenant_id() calls it as whoever runs the query.
