-- Ends a key: from now on its tokens are worth nothing.

-- Definer because nobody else may write the keys.
create or replace function ttdb.retire_context_key(key_id text) returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
as $function$
begin
    update ttdb.context_keys as k
    set retired_at = coalesce(k.retired_at, pg_catalog.clock_timestamp())
    where k.key_id = retire_context_key.key_id;
    if not found then
        raise exception 'there is no context key "%"', key_id
            using errcode = 'TTKEY',
            hint = 'A token names its key between its first and its second dot; "select * from ttdb.list_context_keys()" '
            'lists them.';
    end if;
    if ttdb.context_is_signed() and not exists (select from ttdb.context_keys as k where k.retired_at is null) then
        raise warning 'no context key is left, and tenants must be signed: from now on no session is any tenant''s'
            using hint = 'Make one: select ttdb.create_context_key();';
    end if;
end;
$function$;

comment on function ttdb.retire_context_key(text) is
'Ends a key at once, in transactions that begin from now on: make another first, and let services change to it.';
revoke all on function ttdb.retire_context_key(text) from public;
grant execute on function ttdb.retire_context_key(text) to ttdb_operator;
