-- What upgrades recorded of these tables, views and functions, where the server describes it otherwise now.
with objects as (
    select o.name
    from pg_catalog.unnest(%(objects)s::pg_catalog.text []) as o (name)
),

present as (
    select
        d.kind,
        d.identity,
        d.definition
    from
        ttdb.definitions_of(
            array(
                select c.oid::pg_catalog.regclass
                from objects as o
                inner join
                    pg_catalog.pg_class as c
                    on c.oid = pg_catalog.to_regclass(case when o.name !~ '[(]' then o.name end)
            )
        ) as d
    union all
    select
        d.kind,
        d.identity,
        d.definition
    from
        ttdb.definitions_of_functions(
            array(
                select p.oid::pg_catalog.regprocedure
                from objects as o
                inner join
                    pg_catalog.pg_proc as p
                    on p.oid = pg_catalog.to_regprocedure(case when o.name ~ '[(]' then o.name end)
            )
        ) as d
)

select
    m.kind,
    m.identity,
    m.definition as expected,
    p.definition as found,
    exists (
        select
        from pg_catalog.pg_class as c
        where c.relkind = 'p'
            and m.kind = 'constraint'
            and c.oid in (
                pg_catalog.to_regclass(
                    pg_catalog.substring(m.identity, '^((?:"(?:[^"]|"")+"|[^."]+)[.](?:"(?:[^"]|"")+"|[^."]+))')
                ),
                pg_catalog.to_regclass(pg_catalog.substring(m.definition, ' REFERENCES ([^(]+)[(]'))
            )
    ) as in_partitions
from ttdb.managed_objects as m
left join present as p on m.kind = p.kind and m.identity = p.identity
where exists (
        select
        from objects as o
        where
            m.identity = o.name
            or pg_catalog.starts_with(m.identity, o.name || '.')
            or case when m.kind = 'registration' then m.definition::pg_catalog.jsonb ->> 'relation' end = o.name
            or (
                m.kind = 'index'
                and m.definition ~ (
                    ' ON (ONLY )?' || pg_catalog.regexp_replace(o.name, '([.$()])', '\\\1', 'g') || ' USING '
                )
            )
    )
    and m.kind !~ '^found ' -- its owner's own
    and not (m.kind = 'constraint' and m.definition ~ '^TRIGGER') -- it comes and goes with its trigger
    and p.definition is distinct from m.definition
order by m.kind, m.identity;
