-- Roles of the box office (cluster-wide, once per server, as superuser).
create role box_owner   nologin;                       -- owns tables and functions (subject to FORCE RLS)
create role box_trail   nologin;                       -- owns the audit trail
create role box_masker  nologin;                       -- owns the masked views (subject to RLS)
create role box_etl     nologin bypassrls;             -- refreshes the reporting view; nobody is a member
create role box_app     nologin;                       -- what the application may do
create role box_web     login;                         -- application, request handling
create role box_worker  login;                         -- application, background work
create role box_analyst login;                         -- masked reads of one organiser
create role box_support login;                         -- cross-tenant support and jobs
create role box_auditor login;                         -- reads the trail
grant box_app to box_web;
grant box_app to box_worker;
alter role box_web set statement_timeout = '30s';
-- used by cases only
create role box_mid     nologin;                       -- no rights, no members
create role box_mid2    nologin;
create role box_legacy  nologin bypassrls;             -- left over, no rights, no members
create role box_partner login;                         -- left over login without any right
