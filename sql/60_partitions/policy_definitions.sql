-- The policies of a table, as CREATE POLICY has them behind the table's name.
create or replace function ttdb.policy_definitions(relation regclass)
returns table (policy name, definition text, comment text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        p.polname,
        pg_catalog.concat_ws(
            ' ',
            'as', case when p.polpermissive then 'permissive' else 'restrictive' end,
            'for', case p.polcmd
                when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
                else 'all'
            end,
            'to', (
                select pg_catalog.string_agg(
                    case
                        when r.id = 0 then 'public'
                        else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(r.id))
                    end, ', '
                )
                from pg_catalog.unnest(p.polroles) as r (id)
            ),
            'using (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
            'with check (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')'
        ),
        pg_catalog.obj_description(p.oid, 'pg_policy')
    from pg_catalog.pg_policy as p
    where p.polrelid = policy_definitions.relation;
$function$;

comment on function ttdb.policy_definitions(regclass) is
'The policies of a table: name, what CREATE POLICY says after the table, comment.';
revoke all on function ttdb.policy_definitions(regclass) from public;
