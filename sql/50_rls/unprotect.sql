-- Makes a protected table what it was before.
create or replace function ttdb.unprotect(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_entry ttdb.tenant_tables;
    v_piece record;
    v_grant record;
begin
    select t.* into v_entry from ttdb.tenant_tables as t where t.relation = unprotect.relation;
    if not found then
        return;
    end if;
    if exists (select from ttdb.personal_columns as c where c.relation = unprotect.relation) then
        raise exception '% has masked columns', relation
            using errcode = 'TTMSK',
            hint = 'Without policies the masked view would show every tenant: masked.forget() them first.';
    end if;

    for v_piece in
        select
            t.relation,
            coalesce(f.enabled, false) as enabled,
            coalesce(f.forced, false) as forced
        from ttdb.tree_of(unprotect.relation) as t
        left join pg_catalog.jsonb_to_recordset(v_entry.found -> 'row_security')
            as f (
                relation pg_catalog.text, root pg_catalog.bool, enabled pg_catalog.bool, forced pg_catalog.bool
            )
            on case when f.root then not t.leaf else pg_catalog.to_regclass(f.relation) = t.relation end
        order by t.leaf, t.relation
    loop
        perform ttdb.undress(v_piece.relation, v_entry.tenant_column);
        execute pg_catalog.format(
            'alter table %s %s row level security, %s row level security',
            v_piece.relation,
            case when v_piece.enabled then 'enable' else 'disable' end,
            case when v_piece.forced then 'force' else 'no force' end
        );
    end loop;

    for v_grant in
        select
            g.role,
            g.privilege,
            g.grantable,
            c.oid::pg_catalog.regclass as object,
            c.relkind
        from pg_catalog.jsonb_to_recordset(v_entry.found -> 'grants')
            as g (
                object pg_catalog.text, root pg_catalog.bool, role pg_catalog.text, privilege pg_catalog.text,
                grantable pg_catalog.bool
            )
        inner join pg_catalog.pg_class as c
            on c.oid = case when g.root then unprotect.relation else pg_catalog.to_regclass(g.object) end
    loop
        execute pg_catalog.format(
            'grant %s on %s %s to %I',
            v_grant.privilege,
            case when v_grant.relkind = 'S' then 'sequence' else 'table' end,
            v_grant.object,
            v_grant.role
        ) || case when v_grant.grantable then ' with grant option' else '' end;
    end loop;

    delete from ttdb.tenant_tables as t where t.relation = unprotect.relation;
end;
$function$;

comment on function ttdb.unprotect(regclass) is
'Takes off what ttdb.protect() put on, and gives back the row security and the grants that stood before.';
revoke all on function ttdb.unprotect(regclass) from public;
