-- An access list in words, one grantee a line: equal lists read equal, however they came about, and also while
-- services are observed.
create or replace function ttdb.grants_as_text(acl aclitem[]) returns text
language sql
stable
parallel safe
security invoker
begin atomic
    select coalesce(pg_catalog.string_agg(g.line, e'\n' order by g.line collate pg_catalog."C"), '')
    from (
        select
            coalesce(pg_catalog.pg_get_userbyid(nullif(a.grantee, 0)), 'public')
            || ': '
            || pg_catalog.string_agg(
                pg_catalog.lower(a.privilege_type) || case when a.is_grantable then ' with grant option' else '' end,
                ', ' order by a.privilege_type collate pg_catalog."C", a.is_grantable
            ) as line
        from pg_catalog.aclexplode(grants_as_text.acl) as a
        where a.grantee is distinct from pg_catalog.to_regrole('ttdb_observed')::oid
        group by a.grantee
    ) as g;
end;

comment on function ttdb.grants_as_text(aclitem[]) is 'An access list in words, sorted.';
revoke all on function ttdb.grants_as_text(aclitem[]) from public;
grant execute on function ttdb.grants_as_text(aclitem[]) to ttdb_operator, ttdb_masker, ttdb_definer;
