-- Writes one change into the trail.

-- Definer because nobody who changes an audited table may write the trail himself.
create or replace function audit.tg__record_change() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
-- What a session can set must not bend the images: fewer digits would lose a change.
set extra_float_digits = 1
set bytea_output = hex
set intervalstyle = iso_8601
set datestyle = iso
set timezone = utc
set lc_monetary = 'C'
as $function$
declare
    v_old pg_catalog.jsonb;
    v_new pg_catalog.jsonb;
    v_relation pg_catalog.regclass := coalesce(pg_catalog.pg_partition_root(tg_relid), tg_relid);
    v_tenant_column pg_catalog.text;
    v_excluded pg_catalog.text[];
    v_key pg_catalog.text[];
    v_columns pg_catalog.text[];
begin
    if tg_op in ('UPDATE', 'DELETE') then
        v_old := pg_catalog.to_jsonb(old);
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
        v_new := pg_catalog.to_jsonb(new);
    end if;

    select
        t.tenant_column,
        a.excluded,
        k.columns
    into v_tenant_column, v_excluded, v_key
    from (values (v_relation)) as r (relation)
    left join ttdb.tenant_tables as t on t.relation = r.relation
    left join ttdb.audited_tables as a on a.relation = r.relation
    left join lateral (
        select pg_catalog.array_agg(c.attname order by c.attnum) as columns
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_attribute as c on c.attrelid = i.indrelid and c.attnum = any(i.indkey)
        where i.indrelid = r.relation and i.indisprimary
    ) as k on true;

    -- An excluded column may have been renamed: better hide every value than show that one.
    if tg_op <> 'TRUNCATE' then
        select pg_catalog.array_agg(c.name)
        into v_columns
        from pg_catalog.jsonb_object_keys(coalesce(v_new, v_old)) as c (name);
        if v_excluded is null or not v_excluded <@ v_columns then
            select coalesce(pg_catalog.array_agg(c.name), '{}')
            into v_excluded
            from pg_catalog.unnest(v_columns) as c (name)
            where c.name <> all(coalesce(v_key, '{}')) and c.name is distinct from v_tenant_column;
        end if;
    end if;

    insert into audit.trail (
        tenant_id, relation, operation, row_key, old_row, new_row, login, role, transaction_id, application, client
    )
    select
        coalesce((coalesce(v_new, v_old) ->> v_tenant_column)::pg_catalog.uuid, ttdb.tenant_id()),
        pg_catalog.format('%s.%s', n.nspname, c.relname),
        tg_op,
        (
            select pg_catalog.jsonb_object_agg(k.name, coalesce(v_old, v_new) -> k.name)
            from pg_catalog.unnest(v_key) as k (name)
            where tg_op <> 'TRUNCATE'
        ),
        v_old || (
            select coalesce(pg_catalog.jsonb_object_agg(e.name, '(excluded)'), '{}')
            from pg_catalog.unnest(v_excluded) as e (name)
        ),
        v_new || (
            select coalesce(
                pg_catalog.jsonb_object_agg(
                    e.name,
                    case
                        when tg_op = 'UPDATE' and v_old -> e.name is distinct from v_new -> e.name
                            then '(excluded, changed)'
                        else '(excluded)'
                    end
                ),
                '{}'
            )
            from pg_catalog.unnest(v_excluded) as e (name)
        ),
        session_user,
        -- Inside a definer function current_user is its owner; the setting still holds what the session took.
        coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user),
        pg_catalog.pg_current_xact_id(),
        nullif(pg_catalog.current_setting('application_name'), ''),
        pg_catalog.inet_client_addr()
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = v_relation;

    return null;
end;
$function$;

comment on function audit.tg__record_change() is
'Records a change with both images of the row, the tenant, the login, the role and the transaction.';
revoke all on function audit.tg__record_change() from public;
-- Without EXECUTE nobody can hang it on a table of his own and write what he likes.
grant execute on function audit.tg__record_change() to ttdb_owner;
