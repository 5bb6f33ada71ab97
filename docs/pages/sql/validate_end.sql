\set ON_ERROR_STOP on
\set ON_ERROR_ROLLBACK off

-- One finding for a check and an object, however many roles reach it; the worst first, and of those what opens most.
with found as (
    select
        f.value ->> 'code' as code,
        f.value ->> 'severity' as severity,
        pg_catalog.concat_ws('.', f.value ->> 'schema', f.value ->> 'object') as object,
        f.value ->> 'detail' as detail,
        f.value ->> 'role' as role,
        f.value ->> 'cause' as cause,
        f.value -> 'subsumed_by' as subsumed_by,
        pg_catalog.array_position(array['error', 'unproven', 'warning', 'info'], f.value ->> 'severity') as rank,
        f.position
    from pg_catalog.jsonb_array_elements(pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb)
        with ordinality as f (value, position)
),

first as (
    select distinct on (f.code, f.object) f.*
    from found as f
    order by f.code, f.object, f.rank, f.position
),

kept as (
    select
        f.*,
        f.detail || coalesce('; so do ' || others.roles, '') as whole,
        pg_catalog.min(f.rank) over (partition by f.cause) as worst,
        coalesce((
            select pg_catalog.min(m.position)
            from pg_catalog.unnest({fatal}) with ordinality as m (mark, position)
            where pg_catalog.strpos(f.cause, m.mark) > 0
        ), 1000) as fatality
    from first as f
    left join lateral (
        select pg_catalog.string_agg(distinct o.role, ', ' order by o.role) as roles
        from found as o
        where o.code = f.code and o.object = f.object and o.role <> f.role and pg_catalog.strpos(f.detail, o.role) = 0
    ) as others on true
    where not exists (
        select
        from first as s
        where s.object = f.object and f.subsumed_by ? s.code
    )
)

select pg_catalog.set_config('ttdb.findings', coalesce(pg_catalog.jsonb_agg(
    pg_catalog.jsonb_build_object('severity', k.severity, 'code', k.code, 'object', k.object, 'detail', k.whole)
    order by k.worst, k.fatality, k.cause, k.rank, k.object, k.code
), '[]')::pg_catalog.text, true) as findings
from kept as k \gset

select
    f.value ->> 'severity' as severity,
    f.value ->> 'code' as code,
    f.value ->> 'object' as "object",
    f.value ->> 'detail' as detail
from pg_catalog.jsonb_array_elements(pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb)
    with ordinality as f (value, position)
order by f.position;

select
    pg_catalog.count(*) filter (where f.value ->> 'severity' = 'error') as errors,
    pg_catalog.count(*) filter (where f.value ->> 'severity' = 'warning') as warnings,
    pg_catalog.count(*) filter (where f.value ->> 'severity' = 'unproven') as unproven,
    -- A warning fails too: what is an attack's to prove or to clear is here only seen.
    pg_catalog.count(*) filter (where f.value ->> 'severity' in ('error', 'warning')) > 0 as failed,
    pg_catalog.count(*) filter (where f.value ->> 'severity' = 'unproven') > 0 as incomplete
from pg_catalog.jsonb_array_elements(pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb) as f (value) \gset

rollback;

\echo Found :errors errors and :warnings warnings in {checks} checks; :unproven checks could not run.
\echo What only an attack can show is beyond this script: run ttdb validate for that.
\if :failed
    \echo verdict: fail
    select pg_catalog.set_config('ttdb.found', :'errors' || ' errors and ' || :'warnings' || ' warnings', false) as found \gset
    do $verdict$
    begin
        raise exception '% were found', pg_catalog.current_setting('ttdb.found');
    end;
    $verdict$;
\elif :incomplete
    \echo verdict: incomplete
    select pg_catalog.set_config('ttdb.unproven', :'unproven', false) as unproven \gset
    do $verdict$
    begin
        raise exception '% checks could not run', pg_catalog.current_setting('ttdb.unproven');
    end;
    $verdict$;
\else
    \echo verdict: pass
\endif
