-- Whether a table is protected as somebody says, in truth and not only on paper.
create or replace function ttdb.is_protected(
    relation regclass,
    tenant_column name,
    app text[] default '{select,insert,update,delete}',
    worker text[] default '{}',
    definer text[] default '{}'
) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        exists (
            select
            from ttdb.tenant_tables as t
            where t.relation = is_protected.relation
                and t.tenant_column = is_protected.tenant_column
                and t.app @> is_protected.app and t.app <@ is_protected.app
                and t.worker @> is_protected.worker and t.worker <@ is_protected.worker
                and t.definer @> is_protected.definer and t.definer <@ is_protected.definer
        )
        and not exists (
            select
            from ttdb.tree_of(is_protected.relation) as t
            where not ttdb.wears(
                t.relation,
                is_protected.tenant_column,
                is_protected.app,
                is_protected.worker,
                is_protected.definer,
                t.leaf
            )
        );
$function$;

comment on function ttdb.is_protected(regclass, name, text[], text[], text[]) is
'Whether a table and its partitions stand in the registry and in the catalog as ttdb.protect() leaves them.';
revoke all on function ttdb.is_protected(regclass, name, text[], text[], text[]) from public;
