-- Every rule that the database keeps, as it stands in the catalog.
create or replace function ttdb.rules()
returns table (relation regclass, constraint_name name, kind text, rule text, message text, sqlstate text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    with tables as (
        select c.oid
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p')
            and not c.relispartition
            and n.nspname !~ '^pg_'
            and n.nspname <> 'information_schema'
    ), found as (
        select
            k.conrelid as relation,
            k.conname as name,
            case k.contype
                when 'p' then 'primary key'
                when 'u' then 'unique'
                when 'x' then 'exclusion'
                when 'f' then 'foreign key'
                when 'c' then 'check'
                else case
                    when t.tgfoid = 'ttdb.tg__allow_transitions()'::pg_catalog.regprocedure then 'transition'
                    when t.tgfoid = 'ttdb.tg__keep_values()'::pg_catalog.regprocedure then 'written once'
                    when t.tgdeferrable then 'at commit'
                    else 'at once'
                end
            end as kind,
            case
                when k.contype <> 't' then pg_catalog.pg_get_constraintdef(k.oid)
                when t.tgfoid = 'ttdb.tg__allow_transitions()'::pg_catalog.regprocedure then (
                    select pg_catalog.string_agg(
                        e.name || ' to ' || case e.next
                            when '[]' then 'nothing'
                            else (
                                select pg_catalog.string_agg(w.name, ', ' order by w.position)
                                from pg_catalog.jsonb_array_elements_text(e.next)
                                    with ordinality as w (name, position)
                            )
                        end,
                        '; ' order by e.position
                    )
                    from pg_catalog.jsonb_each((ttdb.trigger_arguments(t.tgargs))[3]::pg_catalog.jsonb)
                        with ordinality as e (name, next, position)
                )
                when t.tgfoid = 'ttdb.tg__keep_values()'::pg_catalog.regprocedure
                    then pg_catalog.array_to_string((ttdb.trigger_arguments(t.tgargs))[2:], ', ')
                else pg_catalog.obj_description(t.tgfoid, 'pg_proc')
            end as rule,
            case k.contype
                when 'p' then '23505' when 'u' then '23505' when 'x' then '23P01' when 'f' then '23503' else '23514'
            end as sqlstate
        from pg_catalog.pg_constraint as k
        left join pg_catalog.pg_trigger as t on t.tgconstraint = k.oid and k.contype = 't'
        where k.contype in ('p', 'u', 'x', 'f', 'c', 't') and k.conparentid = 0

        union all
        select
            i.indrelid,
            c.relname,
            'unique',
            pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(i.indexrelid), '^.* USING btree ', ''),
            '23505'
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
        where i.indisunique
            and not exists (
                select
                from pg_catalog.pg_constraint as k
                where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
            )
    )

    select
        f.relation::pg_catalog.regclass,
        f.name,
        f.kind,
        f.rule,
        ttdb.comment_of_rule(f.relation, f.name),
        f.sqlstate
    from found as f
    inner join tables as t on t.oid = f.relation
    order by f.relation::pg_catalog.regclass::pg_catalog.text collate pg_catalog."C", f.name collate pg_catalog."C";
$function$;

comment on function ttdb.rules() is
'Every constraint, and every rule kept by a trigger or a unique index, with its kind, its message for a person and the '
'SQLSTATE of its refusal.';
revoke all on function ttdb.rules() from public;
grant execute on function ttdb.rules() to ttdb_app, ttdb_worker, ttdb_operator;
