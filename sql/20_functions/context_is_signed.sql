-- Whether the tenant in the setting must be signed: a constant, that ttdb.require_signed_context() replaces.

-- Stable, not immutable: so a plan has the constant by inlining the function, which it remembers, and a plan kept
-- in any session ends with the constant. An immutable one would be called once, and that forgotten.
create or replace function ttdb.context_is_signed() returns boolean
language sql
stable
parallel safe
security invoker
return false;

comment on function ttdb.context_is_signed() is
'Whether a tenant counts only in a token that ttdb can verify; changed by ttdb.require_signed_context().';
-- PUBLIC keeps EXECUTE: policies and column defaults call it as whoever runs the query, and it tells nothing.
