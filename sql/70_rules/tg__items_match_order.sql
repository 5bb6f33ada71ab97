-- Refuses an item whose ticket type is not of its order's event, or has another currency.

-- Definer because it must see both rows whatever the session's role or tenant.
create or replace function ttdb.tg__items_match_order() returns trigger
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
    v_type public.ticket_types;
    v_order public.orders;
begin
    -- No lock: an order's event and currency, and a ticket type's, are written once.
    select t.* into v_type from public.ticket_types as t where t.id = new.ticket_type_id;
    select o.* into v_order from public.orders as o where o.id = new.order_id;
    if v_type.event_id <> v_order.event_id and tg_argv[0] = 'event' then
        raise exception 'ticket type % is of event %, order % for event %',
            v_type.id, v_type.event_id, v_order.id, v_order.event_id
            using errcode = 'check_violation',
            constraint = tg_name,
            schema = 'public',
            table = 'order_items',
            column = 'ticket_type_id',
            hint = 'Choose a ticket type of the order''s event.';
    end if;
    if v_type.currency <> v_order.currency and tg_argv[0] = 'currency' then
        raise exception 'ticket type % is sold in %, order % is in %',
            v_type.id, v_type.currency, v_order.id, v_order.currency
            using errcode = 'check_violation',
            constraint = tg_name,
            schema = 'public',
            table = 'order_items',
            column = 'ticket_type_id',
            hint = 'Make an order in the ticket type''s currency.';
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__items_match_order() is
'An item''s ticket type is of its order''s event, and sold in its order''s currency.';
revoke all on function ttdb.tg__items_match_order() from public;
grant execute on function ttdb.tg__items_match_order() to ttdb_owner;
