-- Whether columns keep what is written in them, in truth and not only on paper.
create or replace function ttdb.keeps_values(relation regclass, columns name[], constraint_name name) returns boolean
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select ttdb.wears_rule(
        keeps_values.relation,
        keeps_values.constraint_name,
        'ttdb.tg__keep_values()',
        keeps_values.columns,
        keeps_values.columns::pg_catalog.text[]
    );
$function$;

comment on function ttdb.keeps_values(regclass, name[], name) is
'Whether exactly what ttdb.keep_values() would put on a table stands there, enabled.';
revoke all on function ttdb.keeps_values(regclass, name[], name) from public;
