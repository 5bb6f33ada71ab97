-- The month that a moment falls in.
create or replace function ttdb.month_of(moment timestamptz) returns date
language sql
immutable
parallel safe
security invoker
return (pg_catalog.date_trunc('month', month_of.moment at time zone 'UTC'))::date;

comment on function ttdb.month_of(timestamptz) is
'The first day of a moment''s month in UTC, whatever the session''s time zone: months must not depend on who asks.';
revoke all on function ttdb.month_of(timestamptz) from public;
grant execute on function ttdb.month_of(timestamptz) to ttdb_operator;
