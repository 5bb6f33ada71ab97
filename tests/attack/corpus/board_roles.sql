-- The boards' roles; cluster-wide, so created once per server.
create role board_owner nologin;
create role board_member nologin;
create role board_gate login noinherit in role board_member;
create role board_job nologin;
