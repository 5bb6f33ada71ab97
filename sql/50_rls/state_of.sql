-- Row security and grants of a table and its partitions, to be given back later.
create or replace function ttdb.state_of(relation regclass) returns jsonb
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
    select pg_catalog.jsonb_build_object(
        'row_security', (
            select pg_catalog.jsonb_agg(
                pg_catalog.jsonb_build_object(
                    'relation', t.relation::pg_catalog.text,
                    'root', not t.leaf,
                    'enabled', c.relrowsecurity,
                    'forced', c.relforcerowsecurity
                )
            )
            from ttdb.tree_of(state_of.relation) as t
            inner join pg_catalog.pg_class as c on c.oid = t.relation
        ),
        'grants', (
            select coalesce(
                pg_catalog.jsonb_agg(
                    pg_catalog.jsonb_build_object(
                        'object', g.object::pg_catalog.text,
                        'root', g.object = state_of.relation,
                        'role', g.role,
                        'privilege', g.privilege,
                        'grantable', g.grantable
                    )
                ),
                '[]'
            )
            from ttdb.tree_of(state_of.relation) as t
            cross join lateral ttdb.grants_on(t.relation) as g
        )
    );
$function$;

comment on function ttdb.state_of(regclass) is
'What ttdb.unprotect() must give back: names, not oids, survive a dump; root is the table itself, renamed or not.';
revoke all on function ttdb.state_of(regclass) from public;
