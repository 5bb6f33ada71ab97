-- Who the service works as. Roles are the whole server's, so it may be there already.
do $$
begin
    if not exists (select from pg_roles where rolname = 'orders_service') then
        create role orders_service;
    end if;
end
$$;

grant select, insert, update (paid) on orders to orders_service;
