-- Makes a table that is to become a partition what the partitions beside it are, before a row can reach it.
create or replace function ttdb.dress_leaf(leaf regclass, relation regclass, sibling regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_entry ttdb.tenant_tables;
    v_piece record;
begin
    perform ttdb.strip(leaf);
    select t.* into v_entry from ttdb.tenant_tables as t where t.relation = dress_leaf.relation;
    if found then
        perform ttdb.dress(leaf, v_entry.tenant_column, v_entry.app, v_entry.worker, v_entry.definer, true);
    else
        -- As the stricter of the two: a sibling that was left open must not multiply.
        for v_piece in
            select
                pg_catalog.bool_or(c.relrowsecurity) as enabled,
                pg_catalog.bool_or(c.relforcerowsecurity) as forced
            from pg_catalog.pg_class as c
            where c.oid in (dress_leaf.relation, dress_leaf.sibling)
        loop
            execute pg_catalog.format(
                'alter table %s %s row level security, %s row level security',
                leaf,
                case when v_piece.enabled then 'enable' else 'disable' end,
                case when v_piece.forced then 'force' else 'no force' end
            );
        end loop;
        for v_piece in
            select p.*
            from ttdb.policy_definitions(sibling) as p
        loop
            execute pg_catalog.format('create policy %I on %s %s', v_piece.policy, leaf, v_piece.definition);
            execute pg_catalog.format('comment on policy %I on %s is %L', v_piece.policy, leaf, v_piece.comment);
        end loop;
        for v_piece in
            select
                g.privilege_type,
                g.is_grantable,
                case
                    when g.grantee = 0 then 'public'
                    else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee))
                end as grantee
            from pg_catalog.pg_class as c
            cross join lateral pg_catalog.aclexplode(c.relacl) as g
            where c.oid = dress_leaf.sibling and g.grantee <> c.relowner
        loop
            execute pg_catalog.format('grant %s on table %s to %s', v_piece.privilege_type, leaf, v_piece.grantee)
                || case when v_piece.is_grantable then ' with grant option' else '' end;
        end loop;
    end if;

    -- Row triggers of the parent come with it. Those of a statement must be on each partition: TRUNCATE can name one.
    for v_piece in
        select
            t.tgname,
            t.tgenabled,
            pg_catalog.replace(
                pg_catalog.pg_get_triggerdef(t.oid),
                pg_catalog.format(' ON %s ', dress_leaf.sibling),
                pg_catalog.format(' ON %s ', dress_leaf.leaf)
            ) as definition,
            pg_catalog.obj_description(t.oid, 'pg_trigger') as comment
        from pg_catalog.pg_trigger as t
        where t.tgrelid = dress_leaf.sibling
            and not t.tgisinternal
            and t.tgparentid = 0
            and not exists (
                select from pg_catalog.pg_trigger as o where o.tgrelid = dress_leaf.leaf and o.tgname = t.tgname
            )
        union all
        select
            '_900_record_truncate',
            'A',
            pg_catalog.format(
                'create trigger _900_record_truncate after truncate on %s '
                'for each statement execute function audit.tg__record_change()', dress_leaf.leaf
            ),
            'writes to the trail that all rows went at once'
        from ttdb.audited_tables as a
        where a.relation = dress_leaf.relation
            and not exists (
                select
                from pg_catalog.pg_trigger as o
                where o.tgrelid in (dress_leaf.leaf, dress_leaf.sibling) and o.tgname = '_900_record_truncate'
            )
        union all
        select
            w.trigger_name,
            'O',
            w.definition,
            w.comment
        from ttdb.unique_keys as u
        cross join ttdb.unique_triggers_for(dress_leaf.leaf, v_entry.tenant_column, u.columns, u.across_tenants) as w
        where u.relation = dress_leaf.relation
            and (w.type & 1) = 0
            and not exists (
                select
                from pg_catalog.pg_trigger as o
                where o.tgrelid in (dress_leaf.leaf, dress_leaf.sibling) and o.tgname = w.trigger_name
            )
    loop
        execute v_piece.definition;
        -- What somebody switched off on the sibling is on here.
        if v_piece.tgenabled in ('A', 'R') then
            execute pg_catalog.format(
                'alter table %s enable %s trigger %I',
                leaf,
                case v_piece.tgenabled when 'A' then 'always' else 'replica' end,
                v_piece.tgname
            );
        end if;
        execute pg_catalog.format('comment on trigger %I on %s is %L', v_piece.tgname, leaf, v_piece.comment);
    end loop;
end;
$function$;

comment on function ttdb.dress_leaf(regclass, regclass, regclass) is
'Gives a table row security, policies, grants and statement triggers: of the registry where the parent is protected, '
'else those of the sibling.';
revoke all on function ttdb.dress_leaf(regclass, regclass, regclass) from public;
