-- The sales teams' roles; cluster-wide, so created once per server.
create role deals_owner nologin;
create role deals_api login;
create role deals_reports login;
create role deals_worker login;
create role deals_resolver nologin;
