-- The tenant that this transaction works for, as every policy reads it: plain, from a signed token, or, for logins that
-- are named for it, from a setting of an older name.

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
    v_uuid constant pg_catalog.text :=
        '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$';
    v_setting constant pg_catalog.text := pg_catalog.current_setting(ttdb.tenant_setting(), true);
    v_older constant pg_catalog.text[] := ttdb.older_settings_of_login();
    v_tenant pg_catalog.uuid;
    v_name pg_catalog.text;
    v_other pg_catalog.text;
begin
    if ttdb.context_is_signed() then
        return ttdb.verified_tenant_id();
    end if;
    -- The pattern comes first: a malformed value must give no rows, not an error.
    if v_setting ~ v_uuid then
        v_tenant := v_setting::pg_catalog.uuid;
    -- So services change to tokens one by one, before bare tenants end.
    elsif v_setting ~ '^v1\.' then
        v_tenant := ttdb.verified_tenant_id();
    end if;
    if v_older is null or (v_tenant is null and v_setting <> '') then
        return v_tenant;
    end if;

    -- Whichever of two tenants was meant, the other would be wrong.
    foreach v_name in array v_older loop
        v_other := nullif(pg_catalog.current_setting(v_name, true), '');
        if v_other is null then
            continue;
        elsif v_other !~ v_uuid then
            return null;
        elsif v_tenant <> v_other::pg_catalog.uuid then
            return null;
        end if;
        v_tenant := v_other::pg_catalog.uuid;
    end loop;
    return v_tenant;
end;
$function$;

comment on function ttdb.tenant_id() is
'The current tenant; NULL, and never an error, when the setting is unset, empty, malformed or, where it must be '
'signed, not signed; or when an older setting that is read for the login disagrees.';
-- PUBLIC keeps EXECUTE: policies and column defaults call it as whoever runs the query.
