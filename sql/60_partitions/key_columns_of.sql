-- The columns of a key table: of which its key consists, and which name the row.
create or replace function ttdb.key_columns_of(
    relation regclass, tenant_column name, columns name[], across_tenants boolean, month_key name default null
)
returns table (column_name name, type text, in_key boolean, place bigint)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    with wanted as (
        select
            w.column_name,
            pg_catalog.bool_or(w.in_key) as in_key,
            pg_catalog.min(w.place) as place
        from (
            select
                key_columns_of.tenant_column as column_name,
                not key_columns_of.across_tenants as in_key,
                0::pg_catalog.int8 as place
            union all
            select
                c.name,
                true,
                c.place
            from pg_catalog.unnest(key_columns_of.columns) with ordinality as c (name, place)
            -- The primary key holds the partition key: with it a look-up finds the row in one partition.
            union all
            select
                a.attname,
                false,
                1000 + pg_catalog.array_position(i.indkey::pg_catalog.int2 [], a.attnum)
            from pg_catalog.pg_index as i
            inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
            where i.indrelid = key_columns_of.relation and i.indisprimary
            -- Of a table that is still whole, its primary key has yet to come to hold it.
            union all
            select
                key_columns_of.month_key,
                false,
                2000
        ) as w
        group by w.column_name
    )

    select
        w.column_name,
        pg_catalog.concat_ws(
            ' ',
            pg_catalog.format_type(a.atttypid, a.atttypmod),
            case
                when a.attcollation <> t.typcollation
                    then 'collate ' || a.attcollation::pg_catalog.regcollation::pg_catalog.text
            end
        ),
        w.in_key,
        w.place
    from wanted as w
    inner join pg_catalog.pg_attribute as a
        on a.attrelid = key_columns_of.relation
        and a.attname = w.column_name
        and a.attnum > 0
        and not a.attisdropped
    inner join pg_catalog.pg_type as t on t.oid = a.atttypid
    order by w.place;
$function$;

comment on function ttdb.key_columns_of(regclass, name, name[], boolean, name) is
'What a key table holds of a row: the tenant, the unique columns, and the primary key, with the column that months '
'will go by.';
revoke all on function ttdb.key_columns_of(regclass, name, name[], boolean, name) from public;
