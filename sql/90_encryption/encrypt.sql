-- Encrypts a text, and says in clear which key is needed.
-- ttdb.encrypt('4242…', 'cards2026', <key>) = 'ttdb1:cards2026:ww0ECQMC…', another each time
create or replace function ttdb.encrypt(plaintext text, key_id text, key text) returns text
language plpgsql
volatile
parallel safe
security invoker
set search_path = ''
as $function$
declare
    v_encrypted pg_catalog.bytea;
begin
    if plaintext is null then
        return null;
    end if;
    if key_id is null or key_id !~ '^[A-Za-z0-9_.-]{1,64}$' then
        raise exception 'the key''s id is missing or malformed'
            using errcode = 'TTKID',
            hint = 'A key''s id is 1 to 64 letters, digits, hyphens, dots and underscores; it is stored in clear.';
    end if;
    if key is null or pg_catalog.length(key) < 32 then
        raise exception 'the key is missing or shorter than 32 characters'
            using errcode = 'TTKEY', hint = 'Use a random one: openssl rand -base64 32.';
    end if;

    -- The key's id stands inside as well: the one in clear could be changed unseen.
    -- Iterating the key's hash defends guessable keys; ours are random, and a page of rows is not to take seconds.
    execute pg_catalog.format('select %I.pgp_sym_encrypt($1, $2, $3)', ttdb.pgcrypto_schema())
    into v_encrypted
    using key_id || ':' || plaintext, key, 'cipher-algo=aes256, compress-algo=0, s2k-mode=1, s2k-digest-algo=sha256';
    return pg_catalog.concat_ws(
        ':', 'ttdb1', key_id, pg_catalog.translate(pg_catalog.encode(v_encrypted, 'base64'), e'\n', '')
    );
end;
$function$;

comment on function ttdb.encrypt(text, text, text) is
'Encrypts a text with AES-256, protected, with its key''s id, against changes: ttdb1:<key id>:<base64>. '
'NULL stays NULL.';
revoke all on function ttdb.encrypt(text, text, text) from public;
grant execute on function ttdb.encrypt(text, text, text) to ttdb_app, ttdb_worker, ttdb_operator;
