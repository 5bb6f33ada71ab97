-- What the comment of a constraint, or of a unique index that is none, says to a person.
create or replace function ttdb.comment_of_rule(relation regclass, constraint_name name) returns text
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    -- Of a constraint trigger it is the trigger's comment: pg_dump leaves out the one on its constraint.
    select coalesce(
        pg_catalog.obj_description(k.oid, 'pg_constraint'), pg_catalog.obj_description(t.oid, 'pg_trigger')
    )
    from pg_catalog.pg_constraint as k
    left join pg_catalog.pg_trigger as t on t.tgconstraint = k.oid and k.contype = 't'
    where k.conrelid = comment_of_rule.relation and k.conname = comment_of_rule.constraint_name and k.contype <> 'n'

    union all
    -- An index's comment opens with what it serves; the message is what follows the last semicolon.
    select pg_catalog.btrim(
        pg_catalog.regexp_replace(pg_catalog.obj_description(i.indexrelid, 'pg_class'), '^.*;', '')
    )
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
    where i.indrelid = comment_of_rule.relation
        and c.relname = comment_of_rule.constraint_name
        and i.indisunique
        and not exists (
            select
            from pg_catalog.pg_constraint as k
            where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
        );
$function$;

comment on function ttdb.comment_of_rule(regclass, name) is
'The message of a table''s constraint: its comment, or its trigger''s, or of a unique index the part after the last '
'semicolon.';
revoke all on function ttdb.comment_of_rule(regclass, name) from public;
grant execute on function ttdb.comment_of_rule(regclass, name) to ttdb_app, ttdb_worker, ttdb_operator;
