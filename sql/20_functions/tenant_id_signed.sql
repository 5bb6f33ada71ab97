-- The tenant that this transaction works for, as every policy reads it: plain, or from a signed token.

-- Not inlined: a policy asks once for each table that a query names, and then a call costs less than planning the
-- expression into every query.
create or replace function ttdb.tenant_id() returns uuid
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
declare
    v_setting constant pg_catalog.text := pg_catalog.current_setting(ttdb.tenant_setting(), true);
begin
    if ttdb.context_is_signed() then
        return ttdb.verified_tenant_id();
    end if;
    -- The pattern comes first: a malformed value must give no rows, not an error.
    if v_setting ~ '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$' then
        return v_setting::pg_catalog.uuid;
    end if;
    -- So services change to tokens one by one, before bare tenants end.
    if v_setting ~ '^v1\.' then
        return ttdb.verified_tenant_id();
    end if;
    return null;
end;
$function$;

comment on function ttdb.tenant_id() is
'The current tenant; NULL, and never an error, when the setting is unset, empty, malformed or, where it must be '
'signed, not signed.';
-- PUBLIC keeps EXECUTE: policies and column defaults call it as whoever runs the query.
