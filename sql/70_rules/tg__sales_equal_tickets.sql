-- Refuses a count of sales that is not its tickets'.

-- Definer because at COMMIT any role or tenant may be set: with a cleared context it would see no ticket.
create or replace function ttdb.tg__sales_equal_tickets() returns trigger
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
    v_sales public.ticket_sales;
    v_quantity pg_catalog.int4;
    v_taken pg_catalog.int8;
begin
    -- The row as this transaction leaves it, not as one of its changes passed through it. Until it commits, whoever
    -- counts a ticket of this type waits for it.
    select s.*
    into v_sales
    from public.ticket_sales as s
    where s.tenant_id = new.tenant_id and s.ticket_type_id = new.ticket_type_id;
    if not found then
        return null;
    end if;
    select
        t.quantity,
        (
            select pg_catalog.count(*)
            from public.tickets as k
            where k.tenant_id = t.tenant_id and k.ticket_type_id = t.id and k.status in ('RESERVED', 'SOLD', 'USED')
        )
    into v_quantity, v_taken
    from public.ticket_types as t
    where t.tenant_id = new.tenant_id and t.id = new.ticket_type_id;
    if v_sales.sold is distinct from v_taken or v_sales.quantity is distinct from v_quantity then
        raise exception 'ticket type % is counted as % of % sold, its tickets are % of %',
            v_sales.ticket_type_id, v_sales.sold, v_sales.quantity, v_taken, v_quantity
            using errcode = 'check_violation',
            constraint = 'ticket_sales_must_equal_tickets',
            schema = 'public',
            table = 'ticket_sales',
            column = 'sold',
            hint = 'A count can be repaired, to what its tickets are; ttdb.broken_rules() says what that is.';
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__sales_equal_tickets() is
'A count that anybody but the counting triggers writes is what its tickets and its type say: an operator repairs it, '
'and can make it nothing else.';
revoke all on function ttdb.tg__sales_equal_tickets() from public;
grant execute on function ttdb.tg__sales_equal_tickets() to ttdb_owner;
