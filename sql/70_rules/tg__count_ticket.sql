-- Counts a ticket that takes a place, or gives it back, in public.ticket_sales.

-- Definer because nobody may write the count himself, and at COMMIT any role or tenant may be set.
create or replace function ttdb.tg__count_ticket() returns trigger
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
    v_tenant pg_catalog.uuid;
    v_type pg_catalog.uuid;
    v_change pg_catalog.int8;
begin
    for v_tenant, v_type, v_change in
        select c.tenant_id, c.ticket_type_id, pg_catalog.sum(c.change)
        from (
            values
            (old.tenant_id, old.ticket_type_id, -(old.status in ('RESERVED', 'SOLD', 'USED'))::pg_catalog.int4),
            (new.tenant_id, new.ticket_type_id, (new.status in ('RESERVED', 'SOLD', 'USED'))::pg_catalog.int4)
        ) as c (tenant_id, ticket_type_id, change)
        where c.ticket_type_id is not null
        group by c.tenant_id, c.ticket_type_id
        having pg_catalog.sum(c.change) <> 0
        order by c.ticket_type_id
    loop
        update public.ticket_sales as s
        set sold = s.sold + v_change
        where s.tenant_id = v_tenant and s.ticket_type_id = v_type;
        -- A type that was deleted in the same transaction took its count with it.
        if not found and exists (select from public.ticket_types as t where t.id = v_type) then
            raise exception 'ticket type % has no count of its sales', v_type
                using errcode = 'check_violation',
                constraint = 'tickets_must_be_counted',
                schema = 'public',
                table = 'tickets',
                column = 'ticket_type_id',
                hint = 'Its row in public.ticket_sales was deleted: have an operator insert it again, with a count.';
        end if;
    end loop;
    return null;
end;
$function$;

comment on function ttdb.tg__count_ticket() is
'A ticket that takes a place (RESERVED, SOLD, USED) is counted in public.ticket_sales, at commit, so that the count is '
'locked for the moment of the commit only.';
revoke all on function ttdb.tg__count_ticket() from public;
grant execute on function ttdb.tg__count_ticket() to ttdb_owner;
