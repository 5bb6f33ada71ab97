-- What a service that is observed may do with a relation: what a superuser may do with rows.
create or replace function ttdb.observed_grants_for(relation regclass)
returns table (privilege text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select v.privilege
    from pg_catalog.pg_class as c
    cross join lateral pg_catalog.unnest(case c.relkind
        when 'S' then array['select', 'update', 'usage']
        when 'm' then array['select']
        else array['delete', 'insert', 'select', 'update']
    end) as v (privilege)
    where c.oid = observed_grants_for.relation;
$function$;

comment on function ttdb.observed_grants_for(regclass) is
'The privileges that ttdb.observe_table() grants to ttdb_observed; never TRUNCATE, REFERENCES or TRIGGER.';
revoke all on function ttdb.observed_grants_for(regclass) from public;
