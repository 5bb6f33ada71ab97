-- Says why a table cannot be protected, before anything is changed.
create or replace function ttdb.refuse_unprotectable(
    relation regclass, tenant_column name, app text[], worker text[], definer text[]
) returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
declare
    v_class pg_catalog.pg_class;
    v_column pg_catalog.pg_attribute;
    v_text pg_catalog.text;
begin
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = refuse_unprotectable.relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only tables can be protected; protect what a view reads.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Protect %s: its partitions follow.', pg_catalog.pg_partition_root(relation)
            );
    end if;

    select a.*
    into v_column
    from pg_catalog.pg_attribute as a
    where a.attrelid = refuse_unprotectable.relation
        and a.attname = refuse_unprotectable.tenant_column
        and a.attnum > 0
        and not a.attisdropped;
    if not found then
        raise exception '% has no column %', relation, tenant_column
            using errcode = 'TTCOL', hint = 'Name the column that says whose a row is.';
    end if;
    if v_column.atttypid <> 'pg_catalog.uuid'::pg_catalog.regtype then
        raise exception 'column % of % is not of type uuid', tenant_column, relation
            using errcode = 'TTTYP', hint = 'A tenant''s id is a uuid: convert the column first.';
    end if;
    if not v_column.attnotnull then
        raise exception 'column % of % may be null', tenant_column, relation
            using errcode = 'TTNUL', hint = 'A row without a tenant is seen by nobody: fill the column and set it NOT NULL.';
    end if;

    select v.verb
    into v_text
    from pg_catalog.unnest(app || worker || definer) as v (verb)
    where v.verb is null or v.verb not in ('select', 'insert', 'update', 'delete')
    limit 1;
    if found then
        raise exception '% is not a verb', coalesce(v_text, 'null')
            using errcode = 'TTVRB', hint = 'Use select, insert, update and delete, in lower case.';
    end if;

    -- What bears one of our names is ours only where the registry knows the table.
    select pg_catalog.string_agg(pg_catalog.format('%I on %s', p.policy, t.relation), ', ' order by t.relation, p.policy)
    into v_text
    from ttdb.tree_of(relation) as t
    cross join lateral ttdb.policies_on(t.relation) as p
    where p.permissive
        and not (
            exists (select from ttdb.tenant_tables as r where r.relation = refuse_unprotectable.relation)
            and p.policy in (
                select o.policy
                from ttdb.policies_for(
                    tenant_column,
                    array['select', 'insert', 'update', 'delete'],
                    array['select', 'insert', 'update', 'delete'],
                    array['select', 'insert', 'update', 'delete'],
                    false
                ) as o
            )
        );
    if v_text is not null then
        raise exception 'other policies stand on %', relation
            using errcode = 'TTPOL',
            detail = v_text,
            hint = 'Permissive policies add up, so these would widen ours: drop them, or make them restrictive.';
    end if;
end;
$function$;

comment on function ttdb.refuse_unprotectable(regclass, name, text[], text[], text[]) is
'Raises TTTAB, TTPRT, TTCOL, TTTYP, TTNUL, TTVRB or TTPOL where ttdb.protect() would not be safe.';
revoke all on function ttdb.refuse_unprotectable(regclass, name, text[], text[], text[]) from public;
