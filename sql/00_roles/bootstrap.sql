-- The group roles of ttdb and what they may do in this database; run once per database by an admin, harmless when
-- run again. The admin is a superuser, or owns the database and has CREATEROLE.

-- Everything is one block: a second bootstrap anywhere in the cluster waits at its first CREATE ROLE until this one
-- has committed, and then finds all of it done.
do $bootstrap$
declare
    v_roles constant pg_catalog.jsonb := '{
        "ttdb_owner": "owns the objects that ttdb manages",
        "ttdb_operator": "sees and repairs rows across tenants, by explicit policies",
        "ttdb_app": "services: rows of one tenant at a time",
        "ttdb_worker": "jobs across tenants, by explicit policies per table and verb",
        "ttdb_support": "people who may look but not know: masked views only",
        "ttdb_masker": "owns the masked views",
        "ttdb_definer": "owns the functions that run as definer",
        "ttdb_auditor": "reads the audit trail"
    }';
    -- From 16 on a membership itself says whether it inherits; before, NOINHERIT of the member does.
    v_set_only constant pg_catalog.text := case
        when pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 160000
            then ' with inherit false, set true'
        else ''
    end;
    v_can_become constant pg_catalog.text := case
        when pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 160000 then 'SET'
        else 'MEMBER'
    end;
    v_role pg_catalog.text;
    v_purpose pg_catalog.text;
    v_member pg_catalog.text;
begin
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('ttdb bootstrap', 0));

    for v_role, v_purpose in
        select r.key, r.value
        from pg_catalog.jsonb_each_text(v_roles) as r
        order by r.key
    loop
        if not exists (select from pg_catalog.pg_roles as r where r.rolname = v_role) then
            begin
                execute pg_catalog.format('create role %I nologin noinherit', v_role);
                execute pg_catalog.format('comment on role %I is %L', v_role, 'ttdb: ' || v_purpose);
            exception
                when duplicate_object or unique_violation then
                    null; -- another database's bootstrap made it a moment ago
            end;
        end if;
    end loop;

    select r.rolname
    into v_role
    from pg_catalog.pg_roles as r
    where v_roles ? r.rolname
        and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolcanlogin)
    order by r.rolname
    limit 1;
    if found then
        raise exception 'role % can do more than its part in ttdb allows', v_role
            using errcode = 'TTROL',
            hint = pg_catalog.format('Run "alter role %I nologin nosuperuser nobypassrls nocreaterole nocreatedb '
                'noreplication;", or rename the role if it has another purpose.', v_role);
    end if;

    -- ttdb_owner may hand objects to these two, and become them to replace what they own, without being them.
    foreach v_role in array array['ttdb_masker', 'ttdb_definer'] loop
        if not exists (
            select
            from pg_catalog.pg_auth_members as m
            where m.roleid = pg_catalog.to_regrole(v_role) and m.member = pg_catalog.to_regrole('ttdb_owner')
        ) then
            execute pg_catalog.format('grant %I to ttdb_owner', v_role) || v_set_only;
        end if;
    end loop;

    -- Who bootstraps can migrate; a superuser can anyway.
    v_member := current_user;
    foreach v_role in array array['ttdb_owner', 'ttdb_operator'] loop
        if not pg_catalog.pg_has_role(v_member, v_role, v_can_become) then
            execute pg_catalog.format('grant %I to %I', v_role, v_member) || v_set_only;
        end if;
    end loop;

    execute pg_catalog.format('grant create on database %I to ttdb_owner', pg_catalog.current_database());
    grant usage, create on schema public to ttdb_owner;
    -- Resolvers stand where the platform's services look for them, and belong to ttdb_definer.
    grant create on schema public to ttdb_definer;
    grant usage on schema public to
        ttdb_operator, ttdb_app, ttdb_worker, ttdb_support, ttdb_masker, ttdb_definer, ttdb_auditor;
    if exists (
        select
        from pg_catalog.pg_namespace as n
        cross join lateral pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) as a
        where n.nspname = 'public' and a.grantee = 0 and a.privilege_type = 'CREATE'
    ) then
        -- Remembered for the way back.
        create schema if not exists ttdb_bootstrap;
        revoke all on schema ttdb_bootstrap from public;
        create table if not exists ttdb_bootstrap.public_could_create ();
        revoke create on schema public from public;
    end if;

    -- A grant by somebody without the right to it is only a warning: it must not pass for done.
    if not pg_catalog.has_database_privilege('ttdb_owner', pg_catalog.current_database(), 'create')
        or not pg_catalog.has_schema_privilege('ttdb_owner', 'public', 'create')
        or not pg_catalog.has_schema_privilege('ttdb_definer', 'public', 'create') then
        raise exception '% may not grant CREATE on database % and schema public',
            current_user, pg_catalog.current_database()
            using errcode = '42501',
            hint = 'Run the bootstrap as the owner of the database, or as a superuser.';
    end if;
end;
$bootstrap$;
