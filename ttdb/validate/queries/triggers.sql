-- Row and statement triggers, the functions they run, and what those functions' bodies say.
select
    t.tgrelid::bigint as relation,
    t.tgname::text as trigger,
    t.tgenabled::text as enabled,
    t.tgtype::int as kind,
    t.tgargs as arguments,
    p.oid::bigint as function,
    pg_catalog.format('%I.%I()', n.nspname, p.proname) as name,
    p.prosecdef as definer,
    pg_catalog.pg_get_userbyid(p.proowner)::text as owner,
    p.prosrc as body,
    coalesce(pg_catalog.pg_get_triggerdef(t.oid), '') as definition
from pg_catalog.pg_trigger as t
inner join pg_catalog.pg_proc as p on t.tgfoid = p.oid
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
where not t.tgisinternal
order by t.tgrelid, t.tgname
