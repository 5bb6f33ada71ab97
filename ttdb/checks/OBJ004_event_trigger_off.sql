/*
code = "OBJ004"
name = "event-trigger-off"
severity = "warning"
since = "0.1.0"
title = "An event trigger is switched off, or does nothing"
why = '''
Event triggers see what no table trigger sees: tables made without protection, triggers and policies taken away. One
that is there and does not fire, or runs a function that was emptied, was a guard, and is none.
'''
bad = '''
create function app.tg__watch() returns event_trigger language plpgsql as 'begin raise notice ''%'', tg_tag; end';
create event trigger watch on ddl_command_end execute function app.tg__watch();
alter event trigger watch disable;
'''
fix = '''
alter event trigger watch enable;
'''
*/
select
    null::text as schema,
    'event triggers are switched off' as cause,
    'event trigger ' || e.evtname as object,
    format(
        'event trigger %I, which runs %s at %s, %s',
        e.evtname,
        e.evtfoid::regproc,
        e.evtevent,
        case e.evtenabled when 'R' then 'fires on replicas only' else 'is disabled' end
    ) as detail,
    format('select 1 from pg_catalog.pg_event_trigger where evtname = %L and evtenabled in (''D'', ''R'');', e.evtname)
        as evidence,
    format('alter event trigger %I enable;', e.evtname) as fix
from pg_catalog.pg_event_trigger as e
where e.evtenabled in ('D', 'R')
union all
select
    null,
    'event triggers are switched off',
    'event trigger ' || e.evtname,
    format('event trigger %I runs %s at %s, which does nothing', e.evtname, e.evtfoid::regproc, e.evtevent),
    format('select p.prosrc from pg_catalog.pg_proc as p where p.oid = %L::regprocedure;', e.evtfoid::regprocedure),
    format('-- give %s its body back', e.evtfoid::regproc)
from pg_catalog.pg_event_trigger as e
inner join pg_catalog.pg_proc as p on e.evtfoid = p.oid
inner join pg_catalog.pg_language as l on p.prolang = l.oid and l.lanname = 'plpgsql'
where
    e.evtenabled not in ('D', 'R')
    and regexp_replace(p.prosrc, '--[^\n]*|/\*.*?\*/', ' ', 'g')
    !~* (
        '\m(insert|update|delete|merge|perform|execute|call|select|raise|alter|create|drop|grant|revoke|comment'
        || '|notify|refresh|truncate|analyze|set|reset|lock|copy|assert)\M|:='
    )
order by object
