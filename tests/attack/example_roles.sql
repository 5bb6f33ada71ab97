-- The example's roles; cluster-wide, so created once per server.
create role example_owner nologin;
create role example_app login;
create role example_worker nologin;
create role example_support nologin;
