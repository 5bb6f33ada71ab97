/*
code = "OBJ009"
name = "event-trigger-weakens"
severity = "warning"
since = "0.1.0"
title = "An event trigger takes protection away"
why = '''
Whoever makes an index or a table next, a migration mostly, sets it off, with all of that person's rights: row security
goes, a policy, a trigger of the trail, or a policy that is true for everyone comes, and nobody has typed it.
'''
bad = '''
create function app.tg__faster() returns event_trigger language plpgsql
as 'begin alter table app.orders disable row level security; end';
create event trigger faster on ddl_command_end when tag in ('CREATE INDEX') execute function app.tg__faster();
'''
fix = '''
drop event trigger faster;
'''
*/
select
    null::text as schema,
    'event triggers take protection away' as cause,
    'event trigger ' || e.evtname as object,
    format('event trigger %I runs %s, which takes protection away', e.evtname, e.evtfoid::regproc) as detail,
    format('select 1 from pg_catalog.pg_event_trigger where evtname = %L and evtenabled <> ''D'';', e.evtname)
        as evidence,
    format('drop event trigger %I;', e.evtname) as fix
from pg_catalog.pg_event_trigger as e
inner join pg_catalog.pg_proc as p on e.evtfoid = p.oid
where
    e.evtenabled <> 'D'
    and (
        p.prosrc ~* (
            '\malter\s+(table|role|user)\M[^;]*'
            || '\m((disable|no\s+force)\s+row\s+level|disable\s+trigger|(?<!no)bypassrls)'
            || '|\mdrop\s+(policy|trigger)\M|\msession_replication_role\M'
        )
        or exists (
            select
            from
                regexp_matches(
                    p.prosrc, '\mcreate\s+policy\M([^;]*?)\m(?:using|check)\s*\(\s*true\s*\)', 'gi'
                ) as m (parts)
            where
                coalesce(substring(m.parts[1] from '(?i)\mto\s+"?([\w%]+)'), 'public') = any(
                    string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',') || 'public'::text
                )
        )
        -- What is made next is the application's own.
        or exists (
            select from regexp_matches(p.prosrc, '\mowner\s+to\s+"?(\w+)', 'gi') as o (names)
            where o.names[1] = any(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ','))
        )
    )
    -- A guard names these too, and refuses them.
    and p.prosrc !~* '\mraise\s+exception\M'
order by e.evtname
