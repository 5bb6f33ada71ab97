-- What services could reach as a superuser: whatever stands beside protected tables, but not their partitions.
create or replace function ttdb.observable()
returns table (relation regclass, registered boolean)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        c.oid::pg_catalog.regclass,
        t.relation is not null
    from pg_catalog.pg_class as c
    left join ttdb.tenant_tables as t on t.relation = c.oid
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        and not c.relispartition
        and c.relnamespace in (
            select o.relnamespace
            from ttdb.tenant_tables as r
            inner join pg_catalog.pg_class as o on o.oid = r.relation
        )
        and c.relnamespace not in (
            select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('ttdb', 'audit', 'masked')
        )
        -- What is ours beside them: nobody but functions and migrations writes it.
        and c.relname <> 'alembic_version'
        and c.oid not in (select u.keys from ttdb.unique_keys as u)
        and not exists (
            select
            from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
        )
    order by t.relation is null, c.oid::pg_catalog.regclass::pg_catalog.text collate pg_catalog."C";
$function$;

comment on function ttdb.observable() is
'Tables, views and sequences of the schemas that hold protected tables; registered: row security is forced on it.';
revoke all on function ttdb.observable() from public;
