-- Decrypts what ttdb.encrypt() has made.
create or replace function ttdb.decrypt(ciphertext text, key text) returns text
language plpgsql
stable
parallel unsafe -- it catches an error, which takes a subtransaction
security invoker
set search_path = ''
as $function$
declare
    v_key_id constant pg_catalog.text := ttdb.key_id_of(ciphertext);
    v_schema constant pg_catalog.text := ttdb.pgcrypto_schema();
    v_plaintext pg_catalog.text;
begin
    if ciphertext is null then
        return null;
    end if;
    if v_key_id is null then
        raise exception 'this is not an encrypted text of ttdb''s' -- and what it is instead may be a secret
            using errcode = 'TTDEC', hint = 'It would read ttdb1:<key id>:<base64>, as ttdb.encrypt() returns it.';
    end if;
    begin
        execute pg_catalog.format('select %I.pgp_sym_decrypt($1, $2)', v_schema)
        into v_plaintext
        using pg_catalog.decode(pg_catalog.split_part(ciphertext, ':', 3), 'base64'), key;
    exception
        when insufficient_privilege then
            raise;
        when others then
            null; -- whatever pgcrypto says of the bytes, it is one of two things
    end;
    if v_plaintext is null or not pg_catalog.starts_with(v_plaintext, v_key_id || ':') then
        raise exception 'the key does not fit, or the encrypted text was changed'
            using errcode = 'TTDEC', hint = pg_catalog.format('It says that it was encrypted with the key "%s".', v_key_id);
    end if;
    return pg_catalog.substr(v_plaintext, pg_catalog.length(v_key_id) + 2);
end;
$function$;

comment on function ttdb.decrypt(text, text) is
'The text that ttdb.encrypt() was given; TTDEC for another key, or a changed text or keys id. NULL stays NULL.';
revoke all on function ttdb.decrypt(text, text) from public;
grant execute on function ttdb.decrypt(text, text) to ttdb_app, ttdb_worker, ttdb_operator;
