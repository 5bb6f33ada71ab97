-- The mask of what people wrote, and of values so few that a stand-in would soon be known: the digits of a card.
-- masked.redacted('Dear Ada, …', …) = '(redacted)'
create or replace function masked.redacted(value text, inner_key bytea, outer_key bytea) returns text
language sql
immutable
parallel safe
security invoker
-- That there is something, and nothing of what: two equal texts cannot be told from two others.
return case when value is not null then '(redacted)' end;

comment on function masked.redacted(text, bytea, bytea) is 'The same words for every text; NULL stays NULL.';
revoke all on function masked.redacted(text, bytea, bytea) from public;
grant execute on function masked.redacted(text, bytea, bytea) to ttdb_support, ttdb_masker;
