-- The policies that a table has, in the shape of ttdb.policies_for().
create or replace function ttdb.policies_on(relation regclass)
returns table (
    policy name, command text, role name, using_expression text, check_expression text, permissive boolean
)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        p.polname,
        case p.polcmd
            when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all'
        end,
        case
            when pg_catalog.cardinality(p.polroles) = 1 and p.polroles[1] <> 0
                then pg_catalog.pg_get_userbyid(p.polroles[1])
        end,
        pg_catalog.pg_get_expr(p.polqual, p.polrelid),
        pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
        p.polpermissive
    from pg_catalog.pg_policy as p
    where p.polrelid = policies_on.relation
        -- These come and go by decision, and nobody else is let through by them.
        and p.polroles is distinct from array[pg_catalog.to_regrole('ttdb_observed')::pg_catalog.oid];
$function$;

comment on function ttdb.policies_on(regclass) is
'A table''s policies; the role is NULL where it is PUBLIC or several, which ours never are; without those for '
'services that are observed.';
revoke all on function ttdb.policies_on(regclass) from public;
