-- Gives a new row the tenant of the row that it belongs to: whoever writes it may not know of tenants yet.
create or replace function ttdb.tg__fill_tenant() returns trigger
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
declare
    -- The arguments: the tenant's column; then the other table, its tenant's column, and pairs of columns, ours first.
    v_uuid constant pg_catalog.text := '^[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$';
    v_row constant pg_catalog.jsonb := pg_catalog.to_jsonb(new);
    v_parent pg_catalog.regclass;
    v_same pg_catalog.text;
    v_tenant pg_catalog.text;
    v_rows pg_catalog.int8 := 0;
begin
    if tg_nargs > 1 and pg_catalog.has_table_privilege(tg_argv[1], 'select') then
        v_parent := tg_argv[1]::pg_catalog.regclass;
        -- What is text here may be a uuid there, or nonsense: that names no row.
        select pg_catalog.string_agg(pg_catalog.format(
            'p.%I = case when $1 ->> %L ~ %L then ($1 ->> %2$L)::%4$s end', a.attname, tg_argv[n],
            case a.atttypid when 'pg_catalog.uuid'::pg_catalog.regtype then v_uuid else '' end,
            pg_catalog.format_type(a.atttypid, a.atttypmod)), ' and ')
        into v_same
        from pg_catalog.generate_series(3, tg_nargs - 2, 2) as n
        inner join pg_catalog.pg_attribute as a on a.attrelid = v_parent and a.attname = tg_argv[n + 1];
        execute pg_catalog.format('select p.%I::text from %s as p where %s', tg_argv[2], v_parent, v_same)
        into v_tenant using v_row;
        get diagnostics v_rows = row_count;
    end if;
    -- What belongs to a row that is nobody's is nobody's too: with the session's tenant, no key could keep the two together.
    if v_rows = 0 then
        v_tenant := ttdb.tenant_id()::pg_catalog.text;
    end if;
    v_tenant := coalesce(v_tenant, v_row ->> tg_argv[0]);
    return pg_catalog.jsonb_populate_record(new, pg_catalog.jsonb_build_object(tg_argv[0], v_tenant));
end;
$function$;

comment on function ttdb.tg__fill_tenant() is
'Trigger: a row that names no tenant takes that of the row it belongs to, else the session''s. It reads the other row '
'as whoever writes, so that row-level security holds there too.';
revoke all on function ttdb.tg__fill_tenant() from public;
