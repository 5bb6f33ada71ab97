-- The verb that keeps the tenants of a table apart.
create or replace function ttdb.protect(
    relation regclass,
    tenant_column name default 'tenant_id',
    app text[] default '{select,insert,update,delete}',
    worker text[] default '{}',
    definer text[] default '{}'
) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_piece record;
begin
    -- Nothing to do takes no lock; so does a new partition take none on the others.
    if ttdb.is_protected(relation, tenant_column, app, worker, definer) then
        return;
    end if;
    perform ttdb.refuse_unprotectable(relation, tenant_column, app, worker, definer);

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.tenant_tables as d
    where not exists (select from pg_catalog.pg_class as c where c.oid = d.relation);
    insert into ttdb.tenant_tables as t (relation, tenant_column, app, worker, definer, found)
    values (
        protect.relation,
        protect.tenant_column,
        protect.app,
        protect.worker,
        protect.definer,
        ttdb.state_of(protect.relation)
    )
    on conflict on constraint tenant_tables_pkey do update
        set
            tenant_column = excluded.tenant_column,
            app = excluded.app,
            worker = excluded.worker,
            definer = excluded.definer;

    for v_piece in
        select t.*
        from ttdb.tree_of(protect.relation) as t
    loop
        if not ttdb.wears(v_piece.relation, tenant_column, app, worker, definer, v_piece.leaf) then
            perform ttdb.dress(v_piece.relation, tenant_column, app, worker, definer, v_piece.leaf);
        end if;
    end loop;
end;
$function$;

comment on function ttdb.protect(regclass, name, text[], text[], text[]) is
'Enables and forces row security on a table and its partitions, with a policy and a grant per role and verb. '
'Run it again after adding a partition.';
revoke all on function ttdb.protect(regclass, name, text[], text[], text[]) from public;
