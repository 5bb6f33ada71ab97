"""Parts of the select of the SQL by which a table gets back who was let in how: (place, line) rows, in their order."""

OPERATORS_GRANTS = """\
    select 2, pg_catalog.format('revoke %s on {place} from ttdb_operator;', v.verb)
    from pg_catalog.unnest(array['select', 'insert', 'update', 'delete']) as v (verb)
    where not exists (
        select from pg_catalog.pg_class as c
        cross join lateral pg_catalog.aclexplode(c.relacl) as a
        where c.oid = pg_catalog.to_regclass({relation}) and a.privilege_type = pg_catalog.upper(v.verb)
            and pg_catalog.pg_get_userbyid(a.grantee) = 'ttdb_operator'
    )"""

# Nothing keeps a role from being dropped meanwhile: then the policy is for the others, if there are any.
POLICIES = """\
    select 3, pg_catalog.format(
        'do $policy$ declare v_roles pg_catalog.text; begin'
        ' select pg_catalog.string_agg(pg_catalog.quote_ident(r), '', '') into v_roles'
        ' from pg_catalog.unnest(%L::pg_catalog.text[]) as r'
        ' where r = ''public'' or pg_catalog.to_regrole(pg_catalog.quote_ident(r)) is not null;'
        ' if v_roles is not null then execute %L || v_roles || %L; end if; end $policy$;',
        p.roles,
        pg_catalog.format('create policy %I on {place} as %s for %s to ', p.policyname, p.permissive, p.cmd),
        coalesce(' using (' || p.qual || ')', '') || coalesce(' with check (' || p.with_check || ')', '')
    )
    from pg_catalog.pg_policies as p
    inner join pg_catalog.pg_class as c on c.oid = pg_catalog.to_regclass({relation}) and c.relname = p.tablename
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace and n.nspname = p.schemaname"""

ROW_SECURITY = """\
    select 5, pg_catalog.format('alter table {place} %s row level security, %s row level security;',
        case when c.relrowsecurity then 'enable' else 'disable' end,
        case when c.relforcerowsecurity then 'force' else 'no force' end)
    from pg_catalog.pg_class as c where c.oid = pg_catalog.to_regclass({relation})"""
