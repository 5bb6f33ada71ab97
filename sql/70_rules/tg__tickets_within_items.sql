-- Refuses more tickets of a type than the order's items bought.

-- Definer because at COMMIT any role or tenant may be set: with a cleared context it would see no ticket, and pass.
create or replace function ttdb.tg__tickets_within_items() returns trigger
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
    v_order pg_catalog.uuid;
    v_type pg_catalog.uuid;
    v_bought pg_catalog.int8;
    v_held pg_catalog.int8;
begin
    if tg_relid = 'public.tickets'::pg_catalog.regclass then
        -- Only a ticket that takes a place it did not have can break the rule: the rest waits for nobody.
        if new.status not in ('RESERVED', 'SOLD', 'USED') or (
            old.status in ('RESERVED', 'SOLD', 'USED')
            and (old.order_id, old.ticket_type_id) = (new.order_id, new.ticket_type_id)
        ) then
            return null;
        end if;
        v_order := new.order_id;
        v_type := new.ticket_type_id;
    else
        v_order := old.order_id;
        v_type := old.ticket_type_id;
    end if;

    perform ttdb.hold_order(v_order);
    -- A statement of its own: it sees what was committed while the lock was waited for. Type and status stand in FILTER,
    -- so that the index on the order serves and none on them: an order has few rows, a type many.
    select
        (
            select coalesce(pg_catalog.sum(i.quantity) filter (where i.ticket_type_id = v_type), 0)
            from public.order_items as i
            where i.tenant_id = o.tenant_id and i.order_id = o.id
        ),
        (
            select pg_catalog.count(*) filter (
                where t.ticket_type_id = v_type and t.status in ('RESERVED', 'SOLD', 'USED')
            )
            from public.tickets as t
            where t.tenant_id = o.tenant_id and t.order_id = o.id
        )
    into v_bought, v_held
    from public.orders as o
    where o.id = v_order;
    if v_held > v_bought then
        raise exception 'order % has % tickets of type % and bought %', v_order, v_held, v_type, v_bought
            using errcode = 'check_violation',
            constraint = 'tickets_must_not_exceed_items',
            schema = 'public',
            table = 'tickets',
            column = 'order_id',
            hint = 'Add to the order''s items, or cancel the tickets that are too many.';
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__tickets_within_items() is
'An order''s tickets of one type that take a place (RESERVED, SOLD, USED) are at most what its items bought of it.';
revoke all on function ttdb.tg__tickets_within_items() from public;
grant execute on function ttdb.tg__tickets_within_items() to ttdb_owner;
