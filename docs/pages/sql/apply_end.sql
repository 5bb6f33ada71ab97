-- The months to come of the tables that are kept in months, one transaction each; none is missing for long: run
-- ttdb partitions ensure every week.
select pg_catalog.to_regprocedure('ttdb.ensure_partition(regclass, date)') is not null as keeps_months \gset
\if :keeps_months
    set role ttdb_operator;
    select pg_catalog.format('select ttdb.ensure_partition(%L::regclass, %L)', p.relation, m.month::date)
    from ttdb.partitioned_tables as p
    cross join lateral pg_catalog.generate_series(
        pg_catalog.date_trunc('month', pg_catalog.now() at time zone 'UTC'),
        pg_catalog.date_trunc('month', pg_catalog.now() at time zone 'UTC') + '{months_ahead} months'::interval,
        '1 month'
    ) as m (month)
    order by p.relation::oid, m.month \gexec
    set role ttdb_owner;
\endif
\o

select
    pg_catalog.count(*) filter (where s.outcome = 'done') as done,
    pg_catalog.count(*) filter (where s.outcome = 'found') as found,
    pg_catalog.count(*) filter (where s.outcome is null) as recorded
from pg_temp.steps as s \gset
\echo :done steps done, :found found, :recorded recorded before.
\echo Next: psql -X -f sql/validate_security.sql
