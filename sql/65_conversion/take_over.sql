-- Gives what belongs to one table to another that takes its place: security, sequences, entries in registries.
create or replace function ttdb.take_over(successor regclass, relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_entry ttdb.tenant_tables;
    v_class pg_catalog.pg_class;
    v_piece record;
    v_last pg_catalog.int8;
    v_called pg_catalog.bool;
    v_grant pg_catalog.text;
begin
    -- Whatever keeps a table by its oid, this or a later revision's.
    for v_piece in
        select
            a.attrelid::pg_catalog.regclass as registry,
            a.attname
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_class as c on c.oid = a.attrelid and c.relkind = 'r'
        where c.relnamespace in (
                pg_catalog.to_regnamespace('ttdb'), pg_catalog.to_regnamespace('audit'),
                pg_catalog.to_regnamespace('masked')
            )
            and a.atttypid = 'pg_catalog.regclass'::pg_catalog.regtype
            and a.attnum > 0
            and not a.attisdropped
    loop
        execute pg_catalog.format(
            'update %1$s set %2$I = $1 where %2$I = $2', v_piece.registry, v_piece.attname
        ) using successor, relation;
    end loop;

    perform ttdb.strip(successor);
    select t.* into v_entry from ttdb.tenant_tables as t where t.relation = successor;
    if found then
        perform ttdb.dress(successor, v_entry.tenant_column, v_entry.app, v_entry.worker, v_entry.definer, false);
    else
        select c.* into v_class from pg_catalog.pg_class as c where c.oid = take_over.relation;
        execute pg_catalog.format(
            'alter table %s %s row level security, %s row level security',
            successor,
            case when v_class.relrowsecurity then 'enable' else 'disable' end,
            case when v_class.relforcerowsecurity then 'force' else 'no force' end
        );
    end if;
    -- Beside those of ttdb.protect(), a service may have grants of its own.
    for v_grant in
        select
            pg_catalog.format(
                'grant %s%s on table %s to %s%s',
                g.privilege_type,
                p.columns,
                successor,
                case when g.grantee = 0 then 'public' else g.grantee::pg_catalog.regrole::pg_catalog.text end,
                case when g.is_grantable then ' with grant option' else '' end
            )
        from pg_catalog.pg_class as c
        cross join lateral (
            select
                c.relacl as acl,
                '' as columns
            union all
            select
                a.attacl,
                pg_catalog.format(' (%I)', a.attname)
            from pg_catalog.pg_attribute as a
            where a.attrelid = c.oid and not a.attisdropped
        ) as p
        cross join lateral pg_catalog.aclexplode(p.acl) as g
        where c.oid = take_over.relation and g.grantee <> c.relowner
    loop
        execute v_grant;
    end loop;

    for v_piece in
        select
            a.attname,
            a.attidentity,
            s.oid::pg_catalog.regclass::pg_catalog.text as sequence,
            array(
                select
                    pg_catalog.format(
                        'grant %s on sequence %s to %s', g.privilege_type, s.oid::pg_catalog.regclass,
                        case when g.grantee = 0 then 'public' else g.grantee::pg_catalog.regrole::pg_catalog.text end
                    )
                from pg_catalog.aclexplode(s.relacl) as g
                where g.grantee <> s.relowner
            ) as grants,
            q.*
        from pg_catalog.pg_depend as d
        inner join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
        inner join pg_catalog.pg_sequence as q on q.seqrelid = s.oid
        inner join pg_catalog.pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.refobjid = take_over.relation
            and d.deptype in ('a', 'i')
    loop
        if v_piece.attidentity = '' then
            execute pg_catalog.format(
                'alter sequence %s owned by %s.%I', v_piece.sequence, successor, v_piece.attname
            );
            continue;
        end if;
        execute pg_catalog.format('select s.last_value, s.is_called from %s as s', v_piece.sequence) into v_last, v_called;
        execute pg_catalog.format('alter table %s alter column %I drop identity', relation, v_piece.attname);
        execute pg_catalog.format(
            'alter table %s alter column %I add generated %s as identity '
            '(sequence name %s increment %s minvalue %s maxvalue %s start %s cache %s %s)',
            successor,
            v_piece.attname,
            case v_piece.attidentity when 'a' then 'always' else 'by default' end,
            v_piece.sequence,
            v_piece.seqincrement, v_piece.seqmin, v_piece.seqmax, v_piece.seqstart, v_piece.seqcache,
            case when v_piece.seqcycle then 'cycle' else 'no cycle' end
        );
        perform pg_catalog.setval(v_piece.sequence::pg_catalog.regclass, v_last, v_called);
        foreach v_grant in array v_piece.grants loop
            execute v_grant;
        end loop;
    end loop;
end;
$function$;

comment on function ttdb.take_over(regclass, regclass) is
'Gives a table the row security, grants, sequences and registrations of another, whose place it takes, and the '
'policies of ttdb.protect().';
revoke all on function ttdb.take_over(regclass, regclass) from public;
