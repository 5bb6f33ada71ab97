-- Cluster roles of the parcel service. Idempotent; run by a superuser.
do $$
declare r record;
begin
  for r in select * from (values
    ('parcel_owner',     'nologin'),            -- owns schemas and tables
    ('parcel_gate',      'nologin'),            -- owns the few security definer functions
    ('parcel_report',    'nologin'),            -- owns the masked views
    ('parcel_app',       'nologin'),            -- group of the application logins
    ('parcel_web',       'login'),              -- web API
    ('parcel_worker',    'login'),              -- background worker, one tenant per job
    ('parcel_courier',   'login'),              -- courier phone application
    ('parcel_analyst',   'login'),              -- a merchant's analyst, sees masked views
    ('parcel_support',   'login bypassrls'),    -- our support staff, all tenants
    ('parcel_scheduler', 'login'),              -- hands out jobs of all tenants
    ('parcel_staff',     'nologin'),            -- group of our own people
    ('parcel_migrate',   'login')               -- runs migrations as parcel_owner
  ) v(name, opts) loop
    if not exists (select from pg_roles where rolname = r.name) then
      execute format('create role %I %s', r.name, r.opts);
    end if;
    execute format('alter role %I nosuperuser nocreatedb nocreaterole noreplication %s %s', r.name,
                   case when r.opts like '%bypassrls%' then '' else 'nobypassrls' end, r.opts);
  end loop;
end $$;
grant parcel_app to parcel_web, parcel_worker;
grant parcel_staff to parcel_support;
grant parcel_owner to parcel_migrate;
