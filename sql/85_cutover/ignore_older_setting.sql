-- Ends what ttdb.read_older_setting() began.

-- Definer because the constant is ttdb_owner's, and operators decide.
create or replace function ttdb.ignore_older_setting(login name, setting text default null) returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
as $function$
begin
    delete from ttdb.older_settings as s
    where s.login = ignore_older_setting.login
        and (ignore_older_setting.setting is null or s.setting = pg_catalog.lower(ignore_older_setting.setting));
    if found then
        perform ttdb.write_older_settings();
    end if;
end;
$function$;

comment on function ttdb.ignore_older_setting(name, text) is
'From the commit on, that setting says nothing of this login''s tenant; without a setting, none but the current one.';
revoke all on function ttdb.ignore_older_setting(name, text) from public;
grant execute on function ttdb.ignore_older_setting(name, text) to ttdb_operator;
