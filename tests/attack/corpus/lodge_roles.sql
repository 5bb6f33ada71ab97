-- The lodging houses' roles; cluster-wide, so created once per server.
create role lodge_owner nologin;
create role lodge_trace nologin;
create role lodge_veil nologin;
create role lodge_app login;
create role lodge_kiosk login;
create role lodge_desk login;
create role lodge_night nologin;
create role lodge_auditor nologin;
