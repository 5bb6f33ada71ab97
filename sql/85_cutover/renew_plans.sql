-- Lets every session make its plans anew.

-- A membership is looked at when a statement is rewritten, and a prepared one, or a function's, was long ago. Plans
-- know the functions of their policies: touching the one that all policies call ends them, with no lock on any table. A
-- plan of who was past all policies knows none of them: those end as every plan does where a schema was touched.
create or replace function ttdb.renew_plans() returns void
language sql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
    alter function ttdb.tenant_id() cost 100;
    grant usage on schema ttdb to ttdb_owner;
$function$;

comment on function ttdb.renew_plans() is
'From the commit on, who is a member of what counts for statements too that sessions prepared before.';
revoke all on function ttdb.renew_plans() from public;
