-- Every policy, with its expressions as text, the columns of its own table that they read, and what else they read.
select
    p.polrelid::bigint as relation,
    p.polname::text as name,
    p.polpermissive as permissive,
    p.polcmd::text as command,
    array(
        select case when r.oid = 0 then 'public' else pg_catalog.pg_get_userbyid(r.oid)::text end
        from unnest(p.polroles) as r (oid)
    ) as roles,
    pg_catalog.pg_get_expr(p.polqual, p.polrelid) as qual,
    pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as with_check,
    array(
        select distinct a.attname::text
        from pg_catalog.pg_depend as d
        inner join pg_catalog.pg_attribute as a on d.refobjid = a.attrelid and d.refobjsubid = a.attnum
        where
            d.classid = 'pg_catalog.pg_policy'::regclass
            and d.objid = p.oid
            and d.refobjid = p.polrelid
            and d.refobjsubid > 0
    ) as columns,
    array(
        select distinct d.refobjid::bigint
        from pg_catalog.pg_depend as d
        where
            d.classid = 'pg_catalog.pg_policy'::regclass
            and d.objid = p.oid
            and d.refclassid = 'pg_catalog.pg_proc'::regclass
    ) as functions,
    array(
        select distinct d.refobjid::bigint
        from pg_catalog.pg_depend as d
        where
            d.classid = 'pg_catalog.pg_policy'::regclass
            and d.objid = p.oid
            and d.refclassid = 'pg_catalog.pg_class'::regclass
            and d.refobjid <> p.polrelid
    ) as relations
from pg_catalog.pg_policy as p
order by p.polrelid, p.polname
