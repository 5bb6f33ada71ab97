-- The tenant of a token that one of our keys has signed.
-- 'v1.<key id>.<tenant>.<expiry, unix seconds>.<HMAC-SHA-256 of all before the last dot, in hex>'

-- Definer because nobody who asks may read the keys.
create or replace function ttdb.verified_tenant_id() returns uuid
language plpgsql
stable
parallel safe
security definer
set search_path = ''
set row_security = on
as $function$
declare
    v_token constant pg_catalog.text := pg_catalog.current_setting(ttdb.tenant_setting(), true);
    v_parts pg_catalog.text[];
    v_key ttdb.context_keys;
    v_signature pg_catalog.bytea;
begin
    -- The pattern comes first: after it no cast can fail, and what is malformed gives no rows and no error.
    if v_token is null or v_token !~ (
        '^v1\.[a-z0-9]{1,32}\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
        '\.[0-9]{1,11}\.[0-9a-f]{64}$'
    ) then
        return null;
    end if;
    v_parts := pg_catalog.string_to_array(v_token, '.');

    -- By the transaction's beginning: a token that ended halfway would let the first half be committed alone.
    if v_parts[4]::pg_catalog.int8 <= extract(epoch from pg_catalog.now()) then
        return null;
    end if;

    select k.*
    into v_key
    from ttdb.context_keys as k
    where k.key_id = v_parts[2] and k.retired_at is null;
    if not found then
        return null;
    end if;

    v_signature := pg_catalog.sha256(
        v_key.outer_block || pg_catalog.sha256(
            v_key.inner_block || pg_catalog.convert_to(
                pg_catalog."left"(v_token, -65), 'UTF8' -- without the last dot and the 64 digits behind it
            )
        )
    );
    -- Digests under the key are compared: how far two of those agree says nothing about the signatures.
    if pg_catalog.sha256(v_key.outer_block || pg_catalog.decode(v_parts[5], 'hex'))
        = pg_catalog.sha256(v_key.outer_block || v_signature) then
        return v_parts[3]::pg_catalog.uuid;
    end if;
    return null;
end;
$function$;

comment on function ttdb.verified_tenant_id() is
'The tenant of the token in the setting; NULL, and never an error, unless it is whole, signed by a key that stands, '
'and had not expired when the transaction began.';
-- PUBLIC keeps EXECUTE: policies and column defaults call it as whoever runs the query, and it tells him what he set.
