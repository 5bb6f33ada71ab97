-- The verb that decides how support sees a column.
create or replace function masked.column(relation regclass, column_name name, mask text) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_class pg_catalog.pg_class;
    v_type pg_catalog.pg_type;
    v_text pg_catalog.text;
begin
    if masked.is_masked(relation, column_name, mask) then
        return;
    end if;

    select c.* into v_class from pg_catalog.pg_class as c where c.oid = "column".relation;
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
    if not exists (select from masked.masks() as m where m.mask = "column".mask) then
        raise exception 'there is no mask %', coalesce(mask, 'null')
            using errcode = 'TTMUN',
            hint = 'Masks: ' || (select pg_catalog.string_agg(m.mask, ', ' order by m.mask) from masked.masks() as m) || '.';
    end if;

    select t.*
    into v_type
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_type as t on t.oid = a.atttypid
    where a.attrelid = "column".relation
        and a.attname = "column".column_name
        and a.attnum > 0
        and not a.attisdropped;
    if not found then
        raise exception '% has no column %', relation, column_name
            using errcode = 'TTCOL', hint = 'Name an existing column.';
    end if;
    if mask <> 'plain' and v_type.typcategory <> 'S' then
        raise exception 'column % of % is not text', column_name, relation
            using errcode = 'TTMTP', hint = 'Masks take text; a column of another type is plain, or not shown at all.';
    end if;
    -- The masked view's owner reads the table through a policy: without one it would see every tenant's rows.
    if not exists (select from ttdb.tenant_tables as t where t.relation = "column".relation) then
        raise exception '% is not protected', relation
            using errcode = 'TTMPR', hint = pg_catalog.format('Run "select ttdb.protect(%L);" first.', relation);
    end if;

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.personal_columns as d
    where not exists (select from pg_catalog.pg_class as c where c.oid = d.relation);
    insert into ttdb.personal_columns as p (relation, column_name, mask)
    values ("column".relation, "column".column_name, "column".mask)
    on conflict on constraint personal_columns_pkey do update
        set mask = excluded.mask;

    -- What is generated from a personal column tells what it holds.
    select pg_catalog.string_agg(distinct pg_catalog.format('%I from %I', g.name, p.column_name), ', ')
    into v_text
    from ttdb.personal_columns as p
    cross join lateral ttdb.generated_from(p.relation, array[p.column_name]) as g
    inner join ttdb.personal_columns as s on s.relation = p.relation and s.column_name = g.name
    where p.relation = "column".relation and p.mask <> 'plain' and s.mask = 'plain';
    if v_text is not null then
        raise exception 'a plain column of % is generated from a masked one: %', relation, v_text
            using errcode = 'TTMGN', hint = 'Mask it, or leave it out: masked.forget() it first.';
    end if;
    perform masked.rebuild(relation);
end;
$function$;

comment on function masked.column(regclass, name, text) is
'Decides how support sees a column, and makes the table''s view in schema masked show it so.';
revoke all on function masked.column(regclass, name, text) from public;
