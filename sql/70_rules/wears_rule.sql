-- Whether a rule on changes of a column stands, and is the one asked for.
create or replace function ttdb.wears_rule(
    relation regclass, constraint_name name, rule_function regprocedure, columns name[], arguments text[]
) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    -- tgtype: 17 is AFTER UPDATE FOR EACH ROW, 19 BEFORE UPDATE FOR EACH ROW.
    select not exists (
        select
        from pg_catalog.pg_class as c
        cross join (
            values
            (wears_rule.constraint_name::pg_catalog.text, 17, true),
            ('_200_' || wears_rule.constraint_name, 19, false)
        ) as w (name, type, is_constraint)
        where c.oid = wears_rule.relation
            and (w.is_constraint or c.relkind = 'p')
            and not exists (
                select
                from pg_catalog.pg_trigger as t
                where t.tgrelid = c.oid
                    and t.tgname = w.name::pg_catalog.name
                    and t.tgtype = w.type
                    and (t.tgconstraint <> 0) = w.is_constraint
                    and not t.tgdeferrable
                    and t.tgenabled in ('O', 'A')
                    and t.tgfoid = wears_rule.rule_function
                    and ttdb.trigger_arguments(t.tgargs)
                    = wears_rule.constraint_name::pg_catalog.text || wears_rule.arguments
                    -- Of a varchar, the server prints that it is compared as text.
                    and pg_catalog.strpos(
                        pg_catalog.regexp_replace(
                            pg_catalog.pg_get_triggerdef(t.oid), '[(]((old|new)[.][^()]+)[)]::text', '\1', 'g'
                        ),
                        ' WHEN ' || ttdb.condition_of_change(wears_rule.columns)
                    ) > 0
            )
    )
    and exists (select from pg_catalog.pg_class as c where c.oid = wears_rule.relation);
$function$;

comment on function ttdb.wears_rule(regclass, name, regprocedure, name[], text[]) is
'Whether a table has the enabled triggers of a rule of ttdb.allow_transitions() or ttdb.keep_values().';
revoke all on function ttdb.wears_rule(regclass, name, regprocedure, name[], text[]) from public;
