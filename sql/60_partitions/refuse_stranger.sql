-- Says why a table that bears a month's name must not be attached as that month.
create or replace function ttdb.refuse_stranger(leaf regclass, relation regclass, sibling regclass) returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
declare
    v_reason pg_catalog.text;
begin
    -- Whether its columns, checks and rows fit is the server's to say, when it attaches.
    select case
        when c.relkind <> 'r' or c.relispartition then 'it is no table of its own'
        when c.relowner <> p.relowner
            then pg_catalog.format(
                'it belongs to %s, not to %s',
                pg_catalog.pg_get_userbyid(c.relowner),
                pg_catalog.pg_get_userbyid(p.relowner)
            )
        when exists (select from pg_catalog.pg_inherits as i where c.oid in (i.inhparent, i.inhrelid))
            then 'it inherits or is inherited from'
        when exists (select from pg_catalog.pg_rewrite as r where r.ev_class = c.oid) then 'it has rules'
        -- Attached without one it would get it unchecked: the owner, who attaches, sees no rows that could break it.
        when exists (
            select
            from pg_catalog.pg_constraint as k
            where k.conrelid = p.oid
                and k.contype = 'f'
                and not exists (
                    select
                    from pg_catalog.pg_constraint as o
                    where o.conrelid = c.oid
                        and o.contype = 'f'
                        and o.convalidated
                        and pg_catalog.pg_get_constraintdef(o.oid) = pg_catalog.pg_get_constraintdef(k.oid)
                )
        ) then 'it lacks a foreign key, or has one that is not validated'
        else (
            select pg_catalog.format('it has a trigger of its own, %s', t.tgname)
            from pg_catalog.pg_trigger as t
            where t.tgrelid = c.oid
                and not t.tgisinternal
                and t.tgfoid is distinct from pg_catalog.to_regprocedure('ttdb.tg__refuse_retired()')
                and t.tgfoid is distinct from pg_catalog.to_regprocedure('audit.tg__record_change()')
                and not exists (
                    select
                    from pg_catalog.pg_trigger as s
                    where s.tgrelid = refuse_stranger.sibling and s.tgname = t.tgname and s.tgfoid = t.tgfoid
                )
            order by t.tgname
            limit 1
        )
    end
    into v_reason
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_class as p on p.oid = refuse_stranger.relation
    where c.oid = refuse_stranger.leaf;

    if v_reason is not null then
        raise exception '% has the name of a month of %, and is not one', leaf, relation
            using errcode = 'TTSTR', detail = v_reason,
            hint = 'Rename it, or mend what is said of it, and make the month again.';
    end if;
end;
$function$;

comment on function ttdb.refuse_stranger(regclass, regclass, regclass) is
'Raises TTSTR where a table of a month''s name is not a month that was retired: another''s, or with its own triggers.';
revoke all on function ttdb.refuse_stranger(regclass, regclass, regclass) from public;
