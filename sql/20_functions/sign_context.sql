-- Signs a tenant, for people who work on the database; services sign for themselves.

-- Definer because nobody who asks may read the keys.
create or replace function ttdb.sign_context(tenant uuid, valid_for interval default '15 minutes') returns text
language plpgsql
stable
parallel safe
security definer
set search_path = ''
set row_security = on
as $function$
declare
    v_key ttdb.context_keys;
    v_signed pg_catalog.text;
begin
    if tenant is null or valid_for is null then
        raise exception 'a token needs a tenant and a time'
            using errcode = 'TTTOK', hint = 'Call ttdb.sign_context(''<uuid>'', ''15 minutes'').';
    end if;
    -- Whoever reads a token in a log has it until it ends. One that has ended is harmless, and good for tests.
    if valid_for > '1 day'::pg_catalog.interval then
        raise exception 'a token for % is too long', valid_for
            using errcode = 'TTTOK', hint = 'A token is valid for one day at most: whoever sees it can use it.';
    end if;

    select k.*
    into v_key
    from ttdb.context_keys as k
    where k.retired_at is null
    order by k.created_at desc, k.key_id
    limit 1;
    if not found then
        raise exception 'there is no key to sign the tenant context with'
            using errcode = 'TTKEY', hint = 'Make one: select * from ttdb.create_context_key();';
    end if;

    v_signed := pg_catalog.concat_ws(
        '.', 'v1', v_key.key_id, tenant, pg_catalog.trunc(extract(epoch from pg_catalog.now() + valid_for))
    );
    return v_signed || '.' || pg_catalog.encode(
        pg_catalog.sha256(
            v_key.outer_block
            || pg_catalog.sha256(v_key.inner_block || pg_catalog.convert_to(v_signed, 'UTF8'))
        ),
        'hex'
    );
end;
$function$;

comment on function ttdb.sign_context(uuid, interval) is
'A token for a tenant, signed with the newest key that stands: set_config(ttdb.tenant_setting(), token, true).';
revoke all on function ttdb.sign_context(uuid, interval) from public;
grant execute on function ttdb.sign_context(uuid, interval) to ttdb_operator;
