select pg_catalog.set_config('ttdb.findings', (
    pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || coalesce((
        select pg_catalog.jsonb_agg({unit}::pg_catalog.jsonb
            || pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(found)))
        from (
{query}
        ) as found
    ), '[]')
)::pg_catalog.text, true) as findings \gset
\if :ERROR
    select pg_catalog.set_config('ttdb.findings', (
        pg_catalog.current_setting('ttdb.findings')::pg_catalog.jsonb || pg_catalog.jsonb_build_object(
            'code', {code}, 'severity', 'unproven', 'object', 'database', 'detail', 'it failed: ' || :'LAST_ERROR_MESSAGE'
        )
    )::pg_catalog.text, true) as findings \gset
\endif
