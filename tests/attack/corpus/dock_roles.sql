-- The forwarders' roles; cluster-wide, so created once per server.
create role dock_owner nologin;
create role dock_trail nologin;
create role dock_rollup nologin bypassrls;
create role dock_app nologin;
create role dock_api login in role dock_app;
create role dock_mask login;
create role dock_desk login bypassrls;
