-- The months whose rows lie in the DEFAULT partition for want of one of their own.
create or replace function ttdb.rows_waiting(relation regclass)
returns table (month date, waiting bigint)
language plpgsql
stable
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_default pg_catalog.regclass;
begin
    select m.leaf into v_default from ttdb.months_of(relation) as m where m.state = 'default';
    if v_default is null then
        return;
    end if;
    return query execute pg_catalog.format(
        'select ttdb.month_of(d.%1$I), pg_catalog.count(*) from %2$s as d group by 1 order by 1',
        ttdb.month_key_of(relation), v_default
    );
end;
$function$;

comment on function ttdb.rows_waiting(regclass) is
'How many rows of which month lie in the DEFAULT partition, as far as the caller''s policies let him see.';
revoke all on function ttdb.rows_waiting(regclass) from public;
grant execute on function ttdb.rows_waiting(regclass) to ttdb_operator;
