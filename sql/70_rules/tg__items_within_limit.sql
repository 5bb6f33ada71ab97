-- Refuses an order that holds more of a ticket type than one order may.

-- Definer because at COMMIT any role or tenant may be set: with a cleared context it would see no item, and pass.
create or replace function ttdb.tg__items_within_limit() returns trigger
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
    v_limit pg_catalog.int4;
    v_held pg_catalog.int8;
begin
    perform ttdb.hold_order(new.order_id);
    -- A statement of its own: it sees what was committed while the lock was waited for. The type stands in FILTER, so
    -- that the index on the order serves and none on the type: an order has few rows, a type many.
    select
        t.max_per_order,
        (
            select pg_catalog.sum(i.quantity) filter (where i.ticket_type_id = t.id)
            from public.order_items as i
            where i.tenant_id = t.tenant_id and i.order_id = new.order_id
        )
    into v_limit, v_held
    from public.ticket_types as t
    where t.id = new.ticket_type_id;
    if v_held > v_limit then
        raise exception 'order % holds % tickets of type %, % are allowed',
            new.order_id, v_held, new.ticket_type_id, v_limit
            using errcode = 'check_violation',
            constraint = 'order_items_must_not_exceed_limit_of_their_type',
            schema = 'public',
            table = 'order_items',
            column = 'quantity',
            hint = pg_catalog.format('Take at most %s in one order.', v_limit);
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__items_within_limit() is
'All items of an order for one ticket type together hold at most its max_per_order; looked at when items change.';
revoke all on function ttdb.tg__items_within_limit() from public;
grant execute on function ttdb.tg__items_within_limit() to ttdb_owner;
