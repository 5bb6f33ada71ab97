-- The constraints of some tables that are looked at when a transaction commits, or may be.
select
    pg_catalog.string_agg(distinct pg_catalog.format('%I.%I', n.nspname, k.conname), ', ') as deferrable,
    pg_catalog.string_agg(
        distinct pg_catalog.format('%I.%I', n.nspname, k.conname), ', '
    ) filter (where k.condeferred) as deferred
from pg_catalog.pg_constraint as k
inner join pg_catalog.pg_namespace as n on k.connamespace = n.oid
where k.conrelid = any(
        pg_catalog.string_to_array(pg_catalog.current_setting('ttdb.seed_tables'), ',')::pg_catalog.oid []
    )
    and k.condeferrable;
