-- Refuses more tickets of a type than there are.

-- Definer because at COMMIT any role or tenant may be set: with a cleared context it would see no count, and pass.
create or replace function ttdb.tg__sales_within_quantity() returns trigger
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
begin
    -- The row as this transaction leaves it, not as one of its changes passed through it.
    select s.*
    into v_sales
    from public.ticket_sales as s
    where s.tenant_id = new.tenant_id and s.ticket_type_id = new.ticket_type_id;
    if v_sales.sold > v_sales.quantity then
        raise exception '% tickets of type % are sold, there are %',
            v_sales.sold, v_sales.ticket_type_id, v_sales.quantity
            using errcode = 'check_violation',
            constraint = 'ticket_sales_must_not_exceed_quantity',
            schema = 'public',
            table = 'ticket_sales',
            column = 'sold',
            hint = 'Take fewer, or raise the ticket type''s quantity.';
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__sales_within_quantity() is
'The tickets of a type that take a place are at most its quantity. Looked at after all of a transaction''s tickets are '
'counted: who cancels one and takes another when all are sold may do so in either order.';
revoke all on function ttdb.tg__sales_within_quantity() from public;
grant execute on function ttdb.tg__sales_within_quantity() to ttdb_owner;
