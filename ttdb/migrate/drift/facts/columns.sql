-- Columns of tables and views: type, NOT NULL, default.
with columns as (
    select
        c.oid::regclass::text as relation,
        c.oid::regclass::text || '.' || quote_ident(a.attname) as identity,
        c.relkind,
        c.relispartition,
        a.*,
        format_type(a.atttypid, a.atttypmod)
        || case when a.attcollation <> t.typcollation then ' collate ' || a.attcollation::regcollation::text else '' end
            as type,
        pg_get_expr(d.adbin, d.adrelid) as expression
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_class as c on c.oid = a.attrelid
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    inner join pg_catalog.pg_type as t on t.oid = a.atttypid
    left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0
        and not a.attisdropped
        and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'ttdb_bootstrap')
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
        )
)

select
    'column' as kind,
    c.identity,
    c.relation as object,
    c.type as definition,
    case when c.relkind in ('r', 'p') then format('alter table %s add column %I %s;', c.relation, c.attname, c.type) end
        as make,
    case when c.relkind in ('r', 'p') then format('alter table %s drop column %I;', c.relation, c.attname) end as unmake
from columns as c

union all
select
    'not null',
    c.identity,
    c.relation,
    'not null',
    format('alter table %s alter column %I set not null;', c.relation, c.attname),
    format('alter table %s alter column %I drop not null;', c.relation, c.attname)
from columns as c
where c.attnotnull

union all
select
    'default',
    c.identity,
    c.relation,
    case c.attidentity when 'a' then 'identity always' when 'd' then 'identity by default' else
        case c.attgenerated when 's' then 'stored ' when 'v' then 'virtual ' else '' end || c.expression
    end,
    case when c.attgenerated = '' and c.attidentity = ''
        then format('alter table %s alter column %I set default %s;', c.relation, c.attname, c.expression)
    end,
    case when c.attgenerated = '' and c.attidentity = ''
        then format('alter table %s alter column %I drop default;', c.relation, c.attname)
    end
from columns as c
-- A partition's identity is its table's, and said of both from 17 on only.
where c.expression is not null or (c.attidentity <> '' and not c.relispartition)
