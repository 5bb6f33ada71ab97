/*
code = "FNC013"
name = "definer-builds-sql"
severity = "warning"
since = "0.1.0"
title = "A function with its owner's rights builds SQL from what its caller gives"
why = '''
It joins an argument, or a value of the row that fired it, or on DDL the statement of the session, into a statement and
executes that: a caller who gives a piece of SQL, or a function of its own, has it run with the owner's rights. Values
belong into USING, or into format() as %L and %I; what stands there is no finding. Where a call shows it, that is
FNC016.
'''
bad = '''
create function app.orders_with(p_column text) returns bigint
language plpgsql stable security definer set search_path = '' as $$
declare
    v_count bigint;
begin
    execute format('select count(%s) from app.orders where org_id = app.org()', p_column) into v_count;
    return v_count;
end
$$;
'''
fix = '''
create or replace function app.orders_with(p_column text) returns bigint
language plpgsql stable security definer set search_path = '' as $$
declare
    v_count bigint;
begin
    execute format('select count(%I) from app.orders where org_id = app.org()', p_column) into v_count;
    return v_count;
end
$$;
'''
subsumed_by = ["FNC004", "FNC016"]
*/
with roles as (
    select
        r.oid,
        r.rolname
    from unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as a (name)
    inner join pg_catalog.pg_roles as r on r.rolname = a.name::name and not r.rolsuper
),

definers as (
    select
        p.*,
        n.nspname,
        -- without comments
        regexp_replace(
            p.prosrc,
            '(\m[eE]''(?:[^''\\]|\\.|'''')*''|''(?:[^'']|'''')*''|"[^"]*")|--[^\n]*|/[*](?:[^*]|[*](?!/))*[*]/',
            '\1 ',
            'g'
        ) as body,
        case
            when p.prorettype = 'trigger'::regtype then '(?:new|old)\.[a-z_][a-z_0-9]*'
            else (
                select string_agg(a.name, '|')
                from unnest(p.proargnames, p.proargtypes::oid[]) as a (name, type)
                where
                    a.name ~ '^[a-z_][a-z_0-9]*$'
                    and a.type in (
                        'text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'json'::regtype, 'jsonb'::regtype,
                        -- a function of the caller's choice
                        'regproc'::regtype, 'regprocedure'::regtype
                    )
            )
        end as given
    from pg_catalog.pg_proc as p
    inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
    inner join pg_catalog.pg_language as l on p.prolang = l.oid
    where
        p.prosecdef
        and p.oid >= 16384
        and (
            (l.lanname = 'plpgsql' and p.prosrc ~* '\mexecute\M')
            or p.prosrc ~* '\m(dblink\w*|query_to_xml\w*|crosstab|ts_stat)\s*\('
        )
),

-- Whether format() quotes all that it is given is told by its template: said in its name, before literals are blanked.
templates as (
    select
        d.oid,
        regexp_replace(
            regexp_replace(
                d.body,
                '\mformat\s*\(\s*(?:''(?:[^''%]|''''|%%|%(?:[0-9]+[$])?-?[0-9]*[IL])*''\s*(?:\|\|)?\s*)+(?=[,)])',
                'format_quoted(''''',
                'gi'
            ),
            '\mformat\s*\(\s*(?=(?:''(?:[^'']|'''')*''\s*(?:\|\|)?\s*)*''(?:[^'']|'''')*%(?:[0-9]+[$])?-?[0-9]*s)',
            'format_as_it_is(',
            'gi'
        ) as body
    from definers as d
),

blanked as (
    select
        t.oid,
        regexp_replace(
            t.body,
            '\m[eE]''(?:[^''\\]|\\.|'''')*''|''(?:[^'']|'''')*''|[$][a-z_]*[$](?:[^$]|[$][0-9])*[$][a-z_]*[$]',
            '''''',
            'gi'
        ) as body
    from templates as t
),

unquoted as (
    select
        d.*,
        -- what is quoted, and what USING binds, is data
        regexp_replace(
            regexp_replace(
                b.body,
                '\m(?:format_quoted|quote_literal|quote_ident|quote_nullable)\s*'
                '\((?:[^()]|\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\))*\)',
                '''''',
                'gi'
            ),
            '\musing\M(?:(?!\m(?:loop|execute)\M)[^;])*',
            '',
            'gi'
        ) as data_free
    from definers as d
    inner join blanked as b on d.oid = b.oid
),

built as (
    select distinct
        d.oid,
        d.nspname,
        d.proname,
        d.pronamespace,
        d.prorettype
    from unquoted as d
    cross join lateral regexp_split_to_table(d.data_free, ';|\m(?:loop|then|else)\M', 'i') as s (statement)
    where
        (
            s.statement ~* ('\|\|\s*(?:' || d.given || ')\M(?!\s*[(.])')
            -- The whole statement is what was given.
            or s.statement ~* ('(?:\mexecute|:=)\s*\(*(?:' || d.given || ')\M(?!\s*[(.])')
            -- What fires on DDL is given the statement that a session wrote.
            or (d.prorettype = 'event_trigger'::regtype and s.statement ~* '\|\|\s*current_query\s*\(')
            or (s.statement ~* '\mformat_as_it_is\s*\(' and s.statement ~* ('\m(?:' || d.given || ')\M'))
            -- These run a text as it is.
            or s.statement ~* (
                '\m(?:dblink|dblink_exec|dblink_open|dblink_send_query|query_to_xml\w*|crosstab|ts_stat)\s*\('
                '(?:[^(),]+,\s*)?(?:' || d.given || ')\s*[,)]'
            )
        )
        and (
            -- dblink runs a text elsewhere, as whom it logs in as there: often here, and as the function's owner.
            s.statement ~* '\mexecute\M|\m(dblink(_exec|_open|_send_query)?|query_to_xml\w*|crosstab|ts_stat)\s*\('
            or d.data_free ~* (
                '\mexecute\s+'
                || coalesce(
                    substring(s.statement from '([a-zA-Z_][a-zA-Z_0-9]*)(?:\s+(?:text|varchar))?\s*:?='), '[.]'
                )
                || '\M'
            )
        )
)

select
    b.nspname::text as schema,
    roles.rolname::text as role,
    'functions with their owner''s rights run what their callers give' as cause,
    b.proname || '(' || pg_catalog.pg_get_function_identity_arguments(b.oid) || ')' as object,
    format('%s builds a statement from what %s gives, and runs it as its owner', b.oid::regprocedure, roles.rolname)
        as detail
from built as b
inner join roles
    on
        (
            b.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
            and has_schema_privilege(roles.oid, b.pronamespace, 'usage')
            and has_function_privilege(roles.oid, b.oid, 'execute')
        )
        or exists (
            select from pg_catalog.pg_trigger as t
            where t.tgfoid = b.oid and has_any_column_privilege(roles.oid, t.tgrelid, 'insert, update')
        )
        -- or writes the table through a function
        or exists (
            select
            from pg_catalog.pg_trigger as t
            inner join pg_catalog.pg_class as c on t.tgrelid = c.oid
            inner join pg_catalog.pg_proc as w
                on
                    w.prosecdef
                    and w.oid >= 16384
                    and coalesce(w.prosrc, '') || coalesce(pg_catalog.pg_get_function_sqlbody(w.oid), '')
                    ~* ('\m(insert\s+into|update)\s+(\w+\.)?' || c.relname || '\M')
            where
                t.tgfoid = b.oid
                and c.relname ~ '^\w+$'
                and has_function_privilege(roles.oid, w.oid, 'execute')
                and has_schema_privilege(roles.oid, w.pronamespace, 'usage')
        )
        or (
            exists (
                select from pg_catalog.pg_event_trigger as e
                where e.evtfoid = b.oid and e.evtenabled <> 'D'
            )
            and (
                has_database_privilege(roles.oid, current_database(), 'temporary')
                or exists (
                    select from pg_catalog.pg_namespace as n
                    where n.oid >= 16384 and has_schema_privilege(roles.oid, n.oid, 'create')
                )
            )
        )
order by schema, object, role
