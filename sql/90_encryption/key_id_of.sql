-- Which key does an encrypted text need?
-- ttdb.key_id_of('ttdb1:cards2026:ww0ECQMC…') = 'cards2026'
create or replace function ttdb.key_id_of(ciphertext text) returns text
language sql
immutable
parallel safe
security invoker
return pg_catalog."substring"(ciphertext, '^ttdb1:([A-Za-z0-9_.-]{1,64}):[A-Za-z0-9+/]+={0,2}$');

comment on function ttdb.key_id_of(text) is
'The id of the key that an encrypted text needs; NULL for what ttdb.encrypt() has not made.';
revoke all on function ttdb.key_id_of(text) from public;
grant execute on function ttdb.key_id_of(text) to ttdb_app, ttdb_worker, ttdb_operator;
