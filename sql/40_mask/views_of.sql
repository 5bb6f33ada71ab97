-- The masked views that read a table.
create or replace function masked.views_of(relation regclass) returns setof regclass
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select distinct v.oid::pg_catalog.regclass
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_rewrite as r on r.oid = d.objid
    inner join pg_catalog.pg_class as v on v.oid = r.ev_class
    where d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.refobjid = views_of.relation
        and v.relkind = 'v'
        and v.relnamespace = 'masked'::pg_catalog.regnamespace
        and v.oid <> views_of.relation;
$function$;

comment on function masked.views_of(regclass) is 'The views in schema masked that read a table, by their dependencies.';
revoke all on function masked.views_of(regclass) from public;
