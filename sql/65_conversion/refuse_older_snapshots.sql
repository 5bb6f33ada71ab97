-- Refuses to go on while somebody looks with a snapshot that lacks what has been written for a table since.
create or replace function ttdb.refuse_older_snapshots(relation regclass) returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = ''
as $function$
declare
    v_blocked pg_catalog.bool;
begin
    -- The locks say nothing of him before he reads the table. Asked as the login, which may be allowed to see what
    -- others are at; whose state it may not see, it cannot wait for.
    perform pg_catalog.set_config('role', 'none', true);
    v_blocked := exists (
        select
        from pg_catalog.pg_stat_activity as a
        where a.datname = pg_catalog.current_database()
            and a.pid <> pg_catalog.pg_backend_pid()
            and a.backend_xmin is not null
            and a.state like 'idle in transaction%'
    );
    perform pg_catalog.set_config('role', 'ttdb_owner', true);
    if v_blocked then
        raise exception 'a repeatable read transaction or an open cursor would miss rows of %', relation
            using errcode = 'lock_not_available', hint = 'Wait for it to end.';
    end if;
end;
$function$;

comment on function ttdb.refuse_older_snapshots(regclass) is
'Raises 55P03 while a transaction stands idle that would miss what was copied or entered since it began.';
revoke all on function ttdb.refuse_older_snapshots(regclass) from public;
