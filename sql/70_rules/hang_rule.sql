-- Puts a rule on changes of a column on a table.
create or replace function ttdb.hang_rule(
    relation regclass,
    constraint_name name,
    message text,
    rule_function regprocedure,
    columns name[],
    arguments text[]
) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_class pg_catalog.pg_class;
    v_text pg_catalog.text;
    v_quoted pg_catalog.text;
begin
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = hang_rule.relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only a table''s rows can have rules.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Give the rule to %s: its partitions follow.', pg_catalog.pg_partition_root(relation)
            );
    end if;
    select e.name
    into v_text
    from pg_catalog.unnest(columns) as e (name)
    where not exists (
        select
        from pg_catalog.pg_attribute as c
        where c.attrelid = hang_rule.relation and c.attname = e.name and c.attnum > 0 and not c.attisdropped
    )
    limit 1;
    if found then
        raise exception '% has no column %', relation, v_text
            using errcode = 'TTCOL', hint = 'Name the column that the rule is about.';
    end if;
    if coalesce(pg_catalog.octet_length(constraint_name::pg_catalog.text), 0) not between 1 and 58 then
        raise exception 'name % of a rule has not 1 to 58 bytes', coalesce(constraint_name, '(null)')
            using errcode = 'TTNAM', hint = 'Give it a name that reads as the rule: orders_status_must_follow_its_course.';
    end if;
    if message is null or message !~ '\S' then
        raise exception 'rule % has no message', constraint_name
            using errcode = 'TTMSG', hint = 'Say in it, to a person, what is wrong when the rule is broken.';
    end if;
    if exists (
        select
        from pg_catalog.pg_constraint as k
        where k.conrelid = hang_rule.relation and k.conname = hang_rule.constraint_name and k.contype <> 't'
    ) or exists (
        select
        from pg_catalog.pg_trigger as t
        where t.tgrelid = hang_rule.relation
            and t.tgname = hang_rule.constraint_name
            and t.tgfoid not in (
                'ttdb.tg__allow_transitions()'::pg_catalog.regprocedure,
                'ttdb.tg__keep_values()'::pg_catalog.regprocedure
            )
    ) then
        raise exception '% has another constraint or trigger named %', relation, constraint_name
            using errcode = 'TTNAM', hint = 'Services find a message by this name: give the rule one of its own.';
    end if;

    select pg_catalog.string_agg(pg_catalog.quote_literal(a.value), ', ' order by a.position)
    into v_quoted
    from pg_catalog.unnest(constraint_name::pg_catalog.text || arguments) with ordinality as a (value, position);
    perform ttdb.drop_rule(relation, constraint_name);
    execute pg_catalog.format(
        'create constraint trigger %I after update on %s not deferrable for each row when %s execute function %s(%s)',
        constraint_name,
        relation,
        ttdb.condition_of_change(columns),
        rule_function::pg_catalog.oid::pg_catalog.regproc,
        v_quoted
    );
    execute pg_catalog.format('comment on trigger %I on %s is %L', constraint_name, relation, message);
    if v_class.relkind = 'p' then
        -- An update that moves a row to another partition fires no AFTER UPDATE trigger: the server makes it a DELETE
        -- and an INSERT. What fires before it sees the update.
        execute pg_catalog.format(
            'create trigger %I before update on %s for each row when %s execute function %s(%s)',
            '_200_' || constraint_name,
            relation,
            ttdb.condition_of_change(columns),
            rule_function::pg_catalog.oid::pg_catalog.regproc,
            v_quoted
        );
        execute pg_catalog.format('comment on trigger %I on %s is %L', '_200_' || constraint_name, relation, message);
    end if;
end;
$function$;

comment on function ttdb.hang_rule(regclass, name, text, regprocedure, name[], text[]) is
'The part that ttdb.allow_transitions() and ttdb.keep_values() share: refuses what cannot be, and makes the triggers.';
revoke all on function ttdb.hang_rule(regclass, name, text, regprocedure, name[], text[]) from public;
