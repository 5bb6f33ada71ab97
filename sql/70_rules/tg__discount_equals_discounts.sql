-- Refuses an order whose discount is not what its discounts give.

-- Definer because at COMMIT any role or tenant may be set: with a cleared context it would see no discount, and pass.
create or replace function ttdb.tg__discount_equals_discounts() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
-- A plan made while the tables are small would scan them whole, for each row, until the session ends.
set enable_seqscan = off
as $function$
declare
    v_id pg_catalog.uuid;
    v_ids pg_catalog.uuid[];
    v_discount pg_catalog.numeric;
    v_given pg_catalog.numeric;
begin
    if tg_relid = 'public.orders'::pg_catalog.regclass then
        v_ids := array[new.id];
    else
        v_ids := array[old.order_id, new.order_id];
    end if;

    for v_id in
        select distinct i.id
        from pg_catalog.unnest(v_ids) as i (id)
        where i.id is not null
        order by i.id
    loop
        -- An order that fired this itself is changed, and so held, already.
        if tg_relid <> 'public.orders'::pg_catalog.regclass then
            perform ttdb.hold_order(v_id);
        end if;
        -- A statement of its own: it sees what was committed while the lock was waited for.
        select o.discount_amount, least(o.subtotal, coalesce((select pg_catalog.sum(
                case d.discount_type
                    when 'PERCENTAGE' then pg_catalog.round(o.subtotal * d.discount_value / 100, 2)
                    else d.discount_value
                end
            )
            from public.order_discounts as d
            where d.tenant_id = o.tenant_id and d.order_id = o.id), 0))
        into v_discount, v_given
        from public.orders as o
        where o.id = v_id;
        if v_discount <> v_given then
            raise exception 'discount % of order % is not the % that its discounts give', v_discount, v_id, v_given
                using errcode = 'check_violation',
                constraint = 'orders_discount_must_equal_its_discounts',
                schema = 'public',
                table = 'orders',
                column = 'discount_amount',
                hint = 'Change the order and its discounts in one transaction.';
        end if;
    end loop;
    return null;
end;
$function$;

comment on function ttdb.tg__discount_equals_discounts() is
'An order''s discount is the sum of its discounts (a percentage of the subtotal rounded to cents, or a fixed amount), '
'and never more than the subtotal.';
revoke all on function ttdb.tg__discount_equals_discounts() from public;
grant execute on function ttdb.tg__discount_equals_discounts() to ttdb_owner;
