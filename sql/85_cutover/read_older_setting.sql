-- Lets one login say its tenant in a setting of an older name, too.

-- Definer because the constant is ttdb_owner's, and operators decide.
create or replace function ttdb.read_older_setting(login name, setting text) returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
as $function$
declare
    v_setting constant pg_catalog.text := pg_catalog.lower(setting);
begin
    if not exists (select from pg_catalog.pg_roles as r where r.rolname = login and r.rolcanlogin) then
        raise exception 'there is no login %', login
            using errcode = 'TTLOG', hint = 'Name what the service logs in as: it is session_user that counts.';
    end if;
    if v_setting !~ '^[a-z_][a-z0-9_]*[.][a-z_][a-z0-9_]*$' or v_setting = ttdb.tenant_setting() then
        raise exception '% is no older name of the tenant''s setting', setting
            using errcode = 'TTSET', hint = 'Name one with a prefix and a point, as app.current_tenant.';
    end if;
    if ttdb.context_is_signed() then
        raise exception 'the tenant context must be signed, and an older setting holds no signature'
            using errcode = 'TTSGN',
            hint = 'Let the service set a token, or call ttdb.require_signed_context(false) first.';
    end if;
    insert into ttdb.older_settings (login, setting) values (login, v_setting) on conflict do nothing;
    if found then
        perform ttdb.write_older_settings();
    end if;
end;
$function$;

comment on function ttdb.read_older_setting(name, text) is
'From the commit on, the tenant of this login''s sessions may stand in that setting; where two that are set disagree, '
'there is no tenant.';
revoke all on function ttdb.read_older_setting(name, text) from public;
grant execute on function ttdb.read_older_setting(name, text) to ttdb_operator;
