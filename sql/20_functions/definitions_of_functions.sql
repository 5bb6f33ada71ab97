-- How the server itself describes functions: the ground truth of drift.
create or replace function ttdb.definitions_of_functions(functions regprocedure[])
returns table (kind text, identity text, definition text)
language plpgsql -- its plan is kept over a session's many calls, and costs more than running it
stable
parallel safe
security invoker
set search_path = ''
as $function$
#variable_conflict use_column
begin
    return query
    with wanted as (
        select
            p.*,
            p.oid::pg_catalog.regprocedure::pg_catalog.text as identity
        from pg_catalog.pg_proc as p
        where p.oid = any(definitions_of_functions.functions)
            and p.prokind <> 'a' -- an aggregate has no definition that the server would give
            and not exists (
                select
                from pg_catalog.pg_depend as d
                where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e'
            )
    ),

    described as (
        select
            'function' as kind,
            w.identity,
            pg_catalog.pg_get_functiondef(w.oid) as definition
        from wanted as w

        union all
        select
            'owner',
            w.identity,
            pg_catalog.pg_get_userbyid(w.proowner)::pg_catalog.text
        from wanted as w

        union all
        select
            'grants',
            w.identity,
            ttdb.grants_as_text(coalesce(w.proacl, pg_catalog.acldefault('f', w.proowner)))
        from wanted as w

        union all
        select
            r.kind,
            r.identity,
            r.definition
        from ttdb.registrations_of('{}', definitions_of_functions.functions) as r
    )

    select
        d.kind,
        d.identity,
        d.definition
    from described as d
    order by d.kind collate pg_catalog."C", d.identity collate pg_catalog."C";
end;
$function$;

comment on function ttdb.definitions_of_functions(regprocedure[]) is
'Definition, owner and grants of these functions, and what the registries say.';
revoke all on function ttdb.definitions_of_functions(regprocedure[]) from public;
grant execute on function ttdb.definitions_of_functions(regprocedure[]) to ttdb_operator, ttdb_masker, ttdb_definer;
