-- The mask of internet addresses.
-- masked.ip('203.0.113.7', …) = '2001:db8::3f1:d9a0:c5b7:e246'
create or replace function masked.ip(value text, inner_key bytea, outer_key bytea) returns text
language sql
stable
parallel safe
security invoker
-- 2001:db8::/32 is for documentation: nobody has such an address. 60 bits of the digest; a network's length is dropped,
-- since the server adds one when it writes an address as text.
return pg_catalog.host(
    '2001:db8::'::inet + (
        'x' || pg_catalog."left"(
            masked.token('ip', pg_catalog.split_part(value, '/', 1), inner_key, outer_key), 15
        )
    )::bit(60)::bigint
);

comment on function masked.ip(text, bytea, bytea) is
'An address that nobody has, the same wherever the same address is masked.';
revoke all on function masked.ip(text, bytea, bytea) from public;
grant execute on function masked.ip(text, bytea, bytea) to ttdb_support, ttdb_masker;
