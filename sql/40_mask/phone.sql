-- The mask of telephone numbers.
-- masked.phone('+44 20 7946 0958', …) = '+999402118350973'
create or replace function masked.phone(value text, inner_key bytea, outer_key bytea) returns text
language sql
stable
parallel safe
security invoker
-- Country code 999 is assigned to nobody. 48 bits of the digest, as twelve digits.
return '+999' || pg_catalog.lpad(
    (
        (
            'x' || pg_catalog."left"(
                masked.token('phone', pg_catalog.translate(value, ' -./()', ''), inner_key, outer_key), 12
            )
        )::bit(48)::bigint % 1000000000000
    )::text,
    12,
    '0'
);

comment on function masked.phone(text, bytea, bytea) is
'A number that cannot be dialled, the same wherever the same number is masked, however it is punctuated.';
revoke all on function masked.phone(text, bytea, bytea) from public;
grant execute on function masked.phone(text, bytea, bytea) to ttdb_support, ttdb_masker;
