-- The triggers that a bulk load sets aside because something else does their work for all rows at once: key tables are
-- filled, counts settled, and rules asked, by ttdb's own verbs. Triggers of anybody else fire as always.
select
    pg_catalog.format('alter table %s disable trigger %I', t.tgrelid::pg_catalog.regclass, t.tgname) as quieted,
    pg_catalog.format(
        'alter table %s enable%s trigger %I',
        t.tgrelid::pg_catalog.regclass,
        case t.tgenabled when 'A' then ' always' when 'R' then ' replica' else '' end,
        t.tgname
    ) as restore
from pg_catalog.pg_trigger as t
inner join pg_catalog.pg_proc as f on t.tgfoid = f.oid
where t.tgrelid = any(
        pg_catalog.string_to_array(pg_catalog.current_setting('ttdb.seed_tables'), ',')::pg_catalog.oid []
    )
    and not t.tgisinternal
    and t.tgenabled <> 'D'
    and t.tgtype & 6 = 4 -- AFTER INSERT, and perhaps more
    and f.pronamespace = pg_catalog.to_regnamespace('ttdb')
    and (
        f.proname = 'tg__keep_unique'
        or (
            pg_catalog.to_regprocedure('ttdb.settle_load()') is not null
            and pg_catalog.to_regprocedure('ttdb.broken_rules()') is not null
        )
    )
order by t.tgrelid, t.tgname;
