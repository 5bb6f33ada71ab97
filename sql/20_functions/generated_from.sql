-- The columns that tell what others hold, because they are generated from them.
create or replace function ttdb.generated_from(relation regclass, columns name[]) returns table (name name)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select distinct g.attname
    from pg_catalog.pg_attribute as g
    inner join pg_catalog.pg_attrdef as e on e.adrelid = g.attrelid and e.adnum = g.attnum
    -- Before 17 the column itself depends on its sources, from 17 on its expression too.
    inner join pg_catalog.pg_depend as d
        on (
            (d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d.objid = e.oid)
            or (
                d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.objid = g.attrelid
                and d.objsubid = g.attnum
            )
        )
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.refobjid = g.attrelid
    inner join pg_catalog.pg_attribute as s
        on s.attrelid = d.refobjid and s.attnum = d.refobjsubid and s.attname = any(generated_from.columns)
    where g.attrelid = generated_from.relation
        and g.attgenerated <> ''
        and s.attnum <> g.attnum;
$function$;

comment on function ttdb.generated_from(regclass, name[]) is
'The generated columns of a table whose expressions read one of these columns.';
revoke all on function ttdb.generated_from(regclass, name[]) from public;
