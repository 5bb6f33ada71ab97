-- The fleet's roles; cluster-wide, so created once per server.
create role fleet_owner nologin;
create role fleet_app nologin;
create role fleet_web login in role fleet_app;
create role fleet_mobile login;
create role fleet_support login;
create role fleet_masker nologin;
create role fleet_definer nologin;
create role fleet_worker login;
create role fleet_auditor login;
create role fleet_dba nologin;
create role fleet_reader nologin;
