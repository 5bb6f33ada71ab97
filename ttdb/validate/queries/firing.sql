-- What runs when a table or view is written to: the bodies of trigger functions, each after its condition, and rules.
select
    t.tgrelid::bigint as relation,
    pg_catalog.concat_ws(
        E'\n',
        substring(pg_catalog.pg_get_triggerdef(t.oid) from ' WHEN \((.*)\) EXECUTE '),
        p.prosrc,
        pg_catalog.pg_get_function_sqlbody(p.oid)
    ) as text
from pg_catalog.pg_trigger as t
inner join pg_catalog.pg_proc as p on t.tgfoid = p.oid
where not t.tgisinternal and t.tgenabled <> 'D'
union all
select
    w.ev_class::bigint,
    pg_catalog.pg_get_ruledef(w.oid)
from pg_catalog.pg_rewrite as w
where w.ev_type <> '1'
