-- Roles of the cluster for the broker desk database. Idempotent, no passwords.
do $$
declare r text;
begin
  -- owners and writers, nobody logs in as one of them
  foreach r in array array['broker_owner', 'broker_batch', 'broker_auditor', 'broker_masker', 'broker_tenant'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = r) then
      execute format('create role %I nologin nosuperuser nobypassrls nocreaterole nocreatedb', r);
    end if;
  end loop;
  -- logins
  foreach r in array array['broker_app', 'broker_worker', 'broker_portal', 'broker_analyst', 'broker_support', 'broker_scheduler'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = r) then
      execute format('create role %I login nosuperuser nobypassrls nocreaterole nocreatedb', r);
    end if;
  end loop;
end $$;
-- broker_tenant carries the privileges of the two logins that work for one brokerage at a time
grant broker_tenant to broker_app, broker_worker;
