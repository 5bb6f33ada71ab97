/*
code = "CON003"
name = "unique-across-tenants"
severity = "warning"
since = "0.1.0"
title = "A unique key spans all tenants"
why = '''
One tenant's insert fails because of another's value: the error tells that the value exists. Keys that the
server makes at random tell nothing. Those that ttdb.keep_unique() was told a provider makes at random are said
once, as a note, because only people know whether that is true.
'''
bad = '''
alter table app.customers add constraint customers_email_key unique (email);
'''
fix = '''
alter table app.customers drop constraint customers_email_key;
'''
*/
select
    n.nspname::text as schema,
    format('%s.%s', c.relname, x.relname) as object,
    case when declared.relation is null then 'warning' else 'info' end as severity,
    case
        when declared.relation is null then 'unique keys span all tenants'
        else 'unique keys span all tenants, declared to be made at random'
    end as cause,
    case
        when own.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])
            then
                format(
                    'exclusion %s of %I.%I holds the tenant column %I, but not for being equal',
                    x.relname, n.nspname, c.relname, t.tenant_column
                )
        else format(
            'unique key %s of %I.%I does not hold the tenant column %I',
            x.relname, n.nspname, c.relname, t.tenant_column
        )
    end as detail,
    case
        when own.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])
            then
                format(
                    'select pg_catalog.pg_get_constraintdef(k.oid) from pg_catalog.pg_constraint as k'
                    ' where k.conindid = %L::regclass;',
                    x.oid::regclass
                )
        else format(
            'select pg_catalog.pg_get_indexdef(i.indexrelid) from pg_catalog.pg_index as i'
            ' inner join pg_catalog.pg_attribute as a on i.indrelid = a.attrelid and a.attname = %L'
            ' where i.indexrelid = %L::regclass and a.attnum <> all((i.indkey::int2[])[0:i.indnkeyatts - 1]);',
            t.tenant_column, x.oid::regclass
        )
    end as evidence,
    case
        when rule.contype in ('p', 'u')
            then
                format(
                    E'-- let the key hold the tenant:\ncreate unique index concurrently on %s (%I, %s);\n'
                    'alter table %s drop constraint %I;',
                    c.oid::regclass, t.tenant_column, columns.listed, c.oid::regclass, rule.conname
                )
        when rule.contype = 'x'
            then
                format(
                    E'-- made again with %I with =:\nalter table %s drop constraint %I;',
                    t.tenant_column, c.oid::regclass, rule.conname
                )
        else format(E'-- made again with %I first:\ndrop index concurrently %s;', t.tenant_column, x.oid::regclass)
    end as fix
from jsonb_to_recordset(pg_catalog.current_setting('ttdb.tenant_tables')::jsonb) as t (relation oid, tenant_column name)
inner join pg_catalog.pg_class as c on t.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_index as i on c.oid = i.indrelid and (i.indisunique or i.indisexclusion)
inner join pg_catalog.pg_class as x on i.indexrelid = x.oid
left join pg_catalog.pg_constraint as rule
    on x.oid = rule.conindid and c.oid = rule.conrelid and rule.contype in ('p', 'u', 'x')
inner join pg_catalog.pg_attribute as own on c.oid = own.attrelid and t.tenant_column = own.attname
left join
    jsonb_to_recordset(pg_catalog.current_setting('ttdb.declared_keys')::jsonb) as declared (relation oid)
    on c.oid = declared.relation and i.indisprimary
cross join
    lateral (
        select string_agg(quote_ident(a.attname), ', ' order by e.place) as listed
        from unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) with ordinality as e (attnum, place)
        inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid and e.attnum = a.attnum
    ) as columns
left join pg_catalog.pg_constraint as ex on i.indexrelid = ex.conindid and ex.contype = 'x' and c.oid = ex.conrelid
where
    (
        own.attnum <> all((i.indkey::int2[])[0:i.indnkeyatts - 1])
        -- An exclusion holds tenants apart where it compares them for being equal.
        or exists (
            select
            from unnest(ex.conkey, ex.conexclop) as e (attnum, operator)
            inner join pg_catalog.pg_operator as o on e.operator = o.oid
            where e.attnum = own.attnum and o.oprname <> '='
        )
    )
    -- Of a partition, what it does not have from its parent; one of a list of tenants holds few.
    and not (
        c.relispartition
        and (
            exists (
                select from pg_catalog.pg_inherits as h
                where x.oid = h.inhrelid
            )
            or exists (
                select
                from pg_catalog.pg_partition_ancestors(c.oid) as up
                inner join pg_catalog.pg_partitioned_table as parted on up.relid = parted.partrelid
                inner join pg_catalog.pg_attribute as a on up.relid = a.attrelid and a.attnum = any(parted.partattrs)
                where parted.partstrat = 'l' and a.attname = t.tenant_column
            )
        )
    )
    -- In an expression the tenant counts where it stands whole: tenant / 1000 is shared by many.
    and not (
        strpos(coalesce(pg_catalog.pg_get_expr(i.indexprs, c.oid), ''), t.tenant_column) > 0
        and pg_catalog.pg_get_expr(i.indexprs, c.oid) !~ format(
            '%1$s[)"]*(::\w+)?[)]* *(/|%%|>>|&|-)|%2$s"?\("?\(?%1$s',
            t.tenant_column,
            '(left|right|substr\w*|mod|div|trunc|round|length|hash\w*|abs|sign)'
        )
    )
    -- Who only reads a table is refused nothing by its keys; one that nobody may read may be written by functions.
    and coalesce((
        select
            bool_or(has_any_column_privilege(r.oid, way.oid, 'insert, update'))
            or (
                not bool_or(has_any_column_privilege(r.oid, way.oid, 'select'))
                and (
                    c.relname !~ '^\w+$'
                    or exists (
                        select from pg_catalog.pg_proc as p
                        where
                            p.oid >= 16384
                            and coalesce(p.prosrc, '') || coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), '')
                            ~* format('\m%s\M', c.relname)
                    )
                )
            )
        from
            unnest(
                string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')
                || string_to_array(pg_catalog.current_setting('ttdb.app_roles'), ',')
            ) as a (name)
        inner join pg_catalog.pg_roles as r on r.rolname = a.name::name
        cross join
            lateral (
                select c.oid
                union
                select up.relid from pg_catalog.pg_partition_ancestors(c.oid) as up
            ) as way
    ), true)
    -- The tenants' own table: its keys are the tenants' public names, but for those that a tenant may try out.
    and not exists (
        select from pg_catalog.pg_index as k
        where
            k.indrelid = c.oid
            and k.indisprimary
            and k.indnkeyatts = 1
            and k.indkey[0] = own.attnum
            and not exists (
                select from pg_catalog.pg_attribute as a
                cross join unnest(string_to_array(pg_catalog.current_setting('ttdb.attackers'), ',')) as u (name)
                inner join pg_catalog.pg_roles as r on r.rolname = u.name::name
                where
                    a.attrelid = c.oid
                    and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])
                    and a.attname
                    !~ '(^|_)((user|host)?name|slug|handle|alias|key|(sub)?domain|fqdn|host|code|ur[il]|path|title)$'
                    and has_column_privilege(r.oid, c.oid, a.attnum, 'update')
            )
    )
    and not exists (
        select
        from pg_catalog.pg_attribute as a
        left join pg_catalog.pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
        where
            a.attrelid = c.oid
            and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])
            and (
                (a.atttypid = 'uuid'::regtype and i.indisprimary)
                or a.attidentity <> ''
                or pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~ 'nextval|random|uuid'
            )
    )
order by 1, 2
