-- cluster-wide roles of the seat ticket office
do $$
declare r text;
begin
  foreach r in array array['seat_owner', 'seat_logger', 'seat_report', 'seat_app'] loop
    if not exists (select from pg_roles where rolname = r) then
      execute format('create role %I nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls', r);
    end if;
  end loop;
  foreach r in array array['seat_web', 'seat_worker', 'seat_analyst', 'seat_support'] loop
    if not exists (select from pg_roles where rolname = r) then
      execute format('create role %I login nosuperuser nocreatedb nocreaterole noreplication nobypassrls', r);
    end if;
  end loop;
end $$;
grant seat_app to seat_web, seat_worker;
