-- Replaces the constant that ttdb.tenant_id() reads by what ttdb.older_settings says.
create or replace function ttdb.write_older_settings() returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_cases pg_catalog.text;
begin
    select pg_catalog.string_agg(
        pg_catalog.format('when %L then %L::pg_catalog.text[]', o.login, o.settings), ' ' order by o.login
    )
    into v_cases
    from (
        select
            s.login,
            pg_catalog.array_agg(s.setting order by s.setting) as settings
        from ttdb.older_settings as s
        group by s.login
    ) as o;
    execute 'create or replace function ttdb.older_settings_of_login() returns pg_catalog.text[] '
        'language sql stable parallel safe security invoker return '
        || coalesce('case session_user ' || v_cases || ' end', 'null::pg_catalog.text[]');

    -- A decision is no drift: the record of how the function must look follows it.
    update ttdb.managed_objects as m
    set definition = d.definition
    from ttdb.definitions_in('{ttdb}') as d
    where d.kind = m.kind and d.identity = m.identity and m.identity = 'ttdb.older_settings_of_login()';
end;
$function$;

comment on function ttdb.write_older_settings() is 'Makes ttdb.older_settings_of_login() anew.';
revoke all on function ttdb.write_older_settings() from public;
