-- A keyed digest of a text: what every mask is made of.
-- masked.token('email', ' Ada@Example.org', …) = masked.token('email', 'ada@example.org', …) = 64 hex digits
create or replace function masked.token(label text, value text, inner_key bytea, outer_key bytea) returns text
language sql
stable -- as convert_to() is; declared narrower it would not inline
parallel safe
security invoker
-- HMAC's construction with a key of its own for each hash. Each argument is used once, so that it inlines even where
-- the keys come from a subquery. The collation is the database's: others may not know lower case.
return pg_catalog.encode(
    pg_catalog.sha256(
        outer_key || pg_catalog.sha256(
            inner_key || pg_catalog.convert_to(
                label || ':' || pg_catalog.btrim(
                    pg_catalog.lower(pg_catalog."normalize"(value collate pg_catalog."default", 'NFKC')),
                    -- every white space of ASCII; as characters they would not survive a dump that is edited
                    ' ' || pg_catalog.chr(9) || pg_catalog.chr(10) || pg_catalog.chr(11) || pg_catalog.chr(12)
                    || pg_catalog.chr(13)
                ),
                'UTF8'
            )
        )
    ),
    'hex'
);

comment on function masked.token(text, text, bytea, bytea) is
'A keyed digest, equal for texts that differ only in case, surrounding space or Unicode form; NULL stays NULL.';
revoke all on function masked.token(text, text, bytea, bytea) from public;
-- A view's functions run as its reader. Without the key they tell him nothing.
grant execute on function masked.token(text, text, bytea, bytea) to ttdb_support, ttdb_masker;
