/*
code = "AUD013"
name = "trail-function-writes-nothing"
severity = "error"
since = "0.1.0"
title = "A trigger that is called as one of a trail writes nothing"
why = '''
The triggers stand, and whoever looks at the tables finds them recorded; but the function that they call was emptied,
for a load or for speed, and never given back its body.
'''
given = '''
create function app.tg__audit() returns trigger language plpgsql set search_path = '' as $$
begin
    insert into app.countries (code, title) values (left(new.id::text, 8), 'changed') on conflict do nothing;
    return null;
end
$$;
create trigger _900_audit after update on app.orders for each row execute function app.tg__audit();
revoke all on app.countries from example_app;
'''
bad = '''
create or replace function app.tg__audit() returns trigger language plpgsql set search_path = '' as $$
begin
    -- insert into app.countries (code, title) values (left(new.id::text, 8), 'changed');
    return null;
end
$$;
'''
fix = '''
drop trigger _900_audit on app.orders;
drop function app.tg__audit();
'''
*/
with emptied as (
    select
        f.oid,
        n.nspname,
        format('%I(%s)', f.proname, pg_catalog.pg_get_function_identity_arguments(f.oid)) as signature,
        array_agg(distinct t.tgrelid::regclass::text) as tables
    from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as k (relation oid)
    inner join pg_catalog.pg_trigger as t on k.relation = t.tgrelid and not t.tgisinternal and t.tgenabled <> 'D'
    inner join pg_catalog.pg_proc as f on t.tgfoid = f.oid
    inner join pg_catalog.pg_language as l on f.prolang = l.oid and l.lanname = 'plpgsql'
    inner join pg_catalog.pg_namespace as n on f.pronamespace = n.oid
    where
        -- After the change: before it, a function that returns nothing refuses it.
        (t.tgtype & 2) = 0
        and concat_ws(' ', n.nspname, f.proname, t.tgname)
        ~* '(audit|trail|histor|journal|(^|[ _])(change)?log(ged|ger)?([ _]|$))'
        and regexp_replace(f.prosrc, '--[^\n]*|/\*.*?\*/', ' ', 'g')
        !~* '\m(insert|update|delete|merge|perform|execute|call|copy|select|raise)\M|:='
    group by f.oid, n.nspname, f.proname
)

select
    e.nspname::text as schema,
    e.signature as object,
    'functions of the trail write nothing' as cause,
    format(
        '%I.%s is called after each change of %s%s, and does nothing',
        e.nspname, e.signature, array_to_string(e.tables[1:5], ', '),
        case when cardinality(e.tables) > 5 then ' and ' || cardinality(e.tables) - 5 || ' more' else '' end
    ) as detail,
    format('select p.prosrc from pg_catalog.pg_proc as p where p.oid = %L::regprocedure;', e.oid::regprocedure)
        as evidence
from emptied as e
order by e.nspname, e.signature
