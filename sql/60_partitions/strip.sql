-- Takes every policy and every grant off a table, whosever they are.
create or replace function ttdb.strip(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_policy pg_catalog.name;
    v_role pg_catalog.oid;
    v_columns pg_catalog.text;
begin
    for v_policy in
        select p.polname
        from pg_catalog.pg_policy as p
        where p.polrelid = strip.relation
    loop
        execute pg_catalog.format('drop policy %I on %s', v_policy, relation);
    end loop;

    for v_role, v_columns in
        select
            g.grantee,
            null
        from pg_catalog.pg_class as c
        cross join lateral pg_catalog.aclexplode(c.relacl) as g
        where c.oid = strip.relation and g.grantee <> c.relowner
        union
        select
            g.grantee,
            pg_catalog.format(' (%I)', a.attname)
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_attribute as a on a.attrelid = c.oid and not a.attisdropped
        cross join lateral pg_catalog.aclexplode(a.attacl) as g
        where c.oid = strip.relation and g.grantee <> c.relowner
    loop
        execute pg_catalog.format(
            'revoke all%s on table %s from %s',
            v_columns,
            relation,
            case when v_role = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(v_role)) end
        );
    end loop;
end;
$function$;

comment on function ttdb.strip(regclass) is
'Drops all policies of a table and revokes whatever anybody but its owner may do with it, default privileges'' too.';
revoke all on function ttdb.strip(regclass) from public;
