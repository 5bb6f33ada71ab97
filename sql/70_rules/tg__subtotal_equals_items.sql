-- Refuses an order whose subtotal is not the sum of its items'.

-- Definer because at COMMIT any role or tenant may be set: with a cleared context it would see no item, and pass.
create or replace function ttdb.tg__subtotal_equals_items() returns trigger
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
    v_subtotal pg_catalog.numeric;
    v_sum pg_catalog.numeric;
begin
    if tg_relid = 'public.orders'::pg_catalog.regclass then
        v_ids := array[new.id];
    else
        v_ids := array[old.order_id, new.order_id];
    end if;

    -- In one order for all transactions: two that hold the same orders must not wait for each other.
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
        select o.subtotal, coalesce((select pg_catalog.sum(i.subtotal)
            from public.order_items as i
            where i.tenant_id = o.tenant_id and i.order_id = o.id), 0)
        into v_subtotal, v_sum
        from public.orders as o
        where o.id = v_id;
        if v_subtotal <> v_sum then
            raise exception 'subtotal % of order % is not the sum % of its items', v_subtotal, v_id, v_sum
                using errcode = 'check_violation',
                constraint = 'orders_subtotal_must_equal_its_items',
                schema = 'public',
                table = 'orders',
                column = 'subtotal',
                hint = 'Change the order and its items in one transaction.';
        end if;
    end loop;
    return null;
end;
$function$;

comment on function ttdb.tg__subtotal_equals_items() is
'An order''s subtotal is the sum of its items'' subtotals; 0 without items.';
revoke all on function ttdb.tg__subtotal_equals_items() from public;
grant execute on function ttdb.tg__subtotal_equals_items() to ttdb_owner;
