-- Encrypts anew with another key, in one call, so that no plaintext travels.
create or replace function ttdb.reencrypt(ciphertext text, key text, new_key_id text, new_key text) returns text
language sql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
    select ttdb.encrypt(
        ttdb.decrypt(reencrypt.ciphertext, reencrypt.key), reencrypt.new_key_id, reencrypt.new_key
    );
$function$;

comment on function ttdb.reencrypt(text, text, text, text) is
'The same text under another key: for replacing one. NULL stays NULL.';
revoke all on function ttdb.reencrypt(text, text, text, text) from public;
grant execute on function ttdb.reencrypt(text, text, text, text) to ttdb_app, ttdb_worker, ttdb_operator;
