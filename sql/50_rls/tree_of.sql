-- A table and, where it is partitioned, all that is below it.
create or replace function ttdb.tree_of(root regclass)
returns table (relation regclass, leaf boolean)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    -- pg_partition_tree() knows only partitioned tables and partitions: a plain table is its own tree.
    select
        tree_of.root,
        false
    union all
    select
        t.relid,
        true
    from pg_catalog.pg_partition_tree(tree_of.root) as t
    where t.relid <> tree_of.root
    order by 2, 1;
$function$;

comment on function ttdb.tree_of(regclass) is
'A table with all partitions below it; leaf is true of each of those, between or at the ends.';
revoke all on function ttdb.tree_of(regclass) from public;
