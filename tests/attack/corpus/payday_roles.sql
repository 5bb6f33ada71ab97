-- Roles of the payroll application (cluster-wide; run as superuser).
do $$
begin
  if not exists (select from pg_roles where rolname = 'payday_owner') then
    create role payday_owner nologin nosuperuser nobypassrls nocreaterole;   -- owns every object
  end if;
  if not exists (select from pg_roles where rolname = 'payday_app') then
    create role payday_app nologin;                                          -- what the web application may do
  end if;
  if not exists (select from pg_roles where rolname = 'payday_web') then
    create role payday_web login in role payday_app;                         -- how it logs in
  end if;
  if not exists (select from pg_roles where rolname = 'payday_worker') then
    create role payday_worker login;                                         -- background jobs, one employer at a time
  end if;
  if not exists (select from pg_roles where rolname = 'payday_analyst') then
    create role payday_analyst login;                                        -- masked, one employer at a time
  end if;
  if not exists (select from pg_roles where rolname = 'payday_support') then
    create role payday_support login;                                        -- cross-tenant, reads only
  end if;
  if not exists (select from pg_roles where rolname = 'payday_auditor') then
    create role payday_auditor nologin;                                      -- owns the audit writer, nothing else
  end if;
end $$;
