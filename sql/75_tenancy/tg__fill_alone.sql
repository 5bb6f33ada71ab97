-- Lets a backfill give a row its tenant, and nothing else become of the row.
create or replace function ttdb.tg__fill_alone() returns trigger
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    -- The arguments: the tenant's column; then the key's, where the way back has to know what was found.
    v_found constant pg_catalog.jsonb := pg_catalog.to_jsonb(old);
    v_given constant pg_catalog.jsonb := pg_catalog.to_jsonb(new);
begin
    if tg_nargs > 1 and pg_catalog.current_setting('ttdb.gives_back', true) is distinct from 'on' then
        insert into ttdb.tenants_found (relation, key, found, given)
        values (
            tg_relid::pg_catalog.regclass::pg_catalog.text,
            v_found ->> tg_argv[1],
            (v_found ->> tg_argv[0])::pg_catalog.uuid,
            (v_given ->> tg_argv[0])::pg_catalog.uuid
        )
        on conflict on constraint tenants_found_pkey do nothing;
    end if;
    return pg_catalog.jsonb_populate_record(old, pg_catalog.jsonb_build_object(tg_argv[0], v_given -> tg_argv[0]));
end;
$function$;

comment on function ttdb.tg__fill_alone() is
'Trigger, last of an update''s: the row takes its tenant, and keeps all else, whatever other triggers made of it.';
revoke all on function ttdb.tg__fill_alone() from public;
