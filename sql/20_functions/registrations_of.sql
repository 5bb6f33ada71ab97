-- What the registries say of tables and functions: by it a revision's registrations are managed as its objects are.

-- Definer because who describes objects need not be let read every registry.
create or replace function ttdb.registrations_of(relations regclass[], functions regprocedure[])
returns table (kind text, identity text, definition text)
language plpgsql
stable
parallel safe
security definer
set search_path = ''
set intervalstyle = postgres
as $function$
begin
    -- The revisions make the registries one after the other, and are described from the first on.
    if pg_catalog.to_regclass('ttdb.tenant_tables') is not null then
        return query
        select
            'registration',
            'ttdb.tenant_tables: ' || t.relation::pg_catalog.text,
            pg_catalog.to_jsonb(t)::pg_catalog.text
        from ttdb.tenant_tables as t
        where t.relation = any(registrations_of.relations);
    end if;
    if pg_catalog.to_regclass('ttdb.audited_tables') is not null then
        return query
        select
            'registration',
            'ttdb.audited_tables: ' || a.relation::pg_catalog.text,
            pg_catalog.to_jsonb(a)::pg_catalog.text
        from ttdb.audited_tables as a
        where a.relation = any(registrations_of.relations);
    end if;
    if pg_catalog.to_regclass('ttdb.personal_columns') is not null then
        return query
        select
            'registration',
            pg_catalog.format('ttdb.personal_columns: %s, %s', p.relation::pg_catalog.text, p.column_name),
            pg_catalog.to_jsonb(p)::pg_catalog.text
        from ttdb.personal_columns as p
        where p.relation = any(registrations_of.relations);
    end if;
    if pg_catalog.to_regclass('ttdb.partitioned_tables') is not null then
        return query
        select
            'registration',
            'ttdb.partitioned_tables: ' || p.relation::pg_catalog.text,
            pg_catalog.to_jsonb(p)::pg_catalog.text
        from ttdb.partitioned_tables as p
        where p.relation = any(registrations_of.relations);
    end if;
    if pg_catalog.to_regclass('ttdb.unique_keys') is not null then
        return query
        select
            'registration',
            'ttdb.unique_keys: ' || u.keys::pg_catalog.text,
            pg_catalog.to_jsonb(u)::pg_catalog.text
        from ttdb.unique_keys as u
        where u.relation = any(registrations_of.relations);
    end if;
    if pg_catalog.to_regclass('ttdb.resolvers') is not null then
        return query
        select
            'registration',
            'ttdb.resolvers: ' || r.function,
            pg_catalog.to_jsonb(r)::pg_catalog.text
        from ttdb.resolvers as r
        where r.function = any(registrations_of.functions::pg_catalog.text []);
    end if;
end;
$function$;

comment on function ttdb.registrations_of(regclass[], regprocedure[]) is
'What the registries say of these tables and functions, a row as JSON.';
revoke all on function ttdb.registrations_of(regclass[], regprocedure[]) from public;
grant execute on function ttdb.registrations_of(regclass[], regprocedure[]) to ttdb_operator, ttdb_masker, ttdb_definer;
