-- The clinics' roles; cluster-wide, so created once per server.
create role clinic_owner nologin;
create role clinic_web login;
create role clinic_kiosk login;
create role clinic_batch nologin;
