-- Functions and procedures that set or make something for the session, and what they take;
-- those of triggers are called by who writes the table.
select
    p.oid::bigint as oid,
    n.nspname::text as schema,
    p.proname::text as name,
    p.prokind::text as kind,
    pg_catalog.format_type(p.prorettype, null) as returns,
    p.proargmodes is not null as names_columns,
    p.provolatile = 'v' as volatile,
    pg_catalog.pg_get_function_identity_arguments(p.oid) as signature,
    array(
        -- Of a domain what it is a domain of.
        select pg_catalog.format_type(coalesce(nullif(d.typbasetype, 0), t.oid), null)
        from unnest(p.proargtypes::oid[]) with ordinality as t (oid, position)
        inner join pg_catalog.pg_type as d on t.oid = d.oid
        order by t.position
    ) as argument_types,
    coalesce(p.proargnames::text[], '{}') as argument_names,
    coalesce(p.proargmodes::text[], '{}') as argument_modes,
    array(
        select pg_catalog.pg_get_function_arg_default(p.oid, n.place)
        from generate_series(1, coalesce(cardinality(p.proallargtypes), p.pronargs)) as n (place)
        where coalesce(p.proargmodes[n.place] in ('i', 'b', 'v'), true)
        order by n.place
    ) as argument_defaults,
    coalesce(p.prosrc, '') || coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), '') as body,
    array(
        select r.rolname::text
        from pg_catalog.pg_roles as r
        where
            r.rolname::text = any(%(roles)s::text[])
            and case
                when p.prorettype = 'trigger'::regtype then exists (
                    select from pg_catalog.pg_trigger as t
                    where
                        t.tgfoid = p.oid
                        and t.tgenabled <> 'D'
                        and (
                            has_any_column_privilege(r.oid, t.tgrelid, 'insert, update')
                            or has_table_privilege(r.oid, t.tgrelid, 'delete')
                        )
                )
                else has_schema_privilege(r.oid, n.oid, 'usage') and has_function_privilege(r.oid, p.oid, 'execute')
            end
    ) as callers
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
inner join pg_catalog.pg_language as l on p.prolang = l.oid
where
    p.prokind in ('f', 'p')
    and p.prorettype <> 'event_trigger'::regtype
    and l.lanname in ('sql', 'plpgsql')
    and coalesce(p.prosrc, '') || coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), '')
    ~* 'set_config\s*\(|\mset\s+(session\s+)?([a-z_]+\.[a-z_.]+|%%[Is])\s*(=|to)|\mtemp(orary)?\s+table\M'
    and n.nspname not in ('pg_catalog', 'information_schema')
    and not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
order by n.nspname, p.proname, p.oid
