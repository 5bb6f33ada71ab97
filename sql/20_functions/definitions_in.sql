-- How the server itself describes the functions of some schemas.
create or replace function ttdb.definitions_in(schemas text[])
returns table (kind text, identity text, definition text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    with wanted as (
        select
            p.*,
            p.oid::pg_catalog.regprocedure::pg_catalog.text as identity
        from pg_catalog.pg_proc as p
        inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
        where n.nspname = any(definitions_in.schemas)
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
    )

    select
        d.kind,
        d.identity,
        d.definition
    from described as d
    order by d.kind collate pg_catalog."C", d.identity collate pg_catalog."C";
$function$;

comment on function ttdb.definitions_in(text[]) is 'Definition, owner and grants of the functions of some schemas.';
revoke all on function ttdb.definitions_in(text[]) from public;
grant execute on function ttdb.definitions_in(text[]) to ttdb_operator, ttdb_masker, ttdb_definer;
