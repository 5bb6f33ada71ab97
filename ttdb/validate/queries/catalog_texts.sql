-- Texts that every session reads in the catalog, and the object that each belongs to.
select
    coalesce(x.name, 'database') as name,
    string_agg(x.text, ' ') as text
from (
    select
        c.oid::regclass::text as name,
        d.description as text
    from pg_catalog.pg_description as d
    inner join pg_catalog.pg_class as c on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::regclass
    union all
    select
        case d.classoid
            when 'pg_catalog.pg_proc'::regclass then d.objoid::regprocedure::text
            else pg_catalog.pg_describe_object(d.classoid, d.objoid, 0)
        end,
        d.description
    from pg_catalog.pg_description as d
    where d.classoid <> 'pg_catalog.pg_class'::regclass and d.objoid >= 16384
    union all
    select
        pg_catalog.pg_describe_object(d.classoid, d.objoid, 0),
        d.description
    from pg_catalog.pg_shdescription as d
    where d.objoid >= 16384
    union all
    select
        d.adrelid::regclass::text,
        pg_catalog.pg_get_expr(d.adbin, d.adrelid)
    from pg_catalog.pg_attrdef as d
    union all
    select
        k.conrelid::regclass::text,
        pg_catalog.pg_get_constraintdef(k.oid)
    from pg_catalog.pg_constraint as k
    where k.contype = 'c' and k.conrelid <> 0
    union all
    select
        k.contypid::regtype::text,
        pg_catalog.pg_get_constraintdef(k.oid)
    from pg_catalog.pg_constraint as k
    where k.contype = 'c' and k.contypid >= 16384
    union all
    select
        i.indrelid::regclass::text,
        concat_ws(
            ' ', pg_catalog.pg_get_expr(i.indpred, i.indrelid), pg_catalog.pg_get_expr(i.indexprs, i.indrelid)
        )
    from pg_catalog.pg_index as i
    where i.indexrelid >= 16384 and coalesce(i.indpred, i.indexprs) is not null
    union all
    select
        t.tgrelid::regclass::text,
        concat_ws(
            ' ',
            substring(pg_catalog.pg_get_triggerdef(t.oid) from ' WHEN \((.*)\) EXECUTE '),
            encode(t.tgargs, 'escape')
        )
    from pg_catalog.pg_trigger as t
    where not t.tgisinternal
    union all
    select
        p.polrelid::regclass::text,
        concat_ws(
            ' ', pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
        )
    from pg_catalog.pg_policy as p
    union all
    select
        p.oid::regprocedure::text,
        concat_ws(
            ' ',
            p.prosrc,
            pg_catalog.pg_get_function_sqlbody(p.oid),
            pg_catalog.pg_get_expr(p.proargdefaults, 0),
            array_to_string(p.proconfig, ' ')
        )
    from pg_catalog.pg_proc as p
    where p.oid >= 16384
    union all
    select
        t.oid::regtype::text,
        t.typdefault
    from pg_catalog.pg_type as t
    where t.typtype = 'd' and t.typdefault is not null and t.oid >= 16384
    union all
    select
        w.ev_class::regclass::text,
        pg_catalog.pg_get_ruledef(w.oid)
    from pg_catalog.pg_rewrite as w
    where w.ev_class >= 16384 and w.rulename <> '_RETURN'
    union all
    select
        s.stxrelid::regclass::text,
        array_to_string(pg_catalog.pg_get_statisticsobjdef_expressions(s.oid), ' ')
    from pg_catalog.pg_statistic_ext as s
    where s.stxexprs is not null
    union all
    select
        t.ftrelid::regclass::text,
        array_to_string(t.ftoptions, ' ')
    from pg_catalog.pg_foreign_table as t
    union all
    select
        a.attrelid::regclass::text,
        array_to_string(a.attfdwoptions, ' ')
    from pg_catalog.pg_attribute as a
    where a.attfdwoptions is not null
    union all
    select
        'server ' || quote_ident(s.srvname),
        array_to_string(s.srvoptions, ' ')
    from pg_catalog.pg_foreign_server as s
    union all
    select
        c.oid::regclass::text,
        pg_catalog.pg_get_viewdef(c.oid)
    from pg_catalog.pg_class as c
    where c.relkind in ('v', 'm') and c.oid >= 16384
    union all
    select
        'publication ' || quote_ident(b.pubname),
        pg_catalog.pg_get_expr(r.prqual, r.prrelid)
    from pg_catalog.pg_publication_rel as r
    inner join pg_catalog.pg_publication as b on r.prpubid = b.oid
    where r.prqual is not null
    union all
    select
        e.enumtypid::regtype::text,
        e.enumlabel::text
    from pg_catalog.pg_enum as e
    union all
    select
        case when s.setrole = 0 then 'database' else 'role ' || s.setrole::regrole end,
        array_to_string(s.setconfig, ' ')
    from pg_catalog.pg_db_role_setting as s
) as x
group by 1
