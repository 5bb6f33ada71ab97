-- What hangs on a table: policies, triggers and their state, rules, constraints, indexes, statistics, its parent.
with tables as (
    select
        c.oid,
        c.relkind,
        c.relispartition,
        c.relpartbound,
        c.oid::regclass::text as name
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
        and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'ttdb_bootstrap')
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
        )
),

policies as (
    select
        t.name,
        p.polname,
        concat_ws(
            ' ',
            'as', case when p.polpermissive then 'permissive' else 'restrictive' end,
            'for', case p.polcmd
                when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all'
            end,
            'to', (
                select string_agg(coalesce(quote_ident(o.rolname), 'public'), ', ' order by o.rolname collate "C")
                from unnest(p.polroles) as u (id)
                left join pg_catalog.pg_roles as o on o.oid = u.id
            ),
            'using (' || pg_get_expr(p.polqual, p.polrelid) || ')',
            'with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'
        ) as definition
    from pg_catalog.pg_policy as p
    inner join tables as t on t.oid = p.polrelid
    -- Of services that are observed: on and off by decision, and PRV035 says of whom.
    where p.polroles is distinct from array[to_regrole('ttdb_observed')::oid]
),

triggers as (
    select
        t.name,
        g.tgname,
        case g.tgenabled when 'O' then 'enable' when 'D' then 'disable' when 'R' then 'enable replica'
            else 'enable always'
        end as state,
        pg_get_triggerdef(g.oid) as definition
    from pg_catalog.pg_trigger as g
    inner join tables as t on t.oid = g.tgrelid
    where not g.tgisinternal
),

constraints as (
    select
        t.name,
        k.conname,
        k.contype,
        k.convalidated,
        -- A foreign key of rows in partitions, or to such, cannot be added first and validated then.
        k.contype = 'c' or (k.contype = 'f' and t.relkind = 'r' and f.relkind = 'r') as waits,
        replace(pg_get_constraintdef(k.oid), ' NOT VALID', '') as definition
    from pg_catalog.pg_constraint as k
    inner join tables as t on t.oid = k.conrelid
    left join tables as f on f.oid = k.confrelid
    where k.contype not in ('n', 't') -- from 18 on NOT NULL is one too: the column says it in every version
        -- A key into a partitioned table has one more for each partition there.
        and not exists (select from pg_catalog.pg_constraint as o where o.oid = k.conparentid and o.conrelid = k.conrelid)
),

indexes as (
    select
        t.name as relation,
        i.indexrelid::regclass::text as name,
        t.relkind = 'p' as over_partitions,
        (
            select h.inhparent::regclass::text from pg_catalog.pg_inherits as h where h.inhrelid = i.indexrelid
        ) as above,
        i.indisvalid and i.indisready as valid,
        exists (
            select from pg_catalog.pg_constraint as k
            where k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
        ) as constrains,
        pg_get_indexdef(i.indexrelid) as definition
    from pg_catalog.pg_index as i
    inner join tables as t on t.oid = i.indrelid
)

select
    'policy' as kind,
    p.name || '.' || quote_ident(p.polname) as identity,
    p.name as object,
    p.definition,
    format('create policy %I on %s %s;', p.polname, p.name, p.definition) as make,
    format('drop policy %I on %s;', p.polname, p.name) as unmake
from policies as p

union all
select
    'trigger',
    g.name || '.' || quote_ident(g.tgname),
    g.name,
    g.definition,
    g.definition || ';',
    format('drop trigger %I on %s;', g.tgname, g.name)
from triggers as g

union all
select
    'trigger state',
    g.name || '.' || quote_ident(g.tgname),
    g.name,
    g.state,
    format('alter table %s %s trigger %I;', g.name, g.state, g.tgname),
    null
from triggers as g

union all
select
    'foreign key triggers',
    t.name,
    t.name,
    case when bool_and(g.tgenabled = 'O') then 'enabled' else 'disabled' end,
    null,
    string_agg(
        format('alter table %s enable trigger %I;', t.name, g.tgname), ' ' order by g.tgname collate "C"
    ) filter (where g.tgenabled <> 'O')
from pg_catalog.pg_trigger as g
inner join tables as t on t.oid = g.tgrelid
where g.tgisinternal and g.tgconstraint <> 0
group by t.name

union all
select
    'rule',
    t.name || '.' || quote_ident(r.rulename),
    t.name,
    pg_get_ruledef(r.oid) || case r.ev_enabled
        when 'D' then ' (disabled)' when 'R' then ' (replica)' when 'A' then ' (always)' else ''
    end,
    concat_ws(
        ' ',
        pg_get_ruledef(r.oid),
        case when r.ev_enabled <> 'O' then format(
            'alter table %s %s rule %I;',
            t.name,
            case r.ev_enabled when 'D' then 'disable' when 'R' then 'enable replica' else 'enable always' end,
            r.rulename
        ) end
    ),
    format('drop rule %I on %s;', r.rulename, t.name)
from pg_catalog.pg_rewrite as r
inner join tables as t on t.oid = r.ev_class
where r.rulename <> '_RETURN'

union all
select
    'constraint',
    k.name || '.' || quote_ident(k.conname),
    k.name,
    k.definition,
    concat_ws(
        ' ',
        format(
            'alter table %s add constraint %I %s%s;', k.name, k.conname, k.definition, case when k.waits then ' not valid' end
        ),
        case when k.waits and k.convalidated
            then format('alter table %s validate constraint %I;', k.name, k.conname)
        end
    ),
    format('alter table %s drop constraint %I;', k.name, k.conname)
from constraints as k

union all
select
    'constraint state',
    k.name || '.' || quote_ident(k.conname),
    k.name,
    case when k.convalidated then 'validated' else 'not validated' end,
    case when k.convalidated then format('alter table %s validate constraint %I;', k.name, k.conname) end,
    null
from constraints as k
where k.contype in ('c', 'f')

union all
select
    'index',
    i.name,
    i.relation,
    i.definition,
    -- Made of the table alone, it would be invalid until an index of each partition is attached.
    case when i.over_partitions then regexp_replace(i.definition, ' ON ONLY ', ' ON ') else i.definition end || ';',
    format('drop index %s;', i.name)
from indexes as i
where not i.constrains

union all
select
    'index state',
    i.name,
    i.relation,
    case when i.valid then 'valid' else 'invalid' end,
    case when i.over_partitions
        then '-- it is once the index of each partition is attached' else format('reindex index concurrently %s;', i.name)
    end,
    null
from indexes as i

union all
select
    'index parent',
    i.name,
    i.relation,
    i.above,
    format('alter index %s attach partition %s;', i.above, i.name),
    null
from indexes as i
where i.above is not null

union all
select
    'statistics',
    s.oid::regclass::text || '.' || x.stxname,
    s.oid::regclass::text,
    pg_get_statisticsobjdef(x.oid),
    pg_get_statisticsobjdef(x.oid) || ';',
    format('drop statistics %s.%I;', x.stxnamespace::regnamespace, x.stxname)
from pg_catalog.pg_statistic_ext as x
inner join pg_catalog.pg_class as s on s.oid = x.stxrelid
inner join tables as t on t.oid = s.oid

union all
select
    'parent',
    t.name,
    t.name,
    concat_ws(' ', i.inhparent::regclass::text, pg_get_expr(t.relpartbound, t.oid)),
    format('alter table %s attach partition %s %s;', i.inhparent::regclass, t.name, pg_get_expr(t.relpartbound, t.oid)),
    format(
        case when t.relispartition
            then 'alter table %s detach partition %s;' else 'alter table %2$s no inherit %1$s;'
        end, i.inhparent::regclass, t.name
    )
from pg_catalog.pg_inherits as i
inner join tables as t on t.oid = i.inhrelid
