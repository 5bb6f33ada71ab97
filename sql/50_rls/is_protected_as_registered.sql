-- Whether a table is protected as the registry says, in truth and not only on paper.
create or replace function ttdb.is_protected(relation regclass) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select coalesce(
        (
            select ttdb.is_protected(t.relation, t.tenant_column, t.app, t.worker, t.definer)
            from ttdb.tenant_tables as t
            where t.relation = is_protected.relation
        ),
        false
    );
$function$;

comment on function ttdb.is_protected(regclass) is
'Whether a table and its partitions are what the registry says of them; false where it says nothing.';
revoke all on function ttdb.is_protected(regclass) from public;
