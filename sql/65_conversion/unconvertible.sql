-- Why a table cannot be made partitioned while it is in use.
create or replace function ttdb.unconvertible(relation regclass, key_column name)
returns table (place integer, named name, reason text, hint text)
language plpgsql
stable
parallel safe
security invoker
set search_path = ''
as $function$
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
$function$;

comment on function ttdb.unconvertible(regclass, name) is
'Every reason why a table cannot be made partitioned while in use, with the name of what is in the way, and what to do '
'about it; those with a lower place come first.';
revoke all on function ttdb.unconvertible(regclass, name) from public;
