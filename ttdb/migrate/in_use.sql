-- What uses columns of a table: what depends on them, functions that name them, sessions whose last statement did.
with own as (
    select
        a.attrelid,
        a.attnum,
        a.attname
    from pg_catalog.pg_attribute as a
    where
        a.attrelid = %(relation)s::pg_catalog.oid
        and a.attname = any(%(columns)s::pg_catalog.text [])
        and not a.attisdropped
),

dependents as (
    select distinct
        case d.classid
            when 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                then (
                    select
                        case c.relkind when 'm' then 'materialized view ' else 'view ' end
                        || c.oid::pg_catalog.regclass::pg_catalog.text
                    from pg_catalog.pg_rewrite as r
                    inner join pg_catalog.pg_class as c on r.ev_class = c.oid
                    where r.oid = d.objid
                )
            else pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
        end || pg_catalog.format(' depends on column %%I', o.attname) as used
    from own as o
    inner join
        pg_catalog.pg_depend as d
        on
            d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and o.attrelid = d.refobjid
            and o.attnum = d.refobjsubid
    where
        d.deptype in ('n', 'a')
        and d.classid in (
            'pg_catalog.pg_rewrite'::pg_catalog.regclass,
            'pg_catalog.pg_proc'::pg_catalog.regclass,
            'pg_catalog.pg_policy'::pg_catalog.regclass,
            'pg_catalog.pg_trigger'::pg_catalog.regclass
        )
),

functions as (
    select
        'function ' || p.oid::pg_catalog.regprocedure::pg_catalog.text || ' names one of its old columns' as used
    from pg_catalog.pg_proc as p
    inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
    where
        n.nspname not in ('pg_catalog', 'information_schema', 'ttdb', 'audit', 'masked')
        and p.prosqlbody is null
        and p.prosrc ~* %(pattern)s
        and (
            p.prosrc ~* ('\m' || %(table)s || '\M')
            or exists (
                select
                from pg_catalog.pg_trigger as g
                where g.tgrelid = %(relation)s::pg_catalog.oid and p.oid = g.tgfoid
            )
        )
        and not exists (
            select
            from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and p.oid = d.objid and d.deptype = 'e'
        )
),

sessions as (
    select
        'session ' || s.pid as who,
        pg_catalog.format(
            'session %%s of %%s (%%s, %%s) ran a statement with one of its old columns last, %%s ago',
            s.pid,
            s.usename,
            coalesce(nullif(s.application_name, ''), 'no name'),
            s.state,
            pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - s.query_start)
        ) as used,
        s.query as statement
    from pg_catalog.pg_stat_activity as s
    where
        s.datname = pg_catalog.current_database()
        and s.pid <> pg_catalog.pg_backend_pid()
        and not (s.application_name ~ '^ttdb ' and session_user = s.usename) -- ours
        and s.query ~* ('\m' || %(table)s || '\M')
        and s.query ~* %(pattern)s
)

select
    d.used as who,
    d.used,
    null::pg_catalog.text as statement
from dependents as d
union all
select
    f.used as who,
    f.used,
    null as statement
from functions as f
union all
select
    s.who,
    s.used,
    s.statement
from sessions as s
order by used;
