-- What the group roles may do with a protected table and with the sequences of its columns.
create or replace function ttdb.grants_for(
    relation regclass, app text[], worker text[], definer text[], leaf boolean
)
returns table (object regclass, role name, privilege text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select
        grants_for.relation,
        'ttdb_operator'::pg_catalog.name,
        v.verb
    from pg_catalog.unnest(array['select', 'insert', 'update', 'delete']) as v (verb)

    union
    select
        grants_for.relation,
        w.role,
        w.verb
    from (
        select 'ttdb_app'::pg_catalog.name, a.verb from pg_catalog.unnest(grants_for.app) as a (verb)
        union all
        select 'ttdb_worker'::pg_catalog.name, k.verb from pg_catalog.unnest(grants_for.worker) as k (verb)
        union all
        select 'ttdb_definer'::pg_catalog.name, d.verb from pg_catalog.unnest(grants_for.definer) as d (verb)
    ) as w (role, verb)
    where not grants_for.leaf

    -- The operator dumps a sequence's state; who inserts takes numbers from it, unless it is an identity column's.
    union
    select
        s.objid::pg_catalog.regclass,
        'ttdb_operator'::pg_catalog.name,
        v.verb
    from pg_catalog.pg_depend as s
    inner join pg_catalog.pg_class as c on c.oid = s.objid and c.relkind = 'S'
    cross join pg_catalog.unnest(array['select', 'usage']) as v (verb)
    where s.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and s.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and s.refobjid = grants_for.relation
        and s.refobjsubid > 0
        and s.deptype in ('a', 'i')

    union
    select
        s.objid::pg_catalog.regclass,
        w.role,
        'usage'
    from pg_catalog.pg_depend as s
    inner join pg_catalog.pg_class as c on c.oid = s.objid and c.relkind = 'S'
    inner join (
        values
        ('ttdb_app'::pg_catalog.name, grants_for.app),
        ('ttdb_worker'::pg_catalog.name, grants_for.worker),
        ('ttdb_definer'::pg_catalog.name, grants_for.definer)
    ) as w (role, verbs) on 'insert' = any(w.verbs)
    where s.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and s.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and s.refobjid = grants_for.relation
        and s.refobjsubid > 0
        and s.deptype = 'a'
        and not grants_for.leaf;
$function$;

comment on function ttdb.grants_for(regclass, text[], text[], text[], boolean) is
'The grants of a protected table, or of one of its partitions: there the application has none.';
revoke all on function ttdb.grants_for(regclass, text[], text[], text[], boolean) from public;
