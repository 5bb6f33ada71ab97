-- The mask of e-mail addresses.
-- masked.email('ada@lovelace.org', …) = 'user-3f1d9a0c5b7e2468@masked.example.com'
create or replace function masked.email(value text, inner_key bytea, outer_key bytea) returns text
language sql
stable
parallel safe
security invoker
return 'user-' || pg_catalog."left"(masked.token('email', value, inner_key, outer_key), 16) || '@masked.example.com';

comment on function masked.email(text, bytea, bytea) is
'An address in a domain reserved for examples, the same wherever the same address is masked.';
revoke all on function masked.email(text, bytea, bytea) from public;
grant execute on function masked.email(text, bytea, bytea) to ttdb_support, ttdb_masker;
