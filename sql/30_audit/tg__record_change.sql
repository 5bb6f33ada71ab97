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
    v_image pg_catalog.jsonb;
    v_row_key pg_catalog.jsonb;
    v_root constant pg_catalog.regclass := coalesce(pg_catalog.pg_partition_root(tg_relid), tg_relid);
    v_relation pg_catalog.text;
    v_tenant_column pg_catalog.text;
    v_tenant pg_catalog.uuid;
    v_excluded pg_catalog.text[];
    v_key pg_catalog.text[];
    v_name pg_catalog.text;
begin
    if tg_op in ('UPDATE', 'DELETE') then
        v_old := pg_catalog.to_jsonb(old);
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
        v_new := pg_catalog.to_jsonb(new);
    end if;
    v_image := coalesce(v_new, v_old);

    -- Every audited row of every table comes through here: what needs no query is done without one.
    if v_root = tg_relid then
        v_relation := tg_table_schema || '.' || tg_table_name;
    else
        -- The name as it is now: an older snapshot may not see a table that was converted since.
        v_relation := pg_catalog.array_to_string(pg_catalog.parse_ident(v_root::pg_catalog.text), '.');
    end if;
    select
        t.tenant_column,
        a.excluded,
        array(
            select k.attname::pg_catalog.text
            from pg_catalog.pg_index as i
            inner join pg_catalog.pg_attribute as k on k.attrelid = i.indrelid and k.attnum = any(i.indkey)
            where i.indrelid = v_root and i.indisprimary
        )
    into v_tenant_column, v_excluded, v_key
    from (values (v_root)) as r (relation)
    left join ttdb.tenant_tables as t on t.relation = r.relation
    left join ttdb.audited_tables as a on a.relation = r.relation;

    if tg_op <> 'TRUNCATE' then
        v_tenant := (v_image ->> v_tenant_column)::pg_catalog.uuid;
        foreach v_name in array v_key loop
            v_row_key := coalesce(v_row_key, '{}')
                || pg_catalog.jsonb_build_object(v_name, coalesce(v_old, v_new) -> v_name);
        end loop;
        -- An excluded column may have been renamed: better hide every value than show that one.
        if v_excluded is null or not v_image ?& v_excluded then
            select coalesce(pg_catalog.array_agg(c.name), '{}')
            into v_excluded
            from pg_catalog.jsonb_object_keys(v_image) as c (name)
            where c.name <> all(v_key) and c.name is distinct from v_tenant_column;
        end if;
        foreach v_name in array v_excluded loop
            v_new := v_new || pg_catalog.jsonb_build_object(
                v_name,
                case
                    when v_old -> v_name is distinct from v_new -> v_name and tg_op = 'UPDATE'
                        then '(excluded, changed)'
                    else '(excluded)'
                end
            );
            v_old := v_old || pg_catalog.jsonb_build_object(v_name, '(excluded)');
        end loop;
    end if;

    insert into audit.trail (
        tenant_id, relation, operation, row_key, old_row, new_row, login, role, transaction_id, application, client
    )
    values (
        coalesce(v_tenant, ttdb.tenant_id()),
        v_relation,
        tg_op,
        v_row_key,
        v_old,
        v_new,
        session_user,
        -- Inside a definer function current_user is its owner; the setting still holds what the session took.
        coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user),
        pg_catalog.pg_current_xact_id(),
        nullif(pg_catalog.current_setting('application_name'), ''),
        pg_catalog.inet_client_addr()
    );

    return null;
end;
$function$;

comment on function audit.tg__record_change() is
'Records a change with both images of the row, the tenant, the login, the role and the transaction.';
revoke all on function audit.tg__record_change() from public;
-- Without EXECUTE nobody can hang it on a table of his own and write what he likes.
grant execute on function audit.tg__record_change() to ttdb_owner;
