-- Whose payment does the provider's webhook speak of?

-- Definer because a webhook names a payment and no tenant, and without one nobody sees a row.
create or replace function public.tenant_of_payment_intent(payment_intent_id text) returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
as $function$
declare
    v_tenants pg_catalog.uuid[];
begin
    -- The key table knows the payments of all months, and each intent once.
    select coalesce(pg_catalog.array_agg(k.tenant_id), '{}')
    into v_tenants
    from public.payment_transactions_payment_intent_id_keys as k
    where k.payment_intent_id = tenant_of_payment_intent.payment_intent_id;

    perform audit.record_resolution('public.tenant_of_payment_intent(text)', v_tenants);
    return v_tenants[1];
end;
$function$;

comment on function public.tenant_of_payment_intent(text) is
'The tenant whose payment a provider''s intent is, NULL where there is none; each call is in the trail.';
revoke all on function public.tenant_of_payment_intent(text) from public;
-- Nothing for ttdb_app: any tenant could ask about any payment. One service's login is granted it.
