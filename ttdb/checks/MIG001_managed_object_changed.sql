/*
code = "MIG001"
name = "managed-object-changed"
severity = "error"
since = "0.1.0"
title = "An object is not as the database's revision left it"
why = '''
A revision made it and recorded its definition. It has since been dropped, or changed by hand: what it
protected may be open.
'''
given = '''
create schema if not exists ttdb;
create table ttdb.managed_objects (kind text, identity text, definition text, revision text, step text);
create function ttdb.definitions_of(relations regclass[]) returns table (kind text, identity text, definition text)
language sql stable set search_path = '' as $$
    select 'owner', c.oid::regclass::text, c.relowner::regrole::text
    from pg_catalog.pg_class as c
    where c.oid = any(relations)
    union all
    select 'constraint', k.conrelid::regclass || '.' || k.conname, pg_catalog.pg_get_constraintdef(k.oid)
    from pg_catalog.pg_constraint as k
    where k.conrelid = any(relations)
$$;
insert into ttdb.managed_objects
select d.kind, d.identity, d.definition, 'platform_0001', 'table public.orders'
from ttdb.definitions_of(array['app.orders'::regclass]) as d;
create function ttdb.definitions_in(schemas text[]) returns table (kind text, identity text, definition text)
language sql stable set search_path = '' as 'select null::text, null::text, null::text where false';
'''
bad = '''
alter table app.orders drop constraint orders_total_must_not_be_negative;
'''
fix = '''
alter table app.orders add constraint orders_total_must_not_be_negative check (total >= 0);
'''
requires = ["ttdb.managed_objects", "ttdb.definitions_of(regclass[])", "ttdb.definitions_in(text[])"]
*/
with managed as (
    select
        m.kind,
        m.identity,
        m.definition,
        m.revision
    from ttdb.managed_objects as m
    where
        m.kind <> 'registration' -- MIG003's: it may say more than its revision left, and no less
        and m.kind !~ '^found ' -- its owner's own, there before ttdb came
),

tables as (
    select distinct c.oid
    from managed as m
    inner join pg_catalog.pg_class as c
        on
            -- Of a table that stood before, parts alone are managed: public.orders.orders_pkey is one of public.orders.
            c.oid = to_regclass(
                case
                    when m.identity !~ '[(]'
                        then substring(m.identity from '^((?:"(?:[^"]|"")+"|[^."]+)[.](?:"(?:[^"]|"")+"|[^."]+))')
                end
            )
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
),

present as (
    select
        d.kind,
        d.identity,
        d.definition
    from ttdb.definitions_of(array(select t.oid::regclass from tables as t)) as d
    union all
    select
        d.kind,
        d.identity,
        d.definition
    from ttdb.definitions_in(
        array(
            select distinct n.nspname::text
            from managed as m
            inner join
                pg_catalog.pg_proc as p
                on p.oid = to_regprocedure(case when m.identity ~ '[(]' then m.identity end)
            inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
            where m.kind = 'function'
        )
    ) as d
)

select
    null::text as schema,
    m.identity as object,
    -- A login may hold narrower grants of its own: who may do what is judged by its reach, in the other families.
    case when m.kind = 'grants' then 'info' else 'error' end as severity,
    format('managed objects are %s', case when p.definition is null then 'missing' else 'changed' end) as cause,
    format(
        '%s %s %s, which revision %s left as: %s',
        m.kind,
        m.identity,
        case when p.definition is null then 'is missing' else 'was changed' end,
        m.revision,
        left(regexp_replace(m.definition, '\s+', ' ', 'g'), 120)
    ) as detail,
    format(
        'begin; set local search_path = ''''; '
        'select m.kind, m.identity from ttdb.managed_objects as m where m.kind = %1$L and m.identity = %2$L'
        ' and not exists (select from (select * from ttdb.definitions_of(array('
        'select c.oid::regclass from pg_catalog.pg_class as c where c.relnamespace = %3$L::regnamespace))'
        ' union all select * from ttdb.definitions_in(array[%3$L])) as d'
        ' where d.kind = m.kind and d.identity = m.identity and d.definition = m.definition);'
        ' rollback;',
        m.kind,
        m.identity,
        split_part(m.identity, '.', 1)
    ) as evidence
from managed as m
left join present as p on m.kind = p.kind and m.identity = p.identity
where p.definition is distinct from m.definition
order by m.kind, m.identity
