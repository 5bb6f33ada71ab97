-- Which tenant has this address?

-- Definer because an address is all that a visitor brings, and without a tenant nobody sees a row.
create or replace function public.tenant_of_slug(slug text) returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
as $function$
declare
    v_tenant pg_catalog.uuid;
begin
    select t.id
    into v_tenant
    from public.tenants as t
    where t.slug = tenant_of_slug.slug;

    perform audit.record_resolution(
        'public.tenant_of_slug(text)', case when v_tenant is null then '{}' else array[v_tenant] end
    );
    return v_tenant;
end;
$function$;

comment on function public.tenant_of_slug(text) is
'The tenant that has an address, NULL where none has; each call is in the trail.';
revoke all on function public.tenant_of_slug(text) from public;
-- Nothing for ttdb_app: a session has one tenant, and no business with others' addresses. One login is granted it.
