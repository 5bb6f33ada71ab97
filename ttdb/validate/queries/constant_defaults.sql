-- Columns whose default is a text that stands there.
select
    a.attrelid::bigint as relation,
    a.attname::text as name,
    m.parts[1] as value
from pg_catalog.pg_attribute as a
inner join pg_catalog.pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
cross join
    lateral regexp_matches(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '^''((?:[^'']|'''')+)''(?:::[\w ."]+)?$')
        as m (parts)
where not a.attisdropped and a.attgenerated = ''
order by a.attrelid, a.attnum
