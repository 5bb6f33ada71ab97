-- Takes everybody's way to a partition except through its parent.
create or replace function ttdb.close_leaf(leaf regclass, relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
begin
    if exists (select from ttdb.tenant_tables as t where t.relation = close_leaf.relation) then
        perform ttdb.dress_leaf(leaf, relation, null);
    else
        -- Nobody may reach it but its owner, whom the parent's row security does not filter either.
        perform ttdb.strip(leaf);
        perform ttdb.dress_leaf(leaf, relation, leaf);
    end if;
end;
$function$;

comment on function ttdb.close_leaf(regclass, regclass) is
'Leaves a partition the operators'' policy and grants where its parent is protected, and nobody''s otherwise.';
revoke all on function ttdb.close_leaf(regclass, regclass) from public;
