/*
code = "SRV001"
name = "password-encryption-md5"
severity = "info"
since = "0.1.0"
title = "New passwords are stored as MD5"
why = '''
An MD5 verifier is as good as the password to whoever copies it, and is cracked in minutes.
'''
bad = '''
set local password_encryption = 'md5';
'''
fix = '''
set local password_encryption = 'scram-sha-256';
'''
*/
select
    null::text as schema,
    'server' as object,
    'password_encryption is md5' as detail,
    'alter system set password_encryption = ''scram-sha-256''; select pg_catalog.pg_reload_conf();' as fix
where pg_catalog.current_setting('password_encryption') = 'md5'
