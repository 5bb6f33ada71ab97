-- The helpdesk's roles; cluster-wide, so created once per server.
create role desk_owner nologin;
create role desk_api login;
create role desk_report login;
create role desk_job nologin;
create role desk_admin nologin;
create role desk_support nologin;
