-- Columns whose value the server makes where an insert leaves them out: identities, and defaults that call something.
select
    a.attrelid::bigint as relation,
    array_agg(a.attname::text order by a.attnum) as names
from pg_catalog.pg_attribute as a
left join pg_catalog.pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
where
    a.attnum > 0
    and not a.attisdropped
    and a.attgenerated = ''
    and (a.attidentity <> '' or strpos(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '(') > 0)
group by a.attrelid
