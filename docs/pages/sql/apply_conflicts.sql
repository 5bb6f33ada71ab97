-- Nothing is changed where something stands in the way.
select pg_temp.find_conflicts() > 0 as conflicting \gset
\if :conflicting
    select
        c.object as "object",
        c.detail,
        c.advice
    from pg_temp.conflicts as c
    order by c.position;
    do $refuse$
    begin
        raise exception '% conflicts stand in the way; nothing was changed',
            (select pg_catalog.count(*) from pg_temp.conflicts)
            using hint = 'Do what each says, and run this again.';
    end;
    $refuse$;
\endif

create table if not exists public.alembic_version (
    version_num varchar(32) not null,
    constraint alembic_version_pkc primary key (version_num)
);

-- The steps. Of what their selects return, nothing is of interest.
\o /dev/null
