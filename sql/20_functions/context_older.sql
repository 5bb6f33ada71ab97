-- Who am I, which tenant do I work for, and why do I see nothing?
create or replace function ttdb.context(
    out login name,
    out role name,
    out setting text,
    out state text,
    out tenant_id uuid,
    out tenant_visible boolean,
    out advice text
)
language plpgsql
stable
parallel unsafe -- it catches an error, which takes a subtransaction
security invoker
set search_path = ''
as $function$
declare
    v_raw constant pg_catalog.text := pg_catalog.current_setting(ttdb.tenant_setting(), true);
    v_privileged pg_catalog.bool;
    v_member pg_catalog.bool;
    v_tenants pg_catalog.text;
begin
    login := session_user;
    role := current_user;
    setting := ttdb.tenant_setting();
    tenant_id := ttdb.tenant_id();
    state := case
        when coalesce(v_raw, '') = '' and tenant_id is not null then 'older'
        when v_raw is null then 'unset'
        when v_raw = '' then 'empty'
        when tenant_id is not null then 'ok'
        when v_raw ~ '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$'
            then case when ttdb.context_is_signed() then 'unsigned' else 'disagreed' end
        when v_raw !~ '^v1\.[a-z0-9]{1,32}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9]{1,11}\.[0-9a-f]{64}$'
            then 'malformed'
        when pg_catalog.split_part(v_raw, '.', 4)::pg_catalog.int8 <= extract(epoch from pg_catalog.now())
            then 'expired'
        else 'refused'
    end;

    select r.rolsuper or r.rolbypassrls
    into v_privileged
    from pg_catalog.pg_roles as r
    where r.rolname = current_user;

    select coalesce(pg_catalog.bool_or(pg_catalog.pg_has_role(current_user, r.oid, 'usage')), false)
    into v_member
    from pg_catalog.pg_roles as r
    where r.rolname in ('ttdb_app', 'ttdb_worker', 'ttdb_support', 'ttdb_operator', 'ttdb_auditor');

    -- The table of the tenants themselves is the protected one whose tenant column is its whole primary key.
    select p.polrelid::pg_catalog.regclass::pg_catalog.text
        || ' as t where t.' || pg_catalog.quote_ident(a.attname) || ' = $1'
    into v_tenants
    from pg_catalog.pg_policy as p
    inner join pg_catalog.pg_index as i
        on i.indrelid = p.polrelid and i.indisprimary and i.indnkeyatts = 1
    inner join pg_catalog.pg_attribute as a
        on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
    inner join pg_catalog.pg_depend as d
        on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
        and d.objid = p.oid
        and d.refobjid = p.polrelid
        and d.refobjsubid = a.attnum
    inner join pg_catalog.pg_class as c
        on c.oid = p.polrelid and c.relowner = pg_catalog.to_regrole('ttdb_owner')
    where p.polname = 'select_own_tenant'
        and pg_catalog.has_table_privilege(p.polrelid, 'select')
    order by p.polrelid
    limit 1;
    if found and tenant_id is not null then
        begin
            execute 'select exists (select from ' || v_tenants || ')' into tenant_visible using tenant_id;
        exception
            when insufficient_privilege then
                tenant_visible := null; -- row_security is off: the policies would be an error
        end;
    end if;

    advice := case
        when v_privileged
            then 'This role is beyond row security and sees all tenants: connect as a member of ttdb_app.'
        when not v_member
            then 'This role is in none of ttdb''s groups: grant it ttdb_app, or SET ROLE to a role that is in it.'
        when state = 'empty'
            then 'The tenant was set in an earlier transaction and ended with it: set it again in this one.'
        when state = 'unset' and ttdb.context_is_signed()
            then pg_catalog.format('No tenant is set: run "select set_config(%L, ''<token>'', true)" first, in the '
                'same transaction as the query, with a token from your service''s key or ttdb.sign_context().', setting)
        when state = 'unset'
            then pg_catalog.format('No tenant is set: run "select set_config(%L, ''<uuid>'', true)" first, in the '
                'same transaction as the query.', setting)
        when state = 'malformed' and ttdb.context_is_signed()
            then 'The setting holds something that is not a token: v1.<key id>.<tenant>.<expiry>.<signature>.'
        when state = 'unsigned'
            then 'The setting holds a bare tenant, and this database believes signed ones only: set a token, from '
                'your service''s key or ttdb.sign_context().'
        when state = 'expired'
            then pg_catalog.format('The token expired %s before this transaction began: make a new one.',
                pg_catalog.date_trunc('second', pg_catalog.now() - pg_catalog.to_timestamp(
                    pg_catalog.split_part(v_raw, '.', 4)::pg_catalog.float8
                )))
        when state = 'refused'
            then 'No key that stands has signed this token: it was changed, or its key was retired. Make a new one.'
        when state = 'malformed'
            then 'The setting holds something that is not a UUID: set it to the tenant''s id.'
        when state = 'disagreed'
            then pg_catalog.format('A setting of an older name, which is read for this login, holds another tenant or '
                'none that is a UUID, so there is none: set %s alone.', setting)
        when not tenant_visible
            then 'No tenant with this id is visible to this role: check the id.'
        when state = 'older'
            then pg_catalog.format('The tenant is set, in a setting of an older name: set %s before that one is no '
                'longer read.', setting)
        else 'The tenant is set: rows of other tenants are not visible, and its own are.'
    end;
end;
$function$;

comment on function ttdb.context() is
'Tells who asks, as which role, for which tenant, and what to do when no rows are seen.';
revoke all on function ttdb.context() from public;
grant execute on function ttdb.context() to ttdb_operator, ttdb_app, ttdb_worker, ttdb_support, ttdb_auditor;
