-- Whether every change of a table is recorded, in truth and not only on paper.
create or replace function audit.is_enabled(relation regclass, exclude name[] default null) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        exists (
            select
            from ttdb.audited_tables as a
            where a.relation = is_enabled.relation
                and (
                    is_enabled.exclude is null
                    or (a.excluded @> is_enabled.exclude and a.excluded <@ is_enabled.exclude)
                )
                and not exists (
                    select
                    from pg_catalog.unnest(a.excluded) as e (name)
                    where not exists (
                        select
                        from pg_catalog.pg_attribute as c
                        where c.attrelid = a.relation and c.attname = e.name and c.attnum > 0 and not c.attisdropped
                    )
                )
        )
        and exists (
            select from pg_catalog.pg_index as i where i.indrelid = is_enabled.relation and i.indisprimary
        )
        -- Rows of children by inheritance change without this table's triggers.
        and not exists (
            select
            from pg_catalog.pg_inherits as i
            inner join pg_catalog.pg_class as c on c.oid = is_enabled.relation and c.relkind = 'r'
            where i.inhparent = c.oid
        )
        and not exists (
            select
            from ttdb.audited_tables as a
            cross join lateral ttdb.generated_from(a.relation, a.excluded) as g
            where a.relation = is_enabled.relation and g.name <> all(a.excluded)
        )
        -- tgtype: 29 is AFTER INSERT OR UPDATE OR DELETE FOR EACH ROW, 32 AFTER TRUNCATE FOR EACH STATEMENT.
        and not exists (
            select
            from ttdb.tree_of(is_enabled.relation) as t
            cross join (
                values
                ('_900_record_change'::pg_catalog.name, 29),
                ('_900_record_truncate'::pg_catalog.name, 32)
            ) as w (name, type)
            where not exists (
                select
                from pg_catalog.pg_trigger as g
                where g.tgrelid = t.relation
                    and g.tgname = w.name
                    and g.tgtype = w.type
                    and g.tgenabled = 'A'
                    and g.tgqual is null
                    and pg_catalog.cardinality(g.tgattr::pg_catalog.int2[]) = 0
                    and g.tgfoid = pg_catalog.to_regprocedure('audit.tg__record_change()')
            )
        );
$function$;

comment on function audit.is_enabled(regclass, name[]) is
'Whether a table and its partitions have their recording triggers, unconditional and enabled, and a primary key.';
revoke all on function audit.is_enabled(regclass, name[]) from public;
