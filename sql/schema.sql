-- Written by docs/generate.py; do not edit. The database at head; 00_roles/bootstrap.sql makes the roles.

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA audit;


ALTER SCHEMA audit OWNER TO ttdb_owner;

COMMENT ON SCHEMA audit IS 'The trail of every change to an audited table, and the verbs that feed it.';

CREATE SCHEMA masked;


ALTER SCHEMA masked OWNER TO ttdb_owner;

COMMENT ON SCHEMA masked IS 'Masked views, for people who may look but not know, and the masks.';

CREATE SCHEMA ttdb;


ALTER SCHEMA ttdb OWNER TO ttdb_owner;

COMMENT ON SCHEMA ttdb IS 'Tenant context, registry, step ledger, and the verbs that protect tables.';

CREATE SCHEMA ttdb_pgcrypto;


ALTER SCHEMA ttdb_pgcrypto OWNER TO ttdb_owner;

COMMENT ON SCHEMA ttdb_pgcrypto IS 'The extension pgcrypto, out of the way of everybody''s names.';

CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA ttdb_pgcrypto;

COMMENT ON EXTENSION pgcrypto IS 'cryptographic functions';

CREATE FUNCTION audit.begin_load(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    if not audit.is_enabled(relation) then
        raise exception '% is not audited', relation
            using errcode = 'TTAUD', hint = 'There is nothing to begin: load it as it is.';
    end if;
    -- Until the transaction ends nobody else can change the table: the trigger is off for this load alone.
    execute pg_catalog.format('lock table %s in access exclusive mode', relation);
    insert into ttdb.open_loads (relation) values (begin_load.relation);
    execute pg_catalog.format('alter table %s disable trigger _900_record_change', relation);
end;
$$;


ALTER FUNCTION audit.begin_load(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION audit.begin_load(relation regclass) IS 'Lets the owner load many rows in this transaction with one line of the trail; audit.end_load() must follow in it.';

CREATE FUNCTION audit.disable(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    perform audit.drop_triggers(relation);
    delete from ttdb.audited_tables as a where a.relation = disable.relation;
end;
$$;


ALTER FUNCTION audit.disable(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION audit.disable(relation regclass) IS 'Takes off what audit.enable() put on; the trail keeps what it has.';

CREATE FUNCTION audit.drop_triggers(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_piece record;
begin
    for v_piece in
        select
            t.tgrelid::pg_catalog.regclass as relation,
            t.tgname as name
        from ttdb.tree_of(drop_triggers.relation) as r
        inner join pg_catalog.pg_trigger as t
            on t.tgrelid = r.relation
            and t.tgname in ('_900_record_change', '_900_record_truncate')
            and t.tgparentid = 0 -- a partition's clone goes with its parent's
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_piece.name, v_piece.relation);
    end loop;
end;
$$;


ALTER FUNCTION audit.drop_triggers(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION audit.drop_triggers(relation regclass) IS 'Drops the triggers that audit.enable() made.';

CREATE FUNCTION audit.enable(relation regclass, exclude name[] DEFAULT '{}'::name[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_class pg_catalog.pg_class;
    v_text pg_catalog.text;
    v_piece pg_catalog.regclass;
begin
    if audit.is_enabled(relation, exclude) then
        return;
    end if;

    select c.* into v_class from pg_catalog.pg_class as c where c.oid = enable.relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only tables can be audited; audit what a view reads.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Audit %s: its partitions follow.', pg_catalog.pg_partition_root(relation)
            );
    end if;
    if exists (
        select
        from pg_catalog.pg_inherits as i
        where v_class.relkind = 'r' and enable.relation in (i.inhparent, i.inhrelid)
    ) then
        raise exception '% inherits or is inherited from', relation
            using errcode = 'TTINH',
            hint = 'A statement on the parent changes rows of its children, whose triggers it would miss: use partitions.';
    end if;
    if v_class.relnamespace in ('audit'::pg_catalog.regnamespace, 'ttdb'::pg_catalog.regnamespace) then
        raise exception '% belongs to ttdb itself', relation
            using errcode = 'TTAUD', hint = 'The trail cannot record its own writing.';
    end if;
    if not exists (select from pg_catalog.pg_index as i where i.indrelid = enable.relation and i.indisprimary) then
        raise exception '% has no primary key', relation
            using errcode = 'TTAPK', hint = 'Add one: without it no one can tell which row a change was of.';
    end if;

    select pg_catalog.string_agg(e.name, ', ')
    into v_text
    from pg_catalog.unnest(exclude) as e (name)
    where not exists (
        select
        from pg_catalog.pg_attribute as c
        where c.attrelid = enable.relation and c.attname = e.name and c.attnum > 0 and not c.attisdropped
    );
    if v_text is not null then
        raise exception '% has no column %', relation, v_text
            using errcode = 'TTCOL', hint = 'Name existing columns to keep out of the trail.';
    end if;

    select pg_catalog.string_agg(c.attname, ', ')
    into v_text
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_attribute as c on c.attrelid = i.indrelid and c.attnum = any(i.indkey)
    where i.indrelid = enable.relation and i.indisprimary and c.attname = any(exclude);
    if v_text is not null then
        raise exception 'column % is part of the primary key of %', v_text, relation
            using errcode = 'TTAEX', hint = 'The key says which row was changed: it cannot be kept out of the trail.';
    end if;

    select pg_catalog.string_agg(g.name, ', ' order by g.name)
    into v_text
    from ttdb.generated_from(relation, exclude) as g
    where g.name <> all(exclude);
    if v_text is not null then
        raise exception 'column % of % is generated from excluded ones', v_text, relation
            using errcode = 'TTGEN', hint = 'It would tell what they hold: exclude it too.';
    end if;

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.audited_tables as d
    where not exists (select from pg_catalog.pg_class as c where c.oid = d.relation);
    insert into ttdb.audited_tables as a (relation, excluded)
    values (enable.relation, enable.exclude)
    on conflict on constraint audited_tables_pkey do update
        set excluded = excluded.excluded;

    perform audit.drop_triggers(relation);
    -- ALWAYS: also in a session that plays a replica. A row trigger follows to partitions by itself.
    execute pg_catalog.format(
        'create trigger _900_record_change after insert or update or delete on %s '
        'for each row execute function audit.tg__record_change()', relation
    );
    execute pg_catalog.format('alter table %s enable always trigger _900_record_change', relation);
    execute pg_catalog.format('comment on trigger _900_record_change on %s is %L', relation,
        'writes every changed row to the trail');
    for v_piece in
        select t.relation
        from ttdb.tree_of(enable.relation) as t
    loop
        execute pg_catalog.format(
            'create trigger _900_record_truncate after truncate on %s '
            'for each statement execute function audit.tg__record_change()', v_piece
        );
        execute pg_catalog.format('alter table %s enable always trigger _900_record_truncate', v_piece);
        execute pg_catalog.format('comment on trigger _900_record_truncate on %s is %L', v_piece,
            'writes to the trail that all rows went at once');
    end loop;
end;
$$;


ALTER FUNCTION audit.enable(relation regclass, exclude name[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION audit.enable(relation regclass, exclude name[]) IS 'Records every INSERT, UPDATE, DELETE and TRUNCATE of a table and its partitions; values of excluded columns stay out. Run it again after adding a partition.';

CREATE FUNCTION audit.end_load(relation regclass, rows bigint, details jsonb DEFAULT '{}'::jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    delete from ttdb.open_loads as l where l.relation = end_load.relation;
    if not found then
        raise exception 'no load of % was begun', relation
            using errcode = 'TTLOA', hint = 'Call audit.begin_load() first, in the same transaction.';
    end if;
    execute pg_catalog.format('alter table %s enable always trigger _900_record_change', relation);
    perform audit.record_load(relation, rows, details);
end;
$$;


ALTER FUNCTION audit.end_load(relation regclass, rows bigint, details jsonb) OWNER TO ttdb_owner;

COMMENT ON FUNCTION audit.end_load(relation regclass, rows bigint, details jsonb) IS 'Ends what audit.begin_load() began: records how many rows were loaded, and each change again from now on.';

CREATE FUNCTION audit.is_enabled(relation regclass, exclude name[] DEFAULT NULL::name[]) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select
        exists (
            select
            from ttdb.audited_tables as a
            where a.relation = is_enabled.relation
                and (
                    is_enabled.exclude is null
                    or (a.excluded @> is_enabled.exclude and a.excluded <@ is_enabled.exclude)
                )
                and not exists (
                    select
                    from pg_catalog.unnest(a.excluded) as e (name)
                    where not exists (
                        select
                        from pg_catalog.pg_attribute as c
                        where c.attrelid = a.relation and c.attname = e.name and c.attnum > 0 and not c.attisdropped
                    )
                )
        )
        and exists (
            select from pg_catalog.pg_index as i where i.indrelid = is_enabled.relation and i.indisprimary
        )
        -- Rows of children by inheritance change without this table's triggers.
        and not exists (
            select
            from pg_catalog.pg_inherits as i
            inner join pg_catalog.pg_class as c on c.oid = is_enabled.relation and c.relkind = 'r'
            where i.inhparent = c.oid
        )
        and not exists (
            select
            from ttdb.audited_tables as a
            cross join lateral ttdb.generated_from(a.relation, a.excluded) as g
            where a.relation = is_enabled.relation and g.name <> all(a.excluded)
        )
        -- tgtype: 29 is AFTER INSERT OR UPDATE OR DELETE FOR EACH ROW, 32 AFTER TRUNCATE FOR EACH STATEMENT.
        and not exists (
            select
            from ttdb.tree_of(is_enabled.relation) as t
            cross join (
                values
                ('_900_record_change'::pg_catalog.name, 29),
                ('_900_record_truncate'::pg_catalog.name, 32)
            ) as w (name, type)
            where not exists (
                select
                from pg_catalog.pg_trigger as g
                where g.tgrelid = t.relation
                    and g.tgname = w.name
                    and g.tgtype = w.type
                    and g.tgenabled = 'A'
                    and g.tgqual is null
                    and pg_catalog.cardinality(g.tgattr::pg_catalog.int2[]) = 0
                    and g.tgfoid = pg_catalog.to_regprocedure('audit.tg__record_change()')
            )
        );
$$;


ALTER FUNCTION audit.is_enabled(relation regclass, exclude name[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION audit.is_enabled(relation regclass, exclude name[]) IS 'Whether a table and its partitions have their recording triggers, unconditional and enabled, and a primary key.';

CREATE FUNCTION audit.record_load(relation regclass, rows bigint, details jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    AS $$
begin
    insert into audit.trail (
        tenant_id, relation, operation, new_row, login, role, transaction_id, application, client
    )
    select
        null,
        pg_catalog.format('%s.%s', n.nspname, c.relname),
        'LOAD',
        coalesce(record_load.details, '{}') || pg_catalog.jsonb_build_object('rows', record_load.rows),
        session_user,
        -- Inside a definer function current_user is its owner; the setting still holds what the session took.
        coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user),
        pg_catalog.pg_current_xact_id(),
        nullif(pg_catalog.current_setting('application_name'), ''),
        pg_catalog.inet_client_addr()
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = record_load.relation;
end;
$$;


ALTER FUNCTION audit.record_load(relation regclass, rows bigint, details jsonb) OWNER TO ttdb_definer;

COMMENT ON FUNCTION audit.record_load(relation regclass, rows bigint, details jsonb) IS 'Records a load of many rows: the table, how many, the login, the role and the transaction.';

CREATE FUNCTION audit.record_resolution(resolver text, tenants uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    -- What was asked for is personal or secret, and stays out; each tenant found gets its own row.
    insert into audit.trail (
        tenant_id, relation, operation, new_row, login, role, transaction_id, application, client
    )
    select
        t.id,
        record_resolution.resolver,
        'RESOLVE',
        pg_catalog.jsonb_build_object('found', pg_catalog.cardinality(record_resolution.tenants)),
        session_user,
        coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user),
        pg_catalog.pg_current_xact_id(),
        nullif(pg_catalog.current_setting('application_name'), ''),
        pg_catalog.inet_client_addr()
    from pg_catalog.unnest(coalesce(nullif(record_resolution.tenants, '{}'), array[null::pg_catalog.uuid])) as t (id);

    -- The caller may roll the row back; this line stays.
    raise log 'ttdb: % asked % and was told % tenants', session_user, resolver, pg_catalog.cardinality(tenants);
end;
$$;


ALTER FUNCTION audit.record_resolution(resolver text, tenants uuid[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION audit.record_resolution(resolver text, tenants uuid[]) IS 'Records in the trail, and in the server''s log, who asked a resolver and how many tenants it found.';

CREATE FUNCTION audit.tg__end_of_load() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    if exists (select from ttdb.open_loads as l where l.relation = new.relation) then
        raise exception 'the load of % was begun and not ended', new.relation
            using errcode = 'TTLOA', hint = 'Call audit.end_load() in the same transaction.';
    end if;
    return null;
end;
$$;


ALTER FUNCTION audit.tg__end_of_load() OWNER TO ttdb_owner;

COMMENT ON FUNCTION audit.tg__end_of_load() IS 'Trigger: refuses a commit between audit.begin_load() and audit.end_load(), so that recording is never left off.';

CREATE FUNCTION audit.tg__record_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    SET extra_float_digits TO '1'
    SET bytea_output TO 'hex'
    SET "IntervalStyle" TO 'iso_8601'
    SET "DateStyle" TO 'iso'
    SET "TimeZone" TO 'utc'
    SET lc_monetary TO 'C'
    AS $$
declare
    v_old pg_catalog.jsonb;
    v_new pg_catalog.jsonb;
    v_image pg_catalog.jsonb;
    v_row_key pg_catalog.jsonb;
    v_root constant pg_catalog.regclass := coalesce(pg_catalog.pg_partition_root(tg_relid), tg_relid);
    v_relation pg_catalog.text;
    v_tenant_column pg_catalog.text;
    v_tenant pg_catalog.uuid;
    v_excluded pg_catalog.text[];
    v_key pg_catalog.text[];
    v_name pg_catalog.text;
begin
    if tg_op in ('UPDATE', 'DELETE') then
        v_old := pg_catalog.to_jsonb(old);
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
        v_new := pg_catalog.to_jsonb(new);
    end if;
    v_image := coalesce(v_new, v_old);

    -- Every audited row of every table comes through here: what needs no query is done without one.
    if v_root = tg_relid then
        v_relation := tg_table_schema || '.' || tg_table_name;
    else
        -- The name as it is now: an older snapshot may not see a table that was converted since.
        v_relation := pg_catalog.array_to_string(pg_catalog.parse_ident(v_root::pg_catalog.text), '.');
    end if;
    select
        t.tenant_column,
        a.excluded,
        array(
            select k.attname::pg_catalog.text
            from pg_catalog.pg_index as i
            inner join pg_catalog.pg_attribute as k on k.attrelid = i.indrelid and k.attnum = any(i.indkey)
            where i.indrelid = v_root and i.indisprimary
        )
    into v_tenant_column, v_excluded, v_key
    from (values (v_root)) as r (relation)
    left join ttdb.tenant_tables as t on t.relation = r.relation
    left join ttdb.audited_tables as a on a.relation = r.relation;

    if tg_op <> 'TRUNCATE' then
        v_tenant := (v_image ->> v_tenant_column)::pg_catalog.uuid;
        foreach v_name in array v_key loop
            v_row_key := coalesce(v_row_key, '{}')
                || pg_catalog.jsonb_build_object(v_name, coalesce(v_old, v_new) -> v_name);
        end loop;
        -- An excluded column may have been renamed: better hide every value than show that one.
        if v_excluded is null or not v_image ?& v_excluded then
            select coalesce(pg_catalog.array_agg(c.name), '{}')
            into v_excluded
            from pg_catalog.jsonb_object_keys(v_image) as c (name)
            where c.name <> all(v_key) and c.name is distinct from v_tenant_column;
        end if;
        foreach v_name in array v_excluded loop
            v_new := v_new || pg_catalog.jsonb_build_object(
                v_name,
                case
                    when v_old -> v_name is distinct from v_new -> v_name and tg_op = 'UPDATE'
                        then '(excluded, changed)'
                    else '(excluded)'
                end
            );
            v_old := v_old || pg_catalog.jsonb_build_object(v_name, '(excluded)');
        end loop;
    end if;

    insert into audit.trail (
        tenant_id, relation, operation, row_key, old_row, new_row, login, role, transaction_id, application, client
    )
    values (
        coalesce(v_tenant, ttdb.tenant_id()),
        v_relation,
        tg_op,
        v_row_key,
        v_old,
        v_new,
        session_user,
        -- Inside a definer function current_user is its owner; the setting still holds what the session took.
        coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user),
        pg_catalog.pg_current_xact_id(),
        nullif(pg_catalog.current_setting('application_name'), ''),
        pg_catalog.inet_client_addr()
    );

    return null;
end;
$$;


ALTER FUNCTION audit.tg__record_change() OWNER TO ttdb_definer;

COMMENT ON FUNCTION audit.tg__record_change() IS 'Records a change with both images of the row, the tenant, the login, the role and the transaction.';

CREATE FUNCTION audit.tg__refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    raise exception '% of the audit trail is refused', pg_catalog.lower(tg_op)
        using errcode = 'TTAPP',
        hint = 'The trail is append-only for everybody; old months are retired whole.';
end;
$$;


ALTER FUNCTION audit.tg__refuse_change() OWNER TO ttdb_owner;

COMMENT ON FUNCTION audit.tg__refuse_change() IS 'Refuses UPDATE, DELETE and TRUNCATE of the trail, its owner''s too.';

CREATE FUNCTION masked."column"(relation regclass, column_name name, mask text) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
    -- A null would take the decision back; that is what masked.forget() is for.
    select masked.columns(relation, pg_catalog.jsonb_build_object(column_name, coalesce(mask, 'null')));
$$;


ALTER FUNCTION masked."column"(relation regclass, column_name name, mask text) OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked."column"(relation regclass, column_name name, mask text) IS 'Decides how support sees a column, and makes the table''s view in schema masked show it so.';

CREATE FUNCTION masked.columns(relation regclass, decisions jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_class pg_catalog.pg_class;
    v_category pg_catalog."char";
    v_column pg_catalog.text;
    v_mask pg_catalog.text;
    v_text pg_catalog.text;
begin
    if masked.is_masked(relation, decisions) then
        return;
    end if;

    select c.* into v_class from pg_catalog.pg_class as c where c.oid = "columns".relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only columns of tables can be masked.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Mask the columns of %s.', pg_catalog.pg_partition_root(relation)
            );
    end if;

    for v_column, v_mask in
        select
            d.key,
            d.value
        from pg_catalog.jsonb_each_text(decisions) as d
        where d.value is not null
    loop
        if not exists (select from masked.masks() as m where m.mask = v_mask) then
            raise exception 'there is no mask %', v_mask
                using errcode = 'TTMUN',
                hint = pg_catalog.format(
                    'Masks: %s.', (select pg_catalog.string_agg(m.mask, ', ' order by m.mask) from masked.masks() as m)
                );
        end if;

        select t.typcategory
        into v_category
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_type as t on t.oid = a.atttypid
        where a.attrelid = "columns".relation
            and a.attname = v_column
            and a.attnum > 0
            and not a.attisdropped;
        if not found then
            raise exception '% has no column %', relation, v_column
                using errcode = 'TTCOL', hint = 'Name an existing column.';
        end if;
        -- Text and internet addresses: what a mask can be given as text.
        if v_mask <> 'plain' and v_category not in ('S', 'I') then
            raise exception 'column % of % is neither text nor an address', v_column, relation
                using errcode = 'TTMTP',
                hint = 'Masks take text; a column of another type is plain, or not shown at all.';
        end if;
    end loop;

    -- The masked view's owner reads the table through a policy: without one it would see every tenant's rows.
    if not exists (select from ttdb.tenant_tables as t where t.relation = "columns".relation) then
        raise exception '% is not protected', relation
            using errcode = 'TTMPR', hint = pg_catalog.format('Run "select ttdb.protect(%L);" first.', relation);
    end if;

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.personal_columns as p
    where not exists (select from pg_catalog.pg_class as c where c.oid = p.relation)
        or (
            p.relation = "columns".relation
            and exists (
                select
                from pg_catalog.jsonb_each_text(decisions) as d
                where d.key = p.column_name and d.value is null
            )
        );
    insert into ttdb.personal_columns as p (relation, column_name, mask)
    select
        "columns".relation,
        d.key,
        d.value
    from pg_catalog.jsonb_each_text(decisions) as d
    where d.value is not null
    on conflict on constraint personal_columns_pkey do update
        set mask = excluded.mask;

    -- What is generated from a personal column tells what it holds.
    select pg_catalog.string_agg(distinct pg_catalog.format('%I from %I', g.name, p.column_name), ', ')
    into v_text
    from ttdb.personal_columns as p
    cross join lateral ttdb.generated_from(p.relation, array[p.column_name]) as g
    inner join ttdb.personal_columns as s on s.relation = p.relation and s.column_name = g.name
    where p.relation = "columns".relation and p.mask <> 'plain' and s.mask = 'plain';
    if v_text is not null then
        raise exception 'a plain column of % is generated from a masked one: %', relation, v_text
            using errcode = 'TTMGN', hint = 'Mask it, or leave it out: masked.forget() it first.';
    end if;
    perform masked.rebuild(relation);
end;
$$;


ALTER FUNCTION masked.columns(relation regclass, decisions jsonb) OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked.columns(relation regclass, decisions jsonb) IS 'Decides how support sees columns, each by its name, and makes the table''s view in schema masked show them so.';

CREATE FUNCTION masked.definition_for(relation regclass, qualified boolean) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    -- Written as the server itself would print it, but for white space, so that masked.is_masked() can compare.
    -- The keys are subqueries: they run once a query, and the key stands in no view, plan or argument.
    select 'SELECT ' || pg_catalog.string_agg(
        case
            when p.mask = 'plain' then v.prefix || pg_catalog.quote_ident(a.attname)
            else pg_catalog.format(
                'masked.%I(%s, ( SELECT keys.inner_key FROM masked.keys), ( SELECT keys.outer_key FROM masked.keys))'
                ' AS %I',
                p.mask,
                case
                    when a.atttypid = 'pg_catalog.text'::pg_catalog.regtype
                        then v.prefix || pg_catalog.quote_ident(a.attname)
                    else pg_catalog.format('(%s%I)::text', v.prefix, a.attname)
                end,
                a.attname
            )
        end,
        ', ' order by a.attnum
    ) || ' FROM ' || definition_for.relation::pg_catalog.text
    from ttdb.personal_columns as p
    inner join pg_catalog.pg_attribute as a
        on a.attrelid = p.relation and a.attname = p.column_name and a.attnum > 0 and not a.attisdropped
    inner join pg_catalog.pg_class as c on c.oid = p.relation
    cross join lateral (
        select case when definition_for.qualified then pg_catalog.quote_ident(c.relname) || '.' else '' end
    ) as v (prefix)
    where p.relation = definition_for.relation;
$$;


ALTER FUNCTION masked.definition_for(relation regclass, qualified boolean) OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked.definition_for(relation regclass, qualified boolean) IS 'What a table''s masked view must select: decided columns only, in the table''s order; NULL when none is decided.';

CREATE FUNCTION masked.token(label text, value text, inner_key bytea, outer_key bytea) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN encode(sha256((outer_key || sha256((inner_key || convert_to(((label || ':'::text) || btrim(lower("normalize"((value COLLATE "default"), 'NFKC'::text)), (((((' '::text || chr(9)) || chr(10)) || chr(11)) || chr(12)) || chr(13)))), 'UTF8'::name))))), 'hex'::text);


ALTER FUNCTION masked.token(label text, value text, inner_key bytea, outer_key bytea) OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked.token(label text, value text, inner_key bytea, outer_key bytea) IS 'A keyed digest, equal for texts that differ only in case, surrounding space or Unicode form; NULL stays NULL.';

CREATE FUNCTION masked.email(value text, inner_key bytea, outer_key bytea) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (('user-'::text || "left"(masked.token('email'::text, value, inner_key, outer_key), 16)) || '@masked.example.com'::text);


ALTER FUNCTION masked.email(value text, inner_key bytea, outer_key bytea) OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked.email(value text, inner_key bytea, outer_key bytea) IS 'An address in a domain reserved for examples, the same wherever the same address is masked.';

CREATE FUNCTION masked.forget(relation regclass, column_name name) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    delete from ttdb.personal_columns as p
    where p.relation = forget.relation and p.column_name = forget.column_name;
    if found then
        perform masked.rebuild(relation);
    end if;
end;
$$;


ALTER FUNCTION masked.forget(relation regclass, column_name name) OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked.forget(relation regclass, column_name name) IS 'Takes a column out of the table''s masked view; the view goes with its last column.';

CREATE FUNCTION masked.ip(value text, inner_key bytea, outer_key bytea) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN host(('2001:db8::'::inet + ((('x'::text || "left"(masked.token('ip'::text, split_part(value, '/'::text, 1), inner_key, outer_key), 15)))::bit(60))::bigint));


ALTER FUNCTION masked.ip(value text, inner_key bytea, outer_key bytea) OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked.ip(value text, inner_key bytea, outer_key bytea) IS 'An address that nobody has, the same wherever the same address is masked.';

CREATE FUNCTION masked.is_masked(relation regclass, decisions jsonb) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select not exists (
        select
        from pg_catalog.jsonb_each_text(decisions) as d (column_name, mask)
        where not exists (
            select
            from ttdb.personal_columns as p
            -- The registry may name a column that has been renamed or dropped since.
            inner join pg_catalog.pg_attribute as a
                on a.attrelid = p.relation and a.attname = p.column_name and a.attnum > 0 and not a.attisdropped
            where p.relation = is_masked.relation
                and p.column_name = d.column_name
                and p.mask = d.mask
                and p.mask in (select m.mask from masked.masks() as m)
                and pg_catalog.has_column_privilege('ttdb_masker', p.relation, a.attnum, 'select')
        )
    )
    and not exists (
        select
        from ttdb.personal_columns as o
        cross join lateral ttdb.generated_from(o.relation, array[o.column_name]) as g
        inner join ttdb.personal_columns as s on s.relation = o.relation and s.column_name = g.name
        where o.relation = is_masked.relation and o.mask <> 'plain' and s.mask = 'plain'
    )
    and exists (
        select
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_class as v on v.oid = pg_catalog.to_regclass(pg_catalog.format('masked.%I', c.relname))
        where c.oid = is_masked.relation
            and v.relkind = 'v'
            and v.relowner = 'ttdb_masker'::pg_catalog.regrole
            and not coalesce('security_invoker=true' = any(v.reloptions), false)
            -- Which of the two the server prints depends on its version.
            and pg_catalog.regexp_replace(pg_catalog.pg_get_viewdef(v.oid), '\s+', ' ', 'g') in (
                ' ' || masked.definition_for(c.oid, false) || ';',
                ' ' || masked.definition_for(c.oid, true) || ';'
            )
            and pg_catalog.has_table_privilege('ttdb_support', v.oid, 'select')
            and not exists (
                select from pg_catalog.aclexplode(v.relacl) as g where g.grantee = 0
            )
    );
$$;


ALTER FUNCTION masked.is_masked(relation regclass, decisions jsonb) OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked.is_masked(relation regclass, decisions jsonb) IS 'Whether columns'' masks stand in the registry, and the masked view is exactly what the registry makes it.';

CREATE FUNCTION masked.is_masked(relation regclass, column_name name, mask text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select masked.is_masked(relation, pg_catalog.jsonb_build_object(column_name, mask));
$$;


ALTER FUNCTION masked.is_masked(relation regclass, column_name name, mask text) OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked.is_masked(relation regclass, column_name name, mask text) IS 'Whether a column''s mask stands in the registry, and the masked view is exactly what the registry makes it.';

CREATE FUNCTION masked.masks() RETURNS TABLE(mask text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select 'plain'
    union all
    select p.proname::pg_catalog.text
    from pg_catalog.pg_proc as p
    where p.pronamespace = 'masked'::pg_catalog.regnamespace
        and p.prokind = 'f'
        and pg_catalog.oidvectortypes(p.proargtypes) = 'text, bytea, bytea'
        and p.prorettype = 'pg_catalog.text'::pg_catalog.regtype
    order by 1;
$$;


ALTER FUNCTION masked.masks() OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked.masks() IS 'The names that masked.column() takes; plain shows a column as it is.';

CREATE FUNCTION masked.name(value text, inner_key bytea, outer_key bytea) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN ('name-'::text || "left"(masked.token('name'::text, value, inner_key, outer_key), 12));


ALTER FUNCTION masked.name(value text, inner_key bytea, outer_key bytea) OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked.name(value text, inner_key bytea, outer_key bytea) IS 'A stand-in for a name, the same wherever the same name is masked.';

CREATE FUNCTION masked.phone(value text, inner_key bytea, outer_key bytea) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN ('+999'::text || lpad(((((('x'::text || "left"(masked.token('phone'::text, translate(value, ' -./()'::text, ''::text), inner_key, outer_key), 12)))::bit(48))::bigint % '1000000000000'::bigint))::text, 12, '0'::text));


ALTER FUNCTION masked.phone(value text, inner_key bytea, outer_key bytea) OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked.phone(value text, inner_key bytea, outer_key bytea) IS 'A number that cannot be dialled, the same wherever the same number is masked, however it is punctuated.';

CREATE FUNCTION masked.rebuild(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_view pg_catalog.text;
    v_old pg_catalog.regclass;
    v_column pg_catalog.name;
    v_mask pg_catalog.text;
    v_definition constant pg_catalog.text := masked.definition_for(relation, false);
begin
    select pg_catalog.format('masked.%I', c.relname)
    into v_view
    from pg_catalog.pg_class as c
    where c.oid = rebuild.relation;

    -- Columns can only be added to a view at its end: it is made anew, in this one transaction.
    for v_old in
        select v.*
        from masked.views_of(relation) as v
    loop
        execute pg_catalog.format('drop view %s', v_old);
    end loop;

    for v_column in
        select a.attname
        from pg_catalog.pg_attribute as a
        cross join lateral pg_catalog.aclexplode(a.attacl) as g
        where a.attrelid = rebuild.relation
            and not a.attisdropped
            and g.grantee = 'ttdb_masker'::pg_catalog.regrole
    loop
        execute pg_catalog.format('revoke select (%I) on table %s from ttdb_masker', v_column, relation);
    end loop;

    if v_definition is null then
        return;
    end if;
    if pg_catalog.to_regclass(v_view) is not null then
        raise exception 'the name % is taken', v_view
            using errcode = 'TTMVN',
            hint = pg_catalog.format('It is not a view of %s: rename one of the two.', relation);
    end if;

    for v_column in
        select p.column_name
        from ttdb.personal_columns as p
        inner join pg_catalog.pg_attribute as a on a.attrelid = p.relation and a.attname = p.column_name
        where p.relation = rebuild.relation and a.attnum > 0 and not a.attisdropped
    loop
        execute pg_catalog.format('grant select (%I) on table %s to ttdb_masker', v_column, relation);
    end loop;

    -- No security_barrier: row security on the table filters rows, and a barrier would mask rows that LIMIT drops.
    execute pg_catalog.format('create view %s as %s', v_view, v_definition);
    execute pg_catalog.format('comment on view %s is %L', v_view, pg_catalog.format(
        'What support sees of %s: decided columns only, personal ones masked.', relation
    ));
    for v_column, v_mask in
        select
            p.column_name,
            p.mask
        from ttdb.personal_columns as p
        inner join pg_catalog.pg_attribute as a on a.attrelid = p.relation and a.attname = p.column_name
        where p.relation = rebuild.relation and a.attnum > 0 and not a.attisdropped
    loop
        execute pg_catalog.format('comment on column %s.%I is %L', v_view, v_column, case
            when v_mask = 'plain' then 'as the table holds it'
            else pg_catalog.format('masked by masked.%I()', v_mask)
        end);
    end loop;
    execute pg_catalog.format('revoke all on table %s from public', v_view);
    execute pg_catalog.format('grant select on table %s to ttdb_support', v_view);
    execute pg_catalog.format('alter view %s owner to ttdb_masker', v_view);
end;
$$;


ALTER FUNCTION masked.rebuild(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked.rebuild(relation regclass) IS 'Drops a table''s masked view and, where columns are decided, makes it again, with the grants that it needs.';

CREATE FUNCTION masked.redacted(value text, inner_key bytea, outer_key bytea) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (value IS NOT NULL) THEN '(redacted)'::text ELSE NULL::text END;


ALTER FUNCTION masked.redacted(value text, inner_key bytea, outer_key bytea) OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked.redacted(value text, inner_key bytea, outer_key bytea) IS 'The same words for every text; NULL stays NULL.';

CREATE FUNCTION masked.views_of(relation regclass) RETURNS SETOF regclass
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select distinct v.oid::pg_catalog.regclass
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_rewrite as r on r.oid = d.objid
    inner join pg_catalog.pg_class as v on v.oid = r.ev_class
    where d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.refobjid = views_of.relation
        and v.relkind = 'v'
        and v.relnamespace = 'masked'::pg_catalog.regnamespace
        and v.oid <> views_of.relation;
$$;


ALTER FUNCTION masked.views_of(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked.views_of(relation regclass) IS 'The views in schema masked that read a table, by their dependencies.';

CREATE FUNCTION public.tenant_of_payment_intent(payment_intent_id text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    AS $$
declare
    v_tenants pg_catalog.uuid[];
begin
    -- The key table knows the payments of all months, and each intent once.
    select coalesce(pg_catalog.array_agg(k.tenant_id), '{}')
    into v_tenants
    from public.payment_transactions_payment_intent_id_keys as k
    where k.payment_intent_id = tenant_of_payment_intent.payment_intent_id;

    perform audit.record_resolution('public.tenant_of_payment_intent(text)', v_tenants);
    return v_tenants[1];
end;
$$;


ALTER FUNCTION public.tenant_of_payment_intent(payment_intent_id text) OWNER TO ttdb_definer;

COMMENT ON FUNCTION public.tenant_of_payment_intent(payment_intent_id text) IS 'The tenant whose payment a provider''s intent is, NULL where there is none; each call is in the trail.';

CREATE FUNCTION public.tenant_of_slug(slug text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    AS $$
declare
    v_tenant pg_catalog.uuid;
begin
    select t.id
    into v_tenant
    from public.tenants as t
    where t.slug = tenant_of_slug.slug;

    perform audit.record_resolution(
        'public.tenant_of_slug(text)', case when v_tenant is null then '{}' else array[v_tenant] end
    );
    return v_tenant;
end;
$$;


ALTER FUNCTION public.tenant_of_slug(slug text) OWNER TO ttdb_definer;

COMMENT ON FUNCTION public.tenant_of_slug(slug text) IS 'The tenant that has an address, NULL where none has; each call is in the trail.';

CREATE FUNCTION public.tenants_of_email(email text) RETURNS SETOF uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    AS $$
declare
    v_tenants pg_catalog.uuid[];
begin
    select coalesce(pg_catalog.array_agg(distinct u.tenant_id order by u.tenant_id), '{}')
    into v_tenants
    from public.users as u
    where u.email = pg_catalog.lower(tenants_of_email.email) and u.deleted_at is null;

    perform audit.record_resolution('public.tenants_of_email(text)', v_tenants);
    return query select t.id from pg_catalog.unnest(v_tenants) as t (id);
end;
$$;


ALTER FUNCTION public.tenants_of_email(email text) OWNER TO ttdb_definer;

COMMENT ON FUNCTION public.tenants_of_email(email text) IS 'The tenants in which an e-mail address has an account that is not closed; each call is in the trail.';

CREATE FUNCTION ttdb.allow_transitions(relation regclass, column_name name, constraint_name name, message text, transitions jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    if ttdb.has_transitions(relation, column_name, constraint_name, transitions)
        and ttdb.comment_of_rule(relation, constraint_name) = message then
        return;
    end if;
    if transitions is null or pg_catalog.jsonb_typeof(transitions) <> 'object' or exists (
        select
        from pg_catalog.jsonb_each(
            case pg_catalog.jsonb_typeof(transitions) when 'object' then transitions end
        ) as e (name, next)
        where pg_catalog.jsonb_typeof(e.next) <> 'array'
            or exists (
                select
                from pg_catalog.jsonb_array_elements(
                    case pg_catalog.jsonb_typeof(e.next) when 'array' then e.next end
                ) as n (value)
                where pg_catalog.jsonb_typeof(n.value) <> 'string'
            )
    ) then
        raise exception 'transitions of % are not an object of lists of words', relation
            using errcode = 'TTTRN', hint = 'Write for each value those that may follow it: {"OPEN": ["CLOSED"]}.';
    end if;
    perform ttdb.hang_rule(
        relation,
        constraint_name,
        message,
        'ttdb.tg__allow_transitions()',
        array[column_name],
        array[column_name::pg_catalog.text, transitions::pg_catalog.text]
    );
end;
$$;


ALTER FUNCTION ttdb.allow_transitions(relation regclass, column_name name, constraint_name name, message text, transitions jsonb) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.allow_transitions(relation regclass, column_name name, constraint_name name, message text, transitions jsonb) IS 'Lets a column change only from a value to those listed for it, in a table and its partitions; a value without a list is final. ttdb.drop_rule() undoes it.';

CREATE FUNCTION ttdb.begin_copy(relation regclass, wanted text, storage text[] DEFAULT '{}'::text[], leaves integer DEFAULT NULL::integer) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    SET row_security TO 'on'
    SET "TimeZone" TO 'utc'
    SET "DateStyle" TO 'iso'
    AS $_$
declare
    v_entry ttdb.converted_tables;
    v_leaf pg_catalog.regclass;
    v_piece record;
begin
    select c.* into strict v_entry from ttdb.converted_tables as c where c.relation = begin_copy.relation;
    if v_entry.wanted is distinct from begin_copy.wanted then
        -- What an earlier one left goes first. Turned round before the exchange, the rows never left where they are.
        if not ttdb.end_copy(relation, leaves) then
            return false;
        elsif v_entry.arrangement = begin_copy.wanted then
            return true;
        end if;
        perform ttdb.stage_copy(relation, wanted, storage);
        return leaves is null and ttdb.begin_copy(relation, wanted, storage);
    elsif v_entry.ready then
        return true;
    end if;

    -- With foreign keys, each locks the tables that they point at: few at a time.
    for v_piece in
        select l.*
        from ttdb.leaves_to_come(relation) as l
        limit begin_copy.leaves
    loop
        v_leaf := ttdb.make_leaf(relation, v_piece.leaf, v_entry.storage);
        -- A partition that is attached without a key of its parent's would be searched for orphans under a lock.
        perform ttdb.say_again(array(
            select
                pg_catalog.format('alter table %s add constraint %I %s', v_leaf, k.conname, pg_catalog.pg_get_constraintdef(k.oid))
            from pg_catalog.pg_constraint as k
            where k.conrelid = begin_copy.relation and k.contype = 'f' and k.conparentid = 0
            order by k.conname
        ));
        perform ttdb.close_leaf(v_leaf, relation);
        execute pg_catalog.format(
            'comment on table %s is %L', v_leaf, pg_catalog.format('Rows of %s: %s.', relation, v_piece.bound)
        );
        if v_piece.condition <> '' then
            execute pg_catalog.format(
                'alter table %s add constraint %I check (%s)', v_leaf, v_piece.leaf || '_bound', v_piece.condition
            );
        end if;
        execute pg_catalog.format('alter table %s attach partition %s %s', v_entry.staging, v_leaf, v_piece.bound);
        if v_entry.wanted = 'whole' then
            execute pg_catalog.format(
                'create unique index %I on %s (%s)',
                pg_catalog.regexp_replace(v_piece.leaf, '_whole$', '_former_key'),
                v_leaf,
                (
                    select pg_catalog.string_agg(pg_catalog.quote_ident(k.name), ', ')
                    from pg_catalog.unnest(v_entry.former_key) as k (name)
                )
            );
        end if;
    end loop;
    if exists (select from ttdb.leaves_to_come(relation) as l) then
        return false;
    end if;
    perform ttdb.note_changes(relation);
    return true;
end;
$_$;


ALTER FUNCTION ttdb.begin_copy(relation regclass, wanted text, storage text[], leaves integer) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.begin_copy(relation regclass, wanted text, storage text[], leaves integer) IS 'Begins to copy a converted table''s rows into months, or into one partition: makes so many of those, and when all stand notes what changes, and returns true.';

CREATE FUNCTION ttdb.broken_rules() RETURNS TABLE(constraint_name text, id uuid, detail text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select
        'orders_subtotal_must_equal_its_items',
        o.id,
        pg_catalog.format('subtotal %s, items %s', o.subtotal, i.given)
    from public.orders as o
    cross join lateral (
        select coalesce(pg_catalog.sum(l.subtotal), 0) as given
        from public.order_items as l
        where l.tenant_id = o.tenant_id and l.order_id = o.id
    ) as i
    where o.subtotal <> i.given

    union all
    select
        'orders_discount_must_equal_its_discounts',
        o.id,
        pg_catalog.format('discount %s, discounts %s', o.discount_amount, d.given)
    from public.orders as o
    cross join lateral (
        select
            least(
                o.subtotal,
                coalesce(
                    pg_catalog.sum(
                        case l.discount_type
                            when 'PERCENTAGE' then pg_catalog.round(o.subtotal * l.discount_value / 100, 2)
                            else l.discount_value
                        end
                    ),
                    0
                )
            ) as given
        from public.order_discounts as l
        where l.tenant_id = o.tenant_id and l.order_id = o.id
    ) as d
    where o.discount_amount <> d.given

    union all
    select
        'order_items_must_not_exceed_limit_of_their_type',
        i.order_id,
        pg_catalog.format('%s of type %s, %s are allowed', pg_catalog.sum(i.quantity), t.id, t.max_per_order)
    from public.order_items as i
    inner join public.ticket_types as t on t.tenant_id = i.tenant_id and t.id = i.ticket_type_id
    group by i.order_id, t.id, t.max_per_order
    having pg_catalog.sum(i.quantity) > t.max_per_order

    union all
    select
        'order_items_must_be_of_the_orders_event',
        i.id,
        pg_catalog.format('event %s, order''s event %s', t.event_id, o.event_id)
    from public.order_items as i
    inner join public.ticket_types as t on t.tenant_id = i.tenant_id and t.id = i.ticket_type_id
    inner join public.orders as o on o.tenant_id = i.tenant_id and o.id = i.order_id
    where t.event_id <> o.event_id

    union all
    select
        'order_items_must_have_the_orders_currency',
        i.id,
        pg_catalog.format('currency %s, order''s currency %s', t.currency, o.currency)
    from public.order_items as i
    inner join public.ticket_types as t on t.tenant_id = i.tenant_id and t.id = i.ticket_type_id
    inner join public.orders as o on o.tenant_id = i.tenant_id and o.id = i.order_id
    where t.currency <> o.currency

    union all
    select
        'tickets_must_have_the_orders_currency',
        k.id,
        pg_catalog.format('currency %s, order''s currency %s', k.currency, o.currency)
    from public.tickets as k
    inner join public.orders as o on o.tenant_id = k.tenant_id and o.id = k.order_id
    where k.currency <> o.currency

    union all
    select
        'payment_transactions_must_have_the_orders_currency',
        p.id,
        pg_catalog.format('currency %s, order''s currency %s', p.currency, o.currency)
    from public.payment_transactions as p
    inner join public.orders as o on o.tenant_id = p.tenant_id and o.id = p.order_id
    where p.currency <> o.currency

    union all
    select
        'tickets_must_not_exceed_items',
        k.order_id,
        pg_catalog.format('%s tickets of type %s, %s bought', k.held, k.ticket_type_id, coalesce(i.bought, 0))
    from (
        select
            t.order_id,
            t.ticket_type_id,
            pg_catalog.count(*) as held
        from public.tickets as t
        where t.status in ('RESERVED', 'SOLD', 'USED')
        group by t.order_id, t.ticket_type_id
    ) as k
    left join (
        select
            l.order_id,
            l.ticket_type_id,
            pg_catalog.sum(l.quantity) as bought
        from public.order_items as l
        group by l.order_id, l.ticket_type_id
    ) as i on i.order_id = k.order_id and i.ticket_type_id = k.ticket_type_id
    where k.held > coalesce(i.bought, 0)

    union all
    select
        'payment_transactions_refunds_must_not_exceed_payments',
        s.order_id,
        pg_catalog.format('refunds %s, payments %s', s.refunded, s.paid)
    from (
        select
            p.order_id,
            coalesce(
                pg_catalog.sum(p.amount) filter (where p.type = 'PAYMENT' and p.status = 'SUCCEEDED'), 0
            ) as paid,
            coalesce(
                pg_catalog.sum(p.amount) filter (where p.type = 'REFUND' and p.status not in ('FAILED', 'CANCELLED')), 0
            ) as refunded
        from public.payment_transactions as p
        group by p.order_id
    ) as s
    where s.refunded > s.paid

    union all
    select
        'ticket_sales_must_not_exceed_quantity',
        t.id,
        pg_catalog.format('%s sold, counted %s, of %s', k.held, coalesce(s.sold::pg_catalog.text, 'never'), t.quantity)
    from public.ticket_types as t
    left join public.ticket_sales as s on s.ticket_type_id = t.id
    cross join lateral (
        select pg_catalog.count(*) as held
        from public.tickets as l
        where l.tenant_id = t.tenant_id
            and l.ticket_type_id = t.id
            and l.status in ('RESERVED', 'SOLD', 'USED')
    ) as k
    where k.held > t.quantity or s.sold is distinct from k.held or s.quantity is distinct from t.quantity;
$$;


ALTER FUNCTION ttdb.broken_rules() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.broken_rules() IS 'The rows that break a rule which triggers keep, and counts of sales that are not their tickets'': none, unless rows were loaded past the triggers. Ask as ttdb_operator, who sees all tenants.';

CREATE FUNCTION ttdb.close_leaf(leaf regclass, relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    if exists (select from ttdb.tenant_tables as t where t.relation = close_leaf.relation) then
        perform ttdb.dress_leaf(leaf, relation, null);
    else
        -- Nobody may reach it but its owner, whom the parent's row security does not filter either.
        perform ttdb.strip(leaf);
        perform ttdb.dress_leaf(leaf, relation, leaf);
    end if;
end;
$$;


ALTER FUNCTION ttdb.close_leaf(leaf regclass, relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.close_leaf(leaf regclass, relation regclass) IS 'Leaves a partition the operators'' policy and grants where its parent is protected, and nobody''s otherwise.';

CREATE FUNCTION ttdb.comment_of_rule(relation regclass, constraint_name name) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    -- Of a constraint trigger it is the trigger's comment: pg_dump leaves out the one on its constraint.
    select coalesce(
        pg_catalog.obj_description(k.oid, 'pg_constraint'), pg_catalog.obj_description(t.oid, 'pg_trigger')
    )
    from pg_catalog.pg_constraint as k
    left join pg_catalog.pg_trigger as t on t.tgconstraint = k.oid and k.contype = 't'
    where k.conrelid = comment_of_rule.relation and k.conname = comment_of_rule.constraint_name and k.contype <> 'n'

    union all
    -- An index's comment opens with what it serves; the message is what follows the last semicolon.
    select pg_catalog.btrim(
        pg_catalog.regexp_replace(pg_catalog.obj_description(i.indexrelid, 'pg_class'), '^.*;', '')
    )
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
    where i.indrelid = comment_of_rule.relation
        and c.relname = comment_of_rule.constraint_name
        and i.indisunique
        and not exists (
            select
            from pg_catalog.pg_constraint as k
            where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
        );
$$;


ALTER FUNCTION ttdb.comment_of_rule(relation regclass, constraint_name name) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.comment_of_rule(relation regclass, constraint_name name) IS 'The message of a table''s constraint: its comment, or its trigger''s, or of a unique index the part after the last semicolon.';

CREATE FUNCTION ttdb.condition_of_change(columns name[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $_$
    select case
        when pg_catalog.cardinality(condition_of_change.columns) = 1 then '(' || c.conditions || ')'
        else '((' || c.conditions || '))'
    end
    from (
        select pg_catalog.string_agg(
            pg_catalog.format('(old.%1$I IS DISTINCT FROM new.%1$I)', n.name), ' OR ' order by n.position
        ) as conditions
        from pg_catalog.unnest(condition_of_change.columns) with ordinality as n (name, position)
    ) as c;
$_$;


ALTER FUNCTION ttdb.condition_of_change(columns name[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.condition_of_change(columns name[]) IS 'The WHEN of a trigger that fires only where one of these columns changes.';

CREATE FUNCTION ttdb.constraint_message(constraint_name text, schema_name text DEFAULT NULL::text, table_name text DEFAULT NULL::text, column_name text DEFAULT NULL::text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    with recursive named (oid, relation, name, level) as (
        select
            k.oid,
            k.conrelid,
            k.conname,
            0
        from pg_catalog.pg_constraint as k
        where k.conname = constraint_message.constraint_name and k.contype <> 'n'

        union all
        select
            i.indexrelid,
            i.indrelid,
            c.relname,
            0
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_index as i on i.indexrelid = c.oid and i.indisunique
        where c.relname = constraint_message.constraint_name
    ), asked as (
        select n.*
        from named as n
        inner join pg_catalog.pg_class as c on c.oid = n.relation
        inner join pg_catalog.pg_namespace as s on s.oid = c.relnamespace
        -- What a session makes for itself, of whatever name, says nothing to others.
        where s.nspname !~ '^pg_(toast_)?temp_'
            and (constraint_message.schema_name is null or s.nspname = constraint_message.schema_name)
            and (constraint_message.table_name is null or c.relname = constraint_message.table_name)
    ), climbed (oid, relation, name, level) as (
        select a.* from asked as a

        union all
        -- A partition's key, or its index, has a name of its own; what a person is told stands at the root.
        select
            p.oid,
            p.relation,
            p.name,
            c.level + 1
        from climbed as c
        cross join lateral (
            select
                k.oid,
                k.conrelid,
                k.conname
            from pg_catalog.pg_constraint as own
            inner join pg_catalog.pg_constraint as k on k.oid = own.conparentid
            where own.oid = c.oid

            union all
            select
                i.indexrelid,
                i.indrelid,
                x.relname
            from pg_catalog.pg_inherits as h
            inner join pg_catalog.pg_index as i on i.indexrelid = h.inhparent
            inner join pg_catalog.pg_class as x on x.oid = i.indexrelid
            where h.inhrelid = c.oid
        ) as p (oid, relation, name)
    ), messages as (
        select distinct ttdb.comment_of_rule(
            coalesce(pg_catalog.pg_partition_root(c.relation), c.relation)::pg_catalog.regclass, c.name
        ) as message
        from climbed as c

        union
        -- NOT NULL: the error names the column, and no constraint.
        select a.attname || ' is missing'
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_class as c on c.oid = a.attrelid and c.relkind in ('r', 'p')
        inner join pg_catalog.pg_namespace as s on s.oid = c.relnamespace
        where constraint_message.constraint_name is null
            and s.nspname !~ '^pg_(toast_)?temp_'
            and s.nspname = constraint_message.schema_name
            and c.relname = constraint_message.table_name
            and a.attname = constraint_message.column_name
            and a.attnum > 0
            and not a.attisdropped
    )

    -- Two tables may have rules of one name that say different things: then only the table tells them apart.
    select case when pg_catalog.count(*) = 1 then pg_catalog.min(m.message) end
    from messages as m
    where m.message is not null;
$$;


ALTER FUNCTION ttdb.constraint_message(constraint_name text, schema_name text, table_name text, column_name text) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.constraint_message(constraint_name text, schema_name text, table_name text, column_name text) IS 'The message for a person of a constraint, by the fields of the error: constraint, schema, table and column name. NULL where the name is unknown, or fits several tables whose messages differ and the table is not given.';

CREATE FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
    v_raw constant pg_catalog.text := pg_catalog.current_setting(ttdb.tenant_setting(), true);
    v_privileged pg_catalog.bool;
    v_member pg_catalog.bool;
    v_tenants pg_catalog.text;
begin
    login := session_user;
    role := current_user;
    setting := ttdb.tenant_setting();
    tenant_id := ttdb.tenant_id();
    state := case
        when coalesce(v_raw, '') = '' and tenant_id is not null then 'older'
        when v_raw is null then 'unset'
        when v_raw = '' then 'empty'
        when tenant_id is not null then 'ok'
        when v_raw ~ '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$'
            then case when ttdb.context_is_signed() then 'unsigned' else 'disagreed' end
        when v_raw !~ '^v1\.[a-z0-9]{1,32}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9]{1,11}\.[0-9a-f]{64}$'
            then 'malformed'
        when pg_catalog.split_part(v_raw, '.', 4)::pg_catalog.int8 <= extract(epoch from pg_catalog.now())
            then 'expired'
        else 'refused'
    end;

    select r.rolsuper or r.rolbypassrls
    into v_privileged
    from pg_catalog.pg_roles as r
    where r.rolname = current_user;

    select coalesce(pg_catalog.bool_or(pg_catalog.pg_has_role(current_user, r.oid, 'usage')), false)
    into v_member
    from pg_catalog.pg_roles as r
    where r.rolname in ('ttdb_app', 'ttdb_worker', 'ttdb_support', 'ttdb_operator', 'ttdb_auditor');

    -- The table of the tenants themselves is the protected one whose tenant column is its whole primary key.
    select p.polrelid::pg_catalog.regclass::pg_catalog.text
        || ' as t where t.' || pg_catalog.quote_ident(a.attname) || ' = $1'
    into v_tenants
    from pg_catalog.pg_policy as p
    inner join pg_catalog.pg_index as i
        on i.indrelid = p.polrelid and i.indisprimary and i.indnkeyatts = 1
    inner join pg_catalog.pg_attribute as a
        on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
    inner join pg_catalog.pg_depend as d
        on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
        and d.objid = p.oid
        and d.refobjid = p.polrelid
        and d.refobjsubid = a.attnum
    inner join pg_catalog.pg_class as c
        on c.oid = p.polrelid and c.relowner = pg_catalog.to_regrole('ttdb_owner')
    where p.polname = 'select_own_tenant'
        and pg_catalog.has_table_privilege(p.polrelid, 'select')
    order by p.polrelid
    limit 1;
    if found and tenant_id is not null then
        begin
            execute 'select exists (select from ' || v_tenants || ')' into tenant_visible using tenant_id;
        exception
            when insufficient_privilege then
                tenant_visible := null; -- row_security is off: the policies would be an error
        end;
    end if;

    advice := case
        when v_privileged
            then 'This role is beyond row security and sees all tenants: connect as a member of ttdb_app.'
        when not v_member
            then 'This role is in none of ttdb''s groups: grant it ttdb_app, or SET ROLE to a role that is in it.'
        when state = 'empty'
            then 'The tenant was set in an earlier transaction and ended with it: set it again in this one.'
        when state = 'unset' and ttdb.context_is_signed()
            then pg_catalog.format('No tenant is set: run "select set_config(%L, ''<token>'', true)" first, in the '
                'same transaction as the query, with a token from your service''s key or ttdb.sign_context().', setting)
        when state = 'unset'
            then pg_catalog.format('No tenant is set: run "select set_config(%L, ''<uuid>'', true)" first, in the '
                'same transaction as the query.', setting)
        when state = 'malformed' and ttdb.context_is_signed()
            then 'The setting holds something that is not a token: v1.<key id>.<tenant>.<expiry>.<signature>.'
        when state = 'unsigned'
            then 'The setting holds a bare tenant, and this database believes signed ones only: set a token, from '
                'your service''s key or ttdb.sign_context().'
        when state = 'expired'
            then pg_catalog.format('The token expired %s before this transaction began: make a new one.',
                pg_catalog.date_trunc('second', pg_catalog.now() - pg_catalog.to_timestamp(
                    pg_catalog.split_part(v_raw, '.', 4)::pg_catalog.float8
                )))
        when state = 'refused'
            then 'No key that stands has signed this token: it was changed, or its key was retired. Make a new one.'
        when state = 'malformed'
            then 'The setting holds something that is not a UUID: set it to the tenant''s id.'
        when state = 'disagreed'
            then pg_catalog.format('A setting of an older name, which is read for this login, holds another tenant or '
                'none that is a UUID, so there is none: set %s alone.', setting)
        when not tenant_visible
            then 'No tenant with this id is visible to this role: check the id.'
        when state = 'older'
            then pg_catalog.format('The tenant is set, in a setting of an older name: set %s before that one is no '
                'longer read.', setting)
        else 'The tenant is set: rows of other tenants are not visible, and its own are.'
    end;
end;
$_$;


ALTER FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) IS 'Tells who asks, as which role, for which tenant, and what to do when no rows are seen.';

CREATE FUNCTION ttdb.context_is_signed() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN false;


ALTER FUNCTION ttdb.context_is_signed() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.context_is_signed() IS 'Whether a tenant counts only in a token that ttdb can verify; changed by ttdb.require_signed_context().';

CREATE FUNCTION ttdb.copy_changes(relation regclass, rows bigint) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $_$
declare
    v_entry ttdb.converted_tables;
    v_columns pg_catalog.text;
    v_same pg_catalog.text;
    v_keys pg_catalog.text;
    v_changes pg_catalog.int8 [];
begin
    select c.* into strict v_entry from ttdb.converted_tables as c where c.relation = copy_changes.relation;
    execute pg_catalog.format(
        'select array(select c.change_id from %s as c order by c.change_id limit %s)', v_entry.changes, rows
    ) into v_changes;
    if pg_catalog.cardinality(v_changes) = 0 then
        return 0;
    end if;
    select pg_catalog.string_agg(pg_catalog.format('t.%I', a.attname), ', ' order by a.attnum)
    into v_columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = copy_changes.relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
    select
        pg_catalog.string_agg(pg_catalog.format('t.%1$I = c.%1$I', a.attname), ' and '),
        pg_catalog.string_agg(pg_catalog.format('c.%I', a.attname), ', ')
    into v_same, v_keys
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_attribute as a
        on a.attrelid = i.indrelid and a.attnum = any(i.indkey::pg_catalog.int2 [])
    where i.indrelid = copy_changes.relation and i.indisprimary;

    -- Each statement sees at least what the one before saw: what changes between them has a later note.
    execute pg_catalog.format(
        'delete from %s as t using %s as c where c.change_id = any($1) and %s', v_entry.staging, v_entry.changes, v_same
    ) using v_changes;
    execute pg_catalog.format(
        'insert into %1$s (%2$s) select %3$s from (select distinct %4$s from %5$s as c where c.change_id = any($1)) as c '
        'inner join %6$s as t on %7$s',
        v_entry.staging, pg_catalog.replace(v_columns, 't.', ''), v_columns, v_keys, v_entry.changes, relation, v_same
    ) using v_changes;
    execute pg_catalog.format('delete from %s as c where c.change_id = any($1)', v_entry.changes) using v_changes;
    return pg_catalog.cardinality(v_changes);
end;
$_$;


ALTER FUNCTION ttdb.copy_changes(relation regclass, rows bigint) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.copy_changes(relation regclass, rows bigint) IS 'Copies the rows whose keys were noted, and takes out those that are no more; returns how many notes that were.';

CREATE FUNCTION ttdb.copy_column_settings(copy regclass, relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_statement pg_catalog.text;
begin
    for v_statement in
        select pg_catalog.format('alter table %s alter column %I %s', copy_column_settings.copy, a.attname, s.setting)
        from pg_catalog.pg_attribute as a
        cross join lateral (
            -- Before version 17 the server's own target is -1, since then NULL.
            values
            ('set statistics ' || case when a.attstattarget >= 0 then a.attstattarget end),
            -- By name: a server may keep options of its own there.
            ('set (' || (
                select pg_catalog.string_agg(o.setting, ', ')
                from pg_catalog.unnest(a.attoptions) as o (setting)
                where o.setting like 'n_distinct%'
            ) || ')')
        ) as s (setting)
        where a.attrelid = copy_column_settings.relation
            and a.attnum > 0
            and not a.attisdropped
            and s.setting is not null
    loop
        execute v_statement;
    end loop;
end;
$$;


ALTER FUNCTION ttdb.copy_column_settings(copy regclass, relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.copy_column_settings(copy regclass, relation regclass) IS 'Gives the columns of a table the statistics targets and numbers of distinct values that are set on those of another.';

CREATE FUNCTION ttdb.copy_rows(relation regclass, wanted text, rows bigint) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $_$
declare
    v_entry ttdb.converted_tables;
    v_keys pg_catalog.text [];
    v_types pg_catalog.text [];
    v_list pg_catalog.text;
    v_columns pg_catalog.text;
    v_after pg_catalog.text := '';
    v_seen pg_catalog.int8;
    v_last pg_catalog.text [];
begin
    select c.*
    into v_entry
    from ttdb.converted_tables as c
    where c.relation = copy_rows.relation and c.wanted = copy_rows.wanted and c.ready;
    if not found then
        return 0;
    end if;
    if v_entry.copied then
        return ttdb.copy_changes(relation, rows);
    end if;
    select
        pg_catalog.array_agg(a.attname order by c.place),
        pg_catalog.array_agg(pg_catalog.format_type(a.atttypid, a.atttypmod) order by c.place),
        pg_catalog.string_agg(pg_catalog.format('t.%I', a.attname), ', ' order by c.place)
    into v_keys, v_types, v_list
    from pg_catalog.pg_index as i
    cross join lateral pg_catalog.unnest(i.indkey::pg_catalog.int2 []) with ordinality as c (attnum, place)
    inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = c.attnum
    where i.indrelid = copy_rows.relation and i.indisprimary;
    select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum)
    into v_columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = copy_rows.relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
    if v_entry.last_key is not null then
        select pg_catalog.format(
            'where (%s) > (%s)', v_list, pg_catalog.string_agg(
                pg_catalog.format('%L::%s', v_entry.last_key[k.place], v_types[k.place]), ', ' order by k.place
            )
        )
        into v_after
        from pg_catalog.generate_subscripts(v_keys, 1) as k (place);
    end if;
    -- A row that is changed after this has looked is noted, and copied again; so no row need be locked. Only its own key
    -- may stand there already: a value that is unique in the new partitions, and twice in the old, is an error.
    execute pg_catalog.format(
        'with batch as materialized (select t.* from %1$s as t %2$s order by %3$s limit %4$s), '
        'copied as (insert into %5$s (%6$s) select %6$s from batch on conflict (%7$s) do nothing) '
        'select (select pg_catalog.count(*) from batch), '
        '(select array[%8$s] from batch as t order by %9$s limit 1)',
        relation,
        v_after,
        v_list,
        rows,
        v_entry.staging,
        v_columns,
        (select pg_catalog.string_agg(pg_catalog.quote_ident(k.name), ', ') from pg_catalog.unnest(v_keys) as k (name)),
        (select pg_catalog.string_agg(pg_catalog.format('t.%I::text', k.name), ', ') from pg_catalog.unnest(v_keys) as k (name)),
        (select pg_catalog.string_agg(pg_catalog.format('t.%I desc', k.name), ', ') from pg_catalog.unnest(v_keys) as k (name))
    ) into v_seen, v_last;
    update ttdb.converted_tables as c
    set
        last_key = coalesce(v_last, c.last_key),
        copied = v_seen < rows
    where c.relation = copy_rows.relation;
    -- What changed meanwhile is still to be copied: there is more to do.
    return rows;
end;
$_$;


ALTER FUNCTION ttdb.copy_rows(relation regclass, wanted text, rows bigint) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.copy_rows(relation regclass, wanted text, rows bigint) IS 'Copies the next rows of a converted table, then what changed since; returns how many, fewer than asked at the end.';

CREATE FUNCTION ttdb.create_context_key(OUT key_id text, OUT secret text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    AS $$
declare
    -- A random uuid holds 122 bits from the server's strong source: four of them are more than a hash can keep.
    v_key constant pg_catalog.bytea := pg_catalog.sha256(
        pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
        || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
    );
    v_inner pg_catalog.bytea := v_key || pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex');
    v_outer pg_catalog.bytea := v_inner;
begin
    for v_position in 0 .. 63 loop
        v_inner := pg_catalog.set_byte(v_inner, v_position, pg_catalog.get_byte(v_inner, v_position) # 54); -- 0x36
        v_outer := pg_catalog.set_byte(v_outer, v_position, pg_catalog.get_byte(v_outer, v_position) # 92); -- 0x5c
    end loop;

    key_id := 'k' || pg_catalog."left"(pg_catalog.replace(pg_catalog.gen_random_uuid()::pg_catalog.text, '-', ''), 11);
    secret := pg_catalog.encode(v_key, 'hex');
    insert into ttdb.context_keys (key_id, inner_block, outer_block)
    values (create_context_key.key_id, v_inner, v_outer);
end;
$$;


ALTER FUNCTION ttdb.create_context_key(OUT key_id text, OUT secret text) OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.create_context_key(OUT key_id text, OUT secret text) IS 'Makes a key for signing the tenant context and returns its id and, this once, its secret: 32 bytes in hex.';

CREATE FUNCTION ttdb.decrypt(ciphertext text, key text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
    v_key_id constant pg_catalog.text := ttdb.key_id_of(ciphertext);
    v_schema constant pg_catalog.text := ttdb.pgcrypto_schema();
    v_plaintext pg_catalog.text;
begin
    if ciphertext is null then
        return null;
    end if;
    if v_key_id is null then
        raise exception 'this is not an encrypted text of ttdb''s' -- and what it is instead may be a secret
            using errcode = 'TTDEC', hint = 'It would read ttdb1:<key id>:<base64>, as ttdb.encrypt() returns it.';
    end if;
    begin
        execute pg_catalog.format('select %I.pgp_sym_decrypt($1, $2)', v_schema)
        into v_plaintext
        using pg_catalog.decode(pg_catalog.split_part(ciphertext, ':', 3), 'base64'), key;
    exception
        when insufficient_privilege then
            raise;
        when others then
            null; -- whatever pgcrypto says of the bytes, it is one of two things
    end;
    if v_plaintext is null or not pg_catalog.starts_with(v_plaintext, v_key_id || ':') then
        raise exception 'the key does not fit, or the encrypted text was changed'
            using errcode = 'TTDEC', hint = pg_catalog.format('It says that it was encrypted with the key "%s".', v_key_id);
    end if;
    return pg_catalog.substr(v_plaintext, pg_catalog.length(v_key_id) + 2);
end;
$_$;


ALTER FUNCTION ttdb.decrypt(ciphertext text, key text) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.decrypt(ciphertext text, key text) IS 'The text that ttdb.encrypt() was given; TTDEC for another key, or a changed text or keys id. NULL stays NULL.';

CREATE FUNCTION ttdb.definitions_in(schemas text[]) RETURNS TABLE(kind text, identity text, definition text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select
        d.kind,
        d.identity,
        d.definition
    from ttdb.definitions_of_functions(array(
        select p.oid::pg_catalog.regprocedure
        from pg_catalog.pg_proc as p
        inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
        where n.nspname = any(definitions_in.schemas)
    )) as d;
$$;


ALTER FUNCTION ttdb.definitions_in(schemas text[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.definitions_in(schemas text[]) IS 'Definition, owner and grants of the functions of some schemas.';

CREATE FUNCTION ttdb.definitions_of(relations regclass[]) RETURNS TABLE(kind text, identity text, definition text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
    return query
    with wanted as (
        select
            c.*,
            c.oid::pg_catalog.regclass::pg_catalog.text as identity
        from pg_catalog.pg_class as c
        where c.oid = any(definitions_of.relations)
    ),

    described as (
        select
            'owner' as kind,
            w.identity,
            pg_catalog.pg_get_userbyid(w.relowner)::pg_catalog.text as definition
        from wanted as w

        union all
        select
            'grants',
            w.identity,
            ttdb.grants_as_text(coalesce(w.relacl, pg_catalog.acldefault('r', w.relowner)))
        from wanted as w

        union all
        select
            'grants',
            w.identity || '.' || pg_catalog.quote_ident(a.attname),
            ttdb.grants_as_text(a.attacl)
        from wanted as w
        inner join pg_catalog.pg_attribute as a on a.attrelid = w.oid
        -- Said again for the planner: it would read every column of the database to find the few with an access list.
        where a.attrelid = any(definitions_of.relations)
            and a.attacl is not null and pg_catalog.cardinality(a.attacl) > 0 and not a.attisdropped

        union all
        select
            'rls',
            w.identity,
            case when w.relrowsecurity then 'enabled' else 'disabled' end
            || case when w.relforcerowsecurity then ', forced' else ', not forced' end
        from wanted as w
        where w.relkind in ('r', 'p')

        union all
        select
            'partition',
            w.identity,
            pg_catalog.concat_ws(
                ' ',
                'of ' || pg_catalog.string_agg(
                    i.inhparent::pg_catalog.regclass::pg_catalog.text, ', ' order by i.inhseqno
                ),
                pg_catalog.pg_get_expr(w.relpartbound, w.oid)
            )
        from wanted as w
        inner join pg_catalog.pg_inherits as i on i.inhrelid = w.oid
        where w.relkind in ('r', 'p')
        group by w.identity, w.relpartbound, w.oid

        union all
        select
            'partition key',
            w.identity,
            pg_catalog.pg_get_partkeydef(w.oid)
        from wanted as w
        where w.relkind = 'p'

        union all
        select
            'column',
            w.identity || '.' || pg_catalog.quote_ident(a.attname),
            pg_catalog.concat_ws(
                ' ',
                pg_catalog.format_type(a.atttypid, a.atttypmod),
                case
                    when a.attcollation <> t.typcollation
                        then 'collate ' || a.attcollation::pg_catalog.regcollation::pg_catalog.text
                end,
                case when a.attnotnull then 'not null' end,
                case a.attidentity
                    when 'a' then 'generated always as identity'
                    when 'd' then 'generated by default as identity'
                end,
                case a.attgenerated
                    when 's' then 'generated always stored ' when 'v' then 'generated always virtual '
                    else 'default '
                end || pg_catalog.pg_get_expr(d.adbin, d.adrelid)
            )
        from wanted as w
        inner join pg_catalog.pg_attribute as a on a.attrelid = w.oid and a.attnum > 0 and not a.attisdropped
        inner join pg_catalog.pg_type as t on t.oid = a.atttypid
        left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where w.relkind <> 'i' and w.relkind <> 'I'

        union all
        select
            'constraint',
            w.identity || '.' || pg_catalog.quote_ident(c.conname),
            pg_catalog.pg_get_constraintdef(c.oid) || case when c.convalidated then '' else ' (not valid)' end
        from wanted as w
        inner join pg_catalog.pg_constraint as c on c.conrelid = w.oid
        where c.contype <> 'n' -- from 18 on NOT NULL is one too; the column says it in every version

        union all
        select
            'index',
            i.indexrelid::pg_catalog.regclass::pg_catalog.text,
            pg_catalog.pg_get_indexdef(i.indexrelid) || case when i.indisvalid then '' else ' (invalid)' end
        from wanted as w
        inner join pg_catalog.pg_index as i on i.indrelid = w.oid

        union all
        select
            'policy',
            w.identity || '.' || pg_catalog.quote_ident(p.polname),
            pg_catalog.concat_ws(
                ' ',
                case when p.polpermissive then 'permissive' else 'restrictive' end,
                'for',
                case p.polcmd
                    when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
                    else 'all'
                end,
                'to',
                (
                    select pg_catalog.string_agg(r.name, ', ' order by r.name collate pg_catalog."C")
                    from (
                        select coalesce(pg_catalog.pg_get_userbyid(nullif(u.id, 0)), 'public') as name
                        from pg_catalog.unnest(p.polroles) as u (id)
                    ) as r
                ),
                'using (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
                'with check (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')'
            )
        from wanted as w
        inner join pg_catalog.pg_policy as p
            on p.polrelid = w.oid
            -- What lets those see it whole who are observed comes and goes by decision, and is no revision's.
            and p.polroles is distinct from array[pg_catalog.to_regrole('ttdb_observed')::pg_catalog.oid]

        union all
        select
            'trigger',
            w.identity || '.' || pg_catalog.quote_ident(t.tgname),
            pg_catalog.pg_get_triggerdef(t.oid) || case t.tgenabled
                when 'D' then ' (disabled)' when 'R' then ' (replica)' when 'A' then ' (always)' else ''
            end
        from wanted as w
        inner join pg_catalog.pg_trigger as t on t.tgrelid = w.oid and not t.tgisinternal

        union all
        select
            'view',
            w.identity,
            pg_catalog.concat_ws(
                ' ',
                'with (' || pg_catalog.array_to_string(w.reloptions, ', ') || ')',
                pg_catalog.pg_get_viewdef(w.oid)
            )
        from wanted as w
        where w.relkind in ('v', 'm')

        union all
        select
            'rule',
            w.identity || '.' || pg_catalog.quote_ident(r.rulename),
            pg_catalog.pg_get_ruledef(r.oid) || case r.ev_enabled
                when 'D' then ' (disabled)' when 'R' then ' (replica)' when 'A' then ' (always)' else ''
            end
        from wanted as w
        inner join pg_catalog.pg_rewrite as r on r.ev_class = w.oid and r.rulename <> '_RETURN'

        union all
        select
            r.kind,
            r.identity,
            r.definition
        from ttdb.registrations_of(definitions_of.relations, '{}') as r
    )

    select
        d.kind,
        d.identity,
        d.definition
    from described as d
    order by d.kind collate pg_catalog."C", d.identity collate pg_catalog."C";
end;
$$;


ALTER FUNCTION ttdb.definitions_of(relations regclass[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.definitions_of(relations regclass[]) IS 'Owner, grants, row security, columns, constraints, indexes, policies, triggers, rules and views in SQL''s words, and what the registries say.';

CREATE FUNCTION ttdb.definitions_of_functions(functions regprocedure[]) RETURNS TABLE(kind text, identity text, definition text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
    return query
    with wanted as (
        select
            p.*,
            p.oid::pg_catalog.regprocedure::pg_catalog.text as identity
        from pg_catalog.pg_proc as p
        where p.oid = any(definitions_of_functions.functions)
            and p.prokind <> 'a' -- an aggregate has no definition that the server would give
            and not exists (
                select
                from pg_catalog.pg_depend as d
                where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e'
            )
    ),

    described as (
        select
            'function' as kind,
            w.identity,
            pg_catalog.pg_get_functiondef(w.oid) as definition
        from wanted as w

        union all
        select
            'owner',
            w.identity,
            pg_catalog.pg_get_userbyid(w.proowner)::pg_catalog.text
        from wanted as w

        union all
        select
            'grants',
            w.identity,
            ttdb.grants_as_text(coalesce(w.proacl, pg_catalog.acldefault('f', w.proowner)))
        from wanted as w

        union all
        select
            r.kind,
            r.identity,
            r.definition
        from ttdb.registrations_of('{}', definitions_of_functions.functions) as r
    )

    select
        d.kind,
        d.identity,
        d.definition
    from described as d
    order by d.kind collate pg_catalog."C", d.identity collate pg_catalog."C";
end;
$$;


ALTER FUNCTION ttdb.definitions_of_functions(functions regprocedure[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.definitions_of_functions(functions regprocedure[]) IS 'Definition, owner and grants of these functions, and what the registries say.';

CREATE FUNCTION ttdb.dress(relation regclass, tenant_column name, app text[], worker text[], definer text[], leaf boolean) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_policy record;
    v_grant record;
begin
    execute pg_catalog.format(
        'alter table %s enable row level security, force row level security', relation
    );
    perform ttdb.undress(relation, tenant_column);

    for v_policy in
        select p.*
        from ttdb.policies_for(tenant_column, app, worker, definer, leaf) as p
    loop
        execute pg_catalog.format('create policy %I on %s for %s to %I', v_policy.policy, relation, v_policy.command, v_policy.role)
            || coalesce(' using (' || v_policy.using_expression || ')', '')
            || coalesce(' with check (' || v_policy.check_expression || ')', '');
        execute pg_catalog.format('comment on policy %I on %s is %L', v_policy.policy, relation, case v_policy.role
            when 'ttdb_app' then 'Services reach the rows of their tenant only.'
            when 'ttdb_worker' then 'Jobs across tenants, for this verb only.'
            when 'ttdb_definer' then 'Functions that keep rules across rows and tenants, for this verb only.'
            when 'ttdb_masker' then 'Masked views show the rows of the reader''s tenant only.'
            else 'Operators see and repair across tenants; validation and dumps need it on every partition.'
        end);
    end loop;

    for v_grant in
        select
            g.object,
            g.role,
            pg_catalog.string_agg(g.privilege, ', ' order by g.privilege) as privileges
        from ttdb.grants_for(relation, app, worker, definer, leaf) as g
        group by g.object, g.role
    loop
        execute pg_catalog.format(
            'grant %s on %s %s to %I',
            v_grant.privileges,
            case when v_grant.object = relation then 'table' else 'sequence' end,
            v_grant.object,
            v_grant.role
        );
    end loop;
end;
$$;


ALTER FUNCTION ttdb.dress(relation regclass, tenant_column name, app text[], worker text[], definer text[], leaf boolean) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.dress(relation regclass, tenant_column name, app text[], worker text[], definer text[], leaf boolean) IS 'Gives a table forced row security, and exactly the policies and grants of ttdb.protect().';

CREATE FUNCTION ttdb.dress_leaf(leaf regclass, relation regclass, sibling regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_entry ttdb.tenant_tables;
    v_piece record;
begin
    perform ttdb.strip(leaf);
    select t.* into v_entry from ttdb.tenant_tables as t where t.relation = dress_leaf.relation;
    if found then
        perform ttdb.dress(leaf, v_entry.tenant_column, v_entry.app, v_entry.worker, v_entry.definer, true);
    else
        -- As the stricter of the two: a sibling that was left open must not multiply.
        for v_piece in
            select
                pg_catalog.bool_or(c.relrowsecurity) as enabled,
                pg_catalog.bool_or(c.relforcerowsecurity) as forced
            from pg_catalog.pg_class as c
            where c.oid in (dress_leaf.relation, dress_leaf.sibling)
        loop
            execute pg_catalog.format(
                'alter table %s %s row level security, %s row level security',
                leaf,
                case when v_piece.enabled then 'enable' else 'disable' end,
                case when v_piece.forced then 'force' else 'no force' end
            );
        end loop;
        for v_piece in
            select p.*
            from ttdb.policy_definitions(sibling) as p
        loop
            execute pg_catalog.format('create policy %I on %s %s', v_piece.policy, leaf, v_piece.definition);
            execute pg_catalog.format('comment on policy %I on %s is %L', v_piece.policy, leaf, v_piece.comment);
        end loop;
        for v_piece in
            select
                g.privilege_type,
                g.is_grantable,
                case
                    when g.grantee = 0 then 'public'
                    else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee))
                end as grantee
            from pg_catalog.pg_class as c
            cross join lateral pg_catalog.aclexplode(c.relacl) as g
            where c.oid = dress_leaf.sibling and g.grantee <> c.relowner
        loop
            execute pg_catalog.format('grant %s on table %s to %s', v_piece.privilege_type, leaf, v_piece.grantee)
                || case when v_piece.is_grantable then ' with grant option' else '' end;
        end loop;
    end if;

    -- Row triggers of the parent come with it. Those of a statement must be on each partition: TRUNCATE can name one.
    for v_piece in
        select
            t.tgname,
            t.tgenabled,
            pg_catalog.replace(
                pg_catalog.pg_get_triggerdef(t.oid),
                pg_catalog.format(' ON %s ', dress_leaf.sibling),
                pg_catalog.format(' ON %s ', dress_leaf.leaf)
            ) as definition,
            pg_catalog.obj_description(t.oid, 'pg_trigger') as comment
        from pg_catalog.pg_trigger as t
        where t.tgrelid = dress_leaf.sibling
            and not t.tgisinternal
            and t.tgparentid = 0
            and not exists (
                select from pg_catalog.pg_trigger as o where o.tgrelid = dress_leaf.leaf and o.tgname = t.tgname
            )
        union all
        select
            '_900_record_truncate',
            'A',
            pg_catalog.format(
                'create trigger _900_record_truncate after truncate on %s '
                'for each statement execute function audit.tg__record_change()', dress_leaf.leaf
            ),
            'writes to the trail that all rows went at once'
        from ttdb.audited_tables as a
        where a.relation = dress_leaf.relation
            and not exists (
                select
                from pg_catalog.pg_trigger as o
                where o.tgrelid in (dress_leaf.leaf, dress_leaf.sibling) and o.tgname = '_900_record_truncate'
            )
        union all
        select
            w.trigger_name,
            'O',
            w.definition,
            w.comment
        from ttdb.unique_keys as u
        cross join ttdb.unique_triggers_for(dress_leaf.leaf, v_entry.tenant_column, u.columns, u.across_tenants) as w
        where u.relation = dress_leaf.relation
            and (w.type & 1) = 0
            and not exists (
                select
                from pg_catalog.pg_trigger as o
                where o.tgrelid in (dress_leaf.leaf, dress_leaf.sibling) and o.tgname = w.trigger_name
            )
    loop
        execute v_piece.definition;
        -- What somebody switched off on the sibling is on here.
        if v_piece.tgenabled in ('A', 'R') then
            execute pg_catalog.format(
                'alter table %s enable %s trigger %I',
                leaf,
                case v_piece.tgenabled when 'A' then 'always' else 'replica' end,
                v_piece.tgname
            );
        end if;
        execute pg_catalog.format('comment on trigger %I on %s is %L', v_piece.tgname, leaf, v_piece.comment);
    end loop;
end;
$$;


ALTER FUNCTION ttdb.dress_leaf(leaf regclass, relation regclass, sibling regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.dress_leaf(leaf regclass, relation regclass, sibling regclass) IS 'Gives a table row security, policies, grants and statement triggers: of the registry where the parent is protected, else those of the sibling.';

CREATE FUNCTION ttdb.drop_rule(relation regclass, constraint_name name) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_trigger pg_catalog.name;
begin
    for v_trigger in
        select t.tgname
        from pg_catalog.pg_trigger as t
        where t.tgrelid = drop_rule.relation
            and t.tgname in (drop_rule.constraint_name, ('_200_' || drop_rule.constraint_name)::pg_catalog.name)
            and t.tgfoid in (
                'ttdb.tg__allow_transitions()'::pg_catalog.regprocedure,
                'ttdb.tg__keep_values()'::pg_catalog.regprocedure
            )
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_trigger, relation);
    end loop;
end;
$$;


ALTER FUNCTION ttdb.drop_rule(relation regclass, constraint_name name) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.drop_rule(relation regclass, constraint_name name) IS 'Takes off what ttdb.allow_transitions() or ttdb.keep_values() put on; from then on any change passes.';

CREATE FUNCTION ttdb.empty_default(relation regclass, default_leaf regclass, leaf regclass, starts timestamp with time zone, ends timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    SET "TimeZone" TO 'utc'
    SET "DateStyle" TO 'iso'
    AS $_$
declare
    v_key constant pg_catalog.name := ttdb.month_key_of(relation);
    v_columns pg_catalog.text;
    v_forced pg_catalog.oid [];
    v_table pg_catalog.oid;
    v_moved pg_catalog.int8;
begin
    -- Detached it has lost the row triggers of its parent: what moves is neither a change for the trail, nor refused
    -- by a table that is append-only, nor a key given up and taken again. Nobody else can look until this commits.
    execute pg_catalog.format('alter table %s detach partition %s', relation, default_leaf);

    -- The owner sees every row, as long as row security is not forced on it.
    select coalesce(pg_catalog.array_agg(c.oid), '{}')
    into v_forced
    from pg_catalog.pg_class as c
    where c.oid in (empty_default.default_leaf, empty_default.leaf) and c.relforcerowsecurity;
    foreach v_table in array v_forced loop
        execute pg_catalog.format('alter table %s no force row level security', v_table::pg_catalog.regclass);
    end loop;

    select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum)
    into v_columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = empty_default.relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
    execute pg_catalog.format(
        'insert into %1$s (%2$s) select %2$s from %3$s where %4$I >= %5$L and %4$I < %6$L',
        leaf, v_columns, default_leaf, v_key, starts, ends
    );
    get diagnostics v_moved = row_count;
    execute pg_catalog.format(
        'delete from %1$s where %2$I >= %3$L and %2$I < %4$L', default_leaf, v_key, starts, ends
    );

    foreach v_table in array v_forced loop
        execute pg_catalog.format('alter table %s force row level security', v_table::pg_catalog.regclass);
    end loop;

    execute pg_catalog.format(
        'alter table %s attach partition %s for values from (%L) to (%L)', relation, leaf, starts, ends
    );
    execute pg_catalog.format('alter table %s attach partition %s default', relation, default_leaf);
    return v_moved;
end;
$_$;


ALTER FUNCTION ttdb.empty_default(relation regclass, default_leaf regclass, leaf regclass, starts timestamp with time zone, ends timestamp with time zone) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.empty_default(relation regclass, default_leaf regclass, leaf regclass, starts timestamp with time zone, ends timestamp with time zone) IS 'Moves the rows of a month from the DEFAULT partition into a table, and attaches that as the month.';

CREATE FUNCTION ttdb.encrypt(plaintext text, key_id text, key text) RETURNS text
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO ''
    AS $_$
declare
    v_encrypted pg_catalog.bytea;
begin
    if plaintext is null then
        return null;
    end if;
    if key_id is null or key_id !~ '^[A-Za-z0-9_.-]{1,64}$' then
        raise exception 'the key''s id is missing or malformed'
            using errcode = 'TTKID',
            hint = 'A key''s id is 1 to 64 letters, digits, hyphens, dots and underscores; it is stored in clear.';
    end if;
    if key is null or pg_catalog.length(key) < 32 then
        raise exception 'the key is missing or shorter than 32 characters'
            using errcode = 'TTKEY', hint = 'Use a random one: openssl rand -base64 32.';
    end if;

    -- The key's id stands inside as well: the one in clear could be changed unseen.
    -- Iterating the key's hash defends guessable keys; ours are random, and a page of rows is not to take seconds.
    execute pg_catalog.format('select %I.pgp_sym_encrypt($1, $2, $3)', ttdb.pgcrypto_schema())
    into v_encrypted
    using key_id || ':' || plaintext, key, 'cipher-algo=aes256, compress-algo=0, s2k-mode=1, s2k-digest-algo=sha256';
    return pg_catalog.concat_ws(
        ':', 'ttdb1', key_id, pg_catalog.translate(pg_catalog.encode(v_encrypted, 'base64'), e'\n', '')
    );
end;
$_$;


ALTER FUNCTION ttdb.encrypt(plaintext text, key_id text, key text) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.encrypt(plaintext text, key_id text, key text) IS 'Encrypts a text with AES-256, protected, with its key''s id, against changes: ttdb1:<key id>:<base64>. NULL stays NULL.';

CREATE FUNCTION ttdb.end_copy(relation regclass, leaves integer DEFAULT NULL::integer) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_entry ttdb.converted_tables;
    v_leaves pg_catalog.regclass [];
    v_leaf pg_catalog.regclass;
begin
    select c.* into v_entry from ttdb.converted_tables as c where c.relation = end_copy.relation;
    if not found then
        return true;
    end if;
    if v_entry.wanted is not null then
        -- From here on nothing follows what changes: who begins again, begins with new partitions.
        perform ttdb.stop_noting(relation);
        update ttdb.converted_tables as c
        set
            wanted = null,
            ready = false,
            last_key = null,
            copied = false
        where c.relation = end_copy.relation;
    end if;
    -- With a partition go its foreign keys, for which the tables that they point at are locked: few at a time.
    select coalesce(pg_catalog.array_agg(c.oid::pg_catalog.regclass order by c.oid), '{}')
    into v_leaves
    from pg_catalog.pg_class as c
    where c.relkind = 'r'
        and (
            (c.oid = any(v_entry.old_leaves) and not c.relispartition)
            or exists (
                select from pg_catalog.pg_inherits as i where i.inhparent = v_entry.staging and i.inhrelid = c.oid
            )
        );
    foreach v_leaf in array v_leaves[:coalesce(leaves, pg_catalog.cardinality(v_leaves))] loop
        execute pg_catalog.format('drop table %s', v_leaf);
    end loop;
    if pg_catalog.cardinality(v_leaves) > leaves then
        return false;
    end if;
    if v_entry.staging is not null then
        execute pg_catalog.format('drop table %s, %s', v_entry.staging, v_entry.changes);
    end if;
    update ttdb.converted_tables as c
    set
        staging = null,
        changes = null,
        months = '{}',
        old_leaves = '{}'
    where c.relation = end_copy.relation;
    return true;
end;
$$;


ALTER FUNCTION ttdb.end_copy(relation regclass, leaves integer) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.end_copy(relation regclass, leaves integer) IS 'Drops so many of the partitions whose rows lie in others by now, or that a copying given up was filling; true when none is left.';

CREATE FUNCTION ttdb.ensure_partition(relation regclass, month date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    SET "TimeZone" TO 'utc'
    SET "DateStyle" TO 'iso'
    AS $$
declare
    v_entry ttdb.partitioned_tables;
    v_patience constant pg_catalog.text := pg_catalog.current_setting('lock_timeout');
    v_starts constant pg_catalog.timestamptz := pg_catalog.date_trunc('month', month::pg_catalog.timestamp);
    v_ends constant pg_catalog.timestamptz := v_starts + '1 month'::pg_catalog.interval;
    v_name pg_catalog.text;
    v_leaf pg_catalog.regclass;
    v_default pg_catalog.regclass;
    v_standing record;
begin
    select p.* into v_entry from ttdb.partitioned_tables as p where p.relation = ensure_partition.relation;
    if not found then
        raise exception '% is not kept in months', relation
            using errcode = 'TTREG', hint = pg_catalog.format(
                'Have its owner run: select ttdb.partition_by_month(%L, retention => ''7 years'');', relation
            );
    end if;
    if month is null or month < '1000-01-01' or month >= '10000-01-01' then
        raise exception '% is no month that can be made', coalesce(month::pg_catalog.text, 'null')
            using errcode = 'TTMON', hint = 'Name a day of the month: 2026-03-01.';
    end if;

    -- Who sets no limit waits half a second: less than deadlock_timeout, so that it is never the application's
    -- transaction that is ended where ours and its wait for each other.
    if v_patience = '0' then
        perform pg_catalog.set_config('lock_timeout', '500ms', true);
    end if;
    -- Looked at twice: first without a lock, so that nothing to do waits for nobody; then with it, because another
    -- session may have made the month meanwhile. It stops neither readers nor writers.
    for v_round in 1..2 loop
        select
            m.leaf,
            m.starts <= v_starts and m.ends >= v_ends as covers
        into v_standing
        from ttdb.months_of(relation) as m
        where m.state in ('attached', 'other') and m.starts < v_ends and m.ends > v_starts
        limit 1;
        if found and v_standing.covers then
            perform pg_catalog.set_config('lock_timeout', v_patience, true);
            return false;
        elsif found then
            raise exception '% holds a part of % of %', v_standing.leaf, pg_catalog.to_char(v_starts, 'YYYY-MM'), relation
                using errcode = 'TTOVL', hint = 'Months are made beside whole months only: split or merge it first.';
        end if;
        if v_round = 1 then
            execute pg_catalog.format('lock table only %s in share update exclusive mode', relation);
        end if;
    end loop;

    select
        c.relname || pg_catalog.to_char(v_starts, '_YYYY_MM'),
        pg_catalog.to_regclass(
            pg_catalog.format('%I.%I', n.nspname, c.relname || pg_catalog.to_char(v_starts, '_YYYY_MM'))
        )
    into v_name, v_leaf
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = ensure_partition.relation;
    select m.leaf into v_default from ttdb.months_of(relation) as m where m.state = 'default';
    if v_default is null then
        raise exception '% has no DEFAULT partition', relation
            using errcode = 'TTDFL', hint = 'Have its owner run ttdb.partition_by_month() again: it makes one.';
    end if;

    if v_leaf is null then
        v_leaf := ttdb.make_leaf(relation, v_name, v_entry.storage);
    else
        perform ttdb.refuse_stranger(v_leaf, relation, v_default);
        execute pg_catalog.format('drop trigger if exists _000_refuse_retired on %s', v_leaf);
    end if;
    perform ttdb.dress_leaf(v_leaf, relation, v_default);
    execute pg_catalog.format(
        'comment on table %s is %L', v_leaf,
        pg_catalog.format(
            'Rows of %s whose %s is in %s, in UTC.', relation, v_entry.key_column, pg_catalog.to_char(v_starts, 'YYYY-MM')
        )
    );

    begin
        execute pg_catalog.format(
            'alter table %s attach partition %s for values from (%L) to (%L)', relation, v_leaf, v_starts, v_ends
        );
    exception
        when check_violation then
            -- DEFAULT holds rows of this month: so says the server, who sees them all.
            perform ttdb.empty_default(relation, v_default, v_leaf, v_starts, v_ends);
    end;

    -- A month that was restored from a dump may bring rows whose keys were forgotten.
    perform ttdb.fill_unique_keys(u.keys, v_starts, v_ends)
    from ttdb.unique_keys as u
    where u.relation = ensure_partition.relation;
    perform pg_catalog.set_config('lock_timeout', v_patience, true);
    return true;
end;
$$;


ALTER FUNCTION ttdb.ensure_partition(relation regclass, month date) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.ensure_partition(relation regclass, month date) IS 'Makes the month of a day, as protected and audited as its siblings, and moves what waits for it in DEFAULT into it; attaches it again where it was retired. False where there was nothing to do.';

CREATE FUNCTION ttdb.ensure_partitions(from_month date, to_month date) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_from constant pg_catalog.timestamp := pg_catalog.date_trunc('month', from_month::pg_catalog.timestamp);
    v_to constant pg_catalog.timestamp := pg_catalog.date_trunc('month', to_month::pg_catalog.timestamp);
    v_made pg_catalog.int4;
begin
    -- Not infinity: it is 100 years after itself, and so is no last month.
    if v_from is null or v_to is null or not pg_catalog.isfinite(v_from) or not pg_catalog.isfinite(v_to)
        or v_to < v_from or v_to > v_from + '100 years'::pg_catalog.interval
    then
        raise exception '% to % are no months that can be made', from_month, to_month
            using errcode = 'TTMON', hint = 'Name the first month and the last, at most 100 years later.';
    end if;
    -- In one order everywhere, so that two who make months wait for each other instead of deadlocking.
    select pg_catalog.count(*) filter (where ttdb.ensure_partition(m.relation, m.month))
    into v_made
    from (
        select
            p.relation,
            s.month::pg_catalog.date as month
        from ttdb.partitioned_tables as p
        cross join pg_catalog.generate_series(v_from, v_to, '1 month') as s (month)
        order by p.relation::pg_catalog.oid, s.month
    ) as m;
    return v_made;
end;
$$;


ALTER FUNCTION ttdb.ensure_partitions(from_month date, to_month date) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.ensure_partitions(from_month date, to_month date) IS 'Makes every month from the first day''s to the last day''s of every table in ttdb.partitioned_tables, and returns how many it made. In one transaction: ttdb partitions ensure makes each in its own.';

CREATE FUNCTION ttdb.fill_unique_keys(keys regclass, starts timestamp with time zone DEFAULT '-infinity'::timestamp with time zone, ends timestamp with time zone DEFAULT 'infinity'::timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    SET "TimeZone" TO 'utc'
    SET "DateStyle" TO 'iso'
    AS $_$
declare
    v_entry ttdb.unique_keys;
    v_names pg_catalog.text;
    v_same pg_catalog.text;
    v_present pg_catalog.text;
    v_range pg_catalog.text;
    v_wrong pg_catalog.bool;
begin
    select u.* into strict v_entry from ttdb.unique_keys as u where u.keys = fill_unique_keys.keys;
    select
        pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum),
        pg_catalog.string_agg(pg_catalog.format('k.%1$I = r.%1$I', a.attname), ' and ' order by a.attnum)
    into v_names, v_same
    from pg_catalog.pg_attribute as a
    where a.attrelid = v_entry.keys and a.attnum > 0 and not a.attisdropped;
    select pg_catalog.string_agg(pg_catalog.format('r.%I is not null', c.name), ' and ')
    into v_present
    from pg_catalog.unnest(v_entry.columns) as c (name);
    v_range := case
        when pg_catalog.isfinite(starts) or pg_catalog.isfinite(ends)
            then pg_catalog.format(
                ' and r.%1$I >= %2$L and r.%1$I < %3$L', ttdb.month_key_of(v_entry.relation), starts, ends
            )
        else ''
    end;

    execute pg_catalog.format(
        'insert into %s (%s) select %s from %s as r where %s%s on conflict do nothing',
        keys, v_names, v_names, v_entry.relation, v_present, v_range
    );
    execute pg_catalog.format(
        'select exists (select from %s as r where %s%s and not exists (select from %s as k where %s))',
        v_entry.relation, v_present, v_range, keys, v_same
    ) into v_wrong;
    if v_wrong then
        raise exception 'rows of % have equal %', v_entry.relation, pg_catalog.array_to_string(v_entry.columns, ', ')
            using errcode = '23505', hint = 'As an operator, find them with group by and having, and mend them.';
    end if;
end;
$_$;


ALTER FUNCTION ttdb.fill_unique_keys(keys regclass, starts timestamp with time zone, ends timestamp with time zone) OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.fill_unique_keys(keys regclass, starts timestamp with time zone, ends timestamp with time zone) IS 'Enters the keys of the rows in a range of the partition key into a key table; raises 23505 where two rows have one.';

CREATE FUNCTION ttdb.finish_copy(relation regclass, wanted text, retention interval DEFAULT NULL::interval) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    SET row_security TO 'on'
    SET "TimeZone" TO 'utc'
    SET "DateStyle" TO 'iso'
    AS $$
declare
    v_entry ttdb.converted_tables;
    v_forced pg_catalog.bool;
    v_old pg_catalog.regclass [];
    v_leaf pg_catalog.regclass;
    v_piece record;
begin
    select c.*
    into v_entry
    from ttdb.converted_tables as c
    where c.relation = finish_copy.relation and c.wanted = finish_copy.wanted;
    if not found then
        return;
    end if;
    if not v_entry.copied then
        raise exception 'rows of % are not all copied', relation
            using errcode = 'TTCNV', hint = 'Run ttdb.copy_rows() until it returns fewer than it was asked for.';
    end if;
    -- From here on nobody changes a row, and nobody reads one.
    execute pg_catalog.format('lock table %s in access exclusive mode', relation);
    -- Who looks with an older snapshot would find the new partitions without the rows that came to them since.
    perform ttdb.refuse_older_snapshots(relation);
    select c.relrowsecurity and c.relforcerowsecurity
    into v_forced
    from pg_catalog.pg_class as c
    where c.oid = finish_copy.relation;
    if v_forced then
        execute pg_catalog.format('alter table %s no force row level security', relation);
    end if;
    while ttdb.copy_changes(relation, 10000) > 0 loop
    end loop;
    if v_forced then
        execute pg_catalog.format('alter table %s force row level security', relation);
    end if;

    perform ttdb.stop_noting(relation);
    select pg_catalog.array_agg(i.inhrelid::pg_catalog.regclass)
    into v_old
    from pg_catalog.pg_inherits as i
    where i.inhparent = finish_copy.relation;
    foreach v_leaf in array v_old loop
        execute pg_catalog.format('alter table %s detach partition %s', relation, v_leaf);
        -- Its rows are in the new ones. Until it is dropped they would keep what they point at from being deleted.
        for v_piece in
            select t.tgname
            from pg_catalog.pg_trigger as t
            where t.tgrelid = v_leaf and not t.tgisinternal
        loop
            execute pg_catalog.format('drop trigger %I on %s', v_piece.tgname, v_leaf);
        end loop;
        execute pg_catalog.format('truncate %s', v_leaf);
    end loop;
    for v_piece in
        select
            c.oid::pg_catalog.regclass as leaf,
            c.relname,
            pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound
        from pg_catalog.pg_inherits as i
        inner join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = v_entry.staging
        order by 3 desc -- DEFAULT last
    loop
        execute pg_catalog.format('alter table %s detach partition %s', v_entry.staging, v_piece.leaf);
        execute pg_catalog.format('alter table %s attach partition %s %s', relation, v_piece.leaf, v_piece.bound);
        execute pg_catalog.format(
            'alter table %s drop constraint if exists %I', v_piece.leaf, v_piece.relname || '_bound'
        );
    end loop;
    execute pg_catalog.format('drop table %s, %s', v_entry.staging, v_entry.changes);
    update ttdb.converted_tables as c
    set
        arrangement = finish_copy.wanted,
        wanted = null,
        staging = null,
        changes = null,
        months = '{}',
        ready = false,
        last_key = null,
        copied = false,
        old_leaves = v_old
    where c.relation = finish_copy.relation;
    if finish_copy.wanted = 'months' then
        perform ttdb.partition_by_month(relation, retention, v_entry.storage);
    else
        delete from ttdb.partitioned_tables as p where p.relation = finish_copy.relation;
    end if;
end;
$$;


ALTER FUNCTION ttdb.finish_copy(relation regclass, wanted text, retention interval) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.finish_copy(relation regclass, wanted text, retention interval) IS 'Copies what was changed last, and puts the new partitions in the place of the old ones, in one moment for everybody.';

CREATE FUNCTION ttdb.forget_resolver(function text) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
    -- By name, not regprocedure: the function may be gone already.
    delete from ttdb.resolvers as r where r.function = forget_resolver.function;
$$;


ALTER FUNCTION ttdb.forget_resolver(function text) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.forget_resolver(function text) IS 'Undoes ttdb.resolver(); grants to services stay as they are.';

CREATE FUNCTION ttdb.forget_unique(relation regclass, columns name[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_keys pg_catalog.regclass;
    v_trigger record;
begin
    select u.keys
    into v_keys
    from ttdb.unique_keys as u
    where u.relation = forget_unique.relation and u.columns = forget_unique.columns;
    if not found then
        return;
    end if;
    for v_trigger in
        select
            t.tgname,
            t.tgrelid::pg_catalog.regclass as relation
        from pg_catalog.pg_trigger as t
        where t.tgrelid in (select r.relation from ttdb.tree_of(forget_unique.relation) as r)
            and t.tgparentid = 0
            and t.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__keep_unique()')
            and t.tgname in (
                '_200_add_key_' || pg_catalog.array_to_string(columns, '_'),
                '_200_change_key_' || pg_catalog.array_to_string(columns, '_'),
                '_200_drop_key_' || pg_catalog.array_to_string(columns, '_'),
                '_200_empty_keys_' || pg_catalog.array_to_string(columns, '_')
            )
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_trigger.tgname, v_trigger.relation);
    end loop;
    if exists (select from pg_catalog.pg_class as c where c.oid = v_keys) then
        perform ttdb.unprotect(v_keys);
        execute pg_catalog.format('drop table %s', v_keys);
    end if;
    delete from ttdb.unique_keys as u where u.keys = v_keys;
end;
$$;


ALTER FUNCTION ttdb.forget_unique(relation regclass, columns name[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.forget_unique(relation regclass, columns name[]) IS 'Undoes ttdb.keep_unique(): drops its triggers and its key table.';

CREATE FUNCTION ttdb.generated_from(relation regclass, columns name[]) RETURNS TABLE(name name)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select distinct g.attname
    from pg_catalog.pg_attribute as g
    inner join pg_catalog.pg_attrdef as e on e.adrelid = g.attrelid and e.adnum = g.attnum
    -- Before 17 the column itself depends on its sources, from 17 on its expression too.
    inner join pg_catalog.pg_depend as d
        on (
            (d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d.objid = e.oid)
            or (
                d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and d.objid = g.attrelid
                and d.objsubid = g.attnum
            )
        )
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.refobjid = g.attrelid
    inner join pg_catalog.pg_attribute as s
        on s.attrelid = d.refobjid and s.attnum = d.refobjsubid and s.attname = any(generated_from.columns)
    where g.attrelid = generated_from.relation
        and g.attgenerated <> ''
        and s.attnum <> g.attnum;
$$;


ALTER FUNCTION ttdb.generated_from(relation regclass, columns name[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.generated_from(relation regclass, columns name[]) IS 'The generated columns of a table whose expressions read one of these columns.';

CREATE FUNCTION ttdb.grants_as_text(acl aclitem[]) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
 SELECT COALESCE(string_agg(g.line, '
'::text ORDER BY (g.line COLLATE "C")), ''::text) AS "coalesce"
    FROM ( SELECT (((COALESCE(pg_get_userbyid(NULLIF(a.grantee, (0)::oid)), 'public'::name))::text || ': '::text) || string_agg((lower(a.privilege_type) ||
                 CASE
                     WHEN a.is_grantable THEN ' with grant option'::text
                     ELSE ''::text
                 END), ', '::text ORDER BY (a.privilege_type COLLATE "C"), a.is_grantable)) AS line
            FROM aclexplode(grants_as_text.acl) a(grantor, grantee, privilege_type, is_grantable)
           WHERE (a.grantee IS DISTINCT FROM (to_regrole('ttdb_observed'::text))::oid)
           GROUP BY a.grantee) g;
END;


ALTER FUNCTION ttdb.grants_as_text(acl aclitem[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.grants_as_text(acl aclitem[]) IS 'An access list in words, sorted.';

CREATE FUNCTION ttdb.grants_for(relation regclass, app text[], worker text[], definer text[], leaf boolean) RETURNS TABLE(object regclass, role name, privilege text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
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
$$;


ALTER FUNCTION ttdb.grants_for(relation regclass, app text[], worker text[], definer text[], leaf boolean) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.grants_for(relation regclass, app text[], worker text[], definer text[], leaf boolean) IS 'The grants of a protected table, or of one of its partitions: there the application has none.';

CREATE FUNCTION ttdb.grants_on(relation regclass) RETURNS TABLE(object regclass, role name, privilege text, grantable boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select
        c.oid::pg_catalog.regclass,
        r.rolname,
        pg_catalog.lower(a.privilege_type),
        a.is_grantable
    from pg_catalog.pg_class as c
    cross join lateral pg_catalog.aclexplode(c.relacl) as a
    inner join pg_catalog.pg_roles as r
        on r.oid = a.grantee
        and r.rolname in ('ttdb_app', 'ttdb_worker', 'ttdb_definer', 'ttdb_operator', 'ttdb_support')
    where c.oid = grants_on.relation
        or (
            c.relkind = 'S'
            and c.oid in (
                select s.objid
                from pg_catalog.pg_depend as s
                where s.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    and s.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    and s.refobjid = grants_on.relation
                    and s.refobjsubid > 0
                    and s.deptype in ('a', 'i')
            )
        );
$$;


ALTER FUNCTION ttdb.grants_on(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.grants_on(relation regclass) IS 'What ttdb_app, ttdb_worker, ttdb_definer, ttdb_support and ttdb_operator may do with a table and its sequences.';

CREATE FUNCTION ttdb.hang_rule(relation regclass, constraint_name name, message text, rule_function regprocedure, columns name[], arguments text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_class pg_catalog.pg_class;
    v_text pg_catalog.text;
    v_quoted pg_catalog.text;
begin
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = hang_rule.relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only a table''s rows can have rules.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Give the rule to %s: its partitions follow.', pg_catalog.pg_partition_root(relation)
            );
    end if;
    select e.name
    into v_text
    from pg_catalog.unnest(columns) as e (name)
    where not exists (
        select
        from pg_catalog.pg_attribute as c
        where c.attrelid = hang_rule.relation and c.attname = e.name and c.attnum > 0 and not c.attisdropped
    )
    limit 1;
    if found then
        raise exception '% has no column %', relation, v_text
            using errcode = 'TTCOL', hint = 'Name the column that the rule is about.';
    end if;
    if coalesce(pg_catalog.octet_length(constraint_name::pg_catalog.text), 0) not between 1 and 58 then
        raise exception 'name % of a rule has not 1 to 58 bytes', coalesce(constraint_name, '(null)')
            using errcode = 'TTNAM', hint = 'Give it a name that reads as the rule: orders_status_must_follow_its_course.';
    end if;
    if message is null or message !~ '\S' then
        raise exception 'rule % has no message', constraint_name
            using errcode = 'TTMSG', hint = 'Say in it, to a person, what is wrong when the rule is broken.';
    end if;
    if exists (
        select
        from pg_catalog.pg_constraint as k
        where k.conrelid = hang_rule.relation and k.conname = hang_rule.constraint_name and k.contype <> 't'
    ) or exists (
        select
        from pg_catalog.pg_trigger as t
        where t.tgrelid = hang_rule.relation
            and t.tgname = hang_rule.constraint_name
            and t.tgfoid not in (
                'ttdb.tg__allow_transitions()'::pg_catalog.regprocedure,
                'ttdb.tg__keep_values()'::pg_catalog.regprocedure
            )
    ) then
        raise exception '% has another constraint or trigger named %', relation, constraint_name
            using errcode = 'TTNAM', hint = 'Services find a message by this name: give the rule one of its own.';
    end if;

    select pg_catalog.string_agg(pg_catalog.quote_literal(a.value), ', ' order by a.position)
    into v_quoted
    from pg_catalog.unnest(constraint_name::pg_catalog.text || arguments) with ordinality as a (value, position);
    perform ttdb.drop_rule(relation, constraint_name);
    execute pg_catalog.format(
        'create constraint trigger %I after update on %s not deferrable for each row when %s execute function %s(%s)',
        constraint_name,
        relation,
        ttdb.condition_of_change(columns),
        rule_function::pg_catalog.oid::pg_catalog.regproc,
        v_quoted
    );
    execute pg_catalog.format('comment on trigger %I on %s is %L', constraint_name, relation, message);
    if v_class.relkind = 'p' then
        -- An update that moves a row to another partition fires no AFTER UPDATE trigger: the server makes it a DELETE
        -- and an INSERT. What fires before it sees the update.
        execute pg_catalog.format(
            'create trigger %I before update on %s for each row when %s execute function %s(%s)',
            '_200_' || constraint_name,
            relation,
            ttdb.condition_of_change(columns),
            rule_function::pg_catalog.oid::pg_catalog.regproc,
            v_quoted
        );
        execute pg_catalog.format('comment on trigger %I on %s is %L', '_200_' || constraint_name, relation, message);
    end if;
end;
$$;


ALTER FUNCTION ttdb.hang_rule(relation regclass, constraint_name name, message text, rule_function regprocedure, columns name[], arguments text[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.hang_rule(relation regclass, constraint_name name, message text, rule_function regprocedure, columns name[], arguments text[]) IS 'The part that ttdb.allow_transitions() and ttdb.keep_values() share: refuses what cannot be, and makes the triggers.';

CREATE FUNCTION ttdb.has_transitions(relation regclass, column_name name, constraint_name name, transitions jsonb) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select ttdb.wears_rule(
        has_transitions.relation,
        has_transitions.constraint_name,
        'ttdb.tg__allow_transitions()',
        array[has_transitions.column_name],
        array[has_transitions.column_name::pg_catalog.text, has_transitions.transitions::pg_catalog.text]
    );
$$;


ALTER FUNCTION ttdb.has_transitions(relation regclass, column_name name, constraint_name name, transitions jsonb) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.has_transitions(relation regclass, column_name name, constraint_name name, transitions jsonb) IS 'Whether exactly what ttdb.allow_transitions() would put on a table stands there, enabled.';

CREATE FUNCTION ttdb.hold_order(order_id uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_version pg_catalog.xid;
begin
    select o.xmin
    into v_version
    from public.orders as o
    where o.id = hold_order.order_id
    for no key update;
    -- In a savepoint a row bears the savepoint's number: then it changes once more than it must, never once too few.
    if v_version <> pg_catalog.pg_current_xact_id()::pg_catalog.xid then
        update public.orders as o
        set updated_at = o.updated_at
        where o.id = hold_order.order_id;
    end if;
end;
$$;


ALTER FUNCTION ttdb.hold_order(order_id uuid) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.hold_order(order_id uuid) IS 'Locks an order until the transaction ends, and leaves a new version of its row, so that rules over its rows hold under every isolation level.';

CREATE FUNCTION ttdb.ignore_older_setting(login name, setting text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    delete from ttdb.older_settings as s
    where s.login = ignore_older_setting.login
        and (ignore_older_setting.setting is null or s.setting = pg_catalog.lower(ignore_older_setting.setting));
    if found then
        perform ttdb.write_older_settings();
    end if;
end;
$$;


ALTER FUNCTION ttdb.ignore_older_setting(login name, setting text) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.ignore_older_setting(login name, setting text) IS 'From the commit on, that setting says nothing of this login''s tenant; without a setting, none but the current one.';

CREATE FUNCTION ttdb.is_kept_unique(relation regclass, columns name[], across_tenants boolean DEFAULT false) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select exists (
        select
        from ttdb.unique_keys as u
        inner join ttdb.tenant_tables as t on t.relation = u.relation
        inner join pg_catalog.pg_class as k on k.oid = u.keys
        where u.relation = is_kept_unique.relation
            and u.columns = is_kept_unique.columns
            and u.across_tenants = is_kept_unique.across_tenants
            and ttdb.is_protected(u.keys, t.tenant_column, '{}', '{}', '{select,insert,delete}')
            and exists (
                select
                from pg_catalog.pg_index as i
                where i.indrelid = u.keys
                    and i.indisprimary
                    and i.indisvalid
                    and (
                        select pg_catalog.array_agg(a.attname order by a.attname)
                        from pg_catalog.pg_attribute as a
                        where a.attrelid = i.indrelid and a.attnum = any(i.indkey)
                    ) = (
                        select pg_catalog.array_agg(c.column_name order by c.column_name)
                        from ttdb.key_columns_of(u.relation, t.tenant_column, u.columns, u.across_tenants) as c
                        where c.in_key
                    )
            )
            and not exists (
                select
                from ttdb.tree_of(u.relation) as r
                cross join ttdb.unique_triggers_for(u.relation, t.tenant_column, u.columns, u.across_tenants) as w
                where not exists (
                    select
                    from pg_catalog.pg_trigger as g
                    where g.tgrelid = r.relation
                        and g.tgname = w.trigger_name
                        and g.tgtype = w.type
                        and g.tgenabled in ('O', 'A')
                        and g.tgfoid = pg_catalog.to_regprocedure('ttdb.tg__keep_unique()')
                )
            )
    );
$$;


ALTER FUNCTION ttdb.is_kept_unique(relation regclass, columns name[], across_tenants boolean) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.is_kept_unique(relation regclass, columns name[], across_tenants boolean) IS 'Whether a key table stands, protected, and the triggers that feed it are on the table and all its partitions.';

CREATE FUNCTION ttdb.is_observed(relation regclass) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select
        not exists (
            select
                p.policy,
                p.command,
                p.using_expression,
                p.check_expression
            from ttdb.observed_policies_for(is_observed.relation) as p
            except
            select
                p.polname,
                case p.polcmd
                    when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
                end,
                pg_catalog.pg_get_expr(p.polqual, p.polrelid),
                pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
            from pg_catalog.pg_policy as p
            where p.polrelid = is_observed.relation
                and p.polroles = array[pg_catalog.to_regrole('ttdb_observed')::pg_catalog.oid]
        )
        and not exists (
            select g.privilege from ttdb.observed_grants_for(is_observed.relation) as g
            except
            select pg_catalog.lower(a.privilege_type)
            from pg_catalog.pg_class as c
            cross join lateral pg_catalog.aclexplode(c.relacl) as a
            where c.oid = is_observed.relation
                and a.grantee = pg_catalog.to_regrole('ttdb_observed')::pg_catalog.oid
        );
$$;


ALTER FUNCTION ttdb.is_observed(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.is_observed(relation regclass) IS 'Whether a relation has the policies and grants of ttdb.observe_table().';

CREATE FUNCTION ttdb.is_partitioned_by_month(relation regclass, retention interval DEFAULT NULL::interval, storage text[] DEFAULT NULL::text[]) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select exists (
        select
        from ttdb.partitioned_tables as p
        inner join pg_catalog.pg_partitioned_table as t on t.partrelid = p.relation
        inner join pg_catalog.pg_class as d on d.oid = t.partdefid
        where p.relation = is_partitioned_by_month.relation
            and p.key_column = ttdb.month_key_of(p.relation)
            and coalesce(p.retention = is_partitioned_by_month.retention, is_partitioned_by_month.retention is null)
            and (
                is_partitioned_by_month.storage is null
                or (
                    p.storage @> is_partitioned_by_month.storage
                    and p.storage <@ is_partitioned_by_month.storage
                )
            )
            and coalesce(d.reloptions, '{}') @> p.storage
    );
$$;


ALTER FUNCTION ttdb.is_partitioned_by_month(relation regclass, retention interval, storage text[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.is_partitioned_by_month(relation regclass, retention interval, storage text[]) IS 'Whether a table stands in the registry with this retention and these settings, and has its DEFAULT partition.';

CREATE FUNCTION ttdb.is_protected(relation regclass) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select coalesce(
        (
            select ttdb.is_protected(t.relation, t.tenant_column, t.app, t.worker, t.definer)
            from ttdb.tenant_tables as t
            where t.relation = is_protected.relation
        ),
        false
    );
$$;


ALTER FUNCTION ttdb.is_protected(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.is_protected(relation regclass) IS 'Whether a table and its partitions are what the registry says of them; false where it says nothing.';

CREATE FUNCTION ttdb.is_protected(relation regclass, tenant_column name, app text[] DEFAULT '{select,insert,update,delete}'::text[], worker text[] DEFAULT '{}'::text[], definer text[] DEFAULT '{}'::text[]) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select
        exists (
            select
            from ttdb.tenant_tables as t
            where t.relation = is_protected.relation
                and t.tenant_column = is_protected.tenant_column
                and t.app @> is_protected.app and t.app <@ is_protected.app
                and t.worker @> is_protected.worker and t.worker <@ is_protected.worker
                and t.definer @> is_protected.definer and t.definer <@ is_protected.definer
        )
        and not exists (
            select
            from ttdb.tree_of(is_protected.relation) as t
            where not ttdb.wears(
                t.relation,
                is_protected.tenant_column,
                is_protected.app,
                is_protected.worker,
                is_protected.definer,
                t.leaf
            )
        );
$$;


ALTER FUNCTION ttdb.is_protected(relation regclass, tenant_column name, app text[], worker text[], definer text[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.is_protected(relation regclass, tenant_column name, app text[], worker text[], definer text[]) IS 'Whether a table and its partitions stand in the registry and in the catalog as ttdb.protect() leaves them.';

CREATE FUNCTION ttdb.keep_unique(relation regclass, columns name[], message text, across_tenants boolean DEFAULT false, month_key name DEFAULT NULL::name) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_class pg_catalog.pg_class;
    v_entry ttdb.tenant_tables;
    v_text pg_catalog.text;
    v_constraint pg_catalog.text;
    v_keys pg_catalog.text;
    v_piece record;
begin
    -- Nothing to do takes no lock.
    if ttdb.is_kept_unique(relation, columns, across_tenants) then
        return;
    end if;

    select c.* into v_class from pg_catalog.pg_class as c where c.oid = keep_unique.relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only a table''s columns can be kept unique.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Name %s: its partitions follow.', pg_catalog.pg_partition_root(relation)
            );
    end if;
    select t.* into v_entry from ttdb.tenant_tables as t where t.relation = keep_unique.relation;
    if not found or 'select' <> all(v_entry.definer) then
        raise exception 'ttdb_definer may not read %', relation
            using errcode = 'TTUKD', hint = pg_catalog.format(
                'What keeps keys reads all tenants'' rows: select ttdb.protect(%L, definer => ''{select}'').', relation
            );
    end if;
    if not exists (select from pg_catalog.pg_index as i where i.indrelid = keep_unique.relation and i.indisprimary) then
        raise exception '% has no primary key to say which row has a value', relation
            using errcode = 'TTUKP', hint = 'Add one; on a partitioned table it holds the partition key.';
    end if;
    select pg_catalog.string_agg(coalesce(c.name, 'null'), ', ')
    into v_text
    from pg_catalog.unnest(columns || pg_catalog.array_remove(array[month_key], null)) as c (name)
    where not exists (
        select
        from pg_catalog.pg_attribute as a
        where a.attrelid = keep_unique.relation and a.attname = c.name and a.attnum > 0 and not a.attisdropped
    );
    if v_text is not null or pg_catalog.cardinality(columns) is distinct from greatest(pg_catalog.cardinality(columns), 1) then
        raise exception '% has no column %', relation, coalesce(v_text, 'of no name')
            using errcode = 'TTCOL', hint = 'Name existing columns to keep unique, without the tenant''s.';
    end if;

    -- As PostgreSQL would name the constraint, could the table have it.
    v_constraint := pg_catalog.concat_ws(
        '_',
        v_class.relname,
        case when not across_tenants then v_entry.tenant_column end,
        pg_catalog.array_to_string(columns, '_'),
        'key'
    );
    v_keys := pg_catalog.concat_ws('_', v_class.relname, pg_catalog.array_to_string(columns, '_'), 'keys');
    if greatest(
        pg_catalog.octet_length(v_constraint),
        pg_catalog.octet_length(v_keys),
        pg_catalog.octet_length('_200_change_key_' || pg_catalog.array_to_string(columns, '_'))
    ) > 63 then
        raise exception '% has too long a name for a key table of %', relation, pg_catalog.array_to_string(columns, ', ')
            using errcode = 'TTNAM', hint = 'The names of its table, constraint and triggers are made of these, and '
                'have 63 bytes: use shorter ones.';
    end if;

    perform ttdb.forget_unique(relation, columns);
    select pg_catalog.format('%I.%I', n.nspname, v_keys)
    into v_keys
    from pg_catalog.pg_namespace as n
    where n.oid = v_class.relnamespace;
    if pg_catalog.to_regclass(v_keys) is not null then
        raise exception '% stands already', v_keys
            using errcode = 'TTTKN', hint = 'Its name is that of the key table to be made: rename it.';
    end if;

    execute (
        select pg_catalog.format(
            'create table %s (%s, constraint %I primary key (%s))',
            v_keys,
            pg_catalog.string_agg(pg_catalog.format('%I %s not null', k.column_name, k.type), ', ' order by k.place),
            v_constraint,
            pg_catalog.string_agg(pg_catalog.quote_ident(k.column_name), ', ' order by k.place) filter (where k.in_key)
        )
        from ttdb.key_columns_of(relation, v_entry.tenant_column, columns, across_tenants, month_key) as k
    );
    execute pg_catalog.format(
        'comment on table %s is %L', v_keys,
        pg_catalog.format(
            'Keeps %s of %s unique over all partitions%s; written by triggers, nobody''s to read.',
            pg_catalog.array_to_string(columns, ', '),
            relation,
            case when across_tenants then ' and tenants' else ', per tenant' end
        )
    );
    execute pg_catalog.format('comment on constraint %I on %s is %L', v_constraint, v_keys, message);
    for v_piece in
        select
            k.column_name,
            coalesce(pg_catalog.col_description(keep_unique.relation, a.attnum), 'as in the table') as comment
        from ttdb.key_columns_of(relation, v_entry.tenant_column, columns, across_tenants, month_key) as k
        inner join pg_catalog.pg_attribute as a on a.attrelid = keep_unique.relation and a.attname = k.column_name
    loop
        execute pg_catalog.format('comment on column %s.%I is %L', v_keys, v_piece.column_name, v_piece.comment);
    end loop;

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.unique_keys as d
    where not exists (select from pg_catalog.pg_class as c where c.oid = d.keys)
        or not exists (select from pg_catalog.pg_class as c where c.oid = d.relation);
    insert into ttdb.unique_keys (keys, relation, columns, across_tenants)
    values (v_keys::pg_catalog.regclass, keep_unique.relation, keep_unique.columns, keep_unique.across_tenants);
    perform ttdb.protect(v_keys::pg_catalog.regclass, v_entry.tenant_column, '{}', '{}', '{select,insert,delete}');

    -- Creating a trigger waits for writers and keeps new ones out: no row comes between it and the filling. On a table
    -- of millions that is long; there, make the key table while the table is small, or in its maintenance window. Who
    -- fills it in batches afterwards, beside a unique index that still stands, says so.
    for v_piece in
        select
            t.*,
            r.relation as place
        from ttdb.tree_of(keep_unique.relation) as r
        cross join
            ttdb.unique_triggers_for(r.relation, v_entry.tenant_column, columns, across_tenants, month_key) as t
        where not r.leaf or (t.type & 1) = 0
        order by r.leaf
    loop
        execute v_piece.definition;
        execute pg_catalog.format(
            'comment on trigger %I on %s is %L', v_piece.trigger_name, v_piece.place, v_piece.comment
        );
    end loop;
    if pg_catalog.current_setting('ttdb.fills_later', true) is distinct from 'on' then
        perform ttdb.fill_unique_keys(v_keys::pg_catalog.regclass);
    end if;
end;
$$;


ALTER FUNCTION ttdb.keep_unique(relation regclass, columns name[], message text, across_tenants boolean, month_key name) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.keep_unique(relation regclass, columns name[], message text, across_tenants boolean, month_key name) IS 'Keeps columns unique over all partitions, per tenant or, where a provider makes them at random, across tenants, by a key table that triggers write; the message is what a person is told. Rows with a NULL among the columns are left out. Of a table that is still whole, month_key is the column that months will go by.';

CREATE FUNCTION ttdb.keep_values(relation regclass, columns name[], constraint_name name, message text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    if coalesce(pg_catalog.cardinality(columns), 0) = 0 then
        raise exception 'no column of % to keep', relation
            using errcode = 'TTCOL', hint = 'Name the columns that are written once.';
    end if;
    if ttdb.keeps_values(relation, columns, constraint_name)
        and ttdb.comment_of_rule(relation, constraint_name) = message then
        return;
    end if;
    perform ttdb.hang_rule(
        relation, constraint_name, message, 'ttdb.tg__keep_values()', columns, columns::pg_catalog.text[]
    );
end;
$$;


ALTER FUNCTION ttdb.keep_values(relation regclass, columns name[], constraint_name name, message text) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.keep_values(relation regclass, columns name[], constraint_name name, message text) IS 'Refuses another value for a column that has one, in a table and its partitions; emptying it is the CHECKs'' business. ttdb.drop_rule() undoes it.';

CREATE FUNCTION ttdb.keeps_values(relation regclass, columns name[], constraint_name name) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select ttdb.wears_rule(
        keeps_values.relation,
        keeps_values.constraint_name,
        'ttdb.tg__keep_values()',
        keeps_values.columns,
        keeps_values.columns::pg_catalog.text[]
    );
$$;


ALTER FUNCTION ttdb.keeps_values(relation regclass, columns name[], constraint_name name) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.keeps_values(relation regclass, columns name[], constraint_name name) IS 'Whether exactly what ttdb.keep_values() would put on a table stands there, enabled.';

CREATE FUNCTION ttdb.key_columns_of(relation regclass, tenant_column name, columns name[], across_tenants boolean, month_key name DEFAULT NULL::name) RETURNS TABLE(column_name name, type text, in_key boolean, place bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    with wanted as (
        select
            w.column_name,
            pg_catalog.bool_or(w.in_key) as in_key,
            pg_catalog.min(w.place) as place
        from (
            select
                key_columns_of.tenant_column as column_name,
                not key_columns_of.across_tenants as in_key,
                0::pg_catalog.int8 as place
            union all
            select
                c.name,
                true,
                c.place
            from pg_catalog.unnest(key_columns_of.columns) with ordinality as c (name, place)
            -- The primary key holds the partition key: with it a look-up finds the row in one partition.
            union all
            select
                a.attname,
                false,
                1000 + pg_catalog.array_position(i.indkey::pg_catalog.int2 [], a.attnum)
            from pg_catalog.pg_index as i
            inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
            where i.indrelid = key_columns_of.relation and i.indisprimary
            -- Of a table that is still whole, its primary key has yet to come to hold it.
            union all
            select
                key_columns_of.month_key,
                false,
                2000
        ) as w
        group by w.column_name
    )

    select
        w.column_name,
        pg_catalog.concat_ws(
            ' ',
            pg_catalog.format_type(a.atttypid, a.atttypmod),
            case
                when a.attcollation <> t.typcollation
                    then 'collate ' || a.attcollation::pg_catalog.regcollation::pg_catalog.text
            end
        ),
        w.in_key,
        w.place
    from wanted as w
    inner join pg_catalog.pg_attribute as a
        on a.attrelid = key_columns_of.relation
        and a.attname = w.column_name
        and a.attnum > 0
        and not a.attisdropped
    inner join pg_catalog.pg_type as t on t.oid = a.atttypid
    order by w.place;
$$;


ALTER FUNCTION ttdb.key_columns_of(relation regclass, tenant_column name, columns name[], across_tenants boolean, month_key name) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.key_columns_of(relation regclass, tenant_column name, columns name[], across_tenants boolean, month_key name) IS 'What a key table holds of a row: the tenant, the unique columns, and the primary key, with the column that months will go by.';

CREATE FUNCTION ttdb.key_id_of(ciphertext text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN "substring"(ciphertext, '^ttdb1:([A-Za-z0-9_.-]{1,64}):[A-Za-z0-9+/]+={0,2}$'::text);


ALTER FUNCTION ttdb.key_id_of(ciphertext text) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.key_id_of(ciphertext text) IS 'The id of the key that an encrypted text needs; NULL for what ttdb.encrypt() has not made.';

CREATE FUNCTION ttdb.leaves_to_come(relation regclass) RETURNS TABLE(leaf name, bound text, condition text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    SET "TimeZone" TO 'utc'
    SET "DateStyle" TO 'iso'
    AS $_$
    with entry as (
        select
            c.*,
            t.relname
        from ttdb.converted_tables as c
        inner join pg_catalog.pg_class as t on t.oid = c.relation
        where c.relation = leaves_to_come.relation
    ),

    wanted as (
        select
            e.staging,
            e.relname || '_whole' as leaf,
            'for values from (minvalue) to (maxvalue)' as bound,
            '' as condition
        from entry as e
        where e.wanted = 'whole'
        union all
        select
            e.staging,
            e.relname || '_default',
            'default',
            ''
        from entry as e
        where e.wanted = 'months'
        union all
        select
            e.staging,
            e.relname || pg_catalog.to_char(m.month, '_YYYY_MM'),
            pg_catalog.format('for values from (%L) to (%L)', r.starts, r.ends),
            -- By which it is attached without a look at its rows.
            pg_catalog.format(
                '%1$I is not null and %1$I >= %2$L and %1$I < %3$L', ttdb.month_key_of(e.relation), r.starts, r.ends
            )
        from entry as e
        cross join lateral pg_catalog.unnest(e.months) as m (month)
        cross join lateral (
            select
                m.month::pg_catalog.timestamp at time zone 'UTC' as starts,
                (m.month + '1 month'::pg_catalog.interval) at time zone 'UTC' as ends
        ) as r
    )

    select
        w.leaf::pg_catalog.name,
        w.bound,
        w.condition
    from wanted as w
    where not exists (
        select
        from pg_catalog.pg_inherits as i
        inner join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = w.staging and c.relname = w.leaf
    )
    order by w.leaf;
$_$;


ALTER FUNCTION ttdb.leaves_to_come(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.leaves_to_come(relation regclass) IS 'The partitions that a converted table''s rows are to be copied into and that do not stand yet.';

CREATE FUNCTION ttdb.list_context_keys() RETURNS TABLE(key_id text, created_at timestamp with time zone, retired_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO ''
    SET row_security TO 'on'
    AS $$
    select
        k.key_id,
        k.created_at,
        k.retired_at
    from ttdb.context_keys as k
    order by k.created_at, k.key_id;
$$;


ALTER FUNCTION ttdb.list_context_keys() OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.list_context_keys() IS 'The keys that sign the tenant context: ids and times, no secrets.';

CREATE FUNCTION ttdb.make_leaf(relation regclass, leaf_name text, storage text[]) RETURNS regclass
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_leaf pg_catalog.text;
    v_tablespace pg_catalog.name;
begin
    select
        pg_catalog.format('%I.%I', n.nspname, make_leaf.leaf_name),
        s.spcname
    into v_leaf, v_tablespace
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join pg_catalog.pg_tablespace as s on s.oid = c.reltablespace
    where c.oid = make_leaf.relation;

    -- Not PARTITION OF, which locks everybody out of the parent; and no identity: a partition takes the parent's.
    execute pg_catalog.format(
        'create table %s (like %s including all excluding identity)', v_leaf, relation
    )
    || case
        when pg_catalog.cardinality(storage) > 0
            then pg_catalog.format(' with (%s)', pg_catalog.array_to_string(storage, ', '))
        else ''
    end
    || coalesce(' tablespace ' || pg_catalog.quote_ident(v_tablespace), '');
    perform ttdb.copy_column_settings(v_leaf::pg_catalog.regclass, relation);
    return v_leaf::pg_catalog.regclass;
end;
$$;


ALTER FUNCTION ttdb.make_leaf(relation regclass, leaf_name text, storage text[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.make_leaf(relation regclass, leaf_name text, storage text[]) IS 'Makes a table with the columns, defaults, checks, indexes, statistics and comments of another, beside it.';

CREATE FUNCTION ttdb.month_key_of(relation regclass) RETURNS name
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select a.attname
    from pg_catalog.pg_partitioned_table as p
    inner join pg_catalog.pg_attribute as a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
    where p.partrelid = month_key_of.relation
        and p.partstrat = 'r'
        and p.partnatts = 1
        and a.atttypid = 'pg_catalog.timestamptz'::pg_catalog.regtype;
$$;


ALTER FUNCTION ttdb.month_key_of(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.month_key_of(relation regclass) IS 'The one timestamptz column by whose ranges a table is partitioned; NULL where it is partitioned otherwise, or not.';

CREATE FUNCTION ttdb.month_of(moment timestamp with time zone) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (date_trunc('month'::text, (moment AT TIME ZONE 'UTC'::text)))::date;


ALTER FUNCTION ttdb.month_of(moment timestamp with time zone) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.month_of(moment timestamp with time zone) IS 'The first day of a moment''s month in UTC, whatever the session''s time zone: months must not depend on who asks.';

CREATE FUNCTION ttdb.months_of(relation regclass) RETURNS TABLE(leaf regclass, state text, month date, starts timestamp with time zone, ends timestamp with time zone)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO ''
    SET "TimeZone" TO 'utc'
    SET "DateStyle" TO 'iso'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $_$
begin
    return query
    with parent as (
        select
            c.oid,
            c.relname,
            c.relnamespace
        from pg_catalog.pg_class as c
        where c.oid = months_of.relation and ttdb.month_key_of(c.oid) is not null
    ),

    -- Materialized, both: merged into what asks for them, each bound would be taken apart a dozen times.
    attached as materialized (
        select
            c.oid::pg_catalog.regclass as leaf,
            b.bound,
            pg_catalog.regexp_match(b.bound, '^FOR VALUES FROM \((.+)\) TO \((.+)\)$') as edges
        from parent as p
        inner join pg_catalog.pg_inherits as i on i.inhparent = p.oid
        inner join pg_catalog.pg_class as c on c.oid = i.inhrelid
        cross join lateral pg_catalog.pg_get_expr(c.relpartbound, c.oid) as b (bound)
    ),

    bounded as materialized (
        select
            a.leaf,
            a.bound,
            case a.edges[1] when 'MINVALUE' then '-infinity' else pg_catalog.btrim(a.edges[1], '''') end::timestamptz
                as starts,
            case a.edges[2] when 'MAXVALUE' then 'infinity' else pg_catalog.btrim(a.edges[2], '''') end::timestamptz
                as ends
        from attached as a
    )

    select
        b.leaf,
        case
            when b.bound = 'DEFAULT' then 'default'
            when m.month is null then 'other'
            else 'attached'
        end,
        m.month,
        b.starts,
        b.ends
    from bounded as b
    left join lateral (
        select ttdb.month_of(b.starts) as month
        where pg_catalog.isfinite(b.starts)
            and b.starts = pg_catalog.date_trunc('month', b.starts)
            and b.ends = b.starts + '1 month'::pg_catalog.interval
            -- As ensure_partition() has it: of years of four digits.
            and b.starts >= '1000-01-01 00:00+00'
            and b.starts < '10000-01-01 00:00+00'
    ) as m on true

    union all
    select
        c.oid::pg_catalog.regclass,
        'retired',
        pg_catalog.to_date(t.tail, '_YYYY_MM'),
        pg_catalog.to_date(t.tail, '_YYYY_MM')::timestamptz,
        pg_catalog.to_date(t.tail, '_YYYY_MM')::timestamptz + '1 month'::pg_catalog.interval
    from parent as p
    inner join pg_catalog.pg_class as c
        on c.relnamespace = p.relnamespace
        and c.relkind = 'r'
        and not c.relispartition
        and pg_catalog.starts_with(c.relname::pg_catalog.text, p.relname::pg_catalog.text)
    cross join lateral pg_catalog.substr(c.relname::pg_catalog.text, pg_catalog.length(p.relname::pg_catalog.text) + 1)
        as t (tail)
    where t.tail ~ '^_[1-9][0-9]{3}_(0[1-9]|1[0-2])$'
    order by 4 nulls first, 1;
end;
$_$;


ALTER FUNCTION ttdb.months_of(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.months_of(relation regclass) IS 'Each partition, with its bounds: attached (a month), default, or other (no month); and tables that bear a month''s name and stand detached: retired.';

CREATE FUNCTION ttdb.note_changes(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_entry ttdb.converted_tables;
    v_table pg_catalog.regclass;
begin
    select c.* into strict v_entry from ttdb.converted_tables as c where c.relation = note_changes.relation;
    -- It waits for writers and keeps new ones out: what commits from now on is noted.
    execute (
        select pg_catalog.format(
            'create trigger _950_note_change after insert or update or delete on %s for each row '
            'execute function ttdb.tg__note_change(%L, %L, %s)',
            relation,
            v_entry.changes,
            case
                when exists (
                    select from pg_catalog.pg_constraint as k where k.conrelid = note_changes.relation and k.contype = 'f'
                ) then v_entry.staging::pg_catalog.text
                else ''
            end,
            pg_catalog.string_agg(pg_catalog.quote_literal(a.attname), ', ' order by a.attnum)
        )
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_attribute as a
            on a.attrelid = i.indrelid and a.attnum = any(i.indkey::pg_catalog.int2 [])
        where i.indrelid = note_changes.relation and i.indisprimary
    );
    execute pg_catalog.format('alter table %s enable always trigger _950_note_change', relation);
    for v_table in
        select t.relation
        from ttdb.tree_of(note_changes.relation) as t
    loop
        execute pg_catalog.format(
            'create trigger _950_refuse_truncate before truncate on %s for each statement '
            'execute function ttdb.tg__note_change()', v_table
        );
    end loop;
    update ttdb.converted_tables as c
    set ready = true
    where c.relation = note_changes.relation;
end;
$$;


ALTER FUNCTION ttdb.note_changes(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.note_changes(relation regclass) IS 'Makes the triggers that note the keys of changed rows for ttdb.copy_changes(), and refuse TRUNCATE.';

CREATE FUNCTION ttdb.observable() RETURNS TABLE(relation regclass, registered boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select
        c.oid::pg_catalog.regclass,
        t.relation is not null
    from pg_catalog.pg_class as c
    left join ttdb.tenant_tables as t on t.relation = c.oid
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        and not c.relispartition
        and c.relnamespace in (
            select o.relnamespace
            from ttdb.tenant_tables as r
            inner join pg_catalog.pg_class as o on o.oid = r.relation
        )
        and c.relnamespace not in (
            select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('ttdb', 'audit', 'masked')
        )
        -- What is ours beside them: nobody but functions and migrations writes it.
        and c.relname <> 'alembic_version'
        and c.oid not in (select u.keys from ttdb.unique_keys as u)
        and not exists (
            select
            from pg_catalog.pg_depend as d
            where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
        )
    order by t.relation is null, c.oid::pg_catalog.regclass::pg_catalog.text collate pg_catalog."C";
$$;


ALTER FUNCTION ttdb.observable() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.observable() IS 'Tables, views and sequences of the schemas that hold protected tables; registered: row security is forced on it.';

CREATE FUNCTION ttdb.record_observation(relation regclass, verb text, effect text, row_tenant uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER COST 10
    SET search_path TO ''
    SET row_security TO 'on'
    AS $$
declare
    v_tenant constant pg_catalog.uuid := ttdb.tenant_id();
    v_relation constant pg_catalog.text := pg_catalog.array_to_string(
        pg_catalog.parse_ident(record_observation.relation::pg_catalog.text), '.'
    );
    v_reason pg_catalog.text;
    v_a_minute constant pg_catalog.int4 := 10;
begin
    -- Remembered until the transaction ends: ttdb.observe() does not come here for it again.
    perform pg_catalog.set_config(
        'ttdb.observed',
        coalesce(pg_catalog.current_setting('ttdb.observed', true), '')
        || ' ' || record_observation.relation::pg_catalog.oid || '/' || verb
        || case when v_tenant is null then '-' else '+' end,
        true
    );

    select case
        when not record_observation.verb = any(t.app) then 'no_privilege'
        when v_tenant is null then 'no_tenant'
        else 'other_tenant'
    end
    into v_reason
    from ttdb.tenant_tables as t
    where t.relation = record_observation.relation;
    v_reason := coalesce(v_reason, 'no_privilege'); -- nothing is registered, so ttdb_app may nothing
    if v_reason = 'no_privilege' then
        effect := 'error';
    end if;

    -- A standby takes no row: the log has it. Nor is there a count of those that would be too many.
    if pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool then
        raise log 'ttdb: row-level security would refuse % on % to %: %, % (tenant %, row of %)',
            verb, v_relation, session_user, v_reason, effect, coalesce(v_tenant::pg_catalog.text, 'none'), row_tenant;
        return true;
    end if;
    begin
        -- Who lacks a context in every statement would fill the disk: of one kind, some a minute tell as much as all.
        -- What is not committed is not seen, so that sessions which begin together are all recorded. A serializable
        -- transaction does not look: it would fail for what others record meanwhile.
        if pg_catalog.current_setting('transaction_isolation') <> 'serializable' and (
            select pg_catalog.count(*)
            from (
                select
                from ttdb.observations as o
                where o.login = session_user
                    and o.observed_at > pg_catalog.statement_timestamp() - interval '1 minute'
                    and o.relation = v_relation
                    and o.verb = record_observation.verb
                    and o.reason = v_reason
                    and o.effect = record_observation.effect
                limit v_a_minute
            ) as q
        ) >= v_a_minute then
            return true;
        end if;

        -- A rollback takes the row below with it: the log has all that are recorded.
        raise log 'ttdb: row-level security would refuse % on % to %: %, % (tenant %, row of %)',
            verb, v_relation, session_user, v_reason, effect, coalesce(v_tenant::pg_catalog.text, 'none'), row_tenant;
        insert into ttdb.observations (
            login, application, client, relation, verb, reason, effect, context_tenant, row_tenant
        )
        values (
            session_user,
            nullif(pg_catalog.current_setting('application_name'), ''),
            pg_catalog.inet_client_addr(),
            v_relation,
            verb,
            v_reason,
            effect,
            v_tenant,
            record_observation.row_tenant
        );
    exception
        when others then -- who observes must not be the one who stops a service; the log has it
            raise log 'ttdb: the observation was not recorded: %', sqlerrm;
    end;
    return true;
end;
$$;


ALTER FUNCTION ttdb.record_observation(relation regclass, verb text, effect text, row_tenant uuid) OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.record_observation(relation regclass, verb text, effect text, row_tenant uuid) IS 'True; and the log, and where the transaction may write ttdb.observations, say what would have been refused: of one login, table, verb, reason and effect ten times a minute.';

CREATE FUNCTION ttdb.observe(relation regclass, verb text, effect text, without_tenant boolean, row_tenant uuid) RETURNS boolean
    LANGUAGE sql
    RETURN CASE WHEN (strpos(current_setting('ttdb.observed'::text, true), ((((' '::text || ((relation)::oid)::text) || '/'::text) || verb) || CASE WHEN without_tenant THEN '-'::text ELSE '+'::text END)) > 0) THEN true ELSE ttdb.record_observation(relation, verb, effect, row_tenant) END;


ALTER FUNCTION ttdb.observe(relation regclass, verb text, effect text, without_tenant boolean, row_tenant uuid) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.observe(relation regclass, verb text, effect text, without_tenant boolean, row_tenant uuid) IS 'True; calls ttdb.record_observation() for the first row of a transaction, table, verb and reason.';

CREATE FUNCTION ttdb.observe_table(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_policy record;
    v_grants pg_catalog.text;
begin
    -- Nothing to do takes no lock.
    if ttdb.is_observed(relation) then
        return;
    end if;
    perform ttdb.unobserve_table(relation);

    for v_policy in
        select p.*
        from ttdb.observed_policies_for(relation) as p
    loop
        execute pg_catalog.format(
            'create policy %I on %s for %s to ttdb_observed', v_policy.policy, relation, v_policy.command
        )
            || coalesce(' using (' || v_policy.using_expression || ')', '')
            || coalesce(' with check (' || v_policy.check_expression || ')', '');
        execute pg_catalog.format(
            'comment on policy %I on %s is %L',
            v_policy.policy,
            relation,
            'While a service is observed: every row, and a record of those that are not its tenant''s.'
        );
    end loop;

    select pg_catalog.string_agg(g.privilege, ', ' order by g.privilege)
    into v_grants
    from ttdb.observed_grants_for(relation) as g;
    execute pg_catalog.format('grant %s on %s to ttdb_observed', v_grants, relation);
    grant execute on function ttdb.observe(regclass, text, text, boolean, uuid) to ttdb_observed;
    grant execute on function ttdb.record_observation(regclass, text, text, uuid) to ttdb_observed;
end;
$$;


ALTER FUNCTION ttdb.observe_table(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.observe_table(relation regclass) IS 'Gives ttdb_observed a policy for each verb on a protected table, and privileges on any; ttdb.unobserve_table() takes them back.';

CREATE FUNCTION ttdb.observed_grants_for(relation regclass) RETURNS TABLE(privilege text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select v.privilege
    from pg_catalog.pg_class as c
    cross join lateral pg_catalog.unnest(case c.relkind
        when 'S' then array['select', 'update', 'usage']
        when 'm' then array['select']
        else array['delete', 'insert', 'select', 'update']
    end) as v (privilege)
    where c.oid = observed_grants_for.relation;
$$;


ALTER FUNCTION ttdb.observed_grants_for(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.observed_grants_for(relation regclass) IS 'The privileges that ttdb.observe_table() grants to ttdb_observed; never TRUNCATE, REFERENCES or TRIGGER.';

CREATE FUNCTION ttdb.observed_policies_for(relation regclass) RETURNS TABLE(policy name, command text, using_expression text, check_expression text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    -- Written as the server itself would print it, so that ttdb.is_observed() can compare.
    with wanted as (
        select
            v.verb,
            pg_catalog.quote_ident(t.tenant_column) as tenant,
            v.verb = any(t.app) as permitted
        from ttdb.tenant_tables as t
        cross join pg_catalog.unnest(array['select', 'insert', 'update', 'delete']) as v (verb)
        where t.relation = observed_policies_for.relation
    ),

    -- The tenant's own rows first: they cost what they cost without us, and are no observation.
    expressions as (
        select
            w.verb,
            e.effect,
            case when w.permitted then '((' || w.tenant || ' = ( SELECT ttdb.tenant_id() AS tenant_id)) OR ' else '' end
            || pg_catalog.format(
                'ttdb.observe(%L::regclass, %L::text, %L::text, (( SELECT ttdb.tenant_id() AS tenant_id) IS NULL), %s)',
                observed_policies_for.relation,
                w.verb,
                e.effect,
                w.tenant
            )
            || case when w.permitted then ')' else '' end as expression
        from wanted as w
        cross join (values ('hidden'), ('error')) as e (effect)
    )

    select
        (h.verb || '_observed')::pg_catalog.name,
        h.verb,
        case when h.verb <> 'insert' then h.expression end,
        case when h.verb in ('insert', 'update') then e.expression end
    from expressions as h
    inner join expressions as e on e.verb = h.verb and e.effect = 'error'
    where h.effect = 'hidden';
$$;


ALTER FUNCTION ttdb.observed_policies_for(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.observed_policies_for(relation regclass) IS 'One policy for each verb; none where the table is not registered.';

CREATE FUNCTION ttdb.observed_relations() RETURNS TABLE(relation regclass)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select p.polrelid::pg_catalog.regclass
    from pg_catalog.pg_policy as p
    where p.polroles = array[pg_catalog.to_regrole('ttdb_observed')::pg_catalog.oid]

    union
    select c.oid::pg_catalog.regclass
    from pg_catalog.pg_class as c
    cross join lateral pg_catalog.aclexplode(c.relacl) as a
    where a.grantee = pg_catalog.to_regrole('ttdb_observed')::pg_catalog.oid;
$$;


ALTER FUNCTION ttdb.observed_relations() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.observed_relations() IS 'Relations with a policy or a privilege for ttdb_observed; none while nobody is observed.';

CREATE FUNCTION ttdb.older_settings_of_login() RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULL::text[];


ALTER FUNCTION ttdb.older_settings_of_login() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.older_settings_of_login() IS 'NULL unless ttdb.read_older_setting() named the login; changed by it and by ttdb.ignore_older_setting().';

CREATE FUNCTION ttdb.partition_by_month(relation regclass, retention interval, storage text[] DEFAULT ARRAY['autovacuum_vacuum_scale_factor=0.05'::text, 'autovacuum_vacuum_insert_scale_factor=0.05'::text, 'autovacuum_analyze_scale_factor=0.02'::text]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    SET row_security TO 'on'
    AS $_$
declare
    v_class pg_catalog.pg_class;
    v_default pg_catalog.regclass;
    v_found pg_catalog.text [];
    v_setting pg_catalog.text;
begin
    -- Nothing to do takes no lock.
    if ttdb.is_partitioned_by_month(relation, retention, storage) then
        return;
    end if;

    select c.* into v_class from pg_catalog.pg_class as c where c.oid = partition_by_month.relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only tables can be kept in months.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Name %s, which it is part of.', pg_catalog.pg_partition_root(relation)
            );
    end if;
    if ttdb.month_key_of(relation) is null then
        raise exception '% is not partitioned by ranges of one timestamptz column', relation
            using errcode = 'TTRNG',
            hint = 'Create it with "partition by range (created_at)", where created_at is timestamptz not null.';
    end if;
    if pg_catalog.octet_length(v_class.relname::pg_catalog.text) > 55 then
        raise exception '% has too long a name for months', relation
            using errcode = 'TTNAM', hint = 'Each adds 8 bytes, as in _2026_03, to at most 63: rename the table.';
    end if;
    if retention is null or retention < '1 month' then
        raise exception '% is no retention', coalesce(retention::pg_catalog.text, 'null')
            using errcode = 'TTKEP', hint = 'Say for how long rows are kept, a month at least: ''7 years''.';
    end if;
    select s.setting
    into v_setting
    from pg_catalog.unnest(storage) as s (setting)
    where s.setting is null or s.setting !~ '^(toast[.])?[a-z_]+=[a-z0-9._-]+$'
    limit 1;
    if found or storage is null then
        raise exception '% is no storage setting', coalesce(v_setting, 'null')
            using errcode = 'TTSTO', hint = 'Write them as ''{fillfactor=90,autovacuum_enabled=true}''.';
    end if;

    select m.leaf into v_default from ttdb.months_of(relation) as m where m.state = 'default';
    if v_default is null then
        v_default := ttdb.make_leaf(relation, v_class.relname || '_default', storage);
        perform ttdb.dress_leaf(v_default, relation, null);
        execute pg_catalog.format('alter table %s attach partition %s default', relation, v_default);
        execute pg_catalog.format(
            'comment on table %s is %L', v_default, 'Rows of months that have no partition yet: none is lost.'
        );
    else
        select coalesce(c.reloptions, '{}')
        into v_found
        from pg_catalog.pg_class as c
        where c.oid = v_default;
        if pg_catalog.cardinality(storage) > 0 then
            execute pg_catalog.format(
                'alter table %s set (%s)', v_default, pg_catalog.array_to_string(storage, ', ')
            );
        end if;
    end if;

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.partitioned_tables as d
    where not exists (select from pg_catalog.pg_class as c where c.oid = d.relation);
    insert into ttdb.partitioned_tables as p (relation, key_column, retention, storage, found)
    values (
        partition_by_month.relation,
        ttdb.month_key_of(partition_by_month.relation),
        partition_by_month.retention,
        partition_by_month.storage,
        v_found
    )
    on conflict on constraint partitioned_tables_pkey do update
        set
            key_column = excluded.key_column,
            retention = excluded.retention,
            storage = excluded.storage;
end;
$_$;


ALTER FUNCTION ttdb.partition_by_month(relation regclass, retention interval, storage text[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.partition_by_month(relation regclass, retention interval, storage text[]) IS 'Gives a table that is partitioned by ranges of a timestamptz a DEFAULT partition, and declares how long its months are kept; ttdb.ensure_partition() makes them.';

CREATE FUNCTION ttdb.partition_in_place(relation regclass, key_column name) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    SET row_security TO 'on'
    AS $_$
declare
    v_class pg_catalog.pg_class;
    v_name pg_catalog.text;
    v_heap pg_catalog.text;
    v_key pg_catalog.pg_constraint;
    v_columns pg_catalog.name [];
    v_parent pg_catalog.regclass;
    v_piece record;
    v_inside pg_catalog.text [];
    v_roles pg_catalog.text [];
    v_outside pg_catalog.text [];
begin
    if ttdb.month_key_of(relation) = key_column then
        return;
    end if;
    execute pg_catalog.format('lock table %s in access exclusive mode', relation);
    perform ttdb.refuse_unconvertible(relation, key_column);
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = partition_in_place.relation;
    select
        pg_catalog.format('%I.%I', n.nspname, v_class.relname),
        pg_catalog.format('%I.%I', n.nspname, v_class.relname || '_whole')
    into v_name, v_heap
    from pg_catalog.pg_namespace as n
    where n.oid = v_class.relnamespace;
    select k.* into v_key from pg_catalog.pg_constraint as k where k.conrelid = v_class.oid and k.contype = 'p';
    select pg_catalog.array_agg(a.attname order by c.place)
    into v_columns
    from pg_catalog.unnest(v_key.conkey) with ordinality as c (attnum, place)
    inner join pg_catalog.pg_attribute as a on a.attrelid = v_class.oid and a.attnum = c.attnum;

    -- Said again under the old names, all of this comes to be the partitioned table's.
    select pg_catalog.array_agg(s.statement order by s.place)
    into v_inside
    from ttdb.statements_inside(relation, key_column) as s;
    select
        pg_catalog.array_agg(s.role order by s.place, s.statement),
        pg_catalog.array_agg(s.statement order by s.place, s.statement)
    into v_roles, v_outside
    from ttdb.statements_outside(relation) as s;

    -- A trigger of its own, of a name that its parent has, would keep it from being attached.
    for v_piece in
        select t.tgname
        from pg_catalog.pg_trigger as t
        where t.tgrelid = v_class.oid and not t.tgisinternal and (t.tgtype & 1) = 1
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_piece.tgname, relation);
    end loop;
    for v_piece in
        select
            n.nspname,
            s.stxname
        from pg_catalog.pg_statistic_ext as s
        inner join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace
        where s.stxrelid = v_class.oid
    loop
        execute pg_catalog.format('drop statistics %I.%I', v_piece.nspname, v_piece.stxname);
    end loop;
    execute pg_catalog.format(
        'alter table %1$s drop constraint %2$I, add constraint %2$I primary key using index %3$I',
        relation, v_key.conname, v_class.relname || '_months_key'
    );
    for v_piece in
        select
            i.indexrelid::pg_catalog.regclass as index,
            pg_catalog.left(c.relname::pg_catalog.text, 57) || '_whole' as name
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
        where i.indrelid = v_class.oid and c.relname <> v_class.relname || '_former_key'
    loop
        execute pg_catalog.format('alter index %s rename to %I', v_piece.index, v_piece.name);
    end loop;
    execute pg_catalog.format('alter table %s rename to %I', v_name, v_class.relname || '_whole');

    execute pg_catalog.format(
        'create table %s (like %s including all excluding indexes excluding identity excluding statistics) '
        'partition by range (%I)', v_name, v_heap, key_column
    )
    || coalesce(' tablespace ' || (
        select pg_catalog.quote_ident(s.spcname) from pg_catalog.pg_tablespace as s where s.oid = v_class.reltablespace
    ), '');
    v_parent := v_name::pg_catalog.regclass;
    perform ttdb.say_again(v_inside);
    insert into ttdb.converted_tables (relation, former_key, former_options, arrangement)
    values (
        v_parent,
        v_columns,
        coalesce(v_class.reloptions, '{}') || array(
            select 'toast.' || o.setting
            from pg_catalog.pg_class as c
            cross join lateral pg_catalog.unnest(c.reloptions) as o (setting)
            where c.oid = v_class.reltoastrelid
        ),
        'whole'
    );
    perform ttdb.copy_column_settings(v_parent, v_heap::pg_catalog.regclass);
    perform ttdb.take_over(v_parent, v_heap::pg_catalog.regclass);
    perform ttdb.say_again(v_outside, v_roles);
    perform ttdb.close_leaf(v_heap::pg_catalog.regclass, v_parent);
    execute pg_catalog.format(
        'alter table %s attach partition %s for values from (minvalue) to (maxvalue)', v_name, v_heap
    );
    execute pg_catalog.format(
        'comment on table %s is %L', v_heap, pg_catalog.format('All rows of %s, until they lie in months.', v_name)
    );
end;
$_$;


ALTER FUNCTION ttdb.partition_in_place(relation regclass, key_column name) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.partition_in_place(relation regclass, key_column name) IS 'Makes a partitioned table of the same name, columns, keys, security and triggers of a table in use, with that as its only partition; no row moves. The index <table>_months_key, on its primary key and the column, must stand.';

CREATE FUNCTION ttdb.pgcrypto_schema() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
    v_schema pg_catalog.text;
begin
    select n.nspname
    into v_schema
    from pg_catalog.pg_extension as e
    inner join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
    where e.extname = 'pgcrypto';
    if not found then
        raise exception 'the extension pgcrypto is missing'
            using errcode = 'TTCRY', hint = 'Have an admin run: create extension pgcrypto;';
    end if;
    return v_schema;
end;
$$;


ALTER FUNCTION ttdb.pgcrypto_schema() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.pgcrypto_schema() IS 'The schema of the extension pgcrypto.';

CREATE FUNCTION ttdb.policies_for(tenant_column name, app text[], worker text[], definer text[], leaf boolean) RETURNS TABLE(policy name, command text, role name, using_expression text, check_expression text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
 WITH own AS (
          SELECT (('('::text || quote_ident((policies_for.tenant_column)::text)) || ' = ( SELECT ttdb.tenant_id() AS tenant_id))'::text) AS tenant
         )
  SELECT DISTINCT ((a.verb || '_own_tenant'::text))::name AS policy,
     a.verb AS command,
     'ttdb_app'::name AS role,
         CASE
             WHEN (a.verb <> 'insert'::text) THEN o.tenant
             ELSE NULL::text
         END AS using_expression,
         CASE
             WHEN (a.verb = ANY (ARRAY['insert'::text, 'update'::text])) THEN o.tenant
             ELSE NULL::text
         END AS check_expression
    FROM (unnest(policies_for.app) a(verb)
      CROSS JOIN own o)
   WHERE (NOT policies_for.leaf)
 UNION ALL
  SELECT DISTINCT ((w.verb || w.suffix))::name AS policy,
     w.verb AS command,
     w.role,
         CASE
             WHEN (w.verb <> 'insert'::text) THEN 'true'::text
             ELSE NULL::text
         END AS using_expression,
         CASE
             WHEN (w.verb = ANY (ARRAY['insert'::text, 'update'::text])) THEN 'true'::text
             ELSE NULL::text
         END AS check_expression
    FROM ( SELECT k.verb,
             '_worker'::text AS suffix,
             'ttdb_worker'::name AS role
            FROM unnest(policies_for.worker) k(verb)
         UNION ALL
          SELECT d.verb,
             '_definer'::text AS suffix,
             'ttdb_definer'::name AS role
            FROM unnest(policies_for.definer) d(verb)) w
   WHERE (NOT policies_for.leaf)
 UNION ALL
  SELECT 'select_masker'::name AS policy,
     'select'::text AS command,
     'ttdb_masker'::name AS role,
     o.tenant AS using_expression,
     NULL::text AS check_expression
    FROM own o
   WHERE (NOT policies_for.leaf)
 UNION ALL
  SELECT 'all_operator'::name AS policy,
     'all'::text AS command,
     'ttdb_operator'::name AS role,
     'true'::text AS using_expression,
     'true'::text AS check_expression;
END;


ALTER FUNCTION ttdb.policies_for(tenant_column name, app text[], worker text[], definer text[], leaf boolean) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.policies_for(tenant_column name, app text[], worker text[], definer text[], leaf boolean) IS 'The policies of a protected table, or of one of its partitions: those carry the operator''s alone.';

CREATE FUNCTION ttdb.policies_on(relation regclass) RETURNS TABLE(policy name, command text, role name, using_expression text, check_expression text, permissive boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select
        p.polname,
        case p.polcmd
            when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all'
        end,
        case
            when pg_catalog.cardinality(p.polroles) = 1 and p.polroles[1] <> 0
                then pg_catalog.pg_get_userbyid(p.polroles[1])
        end,
        pg_catalog.pg_get_expr(p.polqual, p.polrelid),
        pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
        p.polpermissive
    from pg_catalog.pg_policy as p
    where p.polrelid = policies_on.relation
        -- These come and go by decision, and nobody else is let through by them.
        and p.polroles is distinct from array[pg_catalog.to_regrole('ttdb_observed')::pg_catalog.oid];
$$;


ALTER FUNCTION ttdb.policies_on(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.policies_on(relation regclass) IS 'A table''s policies; the role is NULL where it is PUBLIC or several, which ours never are; without those for services that are observed.';

CREATE FUNCTION ttdb.policy_definitions(relation regclass) RETURNS TABLE(policy name, definition text, comment text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select
        p.polname,
        pg_catalog.concat_ws(
            ' ',
            'as', case when p.polpermissive then 'permissive' else 'restrictive' end,
            'for', case p.polcmd
                when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
                else 'all'
            end,
            'to', (
                select pg_catalog.string_agg(
                    case
                        when r.id = 0 then 'public'
                        else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(r.id))
                    end, ', '
                )
                from pg_catalog.unnest(p.polroles) as r (id)
            ),
            'using (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
            'with check (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')'
        ),
        pg_catalog.obj_description(p.oid, 'pg_policy')
    from pg_catalog.pg_policy as p
    where p.polrelid = policy_definitions.relation;
$$;


ALTER FUNCTION ttdb.policy_definitions(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.policy_definitions(relation regclass) IS 'The policies of a table: name, what CREATE POLICY says after the table, comment.';

CREATE FUNCTION ttdb.protect(relation regclass, tenant_column name DEFAULT 'tenant_id'::name, app text[] DEFAULT '{select,insert,update,delete}'::text[], worker text[] DEFAULT '{}'::text[], definer text[] DEFAULT '{}'::text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_piece record;
begin
    -- Nothing to do takes no lock; so does a new partition take none on the others.
    if ttdb.is_protected(relation, tenant_column, app, worker, definer) then
        return;
    end if;
    perform ttdb.refuse_unprotectable(relation, tenant_column, app, worker, definer);

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.tenant_tables as d
    where not exists (select from pg_catalog.pg_class as c where c.oid = d.relation);
    insert into ttdb.tenant_tables as t (relation, tenant_column, app, worker, definer, found)
    values (
        protect.relation,
        protect.tenant_column,
        protect.app,
        protect.worker,
        protect.definer,
        ttdb.state_of(protect.relation)
    )
    on conflict on constraint tenant_tables_pkey do update
        set
            tenant_column = excluded.tenant_column,
            app = excluded.app,
            worker = excluded.worker,
            definer = excluded.definer;

    for v_piece in
        select t.*
        from ttdb.tree_of(protect.relation) as t
    loop
        if not ttdb.wears(v_piece.relation, tenant_column, app, worker, definer, v_piece.leaf) then
            perform ttdb.dress(v_piece.relation, tenant_column, app, worker, definer, v_piece.leaf);
        end if;
    end loop;
end;
$$;


ALTER FUNCTION ttdb.protect(relation regclass, tenant_column name, app text[], worker text[], definer text[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.protect(relation regclass, tenant_column name, app text[], worker text[], definer text[]) IS 'Enables and forces row security on a table and its partitions, with a policy and a grant per role and verb. Run it again after adding a partition.';

CREATE FUNCTION ttdb.read_older_setting(login name, setting text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
    v_setting constant pg_catalog.text := pg_catalog.lower(setting);
begin
    if not exists (select from pg_catalog.pg_roles as r where r.rolname = login and r.rolcanlogin) then
        raise exception 'there is no login %', login
            using errcode = 'TTLOG', hint = 'Name what the service logs in as: it is session_user that counts.';
    end if;
    if v_setting !~ '^[a-z_][a-z0-9_]*[.][a-z_][a-z0-9_]*$' or v_setting = ttdb.tenant_setting() then
        raise exception '% is no older name of the tenant''s setting', setting
            using errcode = 'TTSET', hint = 'Name one with a prefix and a point, as app.current_tenant.';
    end if;
    if ttdb.context_is_signed() then
        raise exception 'the tenant context must be signed, and an older setting holds no signature'
            using errcode = 'TTSGN',
            hint = 'Let the service set a token, or call ttdb.require_signed_context(false) first.';
    end if;
    insert into ttdb.older_settings (login, setting) values (login, v_setting) on conflict do nothing;
    if found then
        perform ttdb.write_older_settings();
    end if;
end;
$_$;


ALTER FUNCTION ttdb.read_older_setting(login name, setting text) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.read_older_setting(login name, setting text) IS 'From the commit on, the tenant of this login''s sessions may stand in that setting; where two that are set disagree, there is no tenant.';

CREATE FUNCTION ttdb.reencrypt(ciphertext text, key text, new_key_id text, new_key text) RETURNS text
    LANGUAGE sql
    SET search_path TO ''
    AS $$
    select ttdb.encrypt(
        ttdb.decrypt(reencrypt.ciphertext, reencrypt.key), reencrypt.new_key_id, reencrypt.new_key
    );
$$;


ALTER FUNCTION ttdb.reencrypt(ciphertext text, key text, new_key_id text, new_key text) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.reencrypt(ciphertext text, key text, new_key_id text, new_key text) IS 'The same text under another key: for replacing one. NULL stays NULL.';

CREATE FUNCTION ttdb.refuse_older_snapshots(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
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
$$;


ALTER FUNCTION ttdb.refuse_older_snapshots(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.refuse_older_snapshots(relation regclass) IS 'Raises 55P03 while a transaction stands idle that would miss what was copied or entered since it began.';

CREATE FUNCTION ttdb.refuse_stranger(leaf regclass, relation regclass, sibling regclass) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
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
$$;


ALTER FUNCTION ttdb.refuse_stranger(leaf regclass, relation regclass, sibling regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.refuse_stranger(leaf regclass, relation regclass, sibling regclass) IS 'Raises TTSTR where a table of a month''s name is not a month that was retired: another''s, or with its own triggers.';

CREATE FUNCTION ttdb.refuse_unconvertible(relation regclass, key_column name) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
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
$$;


ALTER FUNCTION ttdb.refuse_unconvertible(relation regclass, key_column name) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.refuse_unconvertible(relation regclass, key_column name) IS 'Raises TTCNV where a table cannot be made partitioned while in use, with the reason and what to do about it.';

CREATE FUNCTION ttdb.refuse_unprotectable(relation regclass, tenant_column name, app text[], worker text[], definer text[]) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
    v_class pg_catalog.pg_class;
    v_column pg_catalog.pg_attribute;
    v_text pg_catalog.text;
begin
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = refuse_unprotectable.relation;
    if v_class.relkind is null or v_class.relkind not in ('r', 'p') then
        raise exception '% is not a table', relation
            using errcode = 'TTTAB', hint = 'Only tables can be protected; protect what a view reads.';
    end if;
    if v_class.relispartition then
        raise exception '% is a partition', relation
            using errcode = 'TTPRT', hint = pg_catalog.format(
                'Protect %s: its partitions follow.', pg_catalog.pg_partition_root(relation)
            );
    end if;

    select a.*
    into v_column
    from pg_catalog.pg_attribute as a
    where a.attrelid = refuse_unprotectable.relation
        and a.attname = refuse_unprotectable.tenant_column
        and a.attnum > 0
        and not a.attisdropped;
    if not found then
        raise exception '% has no column %', relation, tenant_column
            using errcode = 'TTCOL', hint = 'Name the column that says whose a row is.';
    end if;
    if v_column.atttypid <> 'pg_catalog.uuid'::pg_catalog.regtype then
        raise exception 'column % of % is not of type uuid', tenant_column, relation
            using errcode = 'TTTYP', hint = 'A tenant''s id is a uuid: convert the column first.';
    end if;
    if not v_column.attnotnull then
        raise exception 'column % of % may be null', tenant_column, relation
            using errcode = 'TTNUL', hint = 'A row without a tenant is seen by nobody: fill the column and set it NOT NULL.';
    end if;

    select v.verb
    into v_text
    from pg_catalog.unnest(app || worker || definer) as v (verb)
    where v.verb is null or v.verb not in ('select', 'insert', 'update', 'delete')
    limit 1;
    if found then
        raise exception '% is not a verb', coalesce(v_text, 'null')
            using errcode = 'TTVRB', hint = 'Use select, insert, update and delete, in lower case.';
    end if;

    -- What bears one of our names is ours only where the registry knows the table.
    select pg_catalog.string_agg(pg_catalog.format('%I on %s', p.policy, t.relation), ', ' order by t.relation, p.policy)
    into v_text
    from ttdb.tree_of(relation) as t
    cross join lateral ttdb.policies_on(t.relation) as p
    where p.permissive
        and not (
            exists (select from ttdb.tenant_tables as r where r.relation = refuse_unprotectable.relation)
            and p.policy in (
                select o.policy
                from ttdb.policies_for(
                    tenant_column,
                    array['select', 'insert', 'update', 'delete'],
                    array['select', 'insert', 'update', 'delete'],
                    array['select', 'insert', 'update', 'delete'],
                    false
                ) as o
            )
        );
    if v_text is not null then
        raise exception 'other policies stand on %', relation
            using errcode = 'TTPOL',
            detail = v_text,
            hint = 'Permissive policies add up, so these would widen ours: drop them, or make them restrictive.';
    end if;
end;
$$;


ALTER FUNCTION ttdb.refuse_unprotectable(relation regclass, tenant_column name, app text[], worker text[], definer text[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.refuse_unprotectable(relation regclass, tenant_column name, app text[], worker text[], definer text[]) IS 'Raises TTTAB, TTPRT, TTCOL, TTTYP, TTNUL, TTVRB or TTPOL where ttdb.protect() would not be safe.';

CREATE FUNCTION ttdb.registrations_of(relations regclass[], functions regprocedure[]) RETURNS TABLE(kind text, identity text, definition text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO ''
    SET "IntervalStyle" TO 'postgres'
    AS $$
begin
    -- The revisions make the registries one after the other, and are described from the first on.
    if pg_catalog.to_regclass('ttdb.tenant_tables') is not null then
        return query
        select
            'registration',
            'ttdb.tenant_tables: ' || t.relation::pg_catalog.text,
            pg_catalog.to_jsonb(t)::pg_catalog.text
        from ttdb.tenant_tables as t
        where t.relation = any(registrations_of.relations);
    end if;
    if pg_catalog.to_regclass('ttdb.audited_tables') is not null then
        return query
        select
            'registration',
            'ttdb.audited_tables: ' || a.relation::pg_catalog.text,
            pg_catalog.to_jsonb(a)::pg_catalog.text
        from ttdb.audited_tables as a
        where a.relation = any(registrations_of.relations);
    end if;
    if pg_catalog.to_regclass('ttdb.personal_columns') is not null then
        return query
        select
            'registration',
            pg_catalog.format('ttdb.personal_columns: %s, %s', p.relation::pg_catalog.text, p.column_name),
            pg_catalog.to_jsonb(p)::pg_catalog.text
        from ttdb.personal_columns as p
        where p.relation = any(registrations_of.relations);
    end if;
    if pg_catalog.to_regclass('ttdb.partitioned_tables') is not null then
        return query
        select
            'registration',
            'ttdb.partitioned_tables: ' || p.relation::pg_catalog.text,
            pg_catalog.to_jsonb(p)::pg_catalog.text
        from ttdb.partitioned_tables as p
        where p.relation = any(registrations_of.relations);
    end if;
    if pg_catalog.to_regclass('ttdb.unique_keys') is not null then
        return query
        select
            'registration',
            'ttdb.unique_keys: ' || u.keys::pg_catalog.text,
            pg_catalog.to_jsonb(u)::pg_catalog.text
        from ttdb.unique_keys as u
        where u.relation = any(registrations_of.relations);
    end if;
    if pg_catalog.to_regclass('ttdb.resolvers') is not null then
        return query
        select
            'registration',
            'ttdb.resolvers: ' || r.function,
            pg_catalog.to_jsonb(r)::pg_catalog.text
        from ttdb.resolvers as r
        where r.function = any(registrations_of.functions::pg_catalog.text []);
    end if;
end;
$$;


ALTER FUNCTION ttdb.registrations_of(relations regclass[], functions regprocedure[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.registrations_of(relations regclass[], functions regprocedure[]) IS 'What the registries say of these tables and functions, a row as JSON.';

CREATE FUNCTION ttdb.renew_plans() RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
    alter function ttdb.tenant_id() cost 100;
    grant usage on schema ttdb to ttdb_owner;
$$;


ALTER FUNCTION ttdb.renew_plans() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.renew_plans() IS 'From the commit on, who is a member of what counts for statements too that sessions prepared before.';

CREATE FUNCTION ttdb.require_signed_context(required boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
    if required is null then
        raise exception 'whether the context must be signed is not said'
            using errcode = 'TTSGN', hint = 'Call ttdb.require_signed_context(true), or with false.';
    end if;
    if required and not exists (select from ttdb.list_context_keys() as k where k.retired_at is null) then
        raise exception 'there is no key to sign the tenant context with'
            using errcode = 'TTKEY',
            hint = 'Without one no session could be any tenant. Make one: select * from ttdb.create_context_key();';
    end if;
    if required and exists (select from ttdb.older_settings) then
        raise exception 'older settings are read for %, and hold no signature',
            (select pg_catalog.string_agg(distinct o.login, ', ') from ttdb.older_settings as o)
            using errcode = 'TTOLD',
            hint = 'Let these services set a token, and then: select ttdb.ignore_older_setting(LOGIN);';
    end if;
    if required = ttdb.context_is_signed() then
        return;
    end if;

    execute pg_catalog.format(
        'create or replace function ttdb.context_is_signed() returns pg_catalog.bool '
        'language sql stable parallel safe security invoker return %s',
        case when required then 'true' else 'false' end
    );
    -- A decision is no drift: the record of how the function must look follows it.
    update ttdb.managed_objects as m
    set definition = d.definition
    from ttdb.definitions_in('{ttdb}') as d
    where d.kind = m.kind and d.identity = m.identity and m.identity = 'ttdb.context_is_signed()';
end;
$$;


ALTER FUNCTION ttdb.require_signed_context(required boolean) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.require_signed_context(required boolean) IS 'From the commit on, in every session and every plan, a tenant counts only in a signed token (true), or plain (false).';

CREATE FUNCTION ttdb.resolver(function regprocedure, finds text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_function pg_catalog.pg_proc;
begin
    select p.* into v_function from pg_catalog.pg_proc as p where p.oid = resolver.function;
    if not found then
        raise exception 'there is no function %', function
            using errcode = 'TTRSV', hint = 'Name it with its argument types: ttdb.resolver(''public.f(text)'', ''…'').';
    end if;
    if coalesce(finds, '') !~ '\S' then
        raise exception 'what % finds is not said', function
            using errcode = 'TTRSV', hint = 'Say it in words: it is what people read when they grant the function.';
    end if;
    if v_function.prokind <> 'f' or v_function.prorettype <> 'pg_catalog.uuid'::pg_catalog.regtype
        or v_function.proargmodes is not null then
        raise exception '% returns more than a tenant', function
            using errcode = 'TTRSV',
            detail = pg_catalog.format('It returns %s.', coalesce(
                pg_catalog.pg_get_function_result(v_function.oid), 'nothing'
            )),
            hint = 'A resolver returns uuid or setof uuid: whoever may call it learns the tenant, and nothing of its rows.';
    end if;
    if pg_catalog.pg_get_userbyid(v_function.proowner) <> 'ttdb_definer' or not v_function.prosecdef then
        raise exception '% does not run as ttdb_definer', function
            using errcode = 'TTRSV',
            hint = 'Make it SECURITY DEFINER and ttdb_definer its owner, whose policies say what it may read.';
    end if;
    if exists (
        select
        from pg_catalog.aclexplode(
            coalesce(v_function.proacl, pg_catalog.acldefault('f', v_function.proowner))
        ) as a
        where a.grantee in (0, pg_catalog.to_regrole('ttdb_app')) and a.privilege_type = 'EXECUTE'
    ) then
        raise exception 'every session may execute %', function
            using errcode = 'TTRSV',
            hint = pg_catalog.format('One tenant could ask about any other: revoke execute on function %s from public, '
                'ttdb_app; then "ttdb roles add SERVICE --resolver NAME" grants it to one service.', function);
    end if;

    insert into ttdb.resolvers (function, finds)
    values (resolver.function::pg_catalog.text, resolver.finds)
    on conflict on constraint resolvers_pkey do update set finds = excluded.finds;
end;
$$;


ALTER FUNCTION ttdb.resolver(function regprocedure, finds text) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.resolver(function regprocedure, finds text) IS 'Declares a resolver; refused with TTRSV unless it runs as ttdb_definer, returns tenants alone, and is granted to no group of services.';

CREATE FUNCTION ttdb.retire_context_key(key_id text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    AS $$
begin
    update ttdb.context_keys as k
    set retired_at = coalesce(k.retired_at, pg_catalog.clock_timestamp())
    where k.key_id = retire_context_key.key_id;
    if not found then
        raise exception 'there is no context key "%"', key_id
            using errcode = 'TTKEY',
            hint = 'A token names its key between its first and its second dot; "select * from ttdb.list_context_keys()" '
            'lists them.';
    end if;
    if ttdb.context_is_signed() and not exists (select from ttdb.context_keys as k where k.retired_at is null) then
        raise warning 'no context key is left, and tenants must be signed: from now on no session is any tenant''s'
            using hint = 'Make one: select ttdb.create_context_key();';
    end if;
end;
$$;


ALTER FUNCTION ttdb.retire_context_key(key_id text) OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.retire_context_key(key_id text) IS 'Ends a key at once, in transactions that begin from now on: make another first, and let services change to it.';

CREATE FUNCTION ttdb.retire_partition(leaf regclass) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET "TimeZone" TO 'utc'
    SET "DateStyle" TO 'iso'
    AS $$
declare
    v_month record;
    v_trigger pg_catalog.name;
    v_patience constant pg_catalog.text := pg_catalog.current_setting('lock_timeout');
begin
    select
        p.relation,
        p.retention,
        m.month,
        m.ends
    into v_month
    from pg_catalog.pg_inherits as i
    inner join ttdb.partitioned_tables as p on p.relation = i.inhparent
    inner join lateral ttdb.months_of(p.relation) as m on m.leaf = i.inhrelid
    where i.inhrelid = retire_partition.leaf and m.state = 'attached';
    if not found then
        raise exception '% is not a month of a table that is kept in months', leaf
            using errcode = 'TTNMO', hint = 'ttdb partitions list names them; DEFAULT stays always.';
    end if;
    if v_month.ends > pg_catalog.now() - v_month.retention then
        raise exception '% is younger than %, which % must be kept', leaf, v_month.retention, v_month.relation
            using errcode = 'TTRET', hint = pg_catalog.format(
                'It may be retired from %s on.', (v_month.ends + v_month.retention)::pg_catalog.date
            );
    end if;

    -- Who sets no limit waits half a second: less than deadlock_timeout, so that it is never the application's
    -- transaction that is ended where ours and its wait for each other.
    if v_patience = '0' then
        perform pg_catalog.set_config('lock_timeout', '500ms', true);
    end if;
    -- Plain: CONCURRENTLY is refused where there is a DEFAULT partition.
    execute pg_catalog.format('alter table %s detach partition %s', v_month.relation, leaf);
    -- The parent's triggers are gone, and its policies never were here; of ttdb's own, those of a statement are left.
    perform ttdb.strip(leaf);
    for v_trigger in
        select t.tgname
        from pg_catalog.pg_trigger as t
        inner join pg_catalog.pg_proc as f on f.oid = t.tgfoid
        where t.tgrelid = retire_partition.leaf
            and not t.tgisinternal
            and f.pronamespace in ('ttdb'::pg_catalog.regnamespace, 'audit'::pg_catalog.regnamespace)
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_trigger, leaf);
    end loop;
    execute pg_catalog.format('alter table %s enable row level security, force row level security', leaf);
    execute pg_catalog.format('create policy select_operator on %s for select to ttdb_operator using (true)', leaf);
    execute pg_catalog.format(
        'comment on policy select_operator on %s is %L', leaf, 'Operators read and dump retired months; nobody else does.'
    );
    execute pg_catalog.format('grant select on table %s to ttdb_operator', leaf);
    execute pg_catalog.format(
        'create trigger _000_refuse_retired before insert or update or delete or truncate on %s '
        'for each statement execute function ttdb.tg__refuse_retired()', leaf
    );
    execute pg_catalog.format('alter table %s enable always trigger _000_refuse_retired', leaf);
    execute pg_catalog.format(
        'comment on trigger _000_refuse_retired on %s is %L', leaf, 'What is retired is not changed.'
    );
    execute pg_catalog.format(
        'comment on table %s is %L', leaf,
        pg_catalog.format(
            'Retired from %s on %s: dump and drop it, or attach it again with ttdb.ensure_partition(%L, %L).',
            v_month.relation, pg_catalog.now()::pg_catalog.date, v_month.relation, v_month.month
        )
    );
    perform pg_catalog.set_config('lock_timeout', v_patience, true);
end;
$$;


ALTER FUNCTION ttdb.retire_partition(leaf regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.retire_partition(leaf regclass) IS 'Detaches a month that is older than the retention; it stands on, readable by operators and changeable by nobody.';

CREATE FUNCTION ttdb.rows_waiting(relation regclass) RETURNS TABLE(month date, waiting bigint)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
    v_default pg_catalog.regclass;
begin
    select m.leaf into v_default from ttdb.months_of(relation) as m where m.state = 'default';
    if v_default is null then
        return;
    end if;
    return query execute pg_catalog.format(
        'select ttdb.month_of(d.%1$I), pg_catalog.count(*) from %2$s as d group by 1 order by 1',
        ttdb.month_key_of(relation), v_default
    );
end;
$_$;


ALTER FUNCTION ttdb.rows_waiting(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.rows_waiting(relation regclass) IS 'How many rows of which month lie in the DEFAULT partition, as far as the caller''s policies let him see.';

CREATE FUNCTION ttdb.rules() RETURNS TABLE(relation regclass, constraint_name name, kind text, rule text, message text, sqlstate text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    with tables as (
        select c.oid
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p')
            and not c.relispartition
            and n.nspname !~ '^pg_'
            and n.nspname <> 'information_schema'
    ), found as (
        select
            k.conrelid as relation,
            k.conname as name,
            case k.contype
                when 'p' then 'primary key'
                when 'u' then 'unique'
                when 'x' then 'exclusion'
                when 'f' then 'foreign key'
                when 'c' then 'check'
                else case
                    when t.tgfoid = 'ttdb.tg__allow_transitions()'::pg_catalog.regprocedure then 'transition'
                    when t.tgfoid = 'ttdb.tg__keep_values()'::pg_catalog.regprocedure then 'written once'
                    when t.tgdeferrable then 'at commit'
                    else 'at once'
                end
            end as kind,
            case
                when k.contype <> 't' then pg_catalog.pg_get_constraintdef(k.oid)
                when t.tgfoid = 'ttdb.tg__allow_transitions()'::pg_catalog.regprocedure then (
                    select pg_catalog.string_agg(
                        e.name || ' to ' || case e.next
                            when '[]' then 'nothing'
                            else (
                                select pg_catalog.string_agg(w.name, ', ' order by w.position)
                                from pg_catalog.jsonb_array_elements_text(e.next)
                                    with ordinality as w (name, position)
                            )
                        end,
                        '; ' order by e.position
                    )
                    from pg_catalog.jsonb_each((ttdb.trigger_arguments(t.tgargs))[3]::pg_catalog.jsonb)
                        with ordinality as e (name, next, position)
                )
                when t.tgfoid = 'ttdb.tg__keep_values()'::pg_catalog.regprocedure
                    then pg_catalog.array_to_string((ttdb.trigger_arguments(t.tgargs))[2:], ', ')
                else pg_catalog.obj_description(t.tgfoid, 'pg_proc')
            end as rule,
            case k.contype
                when 'p' then '23505' when 'u' then '23505' when 'x' then '23P01' when 'f' then '23503' else '23514'
            end as sqlstate
        from pg_catalog.pg_constraint as k
        left join pg_catalog.pg_trigger as t on t.tgconstraint = k.oid and k.contype = 't'
        where k.contype in ('p', 'u', 'x', 'f', 'c', 't') and k.conparentid = 0

        union all
        select
            i.indrelid,
            c.relname,
            'unique',
            pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(i.indexrelid), '^.* USING btree ', ''),
            '23505'
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
        where i.indisunique
            and not exists (
                select
                from pg_catalog.pg_constraint as k
                where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
            )
    )

    select
        f.relation::pg_catalog.regclass,
        f.name,
        f.kind,
        f.rule,
        ttdb.comment_of_rule(f.relation, f.name),
        f.sqlstate
    from found as f
    inner join tables as t on t.oid = f.relation
    order by f.relation::pg_catalog.regclass::pg_catalog.text collate pg_catalog."C", f.name collate pg_catalog."C";
$$;


ALTER FUNCTION ttdb.rules() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.rules() IS 'Every constraint, and every rule kept by a trigger or a unique index, with its kind, its message for a person and the SQLSTATE of its refusal.';

CREATE FUNCTION ttdb.rules_of_moves(relation regclass) RETURNS TABLE(trigger_name name, is_missing boolean, definition text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $_$
    -- As ttdb.hang_rule() makes them. The rule's own trigger says on what condition, and calls what.
    select
        ('_200_' || t.tgname)::pg_catalog.name,
        c.relkind = 'r',
        pg_catalog.format(
            'create trigger %I before update on %s for each row %s; comment on trigger %1$I on %2$s is %4$L',
            '_200_' || t.tgname,
            rules_of_moves.relation,
            pg_catalog.substr(d.text, pg_catalog.strpos(d.text, ' FOR EACH ROW ') + pg_catalog.length(' FOR EACH ROW ')),
            pg_catalog.obj_description(t.oid, 'pg_trigger')
        )
    from pg_catalog.pg_trigger as t
    inner join pg_catalog.pg_class as c on c.oid = t.tgrelid
    cross join lateral (select pg_catalog.pg_get_triggerdef(t.oid) as text) as d
    where t.tgrelid = rules_of_moves.relation
        and t.tgconstraint <> 0
        and t.tgparentid = 0
        and t.tgfoid in (
            pg_catalog.to_regprocedure('ttdb.tg__allow_transitions()'),
            pg_catalog.to_regprocedure('ttdb.tg__keep_values()')
        );
$_$;


ALTER FUNCTION ttdb.rules_of_moves(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.rules_of_moves(relation regclass) IS 'Of each rule of ttdb.allow_transitions() or ttdb.keep_values() the trigger that fires before an update, which a table in partitions has and a whole one has not.';

CREATE FUNCTION ttdb.say_again(statements text[], roles text[] DEFAULT NULL::text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_me constant pg_catalog.text := current_user;
begin
    for v_number in 1..coalesce(pg_catalog.cardinality(statements), 0) loop
        if roles[v_number] <> v_me then
            perform pg_catalog.set_config('role', roles[v_number], true);
        end if;
        execute statements[v_number];
        if roles[v_number] <> v_me then
            perform pg_catalog.set_config('role', v_me, true);
        end if;
    end loop;
end;
$$;


ALTER FUNCTION ttdb.say_again(statements text[], roles text[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.say_again(statements text[], roles text[]) IS 'Runs statements in order, each as its role, or all as who calls.';

CREATE FUNCTION ttdb.settle_load() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    AS $$
    insert into public.ticket_sales as s (tenant_id, ticket_type_id, quantity, sold)
    select
        t.tenant_id,
        t.id,
        t.quantity,
        coalesce(k.sold, 0)
    from public.ticket_types as t
    left join (
        select
            l.tenant_id,
            l.ticket_type_id,
            pg_catalog.count(*) as sold
        from public.tickets as l
        where l.status in ('RESERVED', 'SOLD', 'USED')
        group by l.tenant_id, l.ticket_type_id
    ) as k on k.tenant_id = t.tenant_id and k.ticket_type_id = t.id
    on conflict on constraint ticket_sales_pkey do update
        set
            quantity = excluded.quantity,
            sold = excluded.sold
        where (s.quantity, s.sold) is distinct from (excluded.quantity, excluded.sold);
$$;


ALTER FUNCTION ttdb.settle_load() OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.settle_load() IS 'Counts the sales of every ticket type anew; for loads that went past the triggers. Then ask ttdb.broken_rules().';

CREATE FUNCTION ttdb.sign_context(tenant uuid, valid_for interval DEFAULT '00:15:00'::interval) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO ''
    SET row_security TO 'on'
    AS $$
declare
    v_key ttdb.context_keys;
    v_signed pg_catalog.text;
begin
    if tenant is null or valid_for is null then
        raise exception 'a token needs a tenant and a time'
            using errcode = 'TTTOK', hint = 'Call ttdb.sign_context(''<uuid>'', ''15 minutes'').';
    end if;
    -- Whoever reads a token in a log has it until it ends. One that has ended is harmless, and good for tests.
    if valid_for > '1 day'::pg_catalog.interval then
        raise exception 'a token for % is too long', valid_for
            using errcode = 'TTTOK', hint = 'A token is valid for one day at most: whoever sees it can use it.';
    end if;

    select k.*
    into v_key
    from ttdb.context_keys as k
    where k.retired_at is null
    order by k.created_at desc, k.key_id
    limit 1;
    if not found then
        raise exception 'there is no key to sign the tenant context with'
            using errcode = 'TTKEY', hint = 'Make one: select * from ttdb.create_context_key();';
    end if;

    v_signed := pg_catalog.concat_ws(
        '.', 'v1', v_key.key_id, tenant, pg_catalog.trunc(extract(epoch from pg_catalog.now() + valid_for))
    );
    return v_signed || '.' || pg_catalog.encode(
        pg_catalog.sha256(
            v_key.outer_block
            || pg_catalog.sha256(v_key.inner_block || pg_catalog.convert_to(v_signed, 'UTF8'))
        ),
        'hex'
    );
end;
$$;


ALTER FUNCTION ttdb.sign_context(tenant uuid, valid_for interval) OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.sign_context(tenant uuid, valid_for interval) IS 'A token for a tenant, signed with the newest key that stands: set_config(ttdb.tenant_setting(), token, true).';

CREATE FUNCTION ttdb.stage_copy(relation regclass, wanted text, storage text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    SET row_security TO 'on'
    AS $_$
declare
    v_class pg_catalog.pg_class;
    v_forced pg_catalog.bool;
    v_staging pg_catalog.text;
    v_changes pg_catalog.text;
    v_key constant pg_catalog.name := ttdb.month_key_of(relation);
    v_keys pg_catalog.text;
    v_columns pg_catalog.text;
    v_months pg_catalog.date [];
begin
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = stage_copy.relation;
    v_forced := v_class.relrowsecurity and v_class.relforcerowsecurity;
    select
        pg_catalog.format('%I.%I', n.nspname, v_class.relname || '_new'),
        pg_catalog.format('%I.%I', n.nspname, v_class.relname || '_changes')
    into v_staging, v_changes
    from pg_catalog.pg_namespace as n
    where n.oid = v_class.relnamespace;
    select
        pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by c.place),
        pg_catalog.string_agg(
            pg_catalog.format('%I %s not null', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)),
            ', ' order by c.place
        )
    into v_keys, v_columns
    from pg_catalog.pg_index as i
    cross join lateral pg_catalog.unnest(i.indkey::pg_catalog.int2 []) with ordinality as c (attnum, place)
    inner join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = c.attnum
    where i.indrelid = stage_copy.relation and i.indisprimary;

    if stage_copy.wanted = 'months' then
        -- Under FORCE the owner would see no row.
        if v_forced then
            perform pg_catalog.set_config('role', 'ttdb_operator', true);
        end if;
        execute pg_catalog.format(
            'select pg_catalog.array_agg(distinct ttdb.month_of(t.%1$I)) from %2$s as t '
            'where t.%1$I >= ''1000-01-01 00:00+00'' and t.%1$I < ''10000-01-01 00:00+00''', v_key, relation
        ) into v_months;
        perform pg_catalog.set_config('role', 'ttdb_owner', true);
        v_months := array(
            select m.month
            from pg_catalog.unnest(
                v_months
                || ttdb.month_of(pg_catalog.now())
                || ttdb.month_of(pg_catalog.now() + '1 month'::pg_catalog.interval)
            ) as m (month)
            group by m.month
            order by m.month
        );
    end if;
    execute pg_catalog.format(
        'create table %s (like %s including generated, primary key (%s)) partition by range (%I)',
        v_staging, relation, v_keys, v_key
    );
    execute pg_catalog.format(
        'create table %s (change_id int8 generated always as identity primary key, %s)', v_changes, v_columns
    );
    -- Default privileges would open them.
    perform ttdb.strip(v_staging::pg_catalog.regclass);
    perform ttdb.strip(v_changes::pg_catalog.regclass);
    if v_forced then
        execute pg_catalog.format('grant select, insert, delete on %s, %s to ttdb_operator', v_staging, v_changes);
    end if;
    update ttdb.converted_tables as c
    set
        wanted = stage_copy.wanted,
        storage = stage_copy.storage,
        staging = v_staging::pg_catalog.regclass,
        changes = v_changes::pg_catalog.regclass,
        months = coalesce(v_months, '{}')
    where c.relation = stage_copy.relation;
end;
$_$;


ALTER FUNCTION ttdb.stage_copy(relation regclass, wanted text, storage text[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.stage_copy(relation regclass, wanted text, storage text[]) IS 'Makes the table above the partitions that a converted table is to have, and the notes of what changes.';

CREATE FUNCTION ttdb.state_of(relation regclass) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
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
$$;


ALTER FUNCTION ttdb.state_of(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.state_of(relation regclass) IS 'What ttdb.unprotect() must give back: names, not oids, survive a dump; root is the table itself, renamed or not.';

CREATE FUNCTION ttdb.statements_inside(relation regclass, key_column name) RETURNS TABLE(place text, statement text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    with keys as (
        select
            k.oid,
            k.conname,
            k.contype,
            k.conindid,
            k.conkey
        from pg_catalog.pg_constraint as k
        where k.conrelid = statements_inside.relation and k.contype in ('p', 'u', 'f')
    )

    select
        '1' || k.conname,
        pg_catalog.format(
            'alter table %s add constraint %I %s', statements_inside.relation, k.conname,
            case k.contype
                when 'p'
                    then (
                        select pg_catalog.format(
                            'primary key (%s, %I)',
                            pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by c.place),
                            statements_inside.key_column
                        )
                        from pg_catalog.unnest(k.conkey) with ordinality as c (attnum, place)
                        inner join pg_catalog.pg_attribute as a
                            on a.attrelid = statements_inside.relation and a.attnum = c.attnum
                    )
                else pg_catalog.pg_get_constraintdef(k.oid)
            end
        )
    from keys as k
    union all
    select
        '2' || c.relname,
        pg_catalog.pg_get_indexdef(i.indexrelid)
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
    inner join pg_catalog.pg_class as t on t.oid = i.indrelid
    where i.indrelid = statements_inside.relation
        and not exists (select from keys as k where k.contype <> 'f' and k.conindid = i.indexrelid)
        and c.relname not in (t.relname || '_former_key', t.relname || '_months_key')
    union all
    select
        '3' || c.relname,
        pg_catalog.format('comment on index %I.%I is %L', n.nspname, c.relname, d.description)
    from pg_catalog.pg_index as i
    inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
    inner join pg_catalog.pg_class as t
        on t.oid = i.indrelid and c.relname not in (t.relname || '_former_key', t.relname || '_months_key')
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    inner join pg_catalog.pg_description as d
        on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objsubid = 0
    where i.indrelid = statements_inside.relation
    union all
    select
        '3' || k.conname,
        pg_catalog.format(
            'comment on constraint %I on %s is %L', k.conname, statements_inside.relation, d.description
        )
    from keys as k
    inner join pg_catalog.pg_description as d
        on d.objoid = k.oid and d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass;
$$;


ALTER FUNCTION ttdb.statements_inside(relation regclass, key_column name) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.statements_inside(relation regclass, key_column name) IS 'The statements that give a table of the same name the keys, indexes and foreign keys of this one; its primary key with the partition key.';

CREATE FUNCTION ttdb.statements_outside(relation regclass) RETURNS TABLE(place integer, role name, statement text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select
        10,
        'ttdb_owner'::name,
        pg_catalog.format('comment on table %s is %L', statements_outside.relation, d.description)
    from pg_catalog.pg_description as d
    where d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.objoid = statements_outside.relation
        and d.objsubid = 0
    union all
    select
        20,
        'ttdb_owner',
        pg_catalog.pg_get_statisticsobjdef(s.oid)
        || coalesce(pg_catalog.format(
            '; comment on statistics %I.%I is %L', n.nspname, s.stxname,
            pg_catalog.obj_description(s.oid, 'pg_statistic_ext')
        ), '')
        || case
            when s.stxstattarget >= 0
                then pg_catalog.format('; alter statistics %I.%I set statistics %s', n.nspname, s.stxname, s.stxstattarget)
            else ''
        end
    from pg_catalog.pg_statistic_ext as s
    inner join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace
    where s.stxrelid = statements_outside.relation
    -- Those of ttdb.protect() come with it. A query inside a policy may name the table: so this is said under its name.
    union all
    select
        25,
        'ttdb_owner',
        pg_catalog.format('create policy %I on %s %s', p.policy, statements_outside.relation, p.definition)
        || coalesce(pg_catalog.format(
            '; comment on policy %I on %s is %L', p.policy, statements_outside.relation, p.comment
        ), '')
    from ttdb.policy_definitions(statements_outside.relation) as p
    where not exists (
        select
        from ttdb.tenant_tables as t
        cross join ttdb.policies_for(t.tenant_column, t.app, t.worker, t.definer, false) as o
        where t.relation = statements_outside.relation and o.policy = p.policy
    )
    -- Triggers of a partition that are its parent's come back by themselves.
    union all
    select
        30,
        'ttdb_owner',
        pg_catalog.pg_get_triggerdef(t.oid)
        || case t.tgenabled
            when 'O' then ''
            else pg_catalog.format(
                '; alter table %s %s trigger %I',
                statements_outside.relation,
                case t.tgenabled when 'A' then 'enable always' when 'R' then 'enable replica' else 'disable' end,
                t.tgname
            )
        end
        || coalesce(pg_catalog.format(
            '; comment on trigger %I on %s is %L',
            t.tgname, statements_outside.relation, pg_catalog.obj_description(t.oid, 'pg_trigger')
        ), '')
    from pg_catalog.pg_trigger as t
    where t.tgrelid = statements_outside.relation
        and not t.tgisinternal
        and t.tgparentid = 0
        -- A whole table has no need of the second trigger of a rule on changes, which is for rows that move.
        and not exists (
            select
            from ttdb.rules_of_moves(statements_outside.relation) as m
            where m.trigger_name = t.tgname and not m.is_missing
        )
    union all
    select
        31,
        'ttdb_owner',
        m.definition
    from ttdb.rules_of_moves(statements_outside.relation) as m
    where m.is_missing
    union all
    select distinct
        40,
        pg_catalog.pg_get_userbyid(c.relowner),
        pg_catalog.format(
            'create or replace view %s%s as %s',
            c.oid::pg_catalog.regclass,
            ' with (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')',
            pg_catalog.pg_get_viewdef(c.oid)
        )
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_rewrite as r on r.oid = d.objid
    inner join pg_catalog.pg_class as c on c.oid = r.ev_class and c.relkind = 'v'
    where d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.refobjid = statements_outside.relation;
$$;


ALTER FUNCTION ttdb.statements_outside(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.statements_outside(relation regclass) IS 'The statements that give a table of the same name the comment, statistics, policies, triggers and views of this one.';

CREATE FUNCTION ttdb.stop_noting(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_piece record;
begin
    for v_piece in
        select
            t.tgname,
            t.tgrelid::pg_catalog.regclass as relation
        from ttdb.tree_of(stop_noting.relation) as r
        inner join pg_catalog.pg_trigger as t on t.tgrelid = r.relation
        where t.tgfoid = 'ttdb.tg__note_change()'::pg_catalog.regprocedure and t.tgparentid = 0
    loop
        execute pg_catalog.format('drop trigger %I on %s', v_piece.tgname, v_piece.relation);
    end loop;
end;
$$;


ALTER FUNCTION ttdb.stop_noting(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.stop_noting(relation regclass) IS 'Drops the triggers of ttdb.note_changes().';

CREATE FUNCTION ttdb.strip(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_policy pg_catalog.name;
    v_role pg_catalog.oid;
    v_columns pg_catalog.text;
begin
    for v_policy in
        select p.polname
        from pg_catalog.pg_policy as p
        where p.polrelid = strip.relation
    loop
        execute pg_catalog.format('drop policy %I on %s', v_policy, relation);
    end loop;

    for v_role, v_columns in
        select
            g.grantee,
            null
        from pg_catalog.pg_class as c
        cross join lateral pg_catalog.aclexplode(c.relacl) as g
        where c.oid = strip.relation and g.grantee <> c.relowner
        union
        select
            g.grantee,
            pg_catalog.format(' (%I)', a.attname)
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_attribute as a on a.attrelid = c.oid and not a.attisdropped
        cross join lateral pg_catalog.aclexplode(a.attacl) as g
        where c.oid = strip.relation and g.grantee <> c.relowner
    loop
        execute pg_catalog.format(
            'revoke all%s on table %s from %s',
            v_columns,
            relation,
            case when v_role = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(v_role)) end
        );
    end loop;
end;
$$;


ALTER FUNCTION ttdb.strip(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.strip(relation regclass) IS 'Drops all policies of a table and revokes whatever anybody but its owner may do with it, default privileges'' too.';

CREATE FUNCTION ttdb.take_over(successor regclass, relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
    v_entry ttdb.tenant_tables;
    v_class pg_catalog.pg_class;
    v_piece record;
    v_last pg_catalog.int8;
    v_called pg_catalog.bool;
    v_grant pg_catalog.text;
begin
    -- Whatever keeps a table by its oid, this or a later revision's.
    for v_piece in
        select
            a.attrelid::pg_catalog.regclass as registry,
            a.attname
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_class as c on c.oid = a.attrelid and c.relkind = 'r'
        where c.relnamespace in (
                pg_catalog.to_regnamespace('ttdb'), pg_catalog.to_regnamespace('audit'),
                pg_catalog.to_regnamespace('masked')
            )
            and a.atttypid = 'pg_catalog.regclass'::pg_catalog.regtype
            and a.attnum > 0
            and not a.attisdropped
    loop
        execute pg_catalog.format(
            'update %1$s set %2$I = $1 where %2$I = $2', v_piece.registry, v_piece.attname
        ) using successor, relation;
    end loop;

    perform ttdb.strip(successor);
    select t.* into v_entry from ttdb.tenant_tables as t where t.relation = successor;
    if found then
        perform ttdb.dress(successor, v_entry.tenant_column, v_entry.app, v_entry.worker, v_entry.definer, false);
    else
        select c.* into v_class from pg_catalog.pg_class as c where c.oid = take_over.relation;
        execute pg_catalog.format(
            'alter table %s %s row level security, %s row level security',
            successor,
            case when v_class.relrowsecurity then 'enable' else 'disable' end,
            case when v_class.relforcerowsecurity then 'force' else 'no force' end
        );
    end if;
    -- Beside those of ttdb.protect(), a service may have grants of its own.
    for v_grant in
        select
            pg_catalog.format(
                'grant %s%s on table %s to %s%s',
                g.privilege_type,
                p.columns,
                successor,
                case when g.grantee = 0 then 'public' else g.grantee::pg_catalog.regrole::pg_catalog.text end,
                case when g.is_grantable then ' with grant option' else '' end
            )
        from pg_catalog.pg_class as c
        cross join lateral (
            select
                c.relacl as acl,
                '' as columns
            union all
            select
                a.attacl,
                pg_catalog.format(' (%I)', a.attname)
            from pg_catalog.pg_attribute as a
            where a.attrelid = c.oid and not a.attisdropped
        ) as p
        cross join lateral pg_catalog.aclexplode(p.acl) as g
        where c.oid = take_over.relation and g.grantee <> c.relowner
    loop
        execute v_grant;
    end loop;

    for v_piece in
        select
            a.attname,
            a.attidentity,
            s.oid::pg_catalog.regclass::pg_catalog.text as sequence,
            array(
                select
                    pg_catalog.format(
                        'grant %s on sequence %s to %s', g.privilege_type, s.oid::pg_catalog.regclass,
                        case when g.grantee = 0 then 'public' else g.grantee::pg_catalog.regrole::pg_catalog.text end
                    )
                from pg_catalog.aclexplode(s.relacl) as g
                where g.grantee <> s.relowner
            ) as grants,
            q.*
        from pg_catalog.pg_depend as d
        inner join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
        inner join pg_catalog.pg_sequence as q on q.seqrelid = s.oid
        inner join pg_catalog.pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.refobjid = take_over.relation
            and d.deptype in ('a', 'i')
    loop
        if v_piece.attidentity = '' then
            execute pg_catalog.format(
                'alter sequence %s owned by %s.%I', v_piece.sequence, successor, v_piece.attname
            );
            continue;
        end if;
        execute pg_catalog.format('select s.last_value, s.is_called from %s as s', v_piece.sequence) into v_last, v_called;
        execute pg_catalog.format('alter table %s alter column %I drop identity', relation, v_piece.attname);
        execute pg_catalog.format(
            'alter table %s alter column %I add generated %s as identity '
            '(sequence name %s increment %s minvalue %s maxvalue %s start %s cache %s %s)',
            successor,
            v_piece.attname,
            case v_piece.attidentity when 'a' then 'always' else 'by default' end,
            v_piece.sequence,
            v_piece.seqincrement, v_piece.seqmin, v_piece.seqmax, v_piece.seqstart, v_piece.seqcache,
            case when v_piece.seqcycle then 'cycle' else 'no cycle' end
        );
        perform pg_catalog.setval(v_piece.sequence::pg_catalog.regclass, v_last, v_called);
        foreach v_grant in array v_piece.grants loop
            execute v_grant;
        end loop;
    end loop;
end;
$_$;


ALTER FUNCTION ttdb.take_over(successor regclass, relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.take_over(successor regclass, relation regclass) IS 'Gives a table the row security, grants, sequences and registrations of another, whose place it takes, and the policies of ttdb.protect().';

CREATE FUNCTION ttdb.tenant_id() RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $_$
declare
    v_uuid constant pg_catalog.text :=
        '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$';
    v_setting constant pg_catalog.text := pg_catalog.current_setting(ttdb.tenant_setting(), true);
    v_older constant pg_catalog.text[] := ttdb.older_settings_of_login();
    v_tenant pg_catalog.uuid;
    v_name pg_catalog.text;
    v_other pg_catalog.text;
begin
    if ttdb.context_is_signed() then
        return ttdb.verified_tenant_id();
    end if;
    -- The pattern comes first: a malformed value must give no rows, not an error.
    if v_setting ~ v_uuid then
        v_tenant := v_setting::pg_catalog.uuid;
    -- So services change to tokens one by one, before bare tenants end.
    elsif v_setting ~ '^v1\.' then
        v_tenant := ttdb.verified_tenant_id();
    end if;
    if v_older is null or (v_tenant is null and v_setting <> '') then
        return v_tenant;
    end if;

    -- Whichever of two tenants was meant, the other would be wrong.
    foreach v_name in array v_older loop
        v_other := nullif(pg_catalog.current_setting(v_name, true), '');
        if v_other is null then
            continue;
        elsif v_other !~ v_uuid then
            return null;
        elsif v_tenant <> v_other::pg_catalog.uuid then
            return null;
        end if;
        v_tenant := v_other::pg_catalog.uuid;
    end loop;
    return v_tenant;
end;
$_$;


ALTER FUNCTION ttdb.tenant_id() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.tenant_id() IS 'The current tenant; NULL, and never an error, when the setting is unset, empty, malformed or, where it must be signed, not signed; or when an older setting that is read for the login disagrees.';

CREATE FUNCTION ttdb.tenant_setting() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 'app.current_tenant_id'::text;


ALTER FUNCTION ttdb.tenant_setting() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.tenant_setting() IS 'The setting that holds the tenant: set_config(ttdb.tenant_setting(), id, true) inside each transaction.';

CREATE FUNCTION ttdb.tg__allow_transitions() RETURNS trigger
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
    -- The arguments: the rule's name, the column, and what may follow what.
    v_from constant pg_catalog.text := pg_catalog.to_jsonb(old) ->> tg_argv[1];
    v_to constant pg_catalog.text := pg_catalog.to_jsonb(new) ->> tg_argv[1];
    v_next constant pg_catalog.jsonb := coalesce(tg_argv[2]::pg_catalog.jsonb -> v_from, '[]');
    v_relation constant pg_catalog.regclass := coalesce(pg_catalog.pg_partition_root(tg_relid), tg_relid);
    v_schema pg_catalog.text;
    v_table pg_catalog.text;
begin
    -- It fires only where the value changes: equal ones mean that the column was renamed since.
    if v_from is not distinct from v_to then
        raise exception '% has no column %', v_relation, tg_argv[1]
            using errcode = 'TTCOL', hint = 'Run ttdb.allow_transitions() again with the column''s new name.';
    end if;
    if v_from is null or v_next operator(pg_catalog.?) v_to then
        return new;
    end if;

    select n.nspname, c.relname
    into v_schema, v_table
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = v_relation;
    raise exception '% of % cannot go from % to %', tg_argv[1], v_table, v_from, coalesce(v_to, 'nothing')
        using errcode = 'check_violation',
        constraint = tg_argv[0],
        schema = v_schema,
        table = v_table,
        column = tg_argv[1],
        hint = case
            when v_next = '[]' then pg_catalog.format('%s is final.', v_from)
            else pg_catalog.format('From %s it can go to %s.', v_from, (
                select pg_catalog.string_agg(t.name, ', ' order by t.position)
                from pg_catalog.jsonb_array_elements_text(v_next) with ordinality as t (name, position)
            ))
        end;
end;
$$;


ALTER FUNCTION ttdb.tg__allow_transitions() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.tg__allow_transitions() IS 'Trigger: refuses with 23514 a change of a column that ttdb.allow_transitions() does not list. An empty one may take any value, and none may be emptied.';

CREATE FUNCTION ttdb.tg__count_ticket() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    SET enable_seqscan TO 'off'
    AS $$
declare
    v_tenant pg_catalog.uuid;
    v_type pg_catalog.uuid;
    v_change pg_catalog.int8;
begin
    for v_tenant, v_type, v_change in
        select c.tenant_id, c.ticket_type_id, pg_catalog.sum(c.change)
        from (
            values
            (old.tenant_id, old.ticket_type_id, -(old.status in ('RESERVED', 'SOLD', 'USED'))::pg_catalog.int4),
            (new.tenant_id, new.ticket_type_id, (new.status in ('RESERVED', 'SOLD', 'USED'))::pg_catalog.int4)
        ) as c (tenant_id, ticket_type_id, change)
        where c.ticket_type_id is not null
        group by c.tenant_id, c.ticket_type_id
        having pg_catalog.sum(c.change) <> 0
        order by c.ticket_type_id
    loop
        update public.ticket_sales as s
        set sold = s.sold + v_change
        where s.tenant_id = v_tenant and s.ticket_type_id = v_type;
        -- A type that was deleted in the same transaction took its count with it.
        if not found and exists (select from public.ticket_types as t where t.id = v_type) then
            raise exception 'ticket type % has no count of its sales', v_type
                using errcode = 'check_violation',
                constraint = 'tickets_must_be_counted',
                schema = 'public',
                table = 'tickets',
                column = 'ticket_type_id',
                hint = 'Its row in public.ticket_sales was deleted: have an operator insert it again, with a count.';
        end if;
    end loop;
    return null;
end;
$$;


ALTER FUNCTION ttdb.tg__count_ticket() OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.tg__count_ticket() IS 'A ticket that takes a place (RESERVED, SOLD, USED) is counted in public.ticket_sales, at commit, so that the count is locked for the moment of the commit only.';

CREATE FUNCTION ttdb.tg__currency_of_order() RETURNS trigger
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    SET enable_seqscan TO 'off'
    AS $$
declare
    v_currency pg_catalog.text;
begin
    -- No lock: an order's currency is written once.
    select o.currency into v_currency from public.orders as o where o.id = new.order_id;
    if v_currency <> new.currency then
        raise exception 'currency % is not % as the order %''s', new.currency, v_currency, new.order_id
            using errcode = 'check_violation',
            constraint = tg_name,
            schema = 'public',
            table = coalesce(
                (
                    select c.relname
                    from pg_catalog.pg_class as c
                    where c.oid = pg_catalog.pg_partition_root(tg_relid)
                ),
                tg_table_name
            ),
            column = 'currency',
            hint = pg_catalog.format('Write the amount in %s.', v_currency);
    end if;
    return null;
end;
$$;


ALTER FUNCTION ttdb.tg__currency_of_order() OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.tg__currency_of_order() IS 'A ticket or a payment is in the currency of its order.';

CREATE FUNCTION ttdb.tg__discount_equals_discounts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    SET enable_seqscan TO 'off'
    AS $$
declare
    v_id pg_catalog.uuid;
    v_ids pg_catalog.uuid[];
    v_discount pg_catalog.numeric;
    v_given pg_catalog.numeric;
begin
    if tg_relid = 'public.orders'::pg_catalog.regclass then
        v_ids := array[new.id];
    else
        v_ids := array[old.order_id, new.order_id];
    end if;

    for v_id in
        select distinct i.id
        from pg_catalog.unnest(v_ids) as i (id)
        where i.id is not null
        order by i.id
    loop
        -- An order that fired this itself is changed, and so held, already.
        if tg_relid <> 'public.orders'::pg_catalog.regclass then
            perform ttdb.hold_order(v_id);
        end if;
        -- A statement of its own: it sees what was committed while the lock was waited for.
        select o.discount_amount, least(o.subtotal, coalesce((select pg_catalog.sum(
                case d.discount_type
                    when 'PERCENTAGE' then pg_catalog.round(o.subtotal * d.discount_value / 100, 2)
                    else d.discount_value
                end
            )
            from public.order_discounts as d
            where d.tenant_id = o.tenant_id and d.order_id = o.id), 0))
        into v_discount, v_given
        from public.orders as o
        where o.id = v_id;
        if v_discount <> v_given then
            raise exception 'discount % of order % is not the % that its discounts give', v_discount, v_id, v_given
                using errcode = 'check_violation',
                constraint = 'orders_discount_must_equal_its_discounts',
                schema = 'public',
                table = 'orders',
                column = 'discount_amount',
                hint = 'Change the order and its discounts in one transaction.';
        end if;
    end loop;
    return null;
end;
$$;


ALTER FUNCTION ttdb.tg__discount_equals_discounts() OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.tg__discount_equals_discounts() IS 'An order''s discount is the sum of its discounts (a percentage of the subtotal rounded to cents, or a fixed amount), and never more than the subtotal.';

CREATE FUNCTION ttdb.tg__fill_alone() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    -- The arguments: the tenant's column; then the key's, where the way back has to know what was found.
    v_found constant pg_catalog.jsonb := pg_catalog.to_jsonb(old);
    v_given constant pg_catalog.jsonb := pg_catalog.to_jsonb(new);
begin
    if tg_nargs > 1 and pg_catalog.current_setting('ttdb.gives_back', true) is distinct from 'on' then
        insert into ttdb.tenants_found (relation, key, found, given)
        values (
            tg_relid::pg_catalog.regclass::pg_catalog.text,
            v_found ->> tg_argv[1],
            (v_found ->> tg_argv[0])::pg_catalog.uuid,
            (v_given ->> tg_argv[0])::pg_catalog.uuid
        )
        on conflict on constraint tenants_found_pkey do nothing;
    end if;
    return pg_catalog.jsonb_populate_record(old, pg_catalog.jsonb_build_object(tg_argv[0], v_given -> tg_argv[0]));
end;
$$;


ALTER FUNCTION ttdb.tg__fill_alone() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.tg__fill_alone() IS 'Trigger, last of an update''s: the row takes its tenant, and keeps all else, whatever other triggers made of it.';

CREATE FUNCTION ttdb.tg__fill_tenant() RETURNS trigger
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $_$
declare
    -- The arguments: the tenant's column; then the other table, its tenant's column, and pairs of columns, ours first.
    v_uuid constant pg_catalog.text := '^[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$';
    v_row constant pg_catalog.jsonb := pg_catalog.to_jsonb(new);
    v_parent pg_catalog.regclass;
    v_same pg_catalog.text;
    v_tenant pg_catalog.text;
    v_rows pg_catalog.int8 := 0;
begin
    if tg_nargs > 1 and pg_catalog.has_table_privilege(tg_argv[1], 'select') then
        v_parent := tg_argv[1]::pg_catalog.regclass;
        -- What is text here may be a uuid there, or nonsense: that names no row.
        select pg_catalog.string_agg(pg_catalog.format(
            'p.%I = case when $1 ->> %L ~ %L then ($1 ->> %2$L)::%4$s end', a.attname, tg_argv[n],
            case a.atttypid when 'pg_catalog.uuid'::pg_catalog.regtype then v_uuid else '' end,
            pg_catalog.format_type(a.atttypid, a.atttypmod)), ' and ')
        into v_same
        from pg_catalog.generate_series(3, tg_nargs - 2, 2) as n
        inner join pg_catalog.pg_attribute as a on a.attrelid = v_parent and a.attname = tg_argv[n + 1];
        execute pg_catalog.format('select p.%I::text from %s as p where %s', tg_argv[2], v_parent, v_same)
        into v_tenant using v_row;
        get diagnostics v_rows = row_count;
    end if;
    -- What belongs to a row that is nobody's is nobody's too: with the session's tenant, no key could keep the two together.
    if v_rows = 0 then
        v_tenant := ttdb.tenant_id()::pg_catalog.text;
    end if;
    v_tenant := coalesce(v_tenant, v_row ->> tg_argv[0]);
    return pg_catalog.jsonb_populate_record(new, pg_catalog.jsonb_build_object(tg_argv[0], v_tenant));
end;
$_$;


ALTER FUNCTION ttdb.tg__fill_tenant() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.tg__fill_tenant() IS 'Trigger: a row that names no tenant takes that of the row it belongs to, else the session''s. It reads the other row as whoever writes, so that row-level security holds there too.';

CREATE FUNCTION ttdb.tg__items_match_order() RETURNS trigger
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    SET enable_seqscan TO 'off'
    AS $$
declare
    v_type public.ticket_types;
    v_order public.orders;
begin
    -- No lock: an order's event and currency, and a ticket type's, are written once.
    select t.* into v_type from public.ticket_types as t where t.id = new.ticket_type_id;
    select o.* into v_order from public.orders as o where o.id = new.order_id;
    if v_type.event_id <> v_order.event_id and tg_argv[0] = 'event' then
        raise exception 'ticket type % is of event %, order % for event %',
            v_type.id, v_type.event_id, v_order.id, v_order.event_id
            using errcode = 'check_violation',
            constraint = tg_name,
            schema = 'public',
            table = 'order_items',
            column = 'ticket_type_id',
            hint = 'Choose a ticket type of the order''s event.';
    end if;
    if v_type.currency <> v_order.currency and tg_argv[0] = 'currency' then
        raise exception 'ticket type % is sold in %, order % is in %',
            v_type.id, v_type.currency, v_order.id, v_order.currency
            using errcode = 'check_violation',
            constraint = tg_name,
            schema = 'public',
            table = 'order_items',
            column = 'ticket_type_id',
            hint = 'Make an order in the ticket type''s currency.';
    end if;
    return null;
end;
$$;


ALTER FUNCTION ttdb.tg__items_match_order() OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.tg__items_match_order() IS 'An item''s ticket type is of its order''s event, and sold in its order''s currency.';

CREATE FUNCTION ttdb.tg__items_within_limit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    SET enable_seqscan TO 'off'
    AS $$
declare
    v_limit pg_catalog.int4;
    v_held pg_catalog.int8;
begin
    perform ttdb.hold_order(new.order_id);
    -- A statement of its own: it sees what was committed while the lock was waited for. The type stands in FILTER, so
    -- that the index on the order serves and none on the type: an order has few rows, a type many.
    select
        t.max_per_order,
        (
            select pg_catalog.sum(i.quantity) filter (where i.ticket_type_id = t.id)
            from public.order_items as i
            where i.tenant_id = t.tenant_id and i.order_id = new.order_id
        )
    into v_limit, v_held
    from public.ticket_types as t
    where t.id = new.ticket_type_id;
    if v_held > v_limit then
        raise exception 'order % holds % tickets of type %, % are allowed',
            new.order_id, v_held, new.ticket_type_id, v_limit
            using errcode = 'check_violation',
            constraint = 'order_items_must_not_exceed_limit_of_their_type',
            schema = 'public',
            table = 'order_items',
            column = 'quantity',
            hint = pg_catalog.format('Take at most %s in one order.', v_limit);
    end if;
    return null;
end;
$$;


ALTER FUNCTION ttdb.tg__items_within_limit() OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.tg__items_within_limit() IS 'All items of an order for one ticket type together hold at most its max_per_order; looked at when items change.';

CREATE FUNCTION ttdb.tg__keep_unique() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    AS $_$
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
$_$;


ALTER FUNCTION ttdb.tg__keep_unique() OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.tg__keep_unique() IS 'Keeps a key table in step with its table, and refuses with 23505 a key that another row has.';

CREATE FUNCTION ttdb.tg__keep_values() RETURNS trigger
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
    -- The arguments: the rule's name, and the columns.
    v_old constant pg_catalog.jsonb := pg_catalog.to_jsonb(old);
    v_new constant pg_catalog.jsonb := pg_catalog.to_jsonb(new);
    v_relation constant pg_catalog.regclass := coalesce(pg_catalog.pg_partition_root(tg_relid), tg_relid);
    v_column pg_catalog.text;
    v_schema pg_catalog.text;
    v_table pg_catalog.text;
begin
    select n.nspname, c.relname
    into v_schema, v_table
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = v_relation;

    foreach v_column in array tg_argv[1:] loop
        if not v_old operator(pg_catalog.?) v_column then
            raise exception '% has no column %', v_relation, v_column
                using errcode = 'TTCOL', hint = 'Run ttdb.keep_values() again with the column''s new name.';
        end if;
        if v_old ->> v_column is not null
            and v_new ->> v_column is not null
            and v_old -> v_column <> v_new -> v_column then
            raise exception '% of % is written once', v_column, v_table
                using errcode = 'check_violation',
                constraint = tg_argv[0],
                schema = v_schema,
                table = v_table,
                column = v_column,
                hint = 'Leave it as it is: what it says has happened.';
        end if;
    end loop;
    return new;
end;
$$;


ALTER FUNCTION ttdb.tg__keep_values() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.tg__keep_values() IS 'Trigger: refuses with 23514 another value for a filled column of ttdb.keep_values(). It may be emptied where the table''s CHECKs allow that.';

CREATE FUNCTION ttdb.tg__note_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
    v_names constant pg_catalog.text [] := tg_argv[2:];
    v_columns pg_catalog.text;
    v_values pg_catalog.text;
    v_same pg_catalog.text;
begin
    if tg_op = 'TRUNCATE' then
        raise exception 'truncate of % is refused while its rows are being copied', tg_relid::pg_catalog.regclass
            using errcode = 'TTCNV', hint = 'Let the upgrade or downgrade come to its end, or use DELETE.';
    end if;
    select
        pg_catalog.string_agg(pg_catalog.quote_ident(c.name), ', '),
        pg_catalog.string_agg(pg_catalog.format('($1).%I', c.name), ', '),
        pg_catalog.string_agg(pg_catalog.format('t.%1$I = ($1).%1$I', c.name), ' and ')
    into v_columns, v_values, v_same
    from pg_catalog.unnest(v_names) as c (name);
    if tg_op in ('UPDATE', 'DELETE') then
        -- Where there are foreign keys, a copy left behind would keep what it points at from being deleted.
        if tg_argv[1] <> '' then
            execute pg_catalog.format('delete from %s as t where %s', tg_argv[1], v_same) using old;
        end if;
        execute pg_catalog.format('insert into %s (%s) select %s', tg_argv[0], v_columns, v_values) using old;
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
        execute pg_catalog.format('insert into %s (%s) select %s', tg_argv[0], v_columns, v_values) using new;
    end if;
    return null;
end;
$_$;


ALTER FUNCTION ttdb.tg__note_change() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.tg__note_change() IS 'Enters the primary key of a changed row into the notes by which ttdb.copy_rows() follows; refuses TRUNCATE meanwhile.';

CREATE FUNCTION ttdb.tg__open_sales() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    SET enable_seqscan TO 'off'
    AS $$
begin
    if tg_op = 'INSERT' then
        insert into public.ticket_sales (tenant_id, ticket_type_id, quantity)
        values (new.tenant_id, new.id, new.quantity);
    else
        update public.ticket_sales as s
        set quantity = new.quantity
        where s.tenant_id = new.tenant_id and s.ticket_type_id = new.id;
    end if;
    return null;
end;
$$;


ALTER FUNCTION ttdb.tg__open_sales() OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.tg__open_sales() IS 'Trigger: makes a ticket type''s row in public.ticket_sales, and keeps its quantity; the row goes with the type.';

CREATE FUNCTION ttdb.tg__refunds_within_payments() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    SET enable_seqscan TO 'off'
    AS $$
declare
    v_id pg_catalog.uuid;
    v_paid pg_catalog.numeric;
    v_refunded pg_catalog.numeric;
begin
    -- Only what adds a refund, or takes a payment away, can break the rule: the rest waits for nobody.
    if not coalesce(new.type = 'REFUND' and new.status not in ('FAILED', 'CANCELLED'), false)
        and not coalesce(old.type = 'PAYMENT' and old.status = 'SUCCEEDED', false) then
        return null;
    end if;

    for v_id in
        select distinct i.id
        from pg_catalog.unnest(array[old.order_id, new.order_id]) as i (id)
        where i.id is not null
        order by i.id
    loop
        perform ttdb.hold_order(v_id);
        -- A statement of its own: it sees what was committed while the lock was waited for.
        select
            coalesce(pg_catalog.sum(p.amount) filter (where p.type = 'PAYMENT' and p.status = 'SUCCEEDED'), 0),
            coalesce(
                pg_catalog.sum(p.amount) filter (where p.type = 'REFUND' and p.status not in ('FAILED', 'CANCELLED')), 0
            )
        into v_paid, v_refunded
        from public.payment_transactions as p
        inner join public.orders as o on o.tenant_id = p.tenant_id and o.id = p.order_id
        where o.id = v_id;
        if v_refunded > v_paid then
            raise exception 'refunds % of order % exceed its payments %', v_refunded, v_id, v_paid
                using errcode = 'check_violation',
                constraint = 'payment_transactions_refunds_must_not_exceed_payments',
                schema = 'public',
                table = 'payment_transactions',
                column = 'amount',
                hint = 'Pay back at most what was paid and not yet paid back.';
        end if;
    end loop;
    return null;
end;
$$;


ALTER FUNCTION ttdb.tg__refunds_within_payments() OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.tg__refunds_within_payments() IS 'An order''s refunds that did not fail, and were not cancelled, are at most its succeeded payments.';

CREATE FUNCTION ttdb.tg__refuse_retired() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    raise exception '% of the retired month % is refused', pg_catalog.lower(tg_op), tg_relid::pg_catalog.regclass
        using errcode = 'TTRTD',
        hint = 'Attach it again with ttdb.ensure_partition(), or dump and drop it.';
end;
$$;


ALTER FUNCTION ttdb.tg__refuse_retired() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.tg__refuse_retired() IS 'Refuses INSERT, UPDATE, DELETE and TRUNCATE of a retired month.';

CREATE FUNCTION ttdb.tg__sales_equal_tickets() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    SET enable_seqscan TO 'off'
    AS $$
declare
    v_sales public.ticket_sales;
    v_quantity pg_catalog.int4;
    v_taken pg_catalog.int8;
begin
    -- The row as this transaction leaves it, not as one of its changes passed through it. Until it commits, whoever
    -- counts a ticket of this type waits for it.
    select s.*
    into v_sales
    from public.ticket_sales as s
    where s.tenant_id = new.tenant_id and s.ticket_type_id = new.ticket_type_id;
    if not found then
        return null;
    end if;
    select
        t.quantity,
        (
            select pg_catalog.count(*)
            from public.tickets as k
            where k.tenant_id = t.tenant_id and k.ticket_type_id = t.id and k.status in ('RESERVED', 'SOLD', 'USED')
        )
    into v_quantity, v_taken
    from public.ticket_types as t
    where t.tenant_id = new.tenant_id and t.id = new.ticket_type_id;
    if v_sales.sold is distinct from v_taken or v_sales.quantity is distinct from v_quantity then
        raise exception 'ticket type % is counted as % of % sold, its tickets are % of %',
            v_sales.ticket_type_id, v_sales.sold, v_sales.quantity, v_taken, v_quantity
            using errcode = 'check_violation',
            constraint = 'ticket_sales_must_equal_tickets',
            schema = 'public',
            table = 'ticket_sales',
            column = 'sold',
            hint = 'A count can be repaired, to what its tickets are; ttdb.broken_rules() says what that is.';
    end if;
    return null;
end;
$$;


ALTER FUNCTION ttdb.tg__sales_equal_tickets() OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.tg__sales_equal_tickets() IS 'A count that anybody but the counting triggers writes is what its tickets and its type say: an operator repairs it, and can make it nothing else.';

CREATE FUNCTION ttdb.tg__sales_within_quantity() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    SET enable_seqscan TO 'off'
    AS $$
declare
    v_sales public.ticket_sales;
begin
    -- The row as this transaction leaves it, not as one of its changes passed through it.
    select s.*
    into v_sales
    from public.ticket_sales as s
    where s.tenant_id = new.tenant_id and s.ticket_type_id = new.ticket_type_id;
    if v_sales.sold > v_sales.quantity then
        raise exception '% tickets of type % are sold, there are %',
            v_sales.sold, v_sales.ticket_type_id, v_sales.quantity
            using errcode = 'check_violation',
            constraint = 'ticket_sales_must_not_exceed_quantity',
            schema = 'public',
            table = 'ticket_sales',
            column = 'sold',
            hint = 'Take fewer, or raise the ticket type''s quantity.';
    end if;
    return null;
end;
$$;


ALTER FUNCTION ttdb.tg__sales_within_quantity() OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.tg__sales_within_quantity() IS 'The tickets of a type that take a place are at most its quantity. Looked at after all of a transaction''s tickets are counted: who cancels one and takes another when all are sold may do so in either order.';

CREATE FUNCTION ttdb.tg__settle_sales() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
    -- Else a type made again with the same id, in the same transaction, would get what its predecessor's tickets gave
    -- back: its count begins at nothing. Deferred again after that, as declared: whoever made them immediate before has
    -- them looked at when he commits.
    set constraints public.tickets_must_be_counted immediate;
    set constraints public.tickets_must_be_counted deferred;
    return null;
end;
$$;


ALTER FUNCTION ttdb.tg__settle_sales() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.tg__settle_sales() IS 'Trigger: a deleted ticket type takes with it what its tickets changed of its count; one made again starts from none.';

CREATE FUNCTION ttdb.tg__subtotal_equals_items() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    SET enable_seqscan TO 'off'
    AS $$
declare
    v_id pg_catalog.uuid;
    v_ids pg_catalog.uuid[];
    v_subtotal pg_catalog.numeric;
    v_sum pg_catalog.numeric;
begin
    if tg_relid = 'public.orders'::pg_catalog.regclass then
        v_ids := array[new.id];
    else
        v_ids := array[old.order_id, new.order_id];
    end if;

    -- In one order for all transactions: two that hold the same orders must not wait for each other.
    for v_id in
        select distinct i.id
        from pg_catalog.unnest(v_ids) as i (id)
        where i.id is not null
        order by i.id
    loop
        -- An order that fired this itself is changed, and so held, already.
        if tg_relid <> 'public.orders'::pg_catalog.regclass then
            perform ttdb.hold_order(v_id);
        end if;
        -- A statement of its own: it sees what was committed while the lock was waited for.
        select o.subtotal, coalesce((select pg_catalog.sum(i.subtotal)
            from public.order_items as i
            where i.tenant_id = o.tenant_id and i.order_id = o.id), 0)
        into v_subtotal, v_sum
        from public.orders as o
        where o.id = v_id;
        if v_subtotal <> v_sum then
            raise exception 'subtotal % of order % is not the sum % of its items', v_subtotal, v_id, v_sum
                using errcode = 'check_violation',
                constraint = 'orders_subtotal_must_equal_its_items',
                schema = 'public',
                table = 'orders',
                column = 'subtotal',
                hint = 'Change the order and its items in one transaction.';
        end if;
    end loop;
    return null;
end;
$$;


ALTER FUNCTION ttdb.tg__subtotal_equals_items() OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.tg__subtotal_equals_items() IS 'An order''s subtotal is the sum of its items'' subtotals; 0 without items.';

CREATE FUNCTION ttdb.tg__tickets_within_items() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET row_security TO 'on'
    SET enable_seqscan TO 'off'
    AS $$
declare
    v_order pg_catalog.uuid;
    v_type pg_catalog.uuid;
    v_bought pg_catalog.int8;
    v_held pg_catalog.int8;
begin
    if tg_relid = 'public.tickets'::pg_catalog.regclass then
        -- Only a ticket that takes a place it did not have can break the rule: the rest waits for nobody.
        if new.status not in ('RESERVED', 'SOLD', 'USED') or (
            old.status in ('RESERVED', 'SOLD', 'USED')
            and (old.order_id, old.ticket_type_id) = (new.order_id, new.ticket_type_id)
        ) then
            return null;
        end if;
        v_order := new.order_id;
        v_type := new.ticket_type_id;
    else
        v_order := old.order_id;
        v_type := old.ticket_type_id;
    end if;

    perform ttdb.hold_order(v_order);
    -- A statement of its own: it sees what was committed while the lock was waited for. Type and status stand in FILTER,
    -- so that the index on the order serves and none on them: an order has few rows, a type many.
    select
        (
            select coalesce(pg_catalog.sum(i.quantity) filter (where i.ticket_type_id = v_type), 0)
            from public.order_items as i
            where i.tenant_id = o.tenant_id and i.order_id = o.id
        ),
        (
            select pg_catalog.count(*) filter (
                where t.ticket_type_id = v_type and t.status in ('RESERVED', 'SOLD', 'USED')
            )
            from public.tickets as t
            where t.tenant_id = o.tenant_id and t.order_id = o.id
        )
    into v_bought, v_held
    from public.orders as o
    where o.id = v_order;
    if v_held > v_bought then
        raise exception 'order % has % tickets of type % and bought %', v_order, v_held, v_type, v_bought
            using errcode = 'check_violation',
            constraint = 'tickets_must_not_exceed_items',
            schema = 'public',
            table = 'tickets',
            column = 'order_id',
            hint = 'Add to the order''s items, or cancel the tickets that are too many.';
    end if;
    return null;
end;
$$;


ALTER FUNCTION ttdb.tg__tickets_within_items() OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.tg__tickets_within_items() IS 'An order''s tickets of one type that take a place (RESERVED, SOLD, USED) are at most what its items bought of it.';

CREATE FUNCTION ttdb.tg__touch_updated_at() RETURNS trigger
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO ''
    AS $$
begin
    new.updated_at := pg_catalog.now();
    return new;
end;
$$;


ALTER FUNCTION ttdb.tg__touch_updated_at() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.tg__touch_updated_at() IS 'Trigger: sets updated_at to the time of the change.';

CREATE FUNCTION ttdb.tree_of(root regclass) RETURNS TABLE(relation regclass, leaf boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    -- pg_partition_tree() knows only partitioned tables and partitions: a plain table is its own tree.
    select
        tree_of.root,
        false
    union all
    select
        t.relid,
        true
    from pg_catalog.pg_partition_tree(tree_of.root) as t
    where t.relid <> tree_of.root
    order by 2, 1;
$$;


ALTER FUNCTION ttdb.tree_of(root regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.tree_of(root regclass) IS 'A table with all partitions below it; leaf is true of each of those, between or at the ends.';

CREATE FUNCTION ttdb.trigger_arguments(arguments bytea) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    -- Each argument ends with a zero byte; whole bytes are matched, so that no two halves make one.
    select coalesce(
        pg_catalog.array_agg(
            pg_catalog.convert_from(pg_catalog.decode(m.match[1], 'hex'), 'UTF8') order by m.position
        ),
        '{}'
    )
    from pg_catalog.regexp_matches(
        pg_catalog.encode(trigger_arguments.arguments, 'hex'), '((?:[1-9a-f][0-9a-f]|0[1-9a-f])*)00', 'g'
    ) with ordinality as m (match, position);
$$;


ALTER FUNCTION ttdb.trigger_arguments(arguments bytea) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.trigger_arguments(arguments bytea) IS 'The arguments of a trigger, from pg_trigger.tgargs.';

CREATE FUNCTION ttdb.unconvertible(relation regclass, key_column name) RETURNS TABLE(place integer, named name, reason text, hint text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
    v_class pg_catalog.pg_class;
begin
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = unconvertible.relation;
    if v_class.relkind is null or (v_class.relkind = 'p' and ttdb.month_key_of(relation) = key_column) then
        return;
    end if;
    return query
        select
            1,
            null::pg_catalog.name,
            'it is no plain, permanent table of its own',
            'Only a table that is logged, not partitioned and in no inheritance can be converted.'
        where v_class.relkind <> 'r'
            or v_class.relpersistence <> 'p'
            or v_class.relispartition
            or exists (
                select from pg_catalog.pg_inherits as i where unconvertible.relation in (i.inhparent, i.inhrelid)
            )
        union all
        select
            2,
            null,
            pg_catalog.format('it belongs to %s', pg_catalog.pg_get_userbyid(v_class.relowner)),
            'An administrator gives it to ttdb_owner: ttdb bootstrap --apply.'
        where v_class.relowner <> 'ttdb_owner'::pg_catalog.regrole
        union all
        select
            3,
            null,
            'its name is too long for months',
            'Each adds 8 bytes, as in _2026_03, to at most 63: rename the table.'
        where pg_catalog.octet_length(v_class.relname::pg_catalog.text) > 50
        union all
        select
            4,
            null,
            pg_catalog.format('it has no timestamptz column %I', unconvertible.key_column),
            'Months go by a column of type timestamptz.'
        where not exists (
            select
            from pg_catalog.pg_attribute as a
            where a.attrelid = unconvertible.relation
                and a.attname = unconvertible.key_column
                and a.atttypid = 'pg_catalog.timestamptz'::pg_catalog.regtype
                and a.attgenerated = ''
        )
        union all
        select
            5,
            null,
            'it has no primary key, or one that holds the partition key, is deferrable or includes more columns',
            'Give it one that says which row is meant: alter table ... add primary key using index ...'
        where not exists (
            select
            from pg_catalog.pg_constraint as k
            inner join pg_catalog.pg_attribute as a
                on a.attrelid = k.conrelid and a.attname = unconvertible.key_column
            inner join pg_catalog.pg_index as i on i.indexrelid = k.conindid and i.indnatts = i.indnkeyatts
            where k.conrelid = unconvertible.relation
                and k.contype = 'p'
                and not k.condeferrable
                and a.attnum <> all(k.conkey)
        )
        union all
        select
            6,
            k.conname,
            pg_catalog.format(
                'foreign key %I of %s points at it', k.conname, k.conrelid::pg_catalog.regclass
            ),
            'Its key will hold the partition key too: drop that foreign key first, or let it point at a key table.'
        from pg_catalog.pg_constraint as k
        where k.confrelid = unconvertible.relation and k.contype = 'f'
        union all
        select
            7,
            c.relname,
            pg_catalog.format('index %s keeps values unique without %I', i.indexrelid::pg_catalog.regclass, key_column),
            'No index can over all months: keep them by ttdb.keep_unique() and drop the index, or add the column to it.'
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
        inner join pg_catalog.pg_attribute as a
            on a.attrelid = i.indrelid and a.attname = unconvertible.key_column
        where i.indrelid = unconvertible.relation
            and i.indisunique
            and not i.indisprimary
            and c.relname <> v_class.relname || '_former_key'
            and a.attnum <> all(i.indkey::pg_catalog.int2 [])
        union all
        select
            8,
            k.conname,
            pg_catalog.format('constraint %I is an exclusion, or not validated', k.conname),
            'Validate it first; an exclusion does not go over months: drop it.'
        from pg_catalog.pg_constraint as k
        where k.conrelid = unconvertible.relation
            and (
                not k.convalidated
                or (k.contype <> 'f' and exists (
                    select from pg_catalog.pg_index as i where i.indexrelid = k.conindid and i.indisexclusion
                ))
            )
        union all
        select
            9,
            c.relname,
            pg_catalog.format('index %s is not valid', i.indexrelid::pg_catalog.regclass),
            'Build it again: reindex index concurrently ...'
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
        where i.indrelid = unconvertible.relation and not i.indisvalid
        -- What depends on a table follows it when it is renamed, and would miss what comes in later.
        union all
        select
            10,
            null,
            pg_catalog.format('%s reads it', pg_catalog.pg_describe_object(d.classid, d.objid, 0)),
            'It would go on reading the old table: drop it, and make it again afterwards.'
        from pg_catalog.pg_depend as d
        left join pg_catalog.pg_rewrite as r
            on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.objid
        left join pg_catalog.pg_class as v on v.oid = r.ev_class
        left join pg_catalog.pg_policy as p
            on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and p.oid = d.objid
        where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.refobjid = unconvertible.relation
            and (
                d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                or v.relkind <> 'v'
                or p.polrelid <> unconvertible.relation
                -- A policy that asks the table itself: its expression names the table, not the row.
                or (p.oid is not null and pg_catalog.pg_get_expr(p.polqual, p.polrelid) ~* '\mselect\M.*\mfrom\M'
                    and d.refobjsubid = 0 and d.deptype = 'n')
                or (v.relkind = 'v' and not pg_catalog.pg_has_role(v.relowner, 'member'))
                -- A rule that writes into the table; what a view reads can be said again.
                or r.rulename <> '_RETURN'
            )
        union all
        select
            11,
            null,
            pg_catalog.format('%s has its row type', pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)),
            'It would keep the old table''s type: drop it, and make it again afterwards.'
        from pg_catalog.pg_depend as d
        inner join pg_catalog.pg_type as t on t.oid = d.refobjid
        where d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
            and (t.oid = v_class.reltype or t.typelem = v_class.reltype)
            and d.deptype = 'n'
        union all
        select
            12,
            null,
            pg_catalog.format(
                'view %s groups by its primary key', r.ev_class::pg_catalog.regclass
            ),
            'The key will change: name all columns in that GROUP BY.'
        from pg_catalog.pg_constraint as k
        inner join pg_catalog.pg_depend as d
            on d.refclassid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
            and d.refobjid = k.oid
            and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        inner join pg_catalog.pg_rewrite as r on r.oid = d.objid
        where k.conrelid = unconvertible.relation
        union all
        select
            13,
            null,
            pg_catalog.format('publication %I holds it', b.pubname),
            'Its subscribers would get rows twice: let it name other tables only, and put this one in afterwards.'
        from pg_catalog.pg_publication as b
        where exists (
            select
            from pg_catalog.pg_get_publication_tables(b.pubname::pg_catalog.text) as m
            where m.relid = unconvertible.relation
        )
        union all
        select
            14,
            null,
            'its replica identity is not the default',
            'Set it back: alter table ... replica identity default.'
        where v_class.relreplident <> 'd'
        union all
        select
            15,
            null,
            'row security is forced on it and was not made by ttdb.protect(): nobody could copy all rows',
            'Protect it by ttdb.protect(), whose policies show an operator every row.'
        where v_class.relrowsecurity
            and v_class.relforcerowsecurity
            and not exists (select from ttdb.tenant_tables as t where t.relation = unconvertible.relation)
        union all
        select
            16,
            null,
            pg_catalog.format('trigger %I cannot be on a partitioned table', g.tgname),
            'A trigger for each row may have no transition table there: rewrite or drop it.'
        from pg_catalog.pg_trigger as g
        where g.tgrelid = unconvertible.relation
            and not g.tgisinternal
            and (g.tgtype & 1) = 1
            and (g.tgoldtable is not null or g.tgnewtable is not null);
end;
$$;


ALTER FUNCTION ttdb.unconvertible(relation regclass, key_column name) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.unconvertible(relation regclass, key_column name) IS 'Every reason why a table cannot be made partitioned while in use, with the name of what is in the way, and what to do about it; those with a lower place come first.';

CREATE FUNCTION ttdb.undress(relation regclass, tenant_column name) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_policy pg_catalog.name;
    v_object pg_catalog.regclass;
    v_role pg_catalog.name;
begin
    for v_policy in
        select p.policy
        from ttdb.policies_on(relation) as p
        inner join ttdb.policies_for(
            tenant_column,
            array['select', 'insert', 'update', 'delete'],
            array['select', 'insert', 'update', 'delete'],
            array['select', 'insert', 'update', 'delete'],
            false
        ) as o on o.policy = p.policy
    loop
        execute pg_catalog.format('drop policy %I on %s', v_policy, relation);
    end loop;

    for v_object, v_role in
        select distinct
            g.object,
            g.role
        from ttdb.grants_on(relation) as g
    loop
        -- GRANT and REVOKE take a sequence as a table, too.
        execute pg_catalog.format('revoke all on table %s from %I', v_object, v_role);
    end loop;
end;
$$;


ALTER FUNCTION ttdb.undress(relation regclass, tenant_column name) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.undress(relation regclass, tenant_column name) IS 'Drops the policies of ttdb.protect() from a table and revokes what the group roles may do with it.';

CREATE FUNCTION ttdb.unique_triggers_for(relation regclass, tenant_column name, columns name[], across_tenants boolean, month_key name DEFAULT NULL::name) RETURNS TABLE(trigger_name name, type integer, definition text, comment text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $_$
    with parts as (
        select
            pg_catalog.array_to_string(unique_triggers_for.columns, '_') as suffix,
            (
                select pg_catalog.string_agg(pg_catalog.format('new.%I is not null', c.name), ' and ')
                from pg_catalog.unnest(unique_triggers_for.columns) as c (name)
            ) as new_present,
            (
                select pg_catalog.string_agg(pg_catalog.format('old.%I is not null', c.name), ' and ')
                from pg_catalog.unnest(unique_triggers_for.columns) as c (name)
            ) as old_present,
            (
                select pg_catalog.string_agg(
                    pg_catalog.format('old.%1$I is distinct from new.%1$I', k.column_name), ' or ' order by k.place
                )
                from ttdb.key_columns_of(
                    unique_triggers_for.relation,
                    unique_triggers_for.tenant_column,
                    unique_triggers_for.columns,
                    unique_triggers_for.across_tenants,
                    unique_triggers_for.month_key
                ) as k
            ) as changed
    )

    -- WHEN and not UPDATE OF: a trigger before may change a column that the statement does not name.
    -- tgtype: 1 is FOR EACH ROW, with 4 INSERT, 8 DELETE or 16 UPDATE; 34 is BEFORE TRUNCATE FOR EACH STATEMENT.
    select
        t.trigger_name::pg_catalog.name,
        t.type,
        pg_catalog.format(
            'create trigger %I %s on %s for each %s execute function ttdb.tg__keep_unique(%L)',
            t.trigger_name,
            t.moment,
            unique_triggers_for.relation,
            coalesce('row when (' || t.condition || ')', 'statement'),
            unique_triggers_for.columns
        ),
        t.comment
    from parts as p
    cross join lateral (
        values
        ('_200_add_key_' || p.suffix, 5, 'after insert', p.new_present, 'Enters the row''s key: no other row has it.'),
        ('_200_change_key_' || p.suffix, 17, 'after update', p.changed, 'Enters the row''s new key, and gives up the old.'),
        ('_200_drop_key_' || p.suffix, 9, 'after delete', p.old_present, 'Gives up the row''s key.'),
        ('_200_empty_keys_' || p.suffix, 34, 'before truncate', null, 'Gives up the keys of all rows that go at once.')
    ) as t (trigger_name, type, moment, condition, comment);
$_$;


ALTER FUNCTION ttdb.unique_triggers_for(relation regclass, tenant_column name, columns name[], across_tenants boolean, month_key name) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.unique_triggers_for(relation regclass, tenant_column name, columns name[], across_tenants boolean, month_key name) IS 'The triggers that ttdb.keep_unique() puts on a table, and that of TRUNCATE on its partitions too.';

CREATE FUNCTION ttdb.unobserve_table(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_policy pg_catalog.name;
begin
    for v_policy in
        select p.polname
        from pg_catalog.pg_policy as p
        where p.polrelid = unobserve_table.relation
            and p.polroles = array[pg_catalog.to_regrole('ttdb_observed')::pg_catalog.oid]
    loop
        execute pg_catalog.format('drop policy %I on %s', v_policy, relation);
    end loop;
    if exists (
        select
        from pg_catalog.pg_class as c
        cross join lateral pg_catalog.aclexplode(c.relacl) as a
        where c.oid = unobserve_table.relation
            and a.grantee = pg_catalog.to_regrole('ttdb_observed')::pg_catalog.oid
    ) then
        execute pg_catalog.format('revoke all on %s from ttdb_observed', relation);
    end if;
end;
$$;


ALTER FUNCTION ttdb.unobserve_table(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.unobserve_table(relation regclass) IS 'Drops what ttdb.observe_table() made on a relation, whether it is still registered or not.';

CREATE FUNCTION ttdb.unpartition_by_month(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_entry ttdb.partitioned_tables;
    v_default pg_catalog.regclass;
    v_forced pg_catalog.bool;
    v_holds pg_catalog.bool;
    v_key record;
    v_column record;
begin
    select p.* into v_entry from ttdb.partitioned_tables as p where p.relation = unpartition_by_month.relation;
    if not found then
        return;
    end if;
    select
        m.leaf,
        c.relforcerowsecurity
    into v_default, v_forced
    from ttdb.months_of(relation) as m
    inner join pg_catalog.pg_class as c on c.oid = m.leaf
    where m.state = 'default';

    if v_default is not null and v_entry.found is null then
        -- Under FORCE the owner would find it empty whatever it holds.
        if v_forced then
            execute pg_catalog.format('alter table %s no force row level security', v_default);
        end if;
        execute pg_catalog.format('select exists (select from %s)', v_default) into v_holds;
        if v_forced then
            execute pg_catalog.format('alter table %s force row level security', v_default);
        end if;
        if not v_holds then
            execute pg_catalog.format('drop table %s', v_default);
        end if;
    elsif v_default is not null then
        if pg_catalog.cardinality(v_entry.storage) > 0 then
            execute pg_catalog.format(
                'alter table %s reset (%s)',
                v_default,
                (
                    select pg_catalog.string_agg(pg_catalog.split_part(s.setting, '=', 1), ', ')
                    from pg_catalog.unnest(v_entry.storage) as s (setting)
                )
            );
        end if;
        if pg_catalog.cardinality(v_entry.found) > 0 then
            execute pg_catalog.format(
                'alter table %s set (%s)', v_default, pg_catalog.array_to_string(v_entry.found, ', ')
            );
        end if;
    end if;

    -- Retired months keep their rows, and give up the foreign keys that would keep what they name from being dropped.
    for v_key in
        select
            m.leaf,
            k.conname
        from ttdb.months_of(relation) as m
        inner join pg_catalog.pg_constraint as k on k.conrelid = m.leaf and k.contype = 'f' and k.conparentid = 0
        where m.state = 'retired'
    loop
        execute pg_catalog.format('alter table %s drop constraint %I', v_key.leaf, v_key.conname);
    end loop;
    -- So with the defaults that would keep our functions: nobody inserts into a retired month.
    for v_column in
        select distinct
            m.leaf,
            a.attname
        from ttdb.months_of(relation) as m
        inner join pg_catalog.pg_attrdef as e on e.adrelid = m.leaf
        inner join pg_catalog.pg_attribute as a
            on a.attrelid = e.adrelid and a.attnum = e.adnum and a.attgenerated = ''
        inner join pg_catalog.pg_depend as d
            on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
            and d.objid = e.oid
            and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        inner join pg_catalog.pg_proc as f on f.oid = d.refobjid
        where m.state = 'retired' and f.pronamespace = 'ttdb'::pg_catalog.regnamespace
    loop
        execute pg_catalog.format('alter table %s alter column %I drop default', v_column.leaf, v_column.attname);
    end loop;
    delete from ttdb.partitioned_tables as p where p.relation = unpartition_by_month.relation;
end;
$$;


ALTER FUNCTION ttdb.unpartition_by_month(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.unpartition_by_month(relation regclass) IS 'Undoes ttdb.partition_by_month(): months stay attached, and so does a DEFAULT partition that holds rows; retired months stand on without foreign keys, and without defaults that call ttdb''s functions.';

CREATE FUNCTION ttdb.unpartition_in_place(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    SET row_security TO 'on'
    AS $_$
declare
    v_entry ttdb.converted_tables;
    v_class pg_catalog.pg_class;
    v_space pg_catalog.name;
    v_name pg_catalog.text;
    v_heap pg_catalog.text;
    v_old pg_catalog.text;
    v_key pg_catalog.name;
    v_comments pg_catalog.text [];
    v_heap_key pg_catalog.name;
    v_piece record;
    v_roles pg_catalog.text [];
    v_outside pg_catalog.text [];
    v_names pg_catalog.text [];
begin
    select c.* into v_entry from ttdb.converted_tables as c where c.relation = unpartition_in_place.relation;
    if not found then
        return;
    end if;
    execute pg_catalog.format('lock table %s in access exclusive mode', relation);
    if v_entry.arrangement <> 'whole' or v_entry.wanted is not null then
        raise exception 'rows of % lie in months', relation
            using errcode = 'TTCNV', hint = 'Have them copied into one partition first: downgrade the step that moved them.';
    end if;
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = unpartition_in_place.relation;
    select
        n.nspname,
        pg_catalog.format('%I.%I', n.nspname, v_class.relname),
        pg_catalog.format('%I.%I', n.nspname, v_class.relname || '_whole'),
        pg_catalog.format('%I.%I', n.nspname, v_class.relname || '_parted')
    into v_space, v_name, v_heap, v_old
    from pg_catalog.pg_namespace as n
    where n.oid = v_class.relnamespace;
    select k.conname into v_key from pg_catalog.pg_constraint as k where k.conrelid = v_class.oid and k.contype = 'p';
    -- A partition that the rows were copied into has its keys and indexes without a word.
    select pg_catalog.array_agg(s.statement order by s.place)
    into v_comments
    from ttdb.statements_inside(relation, ttdb.month_key_of(relation)) as s
    where pg_catalog.starts_with(s.statement, 'comment ');
    select k.conname
    into v_heap_key
    from pg_catalog.pg_constraint as k
    where k.conrelid = v_heap::pg_catalog.regclass and k.contype = 'p';
    select
        pg_catalog.array_agg(s.role order by s.place, s.statement),
        pg_catalog.array_agg(s.statement order by s.place, s.statement)
    into v_roles, v_outside
    from ttdb.statements_outside(relation) as s;
    -- Each index of the partition is to bear the name of that of the whole again.
    select pg_catalog.array_agg(pg_catalog.format(
        'alter index %s rename to %I', i.inhrelid::pg_catalog.regclass, p.relname
    ))
    into v_names
    from pg_catalog.pg_index as x
    inner join pg_catalog.pg_inherits as i on i.inhparent = x.indexrelid
    inner join pg_catalog.pg_class as p on p.oid = x.indexrelid
    where x.indrelid = v_class.oid and not x.indisprimary;

    execute pg_catalog.format('alter table %s detach partition %s', v_name, v_heap);
    -- What it had as a partition, and gets again from what its parent had.
    for v_piece in
        select 'drop trigger ' || pg_catalog.quote_ident(t.tgname) || ' on ' || v_heap as statement
        from pg_catalog.pg_trigger as t
        where t.tgrelid = v_heap::pg_catalog.regclass and not t.tgisinternal
        union all
        select pg_catalog.format('drop statistics %I.%I', n.nspname, s.stxname)
        from pg_catalog.pg_statistic_ext as s
        inner join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace
        where s.stxrelid in (v_heap::pg_catalog.regclass, v_class.oid)
    loop
        execute v_piece.statement;
    end loop;
    execute pg_catalog.format('alter table %s rename to %I', v_name, v_class.relname || '_parted');
    execute pg_catalog.format('alter table %s rename to %I', v_heap, v_class.relname);
    execute pg_catalog.format('comment on table %s is null', v_name);
    perform ttdb.take_over(v_name::pg_catalog.regclass, relation);
    perform ttdb.say_again(v_outside, v_roles);
    delete from ttdb.converted_tables as c where c.relation = v_name::pg_catalog.regclass;
    execute pg_catalog.format('drop table %s', v_old);

    perform ttdb.say_again(v_names);
    execute pg_catalog.format(
        'alter table %1$s drop constraint %2$I, add constraint %3$I primary key using index %4$I',
        v_name, v_heap_key, v_key, v_class.relname || '_former_key'
    );
    execute pg_catalog.format('comment on index %I.%I is null', v_space, v_key);
    perform ttdb.say_again(v_comments);
    if pg_catalog.cardinality(v_entry.former_options) > 0 then
        execute pg_catalog.format(
            'alter table %s set (%s)', v_name, pg_catalog.array_to_string(v_entry.former_options, ', ')
        );
    end if;
end;
$_$;


ALTER FUNCTION ttdb.unpartition_in_place(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.unpartition_in_place(relation regclass) IS 'Undoes ttdb.partition_in_place(): the only partition is the table again, with its former key.';

CREATE FUNCTION ttdb.unprotect(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_entry ttdb.tenant_tables;
    v_piece record;
    v_grant record;
begin
    select t.* into v_entry from ttdb.tenant_tables as t where t.relation = unprotect.relation;
    if not found then
        return;
    end if;
    if exists (select from ttdb.personal_columns as c where c.relation = unprotect.relation) then
        raise exception '% has masked columns', relation
            using errcode = 'TTMSK',
            hint = 'Without policies the masked view would show every tenant: masked.forget() them first.';
    end if;

    for v_piece in
        select
            t.relation,
            coalesce(f.enabled, false) as enabled,
            coalesce(f.forced, false) as forced
        from ttdb.tree_of(unprotect.relation) as t
        left join pg_catalog.jsonb_to_recordset(v_entry.found -> 'row_security')
            as f (
                relation pg_catalog.text, root pg_catalog.bool, enabled pg_catalog.bool, forced pg_catalog.bool
            )
            on case when f.root then not t.leaf else pg_catalog.to_regclass(f.relation) = t.relation end
        order by t.leaf, t.relation
    loop
        perform ttdb.undress(v_piece.relation, v_entry.tenant_column);
        execute pg_catalog.format(
            'alter table %s %s row level security, %s row level security',
            v_piece.relation,
            case when v_piece.enabled then 'enable' else 'disable' end,
            case when v_piece.forced then 'force' else 'no force' end
        );
    end loop;

    for v_grant in
        select
            g.role,
            g.privilege,
            g.grantable,
            c.oid::pg_catalog.regclass as object,
            c.relkind
        from pg_catalog.jsonb_to_recordset(v_entry.found -> 'grants')
            as g (
                object pg_catalog.text, root pg_catalog.bool, role pg_catalog.text, privilege pg_catalog.text,
                grantable pg_catalog.bool
            )
        inner join pg_catalog.pg_class as c
            on c.oid = case when g.root then unprotect.relation else pg_catalog.to_regclass(g.object) end
    loop
        execute pg_catalog.format(
            'grant %s on %s %s to %I',
            v_grant.privilege,
            case when v_grant.relkind = 'S' then 'sequence' else 'table' end,
            v_grant.object,
            v_grant.role
        ) || case when v_grant.grantable then ' with grant option' else '' end;
    end loop;

    delete from ttdb.tenant_tables as t where t.relation = unprotect.relation;
end;
$$;


ALTER FUNCTION ttdb.unprotect(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.unprotect(relation regclass) IS 'Takes off what ttdb.protect() put on, and gives back the row security and the grants that stood before.';

CREATE FUNCTION ttdb.verified_tenant_id() RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO ''
    SET row_security TO 'on'
    AS $_$
declare
    v_token constant pg_catalog.text := pg_catalog.current_setting(ttdb.tenant_setting(), true);
    v_parts pg_catalog.text[];
    v_key ttdb.context_keys;
    v_signature pg_catalog.bytea;
begin
    -- The pattern comes first: after it no cast can fail, and what is malformed gives no rows and no error.
    if v_token is null or v_token !~ (
        '^v1\.[a-z0-9]{1,32}\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
        '\.[0-9]{1,11}\.[0-9a-f]{64}$'
    ) then
        return null;
    end if;
    v_parts := pg_catalog.string_to_array(v_token, '.');

    -- By the transaction's beginning: a token that ended halfway would let the first half be committed alone.
    if v_parts[4]::pg_catalog.int8 <= extract(epoch from pg_catalog.now()) then
        return null;
    end if;

    select k.*
    into v_key
    from ttdb.context_keys as k
    where k.key_id = v_parts[2] and k.retired_at is null;
    if not found then
        return null;
    end if;

    v_signature := pg_catalog.sha256(
        v_key.outer_block || pg_catalog.sha256(
            v_key.inner_block || pg_catalog.convert_to(
                pg_catalog."left"(v_token, -65), 'UTF8' -- without the last dot and the 64 digits behind it
            )
        )
    );
    -- Digests under the key are compared: how far two of those agree says nothing about the signatures.
    if pg_catalog.sha256(v_key.outer_block || pg_catalog.decode(v_parts[5], 'hex'))
        = pg_catalog.sha256(v_key.outer_block || v_signature) then
        return v_parts[3]::pg_catalog.uuid;
    end if;
    return null;
end;
$_$;


ALTER FUNCTION ttdb.verified_tenant_id() OWNER TO ttdb_definer;

COMMENT ON FUNCTION ttdb.verified_tenant_id() IS 'The tenant of the token in the setting; NULL, and never an error, unless it is whole, signed by a key that stands, and had not expired when the transaction began.';

CREATE FUNCTION ttdb.weakened_registrations() RETURNS TABLE(identity text, object text, revision text, detail text, mend text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $_$
    with recorded as (
        select
            m.identity,
            m.revision,
            pg_catalog.split_part(m.identity, ': ', 1) as registry,
            m.definition::pg_catalog.jsonb as entry
        from ttdb.managed_objects as m
        where m.kind = 'registration'
    ),

    -- What is gone with its table or function is told of that.
    standing as (
        select
            r.*,
            coalesce(r.entry ->> 'relation', r.entry ->> 'function') as object,
            pg_catalog.to_regclass(r.entry ->> 'relation') as relation,
            pg_catalog.to_regprocedure(r.entry ->> 'function') as function
        from recorded as r
        where coalesce(
            pg_catalog.to_regclass(r.entry ->> 'relation')::pg_catalog.oid,
            pg_catalog.to_regprocedure(r.entry ->> 'function')::pg_catalog.oid
        ) is not null
    ),

    present as (
        select
            d.identity,
            d.definition::pg_catalog.jsonb as entry
        from ttdb.registrations_of(
            array(select distinct s.relation from standing as s where s.relation is not null),
            array(select distinct s.function from standing as s where s.function is not null)
        ) as d
    ),

    compared as (
        select
            s.*,
            p.entry as now,
            case
                when p.entry is null then 'is gone'
                when s.registry = 'ttdb.tenant_tables' and p.entry -> 'tenant_column' <> s.entry -> 'tenant_column'
                    then pg_catalog.format('names %s as its tenant', p.entry ->> 'tenant_column')
                when s.registry = 'ttdb.tenant_tables' and not (
                    s.entry -> 'app' @> (p.entry -> 'app')
                    and s.entry -> 'worker' @> (p.entry -> 'worker')
                    and s.entry -> 'definer' @> (p.entry -> 'definer')
                ) then 'lets roles do more with its rows'
                -- Whatever is excluded leaves no value, and what is no longer excluded leaves a secret.
                when s.registry = 'ttdb.audited_tables' and not s.entry -> 'excluded' @> (p.entry -> 'excluded')
                    then 'keeps more of its columns out of the trail'
                when s.registry = 'ttdb.audited_tables' and not p.entry -> 'excluded' @> (s.entry -> 'excluded')
                    then 'lets columns into the trail that are secret'
                when s.registry = 'ttdb.personal_columns' and s.entry ->> 'mask' <> 'plain'
                    and p.entry ->> 'mask' not in (s.entry ->> 'mask', 'redacted')
                    then pg_catalog.format('masks it as %s', p.entry ->> 'mask')
                when s.registry = 'ttdb.partitioned_tables' and p.entry -> 'key_column' <> s.entry -> 'key_column'
                    then pg_catalog.format('names %s as the time of its rows', p.entry ->> 'key_column')
                -- In seconds a year has its quarter of a day: as intervals, 2555 days are longer than seven years.
                when s.registry = 'ttdb.partitioned_tables'
                    and extract(epoch from (p.entry ->> 'retention')::pg_catalog.interval)
                    < extract(epoch from (s.entry ->> 'retention')::pg_catalog.interval)
                    then pg_catalog.format('keeps its months for %s', p.entry ->> 'retention')
                when s.registry = 'ttdb.unique_keys' and p.entry <> s.entry then 'keeps something else unique'
            end as change
        from standing as s
        left join present as p on p.identity = s.identity
    )

    select
        c.identity,
        c.object,
        c.revision,
        pg_catalog.format(
            'registration %s %s, which revision %s left as: %s',
            c.identity,
            c.change,
            c.revision,
            pg_catalog.left(c.entry::pg_catalog.text, 120)
        ),
        pg_catalog.concat_ws(
            ' ',
            case
                when c.now is not null then pg_catalog.format(
                    'delete from %s where %s;',
                    c.registry,
                    case c.registry
                        when 'ttdb.personal_columns' then pg_catalog.format(
                            'relation = %L::regclass and column_name = %L', c.object, c.entry ->> 'column_name'
                        )
                        when 'ttdb.unique_keys' then pg_catalog.format('keys = %L::regclass', c.entry ->> 'keys')
                        else pg_catalog.format('relation = %L::regclass', c.object)
                    end
                )
            end,
            pg_catalog.format(
                'insert into %1$s select * from jsonb_populate_record(null::%1$s, %2$L);', c.registry, c.entry
            )
        )
    from compared as c
    where c.change is not null
    order by c.identity collate pg_catalog."C";
$_$;


ALTER FUNCTION ttdb.weakened_registrations() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.weakened_registrations() IS 'Which registrations of a revision are gone, or protect less than it left them, with the SQL that restores each; what was added or made stricter is not among them.';

CREATE FUNCTION ttdb.wears(relation regclass, tenant_column name, app text[], worker text[], definer text[], leaf boolean) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select
        exists (
            select
            from pg_catalog.pg_class as c
            where c.oid = wears.relation and c.relrowsecurity and c.relforcerowsecurity
        )
        and not exists (
            select * from ttdb.policies_for(wears.tenant_column, wears.app, wears.worker, wears.definer, wears.leaf)
            except
            select p.policy, p.command, p.role, p.using_expression, p.check_expression
            from ttdb.policies_on(wears.relation) as p
            where p.permissive
        )
        -- One more permissive policy would widen ours; a restrictive one only narrows them.
        and not exists (
            select p.policy, p.command, p.role, p.using_expression, p.check_expression
            from ttdb.policies_on(wears.relation) as p
            where p.permissive
            except
            select * from ttdb.policies_for(wears.tenant_column, wears.app, wears.worker, wears.definer, wears.leaf)
        )
        and not exists (
            select * from ttdb.grants_for(wears.relation, wears.app, wears.worker, wears.definer, wears.leaf)
            except
            select g.object, g.role, g.privilege from ttdb.grants_on(wears.relation) as g
        )
        and not exists (
            select g.object, g.role, g.privilege from ttdb.grants_on(wears.relation) as g
            except
            select * from ttdb.grants_for(wears.relation, wears.app, wears.worker, wears.definer, wears.leaf)
        );
$$;


ALTER FUNCTION ttdb.wears(relation regclass, tenant_column name, app text[], worker text[], definer text[], leaf boolean) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.wears(relation regclass, tenant_column name, app text[], worker text[], definer text[], leaf boolean) IS 'Whether a table has row security forced, and exactly the policies and grants of ttdb.protect().';

CREATE FUNCTION ttdb.wears_rule(relation regclass, constraint_name name, rule_function regprocedure, columns name[], arguments text[]) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    -- tgtype: 17 is AFTER UPDATE FOR EACH ROW, 19 BEFORE UPDATE FOR EACH ROW.
    select not exists (
        select
        from pg_catalog.pg_class as c
        cross join (
            values
            (wears_rule.constraint_name::pg_catalog.text, 17, true),
            ('_200_' || wears_rule.constraint_name, 19, false)
        ) as w (name, type, is_constraint)
        where c.oid = wears_rule.relation
            and (w.is_constraint or c.relkind = 'p')
            and not exists (
                select
                from pg_catalog.pg_trigger as t
                where t.tgrelid = c.oid
                    and t.tgname = w.name::pg_catalog.name
                    and t.tgtype = w.type
                    and (t.tgconstraint <> 0) = w.is_constraint
                    and not t.tgdeferrable
                    and t.tgenabled in ('O', 'A')
                    and t.tgfoid = wears_rule.rule_function
                    and ttdb.trigger_arguments(t.tgargs)
                    = wears_rule.constraint_name::pg_catalog.text || wears_rule.arguments
                    -- Of a varchar, the server prints that it is compared as text.
                    and pg_catalog.strpos(
                        pg_catalog.regexp_replace(
                            pg_catalog.pg_get_triggerdef(t.oid), '[(]((old|new)[.][^()]+)[)]::text', '\1', 'g'
                        ),
                        ' WHEN ' || ttdb.condition_of_change(wears_rule.columns)
                    ) > 0
            )
    )
    and exists (select from pg_catalog.pg_class as c where c.oid = wears_rule.relation);
$$;


ALTER FUNCTION ttdb.wears_rule(relation regclass, constraint_name name, rule_function regprocedure, columns name[], arguments text[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.wears_rule(relation regclass, constraint_name name, rule_function regprocedure, columns name[], arguments text[]) IS 'Whether a table has the enabled triggers of a rule of ttdb.allow_transitions() or ttdb.keep_values().';

CREATE FUNCTION ttdb.write_older_settings() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_cases pg_catalog.text;
begin
    select pg_catalog.string_agg(
        pg_catalog.format('when %L then %L::pg_catalog.text[]', o.login, o.settings), ' ' order by o.login
    )
    into v_cases
    from (
        select
            s.login,
            pg_catalog.array_agg(s.setting order by s.setting) as settings
        from ttdb.older_settings as s
        group by s.login
    ) as o;
    execute 'create or replace function ttdb.older_settings_of_login() returns pg_catalog.text[] '
        'language sql stable parallel safe security invoker return '
        || coalesce('case session_user ' || v_cases || ' end', 'null::pg_catalog.text[]');

    -- A decision is no drift: the record of how the function must look follows it.
    update ttdb.managed_objects as m
    set definition = d.definition
    from ttdb.definitions_in('{ttdb}') as d
    where d.kind = m.kind and d.identity = m.identity and m.identity = 'ttdb.older_settings_of_login()';
end;
$$;


ALTER FUNCTION ttdb.write_older_settings() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.write_older_settings() IS 'Makes ttdb.older_settings_of_login() anew.';


SET default_tablespace = '';

CREATE TABLE audit.trail (
    id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    tenant_id uuid,
    relation text NOT NULL,
    operation text NOT NULL,
    row_key jsonb,
    old_row jsonb,
    new_row jsonb,
    login name NOT NULL,
    role name NOT NULL,
    transaction_id xid8 NOT NULL,
    application text,
    client inet,
    CONSTRAINT trail_operation_must_be_known CHECK ((operation = ANY (ARRAY['INSERT'::text, 'UPDATE'::text, 'DELETE'::text, 'TRUNCATE'::text, 'RESOLVE'::text, 'LOAD'::text])))
)
PARTITION BY RANGE (created_at);

ALTER TABLE ONLY audit.trail FORCE ROW LEVEL SECURITY;


ALTER TABLE audit.trail OWNER TO ttdb_owner;

COMMENT ON TABLE audit.trail IS 'Every change to an audited table, and every question put to a resolver, by month; append-only.';

COMMENT ON COLUMN audit.trail.id IS 'in the order of writing; with gaps, where a change was rolled back';

COMMENT ON COLUMN audit.trail.created_at IS 'when the transaction that made the change began';

COMMENT ON COLUMN audit.trail.tenant_id IS 'the changed row''s tenant; where the table has none, the transaction''s';

COMMENT ON COLUMN audit.trail.relation IS 'the table; of a partition, the table that it is part of; for RESOLVE, the function that was asked';

COMMENT ON COLUMN audit.trail.operation IS 'INSERT, UPDATE, DELETE or TRUNCATE of rows; RESOLVE: which tenant it is was asked, before any was set; LOAD: many rows were inserted at once, new_row says how many';

COMMENT ON COLUMN audit.trail.row_key IS 'the primary key as it was before the change; NULL for TRUNCATE, RESOLVE and LOAD';

COMMENT ON COLUMN audit.trail.old_row IS 'the row before; excluded columns hold "(excluded)"';

COMMENT ON COLUMN audit.trail.new_row IS 'the row after; excluded columns hold "(excluded)" or "(excluded, changed)"';

COMMENT ON COLUMN audit.trail.login IS 'who logged in';

COMMENT ON COLUMN audit.trail.role IS 'the role that the session had taken';

COMMENT ON COLUMN audit.trail.transaction_id IS 'changes with one number were made together';

COMMENT ON COLUMN audit.trail.application IS 'what the session calls itself: application_name';

COMMENT ON COLUMN audit.trail.client IS 'the address that the session came from; NULL for a local socket';

COMMENT ON CONSTRAINT trail_operation_must_be_known ON audit.trail IS 'the operation is unknown';


SET default_table_access_method = heap;

CREATE TABLE audit.trail_default (
    id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    tenant_id uuid,
    relation text NOT NULL,
    operation text NOT NULL,
    row_key jsonb,
    old_row jsonb,
    new_row jsonb,
    login name NOT NULL,
    role name NOT NULL,
    transaction_id xid8 NOT NULL,
    application text,
    client inet,
    CONSTRAINT trail_operation_must_be_known CHECK ((operation = ANY (ARRAY['INSERT'::text, 'UPDATE'::text, 'DELETE'::text, 'TRUNCATE'::text, 'RESOLVE'::text, 'LOAD'::text])))
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_insert_scale_factor='0.05', autovacuum_analyze_scale_factor='0.02');

ALTER TABLE ONLY audit.trail_default FORCE ROW LEVEL SECURITY;


ALTER TABLE audit.trail_default OWNER TO ttdb_owner;

COMMENT ON TABLE audit.trail_default IS 'Rows of months that have no partition yet: none is ever lost.';

COMMENT ON COLUMN audit.trail_default.id IS 'in the order of writing; with gaps, where a change was rolled back';

COMMENT ON COLUMN audit.trail_default.created_at IS 'when the transaction that made the change began';

COMMENT ON COLUMN audit.trail_default.tenant_id IS 'the changed row''s tenant; where the table has none, the transaction''s';

COMMENT ON COLUMN audit.trail_default.relation IS 'the table; of a partition, the table that it is part of; for RESOLVE, the function that was asked';

COMMENT ON COLUMN audit.trail_default.operation IS 'INSERT, UPDATE, DELETE or TRUNCATE of rows; RESOLVE: which tenant it is was asked, before any was set; LOAD: many rows were inserted at once, new_row says how many';

COMMENT ON COLUMN audit.trail_default.row_key IS 'the primary key as it was before the change; NULL for TRUNCATE, RESOLVE and LOAD';

COMMENT ON COLUMN audit.trail_default.old_row IS 'the row before; excluded columns hold "(excluded)"';

COMMENT ON COLUMN audit.trail_default.new_row IS 'the row after; excluded columns hold "(excluded)" or "(excluded, changed)"';

COMMENT ON COLUMN audit.trail_default.login IS 'who logged in';

COMMENT ON COLUMN audit.trail_default.role IS 'the role that the session had taken';

COMMENT ON COLUMN audit.trail_default.transaction_id IS 'changes with one number were made together';

COMMENT ON COLUMN audit.trail_default.application IS 'what the session calls itself: application_name';

COMMENT ON COLUMN audit.trail_default.client IS 'the address that the session came from; NULL for a local socket';

ALTER TABLE audit.trail ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME audit.trail_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

COMMENT ON SEQUENCE audit.trail_id_seq IS 'The numbers of audit.trail.id.';

CREATE TABLE masked.keys (
    id boolean DEFAULT true NOT NULL,
    inner_key bytea NOT NULL,
    outer_key bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT keys_must_be_a_single_row CHECK (id),
    CONSTRAINT keys_must_be_one_hash_block_each CHECK (((length(inner_key) = 64) AND (length(outer_key) = 64)))
);

ALTER TABLE ONLY masked.keys FORCE ROW LEVEL SECURITY;


ALTER TABLE masked.keys OWNER TO ttdb_owner;

COMMENT ON TABLE masked.keys IS 'What makes masked values different from anybody else''s; a new key changes them all.';

COMMENT ON COLUMN masked.keys.id IS 'true: there is one key';

COMMENT ON COLUMN masked.keys.inner_key IS 'prefix of the inner hash: one block of SHA-256';

COMMENT ON COLUMN masked.keys.outer_key IS 'prefix of the outer hash: one block of SHA-256';

COMMENT ON COLUMN masked.keys.created_at IS 'since when masked values are as they are';

COMMENT ON CONSTRAINT keys_must_be_a_single_row ON masked.keys IS 'there is one key';

COMMENT ON CONSTRAINT keys_must_be_one_hash_block_each ON masked.keys IS 'each half of the key holds 64 bytes';

CREATE TABLE public.audit_logs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    user_id uuid,
    action text NOT NULL,
    resource_type text,
    resource_id uuid,
    status text DEFAULT 'SUCCESS'::text NOT NULL,
    error_message text,
    ip_address inet,
    user_agent text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT audit_logs_action_must_be_1_to_100_characters CHECK (((action ~ '\S'::text) AND (length(action) <= 100))),
    CONSTRAINT audit_logs_created_at_must_be_finite CHECK (isfinite(created_at)),
    CONSTRAINT audit_logs_failure_must_say_why CHECK (((status = 'FAILURE'::text) = (error_message IS NOT NULL))),
    CONSTRAINT audit_logs_metadata_must_be_an_object CHECK ((jsonb_typeof(metadata) = 'object'::text)),
    CONSTRAINT audit_logs_resource_must_say_its_type CHECK (((resource_id IS NULL) OR (resource_type IS NOT NULL))),
    CONSTRAINT audit_logs_resource_type_must_be_1_to_100_characters CHECK (((resource_type ~ '\S'::text) AND (length(resource_type) <= 100))),
    CONSTRAINT audit_logs_status_must_be_known CHECK ((status = ANY (ARRAY['SUCCESS'::text, 'FAILURE'::text]))),
    CONSTRAINT audit_logs_user_agent_must_not_be_too_long CHECK ((length(user_agent) <= 1000))
)
PARTITION BY RANGE (created_at);

ALTER TABLE ONLY public.audit_logs FORCE ROW LEVEL SECURITY;


ALTER TABLE public.audit_logs OWNER TO ttdb_owner;

COMMENT ON TABLE public.audit_logs IS 'what the services say was done; append-only for them, and not the audit trail';

COMMENT ON COLUMN public.audit_logs.id IS 'made by the server';

COMMENT ON COLUMN public.audit_logs.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.audit_logs.user_id IS 'who did it; empty for the system';

COMMENT ON COLUMN public.audit_logs.action IS 'what was done, as the service names it: order.cancel';

COMMENT ON COLUMN public.audit_logs.resource_type IS 'the kind of thing it was done to';

COMMENT ON COLUMN public.audit_logs.resource_id IS 'which one';

COMMENT ON COLUMN public.audit_logs.status IS 'SUCCESS or FAILURE';

COMMENT ON COLUMN public.audit_logs.error_message IS 'why it failed';

COMMENT ON COLUMN public.audit_logs.ip_address IS 'where the request came from; personal';

COMMENT ON COLUMN public.audit_logs.user_agent IS 'what the browser called itself; personal';

COMMENT ON COLUMN public.audit_logs.metadata IS 'the services'' own notes';

COMMENT ON COLUMN public.audit_logs.created_at IS 'when the row was made';

COMMENT ON CONSTRAINT audit_logs_action_must_be_1_to_100_characters ON public.audit_logs IS 'the action is empty or longer than 100 characters';

COMMENT ON CONSTRAINT audit_logs_created_at_must_be_finite ON public.audit_logs IS 'the entry''s time is infinite';

COMMENT ON CONSTRAINT audit_logs_failure_must_say_why ON public.audit_logs IS 'a failure needs its reason, and a success has none';

COMMENT ON CONSTRAINT audit_logs_metadata_must_be_an_object ON public.audit_logs IS 'the notes are not an object';

COMMENT ON CONSTRAINT audit_logs_resource_must_say_its_type ON public.audit_logs IS 'a resource needs its type';

COMMENT ON CONSTRAINT audit_logs_resource_type_must_be_1_to_100_characters ON public.audit_logs IS 'the resource''s type is blank or longer than 100 characters';

COMMENT ON CONSTRAINT audit_logs_status_must_be_known ON public.audit_logs IS 'the status is unknown';

COMMENT ON CONSTRAINT audit_logs_user_agent_must_not_be_too_long ON public.audit_logs IS 'the browser''s name is longer than 1000 characters';

CREATE VIEW masked.audit_logs AS
 SELECT id,
    tenant_id,
    user_id,
    action,
    resource_type,
    resource_id,
    status,
    masked.redacted(error_message, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS error_message,
    masked.ip((ip_address)::text, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS ip_address,
    masked.redacted(user_agent, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS user_agent,
    created_at
   FROM public.audit_logs;


ALTER VIEW masked.audit_logs OWNER TO ttdb_masker;

COMMENT ON VIEW masked.audit_logs IS 'What support sees of public.audit_logs: decided columns only, personal ones masked.';

COMMENT ON COLUMN masked.audit_logs.id IS 'as the table holds it';

COMMENT ON COLUMN masked.audit_logs.tenant_id IS 'as the table holds it';

COMMENT ON COLUMN masked.audit_logs.user_id IS 'as the table holds it';

COMMENT ON COLUMN masked.audit_logs.action IS 'as the table holds it';

COMMENT ON COLUMN masked.audit_logs.resource_type IS 'as the table holds it';

COMMENT ON COLUMN masked.audit_logs.resource_id IS 'as the table holds it';

COMMENT ON COLUMN masked.audit_logs.status IS 'as the table holds it';

COMMENT ON COLUMN masked.audit_logs.error_message IS 'masked by masked.redacted()';

COMMENT ON COLUMN masked.audit_logs.ip_address IS 'masked by masked.ip()';

COMMENT ON COLUMN masked.audit_logs.user_agent IS 'masked by masked.redacted()';

COMMENT ON COLUMN masked.audit_logs.created_at IS 'as the table holds it';

CREATE TABLE public.event_logs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    "timestamp" timestamp with time zone DEFAULT now() NOT NULL,
    service text NOT NULL,
    event_type text NOT NULL,
    aggregate_type text,
    aggregate_id uuid,
    correlation_id uuid,
    payload jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT event_logs_aggregate_must_say_its_type CHECK (((aggregate_id IS NULL) OR (aggregate_type IS NOT NULL))),
    CONSTRAINT event_logs_aggregate_type_must_be_1_to_100_characters CHECK (((aggregate_type ~ '\S'::text) AND (length(aggregate_type) <= 100))),
    CONSTRAINT event_logs_event_type_must_be_1_to_100_characters CHECK (((event_type ~ '\S'::text) AND (length(event_type) <= 100))),
    CONSTRAINT event_logs_payload_must_be_an_object CHECK ((jsonb_typeof(payload) = 'object'::text)),
    CONSTRAINT event_logs_service_must_be_1_to_100_characters CHECK (((service ~ '\S'::text) AND (length(service) <= 100))),
    CONSTRAINT event_logs_timestamp_must_be_finite CHECK (isfinite("timestamp"))
)
PARTITION BY RANGE ("timestamp");

ALTER TABLE ONLY public.event_logs FORCE ROW LEVEL SECURITY;


ALTER TABLE public.event_logs OWNER TO ttdb_owner;

COMMENT ON TABLE public.event_logs IS 'what happened in the services; append-only for them';

COMMENT ON COLUMN public.event_logs.id IS 'made by the server';

COMMENT ON COLUMN public.event_logs.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.event_logs."timestamp" IS 'when it happened';

COMMENT ON COLUMN public.event_logs.service IS 'which service says so';

COMMENT ON COLUMN public.event_logs.event_type IS 'what happened: order.confirmed';

COMMENT ON COLUMN public.event_logs.aggregate_type IS 'the kind of thing it happened to';

COMMENT ON COLUMN public.event_logs.aggregate_id IS 'which one';

COMMENT ON COLUMN public.event_logs.correlation_id IS 'what ties it to other events of one request';

COMMENT ON COLUMN public.event_logs.payload IS 'the event itself: identifiers and figures, nothing personal';

COMMENT ON CONSTRAINT event_logs_aggregate_must_say_its_type ON public.event_logs IS 'an aggregate needs its type';

COMMENT ON CONSTRAINT event_logs_aggregate_type_must_be_1_to_100_characters ON public.event_logs IS 'the aggregate''s type is blank or longer than 100 characters';

COMMENT ON CONSTRAINT event_logs_event_type_must_be_1_to_100_characters ON public.event_logs IS 'the event type is empty or longer than 100 characters';

COMMENT ON CONSTRAINT event_logs_payload_must_be_an_object ON public.event_logs IS 'the payload is not an object';

COMMENT ON CONSTRAINT event_logs_service_must_be_1_to_100_characters ON public.event_logs IS 'the service is empty or longer than 100 characters';

COMMENT ON CONSTRAINT event_logs_timestamp_must_be_finite ON public.event_logs IS 'the entry''s time is infinite';

CREATE VIEW masked.event_logs AS
 SELECT id,
    tenant_id,
    "timestamp",
    service,
    event_type,
    aggregate_type,
    aggregate_id,
    correlation_id
   FROM public.event_logs;


ALTER VIEW masked.event_logs OWNER TO ttdb_masker;

COMMENT ON VIEW masked.event_logs IS 'What support sees of public.event_logs: decided columns only, personal ones masked.';

COMMENT ON COLUMN masked.event_logs.id IS 'as the table holds it';

COMMENT ON COLUMN masked.event_logs.tenant_id IS 'as the table holds it';

COMMENT ON COLUMN masked.event_logs."timestamp" IS 'as the table holds it';

COMMENT ON COLUMN masked.event_logs.service IS 'as the table holds it';

COMMENT ON COLUMN masked.event_logs.event_type IS 'as the table holds it';

COMMENT ON COLUMN masked.event_logs.aggregate_type IS 'as the table holds it';

COMMENT ON COLUMN masked.event_logs.aggregate_id IS 'as the table holds it';

COMMENT ON COLUMN masked.event_logs.correlation_id IS 'as the table holds it';

CREATE TABLE public.events (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    venue_id uuid NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    status text DEFAULT 'DRAFT'::text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT events_must_not_be_deleted_before_made CHECK ((deleted_at >= (created_at - make_interval(mins => 1)))),
    CONSTRAINT events_must_not_end_before_start CHECK ((ends_at > starts_at)),
    CONSTRAINT events_name_must_be_1_to_200_characters CHECK (((name ~ '\S'::text) AND (length(name) <= 200))),
    CONSTRAINT events_slug_must_be_lower_case_words CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (length(slug) <= 100))),
    CONSTRAINT events_status_must_be_known CHECK ((status = ANY (ARRAY['DRAFT'::text, 'PUBLISHED'::text, 'ON_SALE'::text, 'SOLD_OUT'::text, 'CANCELLED'::text, 'COMPLETED'::text]))),
    CONSTRAINT events_times_must_be_finite CHECK ((isfinite(starts_at) AND isfinite(ends_at) AND isfinite(created_at) AND isfinite(updated_at) AND isfinite(deleted_at)))
);

ALTER TABLE ONLY public.events FORCE ROW LEVEL SECURITY;


ALTER TABLE public.events OWNER TO ttdb_owner;

COMMENT ON TABLE public.events IS 'what tickets are sold for';

COMMENT ON COLUMN public.events.id IS 'made by the server';

COMMENT ON COLUMN public.events.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.events.venue_id IS 'where it takes place';

COMMENT ON COLUMN public.events.name IS 'shown to people';

COMMENT ON COLUMN public.events.slug IS 'in addresses';

COMMENT ON COLUMN public.events.status IS 'DRAFT, PUBLISHED, then ON_SALE; SOLD_OUT, CANCELLED and COMPLETED end it';

COMMENT ON COLUMN public.events.starts_at IS 'doors';

COMMENT ON COLUMN public.events.ends_at IS 'end';

COMMENT ON COLUMN public.events.created_at IS 'when the row was made';

COMMENT ON COLUMN public.events.updated_at IS 'when the row last changed';

COMMENT ON COLUMN public.events.deleted_at IS 'when it was removed';

COMMENT ON CONSTRAINT events_must_not_be_deleted_before_made ON public.events IS 'the event was removed before it was made';

COMMENT ON CONSTRAINT events_must_not_end_before_start ON public.events IS 'the event ends before it starts';

COMMENT ON CONSTRAINT events_name_must_be_1_to_200_characters ON public.events IS 'the name is empty or longer than 200 characters';

COMMENT ON CONSTRAINT events_slug_must_be_lower_case_words ON public.events IS 'the address holds more than lower-case letters, digits and single hyphens, or is longer than 100';

COMMENT ON CONSTRAINT events_status_must_be_known ON public.events IS 'the status is unknown';

COMMENT ON CONSTRAINT events_times_must_be_finite ON public.events IS 'a time is infinite';

CREATE VIEW masked.events AS
 SELECT id,
    tenant_id,
    venue_id,
    name,
    slug,
    status,
    starts_at,
    ends_at,
    created_at,
    updated_at,
    deleted_at
   FROM public.events;


ALTER VIEW masked.events OWNER TO ttdb_masker;

COMMENT ON VIEW masked.events IS 'What support sees of public.events: decided columns only, personal ones masked.';

COMMENT ON COLUMN masked.events.id IS 'as the table holds it';

COMMENT ON COLUMN masked.events.tenant_id IS 'as the table holds it';

COMMENT ON COLUMN masked.events.venue_id IS 'as the table holds it';

COMMENT ON COLUMN masked.events.name IS 'as the table holds it';

COMMENT ON COLUMN masked.events.slug IS 'as the table holds it';

COMMENT ON COLUMN masked.events.status IS 'as the table holds it';

COMMENT ON COLUMN masked.events.starts_at IS 'as the table holds it';

COMMENT ON COLUMN masked.events.ends_at IS 'as the table holds it';

COMMENT ON COLUMN masked.events.created_at IS 'as the table holds it';

COMMENT ON COLUMN masked.events.updated_at IS 'as the table holds it';

COMMENT ON COLUMN masked.events.deleted_at IS 'as the table holds it';

CREATE TABLE public.notification_history (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    user_id uuid NOT NULL,
    order_id uuid,
    channel text NOT NULL,
    type text DEFAULT 'TRANSACTIONAL'::text NOT NULL,
    template_name text NOT NULL,
    subject text,
    recipient_email text,
    recipient_phone text,
    recipient_name text,
    status text DEFAULT 'QUEUED'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    retry_after timestamp with time zone,
    failed_reason text,
    provider_message_id text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    sent_at timestamp with time zone DEFAULT now() NOT NULL,
    delivered_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT notification_history_attempts_must_be_reasonable CHECK (((attempts >= 0) AND (attempts <= 100))),
    CONSTRAINT notification_history_channel_must_be_known CHECK ((channel = ANY (ARRAY['EMAIL'::text, 'SMS'::text, 'PUSH'::text, 'WEBHOOK'::text]))),
    CONSTRAINT notification_history_channel_must_have_its_address CHECK ((((channel <> 'EMAIL'::text) OR (recipient_email IS NOT NULL)) AND ((channel <> 'SMS'::text) OR (recipient_phone IS NOT NULL)))),
    CONSTRAINT notification_history_delivered_must_say_when CHECK (((status <> 'DELIVERED'::text) OR (delivered_at IS NOT NULL))),
    CONSTRAINT notification_history_email_must_be_a_lower_case_address CHECK (((recipient_email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'::text) AND (recipient_email = lower(recipient_email)))),
    CONSTRAINT notification_history_email_must_not_be_too_long CHECK ((length(recipient_email) <= 254)),
    CONSTRAINT notification_history_failed_must_say_why CHECK (((status <> ALL (ARRAY['FAILED'::text, 'BOUNCED'::text])) OR (failed_reason IS NOT NULL))),
    CONSTRAINT notification_history_metadata_must_be_an_object CHECK ((jsonb_typeof(metadata) = 'object'::text)),
    CONSTRAINT notification_history_must_not_arrive_before_sent CHECK ((delivered_at >= (sent_at - make_interval(mins => 1)))),
    CONSTRAINT notification_history_name_must_be_1_to_200_characters CHECK (((recipient_name ~ '\S'::text) AND (length(recipient_name) <= 200))),
    CONSTRAINT notification_history_only_delivered_must_have_its_time CHECK (((delivered_at IS NULL) OR (status = 'DELIVERED'::text))),
    CONSTRAINT notification_history_phone_must_be_international CHECK ((recipient_phone ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT notification_history_sent_at_must_be_finite CHECK (isfinite(sent_at)),
    CONSTRAINT notification_history_status_must_be_known CHECK ((status = ANY (ARRAY['QUEUED'::text, 'SENT'::text, 'DELIVERED'::text, 'FAILED'::text, 'BOUNCED'::text]))),
    CONSTRAINT notification_history_subject_must_be_1_to_500_characters CHECK (((subject ~ '\S'::text) AND (length(subject) <= 500))),
    CONSTRAINT notification_history_template_must_be_1_to_100_characters CHECK (((template_name ~ '\S'::text) AND (length(template_name) <= 100))),
    CONSTRAINT notification_history_times_must_be_finite CHECK ((isfinite(retry_after) AND isfinite(delivered_at) AND isfinite(updated_at))),
    CONSTRAINT notification_history_type_must_be_known CHECK ((type = ANY (ARRAY['TRANSACTIONAL'::text, 'MARKETING'::text, 'SYSTEM'::text])))
)
PARTITION BY RANGE (sent_at);

ALTER TABLE ONLY public.notification_history FORCE ROW LEVEL SECURITY;


ALTER TABLE public.notification_history OWNER TO ttdb_owner;

COMMENT ON TABLE public.notification_history IS 'what people were told, and whether it arrived';

COMMENT ON COLUMN public.notification_history.id IS 'made by the server';

COMMENT ON COLUMN public.notification_history.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.notification_history.user_id IS 'whom it is for';

COMMENT ON COLUMN public.notification_history.order_id IS 'the order it speaks of';

COMMENT ON COLUMN public.notification_history.channel IS 'EMAIL, SMS, PUSH or WEBHOOK';

COMMENT ON COLUMN public.notification_history.type IS 'TRANSACTIONAL, MARKETING or SYSTEM';

COMMENT ON COLUMN public.notification_history.template_name IS 'what was filled in to make it';

COMMENT ON COLUMN public.notification_history.subject IS 'its title, as sent; may name people';

COMMENT ON COLUMN public.notification_history.recipient_email IS 'where it went, lower case; personal';

COMMENT ON COLUMN public.notification_history.recipient_phone IS 'where it went, in E.164 form; personal';

COMMENT ON COLUMN public.notification_history.recipient_name IS 'personal';

COMMENT ON COLUMN public.notification_history.status IS 'QUEUED, SENT to the provider, DELIVERED; FAILED may be tried again, BOUNCED may not';

COMMENT ON COLUMN public.notification_history.attempts IS 'how often it was tried';

COMMENT ON COLUMN public.notification_history.retry_after IS 'when a failed one is tried again';

COMMENT ON COLUMN public.notification_history.failed_reason IS 'why it did not arrive';

COMMENT ON COLUMN public.notification_history.provider_message_id IS 'the provider''s name for it';

COMMENT ON COLUMN public.notification_history.metadata IS 'the services'' own notes';

COMMENT ON COLUMN public.notification_history.sent_at IS 'when it was accepted for sending';

COMMENT ON COLUMN public.notification_history.delivered_at IS 'when it arrived';

COMMENT ON COLUMN public.notification_history.updated_at IS 'when the row last changed';

COMMENT ON CONSTRAINT notification_history_attempts_must_be_reasonable ON public.notification_history IS 'the attempts are below 0 or over 100';

COMMENT ON CONSTRAINT notification_history_channel_must_be_known ON public.notification_history IS 'the channel is unknown';

COMMENT ON CONSTRAINT notification_history_channel_must_have_its_address ON public.notification_history IS 'an e-mail needs an address, an SMS a phone number';

COMMENT ON CONSTRAINT notification_history_delivered_must_say_when ON public.notification_history IS 'a delivered notification needs the time of delivery';

COMMENT ON CONSTRAINT notification_history_email_must_be_a_lower_case_address ON public.notification_history IS 'the e-mail address is malformed or has capital letters';

COMMENT ON CONSTRAINT notification_history_email_must_not_be_too_long ON public.notification_history IS 'the e-mail address is longer than 254 characters';

COMMENT ON CONSTRAINT notification_history_failed_must_say_why ON public.notification_history IS 'a failed notification needs the reason';

COMMENT ON CONSTRAINT notification_history_metadata_must_be_an_object ON public.notification_history IS 'the notes are not an object';

COMMENT ON CONSTRAINT notification_history_must_not_arrive_before_sent ON public.notification_history IS 'the notification arrived before it was sent';

COMMENT ON CONSTRAINT notification_history_name_must_be_1_to_200_characters ON public.notification_history IS 'the recipient''s name is blank or longer than 200 characters';

COMMENT ON CONSTRAINT notification_history_only_delivered_must_have_its_time ON public.notification_history IS 'a notification that did not arrive has a time of delivery';

COMMENT ON CONSTRAINT notification_history_phone_must_be_international ON public.notification_history IS 'the phone number is not in international form';

COMMENT ON CONSTRAINT notification_history_sent_at_must_be_finite ON public.notification_history IS 'the notification''s time is infinite';

COMMENT ON CONSTRAINT notification_history_status_must_be_known ON public.notification_history IS 'the status is unknown';

COMMENT ON CONSTRAINT notification_history_subject_must_be_1_to_500_characters ON public.notification_history IS 'the subject is blank or longer than 500 characters';

COMMENT ON CONSTRAINT notification_history_template_must_be_1_to_100_characters ON public.notification_history IS 'the template''s name is empty or longer than 100 characters';

COMMENT ON CONSTRAINT notification_history_times_must_be_finite ON public.notification_history IS 'a time is infinite';

COMMENT ON CONSTRAINT notification_history_type_must_be_known ON public.notification_history IS 'the type is unknown';

CREATE VIEW masked.notification_history AS
 SELECT id,
    tenant_id,
    user_id,
    order_id,
    channel,
    type,
    template_name,
    masked.redacted(subject, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS subject,
    masked.email(recipient_email, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS recipient_email,
    masked.phone(recipient_phone, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS recipient_phone,
    masked.name(recipient_name, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS recipient_name,
    status,
    attempts,
    retry_after,
    masked.redacted(failed_reason, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS failed_reason,
    provider_message_id,
    sent_at,
    delivered_at,
    updated_at
   FROM public.notification_history;


ALTER VIEW masked.notification_history OWNER TO ttdb_masker;

COMMENT ON VIEW masked.notification_history IS 'What support sees of public.notification_history: decided columns only, personal ones masked.';

COMMENT ON COLUMN masked.notification_history.id IS 'as the table holds it';

COMMENT ON COLUMN masked.notification_history.tenant_id IS 'as the table holds it';

COMMENT ON COLUMN masked.notification_history.user_id IS 'as the table holds it';

COMMENT ON COLUMN masked.notification_history.order_id IS 'as the table holds it';

COMMENT ON COLUMN masked.notification_history.channel IS 'as the table holds it';

COMMENT ON COLUMN masked.notification_history.type IS 'as the table holds it';

COMMENT ON COLUMN masked.notification_history.template_name IS 'as the table holds it';

COMMENT ON COLUMN masked.notification_history.subject IS 'masked by masked.redacted()';

COMMENT ON COLUMN masked.notification_history.recipient_email IS 'masked by masked.email()';

COMMENT ON COLUMN masked.notification_history.recipient_phone IS 'masked by masked.phone()';

COMMENT ON COLUMN masked.notification_history.recipient_name IS 'masked by masked.name()';

COMMENT ON COLUMN masked.notification_history.status IS 'as the table holds it';

COMMENT ON COLUMN masked.notification_history.attempts IS 'as the table holds it';

COMMENT ON COLUMN masked.notification_history.retry_after IS 'as the table holds it';

COMMENT ON COLUMN masked.notification_history.failed_reason IS 'masked by masked.redacted()';

COMMENT ON COLUMN masked.notification_history.provider_message_id IS 'as the table holds it';

COMMENT ON COLUMN masked.notification_history.sent_at IS 'as the table holds it';

COMMENT ON COLUMN masked.notification_history.delivered_at IS 'as the table holds it';

COMMENT ON COLUMN masked.notification_history.updated_at IS 'as the table holds it';

CREATE TABLE public.order_discounts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    order_id uuid NOT NULL,
    discount_code text NOT NULL,
    discount_type text NOT NULL,
    discount_value numeric(12,2) NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT order_discounts_code_must_be_one_word CHECK ((discount_code ~ '^\S{1,50}$'::text)),
    CONSTRAINT order_discounts_times_must_be_finite CHECK (isfinite(applied_at)),
    CONSTRAINT order_discounts_type_must_be_known CHECK ((discount_type = ANY (ARRAY['PERCENTAGE'::text, 'FIXED'::text]))),
    CONSTRAINT order_discounts_value_must_fit_its_type CHECK (((discount_value > (0)::numeric) AND (discount_value <= (
CASE discount_type
    WHEN 'PERCENTAGE'::text THEN 100
    ELSE 10000000
END)::numeric)))
);

ALTER TABLE ONLY public.order_discounts FORCE ROW LEVEL SECURITY;


ALTER TABLE public.order_discounts OWNER TO ttdb_owner;

COMMENT ON TABLE public.order_discounts IS 'what lowered an order''s price';

COMMENT ON COLUMN public.order_discounts.id IS 'made by the server';

COMMENT ON COLUMN public.order_discounts.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.order_discounts.order_id IS 'the order it lowers';

COMMENT ON COLUMN public.order_discounts.discount_code IS 'what the buyer typed';

COMMENT ON COLUMN public.order_discounts.discount_type IS 'PERCENTAGE of the subtotal, or a FIXED amount';

COMMENT ON COLUMN public.order_discounts.discount_value IS 'percent, or an amount in the order''s currency';

COMMENT ON COLUMN public.order_discounts.applied_at IS 'when';

COMMENT ON CONSTRAINT order_discounts_code_must_be_one_word ON public.order_discounts IS 'the discount code is empty, has blanks, or is longer than 50 characters';

COMMENT ON CONSTRAINT order_discounts_times_must_be_finite ON public.order_discounts IS 'a time is infinite';

COMMENT ON CONSTRAINT order_discounts_type_must_be_known ON public.order_discounts IS 'the kind of discount is unknown';

COMMENT ON CONSTRAINT order_discounts_value_must_fit_its_type ON public.order_discounts IS 'the discount is 0 or less, over 100 percent, or over 10000000';

CREATE VIEW masked.order_discounts AS
 SELECT id,
    tenant_id,
    order_id,
    discount_code,
    discount_type,
    discount_value,
    applied_at
   FROM public.order_discounts;


ALTER VIEW masked.order_discounts OWNER TO ttdb_masker;

COMMENT ON VIEW masked.order_discounts IS 'What support sees of public.order_discounts: decided columns only, personal ones masked.';

COMMENT ON COLUMN masked.order_discounts.id IS 'as the table holds it';

COMMENT ON COLUMN masked.order_discounts.tenant_id IS 'as the table holds it';

COMMENT ON COLUMN masked.order_discounts.order_id IS 'as the table holds it';

COMMENT ON COLUMN masked.order_discounts.discount_code IS 'as the table holds it';

COMMENT ON COLUMN masked.order_discounts.discount_type IS 'as the table holds it';

COMMENT ON COLUMN masked.order_discounts.discount_value IS 'as the table holds it';

COMMENT ON COLUMN masked.order_discounts.applied_at IS 'as the table holds it';

CREATE TABLE public.order_items (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    order_id uuid NOT NULL,
    ticket_type_id uuid NOT NULL,
    quantity integer NOT NULL,
    unit_price numeric(12,2) NOT NULL,
    subtotal numeric(12,2) NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT order_items_metadata_must_be_an_object CHECK ((jsonb_typeof(metadata) = 'object'::text)),
    CONSTRAINT order_items_quantity_must_be_reasonable CHECK (((quantity >= 1) AND (quantity <= 1000))),
    CONSTRAINT order_items_subtotal_must_be_quantity_times_price CHECK ((subtotal = ((quantity)::numeric * unit_price))),
    CONSTRAINT order_items_subtotal_must_be_reasonable CHECK (((subtotal >= (0)::numeric) AND (subtotal <= (10000000)::numeric))),
    CONSTRAINT order_items_times_must_be_finite CHECK (isfinite(created_at)),
    CONSTRAINT order_items_unit_price_must_be_reasonable CHECK (((unit_price >= (0)::numeric) AND (unit_price <= (1000000)::numeric)))
);

ALTER TABLE ONLY public.order_items FORCE ROW LEVEL SECURITY;


ALTER TABLE public.order_items OWNER TO ttdb_owner;

COMMENT ON TABLE public.order_items IS 'the lines of an order';

COMMENT ON COLUMN public.order_items.id IS 'made by the server';

COMMENT ON COLUMN public.order_items.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.order_items.order_id IS 'the order it is in';

COMMENT ON COLUMN public.order_items.ticket_type_id IS 'what is bought';

COMMENT ON COLUMN public.order_items.quantity IS 'how many';

COMMENT ON COLUMN public.order_items.unit_price IS 'of one, at the time of ordering';

COMMENT ON COLUMN public.order_items.subtotal IS 'quantity times unit price';

COMMENT ON COLUMN public.order_items.metadata IS 'the services'' own notes';

COMMENT ON COLUMN public.order_items.created_at IS 'when the row was made';

COMMENT ON CONSTRAINT order_items_metadata_must_be_an_object ON public.order_items IS 'the notes are not an object';

COMMENT ON CONSTRAINT order_items_quantity_must_be_reasonable ON public.order_items IS 'the quantity is below 1 or over 1000';

COMMENT ON CONSTRAINT order_items_subtotal_must_be_quantity_times_price ON public.order_items IS 'the item''s subtotal is not its quantity times its price';

COMMENT ON CONSTRAINT order_items_subtotal_must_be_reasonable ON public.order_items IS 'the item''s subtotal is below 0 or over 10000000';

COMMENT ON CONSTRAINT order_items_times_must_be_finite ON public.order_items IS 'a time is infinite';

COMMENT ON CONSTRAINT order_items_unit_price_must_be_reasonable ON public.order_items IS 'the price is below 0 or over 1000000';

CREATE VIEW masked.order_items AS
 SELECT id,
    tenant_id,
    order_id,
    ticket_type_id,
    quantity,
    unit_price,
    subtotal,
    created_at
   FROM public.order_items;


ALTER VIEW masked.order_items OWNER TO ttdb_masker;

COMMENT ON VIEW masked.order_items IS 'What support sees of public.order_items: decided columns only, personal ones masked.';

COMMENT ON COLUMN masked.order_items.id IS 'as the table holds it';

COMMENT ON COLUMN masked.order_items.tenant_id IS 'as the table holds it';

COMMENT ON COLUMN masked.order_items.order_id IS 'as the table holds it';

COMMENT ON COLUMN masked.order_items.ticket_type_id IS 'as the table holds it';

COMMENT ON COLUMN masked.order_items.quantity IS 'as the table holds it';

COMMENT ON COLUMN masked.order_items.unit_price IS 'as the table holds it';

COMMENT ON COLUMN masked.order_items.subtotal IS 'as the table holds it';

COMMENT ON COLUMN masked.order_items.created_at IS 'as the table holds it';

CREATE TABLE public.orders (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    user_id uuid NOT NULL,
    event_id uuid NOT NULL,
    order_number text NOT NULL,
    status text DEFAULT 'PENDING'::text NOT NULL,
    subtotal numeric(12,2) DEFAULT 0 NOT NULL,
    tax_amount numeric(12,2) DEFAULT 0 NOT NULL,
    discount_amount numeric(12,2) DEFAULT 0 NOT NULL,
    total_amount numeric(12,2) DEFAULT 0 NOT NULL,
    currency text DEFAULT 'USD'::text NOT NULL,
    payment_intent_id text,
    idempotency_key text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    expires_at timestamp with time zone,
    confirmed_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    refunded_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT orders_cancelled_must_say_when CHECK (((status <> 'CANCELLED'::text) OR (cancelled_at IS NOT NULL))),
    CONSTRAINT orders_confirmed_must_say_when CHECK (((status <> ALL (ARRAY['CONFIRMED'::text, 'COMPLETED'::text, 'REFUNDED'::text])) OR (confirmed_at IS NOT NULL))),
    CONSTRAINT orders_currency_must_be_three_capital_letters CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT orders_discount_must_be_reasonable CHECK (((discount_amount >= (0)::numeric) AND (discount_amount <= (10000000)::numeric))),
    CONSTRAINT orders_discount_must_not_exceed_subtotal CHECK ((discount_amount <= subtotal)),
    CONSTRAINT orders_expired_must_say_when CHECK (((status <> 'EXPIRED'::text) OR (expires_at IS NOT NULL))),
    CONSTRAINT orders_idempotency_key_must_be_1_to_255_characters CHECK (((idempotency_key ~ '\S'::text) AND (length(idempotency_key) <= 255))),
    CONSTRAINT orders_metadata_must_be_an_object CHECK ((jsonb_typeof(metadata) = 'object'::text)),
    CONSTRAINT orders_must_not_be_cancelled_before_confirmed CHECK ((cancelled_at >= (confirmed_at - make_interval(mins => 1)))),
    CONSTRAINT orders_must_not_be_cancelled_before_made CHECK ((cancelled_at >= (created_at - make_interval(mins => 1)))),
    CONSTRAINT orders_must_not_be_confirmed_before_made CHECK ((confirmed_at >= (created_at - make_interval(mins => 1)))),
    CONSTRAINT orders_must_not_be_refunded_before_confirmed CHECK ((refunded_at >= (confirmed_at - make_interval(mins => 1)))),
    CONSTRAINT orders_must_not_lapse_before_made CHECK ((expires_at >= (created_at - make_interval(mins => 1)))),
    CONSTRAINT orders_number_must_be_capitals_digits_and_hyphens CHECK (((order_number ~ '^[A-Z0-9]+(-[A-Z0-9]+)*$'::text) AND (length(order_number) <= 40))),
    CONSTRAINT orders_only_ended_must_have_a_time_of_cancellation CHECK (((cancelled_at IS NULL) OR (status = ANY (ARRAY['CANCELLED'::text, 'REFUNDED'::text])))),
    CONSTRAINT orders_only_ended_must_have_a_time_of_refund CHECK (((refunded_at IS NULL) OR (status = ANY (ARRAY['CANCELLED'::text, 'REFUNDED'::text])))),
    CONSTRAINT orders_only_paid_must_have_a_time_of_payment CHECK (((confirmed_at IS NULL) OR (status = ANY (ARRAY['CONFIRMED'::text, 'COMPLETED'::text, 'CANCELLED'::text, 'REFUNDED'::text])))),
    CONSTRAINT orders_payment_intent_must_be_1_to_255_characters CHECK (((payment_intent_id ~ '\S'::text) AND (length(payment_intent_id) <= 255))),
    CONSTRAINT orders_refunded_must_have_been_paid CHECK (((refunded_at IS NULL) OR (confirmed_at IS NOT NULL))),
    CONSTRAINT orders_refunded_must_say_when CHECK (((status <> 'REFUNDED'::text) OR (refunded_at IS NOT NULL))),
    CONSTRAINT orders_reserved_must_expire CHECK (((status <> 'RESERVED'::text) OR (expires_at IS NOT NULL))),
    CONSTRAINT orders_status_must_be_known CHECK ((status = ANY (ARRAY['PENDING'::text, 'RESERVED'::text, 'CONFIRMED'::text, 'COMPLETED'::text, 'CANCELLED'::text, 'EXPIRED'::text, 'REFUNDED'::text]))),
    CONSTRAINT orders_subtotal_must_be_reasonable CHECK (((subtotal >= (0)::numeric) AND (subtotal <= (10000000)::numeric))),
    CONSTRAINT orders_tax_must_be_reasonable CHECK (((tax_amount >= (0)::numeric) AND (tax_amount <= (10000000)::numeric))),
    CONSTRAINT orders_times_must_be_finite CHECK ((isfinite(expires_at) AND isfinite(confirmed_at) AND isfinite(cancelled_at) AND isfinite(refunded_at) AND isfinite(created_at) AND isfinite(updated_at))),
    CONSTRAINT orders_total_must_be_reasonable CHECK (((total_amount >= (0)::numeric) AND (total_amount <= (10000000)::numeric))),
    CONSTRAINT orders_total_must_be_subtotal_plus_tax_less_discount CHECK ((total_amount = ((subtotal + tax_amount) - discount_amount)))
);

ALTER TABLE ONLY public.orders FORCE ROW LEVEL SECURITY;


ALTER TABLE public.orders OWNER TO ttdb_owner;

COMMENT ON TABLE public.orders IS 'what people buy';

COMMENT ON COLUMN public.orders.id IS 'made by the server';

COMMENT ON COLUMN public.orders.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.orders.user_id IS 'who buys';

COMMENT ON COLUMN public.orders.event_id IS 'for which event';

COMMENT ON COLUMN public.orders.order_number IS 'shown to people; unique within the tenant';

COMMENT ON COLUMN public.orders.status IS 'PENDING cart, RESERVED seats held, CONFIRMED paid, COMPLETED tickets issued; CANCELLED, EXPIRED and REFUNDED end it';

COMMENT ON COLUMN public.orders.subtotal IS 'sum of the items';

COMMENT ON COLUMN public.orders.tax_amount IS 'tax on it';

COMMENT ON COLUMN public.orders.discount_amount IS 'what the discounts take off';

COMMENT ON COLUMN public.orders.total_amount IS 'what the buyer pays';

COMMENT ON COLUMN public.orders.currency IS 'ISO 4217, three letters';

COMMENT ON COLUMN public.orders.payment_intent_id IS 'the payment provider''s name for the payment';

COMMENT ON COLUMN public.orders.idempotency_key IS 'the client''s, so that a repeated request makes no second order';

COMMENT ON COLUMN public.orders.metadata IS 'the services'' own notes';

COMMENT ON COLUMN public.orders.expires_at IS 'when a reservation lapses';

COMMENT ON COLUMN public.orders.confirmed_at IS 'when it was paid';

COMMENT ON COLUMN public.orders.cancelled_at IS 'when it was cancelled';

COMMENT ON COLUMN public.orders.refunded_at IS 'when the money went back';

COMMENT ON COLUMN public.orders.created_at IS 'when the row was made';

COMMENT ON COLUMN public.orders.updated_at IS 'when the row last changed';

COMMENT ON CONSTRAINT orders_cancelled_must_say_when ON public.orders IS 'a cancelled order needs the time of cancellation';

COMMENT ON CONSTRAINT orders_confirmed_must_say_when ON public.orders IS 'a paid order needs the time of payment';

COMMENT ON CONSTRAINT orders_currency_must_be_three_capital_letters ON public.orders IS 'the currency is not a three-letter code';

COMMENT ON CONSTRAINT orders_discount_must_be_reasonable ON public.orders IS 'the discount is below 0 or over 10000000';

COMMENT ON CONSTRAINT orders_discount_must_not_exceed_subtotal ON public.orders IS 'the discount is more than the subtotal';

COMMENT ON CONSTRAINT orders_expired_must_say_when ON public.orders IS 'an expired order needs the time at which it lapsed';

COMMENT ON CONSTRAINT orders_idempotency_key_must_be_1_to_255_characters ON public.orders IS 'the idempotency key is blank or longer than 255 characters';

COMMENT ON CONSTRAINT orders_metadata_must_be_an_object ON public.orders IS 'the notes are not an object';

COMMENT ON CONSTRAINT orders_must_not_be_cancelled_before_confirmed ON public.orders IS 'the cancellation is earlier than the payment';

COMMENT ON CONSTRAINT orders_must_not_be_cancelled_before_made ON public.orders IS 'the cancellation is earlier than the order';

COMMENT ON CONSTRAINT orders_must_not_be_confirmed_before_made ON public.orders IS 'the payment is earlier than the order';

COMMENT ON CONSTRAINT orders_must_not_be_refunded_before_confirmed ON public.orders IS 'the refund is earlier than the payment';

COMMENT ON CONSTRAINT orders_must_not_lapse_before_made ON public.orders IS 'the reservation lapses before the order was made';

COMMENT ON CONSTRAINT orders_number_must_be_capitals_digits_and_hyphens ON public.orders IS 'the order number holds more than capitals, digits and single hyphens, or is longer than 40';

COMMENT ON CONSTRAINT orders_only_ended_must_have_a_time_of_cancellation ON public.orders IS 'an order that is not cancelled has a time of cancellation';

COMMENT ON CONSTRAINT orders_only_ended_must_have_a_time_of_refund ON public.orders IS 'an order that is neither refunded nor cancelled has a time of refund';

COMMENT ON CONSTRAINT orders_only_paid_must_have_a_time_of_payment ON public.orders IS 'an order that is not paid has a time of payment';

COMMENT ON CONSTRAINT orders_payment_intent_must_be_1_to_255_characters ON public.orders IS 'the payment''s name is blank or longer than 255 characters';

COMMENT ON CONSTRAINT orders_refunded_must_have_been_paid ON public.orders IS 'an order that was never paid has a time of refund';

COMMENT ON CONSTRAINT orders_refunded_must_say_when ON public.orders IS 'a refunded order needs the time of refund';

COMMENT ON CONSTRAINT orders_reserved_must_expire ON public.orders IS 'a reservation needs a time at which it lapses';

COMMENT ON CONSTRAINT orders_status_must_be_known ON public.orders IS 'the status is unknown';

COMMENT ON CONSTRAINT orders_subtotal_must_be_reasonable ON public.orders IS 'the subtotal is below 0 or over 10000000';

COMMENT ON CONSTRAINT orders_tax_must_be_reasonable ON public.orders IS 'the tax is below 0 or over 10000000';

COMMENT ON CONSTRAINT orders_times_must_be_finite ON public.orders IS 'a time is infinite';

COMMENT ON CONSTRAINT orders_total_must_be_reasonable ON public.orders IS 'the total is below 0 or over 10000000';

COMMENT ON CONSTRAINT orders_total_must_be_subtotal_plus_tax_less_discount ON public.orders IS 'the total is not subtotal plus tax less discount';

CREATE VIEW masked.orders AS
 SELECT id,
    tenant_id,
    user_id,
    event_id,
    order_number,
    status,
    subtotal,
    tax_amount,
    discount_amount,
    total_amount,
    currency,
    expires_at,
    confirmed_at,
    cancelled_at,
    refunded_at,
    created_at,
    updated_at
   FROM public.orders;


ALTER VIEW masked.orders OWNER TO ttdb_masker;

COMMENT ON VIEW masked.orders IS 'What support sees of public.orders: decided columns only, personal ones masked.';

COMMENT ON COLUMN masked.orders.id IS 'as the table holds it';

COMMENT ON COLUMN masked.orders.tenant_id IS 'as the table holds it';

COMMENT ON COLUMN masked.orders.user_id IS 'as the table holds it';

COMMENT ON COLUMN masked.orders.event_id IS 'as the table holds it';

COMMENT ON COLUMN masked.orders.order_number IS 'as the table holds it';

COMMENT ON COLUMN masked.orders.status IS 'as the table holds it';

COMMENT ON COLUMN masked.orders.subtotal IS 'as the table holds it';

COMMENT ON COLUMN masked.orders.tax_amount IS 'as the table holds it';

COMMENT ON COLUMN masked.orders.discount_amount IS 'as the table holds it';

COMMENT ON COLUMN masked.orders.total_amount IS 'as the table holds it';

COMMENT ON COLUMN masked.orders.currency IS 'as the table holds it';

COMMENT ON COLUMN masked.orders.expires_at IS 'as the table holds it';

COMMENT ON COLUMN masked.orders.confirmed_at IS 'as the table holds it';

COMMENT ON COLUMN masked.orders.cancelled_at IS 'as the table holds it';

COMMENT ON COLUMN masked.orders.refunded_at IS 'as the table holds it';

COMMENT ON COLUMN masked.orders.created_at IS 'as the table holds it';

COMMENT ON COLUMN masked.orders.updated_at IS 'as the table holds it';

CREATE TABLE public.payment_transactions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    order_id uuid NOT NULL,
    user_id uuid NOT NULL,
    venue_id uuid NOT NULL,
    type text DEFAULT 'PAYMENT'::text NOT NULL,
    status text DEFAULT 'PENDING'::text NOT NULL,
    amount numeric(12,2) NOT NULL,
    fee_amount numeric(12,2) DEFAULT 0 NOT NULL,
    currency text DEFAULT 'USD'::text NOT NULL,
    provider text DEFAULT 'STRIPE'::text NOT NULL,
    payment_intent_id text,
    idempotency_key text,
    card_last4 text,
    billing_name text,
    billing_email text,
    failure_reason text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    processed_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT payment_transactions_amount_must_be_reasonable CHECK (((amount > (0)::numeric) AND (amount <= (10000000)::numeric))),
    CONSTRAINT payment_transactions_billing_email_must_be_an_address CHECK (((billing_email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'::text) AND (billing_email = lower(billing_email)))),
    CONSTRAINT payment_transactions_billing_email_must_not_be_too_long CHECK ((length(billing_email) <= 254)),
    CONSTRAINT payment_transactions_billing_name_must_be_1_to_200_characters CHECK (((billing_name ~ '\S'::text) AND (length(billing_name) <= 200))),
    CONSTRAINT payment_transactions_card_must_be_four_digits CHECK ((card_last4 ~ '^[0-9]{4}$'::text)),
    CONSTRAINT payment_transactions_created_at_must_be_finite CHECK (isfinite(created_at)),
    CONSTRAINT payment_transactions_currency_must_be_three_capital_letters CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT payment_transactions_ended_must_say_when CHECK (((status <> ALL (ARRAY['SUCCEEDED'::text, 'FAILED'::text])) OR (processed_at IS NOT NULL))),
    CONSTRAINT payment_transactions_failed_must_say_why CHECK (((status <> 'FAILED'::text) OR (failure_reason IS NOT NULL))),
    CONSTRAINT payment_transactions_failure_must_be_1_to_1000_characters CHECK (((failure_reason ~ '\S'::text) AND (length(failure_reason) <= 1000))),
    CONSTRAINT payment_transactions_fee_must_not_exceed_amount CHECK (((fee_amount >= (0)::numeric) AND (fee_amount <= amount))),
    CONSTRAINT payment_transactions_idempotency_key_must_be_filled_and_short CHECK (((idempotency_key ~ '\S'::text) AND (length(idempotency_key) <= 255))),
    CONSTRAINT payment_transactions_metadata_must_be_an_object CHECK ((jsonb_typeof(metadata) = 'object'::text)),
    CONSTRAINT payment_transactions_must_not_end_before_made CHECK ((processed_at >= (created_at - make_interval(mins => 1)))),
    CONSTRAINT payment_transactions_only_ended_must_have_a_time_of_end CHECK (((processed_at IS NULL) OR (status = ANY (ARRAY['SUCCEEDED'::text, 'FAILED'::text, 'CANCELLED'::text])))),
    CONSTRAINT payment_transactions_payment_intent_must_be_1_to_255_characters CHECK (((payment_intent_id ~ '\S'::text) AND (length(payment_intent_id) <= 255))),
    CONSTRAINT payment_transactions_provider_must_be_known CHECK ((provider = ANY (ARRAY['STRIPE'::text, 'PAYPAL'::text, 'CASH'::text]))),
    CONSTRAINT payment_transactions_status_must_be_known CHECK ((status = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text, 'SUCCEEDED'::text, 'FAILED'::text, 'CANCELLED'::text]))),
    CONSTRAINT payment_transactions_times_must_be_finite CHECK ((isfinite(processed_at) AND isfinite(updated_at))),
    CONSTRAINT payment_transactions_type_must_be_known CHECK ((type = ANY (ARRAY['PAYMENT'::text, 'REFUND'::text])))
)
PARTITION BY RANGE (created_at);

ALTER TABLE ONLY public.payment_transactions FORCE ROW LEVEL SECURITY;


ALTER TABLE public.payment_transactions OWNER TO ttdb_owner;

COMMENT ON TABLE public.payment_transactions IS 'money that came in, or went back, for an order';

COMMENT ON COLUMN public.payment_transactions.id IS 'made by the server';

COMMENT ON COLUMN public.payment_transactions.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.payment_transactions.order_id IS 'the order it pays, or pays back';

COMMENT ON COLUMN public.payment_transactions.user_id IS 'who pays, or is paid back';

COMMENT ON COLUMN public.payment_transactions.venue_id IS 'whose payout it belongs to';

COMMENT ON COLUMN public.payment_transactions.type IS 'PAYMENT by the buyer, or REFUND to him';

COMMENT ON COLUMN public.payment_transactions.status IS 'PENDING, PROCESSING at the provider; SUCCEEDED, FAILED and CANCELLED end it';

COMMENT ON COLUMN public.payment_transactions.amount IS 'what changes hands, in the order''s currency';

COMMENT ON COLUMN public.payment_transactions.fee_amount IS 'of it, the platform''s share';

COMMENT ON COLUMN public.payment_transactions.currency IS 'ISO 4217, three letters';

COMMENT ON COLUMN public.payment_transactions.provider IS 'who moves the money: STRIPE, PAYPAL or CASH';

COMMENT ON COLUMN public.payment_transactions.payment_intent_id IS 'the provider''s name for the payment; used once, by whomever';

COMMENT ON COLUMN public.payment_transactions.idempotency_key IS 'the client''s, so that a repeated request moves no money twice';

COMMENT ON COLUMN public.payment_transactions.card_last4 IS 'last digits of the card; personal';

COMMENT ON COLUMN public.payment_transactions.billing_name IS 'on the card; personal';

COMMENT ON COLUMN public.payment_transactions.billing_email IS 'where the receipt goes, lower case; personal';

COMMENT ON COLUMN public.payment_transactions.failure_reason IS 'why the provider refused';

COMMENT ON COLUMN public.payment_transactions.metadata IS 'the services'' own notes';

COMMENT ON COLUMN public.payment_transactions.processed_at IS 'when it succeeded or failed';

COMMENT ON COLUMN public.payment_transactions.created_at IS 'when the row was made';

COMMENT ON COLUMN public.payment_transactions.updated_at IS 'when the row last changed';

COMMENT ON CONSTRAINT payment_transactions_amount_must_be_reasonable ON public.payment_transactions IS 'the amount is 0 or less, or over 10000000';

COMMENT ON CONSTRAINT payment_transactions_billing_email_must_be_an_address ON public.payment_transactions IS 'the e-mail address is malformed or has capital letters';

COMMENT ON CONSTRAINT payment_transactions_billing_email_must_not_be_too_long ON public.payment_transactions IS 'the e-mail address is longer than 254 characters';

COMMENT ON CONSTRAINT payment_transactions_billing_name_must_be_1_to_200_characters ON public.payment_transactions IS 'the name on the card is blank or longer than 200 characters';

COMMENT ON CONSTRAINT payment_transactions_card_must_be_four_digits ON public.payment_transactions IS 'more or less than the card''s last four digits';

COMMENT ON CONSTRAINT payment_transactions_created_at_must_be_finite ON public.payment_transactions IS 'the payment''s time is infinite';

COMMENT ON CONSTRAINT payment_transactions_currency_must_be_three_capital_letters ON public.payment_transactions IS 'the currency is not a three-letter code';

COMMENT ON CONSTRAINT payment_transactions_ended_must_say_when ON public.payment_transactions IS 'an ended payment needs the time of its end';

COMMENT ON CONSTRAINT payment_transactions_failed_must_say_why ON public.payment_transactions IS 'a failed payment needs the provider''s reason';

COMMENT ON CONSTRAINT payment_transactions_failure_must_be_1_to_1000_characters ON public.payment_transactions IS 'the reason is blank or longer than 1000 characters';

COMMENT ON CONSTRAINT payment_transactions_fee_must_not_exceed_amount ON public.payment_transactions IS 'the fee is below 0 or over the amount';

COMMENT ON CONSTRAINT payment_transactions_idempotency_key_must_be_filled_and_short ON public.payment_transactions IS 'the idempotency key is blank or longer than 255 characters';

COMMENT ON CONSTRAINT payment_transactions_metadata_must_be_an_object ON public.payment_transactions IS 'the notes are not an object';

COMMENT ON CONSTRAINT payment_transactions_must_not_end_before_made ON public.payment_transactions IS 'the payment ended before it was made';

COMMENT ON CONSTRAINT payment_transactions_only_ended_must_have_a_time_of_end ON public.payment_transactions IS 'a payment that goes on has a time of its end';

COMMENT ON CONSTRAINT payment_transactions_payment_intent_must_be_1_to_255_characters ON public.payment_transactions IS 'the payment''s name is blank or longer than 255 characters';

COMMENT ON CONSTRAINT payment_transactions_provider_must_be_known ON public.payment_transactions IS 'the payment provider is unknown';

COMMENT ON CONSTRAINT payment_transactions_status_must_be_known ON public.payment_transactions IS 'the status is unknown';

COMMENT ON CONSTRAINT payment_transactions_times_must_be_finite ON public.payment_transactions IS 'a time is infinite';

COMMENT ON CONSTRAINT payment_transactions_type_must_be_known ON public.payment_transactions IS 'the type is unknown';

CREATE VIEW masked.payment_transactions AS
 SELECT id,
    tenant_id,
    order_id,
    user_id,
    venue_id,
    type,
    status,
    amount,
    fee_amount,
    currency,
    provider,
    masked.redacted(card_last4, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS card_last4,
    masked.name(billing_name, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS billing_name,
    masked.email(billing_email, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS billing_email,
    masked.redacted(failure_reason, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS failure_reason,
    processed_at,
    created_at,
    updated_at
   FROM public.payment_transactions;


ALTER VIEW masked.payment_transactions OWNER TO ttdb_masker;

COMMENT ON VIEW masked.payment_transactions IS 'What support sees of public.payment_transactions: decided columns only, personal ones masked.';

COMMENT ON COLUMN masked.payment_transactions.id IS 'as the table holds it';

COMMENT ON COLUMN masked.payment_transactions.tenant_id IS 'as the table holds it';

COMMENT ON COLUMN masked.payment_transactions.order_id IS 'as the table holds it';

COMMENT ON COLUMN masked.payment_transactions.user_id IS 'as the table holds it';

COMMENT ON COLUMN masked.payment_transactions.venue_id IS 'as the table holds it';

COMMENT ON COLUMN masked.payment_transactions.type IS 'as the table holds it';

COMMENT ON COLUMN masked.payment_transactions.status IS 'as the table holds it';

COMMENT ON COLUMN masked.payment_transactions.amount IS 'as the table holds it';

COMMENT ON COLUMN masked.payment_transactions.fee_amount IS 'as the table holds it';

COMMENT ON COLUMN masked.payment_transactions.currency IS 'as the table holds it';

COMMENT ON COLUMN masked.payment_transactions.provider IS 'as the table holds it';

COMMENT ON COLUMN masked.payment_transactions.card_last4 IS 'masked by masked.redacted()';

COMMENT ON COLUMN masked.payment_transactions.billing_name IS 'masked by masked.name()';

COMMENT ON COLUMN masked.payment_transactions.billing_email IS 'masked by masked.email()';

COMMENT ON COLUMN masked.payment_transactions.failure_reason IS 'masked by masked.redacted()';

COMMENT ON COLUMN masked.payment_transactions.processed_at IS 'as the table holds it';

COMMENT ON COLUMN masked.payment_transactions.created_at IS 'as the table holds it';

COMMENT ON COLUMN masked.payment_transactions.updated_at IS 'as the table holds it';

CREATE TABLE public.tenants (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    status text DEFAULT 'ACTIVE'::text NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tenants_name_must_be_1_to_200_characters CHECK (((name ~ '\S'::text) AND (length(name) <= 200))),
    CONSTRAINT tenants_settings_must_be_an_object CHECK ((jsonb_typeof(settings) = 'object'::text)),
    CONSTRAINT tenants_slug_must_be_lower_case_words CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (length(slug) <= 100))),
    CONSTRAINT tenants_status_must_be_known CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'SUSPENDED'::text, 'CLOSED'::text]))),
    CONSTRAINT tenants_times_must_be_finite CHECK ((isfinite(created_at) AND isfinite(updated_at)))
);

ALTER TABLE ONLY public.tenants FORCE ROW LEVEL SECURITY;


ALTER TABLE public.tenants OWNER TO ttdb_owner;

COMMENT ON TABLE public.tenants IS 'who sells tickets; every other row belongs to one of them';

COMMENT ON COLUMN public.tenants.id IS 'made by the server';

COMMENT ON COLUMN public.tenants.name IS 'shown to people';

COMMENT ON COLUMN public.tenants.slug IS 'in addresses; unique over all tenants';

COMMENT ON COLUMN public.tenants.status IS 'ACTIVE: may sell; SUSPENDED: may not; CLOSED: kept for its history';

COMMENT ON COLUMN public.tenants.settings IS 'the tenant''s own choices';

COMMENT ON COLUMN public.tenants.created_at IS 'when the row was made';

COMMENT ON COLUMN public.tenants.updated_at IS 'when the row last changed';

COMMENT ON CONSTRAINT tenants_name_must_be_1_to_200_characters ON public.tenants IS 'the name is empty or longer than 200 characters';

COMMENT ON CONSTRAINT tenants_settings_must_be_an_object ON public.tenants IS 'the settings are not an object';

COMMENT ON CONSTRAINT tenants_slug_must_be_lower_case_words ON public.tenants IS 'the address holds more than lower-case letters, digits and single hyphens, or is longer than 100';

COMMENT ON CONSTRAINT tenants_status_must_be_known ON public.tenants IS 'the status is unknown';

COMMENT ON CONSTRAINT tenants_times_must_be_finite ON public.tenants IS 'a time is infinite';

CREATE VIEW masked.tenants AS
 SELECT id,
    name,
    slug,
    status,
    created_at,
    updated_at
   FROM public.tenants;


ALTER VIEW masked.tenants OWNER TO ttdb_masker;

COMMENT ON VIEW masked.tenants IS 'What support sees of public.tenants: decided columns only, personal ones masked.';

COMMENT ON COLUMN masked.tenants.id IS 'as the table holds it';

COMMENT ON COLUMN masked.tenants.name IS 'as the table holds it';

COMMENT ON COLUMN masked.tenants.slug IS 'as the table holds it';

COMMENT ON COLUMN masked.tenants.status IS 'as the table holds it';

COMMENT ON COLUMN masked.tenants.created_at IS 'as the table holds it';

COMMENT ON COLUMN masked.tenants.updated_at IS 'as the table holds it';

CREATE TABLE public.ticket_types (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    event_id uuid NOT NULL,
    name text NOT NULL,
    price numeric(12,2) NOT NULL,
    currency text DEFAULT 'USD'::text NOT NULL,
    quantity integer NOT NULL,
    sale_starts_at timestamp with time zone NOT NULL,
    sale_ends_at timestamp with time zone NOT NULL,
    max_per_order integer DEFAULT 10 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ticket_types_currency_must_be_three_capital_letters CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT ticket_types_name_must_be_1_to_200_characters CHECK (((name ~ '\S'::text) AND (length(name) <= 200))),
    CONSTRAINT ticket_types_order_limit_must_be_reasonable CHECK (((max_per_order >= 1) AND (max_per_order <= 100))),
    CONSTRAINT ticket_types_price_must_be_reasonable CHECK (((price >= (0)::numeric) AND (price <= (1000000)::numeric))),
    CONSTRAINT ticket_types_quantity_must_be_reasonable CHECK (((quantity >= 1) AND (quantity <= 1000000))),
    CONSTRAINT ticket_types_sale_must_not_end_before_start CHECK ((sale_ends_at > sale_starts_at)),
    CONSTRAINT ticket_types_times_must_be_finite CHECK ((isfinite(sale_starts_at) AND isfinite(sale_ends_at) AND isfinite(created_at) AND isfinite(updated_at)))
);

ALTER TABLE ONLY public.ticket_types FORCE ROW LEVEL SECURITY;


ALTER TABLE public.ticket_types OWNER TO ttdb_owner;

COMMENT ON TABLE public.ticket_types IS 'the kinds of ticket an event has';

COMMENT ON COLUMN public.ticket_types.id IS 'made by the server';

COMMENT ON COLUMN public.ticket_types.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.ticket_types.event_id IS 'the event it admits to';

COMMENT ON COLUMN public.ticket_types.name IS 'shown to people';

COMMENT ON COLUMN public.ticket_types.price IS 'of one ticket, without tax';

COMMENT ON COLUMN public.ticket_types.currency IS 'ISO 4217, three letters';

COMMENT ON COLUMN public.ticket_types.quantity IS 'how many there are in all';

COMMENT ON COLUMN public.ticket_types.sale_starts_at IS 'first moment of sale';

COMMENT ON COLUMN public.ticket_types.sale_ends_at IS 'last moment of sale';

COMMENT ON COLUMN public.ticket_types.max_per_order IS 'how many one order may hold';

COMMENT ON COLUMN public.ticket_types.created_at IS 'when the row was made';

COMMENT ON COLUMN public.ticket_types.updated_at IS 'when the row last changed';

COMMENT ON CONSTRAINT ticket_types_currency_must_be_three_capital_letters ON public.ticket_types IS 'the currency is not a three-letter code';

COMMENT ON CONSTRAINT ticket_types_name_must_be_1_to_200_characters ON public.ticket_types IS 'the name is empty or longer than 200 characters';

COMMENT ON CONSTRAINT ticket_types_order_limit_must_be_reasonable ON public.ticket_types IS 'an order may hold between 1 and 100';

COMMENT ON CONSTRAINT ticket_types_price_must_be_reasonable ON public.ticket_types IS 'the price is below 0 or over 1000000';

COMMENT ON CONSTRAINT ticket_types_quantity_must_be_reasonable ON public.ticket_types IS 'the quantity is below 1 or over 1000000';

COMMENT ON CONSTRAINT ticket_types_sale_must_not_end_before_start ON public.ticket_types IS 'the sale ends before it starts';

COMMENT ON CONSTRAINT ticket_types_times_must_be_finite ON public.ticket_types IS 'a time is infinite';

CREATE VIEW masked.ticket_types AS
 SELECT id,
    tenant_id,
    event_id,
    name,
    price,
    currency,
    quantity,
    sale_starts_at,
    sale_ends_at,
    max_per_order,
    created_at,
    updated_at
   FROM public.ticket_types;


ALTER VIEW masked.ticket_types OWNER TO ttdb_masker;

COMMENT ON VIEW masked.ticket_types IS 'What support sees of public.ticket_types: decided columns only, personal ones masked.';

COMMENT ON COLUMN masked.ticket_types.id IS 'as the table holds it';

COMMENT ON COLUMN masked.ticket_types.tenant_id IS 'as the table holds it';

COMMENT ON COLUMN masked.ticket_types.event_id IS 'as the table holds it';

COMMENT ON COLUMN masked.ticket_types.name IS 'as the table holds it';

COMMENT ON COLUMN masked.ticket_types.price IS 'as the table holds it';

COMMENT ON COLUMN masked.ticket_types.currency IS 'as the table holds it';

COMMENT ON COLUMN masked.ticket_types.quantity IS 'as the table holds it';

COMMENT ON COLUMN masked.ticket_types.sale_starts_at IS 'as the table holds it';

COMMENT ON COLUMN masked.ticket_types.sale_ends_at IS 'as the table holds it';

COMMENT ON COLUMN masked.ticket_types.max_per_order IS 'as the table holds it';

COMMENT ON COLUMN masked.ticket_types.created_at IS 'as the table holds it';

COMMENT ON COLUMN masked.ticket_types.updated_at IS 'as the table holds it';

CREATE TABLE public.tickets (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    event_id uuid NOT NULL,
    ticket_type_id uuid NOT NULL,
    order_id uuid NOT NULL,
    user_id uuid,
    ticket_number text NOT NULL,
    code text DEFAULT replace(((gen_random_uuid())::text || (gen_random_uuid())::text), '-'::text, ''::text) NOT NULL,
    status text DEFAULT 'RESERVED'::text NOT NULL,
    price numeric(12,2) NOT NULL,
    currency text DEFAULT 'USD'::text NOT NULL,
    seat text,
    holder_name text,
    holder_email text,
    sold_at timestamp with time zone,
    used_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tickets_cancelled_must_say_when CHECK (((status <> ALL (ARRAY['CANCELLED'::text, 'REFUNDED'::text])) OR (cancelled_at IS NOT NULL))),
    CONSTRAINT tickets_code_must_be_hard_to_guess CHECK ((code ~ '^\S{16,128}$'::text)),
    CONSTRAINT tickets_currency_must_be_three_capital_letters CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT tickets_holder_email_must_be_a_lower_case_address CHECK (((holder_email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'::text) AND (holder_email = lower(holder_email)))),
    CONSTRAINT tickets_holder_email_must_not_be_too_long CHECK ((length(holder_email) <= 254)),
    CONSTRAINT tickets_holder_name_must_be_1_to_200_characters CHECK (((holder_name ~ '\S'::text) AND (length(holder_name) <= 200))),
    CONSTRAINT tickets_must_not_be_cancelled_before_made CHECK ((cancelled_at >= (created_at - make_interval(mins => 1)))),
    CONSTRAINT tickets_must_not_be_cancelled_before_sold CHECK ((cancelled_at >= (sold_at - make_interval(mins => 1)))),
    CONSTRAINT tickets_must_not_be_sold_before_made CHECK ((sold_at >= (created_at - make_interval(mins => 1)))),
    CONSTRAINT tickets_must_not_be_used_before_sold CHECK ((used_at >= (sold_at - make_interval(mins => 1)))),
    CONSTRAINT tickets_number_must_be_capitals_digits_and_hyphens CHECK (((ticket_number ~ '^[A-Z0-9]+(-[A-Z0-9]+)*$'::text) AND (length(ticket_number) <= 40))),
    CONSTRAINT tickets_only_ended_must_have_a_time_of_cancellation CHECK (((cancelled_at IS NULL) OR (status = ANY (ARRAY['CANCELLED'::text, 'REFUNDED'::text])))),
    CONSTRAINT tickets_only_sold_must_have_a_time_of_sale CHECK (((sold_at IS NULL) OR (status = ANY (ARRAY['SOLD'::text, 'USED'::text, 'CANCELLED'::text, 'REFUNDED'::text])))),
    CONSTRAINT tickets_only_used_must_have_a_time_of_use CHECK (((used_at IS NULL) OR (status = ANY (ARRAY['USED'::text, 'REFUNDED'::text])))),
    CONSTRAINT tickets_price_must_be_reasonable CHECK (((price >= (0)::numeric) AND (price <= (1000000)::numeric))),
    CONSTRAINT tickets_seat_must_be_1_to_50_characters CHECK (((seat ~ '\S'::text) AND (length(seat) <= 50))),
    CONSTRAINT tickets_sold_must_say_when CHECK (((status <> ALL (ARRAY['SOLD'::text, 'USED'::text, 'REFUNDED'::text])) OR (sold_at IS NOT NULL))),
    CONSTRAINT tickets_status_must_be_known CHECK ((status = ANY (ARRAY['RESERVED'::text, 'SOLD'::text, 'USED'::text, 'CANCELLED'::text, 'EXPIRED'::text, 'REFUNDED'::text]))),
    CONSTRAINT tickets_times_must_be_finite CHECK ((isfinite(sold_at) AND isfinite(used_at) AND isfinite(cancelled_at) AND isfinite(created_at) AND isfinite(updated_at))),
    CONSTRAINT tickets_used_must_say_when CHECK (((status <> 'USED'::text) OR (used_at IS NOT NULL)))
);

ALTER TABLE ONLY public.tickets FORCE ROW LEVEL SECURITY;


ALTER TABLE public.tickets OWNER TO ttdb_owner;

COMMENT ON TABLE public.tickets IS 'what admits one person to one event';

COMMENT ON COLUMN public.tickets.id IS 'made by the server';

COMMENT ON COLUMN public.tickets.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.tickets.event_id IS 'the event it admits to';

COMMENT ON COLUMN public.tickets.ticket_type_id IS 'what kind it is';

COMMENT ON COLUMN public.tickets.order_id IS 'the order that took it';

COMMENT ON COLUMN public.tickets.user_id IS 'who holds it; empty while nobody is named';

COMMENT ON COLUMN public.tickets.ticket_number IS 'shown to people; unique within the tenant';

COMMENT ON COLUMN public.tickets.code IS 'what the gate scans; secret, never in the trail';

COMMENT ON COLUMN public.tickets.status IS 'RESERVED in a cart, SOLD, USED at the gate; CANCELLED, EXPIRED and REFUNDED give the place back';

COMMENT ON COLUMN public.tickets.price IS 'of this ticket, without tax';

COMMENT ON COLUMN public.tickets.currency IS 'ISO 4217, three letters';

COMMENT ON COLUMN public.tickets.seat IS 'section, row and place; empty where people stand';

COMMENT ON COLUMN public.tickets.holder_name IS 'who will come; personal';

COMMENT ON COLUMN public.tickets.holder_email IS 'where the ticket is sent, lower case; personal';

COMMENT ON COLUMN public.tickets.sold_at IS 'when it was paid';

COMMENT ON COLUMN public.tickets.used_at IS 'when it was scanned at the gate';

COMMENT ON COLUMN public.tickets.cancelled_at IS 'when it was cancelled or refunded';

COMMENT ON COLUMN public.tickets.created_at IS 'when the row was made';

COMMENT ON COLUMN public.tickets.updated_at IS 'when the row last changed';

COMMENT ON CONSTRAINT tickets_cancelled_must_say_when ON public.tickets IS 'a cancelled or refunded ticket needs its time';

COMMENT ON CONSTRAINT tickets_code_must_be_hard_to_guess ON public.tickets IS 'the code is shorter than 16 or longer than 128 characters';

COMMENT ON CONSTRAINT tickets_currency_must_be_three_capital_letters ON public.tickets IS 'the currency is not a three-letter code';

COMMENT ON CONSTRAINT tickets_holder_email_must_be_a_lower_case_address ON public.tickets IS 'the e-mail address is malformed or has capital letters';

COMMENT ON CONSTRAINT tickets_holder_email_must_not_be_too_long ON public.tickets IS 'the e-mail address is longer than 254 characters';

COMMENT ON CONSTRAINT tickets_holder_name_must_be_1_to_200_characters ON public.tickets IS 'the holder''s name is blank or longer than 200 characters';

COMMENT ON CONSTRAINT tickets_must_not_be_cancelled_before_made ON public.tickets IS 'the cancellation is earlier than the ticket';

COMMENT ON CONSTRAINT tickets_must_not_be_cancelled_before_sold ON public.tickets IS 'the cancellation is earlier than the sale';

COMMENT ON CONSTRAINT tickets_must_not_be_sold_before_made ON public.tickets IS 'the sale is earlier than the ticket';

COMMENT ON CONSTRAINT tickets_must_not_be_used_before_sold ON public.tickets IS 'the use is earlier than the sale';

COMMENT ON CONSTRAINT tickets_number_must_be_capitals_digits_and_hyphens ON public.tickets IS 'the ticket number holds more than capitals, digits and single hyphens, or is longer than 40';

COMMENT ON CONSTRAINT tickets_only_ended_must_have_a_time_of_cancellation ON public.tickets IS 'a ticket that was not cancelled has a time of cancellation';

COMMENT ON CONSTRAINT tickets_only_sold_must_have_a_time_of_sale ON public.tickets IS 'a ticket that was not sold has a time of sale';

COMMENT ON CONSTRAINT tickets_only_used_must_have_a_time_of_use ON public.tickets IS 'a ticket that was not used has a time of use';

COMMENT ON CONSTRAINT tickets_price_must_be_reasonable ON public.tickets IS 'the price is below 0 or over 1000000';

COMMENT ON CONSTRAINT tickets_seat_must_be_1_to_50_characters ON public.tickets IS 'the seat is blank or longer than 50 characters';

COMMENT ON CONSTRAINT tickets_sold_must_say_when ON public.tickets IS 'a sold ticket needs the time of sale';

COMMENT ON CONSTRAINT tickets_status_must_be_known ON public.tickets IS 'the status is unknown';

COMMENT ON CONSTRAINT tickets_times_must_be_finite ON public.tickets IS 'a time is infinite';

COMMENT ON CONSTRAINT tickets_used_must_say_when ON public.tickets IS 'a used ticket needs its time';

CREATE VIEW masked.tickets AS
 SELECT id,
    tenant_id,
    event_id,
    ticket_type_id,
    order_id,
    user_id,
    ticket_number,
    status,
    price,
    currency,
    seat,
    masked.name(holder_name, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS holder_name,
    masked.email(holder_email, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS holder_email,
    sold_at,
    used_at,
    cancelled_at,
    created_at,
    updated_at
   FROM public.tickets;


ALTER VIEW masked.tickets OWNER TO ttdb_masker;

COMMENT ON VIEW masked.tickets IS 'What support sees of public.tickets: decided columns only, personal ones masked.';

COMMENT ON COLUMN masked.tickets.id IS 'as the table holds it';

COMMENT ON COLUMN masked.tickets.tenant_id IS 'as the table holds it';

COMMENT ON COLUMN masked.tickets.event_id IS 'as the table holds it';

COMMENT ON COLUMN masked.tickets.ticket_type_id IS 'as the table holds it';

COMMENT ON COLUMN masked.tickets.order_id IS 'as the table holds it';

COMMENT ON COLUMN masked.tickets.user_id IS 'as the table holds it';

COMMENT ON COLUMN masked.tickets.ticket_number IS 'as the table holds it';

COMMENT ON COLUMN masked.tickets.status IS 'as the table holds it';

COMMENT ON COLUMN masked.tickets.price IS 'as the table holds it';

COMMENT ON COLUMN masked.tickets.currency IS 'as the table holds it';

COMMENT ON COLUMN masked.tickets.seat IS 'as the table holds it';

COMMENT ON COLUMN masked.tickets.holder_name IS 'masked by masked.name()';

COMMENT ON COLUMN masked.tickets.holder_email IS 'masked by masked.email()';

COMMENT ON COLUMN masked.tickets.sold_at IS 'as the table holds it';

COMMENT ON COLUMN masked.tickets.used_at IS 'as the table holds it';

COMMENT ON COLUMN masked.tickets.cancelled_at IS 'as the table holds it';

COMMENT ON COLUMN masked.tickets.created_at IS 'as the table holds it';

COMMENT ON COLUMN masked.tickets.updated_at IS 'as the table holds it';

CREATE TABLE public.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    email text NOT NULL,
    phone text,
    first_name text,
    last_name text,
    search_name text GENERATED ALWAYS AS (lower((COALESCE((last_name || ' '::text), ''::text) || COALESCE(first_name, ''::text)))) STORED COLLATE pg_catalog."C",
    role text DEFAULT 'CUSTOMER'::text NOT NULL,
    status text DEFAULT 'PENDING'::text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT users_deleted_must_say_when CHECK (((status = 'DELETED'::text) = (deleted_at IS NOT NULL))),
    CONSTRAINT users_email_must_be_a_lower_case_address CHECK (((email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'::text) AND (email = lower(email)))),
    CONSTRAINT users_email_must_not_be_too_long CHECK ((length(email) <= 254)),
    CONSTRAINT users_first_name_must_be_1_to_100_characters CHECK (((first_name ~ '\S'::text) AND (length(first_name) <= 100))),
    CONSTRAINT users_last_name_must_be_1_to_100_characters CHECK (((last_name ~ '\S'::text) AND (length(last_name) <= 100))),
    CONSTRAINT users_must_not_be_deleted_before_made CHECK ((deleted_at >= (created_at - make_interval(mins => 1)))),
    CONSTRAINT users_password_hash_must_not_be_blank CHECK ((password_hash ~ '\S'::text)),
    CONSTRAINT users_phone_must_be_international CHECK ((phone ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT users_role_must_be_known CHECK ((role = ANY (ARRAY['CUSTOMER'::text, 'STAFF'::text, 'MANAGER'::text, 'OWNER'::text]))),
    CONSTRAINT users_status_must_be_known CHECK ((status = ANY (ARRAY['PENDING'::text, 'ACTIVE'::text, 'SUSPENDED'::text, 'DELETED'::text]))),
    CONSTRAINT users_times_must_be_finite CHECK ((isfinite(created_at) AND isfinite(updated_at) AND isfinite(deleted_at)))
);

ALTER TABLE ONLY public.users FORCE ROW LEVEL SECURITY;


ALTER TABLE public.users OWNER TO ttdb_owner;

COMMENT ON TABLE public.users IS 'people who log in: a tenant''s customers and staff';

COMMENT ON COLUMN public.users.id IS 'made by the server';

COMMENT ON COLUMN public.users.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.users.email IS 'login name, lower case; personal';

COMMENT ON COLUMN public.users.phone IS 'in E.164 form; personal';

COMMENT ON COLUMN public.users.first_name IS 'personal';

COMMENT ON COLUMN public.users.last_name IS 'personal';

COMMENT ON COLUMN public.users.search_name IS 'last name, then first name, lower case, to look people up by how it begins; personal';

COMMENT ON COLUMN public.users.role IS 'CUSTOMER buys; STAFF scans; MANAGER sells; OWNER pays the bill';

COMMENT ON COLUMN public.users.status IS 'PENDING until the e-mail is confirmed';

COMMENT ON COLUMN public.users.password_hash IS 'never in the trail, never shown';

COMMENT ON COLUMN public.users.created_at IS 'when the row was made';

COMMENT ON COLUMN public.users.updated_at IS 'when the row last changed';

COMMENT ON COLUMN public.users.deleted_at IS 'when the account was closed';

COMMENT ON CONSTRAINT users_deleted_must_say_when ON public.users IS 'a closed account needs the time of its closing, and no other has one';

COMMENT ON CONSTRAINT users_email_must_be_a_lower_case_address ON public.users IS 'the e-mail address is malformed or has capital letters';

COMMENT ON CONSTRAINT users_email_must_not_be_too_long ON public.users IS 'the e-mail address is longer than 254 characters';

COMMENT ON CONSTRAINT users_first_name_must_be_1_to_100_characters ON public.users IS 'the first name is blank or longer than 100 characters';

COMMENT ON CONSTRAINT users_last_name_must_be_1_to_100_characters ON public.users IS 'the last name is blank or longer than 100 characters';

COMMENT ON CONSTRAINT users_must_not_be_deleted_before_made ON public.users IS 'the account was closed before it was made';

COMMENT ON CONSTRAINT users_password_hash_must_not_be_blank ON public.users IS 'the password is missing';

COMMENT ON CONSTRAINT users_phone_must_be_international ON public.users IS 'the phone number is not in international form';

COMMENT ON CONSTRAINT users_role_must_be_known ON public.users IS 'the role is unknown';

COMMENT ON CONSTRAINT users_status_must_be_known ON public.users IS 'the status is unknown';

COMMENT ON CONSTRAINT users_times_must_be_finite ON public.users IS 'a time is infinite';

CREATE VIEW masked.users AS
 SELECT id,
    tenant_id,
    masked.email(email, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS email,
    masked.phone(phone, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS phone,
    masked.name(first_name, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS first_name,
    masked.name(last_name, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS last_name,
    role,
    status,
    created_at,
    updated_at,
    deleted_at
   FROM public.users;


ALTER VIEW masked.users OWNER TO ttdb_masker;

COMMENT ON VIEW masked.users IS 'What support sees of public.users: decided columns only, personal ones masked.';

COMMENT ON COLUMN masked.users.id IS 'as the table holds it';

COMMENT ON COLUMN masked.users.tenant_id IS 'as the table holds it';

COMMENT ON COLUMN masked.users.email IS 'masked by masked.email()';

COMMENT ON COLUMN masked.users.phone IS 'masked by masked.phone()';

COMMENT ON COLUMN masked.users.first_name IS 'masked by masked.name()';

COMMENT ON COLUMN masked.users.last_name IS 'masked by masked.name()';

COMMENT ON COLUMN masked.users.role IS 'as the table holds it';

COMMENT ON COLUMN masked.users.status IS 'as the table holds it';

COMMENT ON COLUMN masked.users.created_at IS 'as the table holds it';

COMMENT ON COLUMN masked.users.updated_at IS 'as the table holds it';

COMMENT ON COLUMN masked.users.deleted_at IS 'as the table holds it';

CREATE TABLE public.venues (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    email text,
    phone text,
    city text NOT NULL,
    country_code text NOT NULL,
    timezone text DEFAULT 'UTC'::text NOT NULL,
    max_capacity integer NOT NULL,
    status text DEFAULT 'ACTIVE'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT venues_capacity_must_be_reasonable CHECK (((max_capacity >= 1) AND (max_capacity <= 1000000))),
    CONSTRAINT venues_city_must_be_1_to_100_characters CHECK (((city ~ '\S'::text) AND (length(city) <= 100))),
    CONSTRAINT venues_country_must_be_two_capital_letters CHECK ((country_code ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT venues_deleted_must_be_inactive CHECK (((deleted_at IS NULL) OR (status = 'INACTIVE'::text))),
    CONSTRAINT venues_email_must_be_a_lower_case_address CHECK (((email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'::text) AND (email = lower(email)))),
    CONSTRAINT venues_email_must_not_be_too_long CHECK ((length(email) <= 254)),
    CONSTRAINT venues_must_not_be_deleted_before_made CHECK ((deleted_at >= (created_at - make_interval(mins => 1)))),
    CONSTRAINT venues_name_must_be_1_to_200_characters CHECK (((name ~ '\S'::text) AND (length(name) <= 200))),
    CONSTRAINT venues_phone_must_be_international CHECK ((phone ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT venues_slug_must_be_lower_case_words CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (length(slug) <= 100))),
    CONSTRAINT venues_status_must_be_known CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'INACTIVE'::text]))),
    CONSTRAINT venues_times_must_be_finite CHECK ((isfinite(created_at) AND isfinite(updated_at) AND isfinite(deleted_at))),
    CONSTRAINT venues_timezone_must_be_a_name CHECK (((timezone ~ '^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$'::text) AND (length(timezone) <= 64)))
);

ALTER TABLE ONLY public.venues FORCE ROW LEVEL SECURITY;


ALTER TABLE public.venues OWNER TO ttdb_owner;

COMMENT ON TABLE public.venues IS 'where events take place';

COMMENT ON COLUMN public.venues.id IS 'made by the server';

COMMENT ON COLUMN public.venues.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.venues.name IS 'shown to people';

COMMENT ON COLUMN public.venues.slug IS 'in addresses';

COMMENT ON COLUMN public.venues.email IS 'of the venue''s office; personal';

COMMENT ON COLUMN public.venues.phone IS 'of the venue''s office, in E.164 form; personal';

COMMENT ON COLUMN public.venues.city IS 'where it is';

COMMENT ON COLUMN public.venues.country_code IS 'ISO 3166-1, two letters';

COMMENT ON COLUMN public.venues.timezone IS 'IANA name';

COMMENT ON COLUMN public.venues.max_capacity IS 'how many people it may hold';

COMMENT ON COLUMN public.venues.status IS 'INACTIVE: takes no new events';

COMMENT ON COLUMN public.venues.created_at IS 'when the row was made';

COMMENT ON COLUMN public.venues.updated_at IS 'when the row last changed';

COMMENT ON COLUMN public.venues.deleted_at IS 'when it was removed';

COMMENT ON CONSTRAINT venues_capacity_must_be_reasonable ON public.venues IS 'the capacity is below 1 or over 1000000';

COMMENT ON CONSTRAINT venues_city_must_be_1_to_100_characters ON public.venues IS 'the city is empty or longer than 100 characters';

COMMENT ON CONSTRAINT venues_country_must_be_two_capital_letters ON public.venues IS 'the country is not a two-letter code';

COMMENT ON CONSTRAINT venues_deleted_must_be_inactive ON public.venues IS 'a removed venue must be inactive';

COMMENT ON CONSTRAINT venues_email_must_be_a_lower_case_address ON public.venues IS 'the e-mail address is malformed or has capital letters';

COMMENT ON CONSTRAINT venues_email_must_not_be_too_long ON public.venues IS 'the e-mail address is longer than 254 characters';

COMMENT ON CONSTRAINT venues_must_not_be_deleted_before_made ON public.venues IS 'the venue was removed before it was made';

COMMENT ON CONSTRAINT venues_name_must_be_1_to_200_characters ON public.venues IS 'the name is empty or longer than 200 characters';

COMMENT ON CONSTRAINT venues_phone_must_be_international ON public.venues IS 'the phone number is not in international form';

COMMENT ON CONSTRAINT venues_slug_must_be_lower_case_words ON public.venues IS 'the address holds more than lower-case letters, digits and single hyphens, or is longer than 100';

COMMENT ON CONSTRAINT venues_status_must_be_known ON public.venues IS 'the status is unknown';

COMMENT ON CONSTRAINT venues_times_must_be_finite ON public.venues IS 'a time is infinite';

COMMENT ON CONSTRAINT venues_timezone_must_be_a_name ON public.venues IS 'the time zone is not a name like Europe/Paris';

CREATE VIEW masked.venues AS
 SELECT id,
    tenant_id,
    name,
    slug,
    masked.email(email, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS email,
    masked.phone(phone, ( SELECT keys.inner_key
           FROM masked.keys), ( SELECT keys.outer_key
           FROM masked.keys)) AS phone,
    city,
    country_code,
    timezone,
    max_capacity,
    status,
    created_at,
    updated_at,
    deleted_at
   FROM public.venues;


ALTER VIEW masked.venues OWNER TO ttdb_masker;

COMMENT ON VIEW masked.venues IS 'What support sees of public.venues: decided columns only, personal ones masked.';

COMMENT ON COLUMN masked.venues.id IS 'as the table holds it';

COMMENT ON COLUMN masked.venues.tenant_id IS 'as the table holds it';

COMMENT ON COLUMN masked.venues.name IS 'as the table holds it';

COMMENT ON COLUMN masked.venues.slug IS 'as the table holds it';

COMMENT ON COLUMN masked.venues.email IS 'masked by masked.email()';

COMMENT ON COLUMN masked.venues.phone IS 'masked by masked.phone()';

COMMENT ON COLUMN masked.venues.city IS 'as the table holds it';

COMMENT ON COLUMN masked.venues.country_code IS 'as the table holds it';

COMMENT ON COLUMN masked.venues.timezone IS 'as the table holds it';

COMMENT ON COLUMN masked.venues.max_capacity IS 'as the table holds it';

COMMENT ON COLUMN masked.venues.status IS 'as the table holds it';

COMMENT ON COLUMN masked.venues.created_at IS 'as the table holds it';

COMMENT ON COLUMN masked.venues.updated_at IS 'as the table holds it';

COMMENT ON COLUMN masked.venues.deleted_at IS 'as the table holds it';

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


ALTER TABLE public.alembic_version OWNER TO ttdb_owner;

COMMENT ON TABLE public.alembic_version IS 'Where the database stands: the revisions that it has.';

COMMENT ON COLUMN public.alembic_version.version_num IS 'a revision; one for each branch';

CREATE TABLE public.audit_logs_default (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    user_id uuid,
    action text NOT NULL,
    resource_type text,
    resource_id uuid,
    status text DEFAULT 'SUCCESS'::text NOT NULL,
    error_message text,
    ip_address inet,
    user_agent text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT audit_logs_action_must_be_1_to_100_characters CHECK (((action ~ '\S'::text) AND (length(action) <= 100))),
    CONSTRAINT audit_logs_created_at_must_be_finite CHECK (isfinite(created_at)),
    CONSTRAINT audit_logs_failure_must_say_why CHECK (((status = 'FAILURE'::text) = (error_message IS NOT NULL))),
    CONSTRAINT audit_logs_metadata_must_be_an_object CHECK ((jsonb_typeof(metadata) = 'object'::text)),
    CONSTRAINT audit_logs_resource_must_say_its_type CHECK (((resource_id IS NULL) OR (resource_type IS NOT NULL))),
    CONSTRAINT audit_logs_resource_type_must_be_1_to_100_characters CHECK (((resource_type ~ '\S'::text) AND (length(resource_type) <= 100))),
    CONSTRAINT audit_logs_status_must_be_known CHECK ((status = ANY (ARRAY['SUCCESS'::text, 'FAILURE'::text]))),
    CONSTRAINT audit_logs_user_agent_must_not_be_too_long CHECK ((length(user_agent) <= 1000))
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_insert_scale_factor='0.05', autovacuum_analyze_scale_factor='0.02');

ALTER TABLE ONLY public.audit_logs_default FORCE ROW LEVEL SECURITY;


ALTER TABLE public.audit_logs_default OWNER TO ttdb_owner;

COMMENT ON TABLE public.audit_logs_default IS 'Rows of months that have no partition yet: none is lost.';

COMMENT ON COLUMN public.audit_logs_default.id IS 'made by the server';

COMMENT ON COLUMN public.audit_logs_default.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.audit_logs_default.user_id IS 'who did it; empty for the system';

COMMENT ON COLUMN public.audit_logs_default.action IS 'what was done, as the service names it: order.cancel';

COMMENT ON COLUMN public.audit_logs_default.resource_type IS 'the kind of thing it was done to';

COMMENT ON COLUMN public.audit_logs_default.resource_id IS 'which one';

COMMENT ON COLUMN public.audit_logs_default.status IS 'SUCCESS or FAILURE';

COMMENT ON COLUMN public.audit_logs_default.error_message IS 'why it failed';

COMMENT ON COLUMN public.audit_logs_default.ip_address IS 'where the request came from; personal';

COMMENT ON COLUMN public.audit_logs_default.user_agent IS 'what the browser called itself; personal';

COMMENT ON COLUMN public.audit_logs_default.metadata IS 'the services'' own notes';

COMMENT ON COLUMN public.audit_logs_default.created_at IS 'when the row was made';

CREATE TABLE public.event_logs_default (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    "timestamp" timestamp with time zone DEFAULT now() NOT NULL,
    service text NOT NULL,
    event_type text NOT NULL,
    aggregate_type text,
    aggregate_id uuid,
    correlation_id uuid,
    payload jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT event_logs_aggregate_must_say_its_type CHECK (((aggregate_id IS NULL) OR (aggregate_type IS NOT NULL))),
    CONSTRAINT event_logs_aggregate_type_must_be_1_to_100_characters CHECK (((aggregate_type ~ '\S'::text) AND (length(aggregate_type) <= 100))),
    CONSTRAINT event_logs_event_type_must_be_1_to_100_characters CHECK (((event_type ~ '\S'::text) AND (length(event_type) <= 100))),
    CONSTRAINT event_logs_payload_must_be_an_object CHECK ((jsonb_typeof(payload) = 'object'::text)),
    CONSTRAINT event_logs_service_must_be_1_to_100_characters CHECK (((service ~ '\S'::text) AND (length(service) <= 100))),
    CONSTRAINT event_logs_timestamp_must_be_finite CHECK (isfinite("timestamp"))
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_insert_scale_factor='0.05', autovacuum_analyze_scale_factor='0.02');

ALTER TABLE ONLY public.event_logs_default FORCE ROW LEVEL SECURITY;


ALTER TABLE public.event_logs_default OWNER TO ttdb_owner;

COMMENT ON TABLE public.event_logs_default IS 'Rows of months that have no partition yet: none is lost.';

COMMENT ON COLUMN public.event_logs_default.id IS 'made by the server';

COMMENT ON COLUMN public.event_logs_default.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.event_logs_default."timestamp" IS 'when it happened';

COMMENT ON COLUMN public.event_logs_default.service IS 'which service says so';

COMMENT ON COLUMN public.event_logs_default.event_type IS 'what happened: order.confirmed';

COMMENT ON COLUMN public.event_logs_default.aggregate_type IS 'the kind of thing it happened to';

COMMENT ON COLUMN public.event_logs_default.aggregate_id IS 'which one';

COMMENT ON COLUMN public.event_logs_default.correlation_id IS 'what ties it to other events of one request';

COMMENT ON COLUMN public.event_logs_default.payload IS 'the event itself: identifiers and figures, nothing personal';

CREATE TABLE public.notification_history_default (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    user_id uuid NOT NULL,
    order_id uuid,
    channel text NOT NULL,
    type text DEFAULT 'TRANSACTIONAL'::text NOT NULL,
    template_name text NOT NULL,
    subject text,
    recipient_email text,
    recipient_phone text,
    recipient_name text,
    status text DEFAULT 'QUEUED'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    retry_after timestamp with time zone,
    failed_reason text,
    provider_message_id text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    sent_at timestamp with time zone DEFAULT now() NOT NULL,
    delivered_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT notification_history_attempts_must_be_reasonable CHECK (((attempts >= 0) AND (attempts <= 100))),
    CONSTRAINT notification_history_channel_must_be_known CHECK ((channel = ANY (ARRAY['EMAIL'::text, 'SMS'::text, 'PUSH'::text, 'WEBHOOK'::text]))),
    CONSTRAINT notification_history_channel_must_have_its_address CHECK ((((channel <> 'EMAIL'::text) OR (recipient_email IS NOT NULL)) AND ((channel <> 'SMS'::text) OR (recipient_phone IS NOT NULL)))),
    CONSTRAINT notification_history_delivered_must_say_when CHECK (((status <> 'DELIVERED'::text) OR (delivered_at IS NOT NULL))),
    CONSTRAINT notification_history_email_must_be_a_lower_case_address CHECK (((recipient_email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'::text) AND (recipient_email = lower(recipient_email)))),
    CONSTRAINT notification_history_email_must_not_be_too_long CHECK ((length(recipient_email) <= 254)),
    CONSTRAINT notification_history_failed_must_say_why CHECK (((status <> ALL (ARRAY['FAILED'::text, 'BOUNCED'::text])) OR (failed_reason IS NOT NULL))),
    CONSTRAINT notification_history_metadata_must_be_an_object CHECK ((jsonb_typeof(metadata) = 'object'::text)),
    CONSTRAINT notification_history_must_not_arrive_before_sent CHECK ((delivered_at >= (sent_at - make_interval(mins => 1)))),
    CONSTRAINT notification_history_name_must_be_1_to_200_characters CHECK (((recipient_name ~ '\S'::text) AND (length(recipient_name) <= 200))),
    CONSTRAINT notification_history_only_delivered_must_have_its_time CHECK (((delivered_at IS NULL) OR (status = 'DELIVERED'::text))),
    CONSTRAINT notification_history_phone_must_be_international CHECK ((recipient_phone ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT notification_history_sent_at_must_be_finite CHECK (isfinite(sent_at)),
    CONSTRAINT notification_history_status_must_be_known CHECK ((status = ANY (ARRAY['QUEUED'::text, 'SENT'::text, 'DELIVERED'::text, 'FAILED'::text, 'BOUNCED'::text]))),
    CONSTRAINT notification_history_subject_must_be_1_to_500_characters CHECK (((subject ~ '\S'::text) AND (length(subject) <= 500))),
    CONSTRAINT notification_history_template_must_be_1_to_100_characters CHECK (((template_name ~ '\S'::text) AND (length(template_name) <= 100))),
    CONSTRAINT notification_history_times_must_be_finite CHECK ((isfinite(retry_after) AND isfinite(delivered_at) AND isfinite(updated_at))),
    CONSTRAINT notification_history_type_must_be_known CHECK ((type = ANY (ARRAY['TRANSACTIONAL'::text, 'MARKETING'::text, 'SYSTEM'::text])))
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_insert_scale_factor='0.05', autovacuum_analyze_scale_factor='0.02');

ALTER TABLE ONLY public.notification_history_default FORCE ROW LEVEL SECURITY;


ALTER TABLE public.notification_history_default OWNER TO ttdb_owner;

COMMENT ON TABLE public.notification_history_default IS 'Rows of months that have no partition yet: none is lost.';

COMMENT ON COLUMN public.notification_history_default.id IS 'made by the server';

COMMENT ON COLUMN public.notification_history_default.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.notification_history_default.user_id IS 'whom it is for';

COMMENT ON COLUMN public.notification_history_default.order_id IS 'the order it speaks of';

COMMENT ON COLUMN public.notification_history_default.channel IS 'EMAIL, SMS, PUSH or WEBHOOK';

COMMENT ON COLUMN public.notification_history_default.type IS 'TRANSACTIONAL, MARKETING or SYSTEM';

COMMENT ON COLUMN public.notification_history_default.template_name IS 'what was filled in to make it';

COMMENT ON COLUMN public.notification_history_default.subject IS 'its title, as sent; may name people';

COMMENT ON COLUMN public.notification_history_default.recipient_email IS 'where it went, lower case; personal';

COMMENT ON COLUMN public.notification_history_default.recipient_phone IS 'where it went, in E.164 form; personal';

COMMENT ON COLUMN public.notification_history_default.recipient_name IS 'personal';

COMMENT ON COLUMN public.notification_history_default.status IS 'QUEUED, SENT to the provider, DELIVERED; FAILED may be tried again, BOUNCED may not';

COMMENT ON COLUMN public.notification_history_default.attempts IS 'how often it was tried';

COMMENT ON COLUMN public.notification_history_default.retry_after IS 'when a failed one is tried again';

COMMENT ON COLUMN public.notification_history_default.failed_reason IS 'why it did not arrive';

COMMENT ON COLUMN public.notification_history_default.provider_message_id IS 'the provider''s name for it';

COMMENT ON COLUMN public.notification_history_default.metadata IS 'the services'' own notes';

COMMENT ON COLUMN public.notification_history_default.sent_at IS 'when it was accepted for sending';

COMMENT ON COLUMN public.notification_history_default.delivered_at IS 'when it arrived';

COMMENT ON COLUMN public.notification_history_default.updated_at IS 'when the row last changed';

CREATE TABLE public.payment_transactions_default (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    order_id uuid NOT NULL,
    user_id uuid NOT NULL,
    venue_id uuid NOT NULL,
    type text DEFAULT 'PAYMENT'::text NOT NULL,
    status text DEFAULT 'PENDING'::text NOT NULL,
    amount numeric(12,2) NOT NULL,
    fee_amount numeric(12,2) DEFAULT 0 NOT NULL,
    currency text DEFAULT 'USD'::text NOT NULL,
    provider text DEFAULT 'STRIPE'::text NOT NULL,
    payment_intent_id text,
    idempotency_key text,
    card_last4 text,
    billing_name text,
    billing_email text,
    failure_reason text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    processed_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT payment_transactions_amount_must_be_reasonable CHECK (((amount > (0)::numeric) AND (amount <= (10000000)::numeric))),
    CONSTRAINT payment_transactions_billing_email_must_be_an_address CHECK (((billing_email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'::text) AND (billing_email = lower(billing_email)))),
    CONSTRAINT payment_transactions_billing_email_must_not_be_too_long CHECK ((length(billing_email) <= 254)),
    CONSTRAINT payment_transactions_billing_name_must_be_1_to_200_characters CHECK (((billing_name ~ '\S'::text) AND (length(billing_name) <= 200))),
    CONSTRAINT payment_transactions_card_must_be_four_digits CHECK ((card_last4 ~ '^[0-9]{4}$'::text)),
    CONSTRAINT payment_transactions_created_at_must_be_finite CHECK (isfinite(created_at)),
    CONSTRAINT payment_transactions_currency_must_be_three_capital_letters CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT payment_transactions_ended_must_say_when CHECK (((status <> ALL (ARRAY['SUCCEEDED'::text, 'FAILED'::text])) OR (processed_at IS NOT NULL))),
    CONSTRAINT payment_transactions_failed_must_say_why CHECK (((status <> 'FAILED'::text) OR (failure_reason IS NOT NULL))),
    CONSTRAINT payment_transactions_failure_must_be_1_to_1000_characters CHECK (((failure_reason ~ '\S'::text) AND (length(failure_reason) <= 1000))),
    CONSTRAINT payment_transactions_fee_must_not_exceed_amount CHECK (((fee_amount >= (0)::numeric) AND (fee_amount <= amount))),
    CONSTRAINT payment_transactions_idempotency_key_must_be_filled_and_short CHECK (((idempotency_key ~ '\S'::text) AND (length(idempotency_key) <= 255))),
    CONSTRAINT payment_transactions_metadata_must_be_an_object CHECK ((jsonb_typeof(metadata) = 'object'::text)),
    CONSTRAINT payment_transactions_must_not_end_before_made CHECK ((processed_at >= (created_at - make_interval(mins => 1)))),
    CONSTRAINT payment_transactions_only_ended_must_have_a_time_of_end CHECK (((processed_at IS NULL) OR (status = ANY (ARRAY['SUCCEEDED'::text, 'FAILED'::text, 'CANCELLED'::text])))),
    CONSTRAINT payment_transactions_payment_intent_must_be_1_to_255_characters CHECK (((payment_intent_id ~ '\S'::text) AND (length(payment_intent_id) <= 255))),
    CONSTRAINT payment_transactions_provider_must_be_known CHECK ((provider = ANY (ARRAY['STRIPE'::text, 'PAYPAL'::text, 'CASH'::text]))),
    CONSTRAINT payment_transactions_status_must_be_known CHECK ((status = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text, 'SUCCEEDED'::text, 'FAILED'::text, 'CANCELLED'::text]))),
    CONSTRAINT payment_transactions_times_must_be_finite CHECK ((isfinite(processed_at) AND isfinite(updated_at))),
    CONSTRAINT payment_transactions_type_must_be_known CHECK ((type = ANY (ARRAY['PAYMENT'::text, 'REFUND'::text])))
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_insert_scale_factor='0.05', autovacuum_analyze_scale_factor='0.02');

ALTER TABLE ONLY public.payment_transactions_default FORCE ROW LEVEL SECURITY;


ALTER TABLE public.payment_transactions_default OWNER TO ttdb_owner;

COMMENT ON TABLE public.payment_transactions_default IS 'Rows of months that have no partition yet: none is lost.';

COMMENT ON COLUMN public.payment_transactions_default.id IS 'made by the server';

COMMENT ON COLUMN public.payment_transactions_default.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.payment_transactions_default.order_id IS 'the order it pays, or pays back';

COMMENT ON COLUMN public.payment_transactions_default.user_id IS 'who pays, or is paid back';

COMMENT ON COLUMN public.payment_transactions_default.venue_id IS 'whose payout it belongs to';

COMMENT ON COLUMN public.payment_transactions_default.type IS 'PAYMENT by the buyer, or REFUND to him';

COMMENT ON COLUMN public.payment_transactions_default.status IS 'PENDING, PROCESSING at the provider; SUCCEEDED, FAILED and CANCELLED end it';

COMMENT ON COLUMN public.payment_transactions_default.amount IS 'what changes hands, in the order''s currency';

COMMENT ON COLUMN public.payment_transactions_default.fee_amount IS 'of it, the platform''s share';

COMMENT ON COLUMN public.payment_transactions_default.currency IS 'ISO 4217, three letters';

COMMENT ON COLUMN public.payment_transactions_default.provider IS 'who moves the money: STRIPE, PAYPAL or CASH';

COMMENT ON COLUMN public.payment_transactions_default.payment_intent_id IS 'the provider''s name for the payment; used once, by whomever';

COMMENT ON COLUMN public.payment_transactions_default.idempotency_key IS 'the client''s, so that a repeated request moves no money twice';

COMMENT ON COLUMN public.payment_transactions_default.card_last4 IS 'last digits of the card; personal';

COMMENT ON COLUMN public.payment_transactions_default.billing_name IS 'on the card; personal';

COMMENT ON COLUMN public.payment_transactions_default.billing_email IS 'where the receipt goes, lower case; personal';

COMMENT ON COLUMN public.payment_transactions_default.failure_reason IS 'why the provider refused';

COMMENT ON COLUMN public.payment_transactions_default.metadata IS 'the services'' own notes';

COMMENT ON COLUMN public.payment_transactions_default.processed_at IS 'when it succeeded or failed';

COMMENT ON COLUMN public.payment_transactions_default.created_at IS 'when the row was made';

COMMENT ON COLUMN public.payment_transactions_default.updated_at IS 'when the row last changed';

CREATE TABLE public.payment_transactions_idempotency_key_keys (
    tenant_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.payment_transactions_idempotency_key_keys FORCE ROW LEVEL SECURITY;


ALTER TABLE public.payment_transactions_idempotency_key_keys OWNER TO ttdb_owner;

COMMENT ON TABLE public.payment_transactions_idempotency_key_keys IS 'Keeps idempotency_key of public.payment_transactions unique over all partitions, per tenant; written by triggers, nobody''s to read.';

COMMENT ON COLUMN public.payment_transactions_idempotency_key_keys.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.payment_transactions_idempotency_key_keys.idempotency_key IS 'the client''s, so that a repeated request moves no money twice';

COMMENT ON COLUMN public.payment_transactions_idempotency_key_keys.id IS 'made by the server';

COMMENT ON COLUMN public.payment_transactions_idempotency_key_keys.created_at IS 'when the row was made';

CREATE TABLE public.payment_transactions_payment_intent_id_keys (
    tenant_id uuid NOT NULL,
    payment_intent_id text NOT NULL,
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.payment_transactions_payment_intent_id_keys FORCE ROW LEVEL SECURITY;


ALTER TABLE public.payment_transactions_payment_intent_id_keys OWNER TO ttdb_owner;

COMMENT ON TABLE public.payment_transactions_payment_intent_id_keys IS 'Keeps payment_intent_id of public.payment_transactions unique over all partitions and tenants; written by triggers, nobody''s to read.';

COMMENT ON COLUMN public.payment_transactions_payment_intent_id_keys.tenant_id IS 'whose row it is; left out, the session''s tenant';

COMMENT ON COLUMN public.payment_transactions_payment_intent_id_keys.payment_intent_id IS 'the provider''s name for the payment; used once, by whomever';

COMMENT ON COLUMN public.payment_transactions_payment_intent_id_keys.id IS 'made by the server';

COMMENT ON COLUMN public.payment_transactions_payment_intent_id_keys.created_at IS 'when the row was made';

CREATE TABLE public.ticket_sales (
    tenant_id uuid NOT NULL,
    ticket_type_id uuid NOT NULL,
    quantity integer NOT NULL,
    sold integer DEFAULT 0 NOT NULL,
    CONSTRAINT ticket_sales_must_not_be_negative CHECK ((sold >= 0))
);

ALTER TABLE ONLY public.ticket_sales FORCE ROW LEVEL SECURITY;


ALTER TABLE public.ticket_sales OWNER TO ttdb_owner;

COMMENT ON TABLE public.ticket_sales IS 'how many tickets of each type are taken; kept by triggers, and not audited: its every change follows from one of tickets or ticket types, which are, and nobody can make it anything else';

COMMENT ON COLUMN public.ticket_sales.tenant_id IS 'whose row it is';

COMMENT ON COLUMN public.ticket_sales.ticket_type_id IS 'what is sold';

COMMENT ON COLUMN public.ticket_sales.quantity IS 'how many there are in all; the ticket type''s';

COMMENT ON COLUMN public.ticket_sales.sold IS 'how many tickets take a place: RESERVED, SOLD or USED';

COMMENT ON CONSTRAINT ticket_sales_must_not_be_negative ON public.ticket_sales IS 'fewer than no tickets are sold';

CREATE TABLE ttdb.audited_tables (
    relation regclass NOT NULL,
    excluded name[] NOT NULL
);


ALTER TABLE ttdb.audited_tables OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.audited_tables IS 'Tables whose every change audit.enable() has recorded.';

COMMENT ON COLUMN ttdb.audited_tables.relation IS 'the table';

COMMENT ON COLUMN ttdb.audited_tables.excluded IS 'columns whose values are kept out of the trail';

CREATE TABLE ttdb.context_keys (
    key_id text NOT NULL,
    inner_block bytea NOT NULL,
    outer_block bytea NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    retired_at timestamp with time zone,
    CONSTRAINT context_keys_id_must_be_lower_case_letters_and_digits CHECK ((key_id ~ '^[a-z0-9]{1,32}$'::text)),
    CONSTRAINT context_keys_must_be_one_hash_block_each CHECK (((length(inner_block) = 64) AND (length(outer_block) = 64))),
    CONSTRAINT context_keys_must_not_retire_before_they_are_made CHECK ((retired_at >= created_at))
);

ALTER TABLE ONLY ttdb.context_keys FORCE ROW LEVEL SECURITY;


ALTER TABLE ttdb.context_keys OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.context_keys IS 'The keys whose tokens ttdb.verified_tenant_id() accepts; several while one follows another.';

COMMENT ON COLUMN ttdb.context_keys.key_id IS 'what a token says of its key; no secret';

COMMENT ON COLUMN ttdb.context_keys.inner_block IS 'the key, filled up to a block of SHA-256, in HMAC''s inner form; secret';

COMMENT ON COLUMN ttdb.context_keys.outer_block IS 'the same in HMAC''s outer form; secret';

COMMENT ON COLUMN ttdb.context_keys.created_at IS 'when it was made; the newest signs';

COMMENT ON COLUMN ttdb.context_keys.retired_at IS 'since when its tokens are worth nothing';

COMMENT ON CONSTRAINT context_keys_id_must_be_lower_case_letters_and_digits ON ttdb.context_keys IS 'a key''s id is 1 to 32 lower-case letters and digits';

COMMENT ON CONSTRAINT context_keys_must_be_one_hash_block_each ON ttdb.context_keys IS 'HMAC''s blocks are 64 bytes';

COMMENT ON CONSTRAINT context_keys_must_not_retire_before_they_are_made ON ttdb.context_keys IS 'a key is retired after it was made';

CREATE TABLE ttdb.converted_tables (
    relation regclass NOT NULL,
    former_key name[] NOT NULL,
    former_options text[] NOT NULL,
    arrangement text NOT NULL,
    wanted text,
    storage text[] DEFAULT '{}'::text[] NOT NULL,
    staging regclass,
    changes regclass,
    months date[] DEFAULT '{}'::date[] NOT NULL,
    ready boolean DEFAULT false NOT NULL,
    last_key text[],
    copied boolean DEFAULT false NOT NULL,
    old_leaves regclass[] DEFAULT '{}'::regclass[] NOT NULL,
    CONSTRAINT converted_tables_arrangement_must_be_known CHECK ((arrangement = ANY (ARRAY['whole'::text, 'months'::text]))),
    CONSTRAINT converted_tables_wanted_must_be_known CHECK ((wanted = ANY (ARRAY['whole'::text, 'months'::text])))
);


ALTER TABLE ttdb.converted_tables OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.converted_tables IS 'Tables that ttdb.partition_in_place() made partitioned while in use.';

COMMENT ON COLUMN ttdb.converted_tables.relation IS 'the partitioned table';

COMMENT ON COLUMN ttdb.converted_tables.former_key IS 'the primary key before: without the partition key';

COMMENT ON COLUMN ttdb.converted_tables.former_options IS 'the storage settings before';

COMMENT ON COLUMN ttdb.converted_tables.arrangement IS 'how the rows lie: whole, in one partition, or in months';

COMMENT ON COLUMN ttdb.converted_tables.wanted IS 'the arrangement to which rows are being copied; NULL while none is';

COMMENT ON COLUMN ttdb.converted_tables.storage IS 'settings of the partitions that are being filled';

COMMENT ON COLUMN ttdb.converted_tables.staging IS 'under which the new partitions are filled';

COMMENT ON COLUMN ttdb.converted_tables.changes IS 'the keys of rows that were changed since the copying began';

COMMENT ON COLUMN ttdb.converted_tables.months IS 'that the new partitions are to be';

COMMENT ON COLUMN ttdb.converted_tables.ready IS 'the new partitions stand, and changes are noted';

COMMENT ON COLUMN ttdb.converted_tables.last_key IS 'of the last row that was copied';

COMMENT ON COLUMN ttdb.converted_tables.copied IS 'every row that stood at the beginning was copied: changes remain';

COMMENT ON COLUMN ttdb.converted_tables.old_leaves IS 'partitions whose rows lie in the new ones: to be dropped';

COMMENT ON CONSTRAINT converted_tables_arrangement_must_be_known ON ttdb.converted_tables IS 'rows lie whole or in months';

COMMENT ON CONSTRAINT converted_tables_wanted_must_be_known ON ttdb.converted_tables IS 'rows go to one partition or to months';

CREATE TABLE ttdb.cutovers (
    login name NOT NULL,
    stage text NOT NULL,
    found jsonb NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_by name DEFAULT SESSION_USER NOT NULL,
    CONSTRAINT cutovers_stage_must_be_known CHECK ((stage = ANY (ARRAY['before'::text, 'observed'::text, 'enforced'::text])))
);


ALTER TABLE ttdb.cutovers OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.cutovers IS 'The stages of services'' cut-overs; what holds is their logins'' memberships.';

COMMENT ON COLUMN ttdb.cutovers.login IS 'what the service logs in as';

COMMENT ON COLUMN ttdb.cutovers.stage IS 'before: as it was found; observed: sees all, and what would be refused is recorded; enforced: refused';

COMMENT ON COLUMN ttdb.cutovers.found IS 'memberships and attributes before the first change, to be given back';

COMMENT ON COLUMN ttdb.cutovers.changed_at IS 'when it came to this stage';

COMMENT ON COLUMN ttdb.cutovers.changed_by IS 'who brought it there';

COMMENT ON CONSTRAINT cutovers_stage_must_be_known ON ttdb.cutovers IS 'a cut-over''s stage is before, observed or enforced';

CREATE TABLE ttdb.ledger (
    revision text NOT NULL,
    step text NOT NULL,
    outcome text NOT NULL,
    replaced text,
    digest text,
    progress jsonb,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    recorded_by name DEFAULT SESSION_USER NOT NULL,
    CONSTRAINT ledger_outcome_must_be_known CHECK ((outcome = ANY (ARRAY['begun'::text, 'done'::text, 'found'::text])))
);


ALTER TABLE ttdb.ledger OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.ledger IS 'What each step of each revision did here: a downgrade undoes only what was done.';

COMMENT ON COLUMN ttdb.ledger.revision IS 'as Alembic has it';

COMMENT ON COLUMN ttdb.ledger.step IS 'its name, unique within the revision';

COMMENT ON COLUMN ttdb.ledger.outcome IS 'done: the step changed something; found: what it promises stood already; begun: without a transaction, and not ended';

COMMENT ON COLUMN ttdb.ledger.replaced IS 'SQL that restores what the step replaced';

COMMENT ON COLUMN ttdb.ledger.digest IS 'SHA-256 of the SQL that ran';

COMMENT ON COLUMN ttdb.ledger.progress IS 'how far a step that runs in batches has come: its last key, and rows; of another that has begun, what stood before and is not managed';

COMMENT ON COLUMN ttdb.ledger.recorded_at IS 'when it was written here';

COMMENT ON COLUMN ttdb.ledger.recorded_by IS 'the login, whatever role it had taken';

COMMENT ON CONSTRAINT ledger_outcome_must_be_known ON ttdb.ledger IS 'the outcome is unknown';

CREATE TABLE ttdb.managed_objects (
    kind text NOT NULL,
    identity text NOT NULL,
    definition text NOT NULL,
    revision text NOT NULL,
    step text NOT NULL
);


ALTER TABLE ttdb.managed_objects OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.managed_objects IS 'The definitions that the revisions left behind: what differs has drifted.';

COMMENT ON COLUMN ttdb.managed_objects.kind IS 'what is described: a function, a policy, a constraint, who owns it, its grants and more; after the word found, what hung on a table before ttdb put anything there';

COMMENT ON COLUMN ttdb.managed_objects.identity IS 'which one, as the server names it with an empty search_path';

COMMENT ON COLUMN ttdb.managed_objects.definition IS 'as ttdb.definitions_of() and ttdb.definitions_in() gave it';

COMMENT ON COLUMN ttdb.managed_objects.revision IS 'the revision that left it so';

COMMENT ON COLUMN ttdb.managed_objects.step IS 'the step that left it so';

CREATE TABLE ttdb.observations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    observed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    login name NOT NULL,
    application text,
    client inet,
    relation text NOT NULL,
    verb text NOT NULL,
    reason text NOT NULL,
    effect text NOT NULL,
    context_tenant uuid,
    row_tenant uuid,
    CONSTRAINT observations_effect_must_be_known CHECK ((effect = ANY (ARRAY['hidden'::text, 'error'::text]))),
    CONSTRAINT observations_reason_must_be_known CHECK ((reason = ANY (ARRAY['no_tenant'::text, 'other_tenant'::text, 'no_privilege'::text])))
);

ALTER TABLE ONLY ttdb.observations FORCE ROW LEVEL SECURITY;


ALTER TABLE ttdb.observations OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.observations IS 'What would have been refused: the first row of each transaction, table, verb and reason, of a kind ten a minute.';

COMMENT ON COLUMN ttdb.observations.id IS 'random';

COMMENT ON COLUMN ttdb.observations.observed_at IS 'when the row was come upon';

COMMENT ON COLUMN ttdb.observations.login IS 'who logged in';

COMMENT ON COLUMN ttdb.observations.application IS 'what the session calls itself: application_name';

COMMENT ON COLUMN ttdb.observations.client IS 'the address that the session came from; NULL for a local socket';

COMMENT ON COLUMN ttdb.observations.relation IS 'the table; of a partition, the table that it is part of';

COMMENT ON COLUMN ttdb.observations.verb IS 'select, insert, update or delete';

COMMENT ON COLUMN ttdb.observations.reason IS 'no_tenant: none was set; other_tenant: the row is another''s; no_privilege: ttdb_app may not do this to the table';

COMMENT ON COLUMN ttdb.observations.effect IS 'hidden: the row would not be there for the statement; error: the statement would fail';

COMMENT ON COLUMN ttdb.observations.context_tenant IS 'the tenant that was set';

COMMENT ON COLUMN ttdb.observations.row_tenant IS 'the tenant of the row';

COMMENT ON CONSTRAINT observations_effect_must_be_known ON ttdb.observations IS 'the effect is unknown';

COMMENT ON CONSTRAINT observations_reason_must_be_known ON ttdb.observations IS 'the reason is unknown';

CREATE TABLE ttdb.older_settings (
    login name NOT NULL,
    setting text NOT NULL,
    CONSTRAINT older_settings_must_have_a_prefix CHECK ((setting ~ '^[a-z_][a-z0-9_]*[.][a-z_][a-z0-9_]*$'::text))
);


ALTER TABLE ttdb.older_settings OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.older_settings IS 'Older names of the tenant''s setting, and the logins that ttdb.tenant_id() reads them for.';

COMMENT ON COLUMN ttdb.older_settings.login IS 'what the service logs in as: session_user, which no session can set';

COMMENT ON COLUMN ttdb.older_settings.setting IS 'the older name, in lower case';

COMMENT ON CONSTRAINT older_settings_must_have_a_prefix ON ttdb.older_settings IS 'a setting of the application''s own has a prefix and a point, as app.current_tenant';

CREATE TABLE ttdb.open_loads (
    relation regclass NOT NULL
);


ALTER TABLE ttdb.open_loads OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.open_loads IS 'Tables whose rows are being loaded by one line of the trail instead of one each; empty outside a transaction.';

COMMENT ON COLUMN ttdb.open_loads.relation IS 'the table';

CREATE TABLE ttdb.partitioned_tables (
    relation regclass NOT NULL,
    key_column name NOT NULL,
    retention interval NOT NULL,
    storage text[] NOT NULL,
    found text[]
);


ALTER TABLE ttdb.partitioned_tables OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.partitioned_tables IS 'Tables that ttdb.partition_by_month() keeps in months.';

COMMENT ON COLUMN ttdb.partitioned_tables.relation IS 'the partitioned table: its months are its leaves';

COMMENT ON COLUMN ttdb.partitioned_tables.key_column IS 'the column whose month, in UTC, says where a row lies';

COMMENT ON COLUMN ttdb.partitioned_tables.retention IS 'how long a month is kept: ttdb.retire_partition() refuses younger ones';

COMMENT ON COLUMN ttdb.partitioned_tables.storage IS 'settings of each month, as autovacuum_analyze_scale_factor=0.02';

COMMENT ON COLUMN ttdb.partitioned_tables.found IS 'the settings that the DEFAULT partition had before; NULL where ttdb.partition_by_month() made it';

CREATE TABLE ttdb.personal_columns (
    relation regclass NOT NULL,
    column_name name NOT NULL,
    mask text NOT NULL
);


ALTER TABLE ttdb.personal_columns OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.personal_columns IS 'How support sees a column; a column without a row is not shown at all.';

COMMENT ON COLUMN ttdb.personal_columns.relation IS 'the table';

COMMENT ON COLUMN ttdb.personal_columns.column_name IS 'the column';

COMMENT ON COLUMN ttdb.personal_columns.mask IS 'a function masked.<mask>, or plain: decided to be shown as it is';

CREATE TABLE ttdb.resolvers (
    function text NOT NULL,
    finds text NOT NULL
);


ALTER TABLE ttdb.resolvers OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.resolvers IS 'Functions that tell which tenant something belongs to, and nothing else.';

COMMENT ON COLUMN ttdb.resolvers.function IS 'its name and argument types, as regprocedure writes them without a path';

COMMENT ON COLUMN ttdb.resolvers.finds IS 'what it looks up, in words';

CREATE TABLE ttdb.set_aside (
    "position" integer NOT NULL,
    relation text NOT NULL,
    object text NOT NULL,
    restore text NOT NULL
);


ALTER TABLE ttdb.set_aside OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.set_aside IS 'Indexes and foreign keys that a bulk load dropped and will make again; empty unless one runs, or was killed.';

COMMENT ON COLUMN ttdb.set_aside."position" IS 'in the order of putting back';

COMMENT ON COLUMN ttdb.set_aside.relation IS 'the table, as the server writes its name';

COMMENT ON COLUMN ttdb.set_aside.object IS 'what was set aside; of rows that a repair has to take away: rows';

COMMENT ON COLUMN ttdb.set_aside.restore IS 'the SQL that puts it back; of rows, the transaction that wrote them, and nothing where it did not end';

CREATE TABLE ttdb.tenant_tables (
    relation regclass NOT NULL,
    tenant_column name NOT NULL,
    app text[] NOT NULL,
    worker text[] NOT NULL,
    definer text[] NOT NULL,
    found jsonb NOT NULL
);


ALTER TABLE ttdb.tenant_tables OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.tenant_tables IS 'Tables that ttdb.protect() keeps apart by tenant.';

COMMENT ON COLUMN ttdb.tenant_tables.relation IS 'the table; its partitions follow it and have no row';

COMMENT ON COLUMN ttdb.tenant_tables.tenant_column IS 'the column that says whose row it is';

COMMENT ON COLUMN ttdb.tenant_tables.app IS 'what ttdb_app may do with the rows of its tenant';

COMMENT ON COLUMN ttdb.tenant_tables.worker IS 'what ttdb_worker may do with the rows of all tenants';

COMMENT ON COLUMN ttdb.tenant_tables.definer IS 'what functions that run as ttdb_definer may do with the rows of all tenants';

COMMENT ON COLUMN ttdb.tenant_tables.found IS 'row security and grants before, for ttdb.unprotect() to give back';

CREATE TABLE ttdb.tenants_found (
    relation text NOT NULL,
    key text NOT NULL,
    found uuid,
    given uuid NOT NULL
);


ALTER TABLE ttdb.tenants_found OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.tenants_found IS 'What rows held as their tenant before they were given the one they belong to: for the way back.';

COMMENT ON COLUMN ttdb.tenants_found.relation IS 'the table, as the server writes its name';

COMMENT ON COLUMN ttdb.tenants_found.key IS 'of the row';

COMMENT ON COLUMN ttdb.tenants_found.found IS 'what it held; NULL where nothing';

COMMENT ON COLUMN ttdb.tenants_found.given IS 'what it was given';

CREATE TABLE ttdb.unique_keys (
    keys regclass NOT NULL,
    relation regclass NOT NULL,
    columns name[] NOT NULL,
    across_tenants boolean NOT NULL
);


ALTER TABLE ttdb.unique_keys OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.unique_keys IS 'Key tables, by which ttdb.keep_unique() keeps columns unique over all partitions.';

COMMENT ON COLUMN ttdb.unique_keys.keys IS 'the table that holds each value once, with the row that has it';

COMMENT ON COLUMN ttdb.unique_keys.relation IS 'the table whose columns are unique';

COMMENT ON COLUMN ttdb.unique_keys.columns IS 'the columns that are unique together, in the order they were named';

COMMENT ON COLUMN ttdb.unique_keys.across_tenants IS 'unique over all tenants: declared to be made at random by a provider, so that meeting one tells nothing';

ALTER TABLE ONLY audit.trail ATTACH PARTITION audit.trail_default DEFAULT;

ALTER TABLE ONLY public.audit_logs ATTACH PARTITION public.audit_logs_default DEFAULT;

ALTER TABLE ONLY public.event_logs ATTACH PARTITION public.event_logs_default DEFAULT;

ALTER TABLE ONLY public.notification_history ATTACH PARTITION public.notification_history_default DEFAULT;

ALTER TABLE ONLY public.payment_transactions ATTACH PARTITION public.payment_transactions_default DEFAULT;

ALTER TABLE ONLY audit.trail
    ADD CONSTRAINT trail_pkey PRIMARY KEY (id, created_at);

COMMENT ON CONSTRAINT trail_pkey ON audit.trail IS 'one change, one line';

ALTER TABLE ONLY audit.trail_default
    ADD CONSTRAINT trail_default_pkey PRIMARY KEY (id, created_at);

ALTER TABLE ONLY masked.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT keys_pkey ON masked.keys IS 'there is one key';

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);

COMMENT ON CONSTRAINT alembic_version_pkc ON public.alembic_version IS 'a revision is recorded once';

ALTER TABLE ONLY public.audit_logs
    ADD CONSTRAINT audit_logs_pkey PRIMARY KEY (id, created_at);

COMMENT ON CONSTRAINT audit_logs_pkey ON public.audit_logs IS 'there is a row with this id already';

ALTER TABLE ONLY public.audit_logs_default
    ADD CONSTRAINT audit_logs_default_pkey PRIMARY KEY (id, created_at);

ALTER TABLE ONLY public.event_logs
    ADD CONSTRAINT event_logs_pkey PRIMARY KEY (id, "timestamp");

COMMENT ON CONSTRAINT event_logs_pkey ON public.event_logs IS 'there is a row with this id already';

ALTER TABLE ONLY public.event_logs_default
    ADD CONSTRAINT event_logs_default_pkey PRIMARY KEY (id, "timestamp");

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT events_pkey ON public.events IS 'there is a row with this id already';

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_tenant_id_id_key UNIQUE (tenant_id, id);

COMMENT ON CONSTRAINT events_tenant_id_id_key ON public.events IS 'this tenant has a row with this id already';

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_tenant_id_slug_key UNIQUE (tenant_id, slug);

COMMENT ON CONSTRAINT events_tenant_id_slug_key ON public.events IS 'another event has this address already';

ALTER TABLE ONLY public.notification_history
    ADD CONSTRAINT notification_history_pkey PRIMARY KEY (id, sent_at);

COMMENT ON CONSTRAINT notification_history_pkey ON public.notification_history IS 'there is a row with this id already';

ALTER TABLE ONLY public.notification_history_default
    ADD CONSTRAINT notification_history_default_pkey PRIMARY KEY (id, sent_at);

ALTER TABLE ONLY public.order_discounts
    ADD CONSTRAINT order_discounts_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT order_discounts_pkey ON public.order_discounts IS 'there is a row with this id already';

ALTER TABLE ONLY public.order_discounts
    ADD CONSTRAINT order_discounts_tenant_id_id_key UNIQUE (tenant_id, id);

COMMENT ON CONSTRAINT order_discounts_tenant_id_id_key ON public.order_discounts IS 'this tenant has a row with this id already';

ALTER TABLE ONLY public.order_discounts
    ADD CONSTRAINT order_discounts_tenant_id_order_id_discount_code_key UNIQUE (tenant_id, order_id, discount_code);

COMMENT ON CONSTRAINT order_discounts_tenant_id_order_id_discount_code_key ON public.order_discounts IS 'this code lowers this order already';

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT order_items_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT order_items_pkey ON public.order_items IS 'there is a row with this id already';

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT order_items_tenant_id_id_key UNIQUE (tenant_id, id);

COMMENT ON CONSTRAINT order_items_tenant_id_id_key ON public.order_items IS 'this tenant has a row with this id already';

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT orders_pkey ON public.orders IS 'there is a row with this id already';

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_tenant_id_event_id_id_key UNIQUE (tenant_id, event_id, id);

COMMENT ON CONSTRAINT orders_tenant_id_event_id_id_key ON public.orders IS 'this event has a row with this id already';

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_tenant_id_id_key UNIQUE (tenant_id, id);

COMMENT ON CONSTRAINT orders_tenant_id_id_key ON public.orders IS 'this tenant has a row with this id already';

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_tenant_id_order_number_key UNIQUE (tenant_id, order_number);

COMMENT ON CONSTRAINT orders_tenant_id_order_number_key ON public.orders IS 'another order has this number already';

ALTER TABLE ONLY public.payment_transactions
    ADD CONSTRAINT payment_transactions_pkey PRIMARY KEY (id, created_at);

COMMENT ON CONSTRAINT payment_transactions_pkey ON public.payment_transactions IS 'there is a row with this id already';

ALTER TABLE ONLY public.payment_transactions_default
    ADD CONSTRAINT payment_transactions_default_pkey PRIMARY KEY (id, created_at);

ALTER TABLE ONLY public.payment_transactions_payment_intent_id_keys
    ADD CONSTRAINT payment_transactions_payment_intent_id_key PRIMARY KEY (payment_intent_id);

COMMENT ON CONSTRAINT payment_transactions_payment_intent_id_key ON public.payment_transactions_payment_intent_id_keys IS 'another payment has this intent already';

ALTER TABLE ONLY public.payment_transactions_idempotency_key_keys
    ADD CONSTRAINT payment_transactions_tenant_id_idempotency_key_key PRIMARY KEY (tenant_id, idempotency_key);

COMMENT ON CONSTRAINT payment_transactions_tenant_id_idempotency_key_key ON public.payment_transactions_idempotency_key_keys IS 'this request has moved its money already';

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT tenants_pkey ON public.tenants IS 'there is a row with this id already';

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_slug_key UNIQUE (slug);

COMMENT ON CONSTRAINT tenants_slug_key ON public.tenants IS 'another organiser has this address already';

ALTER TABLE ONLY public.ticket_sales
    ADD CONSTRAINT ticket_sales_pkey PRIMARY KEY (tenant_id, ticket_type_id);

COMMENT ON CONSTRAINT ticket_sales_pkey ON public.ticket_sales IS 'a ticket type has one count';

ALTER TABLE ONLY public.ticket_types
    ADD CONSTRAINT ticket_types_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT ticket_types_pkey ON public.ticket_types IS 'there is a row with this id already';

ALTER TABLE ONLY public.ticket_types
    ADD CONSTRAINT ticket_types_tenant_id_event_id_id_key UNIQUE (tenant_id, event_id, id);

COMMENT ON CONSTRAINT ticket_types_tenant_id_event_id_id_key ON public.ticket_types IS 'this event has a row with this id already';

ALTER TABLE ONLY public.ticket_types
    ADD CONSTRAINT ticket_types_tenant_id_id_key UNIQUE (tenant_id, id);

COMMENT ON CONSTRAINT ticket_types_tenant_id_id_key ON public.ticket_types IS 'this tenant has a row with this id already';

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT tickets_pkey ON public.tickets IS 'there is a row with this id already';

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_tenant_id_code_key UNIQUE (tenant_id, code);

COMMENT ON CONSTRAINT tickets_tenant_id_code_key ON public.tickets IS 'another ticket has this code already';

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_tenant_id_id_key UNIQUE (tenant_id, id);

COMMENT ON CONSTRAINT tickets_tenant_id_id_key ON public.tickets IS 'this tenant has a row with this id already';

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_tenant_id_ticket_number_key UNIQUE (tenant_id, ticket_number);

COMMENT ON CONSTRAINT tickets_tenant_id_ticket_number_key ON public.tickets IS 'another ticket has this number already';

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT users_pkey ON public.users IS 'there is a row with this id already';

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_tenant_id_id_key UNIQUE (tenant_id, id);

COMMENT ON CONSTRAINT users_tenant_id_id_key ON public.users IS 'this tenant has a row with this id already';

ALTER TABLE ONLY public.venues
    ADD CONSTRAINT venues_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT venues_pkey ON public.venues IS 'there is a row with this id already';

ALTER TABLE ONLY public.venues
    ADD CONSTRAINT venues_tenant_id_id_key UNIQUE (tenant_id, id);

COMMENT ON CONSTRAINT venues_tenant_id_id_key ON public.venues IS 'this tenant has a row with this id already';

ALTER TABLE ONLY public.venues
    ADD CONSTRAINT venues_tenant_id_slug_key UNIQUE (tenant_id, slug);

COMMENT ON CONSTRAINT venues_tenant_id_slug_key ON public.venues IS 'another venue has this address already';

ALTER TABLE ONLY ttdb.audited_tables
    ADD CONSTRAINT audited_tables_pkey PRIMARY KEY (relation);

COMMENT ON CONSTRAINT audited_tables_pkey ON ttdb.audited_tables IS 'a table is audited in one way';

ALTER TABLE ONLY ttdb.context_keys
    ADD CONSTRAINT context_keys_pkey PRIMARY KEY (key_id);

COMMENT ON CONSTRAINT context_keys_pkey ON ttdb.context_keys IS 'one key, one id';

ALTER TABLE ONLY ttdb.converted_tables
    ADD CONSTRAINT converted_tables_pkey PRIMARY KEY (relation);

COMMENT ON CONSTRAINT converted_tables_pkey ON ttdb.converted_tables IS 'one table, one entry';

ALTER TABLE ONLY ttdb.cutovers
    ADD CONSTRAINT cutovers_pkey PRIMARY KEY (login);

COMMENT ON CONSTRAINT cutovers_pkey ON ttdb.cutovers IS 'a login is at one stage';

ALTER TABLE ONLY ttdb.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (revision, step);

COMMENT ON CONSTRAINT ledger_pkey ON ttdb.ledger IS 'a step is recorded once';

ALTER TABLE ONLY ttdb.managed_objects
    ADD CONSTRAINT managed_objects_pkey PRIMARY KEY (kind, identity);

COMMENT ON CONSTRAINT managed_objects_pkey ON ttdb.managed_objects IS 'an object has one definition';

ALTER TABLE ONLY ttdb.observations
    ADD CONSTRAINT observations_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT observations_pkey ON ttdb.observations IS 'one refusal, one line';

ALTER TABLE ONLY ttdb.older_settings
    ADD CONSTRAINT older_settings_pkey PRIMARY KEY (login, setting);

COMMENT ON CONSTRAINT older_settings_pkey ON ttdb.older_settings IS 'a login is named once for a setting';

ALTER TABLE ONLY ttdb.open_loads
    ADD CONSTRAINT open_loads_pkey PRIMARY KEY (relation);

COMMENT ON CONSTRAINT open_loads_pkey ON ttdb.open_loads IS 'this table is being loaded already';

ALTER TABLE ONLY ttdb.partitioned_tables
    ADD CONSTRAINT partitioned_tables_pkey PRIMARY KEY (relation);

COMMENT ON CONSTRAINT partitioned_tables_pkey ON ttdb.partitioned_tables IS 'one table, one entry';

ALTER TABLE ONLY ttdb.personal_columns
    ADD CONSTRAINT personal_columns_pkey PRIMARY KEY (relation, column_name);

COMMENT ON CONSTRAINT personal_columns_pkey ON ttdb.personal_columns IS 'one decision for a column';

ALTER TABLE ONLY ttdb.resolvers
    ADD CONSTRAINT resolvers_pkey PRIMARY KEY (function);

COMMENT ON CONSTRAINT resolvers_pkey ON ttdb.resolvers IS 'one function, one entry';

ALTER TABLE ONLY ttdb.set_aside
    ADD CONSTRAINT set_aside_pkey PRIMARY KEY ("position");

COMMENT ON CONSTRAINT set_aside_pkey ON ttdb.set_aside IS 'one place in the order, one object';

ALTER TABLE ONLY ttdb.tenant_tables
    ADD CONSTRAINT tenant_tables_pkey PRIMARY KEY (relation);

COMMENT ON CONSTRAINT tenant_tables_pkey ON ttdb.tenant_tables IS 'a table is protected in one way';

ALTER TABLE ONLY ttdb.tenants_found
    ADD CONSTRAINT tenants_found_pkey PRIMARY KEY (relation, key);

COMMENT ON CONSTRAINT tenants_found_pkey ON ttdb.tenants_found IS 'a row was found with one tenant';

ALTER TABLE ONLY ttdb.unique_keys
    ADD CONSTRAINT unique_keys_pkey PRIMARY KEY (keys);

COMMENT ON CONSTRAINT unique_keys_pkey ON ttdb.unique_keys IS 'one key table, one entry';

ALTER TABLE ONLY ttdb.unique_keys
    ADD CONSTRAINT unique_keys_relation_columns_key UNIQUE (relation, columns);

COMMENT ON CONSTRAINT unique_keys_relation_columns_key ON ttdb.unique_keys IS 'the same columns of a table are kept unique once';

CREATE INDEX audit_logs_action_idx ON ONLY public.audit_logs USING btree (tenant_id, action, created_at);

COMMENT ON INDEX public.audit_logs_action_idx IS 'audit-logs-of-action: how one thing was done, latest first';

CREATE INDEX audit_logs_created_at_idx ON ONLY public.audit_logs USING btree (tenant_id, created_at);

COMMENT ON INDEX public.audit_logs_created_at_idx IS 'audit-logs-newest: what was done of late';

CREATE INDEX audit_logs_default_tenant_id_action_created_at_idx ON public.audit_logs_default USING btree (tenant_id, action, created_at);

COMMENT ON INDEX public.audit_logs_default_tenant_id_action_created_at_idx IS 'audit-logs-of-action: how one thing was done, latest first';

CREATE INDEX audit_logs_default_tenant_id_created_at_idx ON public.audit_logs_default USING btree (tenant_id, created_at);

COMMENT ON INDEX public.audit_logs_default_tenant_id_created_at_idx IS 'audit-logs-newest: what was done of late';

CREATE INDEX audit_logs_resource_idx ON ONLY public.audit_logs USING btree (tenant_id, resource_type, resource_id, created_at) WHERE (resource_id IS NOT NULL);

COMMENT ON INDEX public.audit_logs_resource_idx IS 'audit-logs-of-resource: what was done to one thing, latest first';

CREATE INDEX audit_logs_default_tenant_id_resource_type_resource_id_crea_idx ON public.audit_logs_default USING btree (tenant_id, resource_type, resource_id, created_at) WHERE (resource_id IS NOT NULL);

COMMENT ON INDEX public.audit_logs_default_tenant_id_resource_type_resource_id_crea_idx IS 'audit-logs-of-resource: what was done to one thing, latest first';

CREATE INDEX audit_logs_user_id_idx ON ONLY public.audit_logs USING btree (tenant_id, user_id, created_at DESC);

COMMENT ON INDEX public.audit_logs_user_id_idx IS 'audit-logs-of-user: what somebody did, latest first; the foreign key to users';

CREATE INDEX audit_logs_default_tenant_id_user_id_created_at_idx ON public.audit_logs_default USING btree (tenant_id, user_id, created_at DESC);

COMMENT ON INDEX public.audit_logs_default_tenant_id_user_id_created_at_idx IS 'audit-logs-of-user: what somebody did, latest first; the foreign key to users';

CREATE INDEX event_logs_aggregate_idx ON ONLY public.event_logs USING btree (tenant_id, aggregate_type, aggregate_id, "timestamp") WHERE (aggregate_id IS NOT NULL);

COMMENT ON INDEX public.event_logs_aggregate_idx IS 'event-logs-of-aggregate: the history of one thing, latest first';

CREATE INDEX event_logs_correlation_id_idx ON ONLY public.event_logs USING btree (tenant_id, correlation_id) WHERE (correlation_id IS NOT NULL);

COMMENT ON INDEX public.event_logs_correlation_id_idx IS 'event-logs-of-request: all that one request made happen';

CREATE INDEX event_logs_default_tenant_id_aggregate_type_aggregate_id_ti_idx ON public.event_logs_default USING btree (tenant_id, aggregate_type, aggregate_id, "timestamp") WHERE (aggregate_id IS NOT NULL);

COMMENT ON INDEX public.event_logs_default_tenant_id_aggregate_type_aggregate_id_ti_idx IS 'event-logs-of-aggregate: the history of one thing, latest first';

CREATE INDEX event_logs_default_tenant_id_correlation_id_idx ON public.event_logs_default USING btree (tenant_id, correlation_id) WHERE (correlation_id IS NOT NULL);

COMMENT ON INDEX public.event_logs_default_tenant_id_correlation_id_idx IS 'event-logs-of-request: all that one request made happen';

CREATE INDEX event_logs_event_type_idx ON ONLY public.event_logs USING btree (tenant_id, event_type, "timestamp");

COMMENT ON INDEX public.event_logs_event_type_idx IS 'event-logs-of-type: how often one thing happened, latest first';

CREATE INDEX event_logs_default_tenant_id_event_type_timestamp_idx ON public.event_logs_default USING btree (tenant_id, event_type, "timestamp");

COMMENT ON INDEX public.event_logs_default_tenant_id_event_type_timestamp_idx IS 'event-logs-of-type: how often one thing happened, latest first';

CREATE INDEX events_open_idx ON public.events USING btree (ends_at) WHERE (status = ANY (ARRAY['PUBLISHED'::text, 'ON_SALE'::text, 'SOLD_OUT'::text]));

COMMENT ON INDEX public.events_open_idx IS 'events-over: events to be closed, over all tenants, for the worker';

CREATE INDEX events_sale_idx ON public.events USING btree (tenant_id, status, starts_at) WHERE (deleted_at IS NULL);

COMMENT ON INDEX public.events_sale_idx IS 'events-in-status: what is on sale, soonest first';

CREATE INDEX events_venue_id_idx ON public.events USING btree (tenant_id, venue_id, starts_at);

COMMENT ON INDEX public.events_venue_id_idx IS 'events-of-venue: a venue''s events by date; the foreign key to venues';

CREATE INDEX notification_history_retry_idx ON ONLY public.notification_history USING btree (retry_after) WHERE ((status = 'FAILED'::text) AND (retry_after IS NOT NULL));

COMMENT ON INDEX public.notification_history_retry_idx IS 'notifications-to-retry: what is to be sent again, over all tenants, for the worker';

CREATE INDEX notification_history_default_retry_after_idx ON public.notification_history_default USING btree (retry_after) WHERE ((status = 'FAILED'::text) AND (retry_after IS NOT NULL));

COMMENT ON INDEX public.notification_history_default_retry_after_idx IS 'notifications-to-retry: what is to be sent again, over all tenants, for the worker';

CREATE INDEX notification_history_order_id_idx ON ONLY public.notification_history USING btree (tenant_id, order_id);

COMMENT ON INDEX public.notification_history_order_id_idx IS 'notifications-of-order: what was said of an order; the foreign key to orders';

CREATE INDEX notification_history_default_tenant_id_order_id_idx ON public.notification_history_default USING btree (tenant_id, order_id);

COMMENT ON INDEX public.notification_history_default_tenant_id_order_id_idx IS 'notifications-of-order: what was said of an order; the foreign key to orders';

CREATE INDEX notification_history_sent_at_idx ON ONLY public.notification_history USING btree (tenant_id, sent_at);

COMMENT ON INDEX public.notification_history_sent_at_idx IS 'notifications-newest, deliveries-by-channel: what was sent in a time';

CREATE INDEX notification_history_default_tenant_id_sent_at_idx ON public.notification_history_default USING btree (tenant_id, sent_at);

COMMENT ON INDEX public.notification_history_default_tenant_id_sent_at_idx IS 'notifications-newest, deliveries-by-channel: what was sent in a time';

CREATE INDEX notification_history_status_idx ON ONLY public.notification_history USING btree (tenant_id, status, sent_at);

COMMENT ON INDEX public.notification_history_status_idx IS 'notifications-in-status: what did not arrive, latest first';

CREATE INDEX notification_history_default_tenant_id_status_sent_at_idx ON public.notification_history_default USING btree (tenant_id, status, sent_at);

COMMENT ON INDEX public.notification_history_default_tenant_id_status_sent_at_idx IS 'notifications-in-status: what did not arrive, latest first';

CREATE INDEX notification_history_user_id_idx ON ONLY public.notification_history USING btree (tenant_id, user_id, sent_at DESC);

COMMENT ON INDEX public.notification_history_user_id_idx IS 'notifications-of-user: what somebody was told, latest first; the foreign key to users';

CREATE INDEX notification_history_default_tenant_id_user_id_sent_at_idx ON public.notification_history_default USING btree (tenant_id, user_id, sent_at DESC);

COMMENT ON INDEX public.notification_history_default_tenant_id_user_id_sent_at_idx IS 'notifications-of-user: what somebody was told, latest first; the foreign key to users';

CREATE INDEX order_items_order_id_idx ON public.order_items USING btree (tenant_id, order_id, created_at);

COMMENT ON INDEX public.order_items_order_id_idx IS 'items-of-order, order-with-items: an order''s lines; the foreign key to orders';

CREATE INDEX order_items_ticket_type_id_idx ON public.order_items USING btree (tenant_id, ticket_type_id);

COMMENT ON INDEX public.order_items_ticket_type_id_idx IS 'order_items_tenant_id_ticket_type_id_fkey: the foreign key to ticket_types';

CREATE INDEX orders_confirmed_idx ON public.orders USING btree (tenant_id, confirmed_at) WHERE (status = 'CONFIRMED'::text);

COMMENT ON INDEX public.orders_confirmed_idx IS 'orders-confirmed-between: paid orders that still wait for their tickets, by time of payment';

CREATE INDEX orders_created_at_idx ON public.orders USING btree (tenant_id, created_at);

COMMENT ON INDEX public.orders_created_at_idx IS 'orders-newest, orders-by-day: a tenant''s orders of a time';

CREATE INDEX orders_event_id_idx ON public.orders USING btree (tenant_id, event_id, created_at DESC);

COMMENT ON INDEX public.orders_event_id_idx IS 'orders-of-event, orders-of-event-in-status: newest first; the foreign key to events';

CREATE INDEX orders_event_id_status_idx ON public.orders USING btree (tenant_id, event_id, status, created_at DESC);

COMMENT ON INDEX public.orders_event_id_status_idx IS 'orders-of-event-in-status: a rare status among a big event''s orders, newest first';

CREATE INDEX orders_expiry_idx ON public.orders USING btree (expires_at) WHERE (status = 'RESERVED'::text);

COMMENT ON INDEX public.orders_expiry_idx IS 'reservations-lapsed: reservations to be ended, over all tenants, for the worker';

CREATE UNIQUE INDEX orders_idempotency_key_idx ON public.orders USING btree (tenant_id, idempotency_key) WHERE (idempotency_key IS NOT NULL);

COMMENT ON INDEX public.orders_idempotency_key_idx IS 'order-by-idempotency-key: a repeated request finds its first order; another order has this idempotency key already';

CREATE INDEX orders_payment_intent_id_idx ON public.orders USING btree (tenant_id, payment_intent_id) WHERE (payment_intent_id IS NOT NULL);

COMMENT ON INDEX public.orders_payment_intent_id_idx IS 'order-by-payment-intent: the order of a payment';

CREATE INDEX orders_pending_idx ON public.orders USING btree (created_at) WHERE (status = 'PENDING'::text);

COMMENT ON INDEX public.orders_pending_idx IS 'orders-abandoned: carts left behind, over all tenants, for the worker';

CREATE INDEX orders_reserved_idx ON public.orders USING btree (tenant_id, expires_at) WHERE (status = 'RESERVED'::text);

COMMENT ON INDEX public.orders_reserved_idx IS 'reservations-lapsing: a tenant''s reservations, the next to lapse first';

CREATE INDEX orders_status_idx ON public.orders USING btree (tenant_id, status, created_at);

COMMENT ON INDEX public.orders_status_idx IS 'orders-in-status: a tenant''s orders in a status, oldest first';

CREATE INDEX orders_unpaid_idx ON public.orders USING btree (confirmed_at) WHERE ((status = 'CONFIRMED'::text) AND (payment_intent_id IS NULL));

COMMENT ON INDEX public.orders_unpaid_idx IS 'orders-without-payment: paid orders that no payment explains, over all tenants, for the worker';

CREATE INDEX orders_user_id_idx ON public.orders USING btree (tenant_id, user_id, created_at DESC);

COMMENT ON INDEX public.orders_user_id_idx IS 'orders-of-user: a buyer''s orders, newest first; the foreign key to users';

CREATE INDEX payment_transactions_created_at_idx ON ONLY public.payment_transactions USING btree (tenant_id, created_at);

COMMENT ON INDEX public.payment_transactions_created_at_idx IS 'payments-newest, revenue-by-day: a tenant''s payments of a time';

CREATE INDEX payment_transactions_open_idx ON ONLY public.payment_transactions USING btree (created_at) WHERE (status = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text]));

COMMENT ON INDEX public.payment_transactions_open_idx IS 'payments-stuck: payments that should have ended, over all tenants, for the worker';

CREATE INDEX payment_transactions_default_created_at_idx ON public.payment_transactions_default USING btree (created_at) WHERE (status = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text]));

COMMENT ON INDEX public.payment_transactions_default_created_at_idx IS 'payments-stuck: payments that should have ended, over all tenants, for the worker';

CREATE INDEX payment_transactions_default_tenant_id_created_at_idx ON public.payment_transactions_default USING btree (tenant_id, created_at);

COMMENT ON INDEX public.payment_transactions_default_tenant_id_created_at_idx IS 'payments-newest, revenue-by-day: a tenant''s payments of a time';

CREATE INDEX payment_transactions_idempotency_key_idx ON ONLY public.payment_transactions USING btree (tenant_id, idempotency_key) WHERE (idempotency_key IS NOT NULL);

COMMENT ON INDEX public.payment_transactions_idempotency_key_idx IS 'payment-by-idempotency-key: a repeated request finds its first payment';

CREATE INDEX payment_transactions_default_tenant_id_idempotency_key_idx ON public.payment_transactions_default USING btree (tenant_id, idempotency_key) WHERE (idempotency_key IS NOT NULL);

COMMENT ON INDEX public.payment_transactions_default_tenant_id_idempotency_key_idx IS 'payment-by-idempotency-key: a repeated request finds its first payment';

CREATE INDEX payment_transactions_order_id_idx ON ONLY public.payment_transactions USING btree (tenant_id, order_id);

COMMENT ON INDEX public.payment_transactions_order_id_idx IS 'payments-of-order: what was paid for an order, and paid back; the foreign key to orders';

CREATE INDEX payment_transactions_default_tenant_id_order_id_idx ON public.payment_transactions_default USING btree (tenant_id, order_id);

COMMENT ON INDEX public.payment_transactions_default_tenant_id_order_id_idx IS 'payments-of-order: what was paid for an order, and paid back; the foreign key to orders';

CREATE INDEX payment_transactions_payment_intent_id_idx ON ONLY public.payment_transactions USING btree (tenant_id, payment_intent_id) WHERE (payment_intent_id IS NOT NULL);

COMMENT ON INDEX public.payment_transactions_payment_intent_id_idx IS 'payment-by-intent: the payment that a provider speaks of';

CREATE INDEX payment_transactions_default_tenant_id_payment_intent_id_idx ON public.payment_transactions_default USING btree (tenant_id, payment_intent_id) WHERE (payment_intent_id IS NOT NULL);

COMMENT ON INDEX public.payment_transactions_default_tenant_id_payment_intent_id_idx IS 'payment-by-intent: the payment that a provider speaks of';

CREATE INDEX payment_transactions_status_idx ON ONLY public.payment_transactions USING btree (tenant_id, status, created_at);

COMMENT ON INDEX public.payment_transactions_status_idx IS 'payments-in-status: a tenant''s payments in a status, newest first';

CREATE INDEX payment_transactions_default_tenant_id_status_created_at_idx ON public.payment_transactions_default USING btree (tenant_id, status, created_at);

COMMENT ON INDEX public.payment_transactions_default_tenant_id_status_created_at_idx IS 'payments-in-status: a tenant''s payments in a status, newest first';

CREATE INDEX payment_transactions_user_id_idx ON ONLY public.payment_transactions USING btree (tenant_id, user_id, created_at DESC);

COMMENT ON INDEX public.payment_transactions_user_id_idx IS 'payments-of-user: a buyer''s latest payments; the foreign key to users';

CREATE INDEX payment_transactions_default_tenant_id_user_id_created_at_idx ON public.payment_transactions_default USING btree (tenant_id, user_id, created_at DESC);

COMMENT ON INDEX public.payment_transactions_default_tenant_id_user_id_created_at_idx IS 'payments-of-user: a buyer''s latest payments; the foreign key to users';

CREATE INDEX payment_transactions_venue_id_idx ON ONLY public.payment_transactions USING btree (tenant_id, venue_id, status, created_at);

COMMENT ON INDEX public.payment_transactions_venue_id_idx IS 'payments-of-venue, payout-of-venue: what a venue is owed for a time; the foreign key to venues';

CREATE INDEX payment_transactions_default_tenant_id_venue_id_status_crea_idx ON public.payment_transactions_default USING btree (tenant_id, venue_id, status, created_at);

COMMENT ON INDEX public.payment_transactions_default_tenant_id_venue_id_status_crea_idx IS 'payments-of-venue, payout-of-venue: what a venue is owed for a time; the foreign key to venues';

CREATE INDEX tickets_event_id_idx ON public.tickets USING btree (tenant_id, event_id, status, created_at);

COMMENT ON INDEX public.tickets_event_id_idx IS 'tickets-of-event-in-status, tickets-of-event-counted: by status; the foreign key to events';

CREATE INDEX tickets_order_id_idx ON public.tickets USING btree (tenant_id, order_id, event_id);

COMMENT ON INDEX public.tickets_order_id_idx IS 'tickets-of-order: an order''s tickets; the foreign key to orders';

CREATE INDEX tickets_ticket_type_id_idx ON public.tickets USING btree (tenant_id, ticket_type_id, event_id);

COMMENT ON INDEX public.tickets_ticket_type_id_idx IS 'tickets_tenant_id_event_id_ticket_type_id_fkey: the foreign key to ticket_types';

CREATE INDEX tickets_used_idx ON public.tickets USING btree (tenant_id, event_id, used_at) WHERE (used_at IS NOT NULL);

COMMENT ON INDEX public.tickets_used_idx IS 'tickets-scanned: who came in at an event, latest first';

CREATE INDEX tickets_user_id_idx ON public.tickets USING btree (tenant_id, user_id, created_at DESC);

COMMENT ON INDEX public.tickets_user_id_idx IS 'tickets-of-user: a holder''s tickets, newest first; the foreign key to users';

CREATE UNIQUE INDEX users_email_idx ON public.users USING btree (tenant_id, email) WHERE (deleted_at IS NULL);

COMMENT ON INDEX public.users_email_idx IS 'user-by-email: login; an open account has this e-mail address already';

CREATE INDEX users_login_idx ON public.users USING btree (email) WHERE (deleted_at IS NULL);

COMMENT ON INDEX public.users_login_idx IS 'tenants_of_email: the accounts of an e-mail address in all tenants';

CREATE INDEX users_search_name_idx ON public.users USING btree (tenant_id, search_name) WHERE (deleted_at IS NULL);

COMMENT ON INDEX public.users_search_name_idx IS 'users-by-name: people whose name begins so, in the order of their names';

CREATE INDEX users_staff_idx ON public.users USING btree (tenant_id, role, search_name) WHERE ((role <> 'CUSTOMER'::text) AND (deleted_at IS NULL));

COMMENT ON INDEX public.users_staff_idx IS 'staff-of-tenant: who works for a tenant; customers, nearly all users, are not in it';

CREATE INDEX observations_login_idx ON ttdb.observations USING btree (login, observed_at);

COMMENT ON INDEX ttdb.observations_login_idx IS 'a service''s refusals since a time';

ALTER INDEX audit.trail_pkey ATTACH PARTITION audit.trail_default_pkey;

ALTER INDEX public.audit_logs_pkey ATTACH PARTITION public.audit_logs_default_pkey;

ALTER INDEX public.audit_logs_action_idx ATTACH PARTITION public.audit_logs_default_tenant_id_action_created_at_idx;

ALTER INDEX public.audit_logs_created_at_idx ATTACH PARTITION public.audit_logs_default_tenant_id_created_at_idx;

ALTER INDEX public.audit_logs_resource_idx ATTACH PARTITION public.audit_logs_default_tenant_id_resource_type_resource_id_crea_idx;

ALTER INDEX public.audit_logs_user_id_idx ATTACH PARTITION public.audit_logs_default_tenant_id_user_id_created_at_idx;

ALTER INDEX public.event_logs_pkey ATTACH PARTITION public.event_logs_default_pkey;

ALTER INDEX public.event_logs_aggregate_idx ATTACH PARTITION public.event_logs_default_tenant_id_aggregate_type_aggregate_id_ti_idx;

ALTER INDEX public.event_logs_correlation_id_idx ATTACH PARTITION public.event_logs_default_tenant_id_correlation_id_idx;

ALTER INDEX public.event_logs_event_type_idx ATTACH PARTITION public.event_logs_default_tenant_id_event_type_timestamp_idx;

ALTER INDEX public.notification_history_pkey ATTACH PARTITION public.notification_history_default_pkey;

ALTER INDEX public.notification_history_retry_idx ATTACH PARTITION public.notification_history_default_retry_after_idx;

ALTER INDEX public.notification_history_order_id_idx ATTACH PARTITION public.notification_history_default_tenant_id_order_id_idx;

ALTER INDEX public.notification_history_sent_at_idx ATTACH PARTITION public.notification_history_default_tenant_id_sent_at_idx;

ALTER INDEX public.notification_history_status_idx ATTACH PARTITION public.notification_history_default_tenant_id_status_sent_at_idx;

ALTER INDEX public.notification_history_user_id_idx ATTACH PARTITION public.notification_history_default_tenant_id_user_id_sent_at_idx;

ALTER INDEX public.payment_transactions_open_idx ATTACH PARTITION public.payment_transactions_default_created_at_idx;

ALTER INDEX public.payment_transactions_pkey ATTACH PARTITION public.payment_transactions_default_pkey;

ALTER INDEX public.payment_transactions_created_at_idx ATTACH PARTITION public.payment_transactions_default_tenant_id_created_at_idx;

ALTER INDEX public.payment_transactions_idempotency_key_idx ATTACH PARTITION public.payment_transactions_default_tenant_id_idempotency_key_idx;

ALTER INDEX public.payment_transactions_order_id_idx ATTACH PARTITION public.payment_transactions_default_tenant_id_order_id_idx;

ALTER INDEX public.payment_transactions_payment_intent_id_idx ATTACH PARTITION public.payment_transactions_default_tenant_id_payment_intent_id_idx;

ALTER INDEX public.payment_transactions_status_idx ATTACH PARTITION public.payment_transactions_default_tenant_id_status_created_at_idx;

ALTER INDEX public.payment_transactions_user_id_idx ATTACH PARTITION public.payment_transactions_default_tenant_id_user_id_created_at_idx;

ALTER INDEX public.payment_transactions_venue_id_idx ATTACH PARTITION public.payment_transactions_default_tenant_id_venue_id_status_crea_idx;

CREATE STATISTICS public.audit_logs_default_tenant_id_user_id_stat (dependencies) ON tenant_id, user_id FROM public.audit_logs_default;


ALTER STATISTICS public.audit_logs_default_tenant_id_user_id_stat OWNER TO ttdb_owner;

COMMENT ON STATISTICS public.audit_logs_default_tenant_id_user_id_stat IS 'each of these columns determines the row''s tenant';

CREATE STATISTICS public.audit_logs_tenant_id_user_id_stat (dependencies) ON tenant_id, user_id FROM public.audit_logs;


ALTER STATISTICS public.audit_logs_tenant_id_user_id_stat OWNER TO ttdb_owner;

COMMENT ON STATISTICS public.audit_logs_tenant_id_user_id_stat IS 'each of these columns determines the row''s tenant';

CREATE STATISTICS public.events_tenant_id_venue_id_stat (dependencies) ON tenant_id, venue_id FROM public.events;


ALTER STATISTICS public.events_tenant_id_venue_id_stat OWNER TO ttdb_owner;

COMMENT ON STATISTICS public.events_tenant_id_venue_id_stat IS 'each of these columns determines the row''s tenant';

CREATE STATISTICS public.notification_history_default_tenant_id_user_id_stat (dependencies) ON tenant_id, user_id FROM public.notification_history_default;


ALTER STATISTICS public.notification_history_default_tenant_id_user_id_stat OWNER TO ttdb_owner;

COMMENT ON STATISTICS public.notification_history_default_tenant_id_user_id_stat IS 'each of these columns determines the row''s tenant';

CREATE STATISTICS public.notification_history_tenant_id_user_id_stat (dependencies) ON tenant_id, user_id FROM public.notification_history;


ALTER STATISTICS public.notification_history_tenant_id_user_id_stat OWNER TO ttdb_owner;

COMMENT ON STATISTICS public.notification_history_tenant_id_user_id_stat IS 'each of these columns determines the row''s tenant';

CREATE STATISTICS public.orders_tenant_id_user_id_event_id_stat (dependencies) ON tenant_id, user_id, event_id FROM public.orders;


ALTER STATISTICS public.orders_tenant_id_user_id_event_id_stat OWNER TO ttdb_owner;

COMMENT ON STATISTICS public.orders_tenant_id_user_id_event_id_stat IS 'each of these columns determines the row''s tenant';

CREATE STATISTICS public.payment_transactions_default_tenant_id_user_id_venue_id_stat (dependencies) ON tenant_id, user_id, venue_id FROM public.payment_transactions_default;


ALTER STATISTICS public.payment_transactions_default_tenant_id_user_id_venue_id_stat OWNER TO ttdb_owner;

COMMENT ON STATISTICS public.payment_transactions_default_tenant_id_user_id_venue_id_stat IS 'each of these columns determines the row''s tenant';

CREATE STATISTICS public.payment_transactions_tenant_id_user_id_venue_id_stat (dependencies) ON tenant_id, user_id, venue_id FROM public.payment_transactions;


ALTER STATISTICS public.payment_transactions_tenant_id_user_id_venue_id_stat OWNER TO ttdb_owner;

COMMENT ON STATISTICS public.payment_transactions_tenant_id_user_id_venue_id_stat IS 'each of these columns determines the row''s tenant';

CREATE STATISTICS public.tickets_tenant_id_event_id_user_id_stat (dependencies) ON tenant_id, event_id, user_id FROM public.tickets;


ALTER STATISTICS public.tickets_tenant_id_event_id_user_id_stat OWNER TO ttdb_owner;

COMMENT ON STATISTICS public.tickets_tenant_id_event_id_user_id_stat IS 'each of these columns determines the row''s tenant';

CREATE TRIGGER _000_refuse_change BEFORE DELETE OR UPDATE ON audit.trail FOR EACH ROW EXECUTE FUNCTION audit.tg__refuse_change();

ALTER TABLE audit.trail ENABLE ALWAYS TRIGGER _000_refuse_change;

COMMENT ON TRIGGER _000_refuse_change ON audit.trail IS 'the trail is append-only';

CREATE TRIGGER _000_refuse_truncate BEFORE TRUNCATE ON audit.trail FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__refuse_change();

ALTER TABLE audit.trail ENABLE ALWAYS TRIGGER _000_refuse_truncate;

COMMENT ON TRIGGER _000_refuse_truncate ON audit.trail IS 'the trail is append-only';

CREATE TRIGGER _000_refuse_truncate BEFORE TRUNCATE ON audit.trail_default FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__refuse_change();

ALTER TABLE audit.trail_default ENABLE ALWAYS TRIGGER _000_refuse_truncate;

COMMENT ON TRIGGER _000_refuse_truncate ON audit.trail_default IS 'the trail is append-only';

CREATE TRIGGER _100_touch_updated_at BEFORE UPDATE ON public.events FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION ttdb.tg__touch_updated_at();

COMMENT ON TRIGGER _100_touch_updated_at ON public.events IS 'sets updated_at to the time of the change';

CREATE TRIGGER _100_touch_updated_at BEFORE UPDATE ON public.notification_history FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION ttdb.tg__touch_updated_at();

COMMENT ON TRIGGER _100_touch_updated_at ON public.notification_history IS 'sets updated_at to the time of the change';

CREATE TRIGGER _100_touch_updated_at BEFORE UPDATE ON public.orders FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION ttdb.tg__touch_updated_at();

COMMENT ON TRIGGER _100_touch_updated_at ON public.orders IS 'sets updated_at to the time of the change';

CREATE TRIGGER _100_touch_updated_at BEFORE UPDATE ON public.payment_transactions FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION ttdb.tg__touch_updated_at();

COMMENT ON TRIGGER _100_touch_updated_at ON public.payment_transactions IS 'sets updated_at to the time of the change';

CREATE TRIGGER _100_touch_updated_at BEFORE UPDATE ON public.tenants FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION ttdb.tg__touch_updated_at();

COMMENT ON TRIGGER _100_touch_updated_at ON public.tenants IS 'sets updated_at to the time of the change';

CREATE TRIGGER _100_touch_updated_at BEFORE UPDATE ON public.ticket_types FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION ttdb.tg__touch_updated_at();

COMMENT ON TRIGGER _100_touch_updated_at ON public.ticket_types IS 'sets updated_at to the time of the change';

CREATE TRIGGER _100_touch_updated_at BEFORE UPDATE ON public.tickets FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION ttdb.tg__touch_updated_at();

COMMENT ON TRIGGER _100_touch_updated_at ON public.tickets IS 'sets updated_at to the time of the change';

CREATE TRIGGER _100_touch_updated_at BEFORE UPDATE ON public.users FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.email IS DISTINCT FROM new.email) OR (old.phone IS DISTINCT FROM new.phone) OR (old.first_name IS DISTINCT FROM new.first_name) OR (old.last_name IS DISTINCT FROM new.last_name) OR (old.role IS DISTINCT FROM new.role) OR (old.status IS DISTINCT FROM new.status) OR (old.password_hash IS DISTINCT FROM new.password_hash) OR (old.created_at IS DISTINCT FROM new.created_at) OR (old.updated_at IS DISTINCT FROM new.updated_at) OR (old.deleted_at IS DISTINCT FROM new.deleted_at))) EXECUTE FUNCTION ttdb.tg__touch_updated_at();

COMMENT ON TRIGGER _100_touch_updated_at ON public.users IS 'sets updated_at to the time of the change';

CREATE TRIGGER _100_touch_updated_at BEFORE UPDATE ON public.venues FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION ttdb.tg__touch_updated_at();

COMMENT ON TRIGGER _100_touch_updated_at ON public.venues IS 'sets updated_at to the time of the change';

CREATE TRIGGER _200_add_key_idempotency_key AFTER INSERT ON public.payment_transactions FOR EACH ROW WHEN ((new.idempotency_key IS NOT NULL)) EXECUTE FUNCTION ttdb.tg__keep_unique('{idempotency_key}');

COMMENT ON TRIGGER _200_add_key_idempotency_key ON public.payment_transactions IS 'Enters the row''s key: no other row has it.';

CREATE TRIGGER _200_add_key_payment_intent_id AFTER INSERT ON public.payment_transactions FOR EACH ROW WHEN ((new.payment_intent_id IS NOT NULL)) EXECUTE FUNCTION ttdb.tg__keep_unique('{payment_intent_id}');

COMMENT ON TRIGGER _200_add_key_payment_intent_id ON public.payment_transactions IS 'Enters the row''s key: no other row has it.';

CREATE TRIGGER _200_audit_logs_must_keep_their_id_and_time BEFORE UPDATE ON public.audit_logs FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.created_at IS DISTINCT FROM new.created_at))) EXECUTE FUNCTION ttdb.tg__keep_values('audit_logs_must_keep_their_id_and_time', 'id', 'created_at');

COMMENT ON TRIGGER _200_audit_logs_must_keep_their_id_and_time ON public.audit_logs IS 'what is on record keeps its id and its time';

CREATE TRIGGER _200_change_key_idempotency_key AFTER UPDATE ON public.payment_transactions FOR EACH ROW WHEN (((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.idempotency_key IS DISTINCT FROM new.idempotency_key) OR (old.id IS DISTINCT FROM new.id) OR (old.created_at IS DISTINCT FROM new.created_at))) EXECUTE FUNCTION ttdb.tg__keep_unique('{idempotency_key}');

COMMENT ON TRIGGER _200_change_key_idempotency_key ON public.payment_transactions IS 'Enters the row''s new key, and gives up the old.';

CREATE TRIGGER _200_change_key_payment_intent_id AFTER UPDATE ON public.payment_transactions FOR EACH ROW WHEN (((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.payment_intent_id IS DISTINCT FROM new.payment_intent_id) OR (old.id IS DISTINCT FROM new.id) OR (old.created_at IS DISTINCT FROM new.created_at))) EXECUTE FUNCTION ttdb.tg__keep_unique('{payment_intent_id}');

COMMENT ON TRIGGER _200_change_key_payment_intent_id ON public.payment_transactions IS 'Enters the row''s new key, and gives up the old.';

CREATE TRIGGER _200_drop_key_idempotency_key AFTER DELETE ON public.payment_transactions FOR EACH ROW WHEN ((old.idempotency_key IS NOT NULL)) EXECUTE FUNCTION ttdb.tg__keep_unique('{idempotency_key}');

COMMENT ON TRIGGER _200_drop_key_idempotency_key ON public.payment_transactions IS 'Gives up the row''s key.';

CREATE TRIGGER _200_drop_key_payment_intent_id AFTER DELETE ON public.payment_transactions FOR EACH ROW WHEN ((old.payment_intent_id IS NOT NULL)) EXECUTE FUNCTION ttdb.tg__keep_unique('{payment_intent_id}');

COMMENT ON TRIGGER _200_drop_key_payment_intent_id ON public.payment_transactions IS 'Gives up the row''s key.';

CREATE TRIGGER _200_empty_keys_idempotency_key BEFORE TRUNCATE ON public.payment_transactions FOR EACH STATEMENT EXECUTE FUNCTION ttdb.tg__keep_unique('{idempotency_key}');

COMMENT ON TRIGGER _200_empty_keys_idempotency_key ON public.payment_transactions IS 'Gives up the keys of all rows that go at once.';

CREATE TRIGGER _200_empty_keys_idempotency_key BEFORE TRUNCATE ON public.payment_transactions_default FOR EACH STATEMENT EXECUTE FUNCTION ttdb.tg__keep_unique('{idempotency_key}');

COMMENT ON TRIGGER _200_empty_keys_idempotency_key ON public.payment_transactions_default IS 'Gives up the keys of all rows that go at once.';

CREATE TRIGGER _200_empty_keys_payment_intent_id BEFORE TRUNCATE ON public.payment_transactions FOR EACH STATEMENT EXECUTE FUNCTION ttdb.tg__keep_unique('{payment_intent_id}');

COMMENT ON TRIGGER _200_empty_keys_payment_intent_id ON public.payment_transactions IS 'Gives up the keys of all rows that go at once.';

CREATE TRIGGER _200_empty_keys_payment_intent_id BEFORE TRUNCATE ON public.payment_transactions_default FOR EACH STATEMENT EXECUTE FUNCTION ttdb.tg__keep_unique('{payment_intent_id}');

COMMENT ON TRIGGER _200_empty_keys_payment_intent_id ON public.payment_transactions_default IS 'Gives up the keys of all rows that go at once.';

CREATE TRIGGER _200_event_logs_must_keep_their_id_and_time BEFORE UPDATE ON public.event_logs FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old."timestamp" IS DISTINCT FROM new."timestamp"))) EXECUTE FUNCTION ttdb.tg__keep_values('event_logs_must_keep_their_id_and_time', 'id', 'timestamp');

COMMENT ON TRIGGER _200_event_logs_must_keep_their_id_and_time ON public.event_logs IS 'what is on record keeps its id and its time';

CREATE TRIGGER _200_notification_history_must_keep_their_id_and_time BEFORE UPDATE ON public.notification_history FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.sent_at IS DISTINCT FROM new.sent_at))) EXECUTE FUNCTION ttdb.tg__keep_values('notification_history_must_keep_their_id_and_time', 'id', 'sent_at');

COMMENT ON TRIGGER _200_notification_history_must_keep_their_id_and_time ON public.notification_history IS 'what is on record keeps its id and its time';

CREATE TRIGGER _200_notification_history_status_must_follow_its_course BEFORE UPDATE ON public.notification_history FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION ttdb.tg__allow_transitions('notification_history_status_must_follow_its_course', 'status', '{"SENT": ["DELIVERED", "FAILED", "BOUNCED"], "FAILED": ["QUEUED", "SENT"], "QUEUED": ["SENT", "FAILED"], "BOUNCED": [], "DELIVERED": []}');

COMMENT ON TRIGGER _200_notification_history_status_must_follow_its_course ON public.notification_history IS 'a notification cannot go from its status to that one';

CREATE TRIGGER _200_payment_transactions_must_keep_their_id_and_time BEFORE UPDATE ON public.payment_transactions FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.created_at IS DISTINCT FROM new.created_at))) EXECUTE FUNCTION ttdb.tg__keep_values('payment_transactions_must_keep_their_id_and_time', 'id', 'created_at');

COMMENT ON TRIGGER _200_payment_transactions_must_keep_their_id_and_time ON public.payment_transactions IS 'what is on record keeps its id and its time';

CREATE TRIGGER _200_payment_transactions_must_not_end_twice BEFORE UPDATE ON public.payment_transactions FOR EACH ROW WHEN ((old.processed_at IS DISTINCT FROM new.processed_at)) EXECUTE FUNCTION ttdb.tg__keep_values('payment_transactions_must_not_end_twice', 'processed_at');

COMMENT ON TRIGGER _200_payment_transactions_must_not_end_twice ON public.payment_transactions IS 'this payment ended before';

CREATE TRIGGER _200_payment_transactions_must_stay_as_made BEFORE UPDATE ON public.payment_transactions FOR EACH ROW WHEN (((old.order_id IS DISTINCT FROM new.order_id) OR (old.type IS DISTINCT FROM new.type) OR (old.amount IS DISTINCT FROM new.amount) OR (old.currency IS DISTINCT FROM new.currency))) EXECUTE FUNCTION ttdb.tg__keep_values('payment_transactions_must_stay_as_made', 'order_id', 'type', 'amount', 'currency');

COMMENT ON TRIGGER _200_payment_transactions_must_stay_as_made ON public.payment_transactions IS 'a payment''s order, kind and amount cannot change: make another one';

CREATE TRIGGER _200_payment_transactions_status_must_follow_its_course BEFORE UPDATE ON public.payment_transactions FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION ttdb.tg__allow_transitions('payment_transactions_status_must_follow_its_course', 'status', '{"FAILED": ["PROCESSING"], "PENDING": ["PROCESSING", "SUCCEEDED", "FAILED", "CANCELLED"], "CANCELLED": [], "SUCCEEDED": [], "PROCESSING": ["SUCCEEDED", "FAILED", "CANCELLED"]}');

COMMENT ON TRIGGER _200_payment_transactions_status_must_follow_its_course ON public.payment_transactions IS 'a payment cannot go from its status to that one';

CREATE TRIGGER _500_open_sales AFTER INSERT OR UPDATE OF quantity ON public.ticket_types FOR EACH ROW EXECUTE FUNCTION ttdb.tg__open_sales();

COMMENT ON TRIGGER _500_open_sales ON public.ticket_types IS 'Keeps the quantity in public.ticket_sales.';

CREATE TRIGGER _500_settle_sales AFTER DELETE ON public.ticket_types FOR EACH STATEMENT EXECUTE FUNCTION ttdb.tg__settle_sales();

COMMENT ON TRIGGER _500_settle_sales ON public.ticket_types IS 'Counts what waits for the commit, before a type of the same id is made again.';

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.audit_logs FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.audit_logs ENABLE ALWAYS TRIGGER _900_record_change;

COMMENT ON TRIGGER _900_record_change ON public.audit_logs IS 'writes every changed row to the trail';

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.events FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.events ENABLE ALWAYS TRIGGER _900_record_change;

COMMENT ON TRIGGER _900_record_change ON public.events IS 'writes every changed row to the trail';

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.notification_history FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.notification_history ENABLE ALWAYS TRIGGER _900_record_change;

COMMENT ON TRIGGER _900_record_change ON public.notification_history IS 'writes every changed row to the trail';

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.order_discounts FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.order_discounts ENABLE ALWAYS TRIGGER _900_record_change;

COMMENT ON TRIGGER _900_record_change ON public.order_discounts IS 'writes every changed row to the trail';

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.order_items FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.order_items ENABLE ALWAYS TRIGGER _900_record_change;

COMMENT ON TRIGGER _900_record_change ON public.order_items IS 'writes every changed row to the trail';

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.orders FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.orders ENABLE ALWAYS TRIGGER _900_record_change;

COMMENT ON TRIGGER _900_record_change ON public.orders IS 'writes every changed row to the trail';

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.payment_transactions FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.payment_transactions ENABLE ALWAYS TRIGGER _900_record_change;

COMMENT ON TRIGGER _900_record_change ON public.payment_transactions IS 'writes every changed row to the trail';

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.tenants FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.tenants ENABLE ALWAYS TRIGGER _900_record_change;

COMMENT ON TRIGGER _900_record_change ON public.tenants IS 'writes every changed row to the trail';

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.ticket_types FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.ticket_types ENABLE ALWAYS TRIGGER _900_record_change;

COMMENT ON TRIGGER _900_record_change ON public.ticket_types IS 'writes every changed row to the trail';

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.tickets FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.tickets ENABLE ALWAYS TRIGGER _900_record_change;

COMMENT ON TRIGGER _900_record_change ON public.tickets IS 'writes every changed row to the trail';

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.users ENABLE ALWAYS TRIGGER _900_record_change;

COMMENT ON TRIGGER _900_record_change ON public.users IS 'writes every changed row to the trail';

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.venues FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.venues ENABLE ALWAYS TRIGGER _900_record_change;

COMMENT ON TRIGGER _900_record_change ON public.venues IS 'writes every changed row to the trail';

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.audit_logs FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.audit_logs ENABLE ALWAYS TRIGGER _900_record_truncate;

COMMENT ON TRIGGER _900_record_truncate ON public.audit_logs IS 'writes to the trail that all rows went at once';

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.audit_logs_default FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.audit_logs_default ENABLE ALWAYS TRIGGER _900_record_truncate;

COMMENT ON TRIGGER _900_record_truncate ON public.audit_logs_default IS 'writes to the trail that all rows went at once';

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.events FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.events ENABLE ALWAYS TRIGGER _900_record_truncate;

COMMENT ON TRIGGER _900_record_truncate ON public.events IS 'writes to the trail that all rows went at once';

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.notification_history FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.notification_history ENABLE ALWAYS TRIGGER _900_record_truncate;

COMMENT ON TRIGGER _900_record_truncate ON public.notification_history IS 'writes to the trail that all rows went at once';

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.notification_history_default FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.notification_history_default ENABLE ALWAYS TRIGGER _900_record_truncate;

COMMENT ON TRIGGER _900_record_truncate ON public.notification_history_default IS 'writes to the trail that all rows went at once';

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.order_discounts FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.order_discounts ENABLE ALWAYS TRIGGER _900_record_truncate;

COMMENT ON TRIGGER _900_record_truncate ON public.order_discounts IS 'writes to the trail that all rows went at once';

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.order_items FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.order_items ENABLE ALWAYS TRIGGER _900_record_truncate;

COMMENT ON TRIGGER _900_record_truncate ON public.order_items IS 'writes to the trail that all rows went at once';

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.orders FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.orders ENABLE ALWAYS TRIGGER _900_record_truncate;

COMMENT ON TRIGGER _900_record_truncate ON public.orders IS 'writes to the trail that all rows went at once';

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.payment_transactions FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.payment_transactions ENABLE ALWAYS TRIGGER _900_record_truncate;

COMMENT ON TRIGGER _900_record_truncate ON public.payment_transactions IS 'writes to the trail that all rows went at once';

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.payment_transactions_default FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.payment_transactions_default ENABLE ALWAYS TRIGGER _900_record_truncate;

COMMENT ON TRIGGER _900_record_truncate ON public.payment_transactions_default IS 'writes to the trail that all rows went at once';

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.tenants FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.tenants ENABLE ALWAYS TRIGGER _900_record_truncate;

COMMENT ON TRIGGER _900_record_truncate ON public.tenants IS 'writes to the trail that all rows went at once';

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.ticket_types FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.ticket_types ENABLE ALWAYS TRIGGER _900_record_truncate;

COMMENT ON TRIGGER _900_record_truncate ON public.ticket_types IS 'writes to the trail that all rows went at once';

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.tickets FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.tickets ENABLE ALWAYS TRIGGER _900_record_truncate;

COMMENT ON TRIGGER _900_record_truncate ON public.tickets IS 'writes to the trail that all rows went at once';

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.users FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.users ENABLE ALWAYS TRIGGER _900_record_truncate;

COMMENT ON TRIGGER _900_record_truncate ON public.users IS 'writes to the trail that all rows went at once';

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.venues FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.venues ENABLE ALWAYS TRIGGER _900_record_truncate;

COMMENT ON TRIGGER _900_record_truncate ON public.venues IS 'writes to the trail that all rows went at once';

CREATE CONSTRAINT TRIGGER audit_logs_must_keep_their_id_and_time AFTER UPDATE ON public.audit_logs NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.created_at IS DISTINCT FROM new.created_at))) EXECUTE FUNCTION ttdb.tg__keep_values('audit_logs_must_keep_their_id_and_time', 'id', 'created_at');

COMMENT ON TRIGGER audit_logs_must_keep_their_id_and_time ON public.audit_logs IS 'what is on record keeps its id and its time';

CREATE CONSTRAINT TRIGGER event_logs_must_keep_their_id_and_time AFTER UPDATE ON public.event_logs NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old."timestamp" IS DISTINCT FROM new."timestamp"))) EXECUTE FUNCTION ttdb.tg__keep_values('event_logs_must_keep_their_id_and_time', 'id', 'timestamp');

COMMENT ON TRIGGER event_logs_must_keep_their_id_and_time ON public.event_logs IS 'what is on record keeps its id and its time';

CREATE CONSTRAINT TRIGGER events_status_must_follow_its_course AFTER UPDATE ON public.events NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION ttdb.tg__allow_transitions('events_status_must_follow_its_course', 'status', '{"DRAFT": ["PUBLISHED", "CANCELLED"], "ON_SALE": ["PUBLISHED", "SOLD_OUT", "CANCELLED", "COMPLETED"], "SOLD_OUT": ["ON_SALE", "CANCELLED", "COMPLETED"], "CANCELLED": [], "COMPLETED": [], "PUBLISHED": ["DRAFT", "ON_SALE", "CANCELLED"]}');

COMMENT ON TRIGGER events_status_must_follow_its_course ON public.events IS 'an event cannot go from its status to that one; a cancelled or completed one stays so';

CREATE CONSTRAINT TRIGGER notification_history_must_keep_their_id_and_time AFTER UPDATE ON public.notification_history NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.sent_at IS DISTINCT FROM new.sent_at))) EXECUTE FUNCTION ttdb.tg__keep_values('notification_history_must_keep_their_id_and_time', 'id', 'sent_at');

COMMENT ON TRIGGER notification_history_must_keep_their_id_and_time ON public.notification_history IS 'what is on record keeps its id and its time';

CREATE CONSTRAINT TRIGGER notification_history_status_must_follow_its_course AFTER UPDATE ON public.notification_history NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION ttdb.tg__allow_transitions('notification_history_status_must_follow_its_course', 'status', '{"SENT": ["DELIVERED", "FAILED", "BOUNCED"], "FAILED": ["QUEUED", "SENT"], "QUEUED": ["SENT", "FAILED"], "BOUNCED": [], "DELIVERED": []}');

COMMENT ON TRIGGER notification_history_status_must_follow_its_course ON public.notification_history IS 'a notification cannot go from its status to that one';

CREATE CONSTRAINT TRIGGER order_discounts_must_keep_their_id_and_tenant AFTER UPDATE ON public.order_discounts NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.tenant_id IS DISTINCT FROM new.tenant_id))) EXECUTE FUNCTION ttdb.tg__keep_values('order_discounts_must_keep_their_id_and_tenant', 'id', 'tenant_id');

COMMENT ON TRIGGER order_discounts_must_keep_their_id_and_tenant ON public.order_discounts IS 'what has an id keeps it, and stays with its organiser';

CREATE CONSTRAINT TRIGGER order_items_must_be_of_the_orders_event AFTER INSERT OR UPDATE OF order_id, ticket_type_id ON public.order_items NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION ttdb.tg__items_match_order('event');

COMMENT ON TRIGGER order_items_must_be_of_the_orders_event ON public.order_items IS 'the ticket type is of another event than the order';

CREATE CONSTRAINT TRIGGER order_items_must_have_the_orders_currency AFTER INSERT OR UPDATE OF order_id, ticket_type_id ON public.order_items NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION ttdb.tg__items_match_order('currency');

COMMENT ON TRIGGER order_items_must_have_the_orders_currency ON public.order_items IS 'the ticket type is sold in another currency than the order''s';

CREATE CONSTRAINT TRIGGER order_items_must_keep_their_id_and_tenant AFTER UPDATE ON public.order_items NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.tenant_id IS DISTINCT FROM new.tenant_id))) EXECUTE FUNCTION ttdb.tg__keep_values('order_items_must_keep_their_id_and_tenant', 'id', 'tenant_id');

COMMENT ON TRIGGER order_items_must_keep_their_id_and_tenant ON public.order_items IS 'what has an id keeps it, and stays with its organiser';

CREATE CONSTRAINT TRIGGER order_items_must_not_exceed_limit_of_their_type AFTER INSERT OR UPDATE OF order_id, ticket_type_id, quantity ON public.order_items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ttdb.tg__items_within_limit();

COMMENT ON TRIGGER order_items_must_not_exceed_limit_of_their_type ON public.order_items IS 'one order may not hold so many tickets of this type';

CREATE CONSTRAINT TRIGGER orders_discount_must_equal_its_discounts AFTER INSERT OR DELETE OR UPDATE OF order_id, discount_type, discount_value ON public.order_discounts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ttdb.tg__discount_equals_discounts();

COMMENT ON TRIGGER orders_discount_must_equal_its_discounts ON public.order_discounts IS 'the discount is not what the discount codes give';

CREATE CONSTRAINT TRIGGER orders_discount_must_equal_its_discounts AFTER INSERT OR UPDATE OF subtotal, discount_amount ON public.orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ttdb.tg__discount_equals_discounts();

COMMENT ON TRIGGER orders_discount_must_equal_its_discounts ON public.orders IS 'the discount is not what the discount codes give';

CREATE CONSTRAINT TRIGGER orders_must_keep_their_id_and_tenant AFTER UPDATE ON public.orders NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.tenant_id IS DISTINCT FROM new.tenant_id))) EXECUTE FUNCTION ttdb.tg__keep_values('orders_must_keep_their_id_and_tenant', 'id', 'tenant_id');

COMMENT ON TRIGGER orders_must_keep_their_id_and_tenant ON public.orders IS 'what has an id keeps it, and stays with its organiser';

CREATE CONSTRAINT TRIGGER orders_must_not_happen_twice AFTER UPDATE ON public.orders NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (((old.confirmed_at IS DISTINCT FROM new.confirmed_at) OR (old.cancelled_at IS DISTINCT FROM new.cancelled_at) OR (old.refunded_at IS DISTINCT FROM new.refunded_at))) EXECUTE FUNCTION ttdb.tg__keep_values('orders_must_not_happen_twice', 'confirmed_at', 'cancelled_at', 'refunded_at');

COMMENT ON TRIGGER orders_must_not_happen_twice ON public.orders IS 'this order was paid, cancelled or refunded before';

CREATE CONSTRAINT TRIGGER orders_must_stay_with_event_and_currency AFTER UPDATE ON public.orders NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (((old.event_id IS DISTINCT FROM new.event_id) OR (old.currency IS DISTINCT FROM new.currency))) EXECUTE FUNCTION ttdb.tg__keep_values('orders_must_stay_with_event_and_currency', 'event_id', 'currency');

COMMENT ON TRIGGER orders_must_stay_with_event_and_currency ON public.orders IS 'an order stays with its event and its currency: cancel it and make another one';

CREATE CONSTRAINT TRIGGER orders_status_must_follow_its_course AFTER UPDATE ON public.orders NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION ttdb.tg__allow_transitions('orders_status_must_follow_its_course', 'status', '{"EXPIRED": [], "PENDING": ["RESERVED", "CONFIRMED", "CANCELLED", "EXPIRED"], "REFUNDED": [], "RESERVED": ["CONFIRMED", "CANCELLED", "EXPIRED"], "CANCELLED": [], "COMPLETED": ["REFUNDED"], "CONFIRMED": ["COMPLETED", "CANCELLED", "REFUNDED"]}');

COMMENT ON TRIGGER orders_status_must_follow_its_course ON public.orders IS 'an order cannot go from its status to that one';

CREATE CONSTRAINT TRIGGER orders_subtotal_must_equal_its_items AFTER INSERT OR DELETE OR UPDATE OF order_id, subtotal ON public.order_items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ttdb.tg__subtotal_equals_items();

COMMENT ON TRIGGER orders_subtotal_must_equal_its_items ON public.order_items IS 'the subtotal is not the sum of the items';

CREATE CONSTRAINT TRIGGER orders_subtotal_must_equal_its_items AFTER INSERT OR UPDATE OF subtotal ON public.orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ttdb.tg__subtotal_equals_items();

COMMENT ON TRIGGER orders_subtotal_must_equal_its_items ON public.orders IS 'the subtotal is not the sum of the items';

CREATE CONSTRAINT TRIGGER payment_transactions_must_have_the_orders_currency AFTER INSERT OR UPDATE OF order_id, currency ON public.payment_transactions NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION ttdb.tg__currency_of_order();

COMMENT ON TRIGGER payment_transactions_must_have_the_orders_currency ON public.payment_transactions IS 'the payment is in another currency than its order';

CREATE CONSTRAINT TRIGGER payment_transactions_must_keep_their_id_and_time AFTER UPDATE ON public.payment_transactions NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.created_at IS DISTINCT FROM new.created_at))) EXECUTE FUNCTION ttdb.tg__keep_values('payment_transactions_must_keep_their_id_and_time', 'id', 'created_at');

COMMENT ON TRIGGER payment_transactions_must_keep_their_id_and_time ON public.payment_transactions IS 'what is on record keeps its id and its time';

CREATE CONSTRAINT TRIGGER payment_transactions_must_not_end_twice AFTER UPDATE ON public.payment_transactions NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN ((old.processed_at IS DISTINCT FROM new.processed_at)) EXECUTE FUNCTION ttdb.tg__keep_values('payment_transactions_must_not_end_twice', 'processed_at');

COMMENT ON TRIGGER payment_transactions_must_not_end_twice ON public.payment_transactions IS 'this payment ended before';

CREATE CONSTRAINT TRIGGER payment_transactions_must_stay_as_made AFTER UPDATE ON public.payment_transactions NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (((old.order_id IS DISTINCT FROM new.order_id) OR (old.type IS DISTINCT FROM new.type) OR (old.amount IS DISTINCT FROM new.amount) OR (old.currency IS DISTINCT FROM new.currency))) EXECUTE FUNCTION ttdb.tg__keep_values('payment_transactions_must_stay_as_made', 'order_id', 'type', 'amount', 'currency');

COMMENT ON TRIGGER payment_transactions_must_stay_as_made ON public.payment_transactions IS 'a payment''s order, kind and amount cannot change: make another one';

CREATE CONSTRAINT TRIGGER payment_transactions_refunds_must_not_exceed_payments AFTER INSERT OR DELETE OR UPDATE OF type, status, amount, order_id ON public.payment_transactions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ttdb.tg__refunds_within_payments();

COMMENT ON TRIGGER payment_transactions_refunds_must_not_exceed_payments ON public.payment_transactions IS 'more would be paid back than was paid';

CREATE CONSTRAINT TRIGGER payment_transactions_status_must_follow_its_course AFTER UPDATE ON public.payment_transactions NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION ttdb.tg__allow_transitions('payment_transactions_status_must_follow_its_course', 'status', '{"FAILED": ["PROCESSING"], "PENDING": ["PROCESSING", "SUCCEEDED", "FAILED", "CANCELLED"], "CANCELLED": [], "SUCCEEDED": [], "PROCESSING": ["SUCCEEDED", "FAILED", "CANCELLED"]}');

COMMENT ON TRIGGER payment_transactions_status_must_follow_its_course ON public.payment_transactions IS 'a payment cannot go from its status to that one';

CREATE CONSTRAINT TRIGGER tenants_status_must_follow_its_course AFTER UPDATE ON public.tenants NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION ttdb.tg__allow_transitions('tenants_status_must_follow_its_course', 'status', '{"ACTIVE": ["SUSPENDED", "CLOSED"], "CLOSED": [], "SUSPENDED": ["ACTIVE", "CLOSED"]}');

COMMENT ON TRIGGER tenants_status_must_follow_its_course ON public.tenants IS 'a closed organiser stays closed';

CREATE CONSTRAINT TRIGGER ticket_sales_must_equal_tickets AFTER INSERT OR UPDATE ON public.ticket_sales DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((CURRENT_USER <> 'ttdb_definer'::name)) EXECUTE FUNCTION ttdb.tg__sales_equal_tickets();

COMMENT ON TRIGGER ticket_sales_must_equal_tickets ON public.ticket_sales IS 'the count is not what the tickets are';

CREATE CONSTRAINT TRIGGER ticket_sales_must_not_exceed_quantity AFTER INSERT OR UPDATE OF sold, quantity ON public.ticket_sales DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ttdb.tg__sales_within_quantity();

COMMENT ON TRIGGER ticket_sales_must_not_exceed_quantity ON public.ticket_sales IS 'no tickets of this type are left';

CREATE CONSTRAINT TRIGGER ticket_types_must_keep_their_id_and_tenant AFTER UPDATE ON public.ticket_types NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.tenant_id IS DISTINCT FROM new.tenant_id))) EXECUTE FUNCTION ttdb.tg__keep_values('ticket_types_must_keep_their_id_and_tenant', 'id', 'tenant_id');

COMMENT ON TRIGGER ticket_types_must_keep_their_id_and_tenant ON public.ticket_types IS 'what has an id keeps it, and stays with its organiser';

CREATE CONSTRAINT TRIGGER ticket_types_must_stay_with_event_and_currency AFTER UPDATE ON public.ticket_types NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (((old.event_id IS DISTINCT FROM new.event_id) OR (old.currency IS DISTINCT FROM new.currency))) EXECUTE FUNCTION ttdb.tg__keep_values('ticket_types_must_stay_with_event_and_currency', 'event_id', 'currency');

COMMENT ON TRIGGER ticket_types_must_stay_with_event_and_currency ON public.ticket_types IS 'a ticket type stays with its event and its currency: make another one';

CREATE CONSTRAINT TRIGGER tickets_must_be_counted AFTER INSERT OR DELETE OR UPDATE OF status, ticket_type_id, tenant_id ON public.tickets DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ttdb.tg__count_ticket();

COMMENT ON TRIGGER tickets_must_be_counted ON public.tickets IS 'the sales of this ticket type are not counted';

CREATE CONSTRAINT TRIGGER tickets_must_have_the_orders_currency AFTER INSERT OR UPDATE OF order_id, currency ON public.tickets NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION ttdb.tg__currency_of_order();

COMMENT ON TRIGGER tickets_must_have_the_orders_currency ON public.tickets IS 'the ticket is in another currency than its order';

CREATE CONSTRAINT TRIGGER tickets_must_keep_their_id_and_tenant AFTER UPDATE ON public.tickets NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.tenant_id IS DISTINCT FROM new.tenant_id))) EXECUTE FUNCTION ttdb.tg__keep_values('tickets_must_keep_their_id_and_tenant', 'id', 'tenant_id');

COMMENT ON TRIGGER tickets_must_keep_their_id_and_tenant ON public.tickets IS 'what has an id keeps it, and stays with its organiser';

CREATE CONSTRAINT TRIGGER tickets_must_keep_their_number_and_price AFTER UPDATE ON public.tickets NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (((old.ticket_number IS DISTINCT FROM new.ticket_number) OR (old.price IS DISTINCT FROM new.price))) EXECUTE FUNCTION ttdb.tg__keep_values('tickets_must_keep_their_number_and_price', 'ticket_number', 'price');

COMMENT ON TRIGGER tickets_must_keep_their_number_and_price ON public.tickets IS 'a ticket keeps its number and its price: cancel it and make another one';

CREATE CONSTRAINT TRIGGER tickets_must_not_exceed_items AFTER DELETE OR UPDATE OF order_id, ticket_type_id, quantity ON public.order_items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ttdb.tg__tickets_within_items();

COMMENT ON TRIGGER tickets_must_not_exceed_items ON public.order_items IS 'the order did not buy so many tickets of this type';

CREATE CONSTRAINT TRIGGER tickets_must_not_exceed_items AFTER INSERT OR UPDATE OF status, order_id, ticket_type_id ON public.tickets DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ttdb.tg__tickets_within_items();

COMMENT ON TRIGGER tickets_must_not_exceed_items ON public.tickets IS 'the order did not buy so many tickets of this type';

CREATE CONSTRAINT TRIGGER tickets_must_not_happen_twice AFTER UPDATE ON public.tickets NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (((old.sold_at IS DISTINCT FROM new.sold_at) OR (old.used_at IS DISTINCT FROM new.used_at) OR (old.cancelled_at IS DISTINCT FROM new.cancelled_at))) EXECUTE FUNCTION ttdb.tg__keep_values('tickets_must_not_happen_twice', 'sold_at', 'used_at', 'cancelled_at');

COMMENT ON TRIGGER tickets_must_not_happen_twice ON public.tickets IS 'this ticket was sold, used or cancelled before';

CREATE CONSTRAINT TRIGGER tickets_status_must_follow_its_course AFTER UPDATE ON public.tickets NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION ttdb.tg__allow_transitions('tickets_status_must_follow_its_course', 'status', '{"SOLD": ["USED", "CANCELLED", "REFUNDED"], "USED": ["REFUNDED"], "EXPIRED": [], "REFUNDED": [], "RESERVED": ["SOLD", "CANCELLED", "EXPIRED"], "CANCELLED": []}');

COMMENT ON TRIGGER tickets_status_must_follow_its_course ON public.tickets IS 'a ticket cannot go from its status to that one';

CREATE CONSTRAINT TRIGGER users_status_must_follow_its_course AFTER UPDATE ON public.users NOT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION ttdb.tg__allow_transitions('users_status_must_follow_its_course', 'status', '{"ACTIVE": ["SUSPENDED", "DELETED"], "DELETED": [], "PENDING": ["ACTIVE", "SUSPENDED", "DELETED"], "SUSPENDED": ["ACTIVE", "DELETED"]}');

COMMENT ON TRIGGER users_status_must_follow_its_course ON public.users IS 'an account cannot go from its status to that one; a closed one stays closed';

CREATE CONSTRAINT TRIGGER loads_must_end AFTER INSERT ON ttdb.open_loads DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.tg__end_of_load();

ALTER TABLE ttdb.open_loads ENABLE ALWAYS TRIGGER loads_must_end;

COMMENT ON TRIGGER loads_must_end ON ttdb.open_loads IS 'a load was begun and not ended: audit.end_load() ends it';

ALTER TABLE public.audit_logs
    ADD CONSTRAINT audit_logs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT audit_logs_tenant_id_fkey ON public.audit_logs IS 'there is no such tenant, or it is still in use';

ALTER TABLE public.audit_logs
    ADD CONSTRAINT audit_logs_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT audit_logs_tenant_id_user_id_fkey ON public.audit_logs IS 'there is no such user, or the account is still in use';

ALTER TABLE public.event_logs
    ADD CONSTRAINT event_logs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT event_logs_tenant_id_fkey ON public.event_logs IS 'there is no such tenant, or it is still in use';

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT events_tenant_id_fkey ON public.events IS 'there is no such tenant, or it is still in use';

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_tenant_id_venue_id_fkey FOREIGN KEY (tenant_id, venue_id) REFERENCES public.venues(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT events_tenant_id_venue_id_fkey ON public.events IS 'there is no such venue, or it is still in use';

ALTER TABLE public.notification_history
    ADD CONSTRAINT notification_history_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT notification_history_tenant_id_fkey ON public.notification_history IS 'there is no such tenant, or it is still in use';

ALTER TABLE public.notification_history
    ADD CONSTRAINT notification_history_tenant_id_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES public.orders(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT notification_history_tenant_id_order_id_fkey ON public.notification_history IS 'there is no such order, or it is still in use';

ALTER TABLE public.notification_history
    ADD CONSTRAINT notification_history_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT notification_history_tenant_id_user_id_fkey ON public.notification_history IS 'there is no such user, or the account is still in use';

ALTER TABLE ONLY public.order_discounts
    ADD CONSTRAINT order_discounts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT order_discounts_tenant_id_fkey ON public.order_discounts IS 'there is no such tenant, or it is still in use';

ALTER TABLE ONLY public.order_discounts
    ADD CONSTRAINT order_discounts_tenant_id_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES public.orders(tenant_id, id) ON DELETE CASCADE;

COMMENT ON CONSTRAINT order_discounts_tenant_id_order_id_fkey ON public.order_discounts IS 'there is no such order, or it is still in use';

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT order_items_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT order_items_tenant_id_fkey ON public.order_items IS 'there is no such tenant, or it is still in use';

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT order_items_tenant_id_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES public.orders(tenant_id, id) ON DELETE CASCADE;

COMMENT ON CONSTRAINT order_items_tenant_id_order_id_fkey ON public.order_items IS 'there is no such order, or it is still in use';

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT order_items_tenant_id_ticket_type_id_fkey FOREIGN KEY (tenant_id, ticket_type_id) REFERENCES public.ticket_types(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT order_items_tenant_id_ticket_type_id_fkey ON public.order_items IS 'there is no such ticket type, or it is still in use';

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_tenant_id_event_id_fkey FOREIGN KEY (tenant_id, event_id) REFERENCES public.events(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT orders_tenant_id_event_id_fkey ON public.orders IS 'there is no such event, or it is still in use';

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT orders_tenant_id_fkey ON public.orders IS 'there is no such tenant, or it is still in use';

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT orders_tenant_id_user_id_fkey ON public.orders IS 'there is no such user, or the account is still in use';

ALTER TABLE public.payment_transactions
    ADD CONSTRAINT payment_transactions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT payment_transactions_tenant_id_fkey ON public.payment_transactions IS 'there is no such tenant, or it is still in use';

ALTER TABLE public.payment_transactions
    ADD CONSTRAINT payment_transactions_tenant_id_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES public.orders(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT payment_transactions_tenant_id_order_id_fkey ON public.payment_transactions IS 'there is no such order, or it is still in use';

ALTER TABLE public.payment_transactions
    ADD CONSTRAINT payment_transactions_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT payment_transactions_tenant_id_user_id_fkey ON public.payment_transactions IS 'there is no such user, or the account is still in use';

ALTER TABLE public.payment_transactions
    ADD CONSTRAINT payment_transactions_tenant_id_venue_id_fkey FOREIGN KEY (tenant_id, venue_id) REFERENCES public.venues(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT payment_transactions_tenant_id_venue_id_fkey ON public.payment_transactions IS 'there is no such venue, or it is still in use';

ALTER TABLE ONLY public.ticket_sales
    ADD CONSTRAINT ticket_sales_tenant_id_ticket_type_id_fkey FOREIGN KEY (tenant_id, ticket_type_id) REFERENCES public.ticket_types(tenant_id, id) ON DELETE CASCADE;

COMMENT ON CONSTRAINT ticket_sales_tenant_id_ticket_type_id_fkey ON public.ticket_sales IS 'there is no such ticket type, or it is still in use';

ALTER TABLE ONLY public.ticket_types
    ADD CONSTRAINT ticket_types_tenant_id_event_id_fkey FOREIGN KEY (tenant_id, event_id) REFERENCES public.events(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT ticket_types_tenant_id_event_id_fkey ON public.ticket_types IS 'there is no such event, or it is still in use';

ALTER TABLE ONLY public.ticket_types
    ADD CONSTRAINT ticket_types_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT ticket_types_tenant_id_fkey ON public.ticket_types IS 'there is no such tenant, or it is still in use';

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_tenant_id_event_id_fkey FOREIGN KEY (tenant_id, event_id) REFERENCES public.events(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT tickets_tenant_id_event_id_fkey ON public.tickets IS 'there is no such event, or it is still in use';

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_tenant_id_event_id_order_id_fkey FOREIGN KEY (tenant_id, event_id, order_id) REFERENCES public.orders(tenant_id, event_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT tickets_tenant_id_event_id_order_id_fkey ON public.tickets IS 'the event has no such order, or it is still in use';

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_tenant_id_event_id_ticket_type_id_fkey FOREIGN KEY (tenant_id, event_id, ticket_type_id) REFERENCES public.ticket_types(tenant_id, event_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT tickets_tenant_id_event_id_ticket_type_id_fkey ON public.tickets IS 'the event has no such ticket type, or it is still in use';

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT tickets_tenant_id_fkey ON public.tickets IS 'there is no such tenant, or it is still in use';

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT tickets_tenant_id_user_id_fkey ON public.tickets IS 'there is no such user, or the account is still in use';

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT users_tenant_id_fkey ON public.users IS 'there is no such tenant, or it is still in use';

ALTER TABLE ONLY public.venues
    ADD CONSTRAINT venues_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT venues_tenant_id_fkey ON public.venues IS 'there is no such tenant, or it is still in use';

CREATE POLICY insert_definer ON audit.trail FOR INSERT TO ttdb_definer WITH CHECK (true);

COMMENT ON POLICY insert_definer ON audit.trail IS 'Only the trigger function and the resolvers, which run as ttdb_definer, write.';

CREATE POLICY select_auditor ON audit.trail FOR SELECT TO ttdb_auditor USING (true);

COMMENT ON POLICY select_auditor ON audit.trail IS 'Auditors read all tenants'' changes.';

CREATE POLICY select_operator ON audit.trail FOR SELECT TO ttdb_operator USING (true);

COMMENT ON POLICY select_operator ON audit.trail IS 'Operators read and dump the trail.';

CREATE POLICY select_operator ON audit.trail_default FOR SELECT TO ttdb_operator USING (true);

COMMENT ON POLICY select_operator ON audit.trail_default IS 'A dump reads each partition by itself.';

ALTER TABLE audit.trail ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit.trail_default ENABLE ROW LEVEL SECURITY;

ALTER TABLE masked.keys ENABLE ROW LEVEL SECURITY;

CREATE POLICY select_masker ON masked.keys FOR SELECT TO ttdb_masker USING (true);

COMMENT ON POLICY select_masker ON masked.keys IS 'Only the masked views, which ttdb_masker owns, read the keys.';

CREATE POLICY all_operator ON public.audit_logs TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.audit_logs IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.audit_logs_default TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.audit_logs_default IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.event_logs TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.event_logs IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.event_logs_default TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.event_logs_default IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.events TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.events IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.notification_history TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.notification_history IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.notification_history_default TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.notification_history_default IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.order_discounts TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.order_discounts IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.order_items TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.order_items IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.orders TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.orders IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.payment_transactions TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.payment_transactions IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.payment_transactions_default TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.payment_transactions_default IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.payment_transactions_idempotency_key_keys TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.payment_transactions_idempotency_key_keys IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.payment_transactions_payment_intent_id_keys TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.payment_transactions_payment_intent_id_keys IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.tenants TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.tenants IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.ticket_sales TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.ticket_sales IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.ticket_types TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.ticket_types IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.tickets TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.tickets IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.users TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.users IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.venues TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.venues IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

ALTER TABLE public.audit_logs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_logs_default ENABLE ROW LEVEL SECURITY;

CREATE POLICY delete_definer ON public.payment_transactions_idempotency_key_keys FOR DELETE TO ttdb_definer USING (true);

COMMENT ON POLICY delete_definer ON public.payment_transactions_idempotency_key_keys IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY delete_definer ON public.payment_transactions_payment_intent_id_keys FOR DELETE TO ttdb_definer USING (true);

COMMENT ON POLICY delete_definer ON public.payment_transactions_payment_intent_id_keys IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY delete_own_tenant ON public.events FOR DELETE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY delete_own_tenant ON public.events IS 'Services reach the rows of their tenant only.';

CREATE POLICY delete_own_tenant ON public.order_discounts FOR DELETE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY delete_own_tenant ON public.order_discounts IS 'Services reach the rows of their tenant only.';

CREATE POLICY delete_own_tenant ON public.order_items FOR DELETE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY delete_own_tenant ON public.order_items IS 'Services reach the rows of their tenant only.';

CREATE POLICY delete_own_tenant ON public.orders FOR DELETE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY delete_own_tenant ON public.orders IS 'Services reach the rows of their tenant only.';

CREATE POLICY delete_own_tenant ON public.ticket_types FOR DELETE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY delete_own_tenant ON public.ticket_types IS 'Services reach the rows of their tenant only.';

CREATE POLICY delete_own_tenant ON public.users FOR DELETE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY delete_own_tenant ON public.users IS 'Services reach the rows of their tenant only.';

CREATE POLICY delete_own_tenant ON public.venues FOR DELETE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY delete_own_tenant ON public.venues IS 'Services reach the rows of their tenant only.';

ALTER TABLE public.event_logs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.event_logs_default ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.events ENABLE ROW LEVEL SECURITY;

CREATE POLICY insert_definer ON public.payment_transactions_idempotency_key_keys FOR INSERT TO ttdb_definer WITH CHECK (true);

COMMENT ON POLICY insert_definer ON public.payment_transactions_idempotency_key_keys IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY insert_definer ON public.payment_transactions_payment_intent_id_keys FOR INSERT TO ttdb_definer WITH CHECK (true);

COMMENT ON POLICY insert_definer ON public.payment_transactions_payment_intent_id_keys IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY insert_definer ON public.ticket_sales FOR INSERT TO ttdb_definer WITH CHECK (true);

COMMENT ON POLICY insert_definer ON public.ticket_sales IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY insert_own_tenant ON public.audit_logs FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.audit_logs IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.event_logs FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.event_logs IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.events FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.events IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.notification_history FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.notification_history IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.order_discounts FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.order_discounts IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.order_items FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.order_items IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.orders FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.orders IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.payment_transactions FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.payment_transactions IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.ticket_types FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.ticket_types IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.tickets FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.tickets IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.users FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.users IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.venues FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.venues IS 'Services reach the rows of their tenant only.';

ALTER TABLE public.notification_history ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.notification_history_default ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.order_discounts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.order_items ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.payment_transactions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.payment_transactions_default ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.payment_transactions_idempotency_key_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.payment_transactions_payment_intent_id_keys ENABLE ROW LEVEL SECURITY;

CREATE POLICY select_definer ON public.notification_history FOR SELECT TO ttdb_definer USING (true);

COMMENT ON POLICY select_definer ON public.notification_history IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY select_definer ON public.order_discounts FOR SELECT TO ttdb_definer USING (true);

COMMENT ON POLICY select_definer ON public.order_discounts IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY select_definer ON public.order_items FOR SELECT TO ttdb_definer USING (true);

COMMENT ON POLICY select_definer ON public.order_items IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY select_definer ON public.orders FOR SELECT TO ttdb_definer USING (true);

COMMENT ON POLICY select_definer ON public.orders IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY select_definer ON public.payment_transactions FOR SELECT TO ttdb_definer USING (true);

COMMENT ON POLICY select_definer ON public.payment_transactions IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY select_definer ON public.payment_transactions_idempotency_key_keys FOR SELECT TO ttdb_definer USING (true);

COMMENT ON POLICY select_definer ON public.payment_transactions_idempotency_key_keys IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY select_definer ON public.payment_transactions_payment_intent_id_keys FOR SELECT TO ttdb_definer USING (true);

COMMENT ON POLICY select_definer ON public.payment_transactions_payment_intent_id_keys IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY select_definer ON public.tenants FOR SELECT TO ttdb_definer USING (true);

COMMENT ON POLICY select_definer ON public.tenants IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY select_definer ON public.ticket_sales FOR SELECT TO ttdb_definer USING (true);

COMMENT ON POLICY select_definer ON public.ticket_sales IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY select_definer ON public.ticket_types FOR SELECT TO ttdb_definer USING (true);

COMMENT ON POLICY select_definer ON public.ticket_types IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY select_definer ON public.tickets FOR SELECT TO ttdb_definer USING (true);

COMMENT ON POLICY select_definer ON public.tickets IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY select_definer ON public.users FOR SELECT TO ttdb_definer USING (true);

COMMENT ON POLICY select_definer ON public.users IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY select_masker ON public.audit_logs FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.audit_logs IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.event_logs FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.event_logs IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.events FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.events IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.notification_history FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.notification_history IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.order_discounts FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.order_discounts IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.order_items FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.order_items IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.orders FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.orders IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.payment_transactions FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.payment_transactions IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.payment_transactions_idempotency_key_keys FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.payment_transactions_idempotency_key_keys IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.payment_transactions_payment_intent_id_keys FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.payment_transactions_payment_intent_id_keys IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.tenants FOR SELECT TO ttdb_masker USING ((id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.tenants IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.ticket_sales FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.ticket_sales IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.ticket_types FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.ticket_types IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.tickets FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.tickets IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.users FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.users IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.venues FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.venues IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_own_tenant ON public.audit_logs FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.audit_logs IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.event_logs FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.event_logs IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.events FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.events IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.notification_history FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.notification_history IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.order_discounts FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.order_discounts IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.order_items FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.order_items IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.orders FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.orders IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.payment_transactions FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.payment_transactions IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.tenants FOR SELECT TO ttdb_app USING ((id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.tenants IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.ticket_sales FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.ticket_sales IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.ticket_types FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.ticket_types IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.tickets FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.tickets IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.users FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.users IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.venues FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.venues IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_worker ON public.event_logs FOR SELECT TO ttdb_worker USING (true);

COMMENT ON POLICY select_worker ON public.event_logs IS 'Jobs across tenants, for this verb only.';

CREATE POLICY select_worker ON public.events FOR SELECT TO ttdb_worker USING (true);

COMMENT ON POLICY select_worker ON public.events IS 'Jobs across tenants, for this verb only.';

CREATE POLICY select_worker ON public.notification_history FOR SELECT TO ttdb_worker USING (true);

COMMENT ON POLICY select_worker ON public.notification_history IS 'Jobs across tenants, for this verb only.';

CREATE POLICY select_worker ON public.order_discounts FOR SELECT TO ttdb_worker USING (true);

COMMENT ON POLICY select_worker ON public.order_discounts IS 'Jobs across tenants, for this verb only.';

CREATE POLICY select_worker ON public.order_items FOR SELECT TO ttdb_worker USING (true);

COMMENT ON POLICY select_worker ON public.order_items IS 'Jobs across tenants, for this verb only.';

CREATE POLICY select_worker ON public.orders FOR SELECT TO ttdb_worker USING (true);

COMMENT ON POLICY select_worker ON public.orders IS 'Jobs across tenants, for this verb only.';

CREATE POLICY select_worker ON public.payment_transactions FOR SELECT TO ttdb_worker USING (true);

COMMENT ON POLICY select_worker ON public.payment_transactions IS 'Jobs across tenants, for this verb only.';

CREATE POLICY select_worker ON public.tenants FOR SELECT TO ttdb_worker USING (true);

COMMENT ON POLICY select_worker ON public.tenants IS 'Jobs across tenants, for this verb only.';

ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ticket_sales ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ticket_types ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tickets ENABLE ROW LEVEL SECURITY;

CREATE POLICY update_definer ON public.orders FOR UPDATE TO ttdb_definer USING (true) WITH CHECK (true);

COMMENT ON POLICY update_definer ON public.orders IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY update_definer ON public.ticket_sales FOR UPDATE TO ttdb_definer USING (true) WITH CHECK (true);

COMMENT ON POLICY update_definer ON public.ticket_sales IS 'Functions that keep rules across rows and tenants, for this verb only.';

CREATE POLICY update_own_tenant ON public.events FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.events IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.notification_history FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.notification_history IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.order_discounts FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.order_discounts IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.order_items FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.order_items IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.orders FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.orders IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.payment_transactions FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.payment_transactions IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.tenants FOR UPDATE TO ttdb_app USING ((id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.tenants IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.ticket_types FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.ticket_types IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.tickets FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.tickets IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.users FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.users IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.venues FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.venues IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_worker ON public.events FOR UPDATE TO ttdb_worker USING (true) WITH CHECK (true);

COMMENT ON POLICY update_worker ON public.events IS 'Jobs across tenants, for this verb only.';

CREATE POLICY update_worker ON public.notification_history FOR UPDATE TO ttdb_worker USING (true) WITH CHECK (true);

COMMENT ON POLICY update_worker ON public.notification_history IS 'Jobs across tenants, for this verb only.';

CREATE POLICY update_worker ON public.orders FOR UPDATE TO ttdb_worker USING (true) WITH CHECK (true);

COMMENT ON POLICY update_worker ON public.orders IS 'Jobs across tenants, for this verb only.';

CREATE POLICY update_worker ON public.payment_transactions FOR UPDATE TO ttdb_worker USING (true) WITH CHECK (true);

COMMENT ON POLICY update_worker ON public.payment_transactions IS 'Jobs across tenants, for this verb only.';

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.venues ENABLE ROW LEVEL SECURITY;

ALTER TABLE ttdb.context_keys ENABLE ROW LEVEL SECURITY;

CREATE POLICY delete_operator ON ttdb.observations FOR DELETE TO ttdb_operator USING (true);

COMMENT ON POLICY delete_operator ON ttdb.observations IS 'Operators clear what is mended.';

CREATE POLICY insert_definer ON ttdb.context_keys FOR INSERT TO ttdb_definer WITH CHECK (true);

COMMENT ON POLICY insert_definer ON ttdb.context_keys IS 'ttdb.create_context_key() adds one.';

CREATE POLICY insert_definer ON ttdb.observations FOR INSERT TO ttdb_definer WITH CHECK (true);

COMMENT ON POLICY insert_definer ON ttdb.observations IS 'ttdb.record_observation() adds one.';

ALTER TABLE ttdb.observations ENABLE ROW LEVEL SECURITY;

CREATE POLICY select_definer ON ttdb.context_keys FOR SELECT TO ttdb_definer USING (true);

COMMENT ON POLICY select_definer ON ttdb.context_keys IS 'Only the functions that sign and verify read the keys.';

CREATE POLICY select_definer ON ttdb.observations FOR SELECT TO ttdb_definer USING (true);

COMMENT ON POLICY select_definer ON ttdb.observations IS 'ttdb.record_observation() counts those of a minute.';

CREATE POLICY select_operator ON ttdb.observations FOR SELECT TO ttdb_operator USING (true);

COMMENT ON POLICY select_operator ON ttdb.observations IS 'Operators read the report.';

CREATE POLICY update_definer ON ttdb.context_keys FOR UPDATE TO ttdb_definer USING (true) WITH CHECK (true);

COMMENT ON POLICY update_definer ON ttdb.context_keys IS 'ttdb.retire_context_key() ends one.';

GRANT ALL ON SCHEMA audit TO ttdb_definer;
GRANT USAGE ON SCHEMA audit TO ttdb_auditor;
GRANT USAGE ON SCHEMA audit TO ttdb_operator;

GRANT ALL ON SCHEMA masked TO ttdb_masker;
GRANT USAGE ON SCHEMA masked TO ttdb_support;
GRANT USAGE ON SCHEMA masked TO ttdb_operator;

GRANT ALL ON SCHEMA public TO ttdb_owner;
GRANT ALL ON SCHEMA public TO ttdb_definer;
GRANT USAGE ON SCHEMA public TO ttdb_operator;
GRANT USAGE ON SCHEMA public TO ttdb_app;
GRANT USAGE ON SCHEMA public TO ttdb_worker;
GRANT USAGE ON SCHEMA public TO ttdb_support;
GRANT USAGE ON SCHEMA public TO ttdb_masker;
GRANT USAGE ON SCHEMA public TO ttdb_auditor;

GRANT USAGE ON SCHEMA ttdb TO ttdb_operator;
GRANT USAGE ON SCHEMA ttdb TO ttdb_app;
GRANT USAGE ON SCHEMA ttdb TO ttdb_worker;
GRANT USAGE ON SCHEMA ttdb TO ttdb_support;
GRANT USAGE ON SCHEMA ttdb TO ttdb_auditor;
GRANT USAGE ON SCHEMA ttdb TO ttdb_masker;
GRANT ALL ON SCHEMA ttdb TO ttdb_definer;

GRANT USAGE ON SCHEMA ttdb_pgcrypto TO ttdb_app;
GRANT USAGE ON SCHEMA ttdb_pgcrypto TO ttdb_worker;
GRANT USAGE ON SCHEMA ttdb_pgcrypto TO ttdb_operator;

REVOKE ALL ON FUNCTION audit.begin_load(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.disable(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.drop_triggers(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.enable(relation regclass, exclude name[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.end_load(relation regclass, rows bigint, details jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.is_enabled(relation regclass, exclude name[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.record_load(relation regclass, rows bigint, details jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.record_load(relation regclass, rows bigint, details jsonb) TO ttdb_owner;

REVOKE ALL ON FUNCTION audit.record_resolution(resolver text, tenants uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.record_resolution(resolver text, tenants uuid[]) TO ttdb_definer;

REVOKE ALL ON FUNCTION audit.tg__end_of_load() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.tg__record_change() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.tg__record_change() TO ttdb_owner;

REVOKE ALL ON FUNCTION audit.tg__refuse_change() FROM PUBLIC;

REVOKE ALL ON FUNCTION masked."column"(relation regclass, column_name name, mask text) FROM PUBLIC;

REVOKE ALL ON FUNCTION masked.columns(relation regclass, decisions jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION masked.definition_for(relation regclass, qualified boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION masked.token(label text, value text, inner_key bytea, outer_key bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION masked.token(label text, value text, inner_key bytea, outer_key bytea) TO ttdb_support;
GRANT ALL ON FUNCTION masked.token(label text, value text, inner_key bytea, outer_key bytea) TO ttdb_masker;

REVOKE ALL ON FUNCTION masked.email(value text, inner_key bytea, outer_key bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION masked.email(value text, inner_key bytea, outer_key bytea) TO ttdb_support;
GRANT ALL ON FUNCTION masked.email(value text, inner_key bytea, outer_key bytea) TO ttdb_masker;

REVOKE ALL ON FUNCTION masked.forget(relation regclass, column_name name) FROM PUBLIC;

REVOKE ALL ON FUNCTION masked.ip(value text, inner_key bytea, outer_key bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION masked.ip(value text, inner_key bytea, outer_key bytea) TO ttdb_support;
GRANT ALL ON FUNCTION masked.ip(value text, inner_key bytea, outer_key bytea) TO ttdb_masker;

REVOKE ALL ON FUNCTION masked.is_masked(relation regclass, decisions jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION masked.is_masked(relation regclass, column_name name, mask text) FROM PUBLIC;

REVOKE ALL ON FUNCTION masked.masks() FROM PUBLIC;

REVOKE ALL ON FUNCTION masked.name(value text, inner_key bytea, outer_key bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION masked.name(value text, inner_key bytea, outer_key bytea) TO ttdb_support;
GRANT ALL ON FUNCTION masked.name(value text, inner_key bytea, outer_key bytea) TO ttdb_masker;

REVOKE ALL ON FUNCTION masked.phone(value text, inner_key bytea, outer_key bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION masked.phone(value text, inner_key bytea, outer_key bytea) TO ttdb_support;
GRANT ALL ON FUNCTION masked.phone(value text, inner_key bytea, outer_key bytea) TO ttdb_masker;

REVOKE ALL ON FUNCTION masked.rebuild(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION masked.redacted(value text, inner_key bytea, outer_key bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION masked.redacted(value text, inner_key bytea, outer_key bytea) TO ttdb_support;
GRANT ALL ON FUNCTION masked.redacted(value text, inner_key bytea, outer_key bytea) TO ttdb_masker;

REVOKE ALL ON FUNCTION masked.views_of(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.tenant_of_payment_intent(payment_intent_id text) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.tenant_of_slug(slug text) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.tenants_of_email(email text) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.allow_transitions(relation regclass, column_name name, constraint_name name, message text, transitions jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.begin_copy(relation regclass, wanted text, storage text[], leaves integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.broken_rules() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.broken_rules() TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.close_leaf(leaf regclass, relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.comment_of_rule(relation regclass, constraint_name name) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.comment_of_rule(relation regclass, constraint_name name) TO ttdb_app;
GRANT ALL ON FUNCTION ttdb.comment_of_rule(relation regclass, constraint_name name) TO ttdb_worker;
GRANT ALL ON FUNCTION ttdb.comment_of_rule(relation regclass, constraint_name name) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.condition_of_change(columns name[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.constraint_message(constraint_name text, schema_name text, table_name text, column_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.constraint_message(constraint_name text, schema_name text, table_name text, column_name text) TO ttdb_app;
GRANT ALL ON FUNCTION ttdb.constraint_message(constraint_name text, schema_name text, table_name text, column_name text) TO ttdb_worker;
GRANT ALL ON FUNCTION ttdb.constraint_message(constraint_name text, schema_name text, table_name text, column_name text) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) TO ttdb_operator;
GRANT ALL ON FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) TO ttdb_app;
GRANT ALL ON FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) TO ttdb_worker;
GRANT ALL ON FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) TO ttdb_support;
GRANT ALL ON FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) TO ttdb_auditor;

REVOKE ALL ON FUNCTION ttdb.copy_changes(relation regclass, rows bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.copy_changes(relation regclass, rows bigint) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.copy_column_settings(copy regclass, relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.copy_rows(relation regclass, wanted text, rows bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.copy_rows(relation regclass, wanted text, rows bigint) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.create_context_key(OUT key_id text, OUT secret text) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.create_context_key(OUT key_id text, OUT secret text) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.decrypt(ciphertext text, key text) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.decrypt(ciphertext text, key text) TO ttdb_app;
GRANT ALL ON FUNCTION ttdb.decrypt(ciphertext text, key text) TO ttdb_worker;
GRANT ALL ON FUNCTION ttdb.decrypt(ciphertext text, key text) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.definitions_in(schemas text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.definitions_in(schemas text[]) TO ttdb_operator;
GRANT ALL ON FUNCTION ttdb.definitions_in(schemas text[]) TO ttdb_masker;
GRANT ALL ON FUNCTION ttdb.definitions_in(schemas text[]) TO ttdb_definer;

REVOKE ALL ON FUNCTION ttdb.definitions_of(relations regclass[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.definitions_of(relations regclass[]) TO ttdb_operator;
GRANT ALL ON FUNCTION ttdb.definitions_of(relations regclass[]) TO ttdb_masker;
GRANT ALL ON FUNCTION ttdb.definitions_of(relations regclass[]) TO ttdb_definer;

REVOKE ALL ON FUNCTION ttdb.definitions_of_functions(functions regprocedure[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.definitions_of_functions(functions regprocedure[]) TO ttdb_operator;
GRANT ALL ON FUNCTION ttdb.definitions_of_functions(functions regprocedure[]) TO ttdb_masker;
GRANT ALL ON FUNCTION ttdb.definitions_of_functions(functions regprocedure[]) TO ttdb_definer;

REVOKE ALL ON FUNCTION ttdb.dress(relation regclass, tenant_column name, app text[], worker text[], definer text[], leaf boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.dress_leaf(leaf regclass, relation regclass, sibling regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.drop_rule(relation regclass, constraint_name name) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.empty_default(relation regclass, default_leaf regclass, leaf regclass, starts timestamp with time zone, ends timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.encrypt(plaintext text, key_id text, key text) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.encrypt(plaintext text, key_id text, key text) TO ttdb_app;
GRANT ALL ON FUNCTION ttdb.encrypt(plaintext text, key_id text, key text) TO ttdb_worker;
GRANT ALL ON FUNCTION ttdb.encrypt(plaintext text, key_id text, key text) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.end_copy(relation regclass, leaves integer) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.ensure_partition(relation regclass, month date) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.ensure_partition(relation regclass, month date) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.ensure_partitions(from_month date, to_month date) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.ensure_partitions(from_month date, to_month date) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.fill_unique_keys(keys regclass, starts timestamp with time zone, ends timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.fill_unique_keys(keys regclass, starts timestamp with time zone, ends timestamp with time zone) TO ttdb_owner;

REVOKE ALL ON FUNCTION ttdb.finish_copy(relation regclass, wanted text, retention interval) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.forget_resolver(function text) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.forget_unique(relation regclass, columns name[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.generated_from(relation regclass, columns name[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.grants_as_text(acl aclitem[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.grants_as_text(acl aclitem[]) TO ttdb_operator;
GRANT ALL ON FUNCTION ttdb.grants_as_text(acl aclitem[]) TO ttdb_masker;
GRANT ALL ON FUNCTION ttdb.grants_as_text(acl aclitem[]) TO ttdb_definer;

REVOKE ALL ON FUNCTION ttdb.grants_for(relation regclass, app text[], worker text[], definer text[], leaf boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.grants_on(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.hang_rule(relation regclass, constraint_name name, message text, rule_function regprocedure, columns name[], arguments text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.has_transitions(relation regclass, column_name name, constraint_name name, transitions jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.hold_order(order_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.hold_order(order_id uuid) TO ttdb_definer;

REVOKE ALL ON FUNCTION ttdb.ignore_older_setting(login name, setting text) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.ignore_older_setting(login name, setting text) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.is_kept_unique(relation regclass, columns name[], across_tenants boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.is_observed(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.is_partitioned_by_month(relation regclass, retention interval, storage text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.is_protected(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.is_protected(relation regclass, tenant_column name, app text[], worker text[], definer text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.keep_unique(relation regclass, columns name[], message text, across_tenants boolean, month_key name) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.keep_values(relation regclass, columns name[], constraint_name name, message text) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.keeps_values(relation regclass, columns name[], constraint_name name) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.key_columns_of(relation regclass, tenant_column name, columns name[], across_tenants boolean, month_key name) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.key_id_of(ciphertext text) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.key_id_of(ciphertext text) TO ttdb_app;
GRANT ALL ON FUNCTION ttdb.key_id_of(ciphertext text) TO ttdb_worker;
GRANT ALL ON FUNCTION ttdb.key_id_of(ciphertext text) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.leaves_to_come(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.list_context_keys() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.list_context_keys() TO ttdb_operator;
GRANT ALL ON FUNCTION ttdb.list_context_keys() TO ttdb_owner;

REVOKE ALL ON FUNCTION ttdb.make_leaf(relation regclass, leaf_name text, storage text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.month_key_of(relation regclass) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.month_key_of(relation regclass) TO ttdb_operator;
GRANT ALL ON FUNCTION ttdb.month_key_of(relation regclass) TO ttdb_definer;

REVOKE ALL ON FUNCTION ttdb.month_of(moment timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.month_of(moment timestamp with time zone) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.months_of(relation regclass) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.months_of(relation regclass) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.note_changes(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.observable() FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.record_observation(relation regclass, verb text, effect text, row_tenant uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.record_observation(relation regclass, verb text, effect text, row_tenant uuid) TO ttdb_owner WITH GRANT OPTION;

REVOKE ALL ON FUNCTION ttdb.observe(relation regclass, verb text, effect text, without_tenant boolean, row_tenant uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.observe_table(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.observed_grants_for(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.observed_policies_for(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.observed_relations() FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.partition_by_month(relation regclass, retention interval, storage text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.partition_in_place(relation regclass, key_column name) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.pgcrypto_schema() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.pgcrypto_schema() TO ttdb_app;
GRANT ALL ON FUNCTION ttdb.pgcrypto_schema() TO ttdb_worker;
GRANT ALL ON FUNCTION ttdb.pgcrypto_schema() TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.policies_for(tenant_column name, app text[], worker text[], definer text[], leaf boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.policies_on(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.policy_definitions(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.protect(relation regclass, tenant_column name, app text[], worker text[], definer text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.read_older_setting(login name, setting text) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.read_older_setting(login name, setting text) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.reencrypt(ciphertext text, key text, new_key_id text, new_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.reencrypt(ciphertext text, key text, new_key_id text, new_key text) TO ttdb_app;
GRANT ALL ON FUNCTION ttdb.reencrypt(ciphertext text, key text, new_key_id text, new_key text) TO ttdb_worker;
GRANT ALL ON FUNCTION ttdb.reencrypt(ciphertext text, key text, new_key_id text, new_key text) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.refuse_older_snapshots(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.refuse_stranger(leaf regclass, relation regclass, sibling regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.refuse_unconvertible(relation regclass, key_column name) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.refuse_unprotectable(relation regclass, tenant_column name, app text[], worker text[], definer text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.registrations_of(relations regclass[], functions regprocedure[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.registrations_of(relations regclass[], functions regprocedure[]) TO ttdb_operator;
GRANT ALL ON FUNCTION ttdb.registrations_of(relations regclass[], functions regprocedure[]) TO ttdb_masker;
GRANT ALL ON FUNCTION ttdb.registrations_of(relations regclass[], functions regprocedure[]) TO ttdb_definer;

REVOKE ALL ON FUNCTION ttdb.renew_plans() FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.require_signed_context(required boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.require_signed_context(required boolean) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.resolver(function regprocedure, finds text) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.retire_context_key(key_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.retire_context_key(key_id text) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.retire_partition(leaf regclass) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.retire_partition(leaf regclass) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.rows_waiting(relation regclass) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.rows_waiting(relation regclass) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.rules() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.rules() TO ttdb_app;
GRANT ALL ON FUNCTION ttdb.rules() TO ttdb_worker;
GRANT ALL ON FUNCTION ttdb.rules() TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.rules_of_moves(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.say_again(statements text[], roles text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.settle_load() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.settle_load() TO ttdb_owner;
GRANT ALL ON FUNCTION ttdb.settle_load() TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.sign_context(tenant uuid, valid_for interval) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.sign_context(tenant uuid, valid_for interval) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.stage_copy(relation regclass, wanted text, storage text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.state_of(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.statements_inside(relation regclass, key_column name) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.statements_outside(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.stop_noting(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.strip(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.take_over(successor regclass, relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.tg__allow_transitions() FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.tg__count_ticket() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.tg__count_ticket() TO ttdb_owner;

REVOKE ALL ON FUNCTION ttdb.tg__currency_of_order() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.tg__currency_of_order() TO ttdb_owner;

REVOKE ALL ON FUNCTION ttdb.tg__discount_equals_discounts() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.tg__discount_equals_discounts() TO ttdb_owner;

REVOKE ALL ON FUNCTION ttdb.tg__fill_alone() FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.tg__fill_tenant() FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.tg__items_match_order() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.tg__items_match_order() TO ttdb_owner;

REVOKE ALL ON FUNCTION ttdb.tg__items_within_limit() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.tg__items_within_limit() TO ttdb_owner;

REVOKE ALL ON FUNCTION ttdb.tg__keep_unique() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.tg__keep_unique() TO ttdb_owner;

REVOKE ALL ON FUNCTION ttdb.tg__keep_values() FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.tg__note_change() FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.tg__open_sales() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.tg__open_sales() TO ttdb_owner;

REVOKE ALL ON FUNCTION ttdb.tg__refunds_within_payments() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.tg__refunds_within_payments() TO ttdb_owner;

REVOKE ALL ON FUNCTION ttdb.tg__refuse_retired() FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.tg__sales_equal_tickets() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.tg__sales_equal_tickets() TO ttdb_owner;

REVOKE ALL ON FUNCTION ttdb.tg__sales_within_quantity() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.tg__sales_within_quantity() TO ttdb_owner;

REVOKE ALL ON FUNCTION ttdb.tg__settle_sales() FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.tg__subtotal_equals_items() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.tg__subtotal_equals_items() TO ttdb_owner;

REVOKE ALL ON FUNCTION ttdb.tg__tickets_within_items() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.tg__tickets_within_items() TO ttdb_owner;

REVOKE ALL ON FUNCTION ttdb.tg__touch_updated_at() FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.tree_of(root regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.trigger_arguments(arguments bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.trigger_arguments(arguments bytea) TO ttdb_app;
GRANT ALL ON FUNCTION ttdb.trigger_arguments(arguments bytea) TO ttdb_worker;
GRANT ALL ON FUNCTION ttdb.trigger_arguments(arguments bytea) TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.unconvertible(relation regclass, key_column name) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.undress(relation regclass, tenant_column name) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.unique_triggers_for(relation regclass, tenant_column name, columns name[], across_tenants boolean, month_key name) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.unobserve_table(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.unpartition_by_month(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.unpartition_in_place(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.unprotect(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.weakened_registrations() FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.weakened_registrations() TO ttdb_operator;

REVOKE ALL ON FUNCTION ttdb.wears(relation regclass, tenant_column name, app text[], worker text[], definer text[], leaf boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.wears_rule(relation regclass, constraint_name name, rule_function regprocedure, columns name[], arguments text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.write_older_settings() FROM PUBLIC;

GRANT INSERT ON TABLE audit.trail TO ttdb_definer;
GRANT SELECT ON TABLE audit.trail TO ttdb_auditor;
GRANT SELECT ON TABLE audit.trail TO ttdb_operator;

GRANT SELECT ON TABLE audit.trail_default TO ttdb_operator;

GRANT SELECT ON TABLE masked.keys TO ttdb_masker;

GRANT SELECT,INSERT ON TABLE public.audit_logs TO ttdb_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.audit_logs TO ttdb_operator;

GRANT SELECT(id) ON TABLE public.audit_logs TO ttdb_masker;

GRANT SELECT(tenant_id) ON TABLE public.audit_logs TO ttdb_masker;

GRANT SELECT(user_id) ON TABLE public.audit_logs TO ttdb_masker;

GRANT SELECT(action) ON TABLE public.audit_logs TO ttdb_masker;

GRANT SELECT(resource_type) ON TABLE public.audit_logs TO ttdb_masker;

GRANT SELECT(resource_id) ON TABLE public.audit_logs TO ttdb_masker;

GRANT SELECT(status) ON TABLE public.audit_logs TO ttdb_masker;

GRANT SELECT(error_message) ON TABLE public.audit_logs TO ttdb_masker;

GRANT SELECT(ip_address) ON TABLE public.audit_logs TO ttdb_masker;

GRANT SELECT(user_agent) ON TABLE public.audit_logs TO ttdb_masker;

GRANT SELECT(created_at) ON TABLE public.audit_logs TO ttdb_masker;

GRANT SELECT ON TABLE masked.audit_logs TO ttdb_support;

GRANT SELECT,INSERT ON TABLE public.event_logs TO ttdb_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.event_logs TO ttdb_operator;
GRANT SELECT ON TABLE public.event_logs TO ttdb_worker;

GRANT SELECT(id) ON TABLE public.event_logs TO ttdb_masker;

GRANT SELECT(tenant_id) ON TABLE public.event_logs TO ttdb_masker;

GRANT SELECT("timestamp") ON TABLE public.event_logs TO ttdb_masker;

GRANT SELECT(service) ON TABLE public.event_logs TO ttdb_masker;

GRANT SELECT(event_type) ON TABLE public.event_logs TO ttdb_masker;

GRANT SELECT(aggregate_type) ON TABLE public.event_logs TO ttdb_masker;

GRANT SELECT(aggregate_id) ON TABLE public.event_logs TO ttdb_masker;

GRANT SELECT(correlation_id) ON TABLE public.event_logs TO ttdb_masker;

GRANT SELECT ON TABLE masked.event_logs TO ttdb_support;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.events TO ttdb_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.events TO ttdb_operator;
GRANT SELECT,UPDATE ON TABLE public.events TO ttdb_worker;

GRANT SELECT(id) ON TABLE public.events TO ttdb_masker;

GRANT SELECT(tenant_id) ON TABLE public.events TO ttdb_masker;

GRANT SELECT(venue_id) ON TABLE public.events TO ttdb_masker;

GRANT SELECT(name) ON TABLE public.events TO ttdb_masker;

GRANT SELECT(slug) ON TABLE public.events TO ttdb_masker;

GRANT SELECT(status) ON TABLE public.events TO ttdb_masker;

GRANT SELECT(starts_at) ON TABLE public.events TO ttdb_masker;

GRANT SELECT(ends_at) ON TABLE public.events TO ttdb_masker;

GRANT SELECT(created_at) ON TABLE public.events TO ttdb_masker;

GRANT SELECT(updated_at) ON TABLE public.events TO ttdb_masker;

GRANT SELECT(deleted_at) ON TABLE public.events TO ttdb_masker;

GRANT SELECT ON TABLE masked.events TO ttdb_support;

GRANT SELECT,INSERT,UPDATE ON TABLE public.notification_history TO ttdb_app;
GRANT SELECT ON TABLE public.notification_history TO ttdb_definer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.notification_history TO ttdb_operator;
GRANT SELECT,UPDATE ON TABLE public.notification_history TO ttdb_worker;

GRANT SELECT(id) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(tenant_id) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(user_id) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(order_id) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(channel) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(type) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(template_name) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(subject) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(recipient_email) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(recipient_phone) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(recipient_name) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(status) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(attempts) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(retry_after) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(failed_reason) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(provider_message_id) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(sent_at) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(delivered_at) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT(updated_at) ON TABLE public.notification_history TO ttdb_masker;

GRANT SELECT ON TABLE masked.notification_history TO ttdb_support;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.order_discounts TO ttdb_app;
GRANT SELECT ON TABLE public.order_discounts TO ttdb_definer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.order_discounts TO ttdb_operator;
GRANT SELECT ON TABLE public.order_discounts TO ttdb_worker;

GRANT SELECT(id) ON TABLE public.order_discounts TO ttdb_masker;

GRANT SELECT(tenant_id) ON TABLE public.order_discounts TO ttdb_masker;

GRANT SELECT(order_id) ON TABLE public.order_discounts TO ttdb_masker;

GRANT SELECT(discount_code) ON TABLE public.order_discounts TO ttdb_masker;

GRANT SELECT(discount_type) ON TABLE public.order_discounts TO ttdb_masker;

GRANT SELECT(discount_value) ON TABLE public.order_discounts TO ttdb_masker;

GRANT SELECT(applied_at) ON TABLE public.order_discounts TO ttdb_masker;

GRANT SELECT ON TABLE masked.order_discounts TO ttdb_support;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.order_items TO ttdb_app;
GRANT SELECT ON TABLE public.order_items TO ttdb_definer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.order_items TO ttdb_operator;
GRANT SELECT ON TABLE public.order_items TO ttdb_worker;

GRANT SELECT(id) ON TABLE public.order_items TO ttdb_masker;

GRANT SELECT(tenant_id) ON TABLE public.order_items TO ttdb_masker;

GRANT SELECT(order_id) ON TABLE public.order_items TO ttdb_masker;

GRANT SELECT(ticket_type_id) ON TABLE public.order_items TO ttdb_masker;

GRANT SELECT(quantity) ON TABLE public.order_items TO ttdb_masker;

GRANT SELECT(unit_price) ON TABLE public.order_items TO ttdb_masker;

GRANT SELECT(subtotal) ON TABLE public.order_items TO ttdb_masker;

GRANT SELECT(created_at) ON TABLE public.order_items TO ttdb_masker;

GRANT SELECT ON TABLE masked.order_items TO ttdb_support;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.orders TO ttdb_app;
GRANT SELECT,UPDATE ON TABLE public.orders TO ttdb_definer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.orders TO ttdb_operator;
GRANT SELECT,UPDATE ON TABLE public.orders TO ttdb_worker;

GRANT SELECT(id) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT(tenant_id) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT(user_id) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT(event_id) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT(order_number) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT(status) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT(subtotal) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT(tax_amount) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT(discount_amount) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT(total_amount) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT(currency) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT(expires_at) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT(confirmed_at) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT(cancelled_at) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT(refunded_at) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT(created_at) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT(updated_at) ON TABLE public.orders TO ttdb_masker;

GRANT SELECT ON TABLE masked.orders TO ttdb_support;

GRANT SELECT,INSERT,UPDATE ON TABLE public.payment_transactions TO ttdb_app;
GRANT SELECT ON TABLE public.payment_transactions TO ttdb_definer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.payment_transactions TO ttdb_operator;
GRANT SELECT,UPDATE ON TABLE public.payment_transactions TO ttdb_worker;

GRANT SELECT(id) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(tenant_id) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(order_id) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(user_id) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(venue_id) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(type) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(status) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(amount) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(fee_amount) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(currency) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(provider) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(card_last4) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(billing_name) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(billing_email) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(failure_reason) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(processed_at) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(created_at) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT(updated_at) ON TABLE public.payment_transactions TO ttdb_masker;

GRANT SELECT ON TABLE masked.payment_transactions TO ttdb_support;

GRANT SELECT,UPDATE ON TABLE public.tenants TO ttdb_app;
GRANT SELECT ON TABLE public.tenants TO ttdb_definer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants TO ttdb_operator;
GRANT SELECT ON TABLE public.tenants TO ttdb_worker;

GRANT SELECT(id) ON TABLE public.tenants TO ttdb_masker;

GRANT SELECT(name) ON TABLE public.tenants TO ttdb_masker;

GRANT SELECT(slug) ON TABLE public.tenants TO ttdb_masker;

GRANT SELECT(status) ON TABLE public.tenants TO ttdb_masker;

GRANT SELECT(created_at) ON TABLE public.tenants TO ttdb_masker;

GRANT SELECT(updated_at) ON TABLE public.tenants TO ttdb_masker;

GRANT SELECT ON TABLE masked.tenants TO ttdb_support;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ticket_types TO ttdb_app;
GRANT SELECT ON TABLE public.ticket_types TO ttdb_definer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ticket_types TO ttdb_operator;

GRANT SELECT(id) ON TABLE public.ticket_types TO ttdb_masker;

GRANT SELECT(tenant_id) ON TABLE public.ticket_types TO ttdb_masker;

GRANT SELECT(event_id) ON TABLE public.ticket_types TO ttdb_masker;

GRANT SELECT(name) ON TABLE public.ticket_types TO ttdb_masker;

GRANT SELECT(price) ON TABLE public.ticket_types TO ttdb_masker;

GRANT SELECT(currency) ON TABLE public.ticket_types TO ttdb_masker;

GRANT SELECT(quantity) ON TABLE public.ticket_types TO ttdb_masker;

GRANT SELECT(sale_starts_at) ON TABLE public.ticket_types TO ttdb_masker;

GRANT SELECT(sale_ends_at) ON TABLE public.ticket_types TO ttdb_masker;

GRANT SELECT(max_per_order) ON TABLE public.ticket_types TO ttdb_masker;

GRANT SELECT(created_at) ON TABLE public.ticket_types TO ttdb_masker;

GRANT SELECT(updated_at) ON TABLE public.ticket_types TO ttdb_masker;

GRANT SELECT ON TABLE masked.ticket_types TO ttdb_support;

GRANT SELECT,INSERT,UPDATE ON TABLE public.tickets TO ttdb_app;
GRANT SELECT ON TABLE public.tickets TO ttdb_definer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tickets TO ttdb_operator;

GRANT SELECT(id) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(tenant_id) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(event_id) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(ticket_type_id) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(order_id) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(user_id) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(ticket_number) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(status) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(price) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(currency) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(seat) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(holder_name) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(holder_email) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(sold_at) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(used_at) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(cancelled_at) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(created_at) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT(updated_at) ON TABLE public.tickets TO ttdb_masker;

GRANT SELECT ON TABLE masked.tickets TO ttdb_support;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.users TO ttdb_app;
GRANT SELECT ON TABLE public.users TO ttdb_definer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.users TO ttdb_operator;

GRANT SELECT(id) ON TABLE public.users TO ttdb_masker;

GRANT SELECT(tenant_id) ON TABLE public.users TO ttdb_masker;

GRANT SELECT(email) ON TABLE public.users TO ttdb_masker;

GRANT SELECT(phone) ON TABLE public.users TO ttdb_masker;

GRANT SELECT(first_name) ON TABLE public.users TO ttdb_masker;

GRANT SELECT(last_name) ON TABLE public.users TO ttdb_masker;

GRANT SELECT(role) ON TABLE public.users TO ttdb_masker;

GRANT SELECT(status) ON TABLE public.users TO ttdb_masker;

GRANT SELECT(created_at) ON TABLE public.users TO ttdb_masker;

GRANT SELECT(updated_at) ON TABLE public.users TO ttdb_masker;

GRANT SELECT(deleted_at) ON TABLE public.users TO ttdb_masker;

GRANT SELECT ON TABLE masked.users TO ttdb_support;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.venues TO ttdb_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.venues TO ttdb_operator;

GRANT SELECT(id) ON TABLE public.venues TO ttdb_masker;

GRANT SELECT(tenant_id) ON TABLE public.venues TO ttdb_masker;

GRANT SELECT(name) ON TABLE public.venues TO ttdb_masker;

GRANT SELECT(slug) ON TABLE public.venues TO ttdb_masker;

GRANT SELECT(email) ON TABLE public.venues TO ttdb_masker;

GRANT SELECT(phone) ON TABLE public.venues TO ttdb_masker;

GRANT SELECT(city) ON TABLE public.venues TO ttdb_masker;

GRANT SELECT(country_code) ON TABLE public.venues TO ttdb_masker;

GRANT SELECT(timezone) ON TABLE public.venues TO ttdb_masker;

GRANT SELECT(max_capacity) ON TABLE public.venues TO ttdb_masker;

GRANT SELECT(status) ON TABLE public.venues TO ttdb_masker;

GRANT SELECT(created_at) ON TABLE public.venues TO ttdb_masker;

GRANT SELECT(updated_at) ON TABLE public.venues TO ttdb_masker;

GRANT SELECT(deleted_at) ON TABLE public.venues TO ttdb_masker;

GRANT SELECT ON TABLE masked.venues TO ttdb_support;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.audit_logs_default TO ttdb_operator;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.event_logs_default TO ttdb_operator;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.notification_history_default TO ttdb_operator;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.payment_transactions_default TO ttdb_operator;

GRANT SELECT,INSERT,DELETE ON TABLE public.payment_transactions_idempotency_key_keys TO ttdb_definer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.payment_transactions_idempotency_key_keys TO ttdb_operator;

GRANT SELECT,INSERT,DELETE ON TABLE public.payment_transactions_payment_intent_id_keys TO ttdb_definer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.payment_transactions_payment_intent_id_keys TO ttdb_operator;

GRANT SELECT ON TABLE public.ticket_sales TO ttdb_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.ticket_sales TO ttdb_definer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ticket_sales TO ttdb_operator;

GRANT SELECT ON TABLE ttdb.audited_tables TO ttdb_operator;
GRANT SELECT ON TABLE ttdb.audited_tables TO ttdb_definer;

GRANT SELECT,INSERT ON TABLE ttdb.context_keys TO ttdb_definer;

GRANT UPDATE(retired_at) ON TABLE ttdb.context_keys TO ttdb_definer;

GRANT SELECT,UPDATE ON TABLE ttdb.converted_tables TO ttdb_operator;

GRANT SELECT ON TABLE ttdb.cutovers TO ttdb_operator;

GRANT SELECT ON TABLE ttdb.ledger TO ttdb_operator;

GRANT SELECT ON TABLE ttdb.managed_objects TO ttdb_operator;

GRANT SELECT,INSERT ON TABLE ttdb.observations TO ttdb_definer;
GRANT SELECT,DELETE ON TABLE ttdb.observations TO ttdb_operator;

GRANT SELECT ON TABLE ttdb.older_settings TO ttdb_operator;

GRANT SELECT ON TABLE ttdb.partitioned_tables TO ttdb_operator;

GRANT SELECT ON TABLE ttdb.personal_columns TO ttdb_operator;

GRANT SELECT ON TABLE ttdb.resolvers TO ttdb_operator;

GRANT SELECT ON TABLE ttdb.set_aside TO ttdb_operator;

GRANT SELECT ON TABLE ttdb.tenant_tables TO ttdb_operator;
GRANT SELECT ON TABLE ttdb.tenant_tables TO ttdb_definer;

GRANT SELECT,INSERT,DELETE ON TABLE ttdb.tenants_found TO ttdb_operator;

GRANT SELECT ON TABLE ttdb.unique_keys TO ttdb_operator;
GRANT SELECT ON TABLE ttdb.unique_keys TO ttdb_definer;
