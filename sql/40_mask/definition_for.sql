-- The query of a table's masked view, as the registry's decisions make it.
create or replace function masked.definition_for(relation regclass, qualified boolean) returns text
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    -- Written as the server itself would print it, but for white space, so that masked.is_masked() can compare.
    -- The keys are subqueries: they run once a query, and the key stands in no view, plan or argument.
    select 'SELECT ' || pg_catalog.string_agg(
        case
            when p.mask = 'plain' then v.prefix || pg_catalog.quote_ident(a.attname)
            else pg_catalog.format(
                'masked.%I(%s, ( SELECT keys.inner_key FROM masked.keys), ( SELECT keys.outer_key FROM masked.keys))'
                ' AS %I',
                p.mask,
                case
                    when a.atttypid = 'pg_catalog.text'::pg_catalog.regtype
                        then v.prefix || pg_catalog.quote_ident(a.attname)
                    else pg_catalog.format('(%s%I)::text', v.prefix, a.attname)
                end,
                a.attname
            )
        end,
        ', ' order by a.attnum
    ) || ' FROM ' || definition_for.relation::pg_catalog.text
    from ttdb.personal_columns as p
    inner join pg_catalog.pg_attribute as a
        on a.attrelid = p.relation and a.attname = p.column_name and a.attnum > 0 and not a.attisdropped
    inner join pg_catalog.pg_class as c on c.oid = p.relation
    cross join lateral (
        select case when definition_for.qualified then pg_catalog.quote_ident(c.relname) || '.' else '' end
    ) as v (prefix)
    where p.relation = definition_for.relation;
$function$;

comment on function masked.definition_for(regclass, boolean) is
'What a table''s masked view must select: decided columns only, in the table''s order; NULL when none is decided.';
revoke all on function masked.definition_for(regclass, boolean) from public;
