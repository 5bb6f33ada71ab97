/*
code = "PRV027"
name = "untrusted-language-usable"
severity = "error"
since = "0.1.0"
title = "An application role may write functions in a language that knows no limits"
why = '''
A function in C, in an internal or an untrusted language does what the server's own process may do. Only superusers may
use such a language, unless somebody has marked it as trusted.
'''
bad = '''
update pg_catalog.pg_language set lanpltrusted = true where lanname = 'internal';
grant usage on language internal to public;
'''
fix = '''
revoke usage on language internal from public;
update pg_catalog.pg_language set lanpltrusted = false where lanname = 'internal';
'''
*/
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
)

select
    null::text as schema,
    roles.rolname::text as role,
    'an untrusted language is marked as trusted' as cause,
    'language ' || l.lanname as object,
    format('%s may write functions in language %s', roles.rolname, l.lanname) as detail,
    format('select 1 where has_language_privilege(%L, %L, ''usage'');', roles.rolname, l.lanname) as evidence,
    format('update pg_catalog.pg_language set lanpltrusted = false where lanname = %L;', l.lanname) as fix
from pg_catalog.pg_language as l
inner join roles on has_language_privilege(roles.oid, l.oid, 'usage')
where l.lanpltrusted and (l.lanname in ('c', 'internal') or l.lanname ~ '^pl.*u$')
order by l.lanname, roles.rolname
