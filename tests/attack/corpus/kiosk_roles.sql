-- Cluster roles of the kiosk platform. Idempotent. No passwords: logins authenticate by certificate.
do $$
declare
  r text;
begin
  foreach r in array array['kiosk_owner','kiosk_rw','kiosk_audit','kiosk_gate','kiosk_reporter'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = r) then
      execute format('create role %I nologin', r);
    end if;
  end loop;
  foreach r in array array['kiosk_app','kiosk_worker','kiosk_scanner','kiosk_admin',
                           'kiosk_analyst','kiosk_support','kiosk_scheduler'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = r) then
      execute format('create role %I login', r);
    end if;
  end loop;
end
$$;

-- owns every object, nobody logs in as it
alter role kiosk_owner    nologin nosuperuser nobypassrls nocreaterole nocreatedb noreplication;
-- privileges of the web application
alter role kiosk_rw       nologin nosuperuser nobypassrls nocreaterole nocreatedb noreplication;
-- owner of the audit trigger function
alter role kiosk_audit    nologin nosuperuser nobypassrls nocreaterole nocreatedb noreplication;
-- owner of the one function that must look across tenants (api key -> organizer)
alter role kiosk_gate     nologin nosuperuser bypassrls   nocreaterole nocreatedb noreplication;
-- owner of the materialized reports
alter role kiosk_reporter nologin nosuperuser bypassrls   nocreaterole nocreatedb noreplication;

alter role kiosk_app       login nosuperuser nobypassrls nocreaterole nocreatedb noreplication inherit;
alter role kiosk_worker    login nosuperuser nobypassrls nocreaterole nocreatedb noreplication inherit;
alter role kiosk_scanner   login nosuperuser nobypassrls nocreaterole nocreatedb noreplication inherit;
alter role kiosk_admin     login nosuperuser nobypassrls nocreaterole nocreatedb noreplication inherit;
alter role kiosk_analyst   login nosuperuser nobypassrls nocreaterole nocreatedb noreplication inherit;
alter role kiosk_support   login nosuperuser nobypassrls nocreaterole nocreatedb noreplication inherit;
alter role kiosk_scheduler login nosuperuser nobypassrls nocreaterole nocreatedb noreplication inherit;

grant kiosk_rw to kiosk_app;
