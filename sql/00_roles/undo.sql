-- Takes back what the bootstrap granted in this database, and drops those of ttdb's roles that nothing else uses.
-- Objects that ttdb_owner took over must have been handed back before: a role that owns something stays.
do $undo$
declare
    v_roles constant pg_catalog.text[] := array[
        'ttdb_app', 'ttdb_auditor', 'ttdb_definer', 'ttdb_masker', 'ttdb_operator', 'ttdb_owner', 'ttdb_support',
        'ttdb_worker'
    ];
    v_role pg_catalog.text;
    v_schema pg_catalog.name;
    v_reason pg_catalog.text;
begin
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('ttdb bootstrap', 0));

    for v_role in
        select r.rolname
        from pg_catalog.pg_roles as r
        where r.rolname = any(v_roles)
        order by r.rolname
    loop
        execute pg_catalog.format('revoke all on database %I from %I', pg_catalog.current_database(), v_role);
        for v_schema in
            select n.nspname
            from pg_catalog.pg_namespace as n
            where exists (
                select
                from pg_catalog.aclexplode(n.nspacl) as a
                where a.grantee = pg_catalog.to_regrole(v_role)::pg_catalog.oid
            )
        loop
            execute pg_catalog.format('revoke all on schema %I from %I', v_schema, v_role);
        end loop;
    end loop;

    for v_role in
        select r.rolname
        from pg_catalog.pg_roles as r
        where r.rolname = any(v_roles)
        order by r.rolname
    loop
        v_reason := case
            when coalesce(
                pg_catalog.shobj_description(pg_catalog.to_regrole(v_role)::pg_catalog.oid, 'pg_authid'), ''
            ) not like 'ttdb: %' then 'it was not made by ttdb'
        end;

        select coalesce(v_reason, 'it is used in database ' || pg_catalog.string_agg(distinct u.datname, ', '))
        into v_reason
        from (
            select d.datname
            from pg_catalog.pg_shdepend as s
            inner join pg_catalog.pg_database as d
                on d.oid = case
                    when s.classid = 'pg_catalog.pg_database'::pg_catalog.regclass then s.objid else s.dbid
                end
            where s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                and s.refobjid = pg_catalog.to_regrole(v_role)::pg_catalog.oid
        ) as u
        having v_reason is not null or pg_catalog.count(*) > 0;

        if v_reason is null and v_role = any(array['ttdb_app', 'ttdb_auditor', 'ttdb_support', 'ttdb_worker']) then
            select 'these log in as its members: ' || pg_catalog.string_agg(l.rolname, ', ' order by l.rolname)
            into v_reason
            from pg_catalog.pg_auth_members as m
            inner join pg_catalog.pg_roles as l on l.oid = m.member
            where m.roleid = pg_catalog.to_regrole(v_role)::pg_catalog.oid
                and l.rolcanlogin
                and l.rolname <> current_user
            having pg_catalog.count(*) > 0;
        end if;

        if v_reason is null then
            begin
                execute pg_catalog.format('drop role %I', v_role);
            exception
                when dependent_objects_still_exist or insufficient_privilege then
                    v_reason := sqlerrm;
            end;
        end if;

        if v_reason is not null then
            raise notice 'role % stays: %', v_role, v_reason;
        end if;
    end loop;
end;
$undo$;
