/*
code = "AUD002"
name = "trigger-writes-missing-column"
severity = "error"
since = "0.1.0"
title = "A trigger writes to a table or column that does not exist"
why = '''
The function was created without a complaint, since its body is only read when it runs. Every write that fires
it fails, for an audit trigger together with the change it was to record.
'''
bad = '''
create function app.tg__note_change() returns trigger language plpgsql set search_path = '' as $$
begin
    insert into app.countries (code, changed_by) values (new.id::text, current_user);
    return new;
end
$$;
create trigger _900_note_change after update on app.orders for each row execute function app.tg__note_change();
'''
fix = '''
drop trigger _900_note_change on app.orders;
drop function app.tg__note_change();
'''
subsumed_by = ["AUD004"]
*/
with inserts as (
    select
        f.oid as function,
        m.parts[1] as target,
        regexp_split_to_array(lower(regexp_replace(m.parts[2], '[\s"]', '', 'g')), ',') as names
    from pg_catalog.pg_proc as f
    cross join
        lateral regexp_matches(
            f.prosrc, 'insert\s+into\s+([a-z_0-9."]+)\s*\(([a-z_0-9\s,"]+)\)', 'gi'
        ) as m (parts)
    where f.prorettype = 'trigger'::regtype and f.pronamespace <> 'pg_catalog'::regnamespace
),

resolved as (
    select
        i.function,
        i.target,
        i.names,
        coalesce(
            to_regclass(i.target),
            case when strpos(i.target, '.') = 0 then to_regclass(format('%I.%s', n.nspname, i.target)) end,
            case when strpos(i.target, '.') = 0 then to_regclass(format('public.%s', i.target)) end
        ) as relation
    from inserts as i
    inner join pg_catalog.pg_proc as f on i.function = f.oid
    inner join pg_catalog.pg_namespace as n on f.pronamespace = n.oid
)

select
    n.nspname::text as schema,
    c.relname::text as object,
    'triggers refuse writes: they name what does not exist' as cause,
    format(
        'trigger %s writes to %s of %s, which %s',
        string_agg(distinct t.tgname::text, ', '),
        coalesce('column ' || string_agg(distinct missing.name, ', '), 'columns'),
        r.target,
        case when r.relation is null then 'does not exist' else 'has no such column' end
    ) as detail,
    format('select prosrc from pg_catalog.pg_proc where oid = %L::regprocedure;', r.function::regprocedure) as evidence
from resolved as r
inner join pg_catalog.pg_trigger as t on r.function = t.tgfoid and not t.tgisinternal and t.tgenabled <> 'D'
inner join pg_catalog.pg_class as c on t.tgrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
left join lateral (
    select u.name
    from unnest(r.names) as u (name)
    where r.relation is not null and not exists (
        select from pg_catalog.pg_attribute as a
        where a.attrelid = r.relation and a.attname = u.name::name and not a.attisdropped
    )
) as missing on true
where r.relation is null or missing.name is not null
group by n.nspname, c.relname, r.target, r.relation, r.function
order by n.nspname, c.relname
