-- The verb that decides how support sees the columns of a table.
-- masked.columns('public.users', '{"email": "email", "role": "plain", "nickname": null}'); null takes one back
create or replace function masked.columns(relation regclass, decisions jsonb) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_class pg_catalog.pg_class;
    v_category pg_catalog."char";
    v_column pg_catalog.text;
    v_mask pg_catalog.text;
    v_text pg_catalog.text;
begin
    if masked.is_masked(relation, decisions) then
        return;
    end if;

    select c.* into v_class from pg_catalog.pg_class as c where c.oid = "columns".relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only columns of tables can be masked.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Mask the columns of %s.', pg_catalog.pg_partition_root(relation)
            );
    end if;

    for v_column, v_mask in
        select
            d.key,
            d.value
        from pg_catalog.jsonb_each_text(decisions) as d
        where d.value is not null
    loop
        if not exists (select from masked.masks() as m where m.mask = v_mask) then
            raise exception 'there is no mask %', v_mask
                using errcode = 'TTMUN',
                hint = pg_catalog.format(
                    'Masks: %s.', (select pg_catalog.string_agg(m.mask, ', ' order by m.mask) from masked.masks() as m)
                );
        end if;

        select t.typcategory
        into v_category
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_type as t on t.oid = a.atttypid
        where a.attrelid = "columns".relation
            and a.attname = v_column
            and a.attnum > 0
            and not a.attisdropped;
        if not found then
            raise exception '% has no column %', relation, v_column
                using errcode = 'TTCOL', hint = 'Name an existing column.';
        end if;
        -- Text and internet addresses: what a mask can be given as text.
        if v_mask <> 'plain' and v_category not in ('S', 'I') then
            raise exception 'column % of % is neither text nor an address', v_column, relation
                using errcode = 'TTMTP',
                hint = 'Masks take text; a column of another type is plain, or not shown at all.';
        end if;
    end loop;

    -- The masked view's owner reads the table through a policy: without one it would see every tenant's rows.
    if not exists (select from ttdb.tenant_tables as t where t.relation = "columns".relation) then
        raise exception '% is not protected', relation
            using errcode = 'TTMPR', hint = pg_catalog.format('Run "select ttdb.protect(%L);" first.', relation);
    end if;

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.personal_columns as p
    where not exists (select from pg_catalog.pg_class as c where c.oid = p.relation)
        or (
            p.relation = "columns".relation
            and exists (
                select
                from pg_catalog.jsonb_each_text(decisions) as d
                where d.key = p.column_name and d.value is null
            )
        );
    insert into ttdb.personal_columns as p (relation, column_name, mask)
    select
        "columns".relation,
        d.key,
        d.value
    from pg_catalog.jsonb_each_text(decisions) as d
    where d.value is not null
    on conflict on constraint personal_columns_pkey do update
        set mask = excluded.mask;

    -- What is generated from a personal column tells what it holds.
    select pg_catalog.string_agg(distinct pg_catalog.format('%I from %I', g.name, p.column_name), ', ')
    into v_text
    from ttdb.personal_columns as p
    cross join lateral ttdb.generated_from(p.relation, array[p.column_name]) as g
    inner join ttdb.personal_columns as s on s.relation = p.relation and s.column_name = g.name
    where p.relation = "columns".relation and p.mask <> 'plain' and s.mask = 'plain';
    if v_text is not null then
        raise exception 'a plain column of % is generated from a masked one: %', relation, v_text
            using errcode = 'TTMGN', hint = 'Mask it, or leave it out: masked.forget() it first.';
    end if;
    perform masked.rebuild(relation);
end;
$function$;

comment on function masked.columns(regclass, jsonb) is
'Decides how support sees columns, each by its name, and makes the table''s view in schema masked show them so.';
revoke all on function masked.columns(regclass, jsonb) from public;
