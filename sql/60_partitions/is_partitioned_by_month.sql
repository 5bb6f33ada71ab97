-- Whether a table is kept in months as somebody says, in truth and not only on paper.
create or replace function ttdb.is_partitioned_by_month(
    relation regclass, retention interval default null, storage text[] default null
) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select exists (
        select
        from ttdb.partitioned_tables as p
        inner join pg_catalog.pg_partitioned_table as t on t.partrelid = p.relation
        inner join pg_catalog.pg_class as d on d.oid = t.partdefid
        where p.relation = is_partitioned_by_month.relation
            and p.key_column = ttdb.month_key_of(p.relation)
            and coalesce(p.retention = is_partitioned_by_month.retention, is_partitioned_by_month.retention is null)
            and (
                is_partitioned_by_month.storage is null
                or (
                    p.storage @> is_partitioned_by_month.storage
                    and p.storage <@ is_partitioned_by_month.storage
                )
            )
            and coalesce(d.reloptions, '{}') @> p.storage
    );
$function$;

comment on function ttdb.is_partitioned_by_month(regclass, interval, text[]) is
'Whether a table stands in the registry with this retention and these settings, and has its DEFAULT partition.';
revoke all on function ttdb.is_partitioned_by_month(regclass, interval, text[]) from public;
