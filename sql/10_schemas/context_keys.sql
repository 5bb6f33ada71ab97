-- The keys that sign the tenant context: random, made here, shown once to whoever makes one, and read by ttdb_definer.
create table ttdb.context_keys (
    key_id text not null,
    inner_block bytea not null,
    outer_block bytea not null,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    retired_at timestamptz,
    constraint context_keys_pkey primary key (key_id),
    constraint context_keys_id_must_be_lower_case_letters_and_digits check (key_id ~ '^[a-z0-9]{1,32}$'),
    constraint context_keys_must_be_one_hash_block_each check (
        pg_catalog.length(inner_block) = 64 and pg_catalog.length(outer_block) = 64
    ),
    constraint context_keys_must_not_retire_before_they_are_made check (retired_at >= created_at)
);
comment on table ttdb.context_keys is
'The keys whose tokens ttdb.verified_tenant_id() accepts; several while one follows another.';
comment on column ttdb.context_keys.key_id is 'what a token says of its key; no secret';
comment on column ttdb.context_keys.inner_block is
'the key, filled up to a block of SHA-256, in HMAC''s inner form; secret';
comment on column ttdb.context_keys.outer_block is 'the same in HMAC''s outer form; secret';
comment on column ttdb.context_keys.created_at is 'when it was made; the newest signs';
comment on column ttdb.context_keys.retired_at is 'since when its tokens are worth nothing';
comment on constraint context_keys_pkey on ttdb.context_keys is 'one key, one id';
comment on constraint context_keys_id_must_be_lower_case_letters_and_digits on ttdb.context_keys is
'a key''s id is 1 to 32 lower-case letters and digits';
comment on constraint context_keys_must_be_one_hash_block_each on ttdb.context_keys is 'HMAC''s blocks are 64 bytes';
comment on constraint context_keys_must_not_retire_before_they_are_made on ttdb.context_keys is
'a key is retired after it was made';

-- With a key in hand anybody is any tenant. Row security, because default privileges may have granted a new table to
-- somebody; no DELETE: a retired key stays, so that its id is never used for another.
grant select, insert, update (retired_at) on ttdb.context_keys to ttdb_definer;
alter table ttdb.context_keys enable row level security, force row level security;
create policy select_definer on ttdb.context_keys for select to ttdb_definer using (true);
comment on policy select_definer on ttdb.context_keys is 'Only the functions that sign and verify read the keys.';
create policy insert_definer on ttdb.context_keys for insert to ttdb_definer with check (true);
comment on policy insert_definer on ttdb.context_keys is 'ttdb.create_context_key() adds one.';
create policy update_definer on ttdb.context_keys for update to ttdb_definer using (true) with check (true);
comment on policy update_definer on ttdb.context_keys is 'ttdb.retire_context_key() ends one.';
