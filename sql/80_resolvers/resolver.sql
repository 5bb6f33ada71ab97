-- Declares a function as a resolver: one that tells which tenant something belongs to, and nothing else.
create or replace function ttdb.resolver(function regprocedure, finds text) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_function pg_catalog.pg_proc;
begin
    select p.* into v_function from pg_catalog.pg_proc as p where p.oid = resolver.function;
    if not found then
        raise exception 'there is no function %', function
            using errcode = 'TTRSV', hint = 'Name it with its argument types: ttdb.resolver(''public.f(text)'', ''…'').';
    end if;
    if coalesce(finds, '') !~ '\S' then
        raise exception 'what % finds is not said', function
            using errcode = 'TTRSV', hint = 'Say it in words: it is what people read when they grant the function.';
    end if;
    if v_function.prokind <> 'f' or v_function.prorettype <> 'pg_catalog.uuid'::pg_catalog.regtype
        or v_function.proargmodes is not null then
        raise exception '% returns more than a tenant', function
            using errcode = 'TTRSV',
            detail = pg_catalog.format('It returns %s.', coalesce(
                pg_catalog.pg_get_function_result(v_function.oid), 'nothing'
            )),
            hint = 'A resolver returns uuid or setof uuid: whoever may call it learns the tenant, and nothing of its rows.';
    end if;
    if pg_catalog.pg_get_userbyid(v_function.proowner) <> 'ttdb_definer' or not v_function.prosecdef then
        raise exception '% does not run as ttdb_definer', function
            using errcode = 'TTRSV',
            hint = 'Make it SECURITY DEFINER and ttdb_definer its owner, whose policies say what it may read.';
    end if;
    if exists (
        select
        from pg_catalog.aclexplode(
            coalesce(v_function.proacl, pg_catalog.acldefault('f', v_function.proowner))
        ) as a
        where a.grantee in (0, pg_catalog.to_regrole('ttdb_app')) and a.privilege_type = 'EXECUTE'
    ) then
        raise exception 'every session may execute %', function
            using errcode = 'TTRSV',
            hint = pg_catalog.format('One tenant could ask about any other: revoke execute on function %s from public, '
                'ttdb_app; then "ttdb roles add SERVICE --resolver NAME" grants it to one service.', function);
    end if;

    insert into ttdb.resolvers (function, finds)
    values (resolver.function::pg_catalog.text, resolver.finds)
    on conflict on constraint resolvers_pkey do update set finds = excluded.finds;
end;
$function$;

comment on function ttdb.resolver(regprocedure, text) is
'Declares a resolver; refused with TTRSV unless it runs as ttdb_definer, returns tenants alone, and is granted to no '
'group of services.';
revoke all on function ttdb.resolver(regprocedure, text) from public;
