-- In which tenants does somebody with this e-mail address have an account? For logging in.

-- Definer because before the login there is no tenant, and without one nobody sees a row.
create or replace function public.tenants_of_email(email text) returns setof uuid
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
    select coalesce(pg_catalog.array_agg(distinct u.tenant_id order by u.tenant_id), '{}')
    into v_tenants
    from public.users as u
    where u.email = pg_catalog.lower(tenants_of_email.email) and u.deleted_at is null;

    perform audit.record_resolution('public.tenants_of_email(text)', v_tenants);
    return query select t.id from pg_catalog.unnest(v_tenants) as t (id);
end;
$function$;

comment on function public.tenants_of_email(text) is
'The tenants in which an e-mail address has an account that is not closed; each call is in the trail.';
revoke all on function public.tenants_of_email(text) from public;
-- Nothing for ttdb_app: any tenant could ask who else is whose customer. One service's login is granted it.
