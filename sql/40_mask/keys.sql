-- The key of the masks: random, made here, never shown, and the same for all columns so that masked values join.
create table masked.keys (
    id boolean not null default true,
    inner_key bytea not null,
    outer_key bytea not null,
    created_at timestamptz not null default pg_catalog.now(),
    constraint keys_pkey primary key (id),
    constraint keys_must_be_a_single_row check (id),
    constraint keys_must_be_one_hash_block_each check (
        pg_catalog.length(inner_key) = 64 and pg_catalog.length(outer_key) = 64
    )
);
comment on table masked.keys is 'What makes masked values different from anybody else''s; a new key changes them all.';
comment on column masked.keys.id is 'true: there is one key';
comment on column masked.keys.inner_key is 'prefix of the inner hash: one block of SHA-256';
comment on column masked.keys.outer_key is 'prefix of the outer hash: one block of SHA-256';
comment on column masked.keys.created_at is 'since when masked values are as they are';
comment on constraint keys_pkey on masked.keys is 'there is one key';
comment on constraint keys_must_be_a_single_row on masked.keys is 'there is one key';
comment on constraint keys_must_be_one_hash_block_each on masked.keys is 'each half of the key holds 64 bytes';

-- A random uuid holds 122 bits from the server's strong source: four of them are more than a hash can keep.
insert into masked.keys (inner_key, outer_key)
select
    pg_catalog.sha512(
        pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
        || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
    ),
    pg_catalog.sha512(
        pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
        || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
    );

-- The masked views read it with their owner's right; with it in hand, support could confirm a guess. Row security,
-- because default privileges may have granted a new table to somebody.
grant select on masked.keys to ttdb_masker;
alter table masked.keys enable row level security, force row level security;
create policy select_masker on masked.keys for select to ttdb_masker using (true);
comment on policy select_masker on masked.keys is 'Only the masked views, which ttdb_masker owns, read the keys.';
