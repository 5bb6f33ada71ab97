-- The verb that keeps columns unique over all partitions, which no index of a partitioned table can.
create or replace function ttdb.keep_unique(
    relation regclass,
    columns name[],
    message text,
    across_tenants boolean default false,
    month_key name default null
) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_class pg_catalog.pg_class;
    v_entry ttdb.tenant_tables;
    v_text pg_catalog.text;
    v_constraint pg_catalog.text;
    v_keys pg_catalog.text;
    v_piece record;
begin
    -- Nothing to do takes no lock.
    if ttdb.is_kept_unique(relation, columns, across_tenants) then
        return;
    end if;

    select c.* into v_class from pg_catalog.pg_class as c where c.oid = keep_unique.relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only a table''s columns can be kept unique.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Name %s: its partitions follow.', pg_catalog.pg_partition_root(relation)
            );
    end if;
    select t.* into v_entry from ttdb.tenant_tables as t where t.relation = keep_unique.relation;
    if not found or 'select' <> all(v_entry.definer) then
        raise exception 'ttdb_definer may not read %', relation
            using errcode = 'TTUKD', hint = pg_catalog.format(
                'What keeps keys reads all tenants'' rows: select ttdb.protect(%L, definer => ''{select}'').', relation
            );
    end if;
    if not exists (select from pg_catalog.pg_index as i where i.indrelid = keep_unique.relation and i.indisprimary) then
        raise exception '% has no primary key to say which row has a value', relation
            using errcode = 'TTUKP', hint = 'Add one; on a partitioned table it holds the partition key.';
    end if;
    select pg_catalog.string_agg(coalesce(c.name, 'null'), ', ')
    into v_text
    from pg_catalog.unnest(columns || pg_catalog.array_remove(array[month_key], null)) as c (name)
    where not exists (
        select
        from pg_catalog.pg_attribute as a
        where a.attrelid = keep_unique.relation and a.attname = c.name and a.attnum > 0 and not a.attisdropped
    );
    if v_text is not null or pg_catalog.cardinality(columns) is distinct from greatest(pg_catalog.cardinality(columns), 1) then
        raise exception '% has no column %', relation, coalesce(v_text, 'of no name')
            using errcode = 'TTCOL', hint = 'Name existing columns to keep unique, without the tenant''s.';
    end if;

    -- As PostgreSQL would name the constraint, could the table have it.
    v_constraint := pg_catalog.concat_ws(
        '_',
        v_class.relname,
        case when not across_tenants then v_entry.tenant_column end,
        pg_catalog.array_to_string(columns, '_'),
        'key'
    );
    v_keys := pg_catalog.concat_ws('_', v_class.relname, pg_catalog.array_to_string(columns, '_'), 'keys');
    if greatest(
        pg_catalog.octet_length(v_constraint),
        pg_catalog.octet_length(v_keys),
        pg_catalog.octet_length('_200_change_key_' || pg_catalog.array_to_string(columns, '_'))
    ) > 63 then
        raise exception '% has too long a name for a key table of %', relation, pg_catalog.array_to_string(columns, ', ')
            using errcode = 'TTNAM', hint = 'The names of its table, constraint and triggers are made of these, and '
                'have 63 bytes: use shorter ones.';
    end if;

    perform ttdb.forget_unique(relation, columns);
    select pg_catalog.format('%I.%I', n.nspname, v_keys)
    into v_keys
    from pg_catalog.pg_namespace as n
    where n.oid = v_class.relnamespace;
    if pg_catalog.to_regclass(v_keys) is not null then
        raise exception '% stands already', v_keys
            using errcode = 'TTTKN', hint = 'Its name is that of the key table to be made: rename it.';
    end if;

    execute (
        select pg_catalog.format(
            'create table %s (%s, constraint %I primary key (%s))',
            v_keys,
            pg_catalog.string_agg(pg_catalog.format('%I %s not null', k.column_name, k.type), ', ' order by k.place),
            v_constraint,
            pg_catalog.string_agg(pg_catalog.quote_ident(k.column_name), ', ' order by k.place) filter (where k.in_key)
        )
        from ttdb.key_columns_of(relation, v_entry.tenant_column, columns, across_tenants, month_key) as k
    );
    execute pg_catalog.format(
        'comment on table %s is %L', v_keys,
        pg_catalog.format(
            'Keeps %s of %s unique over all partitions%s; written by triggers, nobody''s to read.',
            pg_catalog.array_to_string(columns, ', '),
            relation,
            case when across_tenants then ' and tenants' else ', per tenant' end
        )
    );
    execute pg_catalog.format('comment on constraint %I on %s is %L', v_constraint, v_keys, message);
    for v_piece in
        select
            k.column_name,
            coalesce(pg_catalog.col_description(keep_unique.relation, a.attnum), 'as in the table') as comment
        from ttdb.key_columns_of(relation, v_entry.tenant_column, columns, across_tenants, month_key) as k
        inner join pg_catalog.pg_attribute as a on a.attrelid = keep_unique.relation and a.attname = k.column_name
    loop
        execute pg_catalog.format('comment on column %s.%I is %L', v_keys, v_piece.column_name, v_piece.comment);
    end loop;

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.unique_keys as d
    where not exists (select from pg_catalog.pg_class as c where c.oid = d.keys)
        or not exists (select from pg_catalog.pg_class as c where c.oid = d.relation);
    insert into ttdb.unique_keys (keys, relation, columns, across_tenants)
    values (v_keys::pg_catalog.regclass, keep_unique.relation, keep_unique.columns, keep_unique.across_tenants);
    perform ttdb.protect(v_keys::pg_catalog.regclass, v_entry.tenant_column, '{}', '{}', '{select,insert,delete}');

    -- Creating a trigger waits for writers and keeps new ones out: no row comes between it and the filling. On a table
    -- of millions that is long; there, make the key table while the table is small, or in its maintenance window. Who
    -- fills it in batches afterwards, beside a unique index that still stands, says so.
    for v_piece in
        select
            t.*,
            r.relation as place
        from ttdb.tree_of(keep_unique.relation) as r
        cross join
            ttdb.unique_triggers_for(r.relation, v_entry.tenant_column, columns, across_tenants, month_key) as t
        where not r.leaf or (t.type & 1) = 0
        order by r.leaf
    loop
        execute v_piece.definition;
        execute pg_catalog.format(
            'comment on trigger %I on %s is %L', v_piece.trigger_name, v_piece.place, v_piece.comment
        );
    end loop;
    if pg_catalog.current_setting('ttdb.fills_later', true) is distinct from 'on' then
        perform ttdb.fill_unique_keys(v_keys::pg_catalog.regclass);
    end if;
end;
$function$;

comment on function ttdb.keep_unique(regclass, name[], text, boolean, name) is
'Keeps columns unique over all partitions, per tenant or, where a provider makes them at random, across tenants, by a '
'key table that triggers write; the message is what a person is told. Rows with a NULL among the columns are left out. '
'Of a table that is still whole, month_key is the column that months will go by.';
revoke all on function ttdb.keep_unique(regclass, name[], text, boolean, name) from public;
