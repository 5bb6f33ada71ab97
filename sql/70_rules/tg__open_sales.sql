-- Opens the count of a new ticket type's sales, and carries a change of its quantity there.

-- Definer because nobody may write the count himself.
create or replace function ttdb.tg__open_sales() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
-- A plan made while the tables are small would scan them whole, for each row, until the session ends.
set enable_seqscan = off
as $function$
begin
    if tg_op = 'INSERT' then
        insert into public.ticket_sales (tenant_id, ticket_type_id, quantity)
        values (new.tenant_id, new.id, new.quantity);
    else
        update public.ticket_sales as s
        set quantity = new.quantity
        where s.tenant_id = new.tenant_id and s.ticket_type_id = new.id;
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__open_sales() is
'Trigger: makes a ticket type''s row in public.ticket_sales, and keeps its quantity; the row goes with the type.';
revoke all on function ttdb.tg__open_sales() from public;
grant execute on function ttdb.tg__open_sales() to ttdb_owner;
