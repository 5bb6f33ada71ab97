-- Whether columns are kept unique over all partitions, in truth and not only on paper.
create or replace function ttdb.is_kept_unique(
    relation regclass, columns name[], across_tenants boolean default false
) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select exists (
        select
        from ttdb.unique_keys as u
        inner join ttdb.tenant_tables as t on t.relation = u.relation
        inner join pg_catalog.pg_class as k on k.oid = u.keys
        where u.relation = is_kept_unique.relation
            and u.columns = is_kept_unique.columns
            and u.across_tenants = is_kept_unique.across_tenants
            and ttdb.is_protected(u.keys, t.tenant_column, '{}', '{}', '{select,insert,delete}')
            and exists (
                select
                from pg_catalog.pg_index as i
                where i.indrelid = u.keys
                    and i.indisprimary
                    and i.indisvalid
                    and (
                        select pg_catalog.array_agg(a.attname order by a.attname)
                        from pg_catalog.pg_attribute as a
                        where a.attrelid = i.indrelid and a.attnum = any(i.indkey)
                    ) = (
                        select pg_catalog.array_agg(c.column_name order by c.column_name)
                        from ttdb.key_columns_of(u.relation, t.tenant_column, u.columns, u.across_tenants) as c
                        where c.in_key
                    )
            )
            and not exists (
                select
                from ttdb.tree_of(u.relation) as r
                cross join ttdb.unique_triggers_for(u.relation, t.tenant_column, u.columns, u.across_tenants) as w
                where not exists (
                    select
                    from pg_catalog.pg_trigger as g
                    where g.tgrelid = r.relation
                        and g.tgname = w.trigger_name
                        and g.tgtype = w.type
                        and g.tgenabled in ('O', 'A')
                        and g.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__keep_unique()')
                )
            )
    );
$function$;

comment on function ttdb.is_kept_unique(regclass, name[], boolean) is
'Whether a key table stands, protected, and the triggers that feed it are on the table and all its partitions.';
revoke all on function ttdb.is_kept_unique(regclass, name[], boolean) from public;
