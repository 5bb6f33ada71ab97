-- The functions on which others' work rests, and how: called by policies, triggers, views, defaults, constraints, indexes,
-- event triggers, through operators and casts too; and those that such a function, or one with its owner's rights, calls.
with recursive seeds as (
    select
        'pg_catalog.pg_policy'::regclass::oid as classid,
        oid as objid,
        'policies call it' as how
    from pg_catalog.pg_policy
    union all
    select
        'pg_catalog.pg_trigger'::regclass,
        oid,
        'triggers run it'
    from pg_catalog.pg_trigger
    where not tgisinternal
    union all
    select
        'pg_catalog.pg_rewrite'::regclass,
        oid,
        'views and rules call it'
    from pg_catalog.pg_rewrite
    where oid >= 16384
    union all
    select
        'pg_catalog.pg_attrdef'::regclass,
        oid,
        'defaults call it'
    from pg_catalog.pg_attrdef
    union all
    select
        'pg_catalog.pg_constraint'::regclass,
        oid,
        'constraints call it'
    from pg_catalog.pg_constraint
    where contype in ('c', 'x') and oid >= 16384
    union all
    select
        'pg_catalog.pg_class'::regclass,
        oid,
        'indexes call it'
    from pg_catalog.pg_class
    where relkind in ('i', 'I') and oid >= 16384
    union all
    select
        'pg_catalog.pg_event_trigger'::regclass,
        oid,
        'event triggers run it'
    from pg_catalog.pg_event_trigger
),

reached as (
    select * from seeds
    union
    select
        d.refclassid,
        d.refobjid,
        reached.how
    from reached
    inner join pg_catalog.pg_depend as d on reached.classid = d.classid and reached.objid = d.objid
    where
        d.refclassid in (
            'pg_catalog.pg_proc'::regclass,
            'pg_catalog.pg_operator'::regclass,
            'pg_catalog.pg_opclass'::regclass,
            'pg_catalog.pg_opfamily'::regclass
        )
        and d.deptype in ('n', 'a', 'i')
),

own as (
    select
        p.oid,
        p.proname,
        p.prosecdef,
        coalesce(p.prosrc, '') as body
    from pg_catalog.pg_proc as p
    where
        p.oid >= 16384
        and not exists (
            select from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        )
),

direct as (
    select
        own.oid,
        reached.how
    from reached
    inner join own on reached.objid = own.oid
    where reached.classid = 'pg_catalog.pg_proc'::regclass
)

select
    direct.oid::bigint as function,
    string_agg(distinct direct.how, ', ' order by direct.how) as how
from direct
group by direct.oid
union all
select
    called.oid::bigint,
    min('called by ' || caller.proname)
from own as caller
inner join own as called on caller.oid <> called.oid and strpos(caller.body, called.proname || '(') > 0
where
    (caller.prosecdef or caller.oid in (select direct.oid from direct))
    and called.oid not in (select direct.oid from direct)
group by called.oid
