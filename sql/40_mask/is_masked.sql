-- Whether support sees columns as somebody says, in truth and not only on paper.
create or replace function masked.is_masked(relation regclass, decisions jsonb) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select not exists (
        select
        from pg_catalog.jsonb_each_text(decisions) as d (column_name, mask)
        where not exists (
            select
            from ttdb.personal_columns as p
            -- The registry may name a column that has been renamed or dropped since.
            inner join pg_catalog.pg_attribute as a
                on a.attrelid = p.relation and a.attname = p.column_name and a.attnum > 0 and not a.attisdropped
            where p.relation = is_masked.relation
                and p.column_name = d.column_name
                and p.mask = d.mask
                and p.mask in (select m.mask from masked.masks() as m)
                and pg_catalog.has_column_privilege('ttdb_masker', p.relation, a.attnum, 'select')
        )
    )
    and not exists (
        select
        from ttdb.personal_columns as o
        cross join lateral ttdb.generated_from(o.relation, array[o.column_name]) as g
        inner join ttdb.personal_columns as s on s.relation = o.relation and s.column_name = g.name
        where o.relation = is_masked.relation and o.mask <> 'plain' and s.mask = 'plain'
    )
    and exists (
        select
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_class as v on v.oid = pg_catalog.to_regclass(pg_catalog.format('masked.%I', c.relname))
        where c.oid = is_masked.relation
            and v.relkind = 'v'
            and v.relowner = 'ttdb_masker'::pg_catalog.regrole
            and not coalesce('security_invoker=true' = any(v.reloptions), false)
            -- Which of the two the server prints depends on its version.
            and pg_catalog.regexp_replace(pg_catalog.pg_get_viewdef(v.oid), '\s+', ' ', 'g') in (
                ' ' || masked.definition_for(c.oid, false) || ';',
                ' ' || masked.definition_for(c.oid, true) || ';'
            )
            and pg_catalog.has_table_privilege('ttdb_support', v.oid, 'select')
            and not exists (
                select from pg_catalog.aclexplode(v.relacl) as g where g.grantee = 0
            )
    );
$function$;

comment on function masked.is_masked(regclass, jsonb) is
'Whether columns'' masks stand in the registry, and the masked view is exactly what the registry makes it.';
revoke all on function masked.is_masked(regclass, jsonb) from public;
