-- Texts in which a key may stand, that anybody may read: index expressions, defaults, settings of roles and databases.
select pg_catalog.pg_get_indexdef(i.indexrelid) as text
from pg_catalog.pg_index as i
where i.indexprs is not null or i.indpred is not null
union all
select pg_catalog.pg_get_expr(d.adbin, d.adrelid)
from pg_catalog.pg_attrdef as d
union all
select '''' || split_part(c.setting, '=', 2) || ''''
from pg_catalog.pg_db_role_setting as s
cross join unnest(s.setconfig) as c (setting)
where strpos(c.setting, '.') > 0
