-- Makes a key that signs the tenant context, and shows it this once.

-- Definer because nobody else may write the keys.
create or replace function ttdb.create_context_key(out key_id text, out secret text)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
as $function$
declare
    -- A random uuid holds 122 bits from the server's strong source: four of them are more than a hash can keep.
    v_key constant pg_catalog.bytea := pg_catalog.sha256(
        pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
        || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
    );
    v_inner pg_catalog.bytea := v_key || pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex');
    v_outer pg_catalog.bytea := v_inner;
begin
    for v_position in 0 .. 63 loop
        v_inner := pg_catalog.set_byte(v_inner, v_position, pg_catalog.get_byte(v_inner, v_position) # 54); -- 0x36
        v_outer := pg_catalog.set_byte(v_outer, v_position, pg_catalog.get_byte(v_outer, v_position) # 92); -- 0x5c
    end loop;

    key_id := 'k' || pg_catalog."left"(pg_catalog.replace(pg_catalog.gen_random_uuid()::pg_catalog.text, '-', ''), 11);
    secret := pg_catalog.encode(v_key, 'hex');
    insert into ttdb.context_keys (key_id, inner_block, outer_block)
    values (create_context_key.key_id, v_inner, v_outer);
end;
$function$;

comment on function ttdb.create_context_key() is
'Makes a key for signing the tenant context and returns its id and, this once, its secret: 32 bytes in hex.';
revoke all on function ttdb.create_context_key() from public;
grant execute on function ttdb.create_context_key() to ttdb_operator;
