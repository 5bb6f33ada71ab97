-- The mask of people's names.
-- masked.name('Ada', …) = 'name-3f1d9a0c5b7e'
create or replace function masked.name(value text, inner_key bytea, outer_key bytea) returns text
language sql
stable
parallel safe
security invoker
-- Nothing of the name itself, not even its length: a one-letter name would be shown whole.
return 'name-' || pg_catalog."left"(masked.token('name', value, inner_key, outer_key), 12);

comment on function masked.name(text, bytea, bytea) is
'A stand-in for a name, the same wherever the same name is masked.';
revoke all on function masked.name(text, bytea, bytea) from public;
grant execute on function masked.name(text, bytea, bytea) to ttdb_support, ttdb_masker;
