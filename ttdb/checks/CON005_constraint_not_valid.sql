/*
code = "CON005"
name = "constraint-not-valid"
severity = "info"
since = "0.1.0"
title = "A constraint was never validated"
why = '''
New rows obey it; rows that were there before may not, and nothing has looked.
'''
bad = '''
alter table app.orders add constraint orders_total_must_be_small check (total < 1000) not valid;
'''
fix = '''
alter table app.orders validate constraint orders_total_must_be_small;
'''
*/
select
    n.nspname::text as schema,
    format('%s.%s', c.relname, k.conname) as object,
    format('constraint %s of %I.%I is not validated', k.conname, n.nspname, c.relname) as detail,
    format('alter table %s validate constraint %I;', c.oid::regclass, k.conname) as fix
from pg_catalog.pg_constraint as k
inner join pg_catalog.pg_class as c on k.conrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where
    not k.convalidated
    and n.nspname::text = any(string_to_array(pg_catalog.current_setting('ttdb.protected_schemas'), ','))
order by 1, 2
