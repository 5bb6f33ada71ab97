-- Records what would have been refused, and lets it pass.

-- Definer because who is observed may not write the record himself.
create or replace function ttdb.record_observation(
    relation regclass, verb text, effect text, row_tenant uuid
) returns boolean
language plpgsql
volatile
parallel unsafe
security definer
cost 10 -- more than any condition that may be looked at before it, and too little to change plans
set search_path = ''
set row_security = on
as $function$
declare
    v_tenant constant pg_catalog.uuid := ttdb.tenant_id();
    v_relation constant pg_catalog.text := pg_catalog.array_to_string(
        pg_catalog.parse_ident(record_observation.relation::pg_catalog.text), '.'
    );
    v_reason pg_catalog.text;
    v_a_minute constant pg_catalog.int4 := 10;
begin
    -- Remembered until the transaction ends: ttdb.observe() does not come here for it again.
    perform pg_catalog.set_config(
        'ttdb.observed',
        coalesce(pg_catalog.current_setting('ttdb.observed', true), '')
        || ' ' || record_observation.relation::pg_catalog.oid || '/' || verb
        || case when v_tenant is null then '-' else '+' end,
        true
    );

    select case
        when not record_observation.verb = any(t.app) then 'no_privilege'
        when v_tenant is null then 'no_tenant'
        else 'other_tenant'
    end
    into v_reason
    from ttdb.tenant_tables as t
    where t.relation = record_observation.relation;
    v_reason := coalesce(v_reason, 'no_privilege'); -- nothing is registered, so ttdb_app may nothing
    if v_reason = 'no_privilege' then
        effect := 'error';
    end if;

    -- A standby takes no row: the log has it. Nor is there a count of those that would be too many.
    if pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool then
        raise log 'ttdb: row-level security would refuse % on % to %: %, % (tenant %, row of %)',
            verb, v_relation, session_user, v_reason, effect, coalesce(v_tenant::pg_catalog.text, 'none'), row_tenant;
        return true;
    end if;
    begin
        -- Who lacks a context in every statement would fill the disk: of one kind, some a minute tell as much as all.
        -- What is not committed is not seen, so that sessions which begin together are all recorded. A serializable
        -- transaction does not look: it would fail for what others record meanwhile.
        if pg_catalog.current_setting('transaction_isolation') <> 'serializable' and (
            select pg_catalog.count(*)
            from (
                select
                from ttdb.observations as o
                where o.login = session_user
                    and o.observed_at > pg_catalog.statement_timestamp() - interval '1 minute'
                    and o.relation = v_relation
                    and o.verb = record_observation.verb
                    and o.reason = v_reason
                    and o.effect = record_observation.effect
                limit v_a_minute
            ) as q
        ) >= v_a_minute then
            return true;
        end if;

        -- A rollback takes the row below with it: the log has all that are recorded.
        raise log 'ttdb: row-level security would refuse % on % to %: %, % (tenant %, row of %)',
            verb, v_relation, session_user, v_reason, effect, coalesce(v_tenant::pg_catalog.text, 'none'), row_tenant;
        insert into ttdb.observations (
            login, application, client, relation, verb, reason, effect, context_tenant, row_tenant
        )
        values (
            session_user,
            nullif(pg_catalog.current_setting('application_name'), ''),
            pg_catalog.inet_client_addr(),
            v_relation,
            verb,
            v_reason,
            effect,
            v_tenant,
            record_observation.row_tenant
        );
    exception
        when others then -- who observes must not be the one who stops a service; the log has it
            raise log 'ttdb: the observation was not recorded: %', sqlerrm;
    end;
    return true;
end;
$function$;

comment on function ttdb.record_observation(regclass, text, text, uuid) is
'True; and the log, and where the transaction may write ttdb.observations, say what would have been refused: of one '
'login, table, verb, reason and effect ten times a minute.';
-- ttdb.observe_table() grants it to ttdb_observed while somebody is observed.
revoke all on function ttdb.record_observation(regclass, text, text, uuid) from public;
grant execute on function ttdb.record_observation(regclass, text, text, uuid) to ttdb_owner with grant option;
