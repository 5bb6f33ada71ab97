-- Refuses a row in another currency than its order's.

-- Definer because it must see the order whatever the session's role or tenant.
create or replace function ttdb.tg__currency_of_order() returns trigger
language plpgsql
stable
parallel unsafe
security definer
set search_path = ''
set row_security = on
-- A plan made while the tables are small would scan them whole, for each row, until the session ends.
set enable_seqscan = off
as $function$
declare
    v_currency pg_catalog.text;
begin
    -- No lock: an order's currency is written once.
    select o.currency into v_currency from public.orders as o where o.id = new.order_id;
    if v_currency <> new.currency then
        raise exception 'currency % is not % as the order %''s', new.currency, v_currency, new.order_id
            using errcode = 'check_violation',
            constraint = tg_name,
            schema = 'public',
            table = coalesce(
                (
                    select c.relname
                    from pg_catalog.pg_class as c
                    where c.oid = pg_catalog.pg_partition_root(tg_relid)
                ),
                tg_table_name
            ),
            column = 'currency',
            hint = pg_catalog.format('Write the amount in %s.', v_currency);
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__currency_of_order() is 'A ticket or a payment is in the currency of its order.';
revoke all on function ttdb.tg__currency_of_order() from public;
grant execute on function ttdb.tg__currency_of_order() to ttdb_owner;
