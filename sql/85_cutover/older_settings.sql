-- Which logins still say their tenant in a setting of an older name.
create table ttdb.older_settings (
    login name not null,
    setting text not null,
    constraint older_settings_pkey primary key (login, setting),
    constraint older_settings_must_have_a_prefix check (setting ~ '^[a-z_][a-z0-9_]*[.][a-z_][a-z0-9_]*$')
);
comment on table ttdb.older_settings is
'Older names of the tenant''s setting, and the logins that ttdb.tenant_id() reads them for.';
comment on column ttdb.older_settings.login is 'what the service logs in as: session_user, which no session can set';
comment on column ttdb.older_settings.setting is 'the older name, in lower case';
comment on constraint older_settings_pkey on ttdb.older_settings is 'a login is named once for a setting';
comment on constraint older_settings_must_have_a_prefix on ttdb.older_settings is
'a setting of the application''s own has a prefix and a point, as app.current_tenant';
grant select on ttdb.older_settings to ttdb_operator;
