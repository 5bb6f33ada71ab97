-- What hangs on a table and names it: to be said again when another table bears its name.
create or replace function ttdb.statements_outside(relation regclass)
returns table (place integer, role name, statement text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        10,
        'ttdb_owner'::name,
        pg_catalog.format('comment on table %s is %L', statements_outside.relation, d.description)
    from pg_catalog.pg_description as d
    where d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.objoid = statements_outside.relation
        and d.objsubid = 0
    union all
    select
        20,
        'ttdb_owner',
        pg_catalog.pg_get_statisticsobjdef(s.oid)
        || coalesce(pg_catalog.format(
            '; comment on statistics %I.%I is %L', n.nspname, s.stxname,
            pg_catalog.obj_description(s.oid, 'pg_statistic_ext')
        ), '')
        || case
            when s.stxstattarget >= 0
                then pg_catalog.format('; alter statistics %I.%I set statistics %s', n.nspname, s.stxname, s.stxstattarget)
            else ''
        end
    from pg_catalog.pg_statistic_ext as s
    inner join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace
    where s.stxrelid = statements_outside.relation
    -- Those of ttdb.protect() come with it. A query inside a policy may name the table: so this is said under its name.
    union all
    select
        25,
        'ttdb_owner',
        pg_catalog.format('create policy %I on %s %s', p.policy, statements_outside.relation, p.definition)
        || coalesce(pg_catalog.format(
            '; comment on policy %I on %s is %L', p.policy, statements_outside.relation, p.comment
        ), '')
    from ttdb.policy_definitions(statements_outside.relation) as p
    where not exists (
        select
        from ttdb.tenant_tables as t
        cross join ttdb.policies_for(t.tenant_column, t.app, t.worker, t.definer, false) as o
        where t.relation = statements_outside.relation and o.policy = p.policy
    )
    -- Triggers of a partition that are its parent's come back by themselves.
    union all
    select
        30,
        'ttdb_owner',
        pg_catalog.pg_get_triggerdef(t.oid)
        || case t.tgenabled
            when 'O' then ''
            else pg_catalog.format(
                '; alter table %s %s trigger %I',
                statements_outside.relation,
                case t.tgenabled when 'A' then 'enable always' when 'R' then 'enable replica' else 'disable' end,
                t.tgname
            )
        end
        || coalesce(pg_catalog.format(
            '; comment on trigger %I on %s is %L',
            t.tgname, statements_outside.relation, pg_catalog.obj_description(t.oid, 'pg_trigger')
        ), '')
    from pg_catalog.pg_trigger as t
    where t.tgrelid = statements_outside.relation
        and not t.tgisinternal
        and t.tgparentid = 0
        -- A whole table has no need of the second trigger of a rule on changes, which is for rows that move.
        and not exists (
            select
            from ttdb.rules_of_moves(statements_outside.relation) as m
            where m.trigger_name = t.tgname and not m.is_missing
        )
    union all
    select
        31,
        'ttdb_owner',
        m.definition
    from ttdb.rules_of_moves(statements_outside.relation) as m
    where m.is_missing
    union all
    select distinct
        40,
        pg_catalog.pg_get_userbyid(c.relowner),
        pg_catalog.format(
            'create or replace view %s%s as %s',
            c.oid::pg_catalog.regclass,
            ' with (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')',
            pg_catalog.pg_get_viewdef(c.oid)
        )
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_rewrite as r on r.oid = d.objid
    inner join pg_catalog.pg_class as c on c.oid = r.ev_class and c.relkind = 'v'
    where d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.refobjid = statements_outside.relation;
$function$;

comment on function ttdb.statements_outside(regclass) is
'The statements that give a table of the same name the comment, statistics, policies, triggers and views of '
'this one.';
revoke all on function ttdb.statements_outside(regclass) from public;
