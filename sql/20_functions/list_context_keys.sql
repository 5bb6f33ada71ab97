-- Which keys sign the tenant context, without what is secret about them.

-- Definer because nobody else may read the keys.
create or replace function ttdb.list_context_keys()
returns table (key_id text, created_at timestamptz, retired_at timestamptz)
language sql
stable
parallel safe
security definer
set search_path = ''
set row_security = on
as $function$
    select
        k.key_id,
        k.created_at,
        k.retired_at
    from ttdb.context_keys as k
    order by k.created_at, k.key_id;
$function$;

comment on function ttdb.list_context_keys() is 'The keys that sign the tenant context: ids and times, no secrets.';
revoke all on function ttdb.list_context_keys() from public;
grant execute on function ttdb.list_context_keys() to ttdb_operator, ttdb_owner;
