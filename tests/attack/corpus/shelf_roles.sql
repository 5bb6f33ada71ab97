-- The libraries' roles; cluster-wide, so created once per server.
create role shelf_owner nologin;
create role shelf_desk login;
create role shelf_night login;
