-- Every object of a database that is not PostgreSQL's own, one line each: for telling two catalogs apart.
with own_schemas as (
    select oid, nspname, nspacl, nspowner
    from pg_catalog.pg_namespace
    where nspname !~ '^pg_' and nspname <> 'information_schema'
)
select line from (
    select format('schema %s owner %s acl %s', nspname, pg_get_userbyid(nspowner),
        array(select a::text from unnest(coalesce(nspacl, acldefault('n', nspowner))) as a order by 1)) as line
    from own_schemas
    union all
    select format('relation %s.%s kind %s owner %s acl %s rls %s/%s options %s persistence %s partition %s',
        n.nspname, c.relname, c.relkind, pg_get_userbyid(c.relowner),
        array(select a::text from unnest(coalesce(c.relacl,
            acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))) as a order by 1), c.relrowsecurity, c.relforcerowsecurity,
        c.reloptions, c.relpersistence, pg_get_expr(c.relpartbound, c.oid))
    from pg_catalog.pg_class as c join own_schemas as n on n.oid = c.relnamespace
    union all
    select format('column %s.%s.%s type %s null %s default %s identity %s generated %s acl %s collation %s', n.nspname,
        c.relname, a.attname, format_type(a.atttypid, a.atttypmod), not a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
        a.attidentity, a.attgenerated, a.attacl, a.attcollation)
    from pg_catalog.pg_attribute as a
    join pg_catalog.pg_class as c on c.oid = a.attrelid
    join own_schemas as n on n.oid = c.relnamespace
    left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped
    union all
    select format('constraint %s on %s: %s validated %s', k.conname, k.conrelid::regclass, pg_get_constraintdef(k.oid),
        k.convalidated)
    from pg_catalog.pg_constraint as k join own_schemas as n on n.oid = k.connamespace
    -- The column says that it is NOT NULL; from 18 on that is a constraint too, named by how a partition came in.
    where k.contype <> 'n'
    union all
    select format('index %s valid %s', pg_get_indexdef(i.indexrelid), i.indisvalid)
    from pg_catalog.pg_index as i
    join pg_catalog.pg_class as c on c.oid = i.indexrelid
    join own_schemas as n on n.oid = c.relnamespace
    union all
    select format('policy %s on %s cmd %s permissive %s roles %s using %s check %s', p.polname, p.polrelid::regclass,
        p.polcmd, p.polpermissive, array(select r::regrole::text from unnest(p.polroles) as r order by 1),
        pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
    from pg_catalog.pg_policy as p
    union all
    select format('trigger %s enabled %s', pg_get_triggerdef(t.oid), t.tgenabled)
    from pg_catalog.pg_trigger as t
    join pg_catalog.pg_class as c on c.oid = t.tgrelid
    join own_schemas as n on n.oid = c.relnamespace
    where not t.tgisinternal
    union all
    select format('function %s owner %s acl %s: %s', p.oid::regprocedure, pg_get_userbyid(p.proowner),
        array(select a::text from unnest(coalesce(p.proacl, acldefault('f', p.proowner))) as a order by 1),
        case when p.prokind <> 'a' then md5(pg_get_functiondef(p.oid)) end)
    from pg_catalog.pg_proc as p join own_schemas as n on n.oid = p.pronamespace
    union all
    select format('view %s: %s', v.oid::regclass, pg_get_viewdef(v.oid))
    from pg_catalog.pg_class as v join own_schemas as n on n.oid = v.relnamespace
    where v.relkind in ('v', 'm')
    union all
    select format('default privileges of %s in %s: %s %s', pg_get_userbyid(d.defaclrole), d.defaclnamespace::regnamespace,
        d.defaclobjtype, d.defaclacl)
    from pg_catalog.pg_default_acl as d
    union all
    select format('comment on %s %s: %s', d.classoid::regclass, pg_describe_object(d.classoid, d.objoid, d.objsubid),
        d.description)
    from pg_catalog.pg_description as d
    where d.objoid >= 16384
        -- What a partition has from its table is the table's to comment on: a dump leaves it out.
        and not exists (
            select from pg_catalog.pg_constraint as k
            where d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and k.oid = d.objoid
                and (k.coninhcount > 0 or k.conparentid <> 0)
        )
        and not exists (
            select from pg_catalog.pg_trigger as t
            where d.classoid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and t.oid = d.objoid and t.tgparentid <> 0
        )
    union all
    select format('extension %s', extname) from pg_catalog.pg_extension
    union all
    select format('type %s.%s %s', n.nspname, t.typname, t.typtype)
    from pg_catalog.pg_type as t join own_schemas as n on n.oid = t.typnamespace
    where t.typtype in ('d', 'e', 'r')
    union all
    select format('event trigger %s %s', evtname, evtenabled) from pg_catalog.pg_event_trigger
) as lines
order by line collate "C"
