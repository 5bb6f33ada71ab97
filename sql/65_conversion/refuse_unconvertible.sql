-- Says why a table cannot be made partitioned while it is in use.
create or replace function ttdb.refuse_unconvertible(relation regclass, key_column name) returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
declare
    v_reason pg_catalog.text;
    v_hint pg_catalog.text;
begin
    select
        u.reason,
        u.hint
    into v_reason, v_hint
    from ttdb.unconvertible(relation, key_column) as u
    order by u.place
    limit 1;
    if found then
        raise exception '% cannot be converted: %', relation, v_reason
            using errcode = 'TTCNV', hint = v_hint;
    end if;
end;
$function$;

comment on function ttdb.refuse_unconvertible(regclass, name) is
'Raises TTCNV where a table cannot be made partitioned while in use, with the reason and what to do about it.';
revoke all on function ttdb.refuse_unconvertible(regclass, name) from public;
