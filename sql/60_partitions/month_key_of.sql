-- The column by which a table can be kept in months.
create or replace function ttdb.month_key_of(relation regclass) returns name
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select a.attname
    from pg_catalog.pg_partitioned_table as p
    inner join pg_catalog.pg_attribute as a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
    where p.partrelid = month_key_of.relation
        and p.partstrat = 'r'
        and p.partnatts = 1
        and a.atttypid = 'pg_catalog.timestamptz'::pg_catalog.regtype;
$function$;

comment on function ttdb.month_key_of(regclass) is
'The one timestamptz column by whose ranges a table is partitioned; NULL where it is partitioned otherwise, or not.';
revoke all on function ttdb.month_key_of(regclass) from public;
grant execute on function ttdb.month_key_of(regclass) to ttdb_operator, ttdb_definer;
