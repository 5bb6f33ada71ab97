-- Enters a row's key into its key table, and takes it out again; all of them where rows go at once.

-- Definer because the application has no part in the key table: what all tenants' rows hold is nobody's to read.
create or replace function ttdb.tg__keep_unique() returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = ''
set row_security = on
as $function$
declare
    v_entry ttdb.unique_keys;
    v_names pg_catalog.text;
    v_values pg_catalog.text;
    v_same pg_catalog.text;
    v_fixed constant pg_catalog.bool :=
        pg_catalog.current_setting('transaction_isolation') in ('repeatable read', 'serializable');
    v_rows pg_catalog.int8;
    v_constraint pg_catalog.pg_constraint;
    v_keys pg_catalog.pg_class;
begin
    select u.*
    into v_entry
    from ttdb.unique_keys as u
    where u.relation = coalesce(pg_catalog.pg_partition_root(tg_relid), tg_relid)
        and u.columns = tg_argv[0]::pg_catalog.name [];
    if not found and v_fixed then
        -- It began before the key table was made, or before the table was made partitioned: so it does not see that.
        raise exception 'could not serialize access: keys of % came to be kept since the transaction began',
            coalesce(pg_catalog.pg_partition_root(tg_relid), tg_relid::pg_catalog.regclass)
            using errcode = '40001', hint = 'Try the transaction again.';
    elsif not found then
        raise exception 'no key table keeps % of % unique', tg_argv[0], tg_relid::pg_catalog.regclass
            using errcode = 'TTUKM', hint = 'Run ttdb.keep_unique() on the table, or drop its trigger.';
    end if;
    select
        pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum),
        pg_catalog.string_agg(pg_catalog.format('($1).%I', a.attname), ', ' order by a.attnum),
        pg_catalog.string_agg(pg_catalog.format('k.%1$I = ($1).%1$I', a.attname), ' and ' order by a.attnum)
    into v_names, v_values, v_same
    from pg_catalog.pg_attribute as a
    where a.attrelid = v_entry.keys and a.attnum > 0 and not a.attisdropped;

    if tg_op = 'TRUNCATE' then
        select k.* into v_constraint from pg_catalog.pg_constraint as k where k.confrelid = v_entry.keys and k.contype = 'f';
        if found then
            raise exception 'cannot truncate %: the foreign key % of % points at its keys',
                v_entry.relation, v_constraint.conname, v_constraint.conrelid::pg_catalog.regclass
                using errcode = '0A000', hint = 'Delete its rows: who points at them is asked then.';
        end if;
        if v_fixed then
            -- The keys of rows that it cannot see would be left behind.
            raise exception 'cannot truncate % in a transaction with one snapshot', tg_relid::pg_catalog.regclass
                using errcode = '0A000', hint = 'Begin it at isolation level read committed.';
        end if;
        -- Before they go, and by them: a month that is retired keeps its keys. Through the table, which shows a month's
        -- rows to whom the month itself is closed.
        execute pg_catalog.format(
            'delete from %s as k using %s as r where %s and $1 in (r.tableoid, %s::pg_catalog.oid)',
            v_entry.keys,
            v_entry.relation,
            pg_catalog.replace(v_same, '($1).', 'r.'),
            v_entry.relation::pg_catalog.oid
        ) using tg_relid;
        return null;
    end if;
    if tg_op in ('UPDATE', 'DELETE') then
        execute pg_catalog.format('delete from %s as k where %s', v_entry.keys, v_same) using old;
        get diagnostics v_rows = row_count;
        -- A key that was entered of a row that stood, since this transaction looked first, is invisible to it and would
        -- be left behind. To enter it again finds it: the server raises 40001 then, as for a row that others changed.
        if v_rows = 0 and v_fixed and not exists (
            select
            from pg_catalog.jsonb_each(pg_catalog.to_jsonb(old)) as v
            where v.key = any(v_entry.columns) and v.value = 'null'
        ) then
            execute pg_catalog.format(
                'insert into %s (%s) select %s on conflict do nothing', v_entry.keys, v_names, v_values
            ) using old;
            execute pg_catalog.format('delete from %s as k where %s', v_entry.keys, v_same) using old;
        end if;
    end if;
    -- The trigger of an UPDATE also fires where a column became null, which takes part in no key.
    if tg_op = 'INSERT'
        or (tg_op = 'UPDATE' and not exists (
            select
            from pg_catalog.jsonb_each(pg_catalog.to_jsonb(new)) as v
            where v.key = any(v_entry.columns) and v.value = 'null'
        )) then
        -- Waits for another session that is entering the same key, as any unique index does.
        execute pg_catalog.format(
            'insert into %s (%s) select %s on conflict do nothing', v_entry.keys, v_names, v_values
        ) using new;
        get diagnostics v_rows = row_count;
        if v_rows = 0 then
            select c.* into v_constraint from pg_catalog.pg_constraint as c where c.conrelid = v_entry.keys and c.contype = 'p';
            select c.* into v_keys from pg_catalog.pg_class as c where c.oid = v_entry.keys;
            -- Nothing of the row that holds it: that may be another tenant's.
            raise exception 'duplicate key value violates unique constraint "%"', v_constraint.conname
                using errcode = '23505',
                detail = pg_catalog.obj_description(v_constraint.oid, 'pg_constraint'),
                constraint = v_constraint.conname,
                -- The constraint's own table, by which ttdb.constraint_message() finds what to say.
                table = v_keys.relname,
                schema = (select n.nspname from pg_catalog.pg_namespace as n where n.oid = v_keys.relnamespace);
        end if;
    end if;
    return null;
end;
$function$;

comment on function ttdb.tg__keep_unique() is
'Keeps a key table in step with its table, and refuses with 23505 a key that another row has.';
revoke all on function ttdb.tg__keep_unique() from public;
-- Without EXECUTE nobody can hang it on a table of his own and learn which keys there are.
grant execute on function ttdb.tg__keep_unique() to ttdb_owner;
