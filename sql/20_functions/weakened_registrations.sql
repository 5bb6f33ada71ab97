-- Which registrations that a revision made are gone, or protect less than it left them.
create or replace function ttdb.weakened_registrations()
returns table (identity text, object text, revision text, detail text, mend text)
language sql
stable
parallel safe
security invoker
set search_path = ''
as $function$
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
$function$;

comment on function ttdb.weakened_registrations() is
'Which registrations of a revision are gone, or protect less than it left them, with the SQL that restores each; what '
'was added or made stricter is not among them.';
revoke all on function ttdb.weakened_registrations() from public;
grant execute on function ttdb.weakened_registrations() to ttdb_operator;
