-- Makes every other change of an order wait, or fail, until this transaction has ended.

-- A rule over an order's rows is checked against a sum. Two transactions that each see their own rows only would both
-- pass and together break it. So a check first locks the order's row, and then reads: under READ COMMITTED the lock
-- waits for the other, and the next statement sees what that one committed.
-- A transaction under REPEATABLE READ keeps its old sight whatever it locks, and a row that was only locked tells it
-- nothing. Therefore the order's row must have changed: then such a transaction ends with 40001 and tries again. Who
-- changed it already (an item added, and the order's subtotal with it) pays nothing more.
create or replace function ttdb.hold_order(order_id uuid) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_version pg_catalog.xid;
begin
    select o.xmin
    into v_version
    from public.orders as o
    where o.id = hold_order.order_id
    for no key update;
    -- In a savepoint a row bears the savepoint's number: then it changes once more than it must, never once too few.
    if v_version <> pg_catalog.pg_current_xact_id()::pg_catalog.xid then
        update public.orders as o
        set updated_at = o.updated_at
        where o.id = hold_order.order_id;
    end if;
end;
$function$;

comment on function ttdb.hold_order(uuid) is
'Locks an order until the transaction ends, and leaves a new version of its row, so that rules over its rows hold '
'under every isolation level.';
revoke all on function ttdb.hold_order(uuid) from public;
grant execute on function ttdb.hold_order(uuid) to ttdb_definer;
