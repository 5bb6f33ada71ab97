-- Decides whether the tenant in the setting must be signed.

-- Definer because the constant is ttdb_owner's, and operators decide.
create or replace function ttdb.require_signed_context(required boolean) returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
as $function$
begin
    if required is null then
        raise exception 'whether the context must be signed is not said'
            using errcode = 'TTSGN', hint = 'Call ttdb.require_signed_context(true), or with false.';
    end if;
    if required and not exists (select from ttdb.list_context_keys() as k where k.retired_at is null) then
        raise exception 'there is no key to sign the tenant context with'
            using errcode = 'TTKEY',
            hint = 'Without one no session could be any tenant. Make one: select * from ttdb.create_context_key();';
    end if;
    if required and exists (select from ttdb.older_settings) then
        raise exception 'older settings are read for %, and hold no signature',
            (select pg_catalog.string_agg(distinct o.login, ', ') from ttdb.older_settings as o)
            using errcode = 'TTOLD',
            hint = 'Let these services set a token, and then: select ttdb.ignore_older_setting(LOGIN);';
    end if;
    if required = ttdb.context_is_signed() then
        return;
    end if;

    execute pg_catalog.format(
        'create or replace function ttdb.context_is_signed() returns pg_catalog.bool '
        'language sql stable parallel safe security invoker return %s',
        case when required then 'true' else 'false' end
    );
    -- A decision is no drift: the record of how the function must look follows it.
    update ttdb.managed_objects as m
    set definition = d.definition
    from ttdb.definitions_in('{ttdb}') as d
    where d.kind = m.kind and d.identity = m.identity and m.identity = 'ttdb.context_is_signed()';
end;
$function$;

comment on function ttdb.require_signed_context(boolean) is
'From the commit on, in every session and every plan, a tenant counts only in a signed token (true), or plain (false).';
revoke all on function ttdb.require_signed_context(boolean) from public;
grant execute on function ttdb.require_signed_context(boolean) to ttdb_operator;
