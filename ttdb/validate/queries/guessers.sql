-- Functions of a text or a number, and of what names a row, that return something and that the given role may call; and
-- whether they run with owner's rights. Of their arguments those that must be given, and the first. Volatile ones are
-- among them where they may do what they do.
select
    p.oid::bigint as oid,
    n.nspname::text as schema,
    p.proname::text as name,
    pg_catalog.pg_get_function_identity_arguments(p.oid) as signature,
    p.prosecdef as definer,
    array(
        -- Of a domain what it is a domain of.
        select pg_catalog.format_type(coalesce(nullif(d.typbasetype, 0), t.oid), null)
        from unnest(p.proargtypes::oid[]) with ordinality as t (oid, place)
        inner join pg_catalog.pg_type as d on t.oid = d.oid
        where t.place <= greatest(p.pronargs - p.pronargdefaults, 1)
        order by t.place
    ) as argument_types,
    coalesce(p.proargnames::text[], '{}') as argument_names
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
inner join pg_catalog.pg_language as l on p.prolang = l.oid
where
    p.prokind = 'f'
    and p.pronargs - p.pronargdefaults <= 3
    and p.pronargs > 0
    and exists (
        select from unnest(p.proargtypes::oid[]) as t (oid)
        inner join pg_catalog.pg_type as d on t.oid = d.oid
        where coalesce(nullif(d.typbasetype, 0), t.oid) in (
            'text'::regtype, 'varchar'::regtype,
            'smallint'::regtype, 'integer'::regtype, 'bigint'::regtype,
            'numeric'::regtype, 'double precision'::regtype, 'real'::regtype
        )
    )
    and p.prorettype not in ('void'::regtype, 'trigger'::regtype, 'event_trigger'::regtype)
    and (p.provolatile <> 'v' or %(volatile)s)
    and l.lanname in ('sql', 'plpgsql')
    and n.nspname not in ('pg_catalog', 'information_schema')
    and has_schema_privilege(%(role)s, n.oid, 'usage')
    and has_function_privilege(%(role)s, p.oid, 'execute')
order by n.nspname, p.proname, p.oid
