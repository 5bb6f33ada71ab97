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
    for v_piece in
        select t.relation
        from ttdb.tree_of(enable.relation) as t
    loop
        execute pg_catalog.format(
            'create trigger _900_record_truncate after truncate on %s '
            'for each statement execute function audit.tg__record_change()', v_piece
        );
        execute pg_catalog.format('alter table %s enable always trigger _900_record_truncate', v_piece);
    end loop;
end;
$$;


ALTER FUNCTION audit.enable(relation regclass, exclude name[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION audit.enable(relation regclass, exclude name[]) IS 'Records every INSERT, UPDATE, DELETE and TRUNCATE of a table and its partitions; values of excluded columns stay out. Run it again after adding a partition.';

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
    v_relation pg_catalog.regclass := coalesce(pg_catalog.pg_partition_root(tg_relid), tg_relid);
    v_tenant_column pg_catalog.text;
    v_excluded pg_catalog.text[];
    v_key pg_catalog.text[];
    v_columns pg_catalog.text[];
begin
    if tg_op in ('UPDATE', 'DELETE') then
        v_old := pg_catalog.to_jsonb(old);
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
        v_new := pg_catalog.to_jsonb(new);
    end if;

    select
        t.tenant_column,
        a.excluded,
        k.columns
    into v_tenant_column, v_excluded, v_key
    from (values (v_relation)) as r (relation)
    left join ttdb.tenant_tables as t on t.relation = r.relation
    left join ttdb.audited_tables as a on a.relation = r.relation
    left join lateral (
        select pg_catalog.array_agg(c.attname order by c.attnum) as columns
        from pg_catalog.pg_index as i
        inner join pg_catalog.pg_attribute as c on c.attrelid = i.indrelid and c.attnum = any(i.indkey)
        where i.indrelid = r.relation and i.indisprimary
    ) as k on true;

    -- An excluded column may have been renamed: better hide every value than show that one.
    if tg_op <> 'TRUNCATE' then
        select pg_catalog.array_agg(c.name)
        into v_columns
        from pg_catalog.jsonb_object_keys(coalesce(v_new, v_old)) as c (name);
        if v_excluded is null or not v_excluded <@ v_columns then
            select coalesce(pg_catalog.array_agg(c.name), '{}')
            into v_excluded
            from pg_catalog.unnest(v_columns) as c (name)
            where c.name <> all(coalesce(v_key, '{}')) and c.name is distinct from v_tenant_column;
        end if;
    end if;

    insert into audit.trail (
        tenant_id, relation, operation, row_key, old_row, new_row, login, role, transaction_id, application, client
    )
    select
        coalesce((coalesce(v_new, v_old) ->> v_tenant_column)::pg_catalog.uuid, ttdb.tenant_id()),
        pg_catalog.format('%s.%s', n.nspname, c.relname),
        tg_op,
        (
            select pg_catalog.jsonb_object_agg(k.name, coalesce(v_old, v_new) -> k.name)
            from pg_catalog.unnest(v_key) as k (name)
            where tg_op <> 'TRUNCATE'
        ),
        v_old || (
            select coalesce(pg_catalog.jsonb_object_agg(e.name, '(excluded)'), '{}')
            from pg_catalog.unnest(v_excluded) as e (name)
        ),
        v_new || (
            select coalesce(
                pg_catalog.jsonb_object_agg(
                    e.name,
                    case
                        when tg_op = 'UPDATE' and v_old -> e.name is distinct from v_new -> e.name
                            then '(excluded, changed)'
                        else '(excluded)'
                    end
                ),
                '{}'
            )
            from pg_catalog.unnest(v_excluded) as e (name)
        ),
        session_user,
        -- Inside a definer function current_user is its owner; the setting still holds what the session took.
        coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user),
        pg_catalog.pg_current_xact_id(),
        nullif(pg_catalog.current_setting('application_name'), ''),
        pg_catalog.inet_client_addr()
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.oid = v_relation;

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
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_class pg_catalog.pg_class;
    v_type pg_catalog.pg_type;
    v_text pg_catalog.text;
begin
    if masked.is_masked(relation, column_name, mask) then
        return;
    end if;

    select c.* into v_class from pg_catalog.pg_class as c where c.oid = "column".relation;
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
    if not exists (select from masked.masks() as m where m.mask = "column".mask) then
        raise exception 'there is no mask %', coalesce(mask, 'null')
            using errcode = 'TTMUN',
            hint = 'Masks: ' || (select pg_catalog.string_agg(m.mask, ', ' order by m.mask) from masked.masks() as m) || '.';
    end if;

    select t.*
    into v_type
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_type as t on t.oid = a.atttypid
    where a.attrelid = "column".relation
        and a.attname = "column".column_name
        and a.attnum > 0
        and not a.attisdropped;
    if not found then
        raise exception '% has no column %', relation, column_name
            using errcode = 'TTCOL', hint = 'Name an existing column.';
    end if;
    if mask <> 'plain' and v_type.typcategory <> 'S' then
        raise exception 'column % of % is not text', column_name, relation
            using errcode = 'TTMTP', hint = 'Masks take text; a column of another type is plain, or not shown at all.';
    end if;
    -- The masked view's owner reads the table through a policy: without one it would see every tenant's rows.
    if not exists (select from ttdb.tenant_tables as t where t.relation = "column".relation) then
        raise exception '% is not protected', relation
            using errcode = 'TTMPR', hint = pg_catalog.format('Run "select ttdb.protect(%L);" first.', relation);
    end if;

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.personal_columns as d
    where not exists (select from pg_catalog.pg_class as c where c.oid = d.relation);
    insert into ttdb.personal_columns as p (relation, column_name, mask)
    values ("column".relation, "column".column_name, "column".mask)
    on conflict on constraint personal_columns_pkey do update
        set mask = excluded.mask;

    -- What is generated from a personal column tells what it holds.
    select pg_catalog.string_agg(distinct pg_catalog.format('%I from %I', g.name, p.column_name), ', ')
    into v_text
    from ttdb.personal_columns as p
    cross join lateral ttdb.generated_from(p.relation, array[p.column_name]) as g
    inner join ttdb.personal_columns as s on s.relation = p.relation and s.column_name = g.name
    where p.relation = "column".relation and p.mask <> 'plain' and s.mask = 'plain';
    if v_text is not null then
        raise exception 'a plain column of % is generated from a masked one: %', relation, v_text
            using errcode = 'TTMGN', hint = 'Mask it, or leave it out: masked.forget() it first.';
    end if;
    perform masked.rebuild(relation);
end;
$$;


ALTER FUNCTION masked."column"(relation regclass, column_name name, mask text) OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked."column"(relation regclass, column_name name, mask text) IS 'Decides how support sees a column, and makes the table''s view in schema masked show it so.';

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

CREATE FUNCTION masked.is_masked(relation regclass, column_name name, mask text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select exists (
        select
        from ttdb.personal_columns as p
        inner join pg_catalog.pg_class as c on c.oid = p.relation
        inner join pg_catalog.pg_class as v on v.oid = pg_catalog.to_regclass(pg_catalog.format('masked.%I', c.relname))
        -- The registry may name a column that has been renamed or dropped since.
        inner join pg_catalog.pg_attribute as a
            on a.attrelid = p.relation and a.attname = p.column_name and a.attnum > 0 and not a.attisdropped
        where p.relation = is_masked.relation
            and p.column_name = is_masked.column_name
            and p.mask = is_masked.mask
            and p.mask in (select m.mask from masked.masks() as m)
            and v.relkind = 'v'
            and v.relowner = 'ttdb_masker'::pg_catalog.regrole
            and not coalesce('security_invoker=true' = any(v.reloptions), false)
            -- Which of the two the server prints depends on its version.
            and pg_catalog.regexp_replace(pg_catalog.pg_get_viewdef(v.oid), '\s+', ' ', 'g') in (
                ' ' || masked.definition_for(p.relation, false) || ';',
                ' ' || masked.definition_for(p.relation, true) || ';'
            )
            and pg_catalog.has_table_privilege('ttdb_support', v.oid, 'select')
            and pg_catalog.has_column_privilege('ttdb_masker', p.relation, a.attnum, 'select')
            and not exists (
                select
                from ttdb.personal_columns as o
                cross join lateral ttdb.generated_from(o.relation, array[o.column_name]) as g
                inner join ttdb.personal_columns as s on s.relation = o.relation and s.column_name = g.name
                where o.relation = p.relation and o.mask <> 'plain' and s.mask = 'plain'
            )
            and not exists (
                select from pg_catalog.aclexplode(v.relacl) as g where g.grantee = 0
            )
    );
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
    execute pg_catalog.format('revoke all on table %s from public', v_view);
    execute pg_catalog.format('grant select on table %s to ttdb_support', v_view);
    execute pg_catalog.format('alter view %s owner to ttdb_masker', v_view);
end;
$$;


ALTER FUNCTION masked.rebuild(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION masked.rebuild(relation regclass) IS 'Drops a table''s masked view and, where columns are decided, makes it again, with the grants that it needs.';

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
        when v_raw is null then 'unset'
        when v_raw = '' then 'empty'
        when tenant_id is null then 'malformed'
        else 'ok'
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
        when state = 'unset'
            then pg_catalog.format('No tenant is set: run "select set_config(%L, ''<uuid>'', true)" first, in the '
                'same transaction as the query.', setting)
        when state = 'empty'
            then 'The tenant was set in an earlier transaction and ended with it: set it again in this one.'
        when state = 'malformed'
            then 'The setting holds something that is not a UUID: set it to the tenant''s id.'
        when not tenant_visible
            then 'No tenant with this id is visible to this role: check the id.'
        else 'The tenant is set: rows of other tenants are not visible, and its own are.'
    end;
end;
$_$;


ALTER FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) IS 'Tells who asks, as which role, for which tenant, and what to do when no rows are seen.';

CREATE FUNCTION ttdb.definitions_in(schemas text[]) RETURNS TABLE(kind text, identity text, definition text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    with wanted as (
        select
            p.*,
            p.oid::pg_catalog.regprocedure::pg_catalog.text as identity
        from pg_catalog.pg_proc as p
        inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
        where n.nspname = any(definitions_in.schemas)
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
    )

    select
        d.kind,
        d.identity,
        d.definition
    from described as d
    order by d.kind collate pg_catalog."C", d.identity collate pg_catalog."C";
$$;


ALTER FUNCTION ttdb.definitions_in(schemas text[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.definitions_in(schemas text[]) IS 'Definition, owner and grants of the functions of some schemas.';

CREATE FUNCTION ttdb.definitions_of(relations regclass[]) RETURNS TABLE(kind text, identity text, definition text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
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
        where a.attacl is not null and pg_catalog.cardinality(a.attacl) > 0 and not a.attisdropped

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
        inner join pg_catalog.pg_policy as p on p.polrelid = w.oid

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
    )

    select
        d.kind,
        d.identity,
        d.definition
    from described as d
    order by d.kind collate pg_catalog."C", d.identity collate pg_catalog."C";
$$;


ALTER FUNCTION ttdb.definitions_of(relations regclass[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.definitions_of(relations regclass[]) IS 'Owner, grants, row security, columns, constraints, indexes, policies, triggers, rules and views, in SQL''s words.';

CREATE FUNCTION ttdb.dress(relation regclass, tenant_column name, app text[], worker text[], leaf boolean) RETURNS void
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
        from ttdb.policies_for(tenant_column, app, worker, leaf) as p
    loop
        execute pg_catalog.format('create policy %I on %s for %s to %I', v_policy.policy, relation, v_policy.command, v_policy.role)
            || coalesce(' using (' || v_policy.using_expression || ')', '')
            || coalesce(' with check (' || v_policy.check_expression || ')', '');
        execute pg_catalog.format('comment on policy %I on %s is %L', v_policy.policy, relation, case v_policy.role
            when 'ttdb_app' then 'Services reach the rows of their tenant only.'
            when 'ttdb_worker' then 'Jobs across tenants, for this verb only.'
            when 'ttdb_masker' then 'Masked views show the rows of the reader''s tenant only.'
            else 'Operators see and repair across tenants; validation and dumps need it on every partition.'
        end);
    end loop;

    for v_grant in
        select
            g.object,
            g.role,
            pg_catalog.string_agg(g.privilege, ', ' order by g.privilege) as privileges
        from ttdb.grants_for(relation, app, worker, leaf) as g
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


ALTER FUNCTION ttdb.dress(relation regclass, tenant_column name, app text[], worker text[], leaf boolean) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.dress(relation regclass, tenant_column name, app text[], worker text[], leaf boolean) IS 'Gives a table forced row security, and exactly the policies and grants of ttdb.protect().';

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
           GROUP BY a.grantee) g;
END;


ALTER FUNCTION ttdb.grants_as_text(acl aclitem[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.grants_as_text(acl aclitem[]) IS 'An access list in words, sorted.';

CREATE FUNCTION ttdb.grants_for(relation regclass, app text[], worker text[], leaf boolean) RETURNS TABLE(object regclass, role name, privilege text)
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
        ('ttdb_worker'::pg_catalog.name, grants_for.worker)
    ) as w (role, verbs) on 'insert' = any(w.verbs)
    where s.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and s.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and s.refobjid = grants_for.relation
        and s.refobjsubid > 0
        and s.deptype = 'a'
        and not grants_for.leaf;
$$;


ALTER FUNCTION ttdb.grants_for(relation regclass, app text[], worker text[], leaf boolean) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.grants_for(relation regclass, app text[], worker text[], leaf boolean) IS 'The grants of a protected table, or of one of its partitions: there the application has none.';

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
        on r.oid = a.grantee and r.rolname in ('ttdb_app', 'ttdb_worker', 'ttdb_operator', 'ttdb_support')
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

COMMENT ON FUNCTION ttdb.grants_on(relation regclass) IS 'What ttdb_app, ttdb_worker, ttdb_support and ttdb_operator may do with a table and its sequences.';

CREATE FUNCTION ttdb.is_protected(relation regclass) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
    select coalesce(
        (
            select ttdb.is_protected(t.relation, t.tenant_column, t.app, t.worker)
            from ttdb.tenant_tables as t
            where t.relation = is_protected.relation
        ),
        false
    );
$$;


ALTER FUNCTION ttdb.is_protected(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.is_protected(relation regclass) IS 'Whether a table and its partitions are what the registry says of them; false where it says nothing.';

CREATE FUNCTION ttdb.is_protected(relation regclass, tenant_column name, app text[] DEFAULT '{select,insert,update,delete}'::text[], worker text[] DEFAULT '{}'::text[]) RETURNS boolean
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
        )
        and not exists (
            select
            from ttdb.tree_of(is_protected.relation) as t
            where not ttdb.wears(
                t.relation, is_protected.tenant_column, is_protected.app, is_protected.worker, t.leaf
            )
        );
$$;


ALTER FUNCTION ttdb.is_protected(relation regclass, tenant_column name, app text[], worker text[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.is_protected(relation regclass, tenant_column name, app text[], worker text[]) IS 'Whether a table and its partitions stand in the registry and in the catalog as ttdb.protect() leaves them.';

CREATE FUNCTION ttdb.policies_for(tenant_column name, app text[], worker text[], leaf boolean) RETURNS TABLE(policy name, command text, role name, using_expression text, check_expression text)
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
  SELECT DISTINCT ((w.verb || '_worker'::text))::name AS policy,
     w.verb AS command,
     'ttdb_worker'::name AS role,
         CASE
             WHEN (w.verb <> 'insert'::text) THEN 'true'::text
             ELSE NULL::text
         END AS using_expression,
         CASE
             WHEN (w.verb = ANY (ARRAY['insert'::text, 'update'::text])) THEN 'true'::text
             ELSE NULL::text
         END AS check_expression
    FROM unnest(policies_for.worker) w(verb)
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


ALTER FUNCTION ttdb.policies_for(tenant_column name, app text[], worker text[], leaf boolean) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.policies_for(tenant_column name, app text[], worker text[], leaf boolean) IS 'The policies of a protected table, or of one of its partitions: those carry the operator''s alone.';

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
    where p.polrelid = policies_on.relation;
$$;


ALTER FUNCTION ttdb.policies_on(relation regclass) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.policies_on(relation regclass) IS 'A table''s policies; the role is NULL where it is PUBLIC or several, which ours never are.';

CREATE FUNCTION ttdb.protect(relation regclass, tenant_column name DEFAULT 'tenant_id'::name, app text[] DEFAULT '{select,insert,update,delete}'::text[], worker text[] DEFAULT '{}'::text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
    v_piece record;
begin
    -- Nothing to do takes no lock; so does a new partition take none on the others.
    if ttdb.is_protected(relation, tenant_column, app, worker) then
        return;
    end if;
    perform ttdb.refuse_unprotectable(relation, tenant_column, app, worker);

    -- A table dropped without its verb's undoing leaves an entry that another table could inherit with its oid.
    delete from ttdb.tenant_tables as d
    where not exists (select from pg_catalog.pg_class as c where c.oid = d.relation);
    insert into ttdb.tenant_tables as t (relation, tenant_column, app, worker, found)
    values (
        protect.relation, protect.tenant_column, protect.app, protect.worker, ttdb.state_of(protect.relation)
    )
    on conflict on constraint tenant_tables_pkey do update
        set tenant_column = excluded.tenant_column, app = excluded.app, worker = excluded.worker;

    for v_piece in
        select t.*
        from ttdb.tree_of(protect.relation) as t
    loop
        if not ttdb.wears(v_piece.relation, tenant_column, app, worker, v_piece.leaf) then
            perform ttdb.dress(v_piece.relation, tenant_column, app, worker, v_piece.leaf);
        end if;
    end loop;
end;
$$;


ALTER FUNCTION ttdb.protect(relation regclass, tenant_column name, app text[], worker text[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.protect(relation regclass, tenant_column name, app text[], worker text[]) IS 'Enables and forces row security on a table and its partitions, with a policy and a grant per role and verb. Run it again after adding a partition.';

CREATE FUNCTION ttdb.refuse_unprotectable(relation regclass, tenant_column name, app text[], worker text[]) RETURNS void
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
    from pg_catalog.unnest(app || worker) as v (verb)
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


ALTER FUNCTION ttdb.refuse_unprotectable(relation regclass, tenant_column name, app text[], worker text[]) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.refuse_unprotectable(relation regclass, tenant_column name, app text[], worker text[]) IS 'Raises TTTAB, TTPRT, TTCOL, TTTYP, TTNUL, TTVRB or TTPOL where ttdb.protect() would not be safe.';

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

CREATE FUNCTION ttdb.tenant_setting() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 'app.current_tenant_id'::text;


ALTER FUNCTION ttdb.tenant_setting() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.tenant_setting() IS 'The setting that holds the tenant: set_config(ttdb.tenant_setting(), id, true) inside each transaction.';

CREATE FUNCTION ttdb.tenant_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN (current_setting(ttdb.tenant_setting(), true) ~ '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$'::text) THEN (current_setting(ttdb.tenant_setting(), true))::uuid ELSE NULL::uuid END;


ALTER FUNCTION ttdb.tenant_id() OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.tenant_id() IS 'The current tenant; NULL, and never an error, when the setting is unset, empty or malformed.';

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

CREATE FUNCTION ttdb.wears(relation regclass, tenant_column name, app text[], worker text[], leaf boolean) RETURNS boolean
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
            select * from ttdb.policies_for(wears.tenant_column, wears.app, wears.worker, wears.leaf)
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
            select * from ttdb.policies_for(wears.tenant_column, wears.app, wears.worker, wears.leaf)
        )
        and not exists (
            select * from ttdb.grants_for(wears.relation, wears.app, wears.worker, wears.leaf)
            except
            select g.object, g.role, g.privilege from ttdb.grants_on(wears.relation) as g
        )
        and not exists (
            select g.object, g.role, g.privilege from ttdb.grants_on(wears.relation) as g
            except
            select * from ttdb.grants_for(wears.relation, wears.app, wears.worker, wears.leaf)
        );
$$;


ALTER FUNCTION ttdb.wears(relation regclass, tenant_column name, app text[], worker text[], leaf boolean) OWNER TO ttdb_owner;

COMMENT ON FUNCTION ttdb.wears(relation regclass, tenant_column name, app text[], worker text[], leaf boolean) IS 'Whether a table has row security forced, and exactly the policies and grants of ttdb.protect().';


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
    CONSTRAINT trail_operation_must_be_known CHECK ((operation = ANY (ARRAY['INSERT'::text, 'UPDATE'::text, 'DELETE'::text, 'TRUNCATE'::text])))
)
PARTITION BY RANGE (created_at);

ALTER TABLE ONLY audit.trail FORCE ROW LEVEL SECURITY;


ALTER TABLE audit.trail OWNER TO ttdb_owner;

COMMENT ON TABLE audit.trail IS 'Every change to an audited table, by month; append-only.';

COMMENT ON COLUMN audit.trail.tenant_id IS 'the changed row''s tenant; where the table has none, the transaction''s';

COMMENT ON COLUMN audit.trail.relation IS 'the table; of a partition, the table that it is part of';

COMMENT ON COLUMN audit.trail.row_key IS 'the primary key as it was before the change; NULL for TRUNCATE';

COMMENT ON COLUMN audit.trail.old_row IS 'the row before; excluded columns hold "(excluded)"';

COMMENT ON COLUMN audit.trail.new_row IS 'the row after; excluded columns hold "(excluded)" or "(excluded, changed)"';

COMMENT ON COLUMN audit.trail.login IS 'who logged in';

COMMENT ON COLUMN audit.trail.role IS 'the role that the session had taken';


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
    CONSTRAINT trail_operation_must_be_known CHECK ((operation = ANY (ARRAY['INSERT'::text, 'UPDATE'::text, 'DELETE'::text, 'TRUNCATE'::text])))
);

ALTER TABLE ONLY audit.trail_default FORCE ROW LEVEL SECURITY;


ALTER TABLE audit.trail_default OWNER TO ttdb_owner;

COMMENT ON TABLE audit.trail_default IS 'Rows of months that have no partition yet: none is ever lost.';

ALTER TABLE audit.trail ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME audit.trail_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

COMMENT ON COLUMN masked.keys.inner_key IS 'prefix of the inner hash: one block of SHA-256';

COMMENT ON COLUMN masked.keys.outer_key IS 'prefix of the outer hash: one block of SHA-256';

CREATE TABLE public.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    email text NOT NULL,
    phone text,
    first_name text,
    last_name text,
    role text DEFAULT 'CUSTOMER'::text NOT NULL,
    status text DEFAULT 'PENDING'::text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT users_email_must_be_a_lower_case_address CHECK (((email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'::text) AND (email = lower(email)))),
    CONSTRAINT users_phone_must_be_international CHECK ((phone ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT users_role_must_be_known CHECK ((role = ANY (ARRAY['CUSTOMER'::text, 'STAFF'::text, 'MANAGER'::text, 'OWNER'::text]))),
    CONSTRAINT users_status_must_be_known CHECK ((status = ANY (ARRAY['PENDING'::text, 'ACTIVE'::text, 'SUSPENDED'::text, 'DELETED'::text])))
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

COMMENT ON COLUMN public.users.role IS 'CUSTOMER buys; STAFF scans; MANAGER sells; OWNER pays the bill';

COMMENT ON COLUMN public.users.status IS 'PENDING until the e-mail is confirmed';

COMMENT ON COLUMN public.users.password_hash IS 'never in the trail, never shown';

COMMENT ON COLUMN public.users.created_at IS 'when the row was made';

COMMENT ON COLUMN public.users.updated_at IS 'when the row last changed';

COMMENT ON COLUMN public.users.deleted_at IS 'when the account was closed';

COMMENT ON CONSTRAINT users_email_must_be_a_lower_case_address ON public.users IS 'the e-mail address is malformed or has capital letters';

COMMENT ON CONSTRAINT users_phone_must_be_international ON public.users IS 'the phone number is not in international form';

COMMENT ON CONSTRAINT users_role_must_be_known ON public.users IS 'the role is unknown';

COMMENT ON CONSTRAINT users_status_must_be_known ON public.users IS 'the status is unknown';

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
    deleted_at
   FROM public.users;


ALTER VIEW masked.users OWNER TO ttdb_masker;

COMMENT ON VIEW masked.users IS 'What support sees of public.users: decided columns only, personal ones masked.';

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
    CONSTRAINT venues_capacity_must_be_positive CHECK ((max_capacity > 0)),
    CONSTRAINT venues_country_must_be_two_capital_letters CHECK ((country_code ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT venues_email_must_be_a_lower_case_address CHECK (((email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'::text) AND (email = lower(email)))),
    CONSTRAINT venues_phone_must_be_international CHECK ((phone ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT venues_status_must_be_known CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'INACTIVE'::text])))
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

COMMENT ON CONSTRAINT venues_capacity_must_be_positive ON public.venues IS 'a venue holds at least one person';

COMMENT ON CONSTRAINT venues_country_must_be_two_capital_letters ON public.venues IS 'the country is not a two-letter code';

COMMENT ON CONSTRAINT venues_email_must_be_a_lower_case_address ON public.venues IS 'the e-mail address is malformed or has capital letters';

COMMENT ON CONSTRAINT venues_phone_must_be_international ON public.venues IS 'the phone number is not in international form';

COMMENT ON CONSTRAINT venues_status_must_be_known ON public.venues IS 'the status is unknown';

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
    status
   FROM public.venues;


ALTER VIEW masked.venues OWNER TO ttdb_masker;

COMMENT ON VIEW masked.venues IS 'What support sees of public.venues: decided columns only, personal ones masked.';

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


ALTER TABLE public.alembic_version OWNER TO ttdb_owner;

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
    CONSTRAINT events_must_not_end_before_start CHECK ((ends_at > starts_at)),
    CONSTRAINT events_status_must_be_known CHECK ((status = ANY (ARRAY['DRAFT'::text, 'PUBLISHED'::text, 'ON_SALE'::text, 'SOLD_OUT'::text, 'CANCELLED'::text, 'COMPLETED'::text])))
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

COMMENT ON CONSTRAINT events_must_not_end_before_start ON public.events IS 'the event ends before it starts';

COMMENT ON CONSTRAINT events_status_must_be_known ON public.events IS 'the status is unknown';

CREATE TABLE public.order_discounts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    tenant_id uuid DEFAULT ttdb.tenant_id() NOT NULL,
    order_id uuid NOT NULL,
    discount_code text NOT NULL,
    discount_type text NOT NULL,
    discount_value numeric(12,2) NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
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

COMMENT ON CONSTRAINT order_discounts_type_must_be_known ON public.order_discounts IS 'the kind of discount is unknown';

COMMENT ON CONSTRAINT order_discounts_value_must_fit_its_type ON public.order_discounts IS 'the discount is 0 or less, over 100 percent, or over 10000000';

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
    CONSTRAINT order_items_quantity_must_be_reasonable CHECK (((quantity >= 1) AND (quantity <= 1000))),
    CONSTRAINT order_items_subtotal_must_be_quantity_times_price CHECK ((subtotal = ((quantity)::numeric * unit_price))),
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

COMMENT ON CONSTRAINT order_items_quantity_must_be_reasonable ON public.order_items IS 'the quantity is below 1 or over 1000';

COMMENT ON CONSTRAINT order_items_subtotal_must_be_quantity_times_price ON public.order_items IS 'the item''s subtotal is not its quantity times its price';

COMMENT ON CONSTRAINT order_items_unit_price_must_be_reasonable ON public.order_items IS 'the price is below 0 or over 1000000';

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
    CONSTRAINT orders_refunded_must_say_when CHECK (((status <> 'REFUNDED'::text) OR (refunded_at IS NOT NULL))),
    CONSTRAINT orders_reserved_must_expire CHECK (((status <> 'RESERVED'::text) OR (expires_at IS NOT NULL))),
    CONSTRAINT orders_status_must_be_known CHECK ((status = ANY (ARRAY['PENDING'::text, 'RESERVED'::text, 'CONFIRMED'::text, 'COMPLETED'::text, 'CANCELLED'::text, 'EXPIRED'::text, 'REFUNDED'::text]))),
    CONSTRAINT orders_subtotal_must_be_reasonable CHECK (((subtotal >= (0)::numeric) AND (subtotal <= (10000000)::numeric))),
    CONSTRAINT orders_tax_must_be_reasonable CHECK (((tax_amount >= (0)::numeric) AND (tax_amount <= (10000000)::numeric))),
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

COMMENT ON CONSTRAINT orders_refunded_must_say_when ON public.orders IS 'a refunded order needs the time of refund';

COMMENT ON CONSTRAINT orders_reserved_must_expire ON public.orders IS 'a reservation needs a time at which it lapses';

COMMENT ON CONSTRAINT orders_status_must_be_known ON public.orders IS 'the status is unknown';

COMMENT ON CONSTRAINT orders_subtotal_must_be_reasonable ON public.orders IS 'the subtotal is below 0 or over 10000000';

COMMENT ON CONSTRAINT orders_tax_must_be_reasonable ON public.orders IS 'the tax is below 0 or over 10000000';

COMMENT ON CONSTRAINT orders_total_must_be_reasonable ON public.orders IS 'the total is below 0 or over 10000000';

COMMENT ON CONSTRAINT orders_total_must_be_subtotal_plus_tax_less_discount ON public.orders IS 'the total is not subtotal plus tax less discount';

CREATE TABLE public.tenants (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    status text DEFAULT 'ACTIVE'::text NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tenants_name_must_not_be_blank CHECK ((name ~ '\S'::text)),
    CONSTRAINT tenants_slug_must_be_lower_case_words CHECK ((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text)),
    CONSTRAINT tenants_status_must_be_known CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'SUSPENDED'::text, 'CLOSED'::text])))
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

COMMENT ON CONSTRAINT tenants_name_must_not_be_blank ON public.tenants IS 'the name is empty';

COMMENT ON CONSTRAINT tenants_slug_must_be_lower_case_words ON public.tenants IS 'the address holds more than lower-case letters, digits and single hyphens';

COMMENT ON CONSTRAINT tenants_status_must_be_known ON public.tenants IS 'the status is unknown';

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
    CONSTRAINT ticket_types_order_limit_must_be_reasonable CHECK (((max_per_order >= 1) AND (max_per_order <= 100))),
    CONSTRAINT ticket_types_price_must_be_reasonable CHECK (((price >= (0)::numeric) AND (price <= (1000000)::numeric))),
    CONSTRAINT ticket_types_quantity_must_be_reasonable CHECK (((quantity >= 1) AND (quantity <= 1000000))),
    CONSTRAINT ticket_types_sale_must_not_end_before_start CHECK ((sale_ends_at > sale_starts_at))
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

COMMENT ON CONSTRAINT ticket_types_order_limit_must_be_reasonable ON public.ticket_types IS 'an order may hold between 1 and 100';

COMMENT ON CONSTRAINT ticket_types_price_must_be_reasonable ON public.ticket_types IS 'the price is below 0 or over 1000000';

COMMENT ON CONSTRAINT ticket_types_quantity_must_be_reasonable ON public.ticket_types IS 'the quantity is below 1 or over 1000000';

COMMENT ON CONSTRAINT ticket_types_sale_must_not_end_before_start ON public.ticket_types IS 'the sale ends before it starts';

CREATE TABLE ttdb.audited_tables (
    relation regclass NOT NULL,
    excluded name[] NOT NULL
);


ALTER TABLE ttdb.audited_tables OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.audited_tables IS 'Tables whose every change audit.enable() has recorded.';

COMMENT ON COLUMN ttdb.audited_tables.excluded IS 'columns whose values are kept out of the trail';

CREATE TABLE ttdb.ledger (
    revision text NOT NULL,
    step text NOT NULL,
    outcome text NOT NULL,
    replaced text,
    digest text,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    recorded_by name DEFAULT SESSION_USER NOT NULL,
    CONSTRAINT ledger_outcome_must_be_known CHECK ((outcome = ANY (ARRAY['begun'::text, 'done'::text, 'found'::text])))
);


ALTER TABLE ttdb.ledger OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.ledger IS 'What each step of each revision did here: a downgrade undoes only what was done.';

COMMENT ON COLUMN ttdb.ledger.outcome IS 'done: the step changed something; found: what it promises stood already; begun: without a transaction, and not ended';

COMMENT ON COLUMN ttdb.ledger.replaced IS 'SQL that restores what the step replaced';

COMMENT ON COLUMN ttdb.ledger.digest IS 'SHA-256 of the SQL that ran';

COMMENT ON COLUMN ttdb.ledger.recorded_by IS 'the login, whatever role it had taken';

CREATE TABLE ttdb.managed_objects (
    kind text NOT NULL,
    identity text NOT NULL,
    definition text NOT NULL,
    revision text NOT NULL,
    step text NOT NULL
);


ALTER TABLE ttdb.managed_objects OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.managed_objects IS 'The definitions that the revisions left behind: what differs has drifted.';

COMMENT ON COLUMN ttdb.managed_objects.definition IS 'as ttdb.definitions_of() and ttdb.definitions_in() gave it';

CREATE TABLE ttdb.personal_columns (
    relation regclass NOT NULL,
    column_name name NOT NULL,
    mask text NOT NULL
);


ALTER TABLE ttdb.personal_columns OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.personal_columns IS 'How support sees a column; a column without a row is not shown at all.';

COMMENT ON COLUMN ttdb.personal_columns.mask IS 'a function masked.<mask>, or plain: decided to be shown as it is';

CREATE TABLE ttdb.tenant_tables (
    relation regclass NOT NULL,
    tenant_column name NOT NULL,
    app text[] NOT NULL,
    worker text[] NOT NULL,
    found jsonb NOT NULL
);


ALTER TABLE ttdb.tenant_tables OWNER TO ttdb_owner;

COMMENT ON TABLE ttdb.tenant_tables IS 'Tables that ttdb.protect() keeps apart by tenant.';

COMMENT ON COLUMN ttdb.tenant_tables.app IS 'what ttdb_app may do with the rows of its tenant';

COMMENT ON COLUMN ttdb.tenant_tables.worker IS 'what ttdb_worker may do with the rows of all tenants';

COMMENT ON COLUMN ttdb.tenant_tables.found IS 'row security and grants before, for ttdb.unprotect() to give back';

ALTER TABLE ONLY audit.trail ATTACH PARTITION audit.trail_default DEFAULT;

ALTER TABLE ONLY audit.trail
    ADD CONSTRAINT trail_pkey PRIMARY KEY (id, created_at);

ALTER TABLE ONLY audit.trail_default
    ADD CONSTRAINT trail_default_pkey PRIMARY KEY (id, created_at);

ALTER TABLE ONLY masked.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT events_pkey ON public.events IS 'one row, one id';

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_tenant_id_id_key UNIQUE (tenant_id, id);

COMMENT ON CONSTRAINT events_tenant_id_id_key ON public.events IS 'what foreign keys that carry the tenant point at';

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_tenant_id_slug_key UNIQUE (tenant_id, slug);

COMMENT ON CONSTRAINT events_tenant_id_slug_key ON public.events IS 'another event has this address already';

ALTER TABLE ONLY public.order_discounts
    ADD CONSTRAINT order_discounts_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT order_discounts_pkey ON public.order_discounts IS 'one row, one id';

ALTER TABLE ONLY public.order_discounts
    ADD CONSTRAINT order_discounts_tenant_id_id_key UNIQUE (tenant_id, id);

COMMENT ON CONSTRAINT order_discounts_tenant_id_id_key ON public.order_discounts IS 'what foreign keys that carry the tenant point at';

ALTER TABLE ONLY public.order_discounts
    ADD CONSTRAINT order_discounts_tenant_id_order_id_discount_code_key UNIQUE (tenant_id, order_id, discount_code);

COMMENT ON CONSTRAINT order_discounts_tenant_id_order_id_discount_code_key ON public.order_discounts IS 'this code lowers this order already';

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT order_items_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT order_items_pkey ON public.order_items IS 'one row, one id';

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT order_items_tenant_id_id_key UNIQUE (tenant_id, id);

COMMENT ON CONSTRAINT order_items_tenant_id_id_key ON public.order_items IS 'what foreign keys that carry the tenant point at';

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT orders_pkey ON public.orders IS 'one row, one id';

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_tenant_id_id_key UNIQUE (tenant_id, id);

COMMENT ON CONSTRAINT orders_tenant_id_id_key ON public.orders IS 'what foreign keys that carry the tenant point at';

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_tenant_id_order_number_key UNIQUE (tenant_id, order_number);

COMMENT ON CONSTRAINT orders_tenant_id_order_number_key ON public.orders IS 'another order has this number already';

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT tenants_pkey ON public.tenants IS 'one row, one id';

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_slug_key UNIQUE (slug);

COMMENT ON CONSTRAINT tenants_slug_key ON public.tenants IS 'another organiser has this address already';

ALTER TABLE ONLY public.ticket_types
    ADD CONSTRAINT ticket_types_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT ticket_types_pkey ON public.ticket_types IS 'one row, one id';

ALTER TABLE ONLY public.ticket_types
    ADD CONSTRAINT ticket_types_tenant_id_id_key UNIQUE (tenant_id, id);

COMMENT ON CONSTRAINT ticket_types_tenant_id_id_key ON public.ticket_types IS 'what foreign keys that carry the tenant point at';

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT users_pkey ON public.users IS 'one row, one id';

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_tenant_id_id_key UNIQUE (tenant_id, id);

COMMENT ON CONSTRAINT users_tenant_id_id_key ON public.users IS 'what foreign keys that carry the tenant point at';

ALTER TABLE ONLY public.venues
    ADD CONSTRAINT venues_pkey PRIMARY KEY (id);

COMMENT ON CONSTRAINT venues_pkey ON public.venues IS 'one row, one id';

ALTER TABLE ONLY public.venues
    ADD CONSTRAINT venues_tenant_id_id_key UNIQUE (tenant_id, id);

COMMENT ON CONSTRAINT venues_tenant_id_id_key ON public.venues IS 'what foreign keys that carry the tenant point at';

ALTER TABLE ONLY public.venues
    ADD CONSTRAINT venues_tenant_id_slug_key UNIQUE (tenant_id, slug);

COMMENT ON CONSTRAINT venues_tenant_id_slug_key ON public.venues IS 'another venue has this address already';

ALTER TABLE ONLY ttdb.audited_tables
    ADD CONSTRAINT audited_tables_pkey PRIMARY KEY (relation);

ALTER TABLE ONLY ttdb.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (revision, step);

ALTER TABLE ONLY ttdb.managed_objects
    ADD CONSTRAINT managed_objects_pkey PRIMARY KEY (kind, identity);

ALTER TABLE ONLY ttdb.personal_columns
    ADD CONSTRAINT personal_columns_pkey PRIMARY KEY (relation, column_name);

ALTER TABLE ONLY ttdb.tenant_tables
    ADD CONSTRAINT tenant_tables_pkey PRIMARY KEY (relation);

CREATE INDEX events_sale_idx ON public.events USING btree (tenant_id, status, starts_at) WHERE (deleted_at IS NULL);

COMMENT ON INDEX public.events_sale_idx IS 'what is on sale, soonest first';

CREATE INDEX events_venue_id_idx ON public.events USING btree (tenant_id, venue_id);

COMMENT ON INDEX public.events_venue_id_idx IS 'a venue''s events; the foreign key to venues';

CREATE INDEX order_items_order_id_idx ON public.order_items USING btree (tenant_id, order_id, created_at);

COMMENT ON INDEX public.order_items_order_id_idx IS 'an order''s lines; the foreign key to orders';

CREATE INDEX order_items_ticket_type_id_idx ON public.order_items USING btree (tenant_id, ticket_type_id);

COMMENT ON INDEX public.order_items_ticket_type_id_idx IS 'what was sold of a ticket type; the foreign key to ticket_types';

CREATE INDEX orders_event_id_idx ON public.orders USING btree (tenant_id, event_id, status, created_at DESC);

COMMENT ON INDEX public.orders_event_id_idx IS 'an event''s orders, by status, newest first; the foreign key to events';

CREATE INDEX orders_expiry_idx ON public.orders USING btree (expires_at) WHERE (status = 'RESERVED'::text);

COMMENT ON INDEX public.orders_expiry_idx IS 'reservations that lapse next, over all tenants, for the worker';

CREATE UNIQUE INDEX orders_idempotency_key_idx ON public.orders USING btree (tenant_id, idempotency_key) WHERE (idempotency_key IS NOT NULL);

COMMENT ON INDEX public.orders_idempotency_key_idx IS 'a repeated request finds its first order; no second one';

CREATE INDEX orders_payment_intent_id_idx ON public.orders USING btree (tenant_id, payment_intent_id) WHERE (payment_intent_id IS NOT NULL);

COMMENT ON INDEX public.orders_payment_intent_id_idx IS 'the order of a payment';

CREATE INDEX orders_status_idx ON public.orders USING btree (tenant_id, status, created_at);

COMMENT ON INDEX public.orders_status_idx IS 'a tenant''s orders in a status, oldest first';

CREATE INDEX orders_user_id_idx ON public.orders USING btree (tenant_id, user_id, created_at DESC);

COMMENT ON INDEX public.orders_user_id_idx IS 'a buyer''s orders, newest first; the foreign key to users';

CREATE INDEX ticket_types_event_id_idx ON public.ticket_types USING btree (tenant_id, event_id);

COMMENT ON INDEX public.ticket_types_event_id_idx IS 'an event''s ticket types; the foreign key to events';

CREATE UNIQUE INDEX users_email_idx ON public.users USING btree (tenant_id, email) WHERE (deleted_at IS NULL);

COMMENT ON INDEX public.users_email_idx IS 'login by e-mail; one open account for an address in a tenant';

ALTER INDEX audit.trail_pkey ATTACH PARTITION audit.trail_default_pkey;

CREATE TRIGGER _000_refuse_change BEFORE DELETE OR UPDATE ON audit.trail FOR EACH ROW EXECUTE FUNCTION audit.tg__refuse_change();

ALTER TABLE audit.trail ENABLE ALWAYS TRIGGER _000_refuse_change;

CREATE TRIGGER _000_refuse_truncate BEFORE TRUNCATE ON audit.trail FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__refuse_change();

ALTER TABLE audit.trail ENABLE ALWAYS TRIGGER _000_refuse_truncate;

CREATE TRIGGER _000_refuse_truncate BEFORE TRUNCATE ON audit.trail_default FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__refuse_change();

ALTER TABLE audit.trail_default ENABLE ALWAYS TRIGGER _000_refuse_truncate;

CREATE TRIGGER _100_touch_updated_at BEFORE UPDATE ON public.events FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION ttdb.tg__touch_updated_at();

COMMENT ON TRIGGER _100_touch_updated_at ON public.events IS 'sets updated_at to the time of the change';

CREATE TRIGGER _100_touch_updated_at BEFORE UPDATE ON public.orders FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION ttdb.tg__touch_updated_at();

COMMENT ON TRIGGER _100_touch_updated_at ON public.orders IS 'sets updated_at to the time of the change';

CREATE TRIGGER _100_touch_updated_at BEFORE UPDATE ON public.tenants FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION ttdb.tg__touch_updated_at();

COMMENT ON TRIGGER _100_touch_updated_at ON public.tenants IS 'sets updated_at to the time of the change';

CREATE TRIGGER _100_touch_updated_at BEFORE UPDATE ON public.ticket_types FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION ttdb.tg__touch_updated_at();

COMMENT ON TRIGGER _100_touch_updated_at ON public.ticket_types IS 'sets updated_at to the time of the change';

CREATE TRIGGER _100_touch_updated_at BEFORE UPDATE ON public.users FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION ttdb.tg__touch_updated_at();

COMMENT ON TRIGGER _100_touch_updated_at ON public.users IS 'sets updated_at to the time of the change';

CREATE TRIGGER _100_touch_updated_at BEFORE UPDATE ON public.venues FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION ttdb.tg__touch_updated_at();

COMMENT ON TRIGGER _100_touch_updated_at ON public.venues IS 'sets updated_at to the time of the change';

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.events FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.events ENABLE ALWAYS TRIGGER _900_record_change;

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.order_discounts FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.order_discounts ENABLE ALWAYS TRIGGER _900_record_change;

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.order_items FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.order_items ENABLE ALWAYS TRIGGER _900_record_change;

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.orders FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.orders ENABLE ALWAYS TRIGGER _900_record_change;

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.tenants FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.tenants ENABLE ALWAYS TRIGGER _900_record_change;

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.ticket_types FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.ticket_types ENABLE ALWAYS TRIGGER _900_record_change;

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.users ENABLE ALWAYS TRIGGER _900_record_change;

CREATE TRIGGER _900_record_change AFTER INSERT OR DELETE OR UPDATE ON public.venues FOR EACH ROW EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.venues ENABLE ALWAYS TRIGGER _900_record_change;

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.events FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.events ENABLE ALWAYS TRIGGER _900_record_truncate;

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.order_discounts FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.order_discounts ENABLE ALWAYS TRIGGER _900_record_truncate;

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.order_items FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.order_items ENABLE ALWAYS TRIGGER _900_record_truncate;

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.orders FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.orders ENABLE ALWAYS TRIGGER _900_record_truncate;

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.tenants FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.tenants ENABLE ALWAYS TRIGGER _900_record_truncate;

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.ticket_types FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.ticket_types ENABLE ALWAYS TRIGGER _900_record_truncate;

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.users FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.users ENABLE ALWAYS TRIGGER _900_record_truncate;

CREATE TRIGGER _900_record_truncate AFTER TRUNCATE ON public.venues FOR EACH STATEMENT EXECUTE FUNCTION audit.tg__record_change();

ALTER TABLE public.venues ENABLE ALWAYS TRIGGER _900_record_truncate;

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT events_tenant_id_fkey ON public.events IS 'the tenant exists';

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_tenant_id_venue_id_fkey FOREIGN KEY (tenant_id, venue_id) REFERENCES public.venues(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT events_tenant_id_venue_id_fkey ON public.events IS 'the venue is this tenant''s';

ALTER TABLE ONLY public.order_discounts
    ADD CONSTRAINT order_discounts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT order_discounts_tenant_id_fkey ON public.order_discounts IS 'the tenant exists';

ALTER TABLE ONLY public.order_discounts
    ADD CONSTRAINT order_discounts_tenant_id_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES public.orders(tenant_id, id) ON DELETE CASCADE;

COMMENT ON CONSTRAINT order_discounts_tenant_id_order_id_fkey ON public.order_discounts IS 'the order is this tenant''s';

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT order_items_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT order_items_tenant_id_fkey ON public.order_items IS 'the tenant exists';

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT order_items_tenant_id_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES public.orders(tenant_id, id) ON DELETE CASCADE;

COMMENT ON CONSTRAINT order_items_tenant_id_order_id_fkey ON public.order_items IS 'the order is this tenant''s';

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT order_items_tenant_id_ticket_type_id_fkey FOREIGN KEY (tenant_id, ticket_type_id) REFERENCES public.ticket_types(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT order_items_tenant_id_ticket_type_id_fkey ON public.order_items IS 'the ticket type is this tenant''s';

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_tenant_id_event_id_fkey FOREIGN KEY (tenant_id, event_id) REFERENCES public.events(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT orders_tenant_id_event_id_fkey ON public.orders IS 'the event is this tenant''s';

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT orders_tenant_id_fkey ON public.orders IS 'the tenant exists';

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT orders_tenant_id_user_id_fkey ON public.orders IS 'the buyer is this tenant''s user';

ALTER TABLE ONLY public.ticket_types
    ADD CONSTRAINT ticket_types_tenant_id_event_id_fkey FOREIGN KEY (tenant_id, event_id) REFERENCES public.events(tenant_id, id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT ticket_types_tenant_id_event_id_fkey ON public.ticket_types IS 'the event is this tenant''s';

ALTER TABLE ONLY public.ticket_types
    ADD CONSTRAINT ticket_types_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT ticket_types_tenant_id_fkey ON public.ticket_types IS 'the tenant exists';

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT users_tenant_id_fkey ON public.users IS 'the tenant exists';

ALTER TABLE ONLY public.venues
    ADD CONSTRAINT venues_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

COMMENT ON CONSTRAINT venues_tenant_id_fkey ON public.venues IS 'the tenant exists';

CREATE POLICY insert_definer ON audit.trail FOR INSERT TO ttdb_definer WITH CHECK (true);

COMMENT ON POLICY insert_definer ON audit.trail IS 'Only the trigger function, which runs as ttdb_definer, writes.';

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

CREATE POLICY all_operator ON public.events TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.events IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.order_discounts TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.order_discounts IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.order_items TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.order_items IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.orders TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.orders IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.tenants TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.tenants IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.ticket_types TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.ticket_types IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.users TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.users IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

CREATE POLICY all_operator ON public.venues TO ttdb_operator USING (true) WITH CHECK (true);

COMMENT ON POLICY all_operator ON public.venues IS 'Operators see and repair across tenants; validation and dumps need it on every partition.';

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

ALTER TABLE public.events ENABLE ROW LEVEL SECURITY;

CREATE POLICY insert_own_tenant ON public.events FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.events IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.order_discounts FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.order_discounts IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.order_items FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.order_items IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.orders FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.orders IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.ticket_types FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.ticket_types IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.users FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.users IS 'Services reach the rows of their tenant only.';

CREATE POLICY insert_own_tenant ON public.venues FOR INSERT TO ttdb_app WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY insert_own_tenant ON public.venues IS 'Services reach the rows of their tenant only.';

ALTER TABLE public.order_discounts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.order_items ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY;

CREATE POLICY select_masker ON public.events FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.events IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.order_discounts FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.order_discounts IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.order_items FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.order_items IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.orders FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.orders IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.tenants FOR SELECT TO ttdb_masker USING ((id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.tenants IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.ticket_types FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.ticket_types IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.users FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.users IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_masker ON public.venues FOR SELECT TO ttdb_masker USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_masker ON public.venues IS 'Masked views show the rows of the reader''s tenant only.';

CREATE POLICY select_own_tenant ON public.events FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.events IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.order_discounts FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.order_discounts IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.order_items FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.order_items IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.orders FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.orders IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.tenants FOR SELECT TO ttdb_app USING ((id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.tenants IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.ticket_types FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.ticket_types IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.users FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.users IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_own_tenant ON public.venues FOR SELECT TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY select_own_tenant ON public.venues IS 'Services reach the rows of their tenant only.';

CREATE POLICY select_worker ON public.order_discounts FOR SELECT TO ttdb_worker USING (true);

COMMENT ON POLICY select_worker ON public.order_discounts IS 'Jobs across tenants, for this verb only.';

CREATE POLICY select_worker ON public.order_items FOR SELECT TO ttdb_worker USING (true);

COMMENT ON POLICY select_worker ON public.order_items IS 'Jobs across tenants, for this verb only.';

CREATE POLICY select_worker ON public.orders FOR SELECT TO ttdb_worker USING (true);

COMMENT ON POLICY select_worker ON public.orders IS 'Jobs across tenants, for this verb only.';

CREATE POLICY select_worker ON public.tenants FOR SELECT TO ttdb_worker USING (true);

COMMENT ON POLICY select_worker ON public.tenants IS 'Jobs across tenants, for this verb only.';

ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ticket_types ENABLE ROW LEVEL SECURITY;

CREATE POLICY update_own_tenant ON public.events FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.events IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.order_discounts FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.order_discounts IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.order_items FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.order_items IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.orders FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.orders IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.tenants FOR UPDATE TO ttdb_app USING ((id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.tenants IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.ticket_types FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.ticket_types IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.users FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.users IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_own_tenant ON public.venues FOR UPDATE TO ttdb_app USING ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id))) WITH CHECK ((tenant_id = ( SELECT ttdb.tenant_id() AS tenant_id)));

COMMENT ON POLICY update_own_tenant ON public.venues IS 'Services reach the rows of their tenant only.';

CREATE POLICY update_worker ON public.orders FOR UPDATE TO ttdb_worker USING (true) WITH CHECK (true);

COMMENT ON POLICY update_worker ON public.orders IS 'Jobs across tenants, for this verb only.';

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.venues ENABLE ROW LEVEL SECURITY;

GRANT ALL ON SCHEMA audit TO ttdb_definer;
GRANT USAGE ON SCHEMA audit TO ttdb_auditor;
GRANT USAGE ON SCHEMA audit TO ttdb_operator;

GRANT ALL ON SCHEMA masked TO ttdb_masker;
GRANT USAGE ON SCHEMA masked TO ttdb_support;
GRANT USAGE ON SCHEMA masked TO ttdb_operator;

GRANT ALL ON SCHEMA public TO ttdb_owner;
GRANT USAGE ON SCHEMA public TO ttdb_operator;
GRANT USAGE ON SCHEMA public TO ttdb_app;
GRANT USAGE ON SCHEMA public TO ttdb_worker;
GRANT USAGE ON SCHEMA public TO ttdb_support;
GRANT USAGE ON SCHEMA public TO ttdb_masker;
GRANT USAGE ON SCHEMA public TO ttdb_definer;
GRANT USAGE ON SCHEMA public TO ttdb_auditor;

GRANT USAGE ON SCHEMA ttdb TO ttdb_operator;
GRANT USAGE ON SCHEMA ttdb TO ttdb_app;
GRANT USAGE ON SCHEMA ttdb TO ttdb_worker;
GRANT USAGE ON SCHEMA ttdb TO ttdb_support;
GRANT USAGE ON SCHEMA ttdb TO ttdb_auditor;
GRANT USAGE ON SCHEMA ttdb TO ttdb_masker;
GRANT USAGE ON SCHEMA ttdb TO ttdb_definer;

REVOKE ALL ON FUNCTION audit.disable(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.drop_triggers(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.enable(relation regclass, exclude name[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.is_enabled(relation regclass, exclude name[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.tg__record_change() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.tg__record_change() TO ttdb_owner;

REVOKE ALL ON FUNCTION audit.tg__refuse_change() FROM PUBLIC;

REVOKE ALL ON FUNCTION masked."column"(relation regclass, column_name name, mask text) FROM PUBLIC;

REVOKE ALL ON FUNCTION masked.definition_for(relation regclass, qualified boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION masked.token(label text, value text, inner_key bytea, outer_key bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION masked.token(label text, value text, inner_key bytea, outer_key bytea) TO ttdb_support;
GRANT ALL ON FUNCTION masked.token(label text, value text, inner_key bytea, outer_key bytea) TO ttdb_masker;

REVOKE ALL ON FUNCTION masked.email(value text, inner_key bytea, outer_key bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION masked.email(value text, inner_key bytea, outer_key bytea) TO ttdb_support;
GRANT ALL ON FUNCTION masked.email(value text, inner_key bytea, outer_key bytea) TO ttdb_masker;

REVOKE ALL ON FUNCTION masked.forget(relation regclass, column_name name) FROM PUBLIC;

REVOKE ALL ON FUNCTION masked.is_masked(relation regclass, column_name name, mask text) FROM PUBLIC;

REVOKE ALL ON FUNCTION masked.masks() FROM PUBLIC;

REVOKE ALL ON FUNCTION masked.name(value text, inner_key bytea, outer_key bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION masked.name(value text, inner_key bytea, outer_key bytea) TO ttdb_support;
GRANT ALL ON FUNCTION masked.name(value text, inner_key bytea, outer_key bytea) TO ttdb_masker;

REVOKE ALL ON FUNCTION masked.phone(value text, inner_key bytea, outer_key bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION masked.phone(value text, inner_key bytea, outer_key bytea) TO ttdb_support;
GRANT ALL ON FUNCTION masked.phone(value text, inner_key bytea, outer_key bytea) TO ttdb_masker;

REVOKE ALL ON FUNCTION masked.rebuild(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION masked.views_of(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) TO ttdb_operator;
GRANT ALL ON FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) TO ttdb_app;
GRANT ALL ON FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) TO ttdb_worker;
GRANT ALL ON FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) TO ttdb_support;
GRANT ALL ON FUNCTION ttdb.context(OUT login name, OUT role name, OUT setting text, OUT state text, OUT tenant_id uuid, OUT tenant_visible boolean, OUT advice text) TO ttdb_auditor;

REVOKE ALL ON FUNCTION ttdb.definitions_in(schemas text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.definitions_in(schemas text[]) TO ttdb_operator;
GRANT ALL ON FUNCTION ttdb.definitions_in(schemas text[]) TO ttdb_masker;
GRANT ALL ON FUNCTION ttdb.definitions_in(schemas text[]) TO ttdb_definer;

REVOKE ALL ON FUNCTION ttdb.definitions_of(relations regclass[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.definitions_of(relations regclass[]) TO ttdb_operator;
GRANT ALL ON FUNCTION ttdb.definitions_of(relations regclass[]) TO ttdb_masker;
GRANT ALL ON FUNCTION ttdb.definitions_of(relations regclass[]) TO ttdb_definer;

REVOKE ALL ON FUNCTION ttdb.dress(relation regclass, tenant_column name, app text[], worker text[], leaf boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.generated_from(relation regclass, columns name[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.grants_as_text(acl aclitem[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ttdb.grants_as_text(acl aclitem[]) TO ttdb_operator;
GRANT ALL ON FUNCTION ttdb.grants_as_text(acl aclitem[]) TO ttdb_masker;
GRANT ALL ON FUNCTION ttdb.grants_as_text(acl aclitem[]) TO ttdb_definer;

REVOKE ALL ON FUNCTION ttdb.grants_for(relation regclass, app text[], worker text[], leaf boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.grants_on(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.is_protected(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.is_protected(relation regclass, tenant_column name, app text[], worker text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.policies_for(tenant_column name, app text[], worker text[], leaf boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.policies_on(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.protect(relation regclass, tenant_column name, app text[], worker text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.refuse_unprotectable(relation regclass, tenant_column name, app text[], worker text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.state_of(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.tg__touch_updated_at() FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.tree_of(root regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.undress(relation regclass, tenant_column name) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.unprotect(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION ttdb.wears(relation regclass, tenant_column name, app text[], worker text[], leaf boolean) FROM PUBLIC;

GRANT INSERT ON TABLE audit.trail TO ttdb_definer;
GRANT SELECT ON TABLE audit.trail TO ttdb_auditor;
GRANT SELECT ON TABLE audit.trail TO ttdb_operator;

GRANT SELECT ON TABLE audit.trail_default TO ttdb_operator;

GRANT SELECT ON TABLE masked.keys TO ttdb_masker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.users TO ttdb_app;
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

GRANT SELECT ON TABLE masked.venues TO ttdb_support;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.events TO ttdb_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.events TO ttdb_operator;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.order_discounts TO ttdb_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.order_discounts TO ttdb_operator;
GRANT SELECT ON TABLE public.order_discounts TO ttdb_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.order_items TO ttdb_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.order_items TO ttdb_operator;
GRANT SELECT ON TABLE public.order_items TO ttdb_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.orders TO ttdb_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.orders TO ttdb_operator;
GRANT SELECT,UPDATE ON TABLE public.orders TO ttdb_worker;

GRANT SELECT,UPDATE ON TABLE public.tenants TO ttdb_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenants TO ttdb_operator;
GRANT SELECT ON TABLE public.tenants TO ttdb_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ticket_types TO ttdb_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ticket_types TO ttdb_operator;

GRANT SELECT ON TABLE ttdb.audited_tables TO ttdb_operator;
GRANT SELECT ON TABLE ttdb.audited_tables TO ttdb_definer;

GRANT SELECT ON TABLE ttdb.ledger TO ttdb_operator;

GRANT SELECT ON TABLE ttdb.managed_objects TO ttdb_operator;

GRANT SELECT ON TABLE ttdb.personal_columns TO ttdb_operator;

GRANT SELECT ON TABLE ttdb.tenant_tables TO ttdb_operator;
GRANT SELECT ON TABLE ttdb.tenant_tables TO ttdb_definer;
