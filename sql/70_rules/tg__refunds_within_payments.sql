-- Refuses to pay back more than was paid.

-- Definer because at COMMIT any role or tenant may be set: with a cleared context it would see no refund, and pass.
create or replace function ttdb.tg__refunds_within_payments() returns trigger
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
    v_paid pg_catalog.numeric;
    v_refunded pg_catalog.numeric;
begin
    -- Only what adds a refund, or takes a payment away, can break the rule: the rest waits for nobody.
    if not coalesce(new.type = 'REFUND' and new.status not in ('FAILED', 'CANCELLED'), false)
        and not coalesce(old.type = 'PAYMENT' and old.status = 'SUCCEEDED', false) then
        return null;
    end if;

    for v_id in
        select distinct i.id
        from pg_catalog.unnest(array[old.order_id, new.order_id]) as i (id)
        where i.id is not null
        order by i.id
    loop
        perform ttdb.hold_order(v_id);
        -- A statement of its own: it sees what was committed while the lock was waited for.
        select
            coalesce(pg_catalog.sum(p.amount) filter (where p.type = 'PAYMENT' and p.status = 'SUCCEEDED'), 0),
            coalesce(
                pg_catalog.sum(p.amount) filter (where p.type = 'REFUND' and p.status not in ('FAILED', 'CANCELLED')), 0
            )
        into v_paid, v_refunded
        from public.payment_transactions as p
        inner join public.orders as o on o.tenant_id = p.tenant_id and o.id = p.order_id
        where o.id = v_id;
        if v_refunded > v_paid then
            raise exception 'refunds % of order % exceed its payments %', v_refunded, v_id, v_paid
                using errcode = 'check_violation',
                constraint = 'payment_transactions_refunds_must_not_exceed_payments',
                schema = 'public',
                table = 'payment_transactions',
                column = 'amount',
                hint = 'Pay back at most what was paid and not yet paid back.';
        end if;
    end loop;
    return null;
end;
$function$;

comment on function ttdb.tg__refunds_within_payments() is
'An order''s refunds that did not fail, and were not cancelled, are at most its succeeded payments.';
revoke all on function ttdb.tg__refunds_within_payments() from public;
grant execute on function ttdb.tg__refunds_within_payments() to ttdb_owner;
