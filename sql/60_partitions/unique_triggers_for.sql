-- The triggers that keep a key table in step with its table: those of a statement stand on each of its partitions too.
create or replace function ttdb.unique_triggers_for(
    relation regclass, tenant_column name, columns name[], across_tenants boolean, month_key name default null
)
returns table (trigger_name name, type integer, definition text, comment text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    with parts as (
        select
            pg_catalog.array_to_string(unique_triggers_for.columns, '_') as suffix,
            (
                select pg_catalog.string_agg(pg_catalog.format('new.%I is not null', c.name), ' and ')
                from pg_catalog.unnest(unique_triggers_for.columns) as c (name)
            ) as new_present,
            (
                select pg_catalog.string_agg(pg_catalog.format('old.%I is not null', c.name), ' and ')
                from pg_catalog.unnest(unique_triggers_for.columns) as c (name)
            ) as old_present,
            (
                select pg_catalog.string_agg(
                    pg_catalog.format('old.%1$I is distinct from new.%1$I', k.column_name), ' or ' order by k.place
                )
                from ttdb.key_columns_of(
                    unique_triggers_for.relation,
                    unique_triggers_for.tenant_column,
                    unique_triggers_for.columns,
                    unique_triggers_for.across_tenants,
                    unique_triggers_for.month_key
                ) as k
            ) as changed
    )

    -- WHEN and not UPDATE OF: a trigger before may change a column that the statement does not name.
    -- tgtype: 1 is FOR EACH ROW, with 4 INSERT, 8 DELETE or 16 UPDATE; 34 is BEFORE TRUNCATE FOR EACH STATEMENT.
    select
        t.trigger_name::pg_catalog.name,
        t.type,
        pg_catalog.format(
            'create trigger %I %s on %s for each %s execute function ttdb.tg__keep_unique(%L)',
            t.trigger_name,
            t.moment,
            unique_triggers_for.relation,
            coalesce('row when (' || t.condition || ')', 'statement'),
            unique_triggers_for.columns
        ),
        t.comment
    from parts as p
    cross join lateral (
        values
        ('_200_add_key_' || p.suffix, 5, 'after insert', p.new_present, 'Enters the row''s key: no other row has it.'),
        ('_200_change_key_' || p.suffix, 17, 'after update', p.changed, 'Enters the row''s new key, and gives up the old.'),
        ('_200_drop_key_' || p.suffix, 9, 'after delete', p.old_present, 'Gives up the row''s key.'),
        ('_200_empty_keys_' || p.suffix, 34, 'before truncate', null, 'Gives up the keys of all rows that go at once.')
    ) as t (trigger_name, type, moment, condition, comment);
$function$;

comment on function ttdb.unique_triggers_for(regclass, name, name[], boolean, name) is
'The triggers that ttdb.keep_unique() puts on a table, and that of TRUNCATE on its partitions too.';
revoke all on function ttdb.unique_triggers_for(regclass, name, name[], boolean, name) from public;
