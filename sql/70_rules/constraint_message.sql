-- What to tell a person whose change was refused, from the fields of the error.
create or replace function ttdb.constraint_message(
    constraint_name text, schema_name text default null, table_name text default null, column_name text default null
) returns text
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    with recursive named (oid, relation, name, level) as (
        select
            k.oid,
            k.conrelid,
            k.conname,
            0
        from pg_catalog.pg_constraint as k
        where k.conname = constraint_message.constraint_name and k.contype <> 'n'

        union all
        select
            i.indexrelid,
            i.indrelid,
            c.relname,
            0
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_index as i on i.indexrelid = c.oid and i.indisunique
        where c.relname = constraint_message.constraint_name
    ), asked as (
        select n.*
        from named as n
        inner join pg_catalog.pg_class as c on c.oid = n.relation
        inner join pg_catalog.pg_namespace as s on s.oid = c.relnamespace
        -- What a session makes for itself, of whatever name, says nothing to others.
        where s.nspname !~ '^pg_(toast_)?temp_'
            and (constraint_message.schema_name is null or s.nspname = constraint_message.schema_name)
            and (constraint_message.table_name is null or c.relname = constraint_message.table_name)
    ), climbed (oid, relation, name, level) as (
        select a.* from asked as a

        union all
        -- A partition's key, or its index, has a name of its own; what a person is told stands at the root.
        select
            p.oid,
            p.relation,
            p.name,
            c.level + 1
        from climbed as c
        cross join lateral (
            select
                k.oid,
                k.conrelid,
                k.conname
            from pg_catalog.pg_constraint as own
            inner join pg_catalog.pg_constraint as k on k.oid = own.conparentid
            where own.oid = c.oid

            union all
            select
                i.indexrelid,
                i.indrelid,
                x.relname
            from pg_catalog.pg_inherits as h
            inner join pg_catalog.pg_index as i on i.indexrelid = h.inhparent
            inner join pg_catalog.pg_class as x on x.oid = i.indexrelid
            where h.inhrelid = c.oid
        ) as p (oid, relation, name)
    ), messages as (
        select distinct ttdb.comment_of_rule(
            coalesce(pg_catalog.pg_partition_root(c.relation), c.relation)::pg_catalog.regclass, c.name
        ) as message
        from climbed as c

        union
        -- NOT NULL: the error names the column, and no constraint.
        select a.attname || ' is missing'
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_class as c on c.oid = a.attrelid and c.relkind in ('r', 'p')
        inner join pg_catalog.pg_namespace as s on s.oid = c.relnamespace
        where constraint_message.constraint_name is null
            and s.nspname !~ '^pg_(toast_)?temp_'
            and s.nspname = constraint_message.schema_name
            and c.relname = constraint_message.table_name
            and a.attname = constraint_message.column_name
            and a.attnum > 0
            and not a.attisdropped
    )

    -- Two tables may have rules of one name that say different things: then only the table tells them apart.
    select case when pg_catalog.count(*) = 1 then pg_catalog.min(m.message) end
    from messages as m
    where m.message is not null;
$function$;

comment on function ttdb.constraint_message(text, text, text, text) is
'The message for a person of a constraint, by the fields of the error: constraint, schema, table and column name. NULL '
'where the name is unknown, or fits several tables whose messages differ and the table is not given.';
revoke all on function ttdb.constraint_message(text, text, text, text) from public;
grant execute on function ttdb.constraint_message(text, text, text, text) to ttdb_app, ttdb_worker, ttdb_operator;
